"""What is inside devices: joined from the fewest reads that tell what the operation selects."""

from dataclasses import replace

import pytest

from hub.parts import Key, Part
from model.faults import Fault, NotFound, Rejected, TimedOut, Unreachable
from model.records import CabinetInventory, Device, Reading, StorageReading
from model.states import (
    BatteryStatus,
    Connectivity,
    DeviceKind,
    FreshnessSource,
    ProblemCode,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
)
from resolvers.devices import page
from resolvers.filters import DeviceFilter
from resolvers.paging import PageArgs
from resolvers.states import DeviceState, states_of
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import battery, codes, device, reading, slot, tariff
from tests.support.clock import START
from vendors.contract import (
    DeviceReading,
    ListsDevices,
    ReadsBatteryHealth,
    ReadsDevices,
    ReadsSlotHealth,
    ReadsStorage,
    StorageState,
)

ALL = account("a", ReadsDevices, ReadsSlotHealth, ReadsBatteryHealth, ReadsStorage)
INSIDE = battery("B1", state_of_charge=0.6)
OWN = reading(
    "D1",
    slots=(slot("D1", 1, occupancy=SlotOccupancy.OCCUPIED, battery=INSIDE.ref),),
    batteries=(INSIDE,),
    tariffs=(tariff("T1"),),
)
STORAGE = StorageState(storage=StorageReading(state_of_charge=0.4), temperature_c=21.0, power_w=5.0, energy_kwh=9.0)


def script(world: World) -> None:
    world["a"].answers |= {
        "read_device D1": OWN,
        "read_slot_health D1": (slot("D1", 1, status=SlotStatus.AVAILABLE, can_dispense=True, can_accept=True),),
        "read_battery_health D1": (battery("B1", status=BatteryStatus.READY, temperature_c=30.0),),
        "read_storage D1": STORAGE,
    }


async def state(world: World, one: Device | None = None, *wants: str, max_age: int | None = None) -> DeviceState:
    (found,) = await states_of(world.scope(*wants), [one or device("D1")], max_age)
    return found


@pytest.mark.parametrize(
    ("wants", "asked"),
    [
        (("Device.slots",), ["read_device D1"]),
        (("Device.slots", "Slot.occupancy"), ["read_device D1"]),
        (("Device.slots", "Slot.status"), ["read_device D1", "read_slot_health D1"]),
        (("Device.slots", "Slot.canAccept"), ["read_device D1", "read_slot_health D1"]),
        (
            ("Device.slots", "Slot.canDispense"),
            ["read_battery_health D1", "read_device D1", "read_slot_health D1"],
        ),
        (("Device.batteries",), ["read_device D1"]),
        (("Device.batteries", "Battery.status"), ["read_battery_health D1", "read_device D1"]),
        (
            ("Device.slots", "Slot.battery", "Battery.fault"),
            ["read_battery_health D1", "read_device D1"],
        ),
        (("Slot.status",), ["read_device D1"]),
        (("Battery.status",), ["read_device D1"]),
        (("Device.batteries", "Battery.stateOfCharge"), ["read_device D1", "read_storage D1"]),
        (("Device.storage",), ["read_device D1", "read_storage D1"]),
        (("Device.powerW",), ["read_device D1", "read_storage D1"]),
        (("Device.tariff",), ["read_device D1"]),
        ((), ["read_battery_health D1", "read_device D1", "read_slot_health D1", "read_storage D1"]),
    ],
)
async def test_only_what_is_selected_is_read(wants: tuple[str, ...], asked: list[str]) -> None:
    async with fleet_of(ALL) as world:
        script(world)
        await state(world, None, *wants)
        assert world["a"].heard() == asked


