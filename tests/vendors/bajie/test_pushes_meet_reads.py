"""What the simulated vendor pushes and what its API answers are the same world, told twice."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httpx
import pytest

from model.faults import Malformed, NotFound
from model.refs import Kind, device_ref, session_ref, subscription_ref
from model.states import ChargingSessionStatus, Connectivity, EventType, SlotOccupancy
from tests.support.vendors import opened
from tests.vendors.bajie.pushes import push, receiver
from tests.vendors.bajie.samples import ACCOUNT, CABINET
from tests.vendors.bajie.test_simulator_acts import World, world
from tests.vendors.bajie.test_webhook_anything import check_pushed
from vendors.acting import SubscriptionDraft
from vendors.bajie import MANIFEST
from vendors.bajie.adapter import BajieAdapter
from vendors.receiving import Pushed, Said

PUSHES = subscription_ref(ACCOUNT, "event-push")
MOVES = {EventType.BATTERY_RENTED, EventType.BATTERY_RETURNED}
URL = "http://gateway.test/webhooks/cabinets-eu/a-path"


@asynccontextmanager
async def town_with_adapter() -> AsyncIterator[tuple[World, BajieAdapter]]:
    """Registered through the adapter, as the gateway does it."""
    async with world() as town, opened(town.simulator) as adapter:
        it = cast("BajieAdapter", adapter)
        await it.create_subscription(SubscriptionDraft(webhook_url=URL))
        yield town, it


async def heard(town: World) -> list[Pushed]:
    await town.clock.advance(1)
    found = [read(request) for request in town.received]
    town.received.clear()
    return found


def read(request: httpx.Request) -> Pushed:
    (found,) = receiver().read(push(request.content, request.headers["content-type"]))
    assert isinstance(found, Pushed)
    return found


async def test_hours_of_pushes_can_be_read() -> None:
    async with town_with_adapter() as (town, adapter):
        moves = tuple(event for event in MANIFEST.pushes if event != "CABINET_STATUS")
        await adapter.update_subscription(PUSHES, SubscriptionDraft(event_types=moves))
        town.simulator.actions()["set_eagerness"]({"factor": 3})
        town.simulator.advance(4 * 3600)
        found = await heard(town)

    for each in found:
        check_pushed(each)
    kinds = Counter(each.happening.type for each in found)
    assert kinds[EventType.BATTERY_RENTED] > 10
    assert kinds[EventType.BATTERY_RETURNED] > 10
    assert kinds.keys() <= {*MOVES, EventType.DEVICE_CONNECTED, EventType.DEVICE_DISCONNECTED}
    assert len({each.key for each in found}) == len(found)


async def test_a_report_says_what_a_read_says() -> None:
    async with town_with_adapter() as (town, adapter):
        town.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": 3})
        await town.pass_time(61)
        reports = [each.said for each in await heard(town) if each.happening.type is EventType.DEVICE_UPDATED]
        compared = 0
        for said in reports:
            assert said is not None
            compared += await agrees(adapter, said)

    assert compared >= 8 * 13


async def agrees(adapter: BajieAdapter, said: Said) -> int:
    """How many slots a report and a read both tell of, all alike."""
    reading = await adapter.read_device(said.device, None)
    told = {slot.ref: (slot.occupancy, slot.battery) for slot in said.slots}
    seen = {slot.ref: (slot.occupancy, slot.battery) for slot in reading.slots or ()}
    held = {slot.ref: slot.status for slot in said.slots if slot.occupancy is SlotOccupancy.OCCUPIED}
    health = {slot.ref: slot.status for slot in await adapter.read_slot_health(said.device)}

    assert said.connectivity is reading.device.connectivity is Connectivity.ONLINE
    assert told.items() <= seen.items()
    assert held.items() <= health.items()
    return len(told)


async def test_what_a_move_is_proven_by_can_be_read() -> None:
    async with town_with_adapter() as (town, adapter):
        trade_no = await town.rent("")
        await town.pass_time(9)
        (out,) = [each for each in await heard(town) if each.proof]
        rented = await adapter.read_session(session_ref(ACCOUNT, trade_no))
        town.simulator.actions()["bring_back"]({"order": trade_no, "cabinet": "XYZ00001"})
        (back,) = [each for each in await heard(town) if each.proof]
        returned = await adapter.read_session(session_ref(ACCOUNT, trade_no))

    assert out.session is not None
    assert out.proof == back.proof == (CABINET, rented.ref)
    assert (out.session.status, out.session.battery, out.session.slot) == (rented.status, rented.battery, rented.slot)
    assert rented.status is ChargingSessionStatus.ACTIVE
    assert (returned.status, returned.battery) == (ChargingSessionStatus.COMPLETED, back.happening.battery)


@pytest.mark.parametrize("fault", [2, 9])
async def test_a_failed_rental_is_not_contradicted(fault: int) -> None:
    async with town_with_adapter() as (town, adapter):
        town.switch("eject_fault", value=fault)
        trade_no = await town.rent("")
        await town.pass_time(9)
        (failed,) = [each for each in await heard(town) if each.proof]
        order = await adapter.read_session(session_ref(ACCOUNT, trade_no))

    assert failed.session is not None
    assert failed.session.status is ChargingSessionStatus.FAILED
    assert (order.status, order.battery) == (ChargingSessionStatus.UNKNOWN, None)


async def test_the_other_order_of_a_return_is_not_found() -> None:
    async with town_with_adapter() as (town, adapter):
        town.switch("return_other_order")
        trade_no = await town.rent("")
        await town.pass_time(9)
        await heard(town)
        town.simulator.actions()["bring_back"]({"order": trade_no, "cabinet": "XYZ00001"})
        (back,) = [each for each in await heard(town) if each.proof]
        _, order = back.proof
        assert order.kind is Kind.SESSION
        with pytest.raises(NotFound):
            await adapter.read_session(order)

    assert back.session is None


@pytest.mark.parametrize(
    "switch", ["numbers_as_strings", "unknown_states", "unknown_fault_code", "unknown_event", "bad_item", "duplicate"]
)
async def test_however_difficult_a_push_can_be_read(switch: str) -> None:
    async with town_with_adapter() as (town, _):
        town.switch(switch)
        hands = town.simulator.actions()
        hands["rent_as_admin"]({"cabinet": "XYZ00004"})
        hands["set_online"]({"cabinet": "XYZ00004", "online": False})
        town.simulator.fleet.report(town.simulator.fleet.cabinets["XYZ00001"])
        found = await heard(town)

    for each in found:
        check_pushed(each)
    assert len(found) == (8 if switch == "duplicate" else 4)
    assert len({each.key for each in found}) == 4
    assert {each.happening.device for each in found} == {CABINET, device_ref(ACCOUNT, "XYZ00004")}
    unmapped = sum(each.happening.type is EventType.UNMAPPED for each in found)
    assert unmapped == {"unknown_event": 4, "duplicate": 2}.get(switch, 1)


async def test_a_callback_can_come_to_the_accounts_own_url() -> None:
    async with town_with_adapter() as (town, _):
        town.switch("callback_form")
        trade_no = await town.rent(URL)
        await town.pass_time(9)
        found = await heard(town)

    assert [each.happening.type for each in found if each.proof] == [EventType.BATTERY_RENTED] * 2
    assert {each.happening.charging_session for each in found if each.proof} == {session_ref(ACCOUNT, trade_no)}
    with pytest.raises(Malformed):
        receiver().read(push(b"hello"))
