"""Commands: which status may follow which, what the whole is, and when it is safe to try again."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.commands import (
    CORRECTABLE,
    FINAL,
    LEAST_SETTLED_FIRST,
    TRANSITIONS,
    Command,
    CommandTarget,
    Instruction,
    is_known_not_done,
    may_follow,
    whole,
)
from model.records import Customer, Problem
from model.refs import command_ref, device_ref
from model.states import CommandKind, CommandStatus, ProblemCode, Resolution
from tests.support.clock import START

PENDING, SENT, ACKNOWLEDGED = CommandStatus.PENDING, CommandStatus.SENT, CommandStatus.ACKNOWLEDGED
CONFIRMED, REJECTED, FAILED = CommandStatus.CONFIRMED, CommandStatus.REJECTED, CommandStatus.FAILED
TIMED_OUT, CANCELLED, UNKNOWN = CommandStatus.TIMED_OUT, CommandStatus.CANCELLED, CommandStatus.OUTCOME_UNKNOWN

FOLLOWED_BY: dict[CommandStatus, set[CommandStatus]] = {
    PENDING: {SENT, ACKNOWLEDGED, CONFIRMED, REJECTED, FAILED, TIMED_OUT, CANCELLED, UNKNOWN},
    SENT: {ACKNOWLEDGED, CONFIRMED, REJECTED, FAILED, TIMED_OUT, CANCELLED, UNKNOWN},
    ACKNOWLEDGED: {CONFIRMED, REJECTED, FAILED, TIMED_OUT, CANCELLED, UNKNOWN},
    TIMED_OUT: {CONFIRMED, REJECTED, FAILED, CANCELLED, UNKNOWN},
    UNKNOWN: {SENT, ACKNOWLEDGED, CONFIRMED, REJECTED, FAILED, TIMED_OUT, CANCELLED},
    CONFIRMED: set(),
    REJECTED: set(),
    FAILED: set(),
    CANCELLED: set(),
}

any_status = st.sampled_from(CommandStatus)


def target(status: CommandStatus, position: int = 0, **changes: object) -> CommandTarget:
    return CommandTarget(
        position=position,
        device=device_ref("a", str(position)),
        status=status,
        updated_at=START + timedelta(seconds=position),
        **changes,  # type: ignore[arg-type]
    )


def command(*targets: CommandTarget, is_absolute: bool = False) -> Command:
    return Command(
        ref=command_ref("1"),
        kind=CommandKind.EJECT_BATTERY,
        caller="me",
        idempotency_key="k",
        instruction=Instruction(),
        is_absolute=is_absolute,
        created_at=START,
        sent_at=None,
        deadline=None,
        targets=targets,
    )


def of(statuses: Iterable[CommandStatus]) -> Command:
    return command(*(target(status, position) for position, status in enumerate(statuses)))


@pytest.mark.parametrize(("before", "after"), list(product(CommandStatus, CommandStatus)))
def test_every_pair(before: CommandStatus, after: CommandStatus) -> None:
    assert may_follow(before, after) is (after in FOLLOWED_BY[before])


def test_what_is_final_and_what_may_be_corrected() -> None:
    assert {status for status, after in TRANSITIONS.items() if not after} == FINAL
    assert {CONFIRMED, REJECTED, FAILED, CANCELLED} == FINAL
    assert {TIMED_OUT, UNKNOWN} == CORRECTABLE
    assert all(TRANSITIONS[status] >= FINAL for status in CORRECTABLE)


@given(st.lists(any_status, max_size=30))
def test_however_it_moves_nothing_follows_what_is_final_and_nothing_comes_back_to_pending(
    said: list[CommandStatus],
) -> None:
    seen = [PENDING]
    for after in said:
        if may_follow(seen[-1], after):
            seen.append(after)
    assert not FINAL & set(seen[:-1])
    assert seen.count(PENDING) == 1
    assert all(before is not after for before, after in pairwise(seen))


@given(st.lists(any_status, min_size=1, max_size=20))
def test_the_whole_is_its_least_settled_target(statuses: list[CommandStatus]) -> None:
    assert len(LEAST_SETTLED_FIRST) == len(set(LEAST_SETTLED_FIRST)) == len(CommandStatus)
    expected = next(status for status in LEAST_SETTLED_FIRST if status in statuses)
    assert whole(statuses) is expected
    assert of(statuses).status is expected


@given(st.lists(any_status, min_size=1, max_size=20))
def test_it_is_completed_when_its_last_target_is_final(statuses: list[CommandStatus]) -> None:
    last = START + timedelta(seconds=len(statuses) - 1)
    assert of(statuses).completed_at == (last if set(statuses) <= FINAL else None)


@pytest.mark.parametrize("status", CommandStatus)
@pytest.mark.parametrize("was_sent", [True, False])
def test_what_is_known_not_to_have_happened(status: CommandStatus, was_sent: bool) -> None:
    expected = status in (REJECTED, FAILED) or (status is CANCELLED and not was_sent)
    one = target(status, was_sent=was_sent)
    assert is_known_not_done(one) is expected
    assert command(one).is_safe_to_retry is expected
    assert command(one, is_absolute=True).is_safe_to_retry is True


@given(st.lists(any_status, min_size=1, max_size=6))
def test_only_what_did_not_happen_anywhere_is_safe_to_retry(statuses: list[CommandStatus]) -> None:
    assert of(statuses).is_safe_to_retry is (set(statuses) <= {REJECTED, FAILED})


def test_its_problem_is_that_of_the_least_settled_target_that_has_one() -> None:
    offline = Problem(ProblemCode.DEVICE_OFFLINE, "offline", Resolution.RETRY_LATER, "a")
    late = Problem(ProblemCode.VENDOR_TIMED_OUT, "late", Resolution.USER_ACTION, "a")
    targets = (target(SENT), target(REJECTED, 1, problem=offline), target(TIMED_OUT, 2, problem=late))
    assert command(*targets).problem == late
    assert command(target(SENT)).problem is None


def test_a_customer_is_not_shown() -> None:
    customer = Customer(email="ada@example.org", license_plate="ADA 1")
    assert "ada" not in repr(Instruction(reason="r", customer=customer)).lower()
