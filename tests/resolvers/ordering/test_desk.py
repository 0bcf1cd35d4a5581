"""Giving a wish: at most one command a key, and a reason with its place for everything that comes to nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.commands.orders import Conflict, KeyReused, Order
from model.commands import Aim, Command, Instruction
from model.faults import Unsupported
from model.records import Problem
from model.refs import command_ref, slot_ref
from model.states import ChargerMode, CommandKind, CommandStatus, DeviceOperation, ProblemCode, Resolution
from resolvers.complaints import Complaint, Refused
from resolvers.ordering.cabinets import CompleteRental, EjectAllBatteries, EjectBattery, OperateDevice, RentBattery
from resolvers.ordering.charging import StartCharging, StopCharging
from resolvers.ordering.desk import give
from resolvers.ordering.many import SetChargerMode
from resolvers.ordering.wish import Wish
from tests.resolvers.ordering.wishing import D1, D2, R1, SLOT, acting, aimed, complaint, complaints, device, given
from tests.resolvers.scripted import World, fleet_of

EJECT = acting("a", CommandKind.EJECT_BATTERY)
MODES = acting("a", CommandKind.SET_CHARGER_MODE)
WISH = EjectBattery(slot=SLOT, reason="stuck")
BOTH = SetChargerMode(devices=(D1, D2), mode=ChargerMode.ECO)


def stocked(world: World) -> World:
    world["a"].answers["list_devices"] = (device("D1"), device("D2"))
    return world


async def test_a_wish_becomes_one_order() -> None:
    async with fleet_of(EJECT) as world:
        found = await given(stocked(world), WISH)
        (order,) = world.desk.orders
        assert aimed(world) == [(D1, SLOT, None)]
        assert (order.kind, order.caller, order.idempotency_key) == (CommandKind.EJECT_BATTERY, "operator", "k")
        assert order.request == '{"kind":"EJECT_BATTERY","reason":"stuck","slot":"Slot:a:D1:1"}'
        assert order.instruction.reason == "stuck"
        assert found.command.ref == command_ref(f"{1:032x}")


async def test_a_repeat_returns_the_first_before_anything_is_looked_at() -> None:
    async with fleet_of(EJECT) as world:
        first = await given(stocked(world), WISH)
        world["a"].heard()
        await world.clock.advance(10_000)
        again = await given(world, WISH)
        assert again.command is first.command
        assert len(world.desk.orders) == 1
        assert world["a"].heard() == []


async def test_keys_belong_to_their_viewer() -> None:
    async with fleet_of(EJECT) as world:
        await given(stocked(world), WISH)
        scope = world.scope()
        scope.viewer = "partner"
        await give(scope, WISH, "k")
        assert [order.caller for order in world.desk.orders] == ["operator", "partner"]


async def test_a_key_of_another_request_is_a_conflict() -> None:
    async with fleet_of(EJECT) as world:
        await given(stocked(world), WISH)
        with pytest.raises(Refused) as caught:
            await give(world.scope(), EjectBattery(slot=SLOT, reason="other"), "k")
        assert caught.value.complaints == (
            Complaint(
                ProblemCode.CONFLICT,
                f"this key was used before, for another request: {command_ref(f'{1:032x}')}. "
                "Repeat that request as it was, or take a new key",
                ("input", "idempotencyKey"),
                Resolution.USER_ACTION,
            ),
        )
        assert len(world.desk.orders) == 1


async def test_a_key_that_another_process_took_meanwhile_is_one_too() -> None:
    async with fleet_of(EJECT) as world:
        stocked(world).desk.refuses = KeyReused(command_ref("ff"))
        assert await complaint(world, WISH) == ("CONFLICT", "input.idempotencyKey", "USER_ACTION")


@pytest.mark.parametrize("key", ["", "   ", "x" * 256, "a\nb", "nul\0", "\ud800"])
async def test_a_key_that_cannot_be_kept_is_refused(key: str) -> None:
    async with fleet_of(EJECT) as world:
        assert await complaint(stocked(world), WISH, key) == ("INVALID_INPUT", "input.idempotencyKey", "USER_ACTION")
        assert world.desk.asked == []
        assert world["a"].heard() == []


async def test_a_key_may_be_as_long_as_is_said() -> None:
    async with fleet_of(EJECT) as world:
        await given(stocked(world), WISH, "x" * 255)


async def test_everything_wrong_with_the_input_is_told_at_once() -> None:
    async with fleet_of(EJECT) as world:
        found = await complaints(world, EjectBattery(slot=SLOT, reason="x" * 256), "")
        assert [one.field for one in found] == [("input", "idempotencyKey"), ("input", "reason")]


async def test_a_thing_that_is_busy_is_named_with_its_command_and_until_when() -> None:
    async with fleet_of(EJECT) as world:
        busy = Conflict(command_ref("ab"), SLOT)
        world.desk.kept["other", "key"] = ("", _open(world, timedelta(seconds=60)))
        stocked(world).desk.refuses = busy
        (found,) = await complaints(world, WISH)
        assert found == Complaint(
            ProblemCode.CONFLICT,
            "Slot:a:D1:1 is still busy with Command:ab; ask again after 2026-06-01T10:01:00Z",
            ("input", "slotId"),
            Resolution.RETRY_LATER,
        )


@pytest.mark.parametrize("deadline", [timedelta(seconds=-1), None])
async def test_a_command_beyond_its_deadline_is_waited_for(deadline: timedelta | None) -> None:
    async with fleet_of(EJECT) as world:
        if deadline is not None:
            world.desk.kept["other", "key"] = ("", _open(world, deadline))
        stocked(world).desk.refuses = Conflict(command_ref("ab"), SLOT)
        (found,) = await complaints(world, WISH)
        assert found.message == "Slot:a:D1:1 is still busy with Command:ab; ask again once its outcome is known"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (EjectBattery(slot=SLOT), "slotId"),
        (EjectAllBatteries(device=D1, confirm_device_native_id="D1"), "deviceId"),
        (RentBattery(device=D1), "deviceId"),
        (RentBattery(device=D1, slot=SLOT), "slotId"),
        (OperateDevice(device=D1, operation=DeviceOperation.RESTART), "deviceId"),
        (OperateDevice(device=D1, operation=DeviceOperation.POP_SLOT, slot=SLOT), "slotId"),
        (CompleteRental(session=R1), "sessionId"),
        (StartCharging(slot=SLOT), "slotId"),
        (StopCharging(slot=SLOT), "slotId"),
        (StopCharging(session=R1, slot=SLOT), "sessionId"),
    ],
)
def test_what_stands_against_a_target_is_told_at_the_field_that_names_it(wish: Wish, field: str) -> None:
    assert wish.field_of(0) == (field,)


async def test_of_many_the_busy_one_is_named() -> None:
    async with fleet_of(MODES) as world:
        stocked(world).desk.refuses = Conflict(command_ref("ab"), D2)
        assert await complaint(world, BOTH) == ("CONFLICT", "input.deviceIds.1", "RETRY_LATER")


async def test_each_target_that_the_vendor_refused_is_named_beside_the_command() -> None:
    async with fleet_of(MODES) as world:
        desk = stocked(world).desk
        desk.status = CommandStatus.REJECTED
        desk.problem = Problem(ProblemCode.DEVICE_OFFLINE, "it sleeps", Resolution.RETRY_LATER, "a")
        found = await give(world.scope(), BOTH, "k")
        assert found.command.status is CommandStatus.REJECTED
        assert found.complaints == tuple(
            Complaint(ProblemCode.DEVICE_OFFLINE, "it sleeps", ("input", "deviceIds", index), Resolution.RETRY_LATER)
            for index in ("0", "1")
        )
        assert (await give(world.scope(), BOTH, "k")).complaints == found.complaints


async def test_a_refusal_without_a_reason_is_told_all_the_same() -> None:
    async with fleet_of(EJECT) as world:
        stocked(world).desk.status = CommandStatus.REJECTED
        (found,) = (await give(world.scope(), WISH, "k")).complaints
        assert (found.code, found.field) == (ProblemCode.REJECTED, ("input", "slotId"))


@pytest.mark.parametrize("status", sorted(set(CommandStatus) - {CommandStatus.REJECTED}))
async def test_whatever_else_became_of_it_is_the_commands_to_tell(status: CommandStatus) -> None:
    async with fleet_of(EJECT) as world:
        stocked(world).desk.status = status
        assert (await given(world, WISH)).command.status is status


async def test_what_the_desk_finds_nobody_can_do_is_unsupported() -> None:
    async with fleet_of(EJECT) as world:
        stocked(world).desk.refuses = Unsupported("Acme cannot do it")
        assert await complaint(world, WISH) == ("UNSUPPORTED", "input.slotId", "NONE")


async def test_a_copy_that_sees_what_its_twin_did_gets_its_twins_command() -> None:
    async with fleet_of(EJECT) as world:
        world["a"].answers["list_devices"] = ()
        twin = _open(world, timedelta(seconds=60))
        world.desk.late.append(twin)
        assert (await given(world, WISH)).command is twin
        assert world.desk.orders == []


async def test_without_a_twin_the_refusal_stands() -> None:
    async with fleet_of(EJECT) as world:
        world["a"].answers["list_devices"] = ()
        assert await complaint(world, EjectBattery(slot=slot_ref(D1, 1))) == (
            "NOT_FOUND",
            "input.slotId",
            "USER_ACTION",
        )
        assert world.desk.asked == ["k", "k"]


def _open(world: World, deadline: timedelta) -> Command:
    order = Order(
        kind=CommandKind.EJECT_BATTERY,
        caller="other",
        idempotency_key="key",
        request="",
        aims=(Aim(device=D1, slot=SLOT),),
        instruction=Instruction(),
    )
    return replace(world.desk.command(order), ref=command_ref("ab"), deadline=world.clock.now() + deadline)
