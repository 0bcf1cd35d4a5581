"""One fetch under way for everybody who wants its answer, and how long it is worth waiting for."""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from hub.parts import Key
from model.faults import Fault, Unreachable
from model.records import Reading
from vendors.kit.quota import Ticket

SHUTTING_DOWN = "this gateway is shutting down"


class Entry(NamedTuple):
    """What the cache holds under a key."""

    value: Any
    reading: Reading


class Flight:
    """One fetch under way, and who wants to hear of it."""

    def __init__(self, key: Key, ticket: Ticket) -> None:
        self.key = key
        self.ticket = ticket
        self.ticket.on_held = self.tell
        self.outcome: Entry | Fault | None = None
        self.task: asyncio.Task[None] | None = None
        self.latches: set[Latch] = set()
        self.amendments: list[Callable[[Any], Any]] = []
        """What became known since it began, and its answer may not know."""

    @classmethod
    def that_never_began(cls, key: Key) -> "Flight":
        """Of what is wanted while this gateway shuts down."""
        flight = cls(key, Ticket())
        flight.outcome = Unreachable(SHUTTING_DOWN)
        return flight

    def is_over(self, deadline: datetime) -> bool:
        """Landed, or held at the gate beyond the deadline."""
        held_until = self.ticket.held_until
        return self.outcome is not None or (held_until is not None and held_until > deadline)

    def tell(self) -> None:
        """Something changed."""
        for latch in tuple(self.latches):
            latch.look(self)


class Latch:
    """Opens when none of its flights is worth waiting for any longer."""

    def __init__(self, flights: "Collection[Flight]", deadline: datetime) -> None:
        self._deadline = deadline
        self._left = {flight for flight in flights if not flight.is_over(deadline)}
        self.opened = asyncio.get_running_loop().create_future()
        for flight in self._left:
            flight.latches.add(self)

    @property
    def is_open(self) -> bool:
        """Nothing to wait for."""
        return not self._left

    def look(self, flight: Flight) -> None:
        """A flight changed."""
        if flight.is_over(self._deadline):
            self._left.discard(flight)
            flight.latches.discard(self)
            if not self._left and not self.opened.done():
                self.opened.set_result(None)

    def release(self) -> None:
        """Nobody waits any longer."""
        for flight in self._left:
            flight.latches.discard(self)
        self._left.clear()
