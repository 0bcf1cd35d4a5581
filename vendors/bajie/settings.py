"""The keys of a `[[accounts]]` table with `vendor = "bajie"`."""

from pydantic import Field, SecretStr, field_validator

from vendors.manifest import AccountSettings


class BajieSettings(AccountSettings):
    """One agent account at ChargeNow."""

    username: str = Field(description="User name of the developer account; sent with HTTP Basic.")
    password: SecretStr = Field(description="Password of the developer account; sent with HTTP Basic.")
    rental_minimum_percent: int = Field(
        default=60,
        ge=0,
        le=100,
        description="The least charge, in percent, at which a battery counts as ready to rent.",
    )
    utc_offset_hours: float = Field(
        default=8,
        ge=-12,
        le=14,
        description="Offset from UTC of the vendor's times without a zone, except in the order list (always UTC+8).",
    )
    currency: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{3}$",
        description="ISO 4217 code for prices and orders that name no currency; left out, such amounts are not shown.",
    )
    code_200_paths: tuple[str, ...] = Field(
        default=("/shop/",),
        description="Where paths begin with one of these, code 200 in an answer means success just as 0 does.",
    )
    not_found_codes: tuple[int, ...] = Field(
        default=(),
        description="Codes with which the vendor answers about things that it does not know; its pages name none.",
    )

    @field_validator("username")
    @classmethod
    def _fit_for_basic(cls, value: str) -> str:
        if not value or ":" in value:
            message = "must be the ChargeNow user name: not empty, and without a colon, which HTTP Basic cannot carry"
            raise ValueError(message)
        return value

    @field_validator("password")
    @classmethod
    def _given(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value():
            message = "must be the ChargeNow password: it is empty; is its environment variable set?"
            raise ValueError(message)
        return value
