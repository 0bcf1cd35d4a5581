"""Every sample of the vendor's pages, with exact records; every code of every table."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from model.faults import Malformed, Rejected
from model.records import (
    Billing,
    ChargingSession,
    Connector,
    Device,
    GeoPoint,
    Money,
    RawCode,
    Site,
    Slot,
    Tariff,
)
from model.refs import device_ref, session_ref, site_ref, slot_ref, tariff_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    EnergySource,
    PriceUnit,
    SlotKind,
    SlotStatus,
    SlotStatusDetail,
)
from tests.vendors.lvcchong.replies import SAMPLES, sample
from vendors.contract import DeviceReading
from vendors.lvcchong.translate import (
    device_reading,
    info_reading,
    nearby_readings,
    price_standard,
    price_standards,
    refusal_of,
    tariffs_of,
)
from vendors.lvcchong.translate_orders import (
    charging_session,
    charging_sessions,
    is_charge,
    is_of_car,
    with_power,
    with_record,
)
from vendors.lvcchong.wire import CarRecord, ChargingPower, DeviceStatus, Order

DEVICE = device_ref("sockets", "860000000000001")
ORDER = session_ref("sockets", "20260101120000000001")
MADE = datetime(2026, 1, 1, 4, 0, tzinfo=UTC)


def status_of(data: Any) -> DeviceStatus:
    return DeviceStatus.model_validate(data)


def reading_with(ports: object = None, **device: object) -> DeviceReading:
    """The sample's reading with other fields of the device, and other ports where given."""
    data = sample("device_status")["data"]
    data["device"]["data"]["device"].update(device)
    if ports is not None:
        data["device"]["data"]["ports"] = ports
    return device_reading(DEVICE, status_of(data))


def states_of(reading: DeviceReading) -> list[str]:
    return [slot.status.value for slot in reading.slots or ()]


def test_every_sample_is_known() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == {
        "callback_end",
        "callback_ports",
        "callback_swipe",
        "charging_power",
        "device_not_found",
        "device_status",
        "device_status_of_the_page",
        "nearby",
        "order_detail",
        "orders",
        "power_up_result",
        "realtime_record",
        "started",
        "stopped",
    }


def test_device_status() -> None:
    data = sample("device_status")["data"]
    reading = device_reading(DEVICE, status_of(data))

    state = data["device"]["data"]
    assert reading.device == Device(
        ref=DEVICE,
        kind=DeviceKind.EBIKE_SOCKET_STATION,
        name="示例设备",
        model="ten-way",
        connectivity=Connectivity.ONLINE,
        lifecycle=DeviceLifecycle.IN_SERVICE,
        site=site_ref("sockets", "128"),
        site_name="示例小区",
        tariff=tariff_ref("sockets", "26"),
        raw_status=RawCode("1", "online"),
        raw={
            **{key: value for key, value in state["device"].items() if key != "ownerId"},
            "ports": state["ports"],
            "errorMsg": None,
        },
        observed_at=datetime(2026, 1, 1, 4, 0, 3, tzinfo=UTC),
    )
    assert reading.site == Site(
        ref=site_ref("sockets", "128"),
        name="示例小区",
        address="江西省, 赣州市, 章贡区",
        city="赣州市",
    )
    assert reading.slots is not None
    assert len(reading.slots) == 10
    assert reading.slots[1] == Slot(
        ref=slot_ref(DEVICE, 2),
        index=2,
        kind=SlotKind.SOCKET,
        status=SlotStatus.CHARGING,
        status_detail=SlotStatusDetail.CHARGING,
        raw_status=RawCode("1", "charging"),
    )
    assert states_of(reading) == ["AVAILABLE", "CHARGING", "OUT_OF_ORDER", *["AVAILABLE"] * 7]
    assert reading.batteries is None


