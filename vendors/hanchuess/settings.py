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

    @property
    def signing_key(self) -> str:
        """What requests are signed with: X-Signature is required, so the last resort is the token itself."""
        key = self.signing_secret or self.client_secret or self.token
        return key.get_secret_value() if key is not None else ""
