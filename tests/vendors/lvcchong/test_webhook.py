"""What a callback says: every kind, in a form and in JSON, and what of it is believed."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from urllib.parse import urlencode

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import given, settings

from model.faults import Malformed
from model.records import RawCode
from model.refs import device_ref, session_ref, slot_ref
from model.states import (
    ChargingSessionEndReason,
    ChargingSessionStatus,
    EventType,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
)
from tests.vendors.lvcchong.replies import OPEN, sample
from vendors.lvcchong import MANIFEST
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.webhook import CallbackReceiver
from vendors.receiving import Push, Pushed, Unreadable

END, SWIPE, PORTS = (sample(f"callback_{kind}") for kind in ("end", "swipe", "ports"))
RECEIVED_AT = datetime(2026, 1, 1, 6, 0, 1, tzinfo=UTC)
DEVICE = device_ref("sockets", "860000000000001")
CABINET = device_ref("sockets", "860000000000002")
ENDED = session_ref("sockets", "20260101120000000001")
SWIPED = session_ref("sockets", "20260101120000000003")

Status: TypeAlias = ChargingSessionStatus
Type: TypeAlias = EventType
Reason: TypeAlias = ChargingSessionEndReason


def receiver() -> CallbackReceiver:
    return CallbackReceiver(LvccSettings.model_validate(OPEN))


def read(body: bytes) -> list[Pushed | Unreadable]:
    return list(receiver().read(Push(headers={}, body=body, received_at=RECEIVED_AT)))


def one(callback: dict[str, Any], **changes: Any) -> Pushed:
    """As a form, which is what the vendor sends."""
    (found,) = read(urlencode({**callback, **changes}).encode())
    assert isinstance(found, Pushed)
    return found


def states(found: Pushed) -> list[tuple[int, SlotStatus]]:
    assert found.said
    return [(slot.index, slot.status) for slot in found.said.slots]


# The end of charging.


def test_the_end_of_charging() -> None:
    found = one(END)

    assert found.happening.type is Type.SESSION_COMPLETED
    assert (found.happening.account, found.happening.charging_session) == ("sockets", ENDED)
    assert (found.happening.device, found.happening.slot) == (DEVICE, slot_ref(DEVICE, 2))
    assert found.happening.occurred_at == datetime(2026, 1, 1, 6, 0, tzinfo=UTC)
    assert (found.proof, found.at, found.repeats_within, found.said) == ((ENDED,), None, None, None)
    assert found.session
    assert (found.session.ref, found.session.status) == (ENDED, Status.COMPLETED)
    assert found.session.end_reason is Reason.BATTERY_FULL
    assert found.session.started_at == datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
    assert found.session.ended_at == found.happening.occurred_at
    assert (found.session.energy_kwh, found.session.raw_status) == (None, None)


@pytest.mark.parametrize(
    ("end_type", "energy", "status", "reason"),
    [
        ("1", "0", Status.COMPLETED, Reason.COMPLETED_TIME),
        ("2", "", Status.COMPLETED, Reason.BATTERY_FULL),
        ("3", "0.00", Status.COMPLETED, Reason.STOPPED_BY_USER),
        ("4", "0", Status.FAILED, Reason.OVER_POWER),
        ("5", "0", Status.FAILED, Reason.NO_LOAD),
        ("6", "", Status.FAILED, Reason.UNPLUGGED),
        ("6", "0.01", Status.COMPLETED, Reason.UNPLUGGED),
        ("12", "1", Status.COMPLETED, Reason.MAX_DURATION),
        ("13", "0", Status.FAILED, Reason.OVER_TEMPERATURE),
        ("14", "0", Status.FAILED, Reason.METER_FAULT),
        ("15", "0", Status.FAILED, Reason.OVER_VOLTAGE),
        ("16", "0", Status.FAILED, Reason.LEAKAGE),
        ("17", "0", Status.FAILED, Reason.DEVICE_FAULT),
        ("18", "0", Status.FAILED, Reason.SLOT_FAULT_FIRE_SUPPRESSION),
        ("19", "0", Status.FAILED, Reason.SMOKE_ALARM),
        ("20", "0", Status.FAILED, Reason.DOOR_OPEN),
        ("21", "0", Status.FAILED, Reason.WATER_ALARM),
        ("82", "0", Status.FAILED, Reason.EMERGENCY_STOP),
        ("99", "0", Status.FAILED, Reason.UNKNOWN),
        ("99", "0.5", Status.COMPLETED, Reason.UNKNOWN),
        ("", "0", Status.COMPLETED, None),
        ("full", "0", Status.COMPLETED, None),
    ],
)
def test_how_it_ended(end_type: str, energy: str, status: Status, reason: Reason | None) -> None:
    found = one(END, endType=end_type, powerCount=energy)

    assert found.session
    assert (found.session.status, found.session.end_reason) == (status, reason)
    assert found.happening.type.value == f"SESSION_{status.value}"
    assert found.proof == (ENDED,)


def test_an_end_is_the_same_again() -> None:
    assert one(END, powerCount="0.53").key == one(END).key
    others = [one(END, endType="3"), one(END, endTime="1767247200001"), one(END, orderNum="1"), one(SWIPE)]
    assert len({one(END).key, *(other.key for other in others)}) == 5


# A swiped card.


def test_a_swiped_card() -> None:
    found = one(SWIPE)

    assert found.happening.type is Type.SESSION_STARTED
    assert (found.happening.charging_session, found.happening.slot) == (SWIPED, slot_ref(DEVICE, 4))
    assert found.happening.occurred_at == datetime(2026, 1, 1, 4, 0, tzinfo=UTC)
    assert (found.proof, found.at, found.repeats_within, found.said) == ((SWIPED,), None, None, None)
    assert found.session
    assert (found.session.status, found.session.raw_status) == (Status.ACTIVE, RawCode("2", "charging"))


@pytest.mark.parametrize(
    ("status", "happened", "means"),
    [
        ("0", Type.SESSION_UPDATED, Status.PENDING),
        ("1", Type.SESSION_UPDATED, Status.PENDING),
        ("3", Type.SESSION_COMPLETED, Status.COMPLETED),
        ("4", Type.SESSION_FAILED, Status.FAILED),
        ("5", Type.SESSION_COMPLETED, Status.COMPLETED),
        ("77", Type.UNMAPPED, Status.UNKNOWN),
        ("", Type.UNMAPPED, Status.UNKNOWN),
    ],
)
def test_every_status_of_a_swiped_card(status: str, happened: Type, means: Status) -> None:
    found = one(SWIPE, status=status)

    assert found.session
    assert (found.happening.type, found.session.status, found.proof) == (happened, means, (SWIPED,))


def test_a_swipe_is_the_same_again() -> None:
    assert one(SWIPE, balance="18.00").key == one(SWIPE).key
    assert one(SWIPE, status="1").key != one(SWIPE).key


# A cabinet's ports.


def test_the_ports_of_a_cabinet() -> None:
    found = one(PORTS)

    assert found.happening.type is Type.DEVICE_UPDATED
    assert (found.happening.device, found.happening.occurred_at) == (CABINET, None)
    assert found.happening.raw == {"deviceId": "860000000000002", "ports": [0, 0, 1, -1, 0, 0, 0, 0, 0, 0, 0]}
    assert (found.proof, found.at, found.session) == ((), None, None)
    assert found.repeats_within == timedelta(seconds=3)
    assert found.said
    assert (found.said.device, found.said.connectivity, found.said.batteries) == (CABINET, None, ())
    assert [slot.index for slot in found.said.slots] == list(range(1, 11))
    idle, charging, broken = found.said.slots[:3]
    assert (idle.ref, idle.kind, idle.occupancy) == (slot_ref(CABINET, 1), SlotKind.SOCKET, SlotOccupancy.UNKNOWN)
    assert (idle.status, idle.status_detail) == (SlotStatus.AVAILABLE, SlotStatusDetail.IDLE)
    assert (charging.status, charging.status_detail) == (SlotStatus.CHARGING, SlotStatusDetail.CHARGING)
    assert charging.raw_status == RawCode("1", "charging")
    assert (broken.status, broken.status_detail) == (SlotStatus.OUT_OF_ORDER, SlotStatusDetail.FAULTED)


def test_ports_without_padding() -> None:
    padded, bare = one(PORTS), one(PORTS, ports="[0, 1, -1, 0, 0, 0, 0, 0, 0, 0]")

    assert states(padded) == states(bare)
    assert states(one(PORTS, ports="[0,1]")) == [(1, SlotStatus.AVAILABLE), (2, SlotStatus.CHARGING)]


@pytest.mark.parametrize(
    "ports", ["[0]", "[1]", "[1, 0, 0]", "[-1, 0, 0]", "[0, 7]", "[0, null]", "[0, 0, true]", '[0, "x"]', "[0, 0, 7]"]
)
def test_a_cabinet_is_read_where_there_is_a_doubt(ports: str) -> None:
    found = one(PORTS, ports=ports)

    assert (found.happening.type, found.said, found.proof) == (Type.DEVICE_UPDATED, None, (CABINET,))


@pytest.mark.parametrize("ports", ["", "[]", "0", "full", "{}", "[0", f"[{'0,' * 500}0]"])
def test_ports_that_cannot_be_read(ports: str) -> None:
    with pytest.raises(Malformed, match="no ports that can be read"):
        one(PORTS, ports=ports)


def test_ports_are_the_same_again() -> None:
    assert one(PORTS, ports="[0,0,1,-1,0,0,0,0,0,0,0]").key == one(PORTS).key
    assert one(PORTS, ports="[0, 1]").key != one(PORTS).key
    assert one(PORTS, deviceId="860000000000003").key != one(PORTS).key


# Forms and JSON.


@pytest.mark.parametrize("callback", [END, SWIPE, PORTS], ids=["end", "swipe", "ports"])
def test_json_says_the_same(callback: dict[str, Any]) -> None:
    texts = ("orderNum", "deviceId", "cardNum", "ports")
    numbers = {name: value if name in texts else float(value) for name, value in callback.items()}
    (form,) = read(urlencode(callback).encode())
    assert isinstance(form, Pushed)

    for document in (callback, numbers):
        (found,) = read(b" " + orjson.dumps(document))
        assert isinstance(found, Pushed)
        assert (found.key, found.session, found.said, found.proof) == (form.key, form.session, form.said, form.proof)


def test_ports_as_a_list_in_json() -> None:
    (found,) = read(orjson.dumps({"deviceId": "860000000000002", "ports": [0, 1]}))

    assert found == one(PORTS, ports="[0, 1]")


def test_missing_fields() -> None:
    bare = one({"orderNum": "20260101120000000001", "endType": "3"})

    assert (bare.happening.type, bare.happening.device, bare.happening.occurred_at) == (
        Type.SESSION_COMPLETED,
        None,
        None,
    )
    assert bare.proof == (ENDED,)


@pytest.mark.parametrize("port", ["0", "-1", "501", "two", ""])
def test_a_port_that_cannot_be_one(port: str) -> None:
    found = one(END, portNum=port)

    assert (found.happening.device, found.happening.slot) == (DEVICE, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"anything",
        b"\xff\xfe\x00",
        b"{}",
        b"{",
        b"[]",
        b"null",
        b"endType=2&portNum=3",
        b"ports=[0, 0]",
        b"deviceId=&orderNum=&status=2",
        urlencode({**END, "orderNum": "a\x00b"}).encode(),
        urlencode({**PORTS, "deviceId": "x" * 65}).encode(),
        urlencode({**SWIPE, "deviceId": "a\nb"}).encode(),
    ],
)
def test_what_is_no_callback(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)


# What nobody knows.


def test_an_unknown_callback_changes_nothing() -> None:
    found = one({"deviceId": "860000000000001", "smoke": "1", "phone": "13800138000", "x" * 50: "", "13800138000": ""})

    assert found.happening.type is Type.UNMAPPED
    assert (found.happening.device, found.happening.charging_session) == (DEVICE, None)
    assert found.happening.raw == {"deviceId": "860000000000001", "fields": ["deviceId", "phone", "smoke"]}
    assert (found.said, found.session, found.proof) == (None, None, ())


def test_an_unknown_callback_about_an_order() -> None:
    found = one({"orderNum": "20260101120000000001", "refund": "1"})

    assert (found.happening.type, found.happening.charging_session) == (Type.UNMAPPED, ENDED)
    again, other = (one({"orderNum": "20260101120000000001", "refund": value}) for value in "12")
    assert (again.key == found.key, other.key == found.key) == (True, False)


def test_an_end_without_its_order_is_unknown() -> None:
    assert one(END, orderNum="").happening.type is Type.UNMAPPED


# Who charges is nobody's business.


def test_raw_shows_the_charge_and_nobody() -> None:
    people = {"phone": "13800138000", "electricDetail": "[x]", "cardNum": "00000001", "userId": "5001"}

    assert one(END, **people).happening.raw == {name: value for name, value in END.items() if name != "cardNum"}
    assert one(SWIPE).happening.raw == {
        name: value for name, value in SWIPE.items() if name not in {"cardNum", "userId", "balance"}
    }


def test_raw_takes_no_oddities() -> None:
    raw = one(END, payPrice="a\x00b", totalServiceFee="x" * 65).happening.raw

    assert raw
    assert not {"payPrice", "totalServiceFee"} & set(raw)


# The manifest.


def test_the_answer_and_the_signature_that_nobody_gives() -> None:
    assert MANIFEST.receiver is CallbackReceiver
    assert MANIFEST.pushes == ("end of charging", "swipe order", "cabinet port status")
    assert receiver().answer == {"success": True, "data": [], "error": None, "code": None}
    receiver().verify(Push(headers={}, body=b"anything", received_at=RECEIVED_AT))


# Whatever comes.

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["", "0", "2", "nan", "1e999", "-1", "[0, 1]", "[0, 7, null]", "\x00", "9" * 30, "驴", "SECRETCARD"]
)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
NAMES = st.sampled_from(sorted({*END, *SWIPE, *PORTS, "electricDetail", "phone"}))
BENT = st.sampled_from([END, SWIPE, PORTS]).flatmap(
    lambda known: st.fixed_dictionaries({}, optional={name: st.just(value) | SCALARS for name, value in known.items()})
)
FORMS = (st.dictionaries(NAMES | TEXTS, TEXTS) | BENT).map(lambda fields: urlencode(fields).encode())
PERSONAL = ("cardNum", "userId", "phone", "balance", "electricDetail")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | FORMS | (JSON | st.dictionaries(NAMES, JSON) | BENT).map(orjson.dumps))
def test_nothing_raises_anything_but_malformed(body: bytes) -> None:
    try:
        (found,) = read(body)
    except Malformed:
        return
    assert isinstance(found, Pushed)
    assert "\\u0000" not in orjson.dumps(found.happening.raw).decode()
    assert found.session is None or found.proof == (found.session.ref,)
    assert found.said is None or not found.proof
    assert found.happening.raw is not None
    assert not set(PERSONAL) & set(found.happening.raw)


@given(st.sampled_from([END, SWIPE, PORTS]), st.sampled_from(PERSONAL))
def test_no_name_or_number_of_anybody_is_kept(callback: dict[str, Any], name: str) -> None:
    assert "SECRETCARD" not in repr(one(callback, **{name: "SECRETCARD"}))