def test_prices_of_device_status_are_fen_once() -> None:
    data = sample("device_status")["data"]
    by_time, by_power = device_reading(DEVICE, status_of(data)).tariffs

    assert by_time == Tariff(
        ref=tariff_ref("sockets", "26"),
        name="1元12分钟",
        unit_price=Money(Decimal(1), "CNY"),
        unit=PriceUnit.MINUTE,
        unit_minutes=12,
    )
    assert by_power == Tariff(
        ref=tariff_ref("sockets", "285"),
        name="功率-金额",
        raw={key: value for key, value in data["priceDetail"].items() if key != "createUserId"},
    )


def test_the_example_of_the_vendors_page() -> None:
    hexadecimal = device_ref("sockets", "432442363530484D0667FF33")
    reading = device_reading(hexadecimal, status_of(sample("device_status_of_the_page")["data"]))

    assert reading.device.kind is DeviceKind.UNKNOWN
    assert reading.device.model == "type 0"
    assert reading.device.observed_at == datetime(2018, 10, 25, 9, 3, 24, tzinfo=UTC)
    assert reading.site is not None
    assert reading.site.name == "驴宝宝(lvcc)"
    assert states_of(reading) == ["AVAILABLE"] * 10
    assert [tariff.ref.native_id for tariff in reading.tariffs] == ["26", "285"]


def test_nearby() -> None:
    items = sample("nearby")["data"]
    (reading,) = nearby_readings("sockets", [*items, *items, {"name": "no simId"}, None])

    assert reading == DeviceReading(
        device=Device(
            ref=DEVICE,
            kind=DeviceKind.EBIKE_SOCKET_STATION,
            name="示例设备",
            model="ten-way",
            connectivity=Connectivity.ONLINE,
            lifecycle=DeviceLifecycle.IN_SERVICE,
            site=site_ref("sockets", "128"),
            raw_status=RawCode("1", "online"),
            raw=items[0],
        ),
        site=Site(
            ref=site_ref("sockets", "128"),
            name="江西省, 赣州市, 章贡区",
            address="江西省, 赣州市, 章贡区",
            location=GeoPoint(25.83, 114.93),
        ),
    )


def test_an_estate_is_told_with_its_first_device() -> None:
    (item,) = sample("nearby")["data"]
    first, second = nearby_readings("sockets", [item, {**item, "simId": "2", "address": None}])

    assert first.site is not None
    assert second.site is None
    assert second.device.site == first.site.ref


@pytest.mark.parametrize(("lat", "lng"), [(0, 0), (91, 1), (1, 181), (None, 1), ("nan", 1)])
def test_an_impossible_place_is_no_place(lat: object, lng: object) -> None:
    (item,) = sample("nearby")["data"]
    (reading,) = nearby_readings("sockets", [{**item, "lat": lat, "lng": lng}])

    assert reading.site is not None
    assert reading.site.location is None


def test_orders() -> None:
    (session,) = charging_sessions("sockets", sample("orders")["data"]["list"])

    assert session == ChargingSession(
        ref=ORDER,
        kind=ChargingSessionKind.CHARGE,
        status=ChargingSessionStatus.ACTIVE,
        device=DEVICE,
        slot=slot_ref(DEVICE, 2),
        site=site_ref("sockets", "128"),
        started_at=MADE,
        updated_at=datetime(2026, 1, 1, 4, 1, tzinfo=UTC),
        billing=Billing(status=BillingStatus.UNKNOWN),
        raw_status=RawCode("2", "charging"),
    )


def test_order_detail_and_charging_power() -> None:
    order = Order.model_validate(sample("order_detail")["data"])
    session = charging_session("sockets", order)
    powered = with_power(session, ChargingPower.model_validate(sample("charging_power")["data"]))

    assert is_charge(order)
    assert not is_of_car(order)
    assert (session.status, session.device, session.slot) == (ChargingSessionStatus.ACTIVE, None, None)
    assert (powered.device, powered.slot) == (DEVICE, slot_ref(DEVICE, 2))
    assert powered.power_w == 186
    assert powered.energy_kwh is None
    assert powered.observed_at == datetime(2026, 1, 1, 4, 1, tzinfo=UTC)


