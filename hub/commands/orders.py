"""What is asked of the command desk, and what it refuses before anything is written down."""

from collections.abc import Collection
from dataclasses import dataclass

from model.commands import Aim, Instruction
from model.refs import Ref
from model.states import CommandKind, CommandStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command to be given, its input already found right.

    `request`: the client's input without its key, in one spelling; a repeat of the key must bring the same.
    """

    kind: CommandKind
    caller: str
    idempotency_key: str
    request: str
    aims: tuple[Aim, ...]
    instruction: Instruction


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandQuery:
    """Which commands: None lets everything through. `visible`: accounts that the viewer may see."""

    accounts: Collection[str] | None = None
    devices: Collection[Ref] | None = None
    kinds: Collection[CommandKind] | None = None
    statuses: Collection[CommandStatus] | None = None
    visible: Collection[str] | None = None


class KeyReused(Exception):
    """The caller used this idempotency key before, for another request."""

    def __init__(self, first: Ref) -> None:
        super().__init__(f"this idempotency key was used for another request: {first}")
        self.first = first


class Conflict(Exception):
    """Another command on the same thing is unresolved."""

    def __init__(self, first: Ref, on: Ref) -> None:
        super().__init__(f"{on} has an unresolved command: {first}")
        self.first = first
        self.on = on


class UnknownCallback(Exception):
    """Nobody waits for a callback at this address, or it speaks of another task."""


class UnreadableCallback(Exception):
    """What came to the right address is no callback that its vendor documents."""
