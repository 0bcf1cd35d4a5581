"""Acts on hardware: what was asked for, what became of it, and which status may follow which."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from model.records import Customer, Problem, RawCode
from model.refs import Ref
from model.states import ChargerMode, CommandKind, CommandStatus, DeviceOperation

FINAL = frozenset(
    {CommandStatus.CONFIRMED, CommandStatus.REJECTED, CommandStatus.FAILED, CommandStatus.CANCELLED},
)
"""Nothing follows these."""

CORRECTABLE = frozenset({CommandStatus.TIMED_OUT, CommandStatus.OUTCOME_UNKNOWN})
"""Late evidence may still say what really happened."""

LEAST_SETTLED_FIRST = (
    CommandStatus.PENDING,
    CommandStatus.SENT,
    CommandStatus.ACKNOWLEDGED,
    CommandStatus.OUTCOME_UNKNOWN,
    CommandStatus.TIMED_OUT,
    CommandStatus.FAILED,
    CommandStatus.REJECTED,
    CommandStatus.CANCELLED,
    CommandStatus.CONFIRMED,
)

TRANSITIONS: Mapping[CommandStatus, frozenset[CommandStatus]] = {
    CommandStatus.PENDING: frozenset(CommandStatus) - {CommandStatus.PENDING},
    CommandStatus.SENT: frozenset(CommandStatus) - {CommandStatus.PENDING, CommandStatus.SENT},
    CommandStatus.ACKNOWLEDGED: FINAL | CORRECTABLE,
    CommandStatus.TIMED_OUT: FINAL | {CommandStatus.OUTCOME_UNKNOWN},
    CommandStatus.OUTCOME_UNKNOWN: FINAL | {CommandStatus.SENT, CommandStatus.ACKNOWLEDGED, CommandStatus.TIMED_OUT},
    **dict.fromkeys(FINAL, frozenset()),
}
"""Which status may follow which; whatever is not here is ignored, however it is said."""


@dataclass(frozen=True, slots=True)
class Media:
    """One picture or film for a screen."""

    code: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """How a command is to be done: only what its kind needs is given. `prepaid` is in the account's currency."""

    operation: DeviceOperation | None = None
    mode: ChargerMode | None = None
    minutes: int | None = None
    prepaid: Decimal | None = None
    tariff: Ref | None = None
    external_id: str | None = None
    reason: str | None = None
    restart: bool = False
    media: tuple[Media, ...] = ()
    customer: Customer | None = field(default=None, repr=False)
    """Only while the command is being sent: it is never stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a command is to act on: a device, or something in it."""

    device: Ref
    slot: Ref | None = None
    battery: Ref | None = None
    session: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTarget(Aim):
    """One thing that a command acts on, and how far it is there. `position` counts from 0 within the command."""

    position: int
    status: CommandStatus
    updated_at: datetime
    problem: Problem | None = None
    raw: RawCode | None = None
    vendor_task_id: str | None = None
    was_sent: bool = True
    """False while nothing has gone to the vendor for this target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """An act on hardware, and what is known of its outcome. `caller`: whose idempotency key it is."""

    ref: Ref
    kind: CommandKind
    caller: str
    idempotency_key: str
    instruction: Instruction
    is_absolute: bool
    """It sets a state, so that sending it again does nothing more."""
    created_at: datetime
    sent_at: datetime | None
    deadline: datetime | None
    targets: tuple[CommandTarget, ...]

    @property
    def status(self) -> CommandStatus:
        """Of the whole: the least settled of its targets."""
        return whole(target.status for target in self.targets)

    @property
    def completed_at(self) -> datetime | None:
        """When the outcome of its last target was known."""
        if any(target.status not in FINAL for target in self.targets):
            return None
        return max(target.updated_at for target in self.targets)

    @property
    def is_safe_to_retry(self) -> bool:
        """Whether sending it again cannot act twice."""
        return self.is_absolute or all(is_known_not_done(target) for target in self.targets)

    @property
    def problem(self) -> Problem | None:
        """Why it did not happen: what stands against its least settled target that has a problem."""
        troubled = [target for target in self.targets if target.problem is not None]
        return min(troubled, key=lambda target: LEAST_SETTLED_FIRST.index(target.status)).problem if troubled else None


def whole(statuses: Iterable[CommandStatus]) -> CommandStatus:
    """The status of a command whose targets have these."""
    return min(statuses, key=LEAST_SETTLED_FIRST.index)


def may_follow(before: CommandStatus, after: CommandStatus) -> bool:
    """Whether a target may move so."""
    return after in TRANSITIONS[before]


def is_known_not_done(target: CommandTarget) -> bool:
    """Whether the vendor, the device or we ourselves said that nothing happened and nothing will."""
    if target.status is CommandStatus.CANCELLED:
        return not target.was_sent
    return target.status in (CommandStatus.REJECTED, CommandStatus.FAILED)
