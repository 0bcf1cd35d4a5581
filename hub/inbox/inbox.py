"""The door of the inbox: what a vendor pushed is on the disk before the vendor is told that it arrived.

Pushes that come while a transaction is being committed go into the next one together: a burst costs few commits.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from hub.inbox.rows import written
from hub.store.database import Store
from hub.store.tables import inbox
from vendors.receiving import Push

MOST_A_COMMIT = 500
MOST_BYTES_A_COMMIT = 16 * 1024 * 1024
"""Of bodies, but for the first one."""

log = structlog.get_logger(__name__)


class NotKept(Exception):
    """The database did not take it: whoever pushed it should do so again."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    row: Mapping[str, object]
    size: int
    number: asyncio.Future[int]


class Inbox:
    """Keeps pushes. `aclose` it when nobody keeps any more."""

    def __init__(self, store: Store) -> None:
        """Over a store that is open."""
        self._store = store
        self._arrivals: deque[_Arrival] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._listeners: list[Callable[[], None]] = []

    def on_kept(self, listener: Callable[[], None]) -> None:
        """Call this whenever letters of this process have been committed."""
        self._listeners.append(listener)

    async def keep(self, account: str, push: Push) -> int:
        """The number of the letter, which is committed when this returns. Raises NotKept."""
        number: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._arrivals.append(_Arrival(written(account, push), len(push.body), number))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_all())
        return await number

    async def aclose(self) -> None:
        """Return when all that came is written."""
        if self._writing is not None:
            await self._writing

    async def _write_all(self) -> None:
        while self._arrivals:
            arrivals = self._next()
            try:
                numbers = await self._written(arrivals)
            except (SQLAlchemyError, OSError) as error:
                log.warning("what was pushed cannot be kept", reason=type(error).__name__)
                _refuse(arrivals)
                continue
            for arrival, number in zip(arrivals, numbers, strict=True):
                if not arrival.number.done():
                    arrival.number.set_result(number)
            for listener in self._listeners:
                listener()

    def _next(self) -> list[_Arrival]:
        """What goes into one transaction, in the order in which it came."""
        arrivals = [self._arrivals.popleft()]
        size = arrivals[0].size
        while self._arrivals and len(arrivals) < MOST_A_COMMIT:
            size += self._arrivals[0].size
            if size > MOST_BYTES_A_COMMIT:
                break
            arrivals.append(self._arrivals.popleft())
        return arrivals

    async def _written(self, arrivals: Sequence[_Arrival]) -> Sequence[int]:
        statement = insert(inbox).returning(inbox.c.number, sort_by_parameter_order=True)
        async with self._store.writing() as connection:
            numbers = await connection.execute(statement, [dict(arrival.row) for arrival in arrivals])
            return list(numbers.scalars())


def _refuse(arrivals: Sequence[_Arrival]) -> None:
    """Nobody's push was kept; whoever has gone away meanwhile hears nothing."""
    for arrival in arrivals:
        if not arrival.number.done():
            arrival.number.set_exception(NotKept())
