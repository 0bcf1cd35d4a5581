"""What a command's status means to the person on call: what happened, what the gateway does, what they do.

docs/commands.md says the same at length; a test holds that it speaks of every status.
"""

from collections.abc import Mapping
from typing import NamedTuple

from model.commands import Command
from model.states import CommandStatus


class Meaning(NamedTuple):
    """One status in plain words."""

    happened: str
    gateway: str
    person: str


_FIND_OUT = (
    "Look at the device, or have `chargegraph commands reconcile` ask the vendor. Order it again, under a new key, "
    "only when it is seen not done."
)

MEANINGS: Mapping[CommandStatus, Meaning] = {
    CommandStatus.PENDING: Meaning(
        "It is written down, and nothing was sent yet.",
        "Reads what must be known before, or waits for its turn in the vendor's quota; after a minute it refuses it.",
        "Wait. When it stays so the gateway does not run: the next start cancels it, unsent.",
    ),
    CommandStatus.SENT: Meaning(
        "The vendor took the order, which proves nothing about the hardware.",
        "Looks for evidence until the deadline, and beyond; where the vendor offers no proof it stays so.",
        "Wait for the deadline; once it is past, no proof will come: look at the device.",
    ),
    CommandStatus.ACKNOWLEDGED: Meaning(
        "The device, or the vendor for it, said yes; the device's own state does not show it yet.",
        "Reads until the state agrees, or the deadline passes.",
        "Wait for the deadline.",
    ),
    CommandStatus.CONFIRMED: Meaning(
        "It happened: the device's own state or the vendor's record shows it.",
        "Nothing more.",
        "Nothing.",
    ),
    CommandStatus.REJECTED: Meaning(
        "The vendor, or a check before sending, said no. Nothing happened.",
        "Nothing more.",
        "Do what the problem says, then order it again under a new key.",
    ),
    CommandStatus.FAILED: Meaning(
        "It was tried, and it is proven that it did not happen.",
        "Nothing more.",
        "See what the problem says of the device, then order it again under a new key.",
    ),
    CommandStatus.TIMED_OUT: Meaning(
        "The deadline passed without proof. It may have happened, and it may still happen.",
        "Keeps looking, less and less often; late evidence corrects the status.",
        _FIND_OUT,
    ),
    CommandStatus.CANCELLED: Meaning(
        "A newer command took its place, or the gateway stopped before anything was sent.",
        "Nothing more.",
        "See its problem: follow the newer command, or order it again under a new key.",
    ),
    CommandStatus.OUTCOME_UNKNOWN: Meaning(
        "The vendor's answer was lost, or something else happened than was asked. It may have been done.",
        "Finds out by reading; it is never sent again.",
        _FIND_OUT,
    ),
}


def next_steps(command: Command) -> str:
    """What to do about this very command, in a sentence or two."""
    person = MEANINGS[command.status].person
    if command.completed_at is None and command.is_absolute:
        return f"{person} Ordering it again does no harm: it sets a state."
    return person
