"""What can be wished of battery cabinets."""

import pytest

from hub.parts import Key, Part
from model.refs import battery_ref, slot_ref
from model.states import ChargingSessionKind, ChargingSessionStatus, CommandKind, DeviceOperation
from resolvers.ordering.cabinets import ON_ONE_SLOT, CompleteRental, EjectAllBatteries, OperateDevice, RentBattery
from tests.resolvers.ordering.wishing import (
    D1,
    D2,
    R1,
    SLOT,
    acting,
    aimed,
    complaint,
    complaints,
    device,
    given,
    rule,
)
from tests.resolvers.scripted import World, fleet_of
from tests.resolvers.things import session
from vendors.contract import ListsDevices, ListsSessions, ReadsSessions

WHOLE = sorted(set(DeviceOperation) - ON_ONE_SLOT)
RENTALS = acting("a", CommandKind.COMPLETE_RENTAL, protocols=(ListsDevices, ListsSessions))
RENTAL = session("R1", kind=ChargingSessionKind.RENTAL, device=D1, battery=battery_ref("a", "B1"))


async def stocked(world: World) -> World:
    await world.recall(Key("a", Part.DEVICES), (device("D1"), device("D2")))
    return world


async def test_a_cabinet_is_emptied_when_its_own_id_was_typed() -> None:
    async with fleet_of(acting("a", CommandKind.EJECT_ALL_BATTERIES)) as world:
        await given(await stocked(world), EjectAllBatteries(device=D1, confirm_device_native_id="D1", reason="moving"))
        assert aimed(world) == [(D1, None, None)]
        assert world.desk.orders[0].instruction.reason == "moving"


@pytest.mark.parametrize("typed", ["D2", "d1", " D1", "", "Device:a:D1"])
async def test_it_is_not_emptied_when_anything_else_was_typed(typed: str) -> None:
    async with fleet_of(acting("a", CommandKind.EJECT_ALL_BATTERIES)) as world:
        wish = EjectAllBatteries(device=D1, confirm_device_native_id=typed)
        assert await complaint(await stocked(world), wish) == (
            "INVALID_INPUT",
            "input.confirmDeviceNativeId",
            "USER_ACTION",
        )


async def test_emptying_is_a_capability_of_its_own() -> None:
    async with fleet_of(acting("a", CommandKind.EJECT_BATTERY)) as world:
        wish = EjectAllBatteries(device=D1, confirm_device_native_id="D1")
        assert await complaint(await stocked(world), wish) == ("UNSUPPORTED", "input.deviceId", "NONE")


@pytest.mark.parametrize("slot", [None, SLOT])
async def test_a_rental_begins_at_a_cabinet_or_at_one_slot_of_it(slot: object) -> None:
    async with fleet_of(acting("a", CommandKind.RENT_BATTERY)) as world:
        wish = RentBattery(device=D1, slot=SLOT if slot else None, external_id="mine-1")
        await given(await stocked(world), wish)
        assert aimed(world) == [(D1, slot, None)]
        assert world.desk.orders[0].instruction.external_id == "mine-1"


async def test_a_slot_of_another_cabinet_is_refused() -> None:
    async with fleet_of(acting("a", CommandKind.RENT_BATTERY)) as world:
        assert await complaint(await stocked(world), RentBattery(device=D2, slot=SLOT)) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )


@pytest.mark.parametrize("external_id", ["", "x" * 256, "a\tb"])
async def test_an_id_of_ones_own_must_be_one_that_can_be_kept(external_id: str) -> None:
    async with fleet_of(acting("a", CommandKind.RENT_BATTERY)) as world:
        wish = RentBattery(device=D1, external_id=external_id)
        assert await complaint(await stocked(world), wish) == ("INVALID_INPUT", "input.externalId", "USER_ACTION")


async def test_a_rental_that_is_known_is_closed_without_asking_and_wherever_its_cabinet_is() -> None:
    async with fleet_of(RENTALS) as world:
        day = Key("a", Part.SESSIONS, "2026-05-25")
        await world.recall(day, (RENTAL,), age_s=3600)
        await given(world, CompleteRental(session=R1))
        (order,) = world.desk.orders
        assert aimed(world) == [(D1, None, R1)]
        assert order.aims[0].battery == battery_ref("a", "B1")
        assert world["a"].heard() == []


