"""The event log: in the order of commits, in pages both ways, and nothing is missed."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub.store.database import Store
from hub.store.event_log import EventLog
from model.events import Event, EventQuery, Happening
from model.refs import battery_ref, command_ref, device_ref, session_ref, slot_ref, subscription_ref
from model.states import EventType
from tests.hub.databases import BOTH
from tests.support.clock import START, FakeClock

ALL = EventQuery()
DEVICE = device_ref("a", "D1")
FULL = Happening(
    type=EventType.COMMAND_UPDATED,
    account="a",
    occurred_at=START - timedelta(seconds=3),
    device=DEVICE,
    slot=slot_ref(DEVICE, 2),
    battery=battery_ref("a", "B1"),
    charging_session=session_ref("a", "R1"),
    command=command_ref("c1"),
    vendor_subscription=subscription_ref("a", "S1"),
    raw={"to": "SENT", "of": [1, None]},
)


def happening(account: str | None = "a", kind: EventType = EventType.COMMAND_UPDATED, **changes: object) -> Happening:
    return Happening(type=kind, account=account, **changes)  # type: ignore[arg-type]


async def append(log: EventLog, store: Store, *happenings: Happening) -> None:
    async with store.writing() as connection:
        await log.append(connection, happenings)


def numbers(found: Sequence[Event]) -> list[int]:
    return [event.number for event in found]


async def everything(log: EventLog, where: EventQuery = ALL) -> list[Event]:
    return (await log.page(where, 1000, backwards=False)).rows


async def test_what_is_recorded_is_what_happened(store: Store) -> None:
    log = EventLog(store, FakeClock())
    await append(log, store)
    await append(log, store, FULL, happening(None))
    full, bare = await everything(log)
    assert Happening(**{name: getattr(full, name) for name in Happening.__dataclass_fields__}) == FULL
    assert Happening(**{name: getattr(bare, name) for name in Happening.__dataclass_fields__}) == happening(None)
    assert (full.recorded_at, full.ref.account, full.cursor) == (START, str(full.number), str(full.number))
    assert full.number < bare.number
    assert await log.newest() == bare.number


async def test_what_is_undone_was_never_recorded(store: Store) -> None:
    log = EventLog(store, FakeClock())

    async def undone() -> None:
        async with store.writing() as connection:
            await log.append(connection, [FULL])
            raise KeyError

    with pytest.raises(KeyError):
        await undone()
    assert (await everything(log), await log.newest()) == ([], 0)


async def test_pages_both_ways(store: Store) -> None:
    log = EventLog(store, FakeClock())
    await append(log, store, *(happening() for _ in range(7)))
    found = numbers(await everything(log))
    assert found == sorted(found)
    seen: list[int] = []
    for has_next in (True, True, False):
        page = await log.page(ALL, 3, after=seen[-1] if seen else None, backwards=False)
        assert (page.has_next, page.has_previous) == (has_next, bool(seen))
        seen += numbers(page.rows)
    assert seen == found
    back: list[int] = []
    for has_previous in (True, True, False):
        page = await log.page(ALL, 3, before=back[0] if back else None, backwards=True)
        assert (page.has_previous, page.has_next) == (has_previous, bool(back))
        back = numbers(page.rows) + back
    assert back == found
    between = await log.page(ALL, 9, after=found[1], before=found[4], backwards=False)
    assert (numbers(between.rows), between.has_next, between.has_previous) == (found[2:4], False, True)
    empty = await log.page(ALL, 9, after=found[-1], backwards=False)
    assert (empty.rows, empty.has_next, empty.has_previous) == ([], False, True)


async def test_pages_of_some(store: Store) -> None:
    log = EventLog(store, FakeClock())
    others = next(kind for kind in EventType if kind is not EventType.COMMAND_UPDATED)
    await append(
        log,
        store,
        happening("a", device=DEVICE),
        happening("b", others),
        happening(None, others),
        happening("b", device=device_ref("b", "D1")),
    )
    one, two, three, four = numbers(await everything(log))

    async def found(where: EventQuery) -> list[int]:
        return numbers(await everything(log, where))

    assert await found(EventQuery(accounts=["b"])) == [two, four]
    assert await found(EventQuery(devices=[DEVICE])) == [one]
    assert await found(EventQuery(types=[others])) == [two, three]
    assert await found(EventQuery(visible=["a"])) == [one, three]
    assert await found(EventQuery(visible=["a", "b"], accounts=["b"], types=[EventType.COMMAND_UPDATED])) == [four]
    assert await found(EventQuery(accounts=[])) == []
    page = await log.page(EventQuery(accounts=["b"]), 1, after=one, backwards=False)
    assert (numbers(page.rows), page.has_next, page.has_previous) == ([two], True, False)


async def test_events_by_number_and_of_a_command(store: Store) -> None:
    log = EventLog(store, FakeClock())
    await append(log, store, happening(), FULL, happening(), FULL)
    found = await everything(log)
    one, two, three, four = numbers(found)
    assert await log.by_numbers([three, 10**9, one, three]) == [found[2], None, found[0], found[2]]
    assert await log.by_numbers([]) == []
    assert numbers(await log.of_command(command_ref("c1"))) == [two, four]
    assert await log.of_command(command_ref("c2")) == []


@pytest.mark.parametrize("empty_url", BOTH[1:], indirect=True)
async def test_who_continues_from_a_number_misses_none_before_it(database_url: str) -> None:
    """Ten writers in four processes, whose transactions take different times; one reader follows them."""
    stores = [await Store.open(database_url) for _ in range(4)]
    logs = [EventLog(store, FakeClock()) for store in stores]
    luck = random.Random(1)

    async def write(number: int) -> None:
        store, log = stores[number % 4], logs[number % 4]
        for _ in range(15):
            async with store.writing() as connection:
                await log.append(connection, [happening(command=command_ref(str(number)))] * luck.randint(1, 3))
                await asyncio.sleep(luck.random() * 0.004)

    async def follow(done: asyncio.Event) -> list[int]:
        seen = [0]
        is_last = False
        while not is_last:
            is_last = done.is_set()
            seen += numbers((await logs[0].page(ALL, 1000, after=seen[-1], backwards=False)).rows)
        return seen[1:]

    done = asyncio.Event()
    following = asyncio.create_task(follow(done))
    await asyncio.gather(*(write(number) for number in range(10)))
    done.set()
    seen = await following
    assert seen == numbers(await everything(logs[0]))
    assert len(seen) >= 150
    for store in stores:
        await store.aclose()