async def test_everything_is_joined_into_one_state() -> None:
    async with fleet_of(ALL) as world:
        script(world)
        found = await state(world)
        (own_slot,) = found.slots
        (own_battery,) = found.batteries.values()
        assert (own_slot.occupancy, own_slot.status, own_slot.can_dispense, own_slot.can_accept) == (
            SlotOccupancy.OCCUPIED,
            SlotStatus.AVAILABLE,
            True,
            False,
        )
        assert (own_battery.state_of_charge, own_battery.status, own_battery.temperature_c) == (
            0.6,
            BatteryStatus.READY,
            30.0,
        )
        assert found.device is not None
        assert (found.device.power_w, found.device.energy_kwh, found.storage) == (5.0, 9.0, STORAGE.storage)
        assert ([one.name for one in found.tariffs], found.problems) == (["T1"], ())


async def test_a_reading_of_storage_that_says_nothing_of_the_device_takes_nothing_away() -> None:
    async with fleet_of(ALL) as world:
        script(world)
        world["a"].answers |= {
            "read_device D1": reading("D1", power_w=3.0, energy_kwh=4.0),
            "read_storage D1": StorageState(storage=StorageReading()),
        }
        found = await state(world)
        assert found.device is not None
        assert (found.device.power_w, found.device.energy_kwh) == (3.0, 4.0)


LISTED_WITH_SLOTS = replace(OWN, tariffs=())


@pytest.mark.parametrize(
    ("listed", "wants", "asked"),
    [
        (reading("D1"), ("Device.slots",), ["read_device D1"]),
        (reading("D1"), ("Device.name",), []),
        (reading("D1"), ("Device.tariff",), ["read_device D1"]),
        (LISTED_WITH_SLOTS, ("Device.slots",), []),
        (LISTED_WITH_SLOTS, ("Device.batteries",), []),
        (LISTED_WITH_SLOTS, ("Device.tariff",), []),
        (LISTED_WITH_SLOTS, ("Device.slots", "Slot.status"), ["read_slot_health D1"]),
        (reading("D1", slots=()), ("Device.slots", "Slot.status"), []),
        (reading("D1", slots=()), ("Device.batteries",), ["read_device D1"]),
        (replace(OWN, batteries=None), ("Device.batteries",), ["read_device D1"]),
    ],
)
async def test_what_the_listing_says_already_is_not_read_again(
    listed: DeviceReading, wants: tuple[str, ...], asked: list[str]
) -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, ReadsSlotHealth)) as world:
        script(world)
        world["a"].answers["list_devices"] = (listed,)
        scope = world.scope(*wants, "Query.devices")
        await page(scope, PageArgs(), DeviceFilter(), None)
        await states_of(scope, [device("D1")], None)
        assert world["a"].heard() == sorted(["list_devices", *asked])


async def test_a_device_is_read_once_an_operation_whatever_comes_to_it() -> None:
    async with fleet_of(ALL) as world:
        script(world)
        scope = world.scope("Device.slots")
        one, again = await states_of(scope, [device("D1"), device("D1")], 0)
        assert (await states_of(scope, [device("D1")], 0))[0] is one is again
        assert world["a"].heard() == ["read_device D1"]


async def test_devices_of_accounts_that_are_not_there_are_unseen() -> None:
    async with fleet_of(ALL) as world:
        assert await state(world, device("D1", "nowhere")) == DeviceState()


@pytest.mark.parametrize(
    ("kind", "slot_kind"),
    [(DeviceKind.POWER_BANK_CABINET, SlotKind.BATTERY_SLOT), (DeviceKind.EV_CHARGER, SlotKind.UNKNOWN)],
)
async def test_a_device_that_was_never_read_has_as_many_unknown_slots_as_its_listing_says(
    kind: DeviceKind, slot_kind: SlotKind
) -> None:
    async with fleet_of(ALL) as world:
        world["a"].answers["read_device D1"] = Unreachable("down")
        listed = device("D1", kind=kind, inventory=CabinetInventory(slots_total=3))
        found = await state(world, listed, "Device.slots")
        assert [(one.ref.native_id, one.index, one.kind, one.status) for one in found.slots] == [
            (str(index), index, slot_kind, SlotStatus.UNKNOWN) for index in (1, 2, 3)
        ]
        assert {one.reading.source for one in found.slots} == {FreshnessSource.CONFIGURED}
        assert {one.reading.problem and one.reading.problem.code for one in found.slots} == {
            ProblemCode.VENDOR_UNREACHABLE
        }
        assert (found.batteries, codes(found.problems)) == ({}, [("a", ProblemCode.VENDOR_UNREACHABLE)])


