"""One call to a vendor that a command needs, as it is written down."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.refs import Ref
from vendors.acting import Task


class Phase(StrEnum):
    """How far a call is; the value is stored and never changes."""

    WAITING = "waiting"
    """Nothing was sent, nor will be by anybody but its owner."""
    SENDING = "sending"
    """Bytes may have gone out; the answer, if there was one, is not written down."""
    ANSWERED = "answered"
    """It will not be sent again; what became of it is looked after."""
    OVER = "over"
    """Every target is settled, or nobody looks any more."""


UNANSWERED = (Phase.WAITING, Phase.SENDING)
"""What callbacks of such a call say is not believed yet: whose task they speak of is only known by its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call and its task, with the targets that were asked for when it was read."""

    id: str
    command: Ref
    account: str
    phase: Phase
    task: Task
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCallback:
    """A callback that came before the answer to its call was written down. `key`: see `vendors.acting.Heard`."""

    key: str
    media_type: str
    body: bytes
