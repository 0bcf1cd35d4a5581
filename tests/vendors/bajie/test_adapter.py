from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, cast

import pytest

from model.faults import Fault, Malformed, Rejected, TimedOut, Unauthorised
from model.refs import Ref, device_ref, session_ref, site_ref
from model.states import (
    BatteryStatus,
    ChargingSessionStatus,
    Connectivity,
    SlotOccupancy,
    SlotStatus,
    VendorSubscriptionStatus,
)
from tests.support.clock import FakeClock
from tests.support.vendors import opened
from vendors.bajie.adapter import BajieAdapter
from vendors.bajie.simulator import BajieSimulator
from vendors.kit.simulator import TRANSPORT_FAULTS, Switch

ROOT = "/cdb-open-api/v1"
FIRST, SECOND, OFFLINE, UNBOUND = (device_ref("cabinets-eu", f"XYZ{number:05}") for number in (1, 2, 14, 99))
PAGED, WHOLE = f"GET {ROOT}/cabinet/getAllDevicePage", f"GET {ROOT}/cabinet/getAllDevice"
INFO = f"GET {ROOT}/rent/cabinet/query"


@pytest.fixture
def simulator() -> BajieSimulator:
    return BajieSimulator(clock=FakeClock())


@asynccontextmanager
async def adapter_on(simulator: BajieSimulator, **keys: Any) -> AsyncIterator[BajieAdapter]:
    async with opened(simulator, **keys) as adapter:
        yield cast("BajieAdapter", adapter)


@pytest.fixture
async def adapter(simulator: BajieSimulator) -> AsyncIterator[BajieAdapter]:
    async with adapter_on(simulator) as it:
        yield it


Read = Callable[[BajieAdapter, BajieSimulator], Awaitable[Any]]


def some_order(simulator: BajieSimulator) -> Ref:
    return session_ref("cabinets-eu", next(iter(simulator.fleet.orders)))


READS: dict[str, tuple[Read, dict[str, int]]] = {
    "list_devices": (lambda it, _: it.list_devices(), {PAGED: 1}),
    "list_sites": (lambda it, _: it.list_sites(), {f"GET {ROOT}/shop/getShopList": 1}),
    "read_device": (lambda it, _: it.read_device(FIRST, None), {INFO: 1}),
    "read_slot_health": (
        lambda it, _: it.read_slot_health(FIRST),
        {f"GET {ROOT}/cabinet/slotByCabinetId/{{cabinet}}": 1},
    ),
    "read_battery_health": (
        lambda it, _: it.read_battery_health(FIRST),
        {f"GET {ROOT}/cabinet/batteryListByCabinetId/{{cabinet}}": 1},
    ),
    "list_sessions": (
        lambda it, world: it.list_sessions(world.now - timedelta(hours=12)),
        {f"GET {ROOT}/order/list": 1},
    ),
    "read_session": (
        lambda it, world: it.read_session(some_order(world)),
        {f"GET {ROOT}/rent/order/detail": 1},
    ),
    "list_tariffs": (lambda it, _: it.list_tariffs(), {f"POST {ROOT}/shop/priceStrategy/page": 1}),
    "list_subscriptions": (
        lambda it, _: it.list_subscriptions(),
        {f"GET {ROOT}/cabinet/eventPush/config/get": 1},
    ),
}
every_read = pytest.mark.parametrize(("read", "calls"), READS.values(), ids=READS)


@every_read
async def test_calls_of_each_read(
    simulator: BajieSimulator, adapter: BajieAdapter, read: Read, calls: dict[str, int]
) -> None:
    await read(adapter, simulator)

    assert simulator.counts == calls


# Devices.


async def test_devices_are_listed_without_the_unbound_one(adapter: BajieAdapter) -> None:
    readings = await adapter.list_devices()

    assert [reading.device.ref.native_id for reading in readings] == [f"XYZ{number:05}" for number in range(1, 15)]
    assert {reading.slots for reading in readings} == {None}
    by_ref = {reading.device.ref: reading.device for reading in readings}
    assert by_ref[FIRST].connectivity is Connectivity.ONLINE
    assert by_ref[OFFLINE].connectivity is Connectivity.OFFLINE


