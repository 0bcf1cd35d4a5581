"""When evidence is looked for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.commands.schedule import LONGEST_GAP_S, next_look_s
from tests.hub.commands.toy import EJECT
from vendors.manifest import CommandRule


def looks(rule: CommandRule, until_s: float) -> list[float]:
    found, now = [], 0.0
    while (now := next_look_s(rule, now)) <= until_s:
        found.append(now)
    return found


@pytest.mark.parametrize(
    ("looks_s", "patience_s", "expected"),
    [
        ((5, 10), 300, [5, 10, 20, 40, 80, 160, 280, 300, 400, 520, 640]),
        ((30,), 40, [30, 40, 90, 210, 330, 450, 570, 690]),
        ((), 100, [2, 6, 14, 30, 62, 100, 126, 246, 366, 486, 606]),
        ((100, 400), 10, [10, 100, 400, 520, 640]),
        ((1, 1.2), 30, [1, 1.2, 3.2, 7.2, 15.2, 30, 31.2, 63.2, 127.2, 247.2, 367.2, 487.2, 607.2]),
    ],
)
def test_by_the_rule_and_then_ever_less_often(
    looks_s: tuple[float, ...], patience_s: float, expected: list[float]
) -> None:
    rule = replace(EJECT, looks_s=looks_s, patience_s=patience_s)
    assert looks(rule, 700) == pytest.approx(expected)


seconds = st.floats(0.1, 5_000)
rules = st.builds(
    lambda moments, patience_s: replace(EJECT, looks_s=tuple(sorted(moments)), patience_s=patience_s),
    st.lists(seconds, max_size=6, unique=True),
    seconds,
)


@given(rules, st.floats(0, 100_000))
def test_the_next_look_is_always_still_to_come_and_never_far(rule: CommandRule, elapsed_s: float) -> None:
    after = next_look_s(rule, elapsed_s)
    assert after > elapsed_s
    assert after == next_look_s(rule, elapsed_s)
    if elapsed_s >= max(rule.looks_s, default=0):
        assert after <= elapsed_s + LONGEST_GAP_S


@given(rules, st.floats(0, 100_000))
def test_no_look_of_the_rule_is_missed_nor_the_end_of_its_patience(rule: CommandRule, elapsed_s: float) -> None:
    named = [moment for moment in (*rule.looks_s, rule.patience_s) if moment > elapsed_s]
    assert next_look_s(rule, elapsed_s) <= min(named, default=float("inf"))


@given(rules, st.floats(0, 10_000), st.floats(0, 10_000))
def test_whoever_asks_later_is_never_told_earlier(rule: CommandRule, one: float, other: float) -> None:
    sooner, later = sorted((one, other))
    assert next_look_s(rule, sooner) <= next_look_s(rule, later)
