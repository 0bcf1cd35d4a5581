"""What an operator writes in the `[[accounts]]` table of a LetMeCharge contract."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from vendors.manifest import AccountSettings

NEAREST_M, FARTHEST_M = 10, 10_000
"""The distances that the vendor's filter accepts."""


class Area(BaseModel):
    """A circle in which chargers are looked for. The vendor has no list of all chargers."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False, description="Of the centre, in degrees.")
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False, description="Of the centre, in degrees.")
    distance_m: int = Field(description=f"Radius in metres, {NEAREST_M} to {FARTHEST_M}.")

    @field_validator("distance_m")
    @classmethod
    def _accepted_by_the_filter(cls, value: int) -> int:
        if not NEAREST_M <= value <= FARTHEST_M:
            message = f"must be {NEAREST_M} to {FARTHEST_M} metres; cover a wider region with several areas"
            raise ValueError(message)
        return value


class LetMeChargeSettings(AccountSettings):
    """One contract: its address, its key and the areas whose chargers it shows."""

    api_key: SecretStr = Field(description="The contract's key, as the vendor gave it.")
    auth_header: str = Field(
        default="Authorization",
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
        description="The header that carries the key.",
    )
    auth_prefix: str | None = Field(
        default=None,
        description="What stands before the key: Bearer in the Authorization header, nothing in others, if left out.",
    )
    areas: tuple[Area, ...] = Field(min_length=1, description="Where to look for chargers, one vendor call each.")

    @field_validator("api_key")
    @classmethod
    def _fits_into_a_header(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if not key.strip() or not key.isascii() or not key.isprintable():
            message = "must be the vendor's key: printable ASCII, not empty"
            raise ValueError(message)
        return SecretStr(key.strip())

    @field_validator("auth_prefix")
    @classmethod
    def _prefix_fits_too(cls, value: str | None) -> str | None:
        if value is not None and not (value.isascii() and value.isprintable()):
            message = 'must be printable ASCII such as "Bearer", or "" for the bare key'
            raise ValueError(message)
        return None if value is None else value.strip()

    @model_validator(mode="after")
    def _address_is_set(self) -> Self:
        if not self.base_url:
            message = "base_url must be set: LetMeCharge publishes no address, it comes with the contract"
            raise ValueError(message)
        return self

    @property
    def auth_headers(self) -> dict[str, str]:
        """The header that signs every call."""
        prefix = self.auth_prefix
        if prefix is None:
            prefix = "Bearer" if self.auth_header.lower() == "authorization" else ""
        return {self.auth_header: f"{prefix} {self.api_key.get_secret_value()}".strip()}
