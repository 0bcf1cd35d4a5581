"""Batteries: in devices, out on rentals, and found where they were last."""

from typing import Any

import pytest

from model.faults import TimedOut, Unreachable
from model.records import Battery
from model.refs import Ref, battery_ref, device_ref
from model.states import BatteryStatus, ChargingSessionKind, ChargingSessionStatus, ProblemCode
from resolvers.batteries import by_refs, of_devices, of_slots, page
from resolvers.filters import BatteryFilter
from resolvers.paging import PageArgs
from resolvers.states import states_of
from tests.resolvers.scripted import Given, World, account, fleet_of
from tests.resolvers.things import battery, codes, device, natives, reading, session, slot
from vendors.contract import DeviceReading, ListsDevices, ListsSessions, ReadsDevices

WANTS = ("Query.batteries", "Device.batteries")


def cabinets(key: str, *protocols: type, has_batteries: bool = True) -> Given:
    return account(key, ListsDevices, ReadsDevices, *protocols, has_batteries=has_batteries)


def holding(native: str, *batteries: Battery, account: str = "a") -> DeviceReading:
    slots = tuple(slot(native, index, account, battery=one.ref) for index, one in enumerate(batteries, 1))
    return reading(native, account, slots=slots, batteries=batteries)


def script(world: World, *read: DeviceReading) -> None:
    world["a"].answers |= {
        "list_devices": tuple(DeviceReading(device=one.device) for one in read),
        **{f"read_device {one.device.ref.native_id}": one for one in read},
    }


LOW = battery("B1", state_of_charge=0.1, status=BatteryStatus.LOW)
READY = battery("B3", state_of_charge=0.9, status=BatteryStatus.READY)
UNTOLD = battery("B2")
D1, D2 = holding("D1", READY), holding("D2", LOW, UNTOLD)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (BatteryFilter(), ["B1", "B2", "B3"]),
        (BatteryFilter(accounts=frozenset({"nowhere"})), []),
        (BatteryFilter(devices=frozenset({D2.device.ref})), ["B1", "B2"]),
        (BatteryFilter(devices=frozenset({device_ref("a", "D9")})), []),
        (BatteryFilter(devices=frozenset({device_ref("nowhere", "D1")})), []),
        (BatteryFilter(statuses=frozenset({BatteryStatus.READY, BatteryStatus.LOW})), ["B1", "B3"]),
        (BatteryFilter(min_state_of_charge=0.1), ["B1", "B3"]),
        (BatteryFilter(min_state_of_charge=0.11), ["B3"]),
        (BatteryFilter(min_state_of_charge=0.0), ["B1", "B3"]),
        (BatteryFilter(min_state_of_charge=0.5, statuses=frozenset({BatteryStatus.LOW})), []),
    ],
)
async def test_filters(where: BatteryFilter, found: list[str]) -> None:
    async with fleet_of(cabinets("a"), cabinets("b", has_batteries=False)) as world:
        script(world, D1, D2)
        shown = await page(world.scope(*WANTS), PageArgs(), where, None)
        assert (natives(shown), shown.total_count) == (found, len(found))
        assert world["b"].heard() == []


async def test_only_the_devices_that_are_asked_about_are_read() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, D1, D2)
        await page(world.scope(*WANTS), PageArgs(), BatteryFilter(devices=frozenset({D1.device.ref})), None)
        assert world["a"].heard() == ["list_devices", "read_device D1"]


async def test_problems_are_told_once() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, D1, D2, holding("D3"))
        world["a"].answers |= {"read_device D2": TimedOut("slow"), "read_device D3": TimedOut("slow")}
        shown = await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
        assert (natives(shown), codes(shown.problems)) == (["B3"], [("a", ProblemCode.VENDOR_TIMED_OUT)])


async def test_a_battery_that_moved_while_devices_were_read_is_where_it_was_read_last() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, holding("D1", battery("B1", state_of_charge=0.1)), holding("D2"))
        await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
        await world.clock.advance(3600)
        moved = battery("B1", state_of_charge=0.2)
        world["a"].answers |= {"read_device D1": Unreachable("down"), "read_device D2": holding("D2", moved)}
        shown = await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
        assert [(edge.node.state_of_charge, edge.node.reading.is_stale) for edge in shown.edges] == [(0.2, False)]
        (found,) = await by_refs(world.scope(*WANTS), [moved.ref], None)
        assert found is not None
        assert found.state_of_charge == 0.2


async def test_the_first_of_two_places_stands_where_the_other_is_older() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, holding("D1"), holding("D2", battery("B1", state_of_charge=0.1)))
        await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
        await world.clock.advance(3600)
        moved = holding("D1", battery("B1", state_of_charge=0.2))
        world["a"].answers |= {"read_device D2": Unreachable("down"), "read_device D1": moved}
        shown = await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
        assert [edge.node.state_of_charge for edge in shown.edges] == [0.2]


async def test_the_batteries_in_each_device() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, D1, D2)
        found = await of_devices(world.scope(*WANTS), [device("D2"), device("D1"), device("D1", "nowhere")], None)
        assert [[one.ref.native_id for one in own] for own in found] == [["B1", "B2"], ["B3"], []]


