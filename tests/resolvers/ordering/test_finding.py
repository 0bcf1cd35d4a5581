"""What a wish names must be there and able, and finding that out costs calls only where it would be refused."""

from dataclasses import replace
from typing import Any

import pytest

from hub.parts import Key, Part
from model.faults import Unreachable
from model.refs import device_ref, slot_ref
from model.states import ChargerMode, CommandKind, Connectivity, DeviceKind, FreshnessSource
from resolvers.ordering.cabinets import EjectAllBatteries, EjectBattery
from resolvers.ordering.many import SetChargerMode
from tests.resolvers.ordering.wishing import D1, D2, SLOT, acting, aimed, complaint, complaints, device, given, rule
from tests.resolvers.scripted import World, fleet_of
from tests.resolvers.things import reading, slot
from vendors.contract import ListsDevices, ReadsDevices

KIND = CommandKind.EJECT_BATTERY
EJECT = EjectBattery(slot=SLOT)
EMPTY = EjectAllBatteries(device=D1, confirm_device_native_id="D1")
FAR = 7 * 86_400
"""Long after whatever was read."""


async def know(world: World, *devices: str, age_s: float = FAR, **said: Any) -> None:
    """As last listed, and some time passed."""
    await world.recall(Key("a", Part.DEVICES), tuple(device(one, **said) for one in devices), age_s=age_s)


async def test_what_is_known_is_not_asked_for_however_old() -> None:
    async with fleet_of(acting("a", KIND, protocols=(ListsDevices, ReadsDevices))) as world:
        await know(world, "D1")
        await given(world, EJECT)
        assert aimed(world) == [(D1, SLOT, None)]
        assert world["a"].heard() == []


async def test_what_only_the_configuration_names_is_known_too() -> None:
    modes = acting("a", CommandKind.SET_CHARGER_MODE, protocols=(ReadsDevices,), devices=("D1", "D2"))
    async with fleet_of(modes) as world:
        await given(world, SetChargerMode(devices=(D1, D2), mode=ChargerMode.FAST))
        assert aimed(world) == [(D1, None, None), (D2, None, None)]
        assert world["a"].heard() == []


async def test_what_nobody_knows_yet_is_read_once() -> None:
    async with fleet_of(acting("a", KIND, protocols=(ListsDevices, ReadsDevices))) as world:
        world["a"].answers["read_device D1"] = device()
        await given(world, EJECT)
        assert world["a"].heard() == ["read_device D1"]


async def test_a_stranger_is_not_found() -> None:
    async with fleet_of(acting("a", KIND)) as world:
        world["a"].answers["list_devices"] = (device("D2"),)
        assert await complaint(world, EJECT) == ("NOT_FOUND", "input.slotId", "USER_ACTION")
        assert world["a"].heard() == ["list_devices"]


async def test_a_device_that_left_the_configuration_cannot_be_told_anything() -> None:
    async with fleet_of(acting("a", CommandKind.EJECT_ALL_BATTERIES, protocols=(ReadsDevices,))) as world:
        await world.recall(Key("a", Part.DEVICE, "D1"), device())
        assert await complaint(world, EMPTY) == ("NOT_FOUND", "input.deviceId", "USER_ACTION")


async def test_while_the_vendor_is_away_nobody_says_that_a_device_is_not_there() -> None:
    async with fleet_of(acting("a", KIND)) as world:
        world["a"].answers["list_devices"] = Unreachable("the vendor is down")
        (found,) = await complaints(world, EJECT)
        assert (found.code, found.message) == ("VENDOR_UNREACHABLE", "the vendor is down")
        assert (found.field, found.resolution) == (("input", "slotId"), "RETRY_LATER")


async def test_an_account_that_the_viewer_may_not_see_has_no_devices() -> None:
    async with fleet_of(acting("a", KIND)) as world:
        wish = EjectBattery(slot=slot_ref(device_ref("elsewhere", "D1"), 1))
        assert await complaint(world, wish) == ("NOT_FOUND", "input.slotId", "USER_ACTION")


async def test_a_slot_that_is_not_there_costs_no_call_where_the_slots_are_known() -> None:
    async with fleet_of(acting("a", KIND, protocols=(ListsDevices, ReadsDevices))) as world:
        await know(world, "D1")
        (found,) = await complaints(world, EjectBattery(slot=slot_ref(D1, 9)))
        assert (found.code, found.message) == ("NOT_FOUND", "D1 has no slot 9")
        assert world["a"].heard() == []


async def test_slots_that_nobody_told_yet_are_read() -> None:
    async with fleet_of(acting("a", KIND, protocols=(ListsDevices, ReadsDevices))) as world:
        await know(world, "D1", slots=None)
        world["a"].answers["read_device D1"] = device()
        await given(world, EJECT)
        assert world["a"].heard() == ["read_device D1"]


async def test_slots_that_cannot_be_read_are_not_denied() -> None:
    async with fleet_of(acting("a", KIND, protocols=(ListsDevices, ReadsDevices))) as world:
        await know(world, "D1", slots=None)
        world["a"].answers["read_device D1"] = Unreachable("the vendor is down")
        assert await complaint(world, EJECT) == ("VENDOR_UNREACHABLE", "input.slotId", "RETRY_LATER")


