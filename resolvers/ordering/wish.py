"""What a client wants hardware to do: one frozen dataclass for each kind of command, with refs in place of ids."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from model.commands import Aim, Instruction
from model.states import CommandKind
from resolvers.complaints import Complaint
from resolvers.ordering.finding import Finder

LONGEST_REASON = 255
LONGEST_EXTERNAL_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish(ABC):
    """Its fields are all that the client said but for the idempotency key: what differs in them is another request."""

    kind: ClassVar[CommandKind]
    about: ClassVar[str]
    """The field of the input that names what the command acts on."""

    def flaws(self) -> Iterator[Complaint]:
        """What is wrong with it whatever the fleet is like."""
        yield from ()

    def instruction(self) -> Instruction:
        """How it is to be done."""
        return Instruction()

    @abstractmethod
    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """What it is to act on. Raises Refused with everything that is against it."""

    def field_of(self, position: int) -> tuple[str, ...]:
        """The field that names the target at this position, below the input."""
        del position
        return (self.about,)
