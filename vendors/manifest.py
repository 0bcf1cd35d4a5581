"""What a vendor says of itself: identity, settings, budgets, cadence, endpoints, and what is assumed or unknown.

The registry finds it, the hub obeys it, `chargegraph doctor` and the docs show it. Nothing in it does any work.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from model.clock import Clock
from model.states import CommandKind, DeviceKind, DeviceOperation, SlotKind
from vendors.contract import Adapter
from vendors.kit.http import VendorHttp
from vendors.kit.quota import Budget
from vendors.receiving import Receiver


class Mark(StrEnum):
    """How well a vendor fact is known."""

    SEED = "SEED"
    """In the vendor's original document."""
    DOC = "DOC"
    """On another page of the vendor's documentation."""
    SEEN = "SEEN"
    """Observed in public client code or captured payloads."""
    ASSUMED = "ASSUMED"
    """Our reading or our choice."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the vendor's API that the client makes. `feeds`: what in the graph it is for."""

    method: str
    path: str
    feeds: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How long each kind of data counts as fresh when a query gives no maxAge, in seconds.

    `seconds_per_device` stretches `device` where the quota serves one device a call: with N devices a reading is
    fresh for at least N times that long.
    """

    devices: float = 60
    device: float = 60
    sites: float = 600
    health: float = 60
    storage: float = 60
    sessions: float = 60
    tariffs: float = 600
    subscriptions: float = 60
    seconds_per_device: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRule:
    """How long one kind of command may take at a vendor, and what proves it. Seconds count from its sending."""

    kind: CommandKind
    call: str
    """The vendor's call, for the docs."""
    proof: str
    """What makes it CONFIRMED, for the docs; empty where the vendor offers no proof: then it stays SENT."""
    deadline_s: float
    """When waiting for evidence ends and the status becomes TIMED_OUT."""
    looks_s: tuple[float, ...]
    """When to look for evidence; after the last, the gap between the last two is doubled each time."""
    patience_s: float
    """How long an open outcome is still looked after; the last look is made then, or once the vendor answers again."""
    is_absolute: bool = False
    """It sets a state, so that sending it again does nothing more, and a newer one supersedes it."""
    most_targets: int = 1
    """How many targets one call can have."""
    operations: tuple[DeviceOperation, ...] = ()
    """Of OPERATE_DEVICE: those that the vendor has."""
    not_for: tuple[DeviceKind, ...] = ()
    """Kinds of devices of this vendor that cannot do it."""
    mark: Mark = Mark.ASSUMED
    """How well its life is known."""


class AccountSettings(BaseModel):
    """The keys that every `[[accounts]]` table has; each vendor adds its own. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Appears in URLs and ids; never change it.")
    vendor: str = Field(description="Which vendor: the name of its folder.")
    name: str = Field(default="", description="What people read; the id when left out.")
    base_url: str = Field(default="", description="Where the vendor's API is; its default where its sheet knows one.")
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Path secret of the webhook; generated and kept in the store when left out.",
    )
    devices: tuple[str, ...] = Field(
        default=(),
        description="Vendor ids of devices to show even where the vendor does not list them.",
    )
    deadline_s: float = Field(default=2.0, gt=0, le=60, description="How long a query waits for this account.")
    timeout_s: float = Field(default=10.0, gt=0, le=120, description="How long one vendor call may take.")
    session_history_days: int = Field(default=7, ge=1, le=92, description="How far back sessions are listed.")
    quotas: Mapping[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="Other limits for the vendor's budgets, by budget name, for example {minute = 30}.",
    )

    @field_validator("base_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            message = "must start with http:// or https://"
            raise ValueError(message)
        return value.rstrip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What an adapter is made from: one account's settings, its HTTP door and the time."""

    settings: AccountSettings
    http: VendorHttp
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One vendor."""

    slug: str
    name: str
    documentation_url: str | None
    default_base_url: str | None
    device_kinds: tuple[DeviceKind, ...]
    slot_kind: SlotKind | None
    """What its slots are; None when its devices have none."""
    has_batteries: bool
    settings: type[AccountSettings]
    adapter: type[Adapter]
    """Made with a `Connection` as its only argument; the capabilities are read off it."""
    budgets: tuple[Budget, ...]
    cadence: Cadence
    endpoints: tuple[Endpoint, ...]
    commands: tuple[CommandRule, ...] = ()
    """What its hardware can be told to do; the adapter has a procedure for each kind."""
    receiver: type[Receiver] | None = None
    """Reads what the vendor pushes; made with the account's settings as its only argument. None: it never pushes."""
    largest_push_bytes: int = 1024 * 1024
    """A push that is larger is refused."""
    pushes: tuple[str, ...] = ()
    """The vendor's own names of what it pushes."""
    slot_status_from_sessions: bool = False
    """The vendor does not tell a slot's status: a slot with an active session is CHARGING, any other UNKNOWN."""
    has_sites: bool = True
    """It says where devices stand, by listing sites or with its devices; where it never does nobody looks for sites."""
    listing_names_sites: bool = False
    """The listing of devices carries whole site records, so that whoever needs both needs no listing of sites."""
    facts: tuple[str, ...] = ()
    """What the vendor's pages say that an operator should know, a sentence each."""
    assumptions: tuple[str, ...] = ()
    """Every ASSUMED reading that this code relies on, a sentence each."""
    unknowns: tuple[str, ...] = ()
    """What nobody knows, and what that means here, a sentence each."""

    def rule(self, kind: CommandKind) -> CommandRule | None:
        """The rule for one kind of command; None when this vendor's hardware cannot be told so."""
        return next((rule for rule in self.commands if rule.kind is kind), None)
