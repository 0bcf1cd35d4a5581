"""A no holds for a while, never for ever, and not for what the breaker is there for."""

import pytest

from hub import refusals
from hub.parts import Key, Part
from hub.refusals import Refusals
from model.faults import Fault, NotFound, Unreachable, Unsupported
from tests.support.clock import START, FakeClock

KEY = Key("a", Part.DEVICE, "1")


@pytest.mark.parametrize("fault", [NotFound("gone"), Unsupported("cannot")])
async def test_a_no_holds_no_longer_than_an_answer_would(fault: Fault) -> None:
    clock = FakeClock()
    said = Refusals(clock)
    said.note(KEY, fault, 30)
    assert said.of(KEY, START) is fault
    await clock.advance(30)
    assert said.of(KEY, START) is None


def test_an_outage_is_no_answer() -> None:
    said = Refusals(FakeClock())
    said.note(KEY, Unreachable("down"), 30)
    assert said.of(KEY, START) is None


async def test_old_ones_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST", 2)
    clock = FakeClock()
    said = Refusals(clock)
    for native in ("1", "2"):
        said.note(KEY._replace(native=native), NotFound("gone"), 30)
    await clock.advance(30)
    said.note(KEY._replace(native="3"), NotFound("gone"), 30)
    assert list(said._refusals) == [KEY._replace(native="3")]
