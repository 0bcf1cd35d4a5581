"""Budgets: never one call too many in any window, commands first, oldest knowledge next."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.quota import Turnstile, Window
from tests.support.clock import START, FakeClock
from vendors.kit.quota import Budget, Priority, Ticket, current_ticket

NINE = Budget(name="minute", limit=9, window_s=60, reserve=2)


class Vendor:
    """Records when calls arrive, and answers after a while."""

    def __init__(self, clock: FakeClock, *budgets: Budget) -> None:
        self.clock = clock
        self.gate = Turnstile([Window(budget, clock) for budget in budgets], clock)
        self.arrivals: list[tuple[float, str]] = []

    async def call(self, name: str, ticket: Ticket | None = None, *, travel_s: float = 0, answer_s: float = 0) -> None:
        current_ticket.set(ticket)
        async with self.gate.passage():
            await self.clock.sleep(travel_s)
            self.arrivals.append((self.clock.monotonic(), name))
            await self.clock.sleep(answer_s)


def most_in_any_window(arrivals: list[tuple[float, str]], window_s: float) -> int:
    times = sorted(at for at, _ in arrivals)
    return max(sum(1 for at in times if start <= at < start + window_s) for start in times)


async def test_reads_leave_the_reserve_to_commands() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, NINE)
    calls = [asyncio.create_task(vendor.call(f"read {number}")) for number in range(8)]
    await clock.settle()
    assert len(vendor.arrivals) == 7
    command = asyncio.create_task(vendor.call("command", Ticket(priority=Priority.COMMAND)))
    await clock.settle()
    assert vendor.arrivals[-1] == (0.0, "command")
    await clock.advance(60)
    assert vendor.arrivals[-1] == (60.0, "read 7")
    await asyncio.gather(*calls, command)


async def test_the_oldest_knowledge_is_refreshed_first() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="one", limit=1, window_s=10))
    await vendor.call("first")
    ages = {"young": START, "old": START - timedelta(hours=1), "older": START - timedelta(hours=2), "never": None}
    calls = [asyncio.create_task(vendor.call(name, Ticket(known_at=at))) for name, at in ages.items()]
    await clock.advance(40)
    assert [name for _, name in vendor.arrivals] == ["first", "never", "older", "old", "young"]
    await asyncio.gather(*calls)


async def test_a_call_that_is_slow_to_arrive_does_not_squeeze_the_vendors_window() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="one", limit=1, window_s=60))
    slow = asyncio.create_task(vendor.call("slow", travel_s=9, answer_s=1))
    await clock.settle()
    quick = asyncio.create_task(vendor.call("quick"))
    await clock.advance(120)
    assert vendor.arrivals == [(9.0, "slow"), (70.0, "quick")]
    await asyncio.gather(slow, quick)


async def test_who_has_to_wait_is_told_when_its_turn_comes() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="two", limit=2, window_s=60))
    await vendor.call("a")
    await vendor.call("b")
    ticket = Ticket()
    waiting = asyncio.create_task(vendor.call("c", ticket))
    await clock.settle()
    turns = [ticket.held_until]
    await clock.advance(60)
    turns.append(ticket.held_until)
    assert turns == [START + timedelta(seconds=60), None]
    await waiting


async def test_who_gives_up_leaves_its_place_to_the_next() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="one", limit=1, window_s=60))
    await vendor.call("first")
    quitter = asyncio.create_task(vendor.call("quitter", Ticket(known_at=None)))
    patient = asyncio.create_task(vendor.call("patient", Ticket(known_at=START)))
    await clock.settle()
    quitter.cancel()
    await clock.advance(60)
    assert vendor.arrivals == [(0.0, "first"), (60.0, "patient")]
    await asyncio.gather(quitter, patient, return_exceptions=True)


async def test_a_vendor_that_says_enough_is_left_alone_for_as_long_as_it_asked() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, NINE)
    vendor.gate.shut(30)
    call = asyncio.create_task(vendor.call("later"))
    await clock.advance(29)
    assert vendor.arrivals == []
    await clock.advance(1)
    assert vendor.arrivals == [(30.0, "later")]
    await call


async def test_the_state_counts_what_is_under_way() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, NINE)
    assert vendor.gate.windows[0].state().remaining == 9
    assert vendor.gate.windows[0].state().resets_at is None
    call = asyncio.create_task(vendor.call("slow", answer_s=5))
    await clock.settle()
    assert vendor.gate.windows[0].state().remaining == 8
    await clock.advance(5)
    state = vendor.gate.windows[0].state()
    assert (state.remaining, state.resets_at) == (8, START + timedelta(seconds=65))
    await clock.advance(60)
    assert vendor.gate.windows[0].state().remaining == 9
    await call


async def test_every_budget_must_have_room() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, NINE, Budget(name="day", limit=3, window_s=86_400))
    calls = [asyncio.create_task(vendor.call(str(number))) for number in range(4)]
    await clock.advance(86_399)
    assert len(vendor.arrivals) == 3
    await clock.advance(1)
    assert len(vendor.arrivals) == 4
    await asyncio.gather(*calls)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=40),
    st.integers(1, 9),
)
def test_never_more_calls_than_the_limit_arrive_in_any_window(
    calls: list[tuple[float, float, float]], limit: int
) -> None:
    async def run() -> list[tuple[float, str]]:
        clock = FakeClock()
        vendor = Vendor(clock, Budget(name="minute", limit=limit, window_s=60))
        tasks = []
        for number, (pause_s, travel_s, answer_s) in enumerate(calls):
            await clock.advance(pause_s)
            tasks.append(asyncio.create_task(vendor.call(str(number), travel_s=travel_s, answer_s=answer_s)))
        await clock.advance(80 * len(calls))
        await asyncio.gather(*tasks)
        return vendor.arrivals

    arrivals = asyncio.run(run())
    assert len(arrivals) == len(calls)
    assert most_in_any_window(arrivals, 60) <= limit


@pytest.mark.parametrize("seconds", [0.0, 12.5])
async def test_an_open_gate_after_being_shut(seconds: float) -> None:
    clock = FakeClock()
    gate = Turnstile([Window(NINE, clock)], clock)
    gate.shut(seconds)
    assert gate.shut_for_s == seconds
    await clock.advance(seconds)
    assert gate.shut_for_s == 0
    await gate.aclose()


async def test_a_wide_budget_does_not_make_a_short_wait_look_long() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, NINE, Budget(name="day", limit=9999, window_s=86_400, reserve=200))
    tickets = [Ticket() for _ in range(20)]
    calls = [asyncio.create_task(vendor.call("read", ticket, answer_s=1)) for ticket in tickets]
    await clock.settle()
    expected = [(ticket.held_until - START).total_seconds() if ticket.held_until else 0 for ticket in tickets]
    assert expected == [0] * 7 + [60] * 7 + [120] * 6
    await clock.advance(61)
    expected = [(ticket.held_until - clock.now()).total_seconds() if ticket.held_until else 0 for ticket in tickets]
    assert expected == [0] * 14 + [60] * 6
    await clock.advance(200)
    await asyncio.gather(*calls)
    assert len(vendor.arrivals) == 20


async def test_calls_of_an_earlier_process_count_until_they_leave_the_window() -> None:
    clock = FakeClock()
    window = Window(NINE, clock)
    for age_s in (3600, 60, 59, 0, -1):
        window.recall(clock.now() - timedelta(seconds=age_s))
    assert window.state().remaining == 7
    await clock.advance(1)
    assert window.state().remaining == 8
    await clock.advance(59)
    assert window.state().remaining == 9


async def test_who_gives_up_in_the_moment_of_its_turn_uses_its_place_up() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="one", limit=1, window_s=60))
    await vendor.call("first")
    quitter = asyncio.create_task(vendor.call("quitter"))
    ticket = Ticket()
    patient = asyncio.create_task(vendor.call("patient", ticket))
    await clock.advance(59)

    def quit_now() -> None:
        quitter.cancel()

    ticket.on_held = quit_now
    await clock.advance(1)
    assert quitter.cancelled()
    assert (vendor.arrivals, vendor.gate.windows[0].state().remaining) == ([(0.0, "first")], 0)
    await clock.advance(60)
    assert vendor.arrivals == [(0.0, "first"), (120.0, "patient")]
    await patient


async def test_how_far_apart_reads_are_goes_by_the_tightest_budget() -> None:
    clock = FakeClock()
    day = Budget(name="day", limit=9, window_s=86_400, reserve=9)
    assert Turnstile([Window(NINE, clock)], clock).seconds_per_read == 60 / 7
    assert Turnstile([Window(NINE, clock), Window(day, clock)], clock).seconds_per_read == 86_400


async def test_many_who_wait_are_told_to_come_in_later_rounds() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="two", limit=2, window_s=60))
    await asyncio.gather(vendor.call("a"), vendor.call("b"))
    tickets = [Ticket() for _ in range(5)]
    calls = [asyncio.create_task(vendor.call(str(number), ticket)) for number, ticket in enumerate(tickets)]
    await clock.settle()
    rounds = [ticket.held_until - START for ticket in tickets if ticket.held_until]
    assert rounds == [timedelta(seconds=seconds) for seconds in (60, 60, 120, 120, 180)]
    await clock.advance(180)
    assert [at for at, _ in vendor.arrivals] == [0, 0, 60, 60, 120, 120, 180]
    await asyncio.gather(*calls)


async def test_while_calls_under_way_fill_the_budget_a_whole_window_is_expected() -> None:
    clock = FakeClock()
    vendor = Vendor(clock, Budget(name="one", limit=1, window_s=60))
    slow = asyncio.create_task(vendor.call("slow", answer_s=30))
    await clock.settle()
    ticket = Ticket()
    waiting = asyncio.create_task(vendor.call("waiting", ticket))
    await clock.settle()
    assert ticket.held_until == START + timedelta(seconds=60)
    await clock.advance(90)
    assert vendor.arrivals == [(0.0, "slow"), (90.0, "waiting")]
    await asyncio.gather(slow, waiting)
