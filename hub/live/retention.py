"""How long events are kept: until they are too old or too many."""

import asyncio
from datetime import timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from hub.commands.waiting import until
from hub.store.event_log import EventLog
from model.clock import Clock

TRIM_EVERY_S = 600.0

log = structlog.get_logger(__name__)


class Retention:
    """Trims a log now and then. `start` it, `aclose` it."""

    def __init__(self, events: EventLog, clock: Clock, *, keep: timedelta, keep_most: int) -> None:
        """Events are kept for `keep`, the newest `keep_most` of them."""
        self._events = events
        self._clock = clock
        self._keep = keep
        self._keep_most = keep_most
        self._is_closing = asyncio.Event()
        self._trimming: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Trim now, and from now on."""
        self._trimming = asyncio.get_running_loop().create_task(self._keep_trimming())

    async def aclose(self) -> None:
        """Trim no more; what has begun is finished."""
        self._is_closing.set()
        if self._trimming is not None:
            await self._trimming

    async def _keep_trimming(self) -> None:
        while not self._is_closing.is_set():
            try:
                forgotten = await self._events.trim(before=self._clock.now() - self._keep, most=self._keep_most)
                if forgotten:
                    log.info("forgot old events", events=forgotten)
            except (DBAPIError, OSError) as error:
                log.warning("cannot forget old events; trying again later", reason=type(error).__name__)
            await until(self._clock, TRIM_EVERY_S, self._is_closing)
