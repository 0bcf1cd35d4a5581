"""What a vendor adapter may be told to do: commands to hardware, and changes of what the vendor keeps.

A command is done by a Procedure in three steps. `prepare` reads what must be known before and may refuse; `send` makes
the one call; `look` reads what became of it, any number of times. The hub commits every step before the next, so a
procedure holds no state: all that it will need later goes into `before` and `answer`, which are stored as JSON.

Faults tell whether something may have happened: `Uncertain` from `send` means that it may; every other fault means
that it did not. Sources: section 8 of each vendor's sheet.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Protocol, runtime_checkable

from model.commands import CommandTarget, Instruction
from model.faults import Fault
from model.records import GeoPoint, Json, RawCode
from model.refs import Ref
from model.states import CommandKind, CommandStatus, PriceUnit
from vendors.contract import DeviceReading


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One call to a vendor: what it is to do, to what, and what is known of it so far."""

    kind: CommandKind
    instruction: Instruction
    targets: tuple[CommandTarget, ...]
    """At `prepare` and `send` all of the call, at `look` only those whose outcome is open."""
    created_at: datetime
    sent_at: datetime | None = None
    callback_url: str | None = None
    """A URL of this task alone, for vendors who take one; everything needed is in its path."""
    vendor_task_id: str | None = None
    before: Json = field(default_factory=dict)
    """What `prepare` saw."""
    answer: Json = field(default_factory=dict)
    """What `send` was answered; empty when the answer was lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the vendor says of one target, by its `position` in the command. `fault`: why it did not happen."""

    position: int
    status: CommandStatus | None
    """None: nothing can be said yet, but the device was `seen`."""
    fault: Fault | None = None
    raw: RawCode | None = None
    battery: Ref | None = None
    session: Ref | None = None
    seen: DeviceReading | None = None
    """The whole device, where it was read to find out: readers are shown it, and nobody has to ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known before the call. `learnt`: targets to be refused, or whose battery or session is known now.

    Learnt with the status REJECTED a target is left out of the call; with PENDING it stays in.
    """

    before: Json = field(default_factory=dict)
    learnt: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The vendor took the call. `learnt`: targets of which the answer says more than SENT."""

    answer: Json = field(default_factory=dict)
    vendor_task_id: str | None = None
    learnt: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one callback says. `key`: the same for a callback that is the same. `look_now`: read before believing it."""

    key: str
    vendor_task_id: str | None = None
    learnt: Sequence[Evidence] = ()
    look_now: bool = False


class Procedure(Protocol):
    """How one kind of command is done at one account of a vendor."""

    async def prepare(self, task: Task) -> Prepared:
        """Read what must be known before. Raises a Fault to refuse the whole; nothing was sent then."""
        ...

    async def send(self, task: Task) -> Accepted:
        """Make the one call, through `VendorHttp.send`. Raises Uncertain when it may have acted."""
        ...

    def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read what became of it; evidence as it is found, nothing for targets that nothing can be said of yet."""
        ...


@runtime_checkable
class HearsCallbacks(Protocol):
    """A procedure whose vendor calls back to `Task.callback_url`."""

    callback_answer: ClassVar[Mapping[str, object]]
    """The JSON that the vendor expects."""

    def hear(self, task: Task, body: bytes, media_type: str) -> Heard:
        """Read a callback; pure. Raises Malformed for what is none. Unsigned word proves ACKNOWLEDGED at most."""
        ...


@runtime_checkable
class PerformsCommands(Protocol):
    """An adapter that can act: `Manifest.commands` says by which rules, and has the same kinds."""

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        """A procedure for each kind of command; made anew or not, they hold no state."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """What is to be said of a site; None: stays as it is."""

    name: str | None = None
    address: str | None = None
    location: GeoPoint | None = None
    opening_hours: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDraft:
    """A price as it is to be: `unit_price` for `unit_count` units. Amounts in the account's currency."""

    name: str
    unit_price: Decimal
    unit: PriceUnit
    unit_count: int = 1
    free_minutes: int | None = None
    daily_cap: Decimal | None = None
    deposit: Decimal | None = None


@runtime_checkable
class ManagesSites(Protocol):
    """The vendor's sites can be made, changed and deleted, and devices placed in them. Each a call, never repeated."""

    async def create_site(self, draft: SiteDraft) -> Ref:
        """Make a site. Raises Uncertain when it may have been made."""
        ...

    async def update_site(self, site: Ref, draft: SiteDraft) -> None:
        """Change a site; what the draft leaves out stays, read before where the vendor wants everything."""
        ...

    async def delete_site(self, site: Ref) -> None:
        """Delete a site."""
        ...

    async def place_device(self, device: Ref, site: Ref | None) -> None:
        """Put a device into a site, or take it out of the one where it is."""
        ...


@runtime_checkable
class ManagesTariffs(Protocol):
    """The vendor's prices can be made, changed, deleted and given to sites. Each a call, never repeated."""

    async def save_tariff(self, tariff: Ref | None, draft: TariffDraft) -> Ref:
        """Make a tariff, or change one. Raises Uncertain when it may have been done."""
        ...

    async def delete_tariff(self, tariff: Ref) -> None:
        """Delete a tariff."""
        ...

    async def assign_tariff(self, tariff: Ref, site: Ref) -> None:
        """Let a tariff hold at a site."""
        ...

    async def unassign_tariff(self, site: Ref) -> None:
        """Let no tariff of its own hold at a site."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDraft:
    """A registration as it is to be; None: the vendor's default at creation, at a change what it is now."""

    webhook_url: str | None = None
    event_types: tuple[str, ...] | None = None
    devices: tuple[Ref, ...] | None = None
    secret: str | None = field(default=None, repr=False)
    version: str | None = None
    takes_over: bool = False
    """Whether a registration of somebody else's, where the vendor has room for one only, may be replaced."""


@runtime_checkable
class ManagesSubscriptions(Protocol):
    """Registrations for the vendor's pushes can be made, changed, deleted and, where it can, tested."""

    async def create_subscription(self, draft: SubscriptionDraft) -> Ref:
        """Register; `webhook_url` is given. Raises Uncertain when it may have been done: list before trying again."""
        ...

    async def update_subscription(self, subscription: Ref, draft: SubscriptionDraft) -> None:
        """Change a registration, every field sent; what the draft leaves out stays as it is."""
        ...

    async def delete_subscription(self, subscription: Ref) -> None:
        """Deregister."""
        ...

    async def test_subscription(self, subscription: Ref) -> None:
        """Ask for a test push. Raises Unsupported where the vendor has none."""
        ...
