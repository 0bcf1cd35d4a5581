"""How much a vendor lets us ask, and the ticket that every call carries to the gate.

The hub counts; the kit only names. A call waits at the gate *before* anything is sent. Commands go before reads, and
among reads whoever knows least recently goes first, so that a fleet larger than its quota is refreshed in turn.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol


class Scope(StrEnum):
    """Who shares a budget."""

    ACCOUNT = "account"
    """One set of credentials."""
    ADDRESS = "address"
    """Every account that speaks to the same vendor host from here: the vendor counts client addresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """At most `limit` calls in any `window_s` seconds; reads leave `reserve` of them to commands.

    Whoever looks for the outcome of a command goes before other reads and leaves half of the reserve.

    `is_assumed` marks budgets that no vendor page states.
    """

    name: str
    limit: int
    window_s: int
    reserve: int = 0
    scope: Scope = Scope.ACCOUNT
    is_assumed: bool = False


class Priority(IntEnum):
    """Who goes first at the gate."""

    COMMAND = 0
    EVIDENCE = 1
    READ = 2


@dataclass(slots=True, kw_only=True)
class Ticket:
    """One piece of work at the gate. `known_at`: when what it will refresh was last fetched, None for never."""

    priority: Priority = Priority.READ
    known_at: datetime | None = None
    held_until: datetime | None = None
    """While the budget forbids the next call: when its turn is expected."""
    calls: int = 0
    """How many calls this work has made so far."""
    on_held: Callable[[], None] | None = None
    """Told when the gate makes this work wait."""
    on_sending: Callable[[], Awaitable[None]] | None = None
    """Awaited when a call that acts has passed the gate, before its first byte is sent."""

    def hold(self, until: datetime) -> None:
        """The gate says: not before then."""
        self.held_until = until
        if self.on_held is not None:
            self.on_held()


current_ticket: ContextVar[Ticket | None] = ContextVar("current_ticket", default=None)
"""The ticket of the work that this task does; calls without one go as ordinary reads."""


class Gate(Protocol):
    """Stands before every vendor call of an account."""

    def passage(self) -> AbstractAsyncContextManager[None]:
        """Entered when the call may be sent, counted already; left when its answer is here or will not come."""
        ...


class OpenGate:
    """Lets everything through: for a client on its own, without a hub that counts."""

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Entered at once."""
        yield
