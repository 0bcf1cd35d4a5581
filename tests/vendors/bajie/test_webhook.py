import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from model.events import Happening
from model.faults import Malformed
from model.records import Battery, CabinetInventory, ChargingSession, RawCode, Slot
from model.refs import Ref, battery_ref, device_ref, session_ref, slot_ref
from model.states import (
    BatteryStatus,
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    EventType,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
)
from tests.vendors.bajie.pushes import RECEIVED, event, push, read, receiver
from tests.vendors.bajie.samples import ACCOUNT, BATTERY_1, BATTERY_2, CABINET, ORDER, sample
from vendors.bajie import MANIFEST
from vendors.bajie.webhook import BajieReceiver
from vendors.receiving import Pushed, Said

MOVE, STATE = timedelta(minutes=10), timedelta(seconds=30)
STATUS = sample("push_cabinet_status")["eventData"]
FORM = "application/x-www-form-urlencoded"


def slot(index: int, occupancy: SlotOccupancy, battery: Ref | None = None, device: Ref = CABINET) -> Slot:
    return Slot(
        ref=slot_ref(device, index), index=index, kind=SlotKind.BATTERY_SLOT, occupancy=occupancy, battery=battery
    )


def happening(type_: EventType, raw: Any, **what: Any) -> Happening:
    return Happening(type=type_, account=ACCOUNT, **{"occurred_at": RECEIVED, "device": CABINET, **what}, raw=raw)


def without_name(body: Any) -> Any:
    return {key: body[key] for key in ("event", "eventData")}


def test_the_vendor_signs_nothing_and_wants_a_yes() -> None:
    it = receiver()
    it.verify(push(b"whatever"))

    assert it.answer == {"code": 0, "msg": "success"}
    assert MANIFEST.receiver is BajieReceiver
    assert len(MANIFEST.pushes) == 9


# How cabinets stand.


@pytest.mark.parametrize(
    ("name", "type_", "connectivity", "minute"),
    [
        ("push_cabinet_online", EventType.DEVICE_CONNECTED, Connectivity.ONLINE, 40),
        ("push_cabinet_offline", EventType.DEVICE_DISCONNECTED, Connectivity.OFFLINE, 30),
    ],
)
def test_a_connection_made_or_lost(name: str, type_: EventType, connectivity: Connectivity, minute: int) -> None:
    body = sample(name)
    at = datetime(2026, 1, 1, 4, minute, tzinfo=UTC)
    found = read(body)

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(type_, without_name(body), occurred_at=at),
        at=at,
        said=Said(device=CABINET, connectivity=connectivity),
    )


@pytest.mark.parametrize(
    ("told", "keys", "at"),
    [
        ("2026-01-01 12:30:00", {"utc_offset_hours": 9}, datetime(2026, 1, 1, 3, 30, tzinfo=UTC)),
        ("2026-01-01T12:30:00+02:00", {}, None),
        ("2026-01-01 13:00:59", {}, datetime(2026, 1, 1, 5, 0, 59, tzinfo=UTC)),
        ("2026-01-01 13:01:01", {}, None),
        ("just now", {}, None),
    ],
)
def test_the_time_of_a_lost_connection(told: str, keys: dict[str, Any], at: datetime | None) -> None:
    found = read(event("CABINET_OFFLINE", cabinetId="XYZ00001", offlineTime=told), **keys)

    assert found.at == at
    assert found.happening.occurred_at == (at or RECEIVED)


def test_without_a_time_a_connection_is_as_of_now_and_can_come_back_soon() -> None:
    found = read(event("CABINET_ONLINE", cabinetId="XYZ00001"))

    assert (found.at, found.happening.occurred_at, found.repeats_within) == (None, RECEIVED, STATE)


