from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from model.records import Device, Slot
from model.refs import battery_ref, device_ref, slot_ref
from model.states import CommandStatus, DeviceKind, SlotKind, SlotOccupancy
from tests.vendors.bajie.samples import ACCOUNT, CABINET, sample
from vendors.bajie import translate
from vendors.bajie.translate_evidence import (
    Lent,
    Stock,
    authentic,
    ejection,
    emptying,
    has_ended,
    is_locked,
    is_running,
    lent,
    listed_lent,
    order_status,
    rental,
)
from vendors.bajie.wire import CHINA
from vendors.contract import DeviceReading

FULL = Stock(3, {1: "A", 2: "B", 3: "C"})
BORROWED_AT = datetime(2026, 1, 1, 4, 0, 5, tzinfo=UTC)
stocks = st.builds(Stock, st.just(4), st.dictionaries(st.integers(1, 4), st.sampled_from("ABCDEF"), max_size=4))


def out(battery: str, slot: int | None = None) -> Lent:
    return Lent("26", battery, None, slot, BORROWED_AT, None)


def test_the_stock_of_a_reading() -> None:
    reading = translate.device_info(CABINET, sample("device_info")["data"], 0.6)

    assert Stock.of(reading) == Stock(8, {1: "FEED000001", 2: "FEED000002"})
    assert Stock.of(translate.offline_device(CABINET, None)) is None


def test_a_reading_in_doubt_is_no_stock() -> None:
    device = device_ref(ACCOUNT, "XYZ00001")
    slots = [
        Slot(
            ref=slot_ref(device, 1),
            index=1,
            kind=SlotKind.BATTERY_SLOT,
            occupancy=SlotOccupancy.OCCUPIED,
            battery=battery_ref(ACCOUNT, "A"),
        ),
        Slot(ref=slot_ref(device, 2), index=2, kind=SlotKind.BATTERY_SLOT, occupancy=SlotOccupancy.UNKNOWN),
    ]
    cabinet = Device(ref=device, kind=DeviceKind.POWER_BANK_CABINET)

    assert Stock.of(DeviceReading(device=cabinet, slots=tuple(slots))) is None
    assert Stock.of(DeviceReading(device=cabinet, slots=tuple(slots[:1]))) == Stock(1, {1: "A"})


@given(stocks)
def test_a_stock_survives_being_stored(stock: Stock) -> None:
    assert Stock.parse(orjson.loads(orjson.dumps(stock.written()))) == stock


@given(stocks, stocks, st.integers(1, 4))
def test_an_ejection_is_confirmed_by_that_battery_alone(before: Stock, now: Stock, slot: int) -> None:
    verdict = ejection(before, now, slot)

    left = {where for where, held in before.batteries.items() if now.batteries.get(where) != held}
    assert (verdict is not None and verdict.status is CommandStatus.CONFIRMED) is (slot in left)
    assert (verdict is None) is (not left)
    assert (verdict is not None and verdict.fault is not None) is bool(left - {slot})


@given(stocks, stocks)
def test_a_cabinet_is_empty_when_all_that_was_in_it_is_gone(before: Stock, now: Stock) -> None:
    verdict = emptying(before, now)

    stayed = [where for where, held in before.batteries.items() if now.batteries.get(where) == held]
    assert (verdict is None) is (len(stayed) == len(before.batteries))
    assert verdict is None or (verdict.status is CommandStatus.CONFIRMED) is (not stayed)


def test_another_battery_in_the_slot_means_that_the_first_has_left() -> None:
    verdict = ejection(FULL, Stock(3, {1: "A", 2: "D", 3: "C"}), 2)

    assert verdict is not None
    assert verdict.status is CommandStatus.CONFIRMED


def test_a_rental_is_judged_by_its_own_battery() -> None:
    without_b, without_b_and_c = Stock(3, {1: "A", 3: "C"}), Stock(3, {1: "A"})

    assert rental(FULL, FULL, out("B")) is None
    assert rental(FULL, without_b, out("B")) == (CommandStatus.CONFIRMED, None)
    more = rental(FULL, without_b_and_c, out("B"))
    other = rental(FULL, without_b, out("A"))
    unforeseen = rental(FULL, FULL, out("D"))
    assert more is not None
    assert more.fault is not None
    assert "C of slot 3" in more.fault.message
    assert other is not None
    assert other.status is CommandStatus.OUTCOME_UNKNOWN
    assert unforeseen == (CommandStatus.CONFIRMED, None)
    assert rental(FULL, Stock(3, {1: "A", 2: "D", 3: "C"}), out("D", 2)) is not None


def test_what_the_order_tells() -> None:
    detail = sample("order_detail")["data"]
    (row,) = sample("orders")["page"]["records"]

    assert lent(detail, CHINA) == Lent("26010112000000000001", "FEED000001", "XYZ00001", 1, BORROWED_AT, None)
    assert listed_lent(row) == Lent("26010112000000000001", "FEED000001", "XYZ00001", None, BORROWED_AT, None)
    assert lent({**detail, "batteryId": ""}, CHINA) is None
    assert lent({**detail, "borrowTime": ""}, CHINA) is None
    assert is_running(detail)
    assert not has_ended(detail)
    assert has_ended({**detail, "returnTime": "2026-01-01 13:00:00"})
    assert has_ended({**detail, "borrowStatus": 2})
    assert not has_ended({**detail, "borrowStatus": None})
    assert [order_status({"status": status}) for status in ("1", 1, 0, None, "x")] == ["1", "1", "0", None, "x"]
    assert order_status({}) is None


def test_which_batteries_passed() -> None:
    rows = [{"pBatteryid": "A", "pFaultType": 0}, {"pbatteryid": "B", "pfaultType": "6"}, {"pBatteryid": "C"}, None]

    assert authentic(rows, is_authentic=True) == ["A"]
    assert authentic(rows, is_authentic=False) == ["B"]


def test_which_slot_is_locked() -> None:
    rows = [None, {"pKakou": 1, "pFaultType": "8"}, {"pkakou": 2, "pfaultType": 0}, {"pKakou": 3}]

    assert [is_locked(rows, slot) for slot in (1, 2, 3, 4)] == [True, False, None, None]