def test_realtime_record() -> None:
    session = charging_session("sockets", Order(order_num="1", status=2, device_family=1))
    charging = with_record(session, CarRecord.model_validate(sample("realtime_record")["data"]))

    assert charging.energy_kwh == 12.34
    assert charging.energy_source is EnergySource.REPORTED
    assert charging.power_w == 29709.1
    assert charging.status is ChargingSessionStatus.ACTIVE
    assert with_record(session, CarRecord(charging_status=4)).status is ChargingSessionStatus.FAILED
    assert with_record(session, CarRecord()).power_w is None


def test_an_answer_about_no_device_is_malformed() -> None:
    nothing: tuple[dict[str, object], ...] = ({}, {"device": {}}, {"device": {"success": True, "data": {"ports": [0]}}})
    for data in nothing:
        with pytest.raises(Malformed):
            device_reading(DEVICE, status_of(data))


def test_a_device_part_that_failed_leaves_its_prices() -> None:
    data = sample("device_status")["data"]
    failed = status_of({**data, "device": {"success": False, "error": "设备通讯超时"}})
    refusal = refusal_of(failed)
    reading = info_reading(DEVICE, data["device"]["data"]["device"], failed)

    assert isinstance(refusal, Rejected)
    assert refusal.message == "device status: 设备通讯超时"
    assert refusal_of(status_of(data)) is None
    assert reading.slots is None
    assert [tariff.ref.native_id for tariff in reading.tariffs] == ["26", "285"]


EIGHT_MORE = ["AVAILABLE"] * 8


@pytest.mark.parametrize(
    ("ports", "states"),
    [
        ([1, 0, 1, *[0] * 8], ["AVAILABLE", "CHARGING", *EIGHT_MORE]),
        ([0, 1, *[0] * 8], ["AVAILABLE", "CHARGING", *EIGHT_MORE]),
        ([0, 0, 1, *[0] * 8, 1, 1, 1], ["AVAILABLE", "CHARGING", *EIGHT_MORE]),
        ([0, 0, 1], ["AVAILABLE", "CHARGING", *["UNKNOWN"] * 8]),
        ([], ["UNKNOWN"] * 10),
        ("[0, 0]", ["UNKNOWN"] * 10),
        ([0, "1", 7, None, {}, *[0] * 6], ["CHARGING", "UNKNOWN", "UNKNOWN", "UNKNOWN", *["AVAILABLE"] * 6]),
    ],
    ids=["padded", "no padding", "too long", "too short", "empty", "text", "odd values"],
)
def test_ports_of_any_length(ports: object, states: list[str]) -> None:
    assert states_of(reading_with(ports)) == states


def test_an_unknown_state_keeps_its_code() -> None:
    slots = reading_with([0, 7, *[0] * 9]).slots

    assert slots is not None
    assert slots[0].raw_status == RawCode("7")


def test_without_a_port_number_ports_tell_how_many() -> None:
    assert len(states_of(reading_with(portNumber=None))) == 10


@pytest.mark.parametrize("number", [-1, 501, 2**62])
def test_an_impossible_number_of_sockets_is_malformed(number: int) -> None:
    with pytest.raises(Malformed):
        reading_with(portNumber=number)


def test_offline_sockets_are_unknown_and_keep_what_was_said() -> None:
    reading = reading_with(online=0)

    assert reading.device.connectivity is Connectivity.OFFLINE
    assert states_of(reading) == ["UNKNOWN"] * 10
    assert reading.slots is not None
    assert reading.slots[1].raw_status == RawCode("1", "charging")


def test_sockets_of_a_disabled_device_are_inoperative() -> None:
    reading = reading_with(status=2)

    assert states_of(reading) == ["INOPERATIVE"] * 10
    assert states_of(reading_with(status=2, online=0)) == ["UNKNOWN"] * 10


