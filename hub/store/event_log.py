"""What happened, in the order in which it became visible: who continues from a number misses none before it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, Select, delete, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.database import Store, as_utc
from hub.store.pages import KeysetPage
from hub.store.tables import events
from model.clock import Clock
from model.events import Event, EventQuery, Happening
from model.refs import Ref, event_ref
from model.states import EventType

ONE_WRITER = 4_207_160_318
"""The advisory lock that PostgreSQL gives to one transaction at a time: numbers then rise in the order of commits."""

MOST_FORGOTTEN_AT_ONCE = 10_000
"""In one transaction: whoever writes waits no longer than that takes."""

_REFS = ("device", "slot", "battery", "charging_session", "command", "vendor_subscription")


class EventLog:
    """The `events` table."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Over a store that is open."""
        self._store = store
        self._clock = clock
        self._has_news = False
        self._listeners: list[Callable[[], None]] = []
        store.on_commit(self._tell)

    def on_committed(self, listener: Callable[[], None]) -> None:
        """Call this whenever events that this process recorded have become visible."""
        self._listeners.append(listener)

    async def newest(self) -> int:
        """The number of the newest event; 0 when there is none."""
        async with self._store.reading() as connection:
            return (await connection.execute(select(func.max(events.c.number)))).scalar_one() or 0

    async def oldest(self) -> int:
        """The number of the oldest event that is kept; 0 when there is none."""
        async with self._store.reading() as connection:
            return (await connection.execute(select(func.min(events.c.number)))).scalar_one() or 0

    async def append(self, connection: AsyncConnection, happenings: Sequence[Happening]) -> None:
        """Record happenings in a transaction that is open; make it the last thing that the transaction does."""
        if not happenings:
            return
        if self._store.dialect == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_WRITER})
        await connection.execute(insert(events), [self._row(happening) for happening in happenings])
        self._has_news = True

    async def page(
        self, where: EventQuery, rows: int, *, after: int | None = None, before: int | None = None, backwards: bool
    ) -> KeysetPage[Event]:
        """Events between two numbers, oldest first; with `backwards` the last ones of them."""
        query = _filtered(select(events), where)
        inside = query if after is None else query.where(events.c.number > after)
        inside = inside if before is None else inside.where(events.c.number < before)
        inside = inside.order_by(events.c.number.desc() if backwards else events.c.number).limit(rows + 1)
        async with self._store.reading() as connection:
            found = [_event(row) for row in await connection.execute(inside)]
            has_more = len(found) > rows
            found = found[:rows]
            edge = before if backwards else after
            has_behind = edge is not None and await self._has_beyond(connection, query, edge, newer=backwards)
        if backwards:
            return KeysetPage(found[::-1], has_next=has_behind, has_previous=has_more)
        return KeysetPage(found, has_next=has_more, has_previous=has_behind)

    async def by_numbers(self, numbers: Sequence[int]) -> list[Event | None]:
        """Events by number; None for what is not there."""
        async with self._store.reading() as connection:
            query = select(events).where(events.c.number.in_(set(numbers)))
            found = {row.number: _event(row) for row in await connection.execute(query)}
        return [found.get(number) for number in numbers]

    async def of_command(self, command: Ref) -> list[Event]:
        """All that happened to one command, oldest first."""
        query = select(events).where(events.c.command == command.id).order_by(events.c.number)
        async with self._store.reading() as connection:
            return [_event(row) for row in await connection.execute(query)]

    async def trim(self, *, before: datetime, most: int) -> int:
        """Forget what was recorded before then, and the oldest beyond so many; how many that were.

        The newest event stays in any case: where the log ends is remembered by it.
        """
        kept_from = await self._kept_from(before, most)
        forgotten = 0
        while oldest := await self.oldest():
            end = min(kept_from, oldest + MOST_FORGOTTEN_AT_ONCE)
            if end <= oldest:
                break
            async with self._store.writing() as connection:
                forgotten += (await connection.execute(delete(events).where(events.c.number < end))).rowcount
        return forgotten

    async def _kept_from(self, before: datetime, most: int) -> int:
        """The number of the oldest event to keep. Numbers have holes, so that events are counted by their order."""
        newest_first = select(events.c.number).order_by(events.c.number.desc())
        recent = select(events.c.number).where(events.c.recorded_at >= before).order_by(events.c.number).limit(1)
        async with self._store.reading() as connection:
            newest = (await connection.execute(newest_first.limit(1))).scalar() or 0
            by_age = (await connection.execute(recent)).scalar() or newest
            beyond = (await connection.execute(newest_first.offset(most).limit(1))).scalar()
        return min(newest, max(by_age, 0 if beyond is None else beyond + 1))

    def _tell(self) -> None:
        """A transaction of this process was committed; whether it had events of its own is all the same."""
        if self._has_news:
            self._has_news = False
            for listener in self._listeners:
                listener()

    async def _has_beyond(self, connection: AsyncConnection, query: Select[Any], edge: int, *, newer: bool) -> bool:
        beyond = query.where(events.c.number >= edge if newer else events.c.number <= edge).limit(1)
        return (await connection.execute(beyond)).first() is not None

    def _row(self, happening: Happening) -> dict[str, object]:
        refs = {name: None if (ref := getattr(happening, name)) is None else ref.id for name in _REFS}
        return {
            **refs,
            "type": happening.type.value,
            "account": happening.account,
            "occurred_at": happening.occurred_at,
            "recorded_at": self._clock.now(),
            "raw": None if happening.raw is None else orjson.dumps(happening.raw),
        }


def _filtered(query: Select[Any], where: EventQuery) -> Select[Any]:
    if where.accounts is not None:
        query = query.where(events.c.account.in_(where.accounts))
    if where.visible is not None:
        query = query.where(or_(events.c.account.is_(None), events.c.account.in_(where.visible)))
    if where.devices is not None:
        query = query.where(events.c.device.in_([ref.id for ref in where.devices]))
    if where.types is not None:
        query = query.where(events.c.type.in_([one.value for one in where.types]))
    return query


def _event(row: Row[Any]) -> Event:
    refs = {name: None if (written := getattr(row, name)) is None else Ref.parse(written) for name in _REFS}
    return Event(
        ref=event_ref(str(row.number)),
        number=row.number,
        type=EventType[row.type],
        account=row.account,
        occurred_at=None if row.occurred_at is None else as_utc(row.occurred_at),
        recorded_at=as_utc(row.recorded_at),
        raw=None if row.raw is None else orjson.loads(row.raw),
        **refs,
    )
