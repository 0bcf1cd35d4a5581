"""What each capability costs in vendor calls, and how it holds when the vendor does not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.refs import device_ref, session_ref
from model.states import ChargingSessionStatus, Connectivity, DeviceKind, SlotStatus
from tests.support.clock import START
from tests.support.vendors import opened
from tests.support.vendors import simulator as simulator_of
from tests.vendors.lvcchong.replies import OEM, Vendor, adapter_of, form_of, sample
from vendors.contract import ListsDevices, ListsSessions, ListsTariffs, ReadsDevices, ReadsSessions
from vendors.kit.simulator import TRANSPORT_FAULTS, Switch
from vendors.lvcchong.adapter import LvccAdapter
from vendors.lvcchong.simulator import PASSWORD, TOKEN, USERNAME, LvccSimulator

DEVICE = device_ref("sockets", "867000000000001")
CAR = device_ref("sockets", "867000000000007")
NOBODYS = device_ref("sockets", "000000000000000")
A_WEEK_AGO = START - timedelta(days=7)
OEM_URL = "http://lvcchong.test/open/oem"


@pytest.fixture
def simulator() -> LvccSimulator:
    simulated = simulator_of("lvcchong")
    assert isinstance(simulated, LvccSimulator)
    return simulated


@asynccontextmanager
async def adapter_on(simulator: LvccSimulator, **account: Any) -> AsyncIterator[LvccAdapter]:
    async with opened(simulator, **account) as adapter:
        assert isinstance(adapter, LvccAdapter)
        yield adapter


def calls(simulator: LvccSimulator) -> dict[str, int]:
    counted = {name.removeprefix("POST ").removeprefix("/openapi"): n for name, n in simulator.counts.items()}
    simulator.counts.clear()
    return counted


def running(simulator: LvccSimulator, family: int) -> str:
    orders = simulator.fleet.orders.values()
    return next(order.number for order in orders if order.status == 2 and order.station.family == family)


def finished(simulator: LvccSimulator) -> str:
    return next(order.number for order in simulator.fleet.orders.values() if order.status == 3)


def test_capabilities() -> None:
    assert issubclass(LvccAdapter, ListsDevices)
    assert issubclass(LvccAdapter, ReadsDevices)
    assert issubclass(LvccAdapter, ListsSessions)
    assert issubclass(LvccAdapter, ReadsSessions)
    assert issubclass(LvccAdapter, ListsTariffs)


async def test_devices_cost_a_call_an_area(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        readings = await adapter.list_devices()

    assert calls(simulator) == {"/nearby": 3}
    assert len(readings) == 15
    assert [reading.site.ref.native_id for reading in readings if reading.site] == ["128", "129", "130"]
    assert {reading.slots for reading in readings} == {None}


async def test_no_areas_no_devices_no_calls(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator, areas=[]) as adapter:
        assert await adapter.list_devices() == []

    assert calls(simulator) == {}


async def test_areas_that_overlap_give_each_device_once(simulator: LvccSimulator) -> None:
    areas = simulator.account()["areas"]
    assert isinstance(areas, list)
    async with adapter_on(simulator, areas=[areas[0], areas[0]]) as adapter:
        assert len(await adapter.list_devices()) == 5


async def test_a_device_costs_one_call(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        reading = await adapter.read_device(DEVICE, None)

    assert calls(simulator) == {"/deviceStatus": 1}
    assert reading.device.ref == DEVICE
    assert reading.slots is not None
    assert len(reading.slots) == 10
    assert reading.slots[2].status is SlotStatus.OUT_OF_ORDER
    assert reading.site is not None
    assert reading.site.name == "示例小区"


async def test_every_station_can_be_read(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        readings = [
            await adapter.read_device(device_ref("sockets", sim_id), None) for sim_id in simulator.fleet.stations
        ]

    assert [len(reading.slots or ()) for reading in readings] == [
        len(station.sockets) for station in simulator.fleet.stations.values()
    ]
    assert {reading.device.kind for reading in readings} == {
        DeviceKind.EBIKE_SOCKET_STATION,
        DeviceKind.EBIKE_CHARGING_CABINET,
        DeviceKind.EV_CHARGER,
        DeviceKind.ACCESS_CONTROL,
        DeviceKind.UNKNOWN,
    }
    (offline,) = [reading for reading in readings if reading.device.connectivity is Connectivity.OFFLINE]
    assert {slot.status for slot in offline.slots or ()} == {SlotStatus.UNKNOWN}


async def test_somebody_elses_device_is_not_found(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        with pytest.raises(NotFound):
            await adapter.read_device(NOBODYS, None)

    assert calls(simulator) == {"/deviceStatus": 1}


async def test_a_device_part_that_failed_costs_a_second_call(simulator: LvccSimulator) -> None:
    simulator.switches["outer_true_inner_false"] = Switch()
    async with adapter_on(simulator) as adapter:
        reading = await adapter.read_device(CAR, None)

    assert calls(simulator) == {"/deviceStatus": 1, "/getDeviceInfoBySimId": 1}
    assert reading.device.kind is DeviceKind.EV_CHARGER
    assert reading.slots is None
    assert [tariff.ref.native_id for tariff in reading.tariffs] == ["311"]


async def test_a_device_part_that_failed_twice_is_the_first_refusal(simulator: LvccSimulator) -> None:
    simulator.switches["outer_true_inner_false"] = Switch()
    simulator.switches["http_500"] = Switch(path="getDeviceInfoBySimId")
    async with adapter_on(simulator) as adapter:
        with pytest.raises(Rejected, match="设备通讯超时"):
            await adapter.read_device(CAR, None)


async def test_sessions_cost_a_call_a_hundred(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        sessions = await adapter.list_sessions(A_WEEK_AGO)

    assert calls(simulator) == {"/queryChargeOrder": 2}
    assert len(sessions) == len(simulator.fleet.orders)
    assert len({session.ref for session in sessions}) == len(sessions)


async def test_sessions_since_now_are_those_that_run(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        sessions = await adapter.list_sessions(START + timedelta(minutes=1))

    assert calls(simulator) == {"/queryChargeOrder": 1}
    assert {session.status for session in sessions} == {ChargingSessionStatus.ACTIVE, ChargingSessionStatus.PENDING}
    assert {session.ref.native_id for session in sessions} >= {order.number for order in simulator.fleet.running}


async def test_pages_that_repeat_themselves_end() -> None:
    page = sample("orders")
    page["data"]["page"]["deepPageToken"] = "again"
    async with adapter_of(Vendor(page)) as adapter:
        with pytest.raises(Malformed):
            await adapter.list_sessions(A_WEEK_AGO)


async def test_the_next_page_is_asked_for_with_the_token_of_the_last() -> None:
    first = sample("orders")
    first["data"]["page"]["deepPageToken"] = "second"
    vendor = Vendor(first, sample("orders"))
    async with adapter_of(vendor) as adapter:
        (session,) = await adapter.list_sessions(A_WEEK_AGO)

    pages = [(form["pageNum"], form.get("deepPageToken")) for form in map(form_of, vendor.requests)]
    assert pages == [("1", None), ("2", "second")]
    assert session.ref.native_id == "20260101120000000001"


async def test_a_running_session_at_a_socket_costs_two_calls(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        session = await adapter.read_session(session_ref("sockets", running(simulator, 0)))

    assert calls(simulator) == {"/queryChargeOrderDetail": 1, "/chargingWatt": 1}
    assert session.power_w
    assert session.energy_kwh is None


async def test_a_running_session_of_a_car_costs_two_calls(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        session = await adapter.read_session(session_ref("sockets", running(simulator, 1)))

    assert calls(simulator) == {"/queryChargeOrderDetail": 1, "/getChargeOrderRealtimeRecord": 1}
    assert session.power_w
    assert session.power_w > 1000
    assert session.energy_kwh


async def test_a_finished_session_costs_one_call(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        session = await adapter.read_session(session_ref("sockets", finished(simulator)))

    assert calls(simulator) == {"/queryChargeOrderDetail": 1}
    assert session.ended_at
    assert session.billing is not None
    assert session.billing.amount


async def test_a_session_without_a_reading_of_its_power_is_still_known() -> None:
    refusal = {"code": "-1", "error": "查询无数据", "success": False}
    number = sample("order_detail")["data"]["orderNum"]
    async with adapter_of(Vendor(sample("order_detail"), refusal)) as adapter:
        session = await adapter.read_session(session_ref("sockets", number))

    assert session.status is ChargingSessionStatus.ACTIVE
    assert session.power_w is None


@pytest.mark.parametrize(
    ("order", "fault"),
    [
        ({"orderNum": "1", "type": 1}, NotFound),
        ({"orderNum": "2", "type": 3}, Malformed),
        ({"type": 3}, Malformed),
    ],
)
async def test_an_answer_about_something_else(order: dict[str, object], fault: type[Fault]) -> None:
    async with adapter_of(Vendor({"data": order, "success": True})) as adapter:
        with pytest.raises(fault):
            await adapter.read_session(session_ref("sockets", "1"))


async def test_tariffs_cost_three_calls(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        tariffs = await adapter.list_tariffs()

    assert calls(simulator) == {"/listPriceStandard": 3}
    assert [tariff.ref.native_id for tariff in tariffs] == ["26", "285", "310", "311"]


# The OEM platform.


async def test_the_oem_platform(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator, dialect="oem", base_url=OEM_URL, areas=[]) as adapter:
        assert await adapter.list_devices() == []
        device = await adapter.read_device(DEVICE, None)
        sessions = await adapter.list_sessions(A_WEEK_AGO)
        session = await adapter.read_session(session_ref("sockets", running(simulator, 0)))
        tariffs = await adapter.list_tariffs()

    assert calls(simulator) == {
        "/open/oem/deviceStatus": 1,
        "/open/oem/queryChargeOrder": 3,
        "/open/oem/getPriceStandard": 1,
    }
    assert len(device.slots or ()) == 10
    assert len(sessions) == len(simulator.fleet.orders)
    assert session.status is ChargingSessionStatus.ACTIVE
    assert session.power_w is None
    assert len(tariffs) == 4


async def test_the_oem_platforms_pages_of_prices() -> None:
    def page(number: int) -> dict[str, object]:
        return {"data": {"list": [{"id": number, "type": 0}], "page": {"pages": 2, "pageNum": number}}, "success": True}

    vendor = Vendor(page(1), page(2))
    async with adapter_of(vendor, OEM) as adapter:
        tariffs = await adapter.list_tariffs()

    assert [tariff.ref.native_id for tariff in tariffs] == ["1", "2"]
    assert len(vendor.requests) == 2


@pytest.mark.parametrize("items", [[], ["order", {"orderNum": "2"}]])
async def test_an_order_that_the_oem_platform_does_not_list_is_not_found(items: list[object]) -> None:
    async with adapter_of(Vendor({"data": {"list": items}, "success": True}), OEM) as adapter:
        with pytest.raises(NotFound):
            await adapter.read_session(session_ref("sockets", "1"))


async def test_the_oem_platform_has_no_second_source_for_a_device(simulator: LvccSimulator) -> None:
    simulator.switches["outer_true_inner_false"] = Switch()
    async with adapter_on(simulator, dialect="oem", base_url=OEM_URL, areas=[]) as adapter:
        with pytest.raises(Rejected):
            await adapter.read_device(DEVICE, None)

    assert calls(simulator) == {"/open/oem/deviceStatus": 1}


def signing_in(password: str = PASSWORD) -> dict[str, object]:
    sign_in = {"username": USERNAME, "password": password, "token_path": "/getToken"}
    return {"dialect": "oem", "base_url": OEM_URL, "areas": [], "token": None, **sign_in}


async def test_signing_in_again_after_a_day(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator, **signing_in()) as adapter:
        await adapter.read_device(DEVICE, None)
        simulator.advance(24 * 3600 + 1)
        await adapter.read_device(DEVICE, None)

    assert calls(simulator) == {"/open/oem/getToken": 2, "/open/oem/deviceStatus": 3}


async def test_a_wrong_password(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator, **signing_in("wrong")) as adapter:
        with pytest.raises(Unauthorised):
            await adapter.read_device(DEVICE, None)


# While things break.

READS: dict[str, Callable[[LvccAdapter, LvccSimulator], Awaitable[object]]] = {
    "list_devices": lambda adapter, _: adapter.list_devices(),
    "read_device": lambda adapter, _: adapter.read_device(DEVICE, None),
    "read_car_pile": lambda adapter, _: adapter.read_device(CAR, None),
    "list_sessions": lambda adapter, _: adapter.list_sessions(A_WEEK_AGO),
    "read_session": lambda adapter, world: adapter.read_session(session_ref("sockets", running(world, 0))),
    "read_car_session": lambda adapter, world: adapter.read_session(session_ref("sockets", running(world, 1))),
    "list_tariffs": lambda adapter, _: adapter.list_tariffs(),
}
WAITING = ("latency", "hang", "reply_late")


async def fault_of(work: Awaitable[object]) -> Fault | None:
    try:
        await work
    except Fault as fault:
        return fault
    return None


@pytest.mark.parametrize("fault", [name for name in (*TRANSPORT_FAULTS, *LvccSimulator.faults) if name not in WAITING])
async def test_only_faults_leave_and_it_works_again(simulator: LvccSimulator, fault: str) -> None:
    async with adapter_on(simulator) as adapter:
        for read in READS.values():
            simulator.switches[fault] = Switch()
            raised = await fault_of(read(adapter, simulator))
            assert raised is None or TOKEN not in raised.message
            simulator.switches.clear()
            assert await read(adapter, simulator)


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        ("reset", TimedOut),
        ("http_503", Unreachable),
        ("http_401", Unauthorised),
        ("token_expired", Unauthorised),
        ("throttle", RateLimited),
        ("invalid_json", Malformed),
        ("nulls", Malformed),
    ],
)
async def test_what_a_fault_becomes(simulator: LvccSimulator, fault: str, raised: type[Fault]) -> None:
    simulator.switches[fault] = Switch()
    async with adapter_on(simulator) as adapter:
        with pytest.raises(raised):
            await adapter.read_device(DEVICE, None)


async def test_a_token_that_expired_is_fetched_anew_within_the_call(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator, **signing_in()) as adapter:
        simulator.switches["token_expired"] = Switch(times=1)
        assert (await adapter.read_device(DEVICE, None)).slots


async def test_odd_ports_still_give_ten_sockets(simulator: LvccSimulator) -> None:
    async with adapter_on(simulator) as adapter:
        for fault in ("no_padding", "short_ports", "long_ports", "ports_missing", "text_numbers", "code_minus_one"):
            simulator.switches = {fault: Switch()}
            reading = await adapter.read_device(DEVICE, None)
            assert len(reading.slots or ()) == 10, fault


async def test_stale_ports_of_an_offline_device_are_not_believed(simulator: LvccSimulator) -> None:
    simulator.switches["offline_stale"] = Switch()
    async with adapter_on(simulator) as adapter:
        reading = await adapter.read_device(DEVICE, None)

    assert reading.device.connectivity is Connectivity.OFFLINE
    assert {slot.status for slot in reading.slots or ()} == {SlotStatus.UNKNOWN}


async def test_maintenance_is_a_hint(simulator: LvccSimulator) -> None:
    simulator.switches["maintenance"] = Switch()
    async with adapter_on(simulator) as adapter:
        reading = await adapter.read_device(DEVICE, None)

    assert reading.device.raw is not None
    assert reading.device.raw["errorMsg"] == "设备维护中"
    assert reading.slots is not None
    assert reading.slots[0].status is not SlotStatus.UNKNOWN


async def test_both_shapes_of_an_empty_list(simulator: LvccSimulator) -> None:
    simulator.fleet.orders.clear()
    async with adapter_on(simulator) as adapter:
        assert await adapter.list_sessions(A_WEEK_AGO) == []
        simulator.switches["empty_shape"] = Switch()
        assert await adapter.list_sessions(A_WEEK_AGO) == []


async def test_unknown_codes_are_unknown_and_kept(simulator: LvccSimulator) -> None:
    simulator.switches = {name: Switch() for name in ("unknown_device_type", "unknown_status", "unknown_end_type")}
    async with adapter_on(simulator) as adapter:
        reading = await adapter.read_device(DEVICE, None)
        sessions = await adapter.list_sessions(A_WEEK_AGO)

    assert reading.device.kind is DeviceKind.UNKNOWN
    assert reading.device.model == "type 990"
    assert reading.device.raw_status is not None
    assert reading.device.raw_status.code == "77"
    assert {session.status for session in sessions} == {ChargingSessionStatus.UNKNOWN}