async def test_more_than_a_page_of_devices(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    cabinets = simulator.fleet.cabinets
    for number in range(200, 350):
        cabinets[f"XYZ{number:05}"] = cabinets["XYZ00001"].__class__(
            number, f"XYZ{number:05}", cabinets["XYZ00001"].shop, [], simulator.now, simulator.now
        )

    readings = await adapter.list_devices()

    assert len({reading.device.ref for reading in readings}) == len(readings) == 164
    assert simulator.counts == {PAGED: 2}


async def test_devices_come_from_the_older_list_where_there_are_no_pages(
    simulator: BajieSimulator, adapter: BajieAdapter
) -> None:
    simulator.switches["get_all_device_page_gone"] = Switch()

    assert len(await adapter.list_devices()) == 14
    assert simulator.counts == {PAGED: 1, WHOLE: 1}


async def test_pages_may_be_kept_under_data(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    simulator.switches["page_in_data"] = Switch()

    assert len(await adapter.list_devices()) == 14


async def test_one_read_tells_all_of_a_cabinet(adapter: BajieAdapter) -> None:
    reading = await adapter.read_device(FIRST, None)

    assert reading.site is not None
    assert reading.device.site == reading.site.ref == site_ref("cabinets-eu", "5ee0000001")
    assert reading.device.inventory is not None
    assert reading.slots is not None
    assert [slot.index for slot in reading.slots] == list(range(1, 9))
    assert {slot.status for slot in reading.slots} == {SlotStatus.UNKNOWN}
    held = [slot.battery for slot in reading.slots if slot.occupancy is SlotOccupancy.OCCUPIED]
    assert reading.batteries is not None
    assert held == [battery.ref for battery in reading.batteries]
    assert {battery.status for battery in reading.batteries} == {BatteryStatus.UNKNOWN}
    assert reading.device.tariff == reading.tariffs[0].ref
    assert reading.device.tariff in {tariff.ref for tariff in await adapter.list_tariffs()}


async def test_an_offline_cabinet_is_a_reading_and_no_fault(adapter: BajieAdapter) -> None:
    site = site_ref("cabinets-eu", "5ee0000002")

    reading = await adapter.read_device(OFFLINE, site)

    assert reading.device.connectivity is Connectivity.OFFLINE
    assert reading.device.site == site
    assert reading.slots is None
    assert list(await adapter.read_slot_health(OFFLINE)) == []
    assert list(await adapter.read_battery_health(OFFLINE)) == []


async def test_an_unbound_cabinet_is_rejected_with_what_to_do(adapter: BajieAdapter) -> None:
    with pytest.raises(Rejected, match="bind it to a shop") as raised:
        await adapter.read_device(UNBOUND, None)

    assert raised.value.raw_code == "2002"


async def test_the_health_of_slots_and_batteries(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    slots = await adapter.read_slot_health(SECOND)
    batteries = await adapter.read_battery_health(SECOND)

    assert [slot.index for slot in slots] == list(range(1, 13))
    assert [slot.index for slot in slots if slot.status is SlotStatus.OUT_OF_ORDER] == [3]
    assert [battery.fault.code for battery in batteries if battery.fault] == ["7"]
    assert all(battery.temperature_c for battery in batteries)
    assert {slot.battery for slot in slots if slot.battery} == {battery.ref for battery in batteries}


# Sites, sessions, subscriptions.


async def test_sites_name_their_cabinets(adapter: BajieAdapter) -> None:
    sites = await adapter.list_sites()

    assert [len(site.device_ids) for site in sites] == [4, 4, 3, 3]
    assert [site.address for site in sites][2] is None
    assert all(site.location for site in sites)


async def test_sessions_since_then_each_once(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    sessions = await adapter.list_sessions(simulator.now - timedelta(days=7))

    assert {session.ref.native_id for session in sessions} == set(simulator.fleet.orders)
    assert len(sessions) == len(simulator.fleet.orders)
    running = {session.ref.native_id for session in sessions if session.status is ChargingSessionStatus.ACTIVE}
    assert running == set(simulator.fleet.running)
    assert simulator.counts[f"GET {ROOT}/order/list"] == -(-len(sessions) // 100)
    recent = await adapter.list_sessions(simulator.now - timedelta(hours=6))
    assert {session.ref for session in recent} == {
        session.ref
        for session in sessions
        if session.started_at and session.started_at >= simulator.now - timedelta(hours=6)
    }


async def test_list_and_detail_agree_about_a_session(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    for listed in (await adapter.list_sessions(simulator.now - timedelta(days=7)))[::40]:
        detail = await adapter.read_session(listed.ref)
        assert detail.status is listed.status
        assert detail.device == listed.device
        assert detail.battery == listed.battery
        assert detail.started_at == (listed.started_at and listed.started_at.replace(microsecond=0))


async def test_the_push_configuration_is_one_subscription(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    assert list(await adapter.list_subscriptions()) == []

    simulator.actions()["set_push_url"]({"url": "https://hooks.example.com/bajie/0a1b2c", "off": ["CABINET_STATUS"]})
    (subscription,) = await adapter.list_subscriptions()

    assert subscription.webhook_url == "https://hooks.example.com/bajie/0a1b2c"
    assert len(subscription.event_types) == 8
    assert subscription.status is VendorSubscriptionStatus.ACTIVE


# The account's settings.


async def test_the_rental_minimum_decides_who_is_ready(simulator: BajieSimulator) -> None:
    async with adapter_on(simulator, rental_minimum_percent=100) as strict:
        batteries = await strict.read_battery_health(FIRST)

    by_charge = {battery.state_of_charge == 1: battery.status for battery in batteries}
    assert by_charge.get(True, BatteryStatus.READY) is BatteryStatus.READY
    assert by_charge.get(False, BatteryStatus.CHARGING) is BatteryStatus.CHARGING


async def test_wrong_credentials_are_unauthorised(simulator: BajieSimulator) -> None:
    async with adapter_on(simulator, password="wrong") as wrong:
        with pytest.raises(Unauthorised):
            await wrong.list_devices()


# While things break.


OWN_FAULTS = list(BajieSimulator.faults)


@every_read
@pytest.mark.parametrize("fault", [*OWN_FAULTS, *(fault for fault in TRANSPORT_FAULTS if fault != "reply_late")])
async def test_only_faults_leave_and_the_next_read_is_well(
    simulator: BajieSimulator, adapter: BajieAdapter, read: Read, calls: dict[str, int], fault: str
) -> None:
    simulator.switches[fault] = Switch(value=0) if fault in {"latency", "hang"} else Switch()
    with suppress(Fault):
        await read(adapter, simulator)

    simulator.switches.clear()
    simulator.counts.clear()
    await read(adapter, simulator)
    assert simulator.counts == calls


@pytest.mark.parametrize(
    "quirk", ["key_case", "numbers_as_strings", "string_codes", "code_200", "stale_battery_list", "bad_item"]
)
@every_read
async def test_quirks_change_nothing(
    simulator: BajieSimulator, adapter: BajieAdapter, read: Read, calls: dict[str, int], quirk: str
) -> None:
    plain = await read(adapter, simulator)
    simulator.switches[quirk] = Switch()

    quirky = await read(adapter, simulator)

    if quirk == "bad_item":
        assert without_slots(quirky) == without_slots(plain)
    else:
        assert without_raw(quirky) == without_raw(plain)


def without_raw(result: Any) -> Any:
    """What was read, without the vendor's own objects."""
    if hasattr(result, "__dataclass_fields__"):
        return {name: without_raw(getattr(result, name)) for name in result.__dataclass_fields__ if name != "raw"}
    return [without_raw(item) for item in result] if isinstance(result, list | tuple) else result


def without_slots(result: Any) -> Any:
    """A list of batteries with one that can't be read leaves the empty slots in doubt; all else stays."""
    bare = without_raw(result)
    return {**bare, "slots": None} if isinstance(bare, dict) else bare


async def test_unknown_codes_are_unknown_and_kept(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    simulator.switches.update(unknown_fault_code=Switch(), unknown_states=Switch())

    slots = await adapter.read_slot_health(FIRST)
    batteries = await adapter.read_battery_health(FIRST)
    devices = await adapter.list_devices()
    sessions = await adapter.list_sessions(simulator.now - timedelta(days=1))

    assert {(slot.status, slot.raw_status and slot.raw_status.code) for slot in slots} == {(SlotStatus.UNKNOWN, "99")}
    assert {(each.status, each.fault and each.fault.code) for each in batteries} == {(BatteryStatus.UNKNOWN, "99")}
    assert {reading.device.connectivity for reading in devices} == {Connectivity.UNKNOWN}
    assert {session.raw_status and session.raw_status.code for session in sessions} == {"97"}


async def test_a_list_of_nothing_but_nonsense_is_malformed(
    simulator: BajieSimulator, adapter: BajieAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulator, "_device_rows", lambda: [{"pTotal": 8}, {"pTotal": 12}])

    with pytest.raises(Malformed, match="none of 2 items"):
        await adapter.list_devices()


async def test_a_broken_connection_is_tried_once_more(simulator: BajieSimulator, adapter: BajieAdapter) -> None:
    simulator.switches["reset"] = Switch(times=1)
    assert len(await adapter.list_devices()) == 14

    simulator.switches["reset"] = Switch()
    with pytest.raises(TimedOut):
        await adapter.list_devices()