async def test_slot_zero_means_all_of_them_to_some_vendors_and_nothing_here() -> None:
    async with fleet_of(acting("a", KIND)) as world:
        await know(world, "D1", slots=(slot("D1", 0), slot("D1", 1)))
        assert await complaint(world, EjectBattery(slot=slot_ref(D1, 0))) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )


async def test_a_vendor_that_cannot_do_it_is_named_with_what_it_lacks() -> None:
    async with fleet_of(acting("a", CommandKind.RENT_BATTERY)) as world:
        await know(world, "D1")
        (found,) = await complaints(world, EJECT)
        assert found.message == (
            "Acme does not offer EJECT_BATTERY for D1: ask for `capabilities` to see what it offers"
        )
        assert (found.code, found.field, found.resolution) == ("UNSUPPORTED", ("input", "slotId"), "NONE")


async def test_a_kind_of_device_that_cannot_do_it_is_told_apart() -> None:
    only_for_some = acting("a", commands=(rule(KIND, not_for=(DeviceKind.ACCESS_CONTROL,)),))
    async with fleet_of(only_for_some) as world:
        await know(world, "D1", kind=DeviceKind.ACCESS_CONTROL)
        assert await complaint(world, EJECT) == ("UNSUPPORTED", "input.slotId", "NONE")


@pytest.mark.parametrize("age_s", [0, 59])
async def test_a_device_that_a_fresh_reading_shows_away_is_told_nothing(age_s: float) -> None:
    async with fleet_of(acting("a", KIND)) as world:
        await know(world, "D1", age_s=age_s, connectivity=Connectivity.OFFLINE)
        (found,) = await complaints(world, EJECT)
        assert found.message == "D1 is not connected to Acme; nothing was sent. Ask again once it is online"
        assert (found.code, found.field, found.resolution) == (
            "DEVICE_OFFLINE",
            ("input", "slotId"),
            "RETRY_LATER",
        )
        assert world["a"].heard() == []


@pytest.mark.parametrize(
    ("age_s", "connectivity"),
    [(61, Connectivity.OFFLINE), (0, Connectivity.UNKNOWN), (0, Connectivity.DEGRADED), (0, Connectivity.ONLINE)],
)
async def test_otherwise_its_vendor_is_to_say(age_s: float, connectivity: Connectivity) -> None:
    async with fleet_of(acting("a", KIND)) as world:
        await know(world, "D1", age_s=age_s, connectivity=connectivity)
        await given(world, EJECT)


async def test_of_many_each_wrong_one_is_named_by_its_place_and_nothing_is_sent() -> None:
    kinds = CommandKind.SET_CHARGER_MODE
    async with fleet_of(acting("a", kinds), acting("b", CommandKind.RENT_BATTERY)) as world:
        await know(world, "D1")
        await world.recall(Key("b", Part.DEVICES), (device("D1", "b"),))
        world["a"].answers["list_devices"] = (device("D1"),)
        strangers = (device_ref("a", "gone"), device_ref("nobody", "D1"), device_ref("b", "D1"))
        found = await complaints(world, SetChargerMode(devices=(D1, *strangers), mode=ChargerMode.ECO))
        assert [(one.code.value, one.field) for one in found] == [
            ("NOT_FOUND", ("input", "deviceIds", "1")),
            ("NOT_FOUND", ("input", "deviceIds", "2")),
            ("UNSUPPORTED", ("input", "deviceIds", "3")),
        ]


async def test_of_many_those_away_do_not_keep_the_others_waiting() -> None:
    async with fleet_of(acting("a", CommandKind.SET_CHARGER_MODE)) as world:
        away = device("D2", connectivity=Connectivity.OFFLINE)
        await world.recall(Key("a", Part.DEVICES), (device("D1"), away))
        await given(world, SetChargerMode(devices=(D1, D2), mode=ChargerMode.ECO), "both")
        alone = SetChargerMode(devices=(D2,), mode=ChargerMode.ECO)
        world.desk.orders.clear()
        assert await complaint(world, alone) == ("DEVICE_OFFLINE", "input.deviceIds.0", "RETRY_LATER")


async def test_a_thousand_known_chargers_cost_no_call() -> None:
    async with fleet_of(acting("a", CommandKind.SET_CHARGER_MODE)) as world:
        names = [f"D{number}" for number in range(1000)]
        await world.recall(Key("a", Part.DEVICES), tuple(reading(name) for name in names), age_s=FAR)
        refs = tuple(device_ref("a", name) for name in names)
        await given(world, SetChargerMode(devices=refs, mode=ChargerMode.ECO))
        assert [aim[0] for aim in aimed(world)] == list(refs)
        assert world["a"].heard() == []


async def test_a_reading_marked_stale_says_nothing_of_now() -> None:
    async with fleet_of(acting("a", KIND)) as world:
        away = device(connectivity=Connectivity.OFFLINE)
        known = await world.recall(Key("a", Part.DEVICES), (away,))
        stale = replace(known, is_stale=True, source=FreshnessSource.POLL)
        await world.fleet.snapshots.recall(
            Key("a", Part.DEVICES), (replace(away, device=replace(away.device, reading=stale)),), stale
        )
        await given(world, EJECT)