def test_a_gate_has_no_slots() -> None:
    assert reading_with(deviceType=11).slots == ()


def test_a_car_pile_has_connectors() -> None:
    direct, alternating = reading_with(deviceType=122), reading_with(deviceType=121)

    assert {slot.kind for slot in direct.slots or ()} == {SlotKind.CONNECTOR}
    assert {slot.connector for slot in direct.slots or ()} == {Connector(power_type="DC")}
    assert {slot.connector for slot in alternating.slots or ()} == {None}


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ((1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 14, 16, 17, 18, 19), DeviceKind.EBIKE_SOCKET_STATION),
        ((24, 25, 26, 27, 28, 29, 33, 34, 96), DeviceKind.EBIKE_SOCKET_STATION),
        ((22,), DeviceKind.EBIKE_CHARGING_CABINET),
        ((20, 35, 121, 122), DeviceKind.EV_CHARGER),
        ((11, 15), DeviceKind.ACCESS_CONTROL),
        ((0, 6, 13, 21, 123, 990, None), DeviceKind.UNKNOWN),
    ],
)
def test_device_types(codes: tuple[int, ...], kind: DeviceKind) -> None:
    assert {reading_with(deviceType=code).device.kind for code in codes} == {kind}


def test_six_way_direct_current_goes_by_family() -> None:
    kinds = [reading_with(deviceType=21, deviceFamily=family).device.kind for family in (0, 1, 2)]

    assert kinds == [DeviceKind.EBIKE_SOCKET_STATION, DeviceKind.EV_CHARGER, DeviceKind.UNKNOWN]


def test_lifecycles() -> None:
    found = [reading_with(status=code).device.lifecycle.value for code in (0, 1, 2, 3, 4, 5, 77, None)]

    assert found == ["PLANNED", "IN_SERVICE", "DISABLED", "OUT_OF_ORDER", "REMOVED", "TEST", "UNKNOWN", "UNKNOWN"]
    assert reading_with(status=77).device.raw_status == RawCode("77")


def test_a_price_id_that_is_a_boolean_is_none() -> None:
    assert reading_with(chargePriceId=True).device.tariff == tariff_ref("sockets", "26")


def test_raw_shows_documented_fields_only() -> None:
    raw = reading_with(ownerPhone="13800000000").device.raw

    assert raw is not None
    assert "ownerPhone" not in raw
    assert raw["place"] == 1


@pytest.mark.parametrize(
    ("detail", "amount"),
    [
        ({"totalElectricFee": 120, "electricPrice": 60}, "1.2"),
        ({"totalElectricFee": 0, "electricPrice": 60, "electricServiceFee": 20.5}, "0.805"),
        ({"electricPrice": "60"}, "0.6"),
    ],
)
def test_prices_by_energy(detail: dict[str, object], amount: str) -> None:
    tariff = price_standard("sockets", {"id": 310, "type": 2, **detail})

    assert tariff.unit_price == Money(Decimal(amount), "CNY")
    assert tariff.unit is PriceUnit.KWH
    assert tariff.name == "Price standard 310"


def test_prices_that_cannot_be_told() -> None:
    assert price_standard("sockets", {"id": 310, "type": 2}).unit is None
    assert price_standards("sockets", [{"name": "no id"}, None, 7]) == []
    assert tariffs_of("sockets", status_of({"price": {"id": 26, "price": 100, "time": 0}}))[0].unit is None
    assert tariffs_of("sockets", status_of({"price": {"name": "no id"}})) == ()


def test_both_forms_of_one_price_are_one_tariff() -> None:
    short = {"id": 26, "name": "short", "price": 100, "time": 60}
    (tariff,) = tariffs_of("sockets", status_of({"price": short, "priceDetail": {"id": 26, "type": 1}}))
    (by_energy,) = tariffs_of(
        "sockets", status_of({"price": short, "priceDetail": {"id": 26, "type": 2, "electricPrice": 50}})
    )

    assert (tariff.unit, tariff.raw) == (PriceUnit.MINUTE, {"id": 26, "type": 1})
    assert by_energy.unit is PriceUnit.KWH