async def test_a_rental_of_which_nobody_heard_is_asked_for() -> None:
    alone = acting("a", CommandKind.COMPLETE_RENTAL, protocols=(ListsSessions, ReadsSessions))
    async with fleet_of(alone) as world:
        world["a"].answers["read_session R1"] = RENTAL
        await given(world, CompleteRental(session=R1))
        assert world["a"].heard() == ["read_session R1"]


async def test_a_rental_that_nobody_knows_is_not_found() -> None:
    async with fleet_of(RENTALS) as world:
        world["a"].answers["list_sessions"] = ()
        assert await complaint(world, CompleteRental(session=R1)) == ("NOT_FOUND", "input.sessionId", "USER_ACTION")


async def test_a_charge_is_no_rental() -> None:
    async with fleet_of(RENTALS) as world:
        world["a"].answers["list_sessions"] = (session("R1", device=D1, status=ChargingSessionStatus.ACTIVE),)
        assert await complaint(world, CompleteRental(session=R1)) == (
            "INVALID_INPUT",
            "input.sessionId",
            "USER_ACTION",
        )


async def test_a_rental_without_a_cabinet_cannot_be_closed() -> None:
    async with fleet_of(RENTALS) as world:
        world["a"].answers["list_sessions"] = (session("R1", kind=ChargingSessionKind.RENTAL),)
        assert await complaint(world, CompleteRental(session=R1)) == ("REJECTED", "input.sessionId", "CONTACT_SUPPORT")


async def test_a_vendor_that_closes_no_rentals_is_not_asked_for_one() -> None:
    async with fleet_of(acting("a", protocols=(ListsSessions,))) as world:
        assert await complaint(world, CompleteRental(session=R1)) == ("UNSUPPORTED", "input.sessionId", "NONE")
        assert world["a"].heard() == []


EVERYTHING = acting("a", commands=(rule(CommandKind.OPERATE_DEVICE, operations=tuple(DeviceOperation)),))


@pytest.mark.parametrize("operation", sorted(ON_ONE_SLOT))
async def test_some_operations_are_done_to_a_slot(operation: DeviceOperation) -> None:
    async with fleet_of(EVERYTHING) as world:
        await stocked(world)
        assert await complaint(world, OperateDevice(device=D1, operation=operation)) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )
        await given(world, OperateDevice(device=D1, operation=operation, slot=SLOT))
        assert aimed(world) == [(D1, SLOT, None)]
        assert world.desk.orders[0].instruction.operation is operation


@pytest.mark.parametrize("operation", WHOLE)
async def test_the_others_are_done_to_the_whole_device(operation: DeviceOperation) -> None:
    async with fleet_of(EVERYTHING) as world:
        await stocked(world)
        assert await complaint(world, OperateDevice(device=D1, operation=operation, slot=SLOT)) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )
        await given(world, OperateDevice(device=D1, operation=operation, reason="test"))
        assert aimed(world) == [(D1, None, None)]


async def test_an_operation_that_the_vendor_has_not_is_refused_with_those_that_it_has() -> None:
    few = acting(
        "a",
        commands=(rule(CommandKind.OPERATE_DEVICE, operations=(DeviceOperation.RESTART, DeviceOperation.REPORT)),),
    )
    async with fleet_of(few) as world:
        (found,) = await complaints(await stocked(world), OperateDevice(device=D1, operation=DeviceOperation.HEARTBEAT))
        assert (found.code, found.field, found.resolution) == ("UNSUPPORTED", ("input", "operation"), "NONE")
        assert found.message == "Acme does not offer HEARTBEAT; it offers RESTART, REPORT"


async def test_a_slot_of_another_device_is_not_operated() -> None:
    async with fleet_of(EVERYTHING) as world:
        wish = OperateDevice(device=D1, operation=DeviceOperation.POP_SLOT, slot=slot_ref(D2, 1))
        assert await complaint(await stocked(world), wish) == ("INVALID_INPUT", "input.slotId", "USER_ACTION")


async def test_slot_zero_is_not_popped() -> None:
    async with fleet_of(EVERYTHING) as world:
        wish = OperateDevice(device=D1, operation=DeviceOperation.POP_SLOT, slot=slot_ref(D1, 0))
        assert await complaint(await stocked(world), wish) == ("NOT_FOUND", "input.slotId", "USER_ACTION")
