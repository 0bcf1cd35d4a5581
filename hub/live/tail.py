"""The end of the event log, shared by all who follow it: nobody has a queue of their own, only a place in the log.

Events of this process are seen at once, those of others that share the store within POLL_EVERY_S. A follower who is
slow finds the next events in memory while they are among the last REMEMBERED, and in the store after that.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from hub.commands.waiting import until
from hub.store.event_log import EventLog
from model.clock import Clock
from model.events import Event, EventQuery

POLL_EVERY_S = 1.0
REMEMBERED = 10_000
MOST_A_READ = 1_000

log = structlog.get_logger(__name__)


class Tail:
    """`start` it, `aclose` it."""

    def __init__(self, events: EventLog, clock: Clock) -> None:
        """Over a log; it begins at the log's end."""
        self._events = events
        self._clock = clock
        self._recent: list[Event] = []
        self._newest: int | None = None
        self._word = asyncio.Event()
        self._more = asyncio.Event()
        self._is_closing = False
        self._reading: asyncio.Task[None] | None = None
        events.on_committed(self._word.set)

    async def newest(self) -> int:
        """The number of the newest event; 0 when there is none."""
        if self._newest is None:
            self._newest = await self._events.newest()
        return self._newest

    async def after(self, number: int, most: int = MOST_A_READ) -> Sequence[Event]:
        """The next events after a number, as soon as there is one; in the order of the log, none left out."""
        while number >= await self.newest():
            await self._more.wait()
        if self._recent and number >= self._recent[0].number - 1:
            start = bisect_right(self._recent, number, key=lambda event: event.number)
            return self._recent[start : start + most]
        page = await self._events.page(EventQuery(), most, after=number, backwards=False)
        return page.rows

    async def start(self) -> None:
        """Read what is new from now on."""
        await self.newest()
        self._reading = asyncio.get_running_loop().create_task(self._keep_reading())

    async def aclose(self) -> None:
        """Read no more; whoever waits is left to its owner. What is being read is read to its end."""
        self._is_closing = True
        self._word.set()
        if self._reading is not None:
            await self._reading

    async def _keep_reading(self) -> None:
        while not self._is_closing:
            await until(self._clock, POLL_EVERY_S, self._word)
            self._word.clear()
            try:
                await self._read()
            except (DBAPIError, OSError) as error:
                log.warning("cannot read the event log; trying again", reason=type(error).__name__)

    async def _read(self) -> None:
        while True:
            page = await self._events.page(EventQuery(), MOST_A_READ, after=await self.newest(), backwards=False)
            if not page.rows:
                return
            self._recent = [*self._recent, *page.rows][-REMEMBERED:]
            self._newest = page.rows[-1].number
            more, self._more = self._more, asyncio.Event()
            more.set()
