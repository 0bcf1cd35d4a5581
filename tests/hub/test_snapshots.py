"""Snapshots: one flight for all, deadlines, stale-if-error, generations, and no exception that gets away."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from aiocache import SimpleMemoryCache
from structlog.testing import capture_logs

from hub.health import Health
from hub.parts import Key, Part, Read
from hub.passing import Passing
from hub.quota import Turnstile, Window
from hub.snapshots import MOST_FLIGHTS, Snapshot, Snapshots
from model.faults import Fault, NotFound, RateLimited, Rejected, Unreachable
from model.records import EnergyRecord, Reading, Site
from model.refs import site_ref
from model.states import FreshnessSource, ProblemCode
from tests.support.clock import START, FakeClock
from vendors.kit.quota import Budget, current_ticket

KEY = Key("a", Part.SITES)
Sites = tuple[Site, ...]


def named(name: str) -> Sites:
    return (Site(ref=site_ref("a", name), name=name),)


@dataclass
class Store:
    kept: dict[Key, tuple[object, datetime]] = field(default_factory=dict)

    def remember(self, key: Key, value: object, fetched_at: datetime) -> None:
        self.kept[key] = (value, fetched_at)


@dataclass
class Account:
    health: Health
    gate: Turnstile


class Bench:
    def __init__(self, limit: int = 1000) -> None:
        self.clock = FakeClock()
        self.store = Store()
        budget = Budget(name="minute", limit=limit, window_s=60)
        self.link = Account(Health("a", self.clock), Turnstile([Window(budget, self.clock)], self.clock))
        self.snapshots = Snapshots(SimpleMemoryCache(timeout=0), self.store, self.clock)
        self.fetches = 0
        self.answers: list[Sites | Fault | Exception] = []
        self.takes_s = 0.0

    async def fetch(self) -> Sites:
        async with self.link.gate.passage():
            self.fetches += 1
            await self.clock.sleep(self.takes_s)
            answer = self.answers.pop(0) if self.answers else named(f"fetch {self.fetches}")
            if isinstance(answer, Exception):
                raise answer
            return answer

    def read(self, native: str = "") -> Read[Sites]:
        return Read(KEY._replace(native=native), self.fetch, 60)

    def get(self, *, max_age_s: float = 60, patience_s: float = 2) -> Awaitable[Snapshot[Sites]]:
        now = self.clock.now()
        since, deadline = now - timedelta(seconds=max_age_s), now + timedelta(seconds=patience_s)
        return self.snapshots.get(self.link, self.read(), since, deadline)


def name_of(snapshot: Snapshot[Sites]) -> str:
    assert snapshot.value is not None
    return snapshot.value[0].name


async def test_a_fresh_snapshot_is_served_without_asking() -> None:
    bench = Bench()
    first = await bench.get()
    await bench.clock.advance(59)
    second = await bench.get()
    assert (name_of(first), name_of(second), bench.fetches) == ("fetch 1", "fetch 1", 1)
    assert second.reading == Reading(START, FreshnessSource.POLL)
    assert second.value is not None
    assert second.value[0].reading is second.reading


async def test_an_old_snapshot_is_fetched_anew() -> None:
    bench = Bench()
    await bench.get()
    await bench.clock.advance(61)
    assert name_of(await bench.get()) == "fetch 2"


async def test_two_hundred_who_want_the_same_share_one_flight() -> None:
    bench = Bench()
    bench.takes_s = 1
    waiting = [asyncio.ensure_future(bench.get(max_age_s=0)) for _ in range(200)]
    await bench.clock.advance(1)
    assert {name_of(snapshot) for snapshot in await asyncio.gather(*waiting)} == {"fetch 1"}
    assert bench.fetches == 1


async def test_who_waits_too_long_gets_the_last_known_value_and_the_next_one_the_fetched() -> None:
    bench = Bench()
    await bench.get()
    await bench.clock.advance(61)
    bench.takes_s = 10
    late = asyncio.ensure_future(bench.get())
    await bench.clock.advance(2)
    snapshot = await late
    assert name_of(snapshot) == "fetch 1"
    assert snapshot.reading is not None
    assert snapshot.reading.is_stale
    assert snapshot.problem is not None
    assert snapshot.problem.code is ProblemCode.VENDOR_TIMED_OUT
    await bench.clock.advance(8)
    assert name_of(await bench.get()) == "fetch 2"
    assert bench.fetches == 2


async def test_a_fault_serves_the_last_known_value_with_the_reason() -> None:
    bench = Bench()
    await bench.get()
    await bench.clock.advance(61)
    bench.answers = [Unreachable("gone")]
    snapshot = await bench.get()
    assert name_of(snapshot) == "fetch 1"
    assert snapshot.problem is not None
    assert (snapshot.problem.code, snapshot.problem.message) == (ProblemCode.VENDOR_UNREACHABLE, "gone")
    assert snapshot.reading == Reading(START, FreshnessSource.POLL, is_stale=True, problem=snapshot.problem)
    assert name_of(await bench.get()) == "fetch 3"


async def test_a_fault_with_nothing_known_gives_only_the_problem() -> None:
    bench = Bench()
    bench.answers = [Unreachable("gone")]
    snapshot = await bench.get()
    assert (snapshot.value, snapshot.reading) == (None, None)
    assert snapshot.problem is not None
    assert snapshot.problem.account == "a"


async def test_what_quota_forbids_is_not_waited_for_and_comes_in_its_turn() -> None:
    bench = Bench(limit=1)
    await bench.get()
    snapshot = await bench.get(max_age_s=-1)
    assert bench.clock.now() == START
    assert snapshot.problem is not None
    assert snapshot.problem.code is ProblemCode.QUOTA_EXHAUSTED
    assert snapshot.problem.retry_at == START + timedelta(seconds=60)
    await bench.clock.advance(60)
    assert (await bench.snapshots.peek([KEY]))[0] is not None
    assert name_of(await bench.get()) == "fetch 2"
    assert bench.fetches == 2


async def test_a_short_wait_for_quota_is_waited_for() -> None:
    bench = Bench(limit=1)
    await bench.get()
    await bench.clock.advance(59)
    waiting = asyncio.ensure_future(bench.get(max_age_s=0))
    await bench.clock.advance(1)
    assert name_of(await waiting) == "fetch 2"


async def test_a_vendor_that_refuses_for_quota_is_left_alone() -> None:
    bench = Bench()
    bench.answers = [RateLimited("enough", retry_after_s=30)]
    await bench.get()
    snapshot = await bench.get()
    assert bench.fetches == 1
    assert snapshot.problem is not None
    assert snapshot.problem.retry_at == START + timedelta(seconds=30)
    await bench.clock.advance(30)
    assert name_of(await bench.get()) == "fetch 2"


async def test_a_slow_fetch_that_began_before_a_push_does_not_overwrite_it() -> None:
    bench = Bench()
    bench.takes_s = 1
    asking = asyncio.ensure_future(bench.get())
    await bench.clock.settle()
    await bench.snapshots.put(KEY, named("pushed"), Reading(bench.clock.now(), FreshnessSource.PUSH))
    await bench.clock.advance(1)
    await asking
    assert name_of(await bench.get()) == "pushed"
    assert bench.store.kept[KEY][0] == named("pushed")


async def test_values_are_handed_to_the_store() -> None:
    bench = Bench()
    snapshot = await bench.get()
    assert bench.store.kept == {KEY: (snapshot.value, START)}


async def test_an_exception_of_an_adapter_is_a_problem_and_logged_once() -> None:
    bench = Bench()
    bench.answers = [KeyError("surprise")]
    with capture_logs() as logs:
        snapshot = await bench.get()
    assert snapshot.problem is not None
    assert snapshot.problem.code is ProblemCode.INTERNAL
    assert [line["event"] for line in logs] == ["adapter failed"]
    assert name_of(await bench.get()) == "fetch 2"


async def test_closing_gives_up_what_is_under_way() -> None:
    bench = Bench()
    bench.takes_s = 100
    asking = asyncio.ensure_future(bench.get(patience_s=1000))
    await bench.clock.settle()
    await bench.snapshots.aclose()
    snapshot = await asking
    assert snapshot.value is None
    assert snapshot.problem is not None
    assert snapshot.problem.message == "this gateway is shutting down"


async def test_of_many_the_oldest_known_is_asked_for_first() -> None:
    bench = Bench()
    order: list[str] = []

    def reading(native: str) -> Read[Sites]:
        async def fetch() -> Sites:
            ticket = current_ticket.get()
            assert ticket is not None
            order.append(native)
            return named(native)

        return Read(KEY._replace(native=native), fetch, 60)

    async def ask(*natives: str) -> None:
        now = bench.clock.now()
        reads = [reading(native) for native in natives]
        await bench.snapshots.get_many(bench.link, reads, [now] * len(reads), now + timedelta(seconds=2))

    for native in ("b", "a", "c"):
        await ask(native)
        await bench.clock.advance(10)
    order.clear()
    await ask("a", "b", "c", "new")
    assert order == ["new", "b", "a", "c"]


@pytest.mark.parametrize("recover", [True, False])
async def test_the_breaker_holds_calls_back_and_lets_one_try(recover: bool) -> None:
    bench = Bench()
    bench.answers = [Unreachable("gone")] * 5
    for _ in range(8):
        await bench.get()
    assert bench.fetches == 5
    await bench.clock.advance(5)
    bench.answers = [] if recover else [Unreachable("gone")]
    snapshot = await bench.get()
    assert bench.fetches == 6
    assert (snapshot.problem is None) is recover


def energy(bench: Bench, native: str, records: int = 1, *, calls: int = 1) -> Read[tuple[EnergyRecord, ...]]:
    """A read of an endless part, answered with so many records in so many calls."""

    async def fetch() -> tuple[EnergyRecord, ...]:
        for _ in range(calls):
            async with bench.link.gate.passage():
                bench.fetches += 1
        return (EnergyRecord(battery=None, measured_at=START),) * records

    return Read(Key("a", Part.ENERGY, native), fetch, 60)


async def ask_for_energy(bench: Bench, read: Read[tuple[EnergyRecord, ...]]) -> None:
    now = bench.clock.now()
    snapshot = await bench.snapshots.get(bench.link, read, now - timedelta(seconds=60), now + timedelta(seconds=2))
    assert snapshot.problem is None


async def test_what_any_span_may_be_asked_of_is_remembered_but_not_stored() -> None:
    bench = Bench()
    await ask_for_energy(bench, energy(bench, "monday"))
    await ask_for_energy(bench, energy(bench, "monday"))
    assert (bench.fetches, bench.store.kept) == (1, {})


async def test_of_what_any_span_may_be_asked_the_oldest_is_forgotten() -> None:
    bench = Bench()
    bench.snapshots._passing = Passing(most_records=10)
    for native in ("monday", "tuesday", "wednesday"):
        await ask_for_energy(bench, energy(bench, native, 5, calls=2))
    keys = [Key("a", Part.ENERGY, native) for native in ("monday", "tuesday", "wednesday")]
    assert [entry is None for entry in await bench.snapshots.peek(keys)] == [True, False, False]
    assert [bench.snapshots.least_fresh_s(key) for key in keys] == [0.0, 0.24, 0.24]


async def test_a_part_of_many_calls_takes_half_of_the_quota_at_most() -> None:
    bench = Bench(limit=60)
    read = energy(bench, "monday", calls=30)
    assert bench.snapshots.least_fresh_s(read.key) == 0
    await ask_for_energy(bench, read)
    assert bench.snapshots.least_fresh_s(read.key) == 60


async def test_what_would_never_come_to_its_turn_is_not_asked_for() -> None:
    bench = Bench(limit=1)
    reads = [bench.read(str(number)) for number in range(MOST_FLIGHTS + 2)]
    now = bench.clock.now()
    snapshots = await bench.snapshots.get_many(bench.link, reads, [now] * len(reads), now + timedelta(seconds=2))
    assert [snapshot.value is not None for snapshot in snapshots] == [True] + [False] * (MOST_FLIGHTS + 1)
    beyond = snapshots[-1].problem
    assert beyond is not None
    assert (beyond.code, beyond.retry_at) == (ProblemCode.QUOTA_EXHAUSTED, None)
    await bench.clock.advance(60)
    assert bench.fetches == 2
    later = bench.clock.now() + timedelta(seconds=2)
    (again,) = await bench.snapshots.get_many(bench.link, reads[-1:], [now], later)
    assert again.problem is not None
    assert again.problem.retry_at is not None
    await bench.snapshots.aclose()


async def test_nothing_begins_once_it_is_closed_but_what_is_known_is_shown() -> None:
    bench = Bench()
    await bench.get()
    await bench.clock.advance(61)
    await bench.snapshots.aclose()
    snapshot = await bench.get()
    assert (name_of(snapshot), bench.fetches) == ("fetch 1", 1)
    assert snapshot.problem is not None
    assert snapshot.problem.message == "this gateway is shutting down"


@pytest.mark.parametrize(("fault", "held_s"), [(NotFound("gone"), 60), (Rejected("no"), 15)])
async def test_a_no_is_not_asked_for_again_at_once(fault: Fault, held_s: int) -> None:
    bench = Bench()
    bench.answers = [fault, fault]
    for _ in range(3):
        snapshot = await bench.get()
        assert snapshot.problem is not None
        assert (snapshot.value, snapshot.problem.code, bench.fetches) == (None, fault.code, 1)
    await bench.clock.advance(1)
    await bench.get(max_age_s=0)
    assert bench.fetches == 2
    await bench.clock.advance(held_s - 1)
    await bench.get()
    assert bench.fetches == 2
    await bench.clock.advance(1)
    assert name_of(await bench.get()) == "fetch 3"


async def test_what_was_fetched_before_a_doubt_is_not_fresh() -> None:
    bench = Bench()
    await bench.get()
    bench.snapshots.doubt([KEY])
    assert name_of(await bench.get()) == "fetch 2"
    await bench.clock.advance(1)
    assert (name_of(await bench.get()), bench.fetches) == ("fetch 2", 2)


async def test_a_fetch_under_way_when_it_was_doubted_is_not_kept() -> None:
    bench = Bench()
    bench.takes_s = 1
    asking = asyncio.ensure_future(bench.get())
    await bench.clock.settle()
    bench.snapshots.doubt([KEY, KEY._replace(native="other")])
    await bench.clock.advance(1)
    await asking
    assert (await bench.snapshots.peek([KEY]), bench.store.kept) == ([None], {})
    again = asyncio.ensure_future(bench.get())
    await bench.clock.advance(1)
    assert name_of(await again) == "fetch 2"


async def test_what_is_put_after_a_doubt_is_not_doubted() -> None:
    bench = Bench()
    await bench.get()
    await bench.clock.advance(1)
    bench.snapshots.doubt([KEY])
    await bench.clock.advance(1)
    await bench.snapshots.put(KEY, named("read for evidence"), Reading(bench.clock.now(), FreshnessSource.POLL))
    assert (name_of(await bench.get()), bench.fetches) == ("read for evidence", 1)


async def test_while_a_doubted_part_cannot_be_read_the_last_known_value_is_shown_as_stale() -> None:
    bench = Bench()
    await bench.get()
    bench.snapshots.doubt([KEY])
    bench.answers = [Unreachable("gone")]
    snapshot = await bench.get()
    assert name_of(snapshot) == "fetch 1"
    assert snapshot.reading is not None
    assert snapshot.reading.is_stale