def order(**fields: object) -> Order:
    return Order.model_validate({"orderNum": "1", **fields})


@pytest.mark.parametrize(
    ("code", "energy", "status"),
    [
        (0, None, ChargingSessionStatus.PENDING),
        (1, None, ChargingSessionStatus.PENDING),
        (2, None, ChargingSessionStatus.ACTIVE),
        (3, None, ChargingSessionStatus.COMPLETED),
        (4, 0.2, ChargingSessionStatus.COMPLETED),
        (4, 0, ChargingSessionStatus.FAILED),
        (4, None, ChargingSessionStatus.FAILED),
        (5, None, ChargingSessionStatus.COMPLETED),
        (77, None, ChargingSessionStatus.UNKNOWN),
        (None, None, ChargingSessionStatus.UNKNOWN),
    ],
)
def test_order_statuses(code: int | None, energy: float | None, status: ChargingSessionStatus) -> None:
    assert charging_session("sockets", order(status=code, powerCount=energy)).status is status


def test_an_unpaid_order_is_due() -> None:
    session = charging_session("sockets", order(status=0, payPrice="1.50"))

    assert session.billing == Billing(status=BillingStatus.PENDING, amount=Money(Decimal("1.50"), "CNY"))


def test_end_reasons() -> None:
    codes = [*range(1, 7), *range(12, 22), 82, 99]
    reasons = [charging_session("sockets", order(status=3, endType=code)).end_reason for code in codes]

    assert [reason.value for reason in reasons if reason] == [
        "COMPLETED_TIME",
        "BATTERY_FULL",
        "STOPPED_BY_USER",
        "OVER_POWER",
        "NO_LOAD",
        "UNPLUGGED",
        "MAX_DURATION",
        "OVER_TEMPERATURE",
        "METER_FAULT",
        "OVER_VOLTAGE",
        "LEAKAGE",
        "DEVICE_FAULT",
        "SLOT_FAULT_FIRE_SUPPRESSION",
        "SMOKE_ALARM",
        "DOOR_OPEN",
        "WATER_ALARM",
        "EMERGENCY_STOP",
        "UNKNOWN",
    ]
    assert charging_session("sockets", order(status=2, endType=3)).end_reason is None
    assert charging_session("sockets", order(status=3)).end_reason is None


def test_an_unknown_end_keeps_its_code() -> None:
    session = charging_session("sockets", order(status=3, endType=99))

    assert session.end_reason is ChargingSessionEndReason.UNKNOWN
    assert session.raw_status == RawCode("3", "normal end, endType 99")


def test_energy_is_told_of_cars_only() -> None:
    car = charging_session("sockets", order(status=3, deviceFamily=1, powerCount="12.5"))
    bike = charging_session("sockets", order(status=3, deviceFamily=0, powerCount="0.52"))

    assert (car.energy_kwh, car.energy_source) == (12.5, EnergySource.REPORTED)
    assert (bike.energy_kwh, bike.energy_source) == (None, None)


def test_what_is_no_charge_is_left_out() -> None:
    items = [
        {"orderNum": "1", "type": 1},
        {"orderNum": "3", "type": 3},
        {"orderNum": "4", "type": 4},
        {"orderNum": "5"},
        {"orderNum": "5", "status": 3},
        {"type": 3},
        "order",
    ]

    assert [session.ref.native_id for session in charging_sessions("sockets", items)] == ["3", "5"]


@pytest.mark.parametrize("port", [0, -1, 501, None])
def test_a_port_that_cannot_be_is_no_slot(port: int | None) -> None:
    session = charging_session("sockets", order(deviceId="86", portNum=port))

    assert session.device == device_ref("sockets", "86")
    assert session.slot is None