def test_the_report_of_a_cabinet() -> None:
    found = read(sample("push_cabinet_status"))
    described: dict[str, Any] = {
        "status": SlotStatus.AVAILABLE,
        "status_detail": SlotStatusDetail.OCCUPIED,
        "can_dispense": True,
        "can_accept": False,
        "raw_status": RawCode("0", "none"),
    }

    assert found == Pushed(
        key=found.key,
        repeats_within=STATE,
        happening=replace(found.happening, type=EventType.DEVICE_UPDATED, device=CABINET, occurred_at=RECEIVED),
        said=Said(
            device=CABINET,
            connectivity=Connectivity.ONLINE,
            inventory=CabinetInventory(
                slots_total=8, batteries_available=2, slots_available=6, can_dispense=True, can_accept=True
            ),
            slots=(
                replace(slot(1, SlotOccupancy.OCCUPIED, BATTERY_1), **described),
                replace(slot(2, SlotOccupancy.OCCUPIED, BATTERY_2), **described),
                *(slot(index, SlotOccupancy.EMPTY) for index in range(3, 9)),
            ),
            batteries=(
                Battery(ref=BATTERY_1, device=CABINET, slot=slot_ref(CABINET, 1)),
                Battery(ref=BATTERY_2, device=CABINET, slot=slot_ref(CABINET, 2)),
            ),
        ),
    )


def said(**changes: Any) -> Said:
    found = read(event("CABINET_STATUS", **{**STATUS, **changes})).said
    assert found is not None
    return found


def reported(number: int, battery: str | None, fault: Any = 0, battery_fault: Any = 0) -> dict[str, Any]:
    return {"slot": number, "batteryId": battery, "faultType": fault, "batteryFaultType": battery_fault}


@pytest.mark.parametrize("counts", [{"returnableCount": 5}, {"totalCount": 9}, {"totalCount": None}, {"totalCount": 0}])
def test_slots_that_are_not_listed_are_empty_only_where_the_counts_agree(counts: dict[str, Any]) -> None:
    assert [each.index for each in said(**counts).slots] == [1, 2]


def test_empty_slots_may_be_listed() -> None:
    found = said(batteryList=[reported(1, "FEED000001"), *(reported(index, "") for index in range(2, 9))], totalCount=8)

    assert [each.occupancy.value for each in found.slots] == ["OCCUPIED", *["EMPTY"] * 7]
    assert [each.can_accept for each in found.slots] == [False, *[True] * 7]
    assert [battery.ref for battery in found.batteries] == [BATTERY_1]


def test_a_slot_of_which_no_battery_is_told_is_unknown() -> None:
    (found,) = said(batteryList=[{"slot": 3, "faultType": 2}], returnableCount=8).slots[:1]

    assert (found.occupancy, found.status) == (SlotOccupancy.UNKNOWN, SlotStatus.UNKNOWN)


@pytest.mark.parametrize(
    "spoilt",
    [
        reported(1, "FEED000009"),
        reported(3, "FEED000001"),
        reported(0, "FEED000009"),
        reported(1001, "FEED000009"),
        reported(3, "a\nb"),
        reported(3, "x" * 65),
        None,
        "FEED000009",
        {},
    ],
)
def test_an_item_that_cannot_be_or_contradicts_another_spoils_no_other(spoilt: Any) -> None:
    found = said(batteryList=[*STATUS["batteryList"], spoilt])
    named = [each.battery for each in found.slots]

    assert BATTERY_2 in named
    assert not {battery_ref(ACCOUNT, "FEED000009"), None} & set(named)
    assert {battery.ref for battery in found.batteries} == {ref for ref in named if ref}


@pytest.mark.parametrize("items", [None, "none", {}, 7])
def test_a_report_without_a_list_says_nothing_of_slots(items: Any) -> None:
    found = said(batteryList=items)

    assert (found.slots, found.batteries) == ((), ())
    assert found.inventory is not None


def test_an_empty_list_says_nothing_of_slots() -> None:
    assert said(batteryList=[], returnableCount=8).slots == ()


def test_the_slots_of_an_offline_cabinet_are_not_said_again() -> None:
    found = said(infoStatus="OFFLINE")

    assert found == Said(
        device=CABINET,
        connectivity=Connectivity.OFFLINE,
        inventory=CabinetInventory(slots_total=8, batteries_available=2, slots_available=6),
    )


