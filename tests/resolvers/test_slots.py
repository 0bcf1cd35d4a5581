"""Slots: of devices and by ref; where the vendor does not tell their status, its sessions do."""

from typing import Any

import pytest

from model.refs import device_ref, slot_ref
from model.states import ChargingSessionStatus, SlotStatus, SlotStatusDetail
from resolvers.slots import by_refs, of_devices
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import battery, device, reading, session, slot
from vendors.contract import ListsSessions, ReadsDevices

TELLS = account("a", ReadsDevices, ListsSessions, devices=("D1", "D9"))
TELLS_NOT = account("a", ReadsDevices, ListsSessions, slot_status_from_sessions=True)
ONE, TWO = slot("D1", 1), slot("D1", 2, status=SlotStatus.OUT_OF_ORDER)


def script(world: World, *sessions: Any) -> None:
    world["a"].answers |= {"read_device D1": reading("D1", slots=(ONE, TWO)), "list_sessions": sessions}


async def statuses(world: World, *wants: str) -> list[SlotStatus]:
    (found,) = await of_devices(world.scope(*wants), [device("D1")], None)
    return [one.status for one in found]


@pytest.mark.parametrize(
    ("running", "status"),
    [
        (session("R", slot=ONE.ref), SlotStatus.CHARGING),
        (session("R", slot=slot_ref(device_ref("a", "D2"), 1)), SlotStatus.UNKNOWN),
        (session("R", slot=ONE.ref, status=ChargingSessionStatus.COMPLETED), SlotStatus.UNKNOWN),
        (session("R", slot=ONE.ref, status=ChargingSessionStatus.PENDING), SlotStatus.UNKNOWN),
        (session("R", slot=ONE.ref, battery=battery("B").ref), SlotStatus.UNKNOWN),
        (session("R"), SlotStatus.UNKNOWN),
    ],
)
async def test_a_slot_on_which_a_session_runs_charges(running: Any, status: SlotStatus) -> None:
    async with fleet_of(TELLS_NOT) as world:
        script(world, running)
        assert await statuses(world) == [status, SlotStatus.OUT_OF_ORDER]


async def test_a_status_that_is_told_counts_more_than_a_session() -> None:
    async with fleet_of(TELLS_NOT) as world:
        script(world, session("R", slot=TWO.ref))
        assert await statuses(world) == [SlotStatus.UNKNOWN, SlotStatus.OUT_OF_ORDER]


async def test_the_detail_follows_the_status() -> None:
    async with fleet_of(TELLS_NOT) as world:
        script(world, session("R", slot=ONE.ref))
        ((one, _),) = await of_devices(world.scope(), [device("D1")], None)
        assert (one.status, one.status_detail) == (SlotStatus.CHARGING, SlotStatusDetail.CHARGING)


@pytest.mark.parametrize(
    ("wants", "asked"),
    [
        (("Device.slots", "Slot.index"), ["read_device D1"]),
        (("Device.slots", "Slot.status"), ["list_sessions", "read_device D1"]),
        (("Device.slots", "Slot.statusDetail"), ["list_sessions", "read_device D1"]),
    ],
)
async def test_sessions_are_asked_for_only_where_a_status_is_wanted(wants: tuple[str, ...], asked: list[str]) -> None:
    async with fleet_of(TELLS_NOT) as world:
        script(world)
        await statuses(world, *wants)
        assert world["a"].heard() == asked


async def test_a_vendor_that_tells_the_status_is_not_asked_for_sessions() -> None:
    async with fleet_of(TELLS) as world:
        script(world, session("R", slot=ONE.ref))
        assert await statuses(world) == [SlotStatus.UNKNOWN, SlotStatus.OUT_OF_ORDER]
        assert world["a"].heard() == ["read_device D1"]


async def test_slots_by_ref_read_each_device_once() -> None:
    async with fleet_of(TELLS) as world:
        script(world)
        refs = [TWO.ref, slot_ref(device_ref("a", "D1"), 9), ONE.ref, slot_ref(device_ref("a", "D9"), 1), TWO.ref]
        found = await by_refs(world.scope(), refs, None)
        assert [one and one.index for one in found] == [2, None, 1, None, 2]
        assert world["a"].heard() == ["read_device D1", "read_device D9"]


async def test_slots_of_accounts_that_are_not_there_are_none() -> None:
    async with fleet_of(TELLS) as world:
        assert await of_devices(world.scope(), [device("D1", "nowhere")], None) == [[]]
        assert await by_refs(world.scope(), [slot_ref(device_ref("nowhere", "D1"), 1)], None) == [None]
