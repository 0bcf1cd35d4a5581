"""The breaker: opens, tries once, closes; credentials apart from outages; one log line down and one up."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from hub.health import CREDENTIALS_HOLD_S, FAILURES_TO_OPEN, FIRST_HOLD_S, LONGEST_HOLD_S, Health
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.states import AccountStatus, ProblemCode, Resolution
from tests.support.clock import START, FakeClock


def opened(health: Health, fault: Fault | None = None) -> None:
    for _ in range(FAILURES_TO_OPEN):
        health.failed(fault or Unreachable("gone"))


async def test_nothing_is_known_before_the_first_call() -> None:
    health = Health("a", FakeClock())
    assert (health.state().status, health.state().problem) == (AccountStatus.UNKNOWN, None)


async def test_some_failures_degrade_and_a_success_mends() -> None:
    health = Health("a", FakeClock())
    health.failed(TimedOut("slow"))
    state = health.state()
    assert (state.status, state.last_failure_at, state.last_success_at) == (AccountStatus.DEGRADED, START, None)
    assert state.problem is not None
    assert state.problem.code is ProblemCode.VENDOR_TIMED_OUT
    health.succeeded()
    assert (health.state().status, health.state().problem) == (AccountStatus.UP, None)


async def test_enough_failures_in_a_row_open_it_and_calls_are_held_back() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    opened(health)
    assert health.state().status is AccountStatus.DOWN
    with pytest.raises(Unreachable, match="gone") as held:
        await health.admit()
    assert held.value.retry_after_s == FIRST_HOLD_S


async def test_a_success_between_failures_keeps_it_closed() -> None:
    health = Health("a", FakeClock())
    for _ in range(FAILURES_TO_OPEN):
        health.failed(Malformed("garbage"))
        health.succeeded()
    await health.admit()
    assert health.state().status is AccountStatus.UP


async def test_one_call_tries_while_the_others_wait_for_its_outcome() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    opened(health)
    await clock.advance(FIRST_HOLD_S)
    await health.admit()
    others = [asyncio.create_task(health.admit()) for _ in range(3)]
    await clock.settle()
    assert not any(other.done() for other in others)
    health.succeeded()
    await asyncio.gather(*others)
    assert health.state().status is AccountStatus.UP


async def test_a_failed_trial_doubles_the_hold_up_to_a_minute() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    opened(health)
    holds = []
    for _ in range(6):
        state = health.state()
        assert state.problem is not None
        assert state.problem.retry_at is not None
        hold = state.problem.retry_at - clock.now()
        holds.append(hold.total_seconds())
        await clock.advance(hold.total_seconds())
        await health.admit()
        health.failed(Unreachable("still gone"))
    assert holds == [5, 10, 20, 40, 60, LONGEST_HOLD_S]


async def test_waiting_others_are_refused_when_the_trial_fails() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    opened(health)
    await clock.advance(FIRST_HOLD_S)
    await health.admit()
    other = asyncio.create_task(health.admit())
    await clock.settle()
    health.failed(Unreachable("still gone"))
    with pytest.raises(Unreachable):
        await other


async def test_an_abandoned_trial_lets_the_next_one_try() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    opened(health)
    await clock.advance(FIRST_HOLD_S)
    await health.admit()
    other = asyncio.create_task(health.admit())
    await clock.settle()
    health.abandon()
    await other


async def test_refused_credentials_open_it_at_once_and_are_told_apart() -> None:
    health = Health("a", FakeClock())
    health.failed(Unauthorised("refused"))
    state = health.state()
    assert state.status is AccountStatus.AUTH_FAILED
    assert state.problem is not None
    assert state.problem.resolution is Resolution.REAUTHENTICATE
    assert state.problem.retry_at == START + timedelta(seconds=CREDENTIALS_HOLD_S)


async def test_a_quota_refusal_is_neither_an_outage_nor_forgotten_too_early() -> None:
    clock = FakeClock()
    health = Health("a", clock)
    health.succeeded()
    health.failed(RateLimited("enough", retry_after_s=30))
    assert health.state().status is AccountStatus.RATE_LIMITED
    await health.admit()
    await clock.advance(30)
    assert health.state().status is AccountStatus.UP


@pytest.mark.parametrize("answer", [NotFound("no such thing"), Rejected("no")])
async def test_an_answer_that_says_no_means_that_the_link_works(answer: Fault) -> None:
    health = Health("a", FakeClock())
    opened(health, answer)
    assert health.state().status is AccountStatus.UP


async def test_it_is_logged_once_down_and_once_up() -> None:
    clock = FakeClock()
    with capture_logs() as logs:
        health = Health("a", clock)
        for _ in range(3):
            opened(health)
        await clock.advance(FIRST_HOLD_S)
        await health.admit()
        health.failed(Unreachable("gone"))
        await clock.advance(FIRST_HOLD_S * 2)
        await health.admit()
        health.succeeded()
        health.succeeded()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("account down", "warning"),
        ("account recovered", "info"),
    ]