def test_faults_of_slots_and_batteries_are_two_tables() -> None:
    found = said(batteryList=[reported(1, "FEED000001", 8, 6), reported(2, "FEED000002", "99", "99")])

    assert [(each.status, each.raw_status) for each in found.slots[:2]] == [
        (SlotStatus.INOPERATIVE, RawCode("8", "locked by hand")),
        (SlotStatus.UNKNOWN, RawCode("99")),
    ]
    assert [(each.status, each.fault) for each in found.batteries] == [
        (BatteryStatus.LOCKED_OUT, RawCode("6", "authentication failed")),
        (BatteryStatus.UNKNOWN, RawCode("99")),
    ]


@pytest.mark.parametrize("text", ["97", "", None, 5])
def test_an_unknown_state_is_not_said(text: Any) -> None:
    assert said(infoStatus=text).connectivity is Connectivity.UNKNOWN


def test_a_battery_with_a_fault_is_believed() -> None:
    body = sample("push_battery_abnormal_warning")
    found = read(body)
    faulty = Battery(ref=BATTERY_2, device=CABINET, status=BatteryStatus.FAULTED, fault=RawCode("7", "cannot charge"))

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(EventType.BATTERY_ABNORMAL, without_name(body), battery=BATTERY_2),
        said=Said(device=CABINET, batteries=(faulty,)),
    )


@pytest.mark.parametrize(
    ("fault", "status"),
    [("5", BatteryStatus.FAULTED), (11, BatteryStatus.LOCKED_OUT), (0, None), (99, None), ("", None)],
)
def test_the_fault_of_a_battery(fault: Any, status: BatteryStatus | None) -> None:
    found = read(event("BATTERY_ABNORMAL_WARNING", cabinetId="X", abnormalBatteryId="B", batteryFaultType=fault)).said

    assert found is not None
    assert found.batteries[0].status is (status or BatteryStatus.UNKNOWN)


def test_an_abnormal_battery_without_a_name() -> None:
    found = read(event("BATTERY_ABNORMAL_WARNING", cabinetId="XYZ00001", batteryFaultType=5))

    assert (found.happening.battery, found.said, found.proof) == (None, Said(device=CABINET), ())


def test_a_card_reader_is_told_of() -> None:
    body = sample("push_pos_info_status")
    found = read(body)

    assert found == Pushed(
        key=found.key,
        repeats_within=STATE,
        happening=happening(EventType.PAYMENT_TERMINAL_CHANGED, without_name(body)),
    )


# Batteries that move.


def test_a_battery_came_back() -> None:
    body, there = sample("push_battery_in"), device_ref(ACCOUNT, "XYZ00002")
    other, fourth = session_ref(ACCOUNT, "26010112000000000009"), slot_ref(there, 4)
    found = read(body)

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(
            EventType.BATTERY_RETURNED,
            without_name(body),
            device=there,
            slot=fourth,
            battery=BATTERY_1,
            charging_session=other,
        ),
        said=Said(
            device=there,
            slots=(slot(4, SlotOccupancy.OCCUPIED, BATTERY_1, there),),
            batteries=(Battery(ref=BATTERY_1, device=there, slot=fourth),),
        ),
        proof=(there, other),
    )


def test_a_battery_left_on_a_rental() -> None:
    body = sample("push_battery_borrow_out")
    found = read(body)
    first = slot_ref(CABINET, 1)

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(
            EventType.BATTERY_RENTED, without_name(body), slot=first, battery=BATTERY_1, charging_session=ORDER
        ),
        said=Said(device=CABINET, slots=(slot(1, SlotOccupancy.EMPTY),)),
        session=ChargingSession(
            ref=ORDER,
            kind=ChargingSessionKind.RENTAL,
            status=ChargingSessionStatus.ACTIVE,
            device=CABINET,
            slot=first,
            battery=BATTERY_1,
        ),
        proof=(CABINET, ORDER),
    )