async def test_a_device_that_says_no_slots_because_it_is_offline_has_unknown_ones_with_that_reason() -> None:
    async with fleet_of(ALL) as world:
        offline = reading("D1", connectivity=Connectivity.OFFLINE, inventory=CabinetInventory(slots_total=2))
        world["a"].answers["read_device D1"] = offline
        found = await state(world, None, "Device.slots")
        assert [one.index for one in found.slots] == [1, 2]
        problem = found.slots[0].reading.problem
        assert problem is not None
        assert (problem.code, problem.account, found.slots[0].reading.is_stale) == (
            ProblemCode.DEVICE_OFFLINE,
            "a",
            True,
        )
        assert found.problems == ()
        assert found.device is not None
        assert found.device.connectivity is Connectivity.OFFLINE
        world["a"].answers["read_device D1"] = OWN
        await world.clock.advance(61)
        online = await state(world, None, "Device.slots")
        assert [one.reading.is_stale for one in online.slots] == [False]


async def test_a_device_without_an_inventory_has_no_slots_that_nobody_told() -> None:
    async with fleet_of(ALL) as world:
        world["a"].answers["read_device D1"] = reading("D1")
        assert (await state(world, None, "Device.slots")).slots == ()


async def test_while_the_vendor_is_down_what_was_inside_is_shown_as_stale_with_the_reason() -> None:
    async with fleet_of(ALL) as world:
        script(world)
        await state(world, None, "Device.slots", "Device.batteries")
        await world.clock.advance(3600)
        world["a"].answers["read_device D1"] = TimedOut("slow")
        found = await state(world, None, "Device.slots", "Device.batteries")
        assert found.device is not None
        shown = (found.device, *found.slots, *found.batteries.values())
        readings: set[Reading] = {record.reading for record in shown}  # type: ignore[attr-defined]
        (reading_,) = readings
        assert (reading_.is_stale, reading_.fetched_at) == (True, START)
        assert reading_.problem is not None
        assert reading_.problem.code is ProblemCode.VENDOR_TIMED_OUT


@pytest.mark.parametrize(
    ("fault", "problems"),
    [
        (NotFound("gone"), []),
        (Rejected("not bound"), []),
        (Unreachable("down"), [("a", ProblemCode.VENDOR_UNREACHABLE)]),
        (Fault("?"), [("a", ProblemCode.INTERNAL)]),
    ],
)
async def test_what_is_wrong_with_one_device_is_no_problem_of_the_account(
    fault: Fault, problems: list[tuple[str, ProblemCode]]
) -> None:
    async with fleet_of(ALL) as world:
        world["a"].answers["read_device D1"] = fault
        found = await state(world, None, "Device.name", "Device.slots")
        assert list(dict.fromkeys(codes(found.problems))) == problems


async def test_health_that_cannot_be_read_is_a_problem_and_hides_nothing_else() -> None:
    async with fleet_of(ALL) as world:
        script(world)
        world["a"].answers["read_slot_health D1"] = TimedOut("slow")
        world["a"].answers["read_battery_health D1"] = TimedOut("slow")
        found = await state(world)
        assert [one.occupancy for one in found.slots] == [SlotOccupancy.OCCUPIED]
        assert [one.can_dispense for one in found.slots] == [None]
        assert set(codes(found.problems)) == {("a", ProblemCode.VENDOR_TIMED_OUT)}


async def test_what_was_read_before_a_restart_is_enough_while_it_is_fresh() -> None:
    async with fleet_of(ALL) as world:
        await world.recall(Key("a", Part.DEVICE, "D1"), OWN, age_s=30)
        found = await state(world, None, "Device.slots")
        assert [one.reading.source for one in found.slots] == [FreshnessSource.STORED]
        assert world["a"].heard() == []
