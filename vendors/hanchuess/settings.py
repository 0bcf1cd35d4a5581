"""What an operator writes in the `[[accounts]]` table of a HanChuESS account."""

from enum import StrEnum
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator

from vendors.manifest import AccountSettings


class PowerSigns(StrEnum):
    """What the sign of `pBat` and `pMeter` means; the partner API's pages do not say."""

    UNKNOWN = "unknown"
    """Not published: a guess would show a charging battery as a discharging one."""
    BATTERY_CHARGING_GRID_IMPORT = "battery_charging_grid_import"
    """Plus is charging and importing, as in the vendor's consumer API."""


class WebhookSignature(StrEnum):
    """How pushes are proven to be the vendor's; its pages do not say how it uses a subscription's secret."""

    NONE = "none"
    """Not at all: nothing but the webhook's secret URL tells them from a stranger's."""
    HMAC_SHA256 = "hmac-sha256"
    """By the hexadecimal HMAC-SHA256 of the raw body, keyed with the subscription's secret."""


class HanchuessSettings(AccountSettings):
    """One partner (OEM) at HanChuESS Connect."""

    oem: str = Field(min_length=1, description="Your partner id at HanChuESS; subscriptions belong to it.")
    token: SecretStr | None = Field(default=None, description="An access token; or client_id and client_secret.")
    client_id: str | None = Field(default=None, description="OAuth client id; the gateway then gets its own tokens.")
    client_secret: SecretStr | None = Field(default=None, description="OAuth client secret; goes with client_id.")
    signing_secret: SecretStr | None = Field(
        default=None,
        description="What requests are signed with; client_secret when left out, else the token.",
    )
    external_user_ids: tuple[str, ...] = Field(
        default=(),
        description="Your own ids of linked users: their stations and devices are listed. Empty: only `devices`.",
    )
    api_prefix: str = Field(default="/api", description="Path prefix of stations, devices and assets.")
    portal_prefix: str = Field(default="/portal", description="Path prefix of sign-in and subscriptions.")
    power_signs: PowerSigns = Field(
        default=PowerSigns.UNKNOWN,
        description="unknown: battery and grid power are not shown. battery_charging_grid_import: plus is charging "
        "and importing; set it after comparing with an inverter's display.",
    )
    webhook_signature: WebhookSignature = Field(
        default=WebhookSignature.NONE,
        description="none: pushes are known by their secret URL only. hmac-sha256: those without the right signature "
        "are refused; set it once the vendor has told you that it signs so.",
    )
    webhook_signature_header: str = Field(
        default="X-Signature",
        pattern=r"^[A-Za-z0-9-]+$",
        description="The header in which a push carries its signature.",
    )
    webhook_signing_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What pushes are signed with: subscriptions are registered with it. Needed by hmac-sha256.",
    )
    webhook_previous_signing_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="The secret before the last change, accepted beside the new one until the vendor uses that.",
    )

    @field_validator("api_prefix", "portal_prefix")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not value.startswith("/"):
            message = 'must be empty or start with "/", for example "/api"'
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("external_user_ids")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.token is not None and (self.client_id or self.client_secret):
            message = "give either token, or client_id and client_secret; use signing_secret to sign beside a token"
            raise ValueError(message)
        if self.token is None and not (self.client_id and self.client_secret):
            message = "give token, or both client_id and client_secret"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _a_secret_to_verify_with(self) -> Self:
        if self.webhook_signature is WebhookSignature.HMAC_SHA256 and self.webhook_signing_secret is None:
            message = "webhook_signature hmac-sha256 needs webhook_signing_secret, for example 32 random characters"
            raise ValueError(message)
        return self

    @property
    def webhook_keys(self) -> tuple[str, ...]:
        """What a push may be signed with: the secret, and the one before it while the vendor still uses that."""
        keys = (self.webhook_signing_secret, self.webhook_previous_signing_secret)
        return tuple(key.get_secret_value() for key in keys if key is not None)

    @property
    def signing_key(self) -> str:
        """What requests are signed with: X-Signature is required, so the last resort is the token itself."""
        key = self.signing_secret or self.client_secret or self.token
        return key.get_secret_value() if key is not None else ""