def test_a_rental_that_failed() -> None:
    body = sample("push_battery_borrow_out_failed")
    found = read(body)
    order = session_ref(ACCOUNT, "26010112000000000002")

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(EventType.SESSION_FAILED, without_name(body), charging_session=order),
        session=ChargingSession(
            ref=order,
            kind=ChargingSessionKind.RENTAL,
            status=ChargingSessionStatus.FAILED,
            device=CABINET,
            raw_status=RawCode("9", "lease command timed out"),
        ),
        proof=(CABINET, order),
    )


@pytest.mark.parametrize(
    ("fault", "raw"),
    [
        (1, RawCode("1", "authorise battery failed")),
        ("2", RawCode("2", "battery id not found")),
        (4.0, RawCode("4", "eject failed")),
        (77, RawCode("77")),
        ("0", None),
        (0, None),
        ("", None),
    ],
)
def test_what_a_rentals_fault_means(fault: Any, raw: RawCode | None) -> None:
    found = read(event("BATTERY_BORROW_OUT", cabinetId="XYZ00001", orderId="1", faultType=fault))

    assert found.session is not None
    assert found.session.raw_status == raw
    assert found.session.status is (ChargingSessionStatus.FAILED if raw else ChargingSessionStatus.ACTIVE)
    assert found.happening.type is (EventType.SESSION_FAILED if raw else EventType.BATTERY_RENTED)


def test_a_battery_left_without_a_rental() -> None:
    body = sample("push_battery_popup")
    found = read(body)

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(
            EventType.BATTERY_EJECTED, without_name(body), slot=slot_ref(CABINET, 2), battery=BATTERY_2
        ),
        said=Said(device=CABINET, slots=(slot(2, SlotOccupancy.EMPTY),)),
        proof=(CABINET,),
    )


MOVES = ("BATTERY_IN", "BATTERY_BORROW_OUT", "BATTERY_POPUP")


@pytest.mark.parametrize("name", MOVES)
def test_of_a_move_nothing_but_the_cabinet_may_be_known(name: str) -> None:
    found = read(event(name, cabinetId="XYZ00001"))

    assert (found.said, found.session, found.proof) == (None, None, (CABINET,))
    assert (found.happening.slot, found.happening.battery, found.happening.charging_session) == (None, None, None)


@pytest.mark.parametrize("number", [0, -1, "x", None, 1001])
def test_a_slot_that_cannot_be_is_not_said(number: Any) -> None:
    found = read(event("BATTERY_POPUP", cabinetId="XYZ00001", outBatteryId="FEED000002", outSlot=number))

    assert (found.said, found.happening.slot, found.happening.battery) == (None, None, BATTERY_2)


@pytest.mark.parametrize("name", ["orderId", "rentOrderId", "tradeNo", "TRADENO"])
@pytest.mark.parametrize("event_name", MOVES)
def test_an_order_has_three_names_and_is_always_read_back(event_name: str, name: str) -> None:
    found = read(event(event_name, cabinetId="XYZ00001", **{name: ORDER.native_id}))

    assert found.happening.charging_session == ORDER
    assert found.proof == (CABINET, ORDER)


def swapped(value: Any) -> Any:
    """Every key in another case, every number as text."""
    if isinstance(value, dict):
        return {key.swapcase(): swapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [swapped(item) for item in value]
    return value if isinstance(value, str) else str(value)


@pytest.mark.parametrize("name", ["cabinet_online", "cabinet_status", "battery_in", "battery_borrow_out_failed"])
def test_letter_case_and_numbers_as_text_say_the_same(name: str) -> None:
    first, second = read(sample(f"push_{name}")), read(swapped(sample(f"push_{name}")))

    assert (second.said, second.session, second.proof) == (first.said, first.session, first.proof)
    assert second.happening.type is first.happening.type


def test_the_name_of_an_event_may_be_in_small_letters() -> None:
    assert read(event("battery_popup", cabinetId="XYZ00001")).happening.type is EventType.BATTERY_EJECTED


# What no table knows.


def test_an_order_of_an_admin_has_no_documented_body() -> None:
    body = sample("push_admin_rental_order")
    found = read(body)

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(
            EventType.UNMAPPED, without_name(body), charging_session=session_ref(ACCOUNT, "26010112000000000003")
        ),
    )


