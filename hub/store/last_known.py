"""The newest answer to every kind of read, written behind: a query never waits for the disk.

Values are gathered and written together every WRITE_EVERY_S and at shutdown, so a crash loses seconds of knowledge
that the vendors can give again, never more. While the database is away they wait in memory, one for each key.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import Insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from hub.parts import Key, Part, decode, encode
from hub.store.database import Store, as_utc
from hub.store.tables import last_known
from model.clock import Clock
from model.records import Reading
from model.states import FreshnessSource

WRITE_EVERY_S = 1.0
ROWS_A_STATEMENT = 50
"""Few enough that queries are not kept waiting while they are put into JSON."""
LONGEST_NATIVE_ID = 255
"""As the table has it; a device with a longer id is known only while this process lives."""

log = structlog.get_logger(__name__)


class LastKnownStore:
    """Write-behind over the `last_known` table. Run `keep_writing` for as long as it is used, then `flush`."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Nothing waits to be written yet."""
        self._store = store
        self._clock = clock
        self._waiting: dict[Key, tuple[object, datetime]] = {}
        self._failing = False
        self._turn = asyncio.Lock()

    def remember(self, key: Key, value: object, fetched_at: datetime) -> None:
        """Keep this value instead of an older one; returns at once."""
        if key not in self._waiting or self._waiting[key][1] <= fetched_at:
            self._waiting[key] = (value, fetched_at)

    async def keep_writing(self) -> None:
        """Write what waits, every WRITE_EVERY_S, until cancelled."""
        while True:
            await self._clock.sleep(WRITE_EVERY_S)
            await asyncio.shield(self.flush())  # what is being written is written to its end, and `flush` waits for it

    async def flush(self) -> None:
        """Write all that waits. A database that is away is logged once and tried again next time."""
        async with self._turn:
            await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        try:
            await self._write(waiting)
        except (DBAPIError, OSError) as error:
            self._waiting = {**waiting, **self._waiting}
            if not self._failing:
                log.warning("cannot write last known state; it waits in memory", reason=type(error).__name__)
            self._failing = True
            return
        if self._failing:
            log.info("last known state is written again")
        self._failing = False

    async def load(self, accounts: Collection[str]) -> AsyncIterator[tuple[Key, Any, Reading]]:
        """Everything known of these accounts. What cannot be read any more (an older version wrote it) is left out."""
        query = select(last_known).where(last_known.c.account.in_(accounts))
        async with self._store.reading() as connection:
            async for row in await connection.stream(query):
                with contextlib.suppress(ValueError):
                    key = Key(row.account, Part(row.part), row.native)
                    reading = Reading(as_utc(row.fetched_at), FreshnessSource.STORED)
                    yield key, decode(key.part, row.value, reading), reading

    async def _write(self, waiting: Mapping[Key, tuple[object, datetime]]) -> None:
        answers = iter(waiting.items())
        async with self._store.writing() as connection:
            while some := list(islice(answers, ROWS_A_STATEMENT)):
                written = (_row(key, value, fetched_at) for key, (value, fetched_at) in some)
                if rows := [row for row in written if row is not None]:
                    await connection.execute(self._upsert(), rows)

    def _upsert(self) -> Insert:
        insert = postgresql.insert if self._store.dialect == "postgresql" else sqlite.insert
        statement: postgresql.Insert | sqlite.Insert = insert(last_known)
        return statement.on_conflict_do_update(
            index_elements=["account", "part", "native"],
            set_={"fetched_at": statement.excluded.fetched_at, "value": statement.excluded.value},
            where=statement.excluded.fetched_at >= last_known.c.fetched_at,
        )


def _row(key: Key, value: object, fetched_at: datetime) -> dict[str, object] | None:
    """A row of the table; None for what no database takes, which must not keep the others from being written."""
    try:
        encoded = encode(key.part, value)
    except ValueError as error:
        log.warning("cannot write last known state as JSON", part=key.part.value, reason=type(error).__name__)
        return None
    if len(key.native) > LONGEST_NATIVE_ID or "\0" in key.native:
        return None
    return {
        "account": key.account,
        "part": key.part.value,
        "native": key.native,
        "fetched_at": fetched_at.astimezone(UTC),
        "value": encoded,
    }
