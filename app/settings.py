"""What a configuration file may say; docs/configuration.md lists every key of it.

Nothing here reads a file or the environment: `app.settings_file` does, and makes these.
"""

from enum import StrEnum
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from vendors.manifest import AccountSettings

DEFAULT_DATABASE_URL = "sqlite+aiosqlite:///chargegraph.db"
DATABASE_DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ServerSettings(_Section):
    """How this gateway is reached."""

    public_url: str = Field(
        default="",
        description="What vendors and browsers reach this gateway by; where it listens when left out.",
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on; `--host` goes before it.")
    port: int = Field(default=8000, ge=1, le=65535, description="The port to listen on; `--port` goes before it.")
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="Origins of web pages, other than our own, whose scripts may query this gateway.",
    )

    @field_validator("public_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        if value and not _is_web_address(value):
            message = "must start with http:// or https:// and name a host"
            raise ValueError(message)
        parts = urlsplit(value)
        if parts.query or parts.fragment or parts.username is not None:
            message = "must be an address that a path can be added to, without a user, ? or #"
            raise ValueError(message)
        return value.rstrip("/")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if not _is_web_address(origin) or parts.path or parts.query or parts.username:
                message = "must be origins such as https://app.example.com: scheme, host and port, without a path"
                raise ValueError(message)
        return value


class AuthMode(StrEnum):
    """Who may query."""

    NONE = "none"
    """Everybody who reaches it; accepted on a loopback address only."""
    KEYS = "keys"
    """Holders of an API key."""


class AuthSettings(_Section):
    """Who may query."""

    mode: AuthMode = Field(
        default=AuthMode.KEYS,
        description="`none`: everybody who can reach this gateway, on a loopback address only. `keys`: API keys.",
    )


class StorageSettings(_Section):
    """Where the state lives that outlasts a restart."""

    database_url: SecretStr = Field(
        default=SecretStr(DEFAULT_DATABASE_URL),
        description="A SQLite file, or a PostgreSQL server: postgresql+asyncpg://user:password@host/database.",
    )
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        description="redis://...: replicas share cache, quotas and live events. Empty for a single process.",
    )

    @field_validator("database_url")
    @classmethod
    def _known_driver(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().partition("://")[0] not in DATABASE_DRIVERS:
            message = f"must start with {' or '.join(f'{driver}://' for driver in DATABASE_DRIVERS)}"
            raise ValueError(message)
        return value


class CommandSettings(_Section):
    """What is kept of commands to hardware."""

    keep_days: int = Field(
        default=30,
        ge=7,
        le=3650,
        description="How many days commands and their idempotency keys are kept; open ones stay longer.",
    )


class InboxSettings(_Section):
    """What is kept of what vendors push."""

    keep_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="How many days it is remembered when a push came that is done; its body is gone at once.",
    )


class EventSettings(_Section):
    """What is kept of what happened."""

    keep_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="How many days events are kept: so long may a client be away and continue from its cursor.",
    )
    keep_most: int = Field(
        default=1_000_000,
        ge=1_000,
        description="How many events are kept; the oldest go first, however young they are.",
    )


class LiveSettings(_Section):
    """Live streams to clients."""

    max_stream_age_s: float = Field(
        default=14_400.0,
        ge=1,
        description="After how many seconds a stream is ended, so that the client opens a new one.",
    )


class Settings(_Section):
    """A whole configuration. Each account is of its vendor's own settings class."""

    server: ServerSettings = ServerSettings()
    auth: AuthSettings = AuthSettings()
    storage: StorageSettings = StorageSettings()
    commands: CommandSettings = CommandSettings()
    inbox: InboxSettings = InboxSettings()
    events: EventSettings = EventSettings()
    live: LiveSettings = LiveSettings()
    accounts: tuple[AccountSettings, ...] = ()


def _is_web_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
