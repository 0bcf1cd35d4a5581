"""Old events are forgotten, the newest one never: where the log ends is known by it."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, text

from hub.live.retention import TRIM_EVERY_S, Retention
from hub.store import event_log
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.tables import events
from model.events import EventQuery, Happening
from model.states import EventType
from tests.support.clock import FakeClock


async def record(store: Store, log: EventLog, number: int) -> None:
    async with store.writing() as connection:
        await log.append(connection, [Happening(type=EventType.UNMAPPED) for _ in range(number)])


async def kept(log: EventLog) -> list[int]:
    return [event.number for event in (await log.page(EventQuery(), 100, backwards=False)).rows]


async def test_what_is_too_old_or_too_much_is_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_log, "MOST_FORGOTTEN_AT_ONCE", 2)
    clock = FakeClock()
    log = EventLog(store, clock)
    await record(store, log, 5)
    await clock.advance(60)
    await record(store, log, 5)
    minute_ago = clock.now() - timedelta(seconds=30)
    assert await log.trim(before=minute_ago - timedelta(minutes=5), most=10) == 0
    assert await log.trim(before=minute_ago, most=100) == 5
    assert (await kept(log), await log.oldest()) == ([6, 7, 8, 9, 10], 6)
    assert await log.trim(before=minute_ago, most=2) == 3
    assert await kept(log) == [9, 10]


async def test_events_are_counted_not_their_numbers(store: Store) -> None:
    clock = FakeClock()
    log = EventLog(store, clock)
    await record(store, log, 10)
    async with store.writing() as connection:
        await connection.execute(delete(events).where(events.c.number.in_([3, 5, 7, 9])))
    assert await log.trim(before=clock.now(), most=3) == 3
    assert await kept(log) == [6, 8, 10]


async def test_the_newest_event_stays_and_numbers_never_come_again(store: Store) -> None:
    clock = FakeClock()
    log = EventLog(store, clock)
    assert await log.trim(before=clock.now(), most=1) == 0
    assert (await log.oldest(), await log.newest()) == (0, 0)
    await record(store, log, 3)
    await clock.advance(60)
    assert await log.trim(before=clock.now(), most=1) == 2
    assert await log.trim(before=clock.now(), most=1) == 0
    assert await kept(log) == [3]
    await record(store, log, 1)
    assert await log.newest() == 4


async def test_it_is_done_now_and_then_also_after_the_database_was_away() -> None:
    clock = FakeClock()
    store = await Store.open("sqlite+aiosqlite:///:memory:")
    log = EventLog(store, clock)
    await record(store, log, 3)
    retention = Retention(log, clock, keep=timedelta(days=1), keep_most=2)
    retention.start()
    await _when(clock, log, [2, 3])
    await record(store, log, 2)
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE events RENAME TO elsewhere"))
    await clock.advance(TRIM_EVERY_S)
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO events"))
    await clock.advance(TRIM_EVERY_S)
    await _when(clock, log, [4, 5])
    await retention.aclose()
    await store.aclose()


async def _when(clock: FakeClock, log: EventLog, numbers: list[int]) -> None:
    """Once only these are kept; the database has a thread of its own."""
    for _ in range(200):
        if await kept(log) == numbers:
            return
        await clock.settle()
    assert await kept(log) == numbers