@pytest.mark.parametrize("data", [{}, None, [], "x", 7, {"steps": 3}])
def test_an_event_that_no_table_knows_is_kept(data: Any) -> None:
    found = read({"event": "CABINET_DANCED", "eventData": data})

    assert found.happening == happening(
        EventType.UNMAPPED,
        {"event": "CABINET_DANCED", "eventData": data if isinstance(data, dict) else {}},
        device=None,
    )
    assert (found.said, found.session, found.proof) == (None, None, ())


def test_nothing_personal_is_kept() -> None:
    personal = {
        "userName": "Ada Lovelace",
        "phone": 4915112345678,
        "email": "ada@example.com",
        "licencePlate": "AB-CD 12",
        "cardNo": "4111111111111111",
        "nested": {"openId": "o-1"},
        "people": [{"name": "Ada"}],
        "ada@example.com": 1,
    }
    data = {"cabinetId": "XYZ00001", "orderId": "1", "icCard": "1", "clientIp": "192.0.2.1", "isAdmin": True, "rank": 2}
    for name in ("ADMIN_RENTAL_ORDER", "BATTERY_BORROW_OUT", "CABINET_STATUS"):
        raw = read(
            event(name, **data, **personal, batteryList=[{"slot": 1, "batteryId": "F", "owner": "Ada"}])
        ).happening

        assert raw.raw == {
            "event": name,
            "eventData": {
                "cabinetId": "XYZ00001",
                "orderId": "1",
                "isAdmin": True,
                "rank": 2,
                "batteryList": [{"slot": 1, "batteryId": "F"}],
                "leftOut": ["icCard", "clientIp", *(key for key in personal if "@" not in key)],
            },
        }


@pytest.mark.parametrize("value", ["x" * 201, "two\nlines", "\x00", ["a"], {"a": 1}])
def test_a_known_field_with_another_kind_of_value_is_left_out(value: Any) -> None:
    raw = read(event("BATTERY_IN", cabinetId="XYZ00001", faultCause=value)).happening.raw

    assert raw == {"event": "BATTERY_IN", "eventData": {"cabinetId": "XYZ00001", "leftOut": ["faultCause"]}}


def test_the_name_of_an_event_is_kept_only_if_it_can_be_one() -> None:
    raw = read({"event": "ada@example.com"}).happening.raw

    assert raw == {"event": None, "eventData": {}}


# Callbacks of rentals.


@pytest.mark.parametrize("media_type", ["application/json", FORM, ""])
@pytest.mark.parametrize(
    ("status", "type_", "session"),
    [
        ("1", EventType.BATTERY_RENTED, ChargingSessionStatus.ACTIVE),
        (0, EventType.SESSION_FAILED, ChargingSessionStatus.FAILED),
        (2, EventType.BATTERY_RETURNED, None),
    ],
)
def test_a_callback_of_a_rental(
    status: Any, type_: EventType, session: ChargingSessionStatus | None, media_type: str
) -> None:
    body = {**sample("rental_callback"), "status": status, "messageId": "7" * 12}
    found = read(urlencode(body).encode() if media_type == FORM else body, media_type)
    first = slot_ref(CABINET, 1)
    kept = {key: str(value) if media_type == FORM else value for key, value in body.items() if key != "messageId"}

    assert found == Pushed(
        key=found.key,
        repeats_within=MOVE,
        happening=happening(
            type_, {**kept, "leftOut": ["messageId"]}, slot=first, battery=BATTERY_1, charging_session=ORDER
        ),
        session=None
        if session is None
        else ChargingSession(
            ref=ORDER,
            kind=ChargingSessionKind.RENTAL,
            status=session,
            battery=BATTERY_1,
            raw_status=RawCode(str(status)),
        ),
        proof=(CABINET, ORDER),
    )


def test_a_return_may_name_no_order() -> None:
    found = read({"status": 2, "batteryId": "FEED000001", "deviceId": "XYZ00001", "slotNum": 4})

    assert (found.proof, found.session, found.happening.charging_session) == ((CABINET,), None, None)
    assert found.happening.slot == slot_ref(CABINET, 4)


