"""The keys of an LVCC account."""

from collections.abc import Mapping
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from vendors.manifest import AccountSettings

OEM_BASE_URL: Final = "https://dataopen.lvcchong.com/open/oem"


class Area(BaseModel):
    """A place around which the vendor is asked for devices."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latitude: float = Field(ge=-90, le=90, description="Degrees, WGS 84.")
    longitude: float = Field(ge=-180, le=180, description="Degrees, WGS 84.")


class LvccSettings(AccountSettings):
    """One account on the open platform, or on the OEM platform."""

    dialect: Literal["open", "oem"] = Field(
        default="open",
        description='Which of the vendor\'s two platforms: "open" (token in the form) or "oem" (token in a header).',
    )
    token: SecretStr | None = Field(default=None, min_length=1, description="The token that the vendor issued.")
    username: str | None = Field(default=None, min_length=1, description="To sign in with; only on the OEM platform.")
    password: SecretStr | None = Field(default=None, min_length=1, description="Belongs to username.")
    token_path: str = Field(
        default="",
        pattern=r"^(/[!-~]+)?$",
        description="Path of the OEM platform's sign-in call, which its pages do not name; ask the vendor.",
    )
    result_path: str = Field(
        default="/queryChargeResult",
        pattern=r"^/[!-~]+$",
        description="Path of the call for a start's power-up result, which the vendor's pages do not name; ask it.",
    )
    areas: tuple[Area, ...] = Field(
        default=(),
        description="Where to look for devices, for example [{ latitude = 25.83, longitude = 114.93 }].",
    )

    @model_validator(mode="before")
    @classmethod
    def _known_address(cls, table: Any) -> Any:  # noqa: ANN401 - whatever the TOML file says
        if isinstance(table, Mapping) and table.get("dialect") == "oem" and not table.get("base_url"):
            return {**table, "base_url": OEM_BASE_URL}
        return table

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not (value.get_secret_value().isascii() and value.get_secret_value().isprintable()):
            message = "must be printable ASCII, as the vendor issued it"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        problem = None
        if not self.base_url:
            problem = "base_url must be set: the vendor publishes no address of its open platform, ask it for yours"
        elif self.dialect == "open" and self.token is None:
            problem = "token must be set: the open platform has no sign-in call, the vendor issues the token"
        elif self.dialect == "oem" and self.token is None and not self.sign_in_form():
            problem = "token must be set, or username, password and token_path to sign in with"
        elif self.dialect == "oem" and self.areas:
            problem = "areas must be left out: the OEM platform does not list devices, name them in devices"
        if problem:
            raise ValueError(problem)
        return self

    def sign_in_form(self) -> dict[str, str]:
        """What to send to `token_path` for a new token; empty where that takes the vendor's staff."""
        if self.dialect != "oem" or self.username is None or self.password is None or not self.token_path:
            return {}
        return {"username": self.username, "password": self.password.get_secret_value()}
