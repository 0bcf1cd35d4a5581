"""When vendors answered our calls, so that a restart does not forget what their quotas have counted."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DBAPIError

from hub.store.database import Store, as_utc
from hub.store.tables import vendor_calls
from model.clock import Clock

WRITE_EVERY_S = 1.0
FORGET_EVERY = timedelta(hours=1)

log = structlog.get_logger(__name__)


class CallLog:
    """Write-behind over the `vendor_calls` table; a crash loses a second of it."""

    def __init__(self, store: Store, clock: Clock, keep: timedelta) -> None:
        """`keep`: the longest window of any budget."""
        self._store = store
        self._clock = clock
        self._keep = keep
        self._waiting: list[dict[str, object]] = []
        self._forgot_at: datetime | None = None
        self._turn = asyncio.Lock()

    def note(self, budget: str, answered_at: datetime) -> None:
        """A call against this budget was answered; returns at once."""
        self._waiting.append({"budget": budget, "answered_at": answered_at.astimezone(UTC)})

    async def load(self, budgets: Collection[str]) -> AsyncIterator[tuple[str, datetime]]:
        """The calls that still count against these budgets, oldest first."""
        since = self._clock.now() - self._keep
        query = (
            select(vendor_calls)
            .where(vendor_calls.c.budget.in_(budgets), vendor_calls.c.answered_at > since)
            .order_by(vendor_calls.c.answered_at)
        )
        async with self._store.reading() as connection:
            async for row in await connection.stream(query):
                yield row.budget, as_utc(row.answered_at)

    async def keep_writing(self) -> None:
        """Write what waits, every WRITE_EVERY_S, until cancelled."""
        while True:
            await self._clock.sleep(WRITE_EVERY_S)
            await asyncio.shield(self.flush())  # what is being written is written to its end, and `flush` waits for it

    async def flush(self) -> None:
        """Write all that waits. While the database is away it waits on."""
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            async with self._store.writing() as connection:
                await connection.execute(insert(vendor_calls), waiting)
                if self._may_forget():
                    outdated = vendor_calls.c.answered_at < self._clock.now() - self._keep
                    await connection.execute(delete(vendor_calls).where(outdated))
        except (DBAPIError, OSError) as error:
            self._waiting = [*waiting, *self._waiting]
            log.debug("cannot write the call log; it waits in memory", reason=type(error).__name__)

    def _may_forget(self) -> bool:
        now = self._clock.now()
        if self._forgot_at is not None and now - self._forgot_at < FORGET_EVERY:
            return False
        self._forgot_at = now
        return True