def test_a_callback_may_name_an_order_only() -> None:
    found = read({"status": 1, "orderId": ORDER.native_id, "slotNum": 4})

    assert (found.proof, found.happening.device, found.happening.slot) == ((ORDER,), None, None)


def test_a_callback_with_another_status_is_unmapped() -> None:
    found = read({"status": 7, "tradeNo": ORDER.native_id, "slotNum": 0, "deviceId": "XYZ00001"})

    assert found.happening.type is EventType.UNMAPPED
    assert (found.session, found.proof, found.happening.slot) == (None, (), None)


# Which are the same.


def test_what_is_said_again_has_the_same_key() -> None:
    body = sample("push_battery_in")
    compact, spread = json.dumps(body, separators=(",", ":")).encode(), json.dumps(body, indent=2).encode()
    callback = sample("rental_callback")

    assert read(compact).key == read(spread).key == read(swapped(body)).key
    assert read({**callback, "messageId": "1"}).key == read({**callback, "messageId": 2, "status": 1}).key


def test_what_is_another_thing_has_another_key() -> None:
    data = sample("push_battery_in")["eventData"]
    out = sample("push_battery_borrow_out")["eventData"]
    callback = sample("rental_callback")
    bodies = [
        event("BATTERY_IN", **data),
        *(event("BATTERY_IN", **{**data, key: "9"}) for key in data),
        event("BATTERY_POPUP", **out),
        event("BATTERY_BORROW_OUT", **out),
        event("BATTERY_BORROW_OUT", **out, faultType=3),
        event("BATTERY_BORROW_OUT", **out, faultType=4),
        event("CABINET_ONLINE", cabinetId="A"),
        event("CABINET_OFFLINE", cabinetId="A"),
        event("CABINET_OFFLINE", cabinetId="A", offlineTime="2026-01-01 12:30:00"),
        event("CABINET_OFFLINE", cabinetId="A", offlineTime="2026-01-01 12:31:00"),
        event("CABINET_STATUS", **STATUS),
        event("CABINET_STATUS", **{**STATUS, "signal": "74"}),
        event("POS_INFO_STATUS", cabinetId="A", posInfoStatus=1),
        event("POS_INFO_STATUS", cabinetId="A", posInfoStatus=0),
        event("BATTERY_ABNORMAL_WARNING", cabinetId="A", abnormalBatteryId="B", batteryFaultType=1),
        event("BATTERY_ABNORMAL_WARNING", cabinetId="A", abnormalBatteryId="B", batteryFaultType=2),
        event("CABINET_DANCED", cabinetId="A"),
        event("CABINET_DANCED", cabinetId="A", steps=2),
        callback,
        *({**callback, key: "9"} for key in ("tradeNo", "status", "batteryId")),
        {"status": 2, "batteryId": "B", "deviceId": "A"},
        {"status": 2, "batteryId": "B", "deviceId": "C"},
    ]

    assert len({read(body).key for body in bodies}) == len(bodies)


# What is none.


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"{}",
        b"\xff\xfe",
        b"a=b",
        b'{"eventData": {"cabinetId": "XYZ00001"}}',
        b'{"event": null, "status": null}',
        b'{"event": ""}',
        b'{"status": 1}',
        b'{"status": 1, "batteryId": "FEED000001"}',
        b"[" * 5000,
    ],
)
@pytest.mark.parametrize("media_type", ["application/json", FORM, ""])
def test_what_is_no_push_is_malformed(body: bytes, media_type: str) -> None:
    with pytest.raises(Malformed) as raised:
        receiver().read(push(body, media_type))

    assert "FEED" not in raised.value.message


@pytest.mark.parametrize("name", [name for name in MANIFEST.pushes if name != "ADMIN_RENTAL_ORDER"])
@pytest.mark.parametrize("cabinet", [{}, {"cabinetId": ""}, {"cabinetId": "a\x00b"}, {"cabinetId": "x" * 65}])
def test_a_known_event_names_its_cabinet(name: str, cabinet: dict[str, str]) -> None:
    with pytest.raises(Malformed, match="no cabinet id"):
        receiver().read(push(event(name, **cabinet)))