async def test_the_battery_in_each_slot_costs_no_call_where_its_device_was_read() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, D1, D2)
        scope = world.scope(*WANTS)
        await states_of(scope, [device("D2")], None)
        world["a"].heard()
        slots = [
            slot("D2", 1, battery=LOW.ref),
            slot("D2", 9),
            slot("D2", 3, battery=battery_ref("a", "B9")),
            slot("D1", 1, battery=READY.ref),
            slot("D1", 1, "nowhere", battery=battery_ref("nowhere", "B")),
        ]
        found = await of_slots(scope, slots, None)
        assert [one and one.ref.native_id for one in found] == ["B1", None, None, "B3", None]
        assert world["a"].heard() == ["read_device D1"]


async def find(world: World, *found: Ref) -> list[tuple[str, BatteryStatus] | None]:
    batteries = await by_refs(world.scope(*WANTS, "Query.battery"), list(found), None)
    return [None if one is None else (one.ref.native_id, one.status) for one in batteries]


async def test_where_nothing_is_known_every_device_is_read() -> None:
    async with fleet_of(cabinets("a")) as world:
        script(world, D1, D2)
        assert await find(world, LOW.ref) == [("B1", BatteryStatus.LOW)]
        assert world["a"].heard() == ["list_devices", "read_device D1", "read_device D2"]


async def known(world: World, *read: DeviceReading) -> None:
    """Every device is read, and an hour goes by."""
    script(world, *read)
    await page(world.scope(*WANTS), PageArgs(), BatteryFilter(), None)
    world["a"].heard()
    await world.clock.advance(3600)


async def test_a_battery_is_looked_for_where_it_was_last_and_nobody_else_is_asked() -> None:
    async with fleet_of(cabinets("a")) as world:
        await known(world, D1, D2)
        assert await find(world, READY.ref) == [("B3", BatteryStatus.READY)]
        assert world["a"].heard() == ["read_device D1"]
        assert await find(world, LOW.ref, UNTOLD.ref) == [("B1", BatteryStatus.LOW), ("B2", BatteryStatus.UNKNOWN)]
        assert world["a"].heard() == ["read_device D2"]


async def test_a_battery_that_is_not_there_any_more_is_looked_for_everywhere_and_no_device_is_read_twice() -> None:
    async with fleet_of(cabinets("a")) as world:
        await known(world, D1, D2)
        world["a"].answers |= {"read_device D1": holding("D1"), "read_device D2": holding("D2", READY)}
        assert await find(world, READY.ref) == [("B3", BatteryStatus.READY)]
        assert world["a"].heard() == ["list_devices", "read_device D1", "read_device D2"]


async def test_a_battery_whose_device_cannot_be_read_now_is_shown_as_it_was() -> None:
    async with fleet_of(cabinets("a")) as world:
        await known(world, D1, D2)
        world["a"].answers["read_device D1"] = Unreachable("down")
        (found,) = await by_refs(world.scope(*WANTS), [READY.ref], None)
        assert found is not None
        assert (found.state_of_charge, found.reading.is_stale) == (0.9, True)
        assert world["a"].heard() == ["read_device D1"]


async def test_a_battery_in_a_listing_that_tells_them_is_found_there() -> None:
    async with fleet_of(account("a", ListsDevices, has_batteries=True)) as world:
        world["a"].answers["list_devices"] = (D1, D2)
        assert await find(world, LOW.ref) == [("B1", BatteryStatus.LOW)]
        assert await find(world, READY.ref) == [("B3", BatteryStatus.READY)]
        assert world["a"].heard() == ["list_devices"]


async def test_a_configured_device_is_a_place_too() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1", "C2"), has_batteries=True)) as world:
        world["a"].answers |= {"read_device C1": holding("C1", READY), "read_device C2": holding("C2")}
        assert await find(world, READY.ref) == [("B3", BatteryStatus.READY)]
        await world.clock.advance(3600)
        world["a"].heard()
        assert await find(world, READY.ref) == [("B3", BatteryStatus.READY)]
        assert world["a"].heard() == ["read_device C1"]


@pytest.mark.parametrize(
    ("rental", "found"),
    [
        (session("R", kind=ChargingSessionKind.RENTAL, battery=battery_ref("a", "B9")), ("B9", BatteryStatus.RENTED)),
        (session("R", battery=battery_ref("a", "B9"), status=ChargingSessionStatus.COMPLETED), None),
        (session("R", battery=battery_ref("a", "B8")), None),
        (session("R"), None),
    ],
)
async def test_a_battery_in_no_device_may_be_out_on_a_rental(rental: Any, found: object) -> None:
    async with fleet_of(cabinets("a", ListsSessions)) as world:
        script(world, D1, D2)
        world["a"].answers["list_sessions"] = (rental,)
        assert await find(world, battery_ref("a", "B9"), READY.ref) == [found, ("B3", BatteryStatus.READY)]


async def test_batteries_of_accounts_that_are_not_there_are_none() -> None:
    async with fleet_of(cabinets("a")) as world:
        assert await find(world, battery_ref("nowhere", "B1")) == [None]
