"""What an account of SolaX needs in the configuration."""

from typing import Literal, TypeAlias

from pydantic import Field, SecretStr, field_validator

from vendors.manifest import AccountSettings

PowerUnit: TypeAlias = Literal["W", "kW"]


class SolaxSettings(AccountSettings):
    """One tokenId and the chargers to read with it."""

    base_url: str = Field(
        default="https://www.solaxcloud.com",
        description="The SolaX cloud of the account's region; a token of one region fails on another.",
    )
    token_id: SecretStr = Field(
        description="The tokenId, 23 or 24 characters, from the API page of the SolaX cloud website.",
    )
    devices: tuple[str, ...] = Field(
        description="Serial numbers of the chargers, from the device page of the SolaX cloud website.",
    )
    power_unit: PowerUnit = Field(
        default="W",
        description="What chargingPower is in; set kW when a charging car shows a few watts instead of kilowatts.",
    )

    @field_validator("token_id")
    @classmethod
    def _given(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            message = "is empty: copy the tokenId from the API page of the SolaX cloud website"
            raise ValueError(message)
        return SecretStr(value.get_secret_value().strip())

    @field_validator("devices")
    @classmethod
    def _named_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        serials = tuple(dict.fromkeys(serial.strip() for serial in value))
        if not serials or not all(serials):
            message = "must name the chargers' serial numbers: this vendor cannot list them"
            raise ValueError(message)
        return serials
