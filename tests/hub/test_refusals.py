"""A vendor's no holds for a while, and only for those who would have been content with an answer of that age."""

from datetime import timedelta

import pytest

from hub import refusals
from hub.parts import Key, Part
from hub.refusals import LONGEST_S, Refusals
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, Unauthorised, Unreachable, Unsupported
from tests.support.clock import START, FakeClock

KEY, OTHER = Key("a", Part.DEVICE, "D1"), Key("a", Part.DEVICE, "D2")
LONG_AGO = START - timedelta(days=1)


@pytest.mark.parametrize("fault", [NotFound("gone"), Rejected("no"), Unsupported("cannot")])
@pytest.mark.parametrize("fresh_s", [5.0, 3600.0])
async def test_a_no_holds_for_as_long_as_its_kind_and_an_answer_at_most(fault: Fault, fresh_s: float) -> None:
    clock = FakeClock()
    known = Refusals(clock)
    known.note(KEY, fault, fresh_s)
    await clock.advance(min(fresh_s, LONGEST_S[type(fault)]) - 1)
    assert (known.of(KEY, LONG_AGO), known.of(OTHER, LONG_AGO)) == (fault, None)
    await clock.advance(1)
    assert known.of(KEY, LONG_AGO) is None


@pytest.mark.parametrize("kind", [Unreachable, RateLimited, Unauthorised, Malformed, Fault])
def test_other_faults_are_not_remembered(kind: type[Fault]) -> None:
    known = Refusals(FakeClock())
    known.note(KEY, kind("?"), 60)
    assert known.of(KEY, LONG_AGO) is None


async def test_who_asks_for_something_newer_than_the_no_asks_the_vendor() -> None:
    clock = FakeClock()
    known = Refusals(clock)
    known.note(KEY, NotFound("gone"), 60)
    await clock.advance(10)
    assert known.of(KEY, START) is not None
    assert known.of(KEY, START + timedelta(seconds=1)) is None


async def test_those_that_hold_no_more_are_forgotten_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST", 2)
    clock = FakeClock()
    known = Refusals(clock)
    known.note(KEY, NotFound("gone"), 10)
    await clock.advance(10)
    known.note(OTHER, NotFound("gone"), 10)
    known.note(Key("a", Part.DEVICE, "D3"), NotFound("gone"), 10)
    assert set(known._refusals) == {OTHER, Key("a", Part.DEVICE, "D3")}
