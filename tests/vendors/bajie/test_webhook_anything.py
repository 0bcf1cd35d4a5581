"""Whatever comes to the webhook is read into well-formed records, or is Malformed."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vendors.bajie
from model.faults import Malformed
from model.refs import Kind, Ref
from model.states import EventType
from tests.support import wellformed
from tests.vendors.bajie.pushes import RECEIVED, push, receiver
from tests.vendors.bajie.samples import ACCOUNT, sample
from tests.vendors.bajie.shapes import anything, shaped
from vendors.bajie import MANIFEST
from vendors.receiving import Pushed, Said

SAMPLES = sorted(path.stem for path in (Path(vendors.bajie.__path__[0]) / "samples").glob("*.json"))
PUSHES = [name for name in SAMPLES if name.startswith(("push_", "rental_callback")) and name != "push_config"]
BELIEVED = {
    EventType.DEVICE_CONNECTED,
    EventType.DEVICE_DISCONNECTED,
    EventType.DEVICE_UPDATED,
    EventType.BATTERY_ABNORMAL,
    EventType.PAYMENT_TERMINAL_CHANGED,
    EventType.UNMAPPED,
}
"""What moves no rental; everything else is read back."""


def check(body: bytes, media_type: str = "application/json") -> None:
    with suppress(Malformed):
        for found in receiver().read(push(body, media_type)):
            assert isinstance(found, Pushed)
            check_pushed(found)


def check_pushed(found: Pushed) -> None:
    assert found.key
    assert found.repeats_within
    assert found.happening.account == ACCOUNT
    assert found.happening.occurred_at is not None
    assert found.happening.occurred_at <= RECEIVED + timedelta(minutes=1)
    assert len(orjson.dumps(found.happening.raw)) < 100_000
    for ref in refs(found):
        assert ref.account == ACCOUNT
        assert Ref.parse(ref.id) == ref
    wellformed.check([found.session] if found.session else [], MANIFEST, ACCOUNT)
    if found.said is not None:
        check_said(found.said)
    assert (found.happening.type in BELIEVED) is (found.proof == ())
    assert {ref.kind for ref in found.proof} <= {Kind.DEVICE, Kind.SESSION}


def check_said(said: Said) -> None:
    for records in (said.slots, said.batteries):
        wellformed.check(records, MANIFEST, ACCOUNT)
    assert all(slot.ref.device == said.device for slot in said.slots)
    held = [slot.battery for slot in said.slots if slot.battery]
    assert len(held) == len(set(held))


def refs(found: Pushed) -> Iterator[Ref]:
    happening = found.happening
    yield from found.proof
    for ref in (happening.device, happening.slot, happening.battery, happening.charging_session):
        if ref is not None:
            yield ref


@pytest.mark.parametrize("name", PUSHES)
def test_pushes_of_about_that_shape(name: str) -> None:
    @settings(max_examples=60, deadline=None)
    @given(shaped(sample(name)))
    def checked(body: Any) -> None:
        check(orjson.dumps(body, default=str, option=orjson.OPT_NON_STR_KEYS))

    checked()


@settings(max_examples=100, deadline=None)
@given(anything, st.sampled_from([*MANIFEST.pushes, "CABINET_DANCED"]))
def test_events_with_any_data(data: Any, event: str) -> None:
    check(orjson.dumps({"event": event, "eventData": data}))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode) | anything.map(orjson.dumps),
    st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "x"]),
)
def test_any_body(body: bytes, media_type: str) -> None:
    check(body, media_type)
