"""Pressing buttons: from the mutation to the physical act and back, over the vendors' simulators."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph.context import GraphContext
from graph.engine import execute
from tests.graph.world import schema
from tests.support import fleets

EJECT = """mutation Eject($slot: ID!, $key: String!) { ejectBattery(input: {slotId: $slot, idempotencyKey: $key}) {
  command { id status kind isSafeToRetry targets { status device { id } slot { id } battery { id } } }
  userErrors { code message field resolution } } }"""
OCCUPIED = """{ devices { nodes { id connectivity commands { nodes { id } }
  slots { id occupancy status battery { id } } } } }"""
COMMAND = """query Q($id: ID!) { command(id: $id) { status targets { status slot { occupancy } } }
  events(filter: {types: [COMMAND_UPDATED]}) { nodes { cursor command { id } } } }"""


@pytest.fixture
async def cabinets(tmp_path: Path) -> AsyncIterator[fleets.World]:
    async with fleets.world("bajie", database_url=f"sqlite+aiosqlite:///{tmp_path}/store.db") as world:
        yield world


async def ask(world: fleets.World, source: str, **variables: Any) -> Any:
    """The data of an operation that has no errors."""
    result = await execute(schema(), source, variables, None, GraphContext(world.scope()))
    assert result.errors is None, result.errors
    return result.data


async def full_slot(world: fleets.World) -> tuple[str, dict[str, Any]]:
    """A device that is online and a slot of it with a battery in it."""
    devices = (await ask(world, OCCUPIED))["devices"]["nodes"]
    return next(
        (device["id"], slot)
        for device in devices
        if device["connectivity"] == "ONLINE"
        for slot in device["slots"]
        if slot["occupancy"] == "OCCUPIED" and slot["battery"]
    )


async def until_settled(world: fleets.World, command: str) -> Any:
    """The command once its outcome is known, or after two minutes."""
    for _ in range(40):
        found = await ask(world, COMMAND, id=command)
        if found["command"]["status"] in {"CONFIRMED", "FAILED", "REJECTED", "CANCELLED"}:
            break
        for _ in range(30):
            await world.clock.advance(0.1)
            await asyncio.sleep(0.001)  # the database has a thread of its own
    return found


async def test_a_battery_that_is_ejected_once_is_seen_to_be_gone(cabinets: fleets.World) -> None:
    device, slot = await full_slot(cabinets)
    answered = (await ask(cabinets, EJECT, slot=slot["id"], key="one"))["ejectBattery"]
    assert answered["userErrors"] == []
    command = answered["command"]
    assert command["kind"] == "EJECT_BATTERY"
    assert command["targets"][0]["device"] == {"id": device}
    again = (await ask(cabinets, EJECT, slot=slot["id"], key="one"))["ejectBattery"]
    assert again["command"]["id"] == command["id"]
    found = await until_settled(cabinets, command["id"])
    assert found["command"] == {
        "status": "CONFIRMED",
        "targets": [{"status": "CONFIRMED", "slot": {"occupancy": "EMPTY"}}],
    }
    assert {event["command"]["id"] for event in found["events"]["nodes"]} == {command["id"]}
    assert len(cabinets.simulators["bajie"].acts) == 1
    listed = (await ask(cabinets, OCCUPIED))["devices"]["nodes"]
    assert [one["commands"]["nodes"] for one in listed if one["id"] == device] == [[{"id": command["id"]}]]


async def test_a_second_eject_of_the_slot_waits_for_the_first(cabinets: fleets.World) -> None:
    _, slot = await full_slot(cabinets)
    first = (await ask(cabinets, EJECT, slot=slot["id"], key="one"))["ejectBattery"]["command"]
    second = (await ask(cabinets, EJECT, slot=slot["id"], key="two"))["ejectBattery"]
    assert second["command"] is None
    (error,) = second["userErrors"]
    assert (error["code"], error["field"], error["resolution"]) == ("CONFLICT", ["input", "slotId"], "RETRY_LATER")
    assert first["id"] in error["message"]
    why = EJECT.replace("slotId: $slot", 'slotId: $slot, reason: "why"')
    other = await ask(cabinets, why, slot=slot["id"], key="one")
    (error,) = other["ejectBattery"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["input", "idempotencyKey"])


START = """mutation Start($slot: ID!) { startCharging(input: {slotId: $slot, idempotencyKey: "start", minutes: 60}) {
  command { id } session { id device { id } } userErrors { code message } } }"""
STOP = """mutation Stop($slot: ID!, $expected: ID!, $key: String!) {
  stopCharging(input: {slotId: $slot, expectedSessionId: $expected, idempotencyKey: $key}) {
    command { id targets { session { id } } } userErrors { code field } } }"""


async def test_a_charge_is_started_and_nobody_elses_is_stopped(tmp_path: Path) -> None:
    database_url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    async with fleets.world("lvcchong", database_url=database_url) as world:
        devices = (await ask(world, OCCUPIED))["devices"]["nodes"]
        slot = next(slot["id"] for device in devices for slot in device["slots"] if slot["status"] == "AVAILABLE")
        started = (await ask(world, START, slot=slot))["startCharging"]
        assert started["userErrors"] == []
        session = started["session"]["id"]
        assert (await until_settled(world, started["command"]["id"]))["command"]["status"] == "CONFIRMED"
        wrong = await ask(world, STOP, slot=slot, expected="ChargingSession:sockets:another", key="wrong")
        assert wrong["stopCharging"] == {
            "command": None,
            "userErrors": [{"code": "CONFLICT", "field": ["input", "expectedSessionId"]}],
        }
        stopped = (await ask(world, STOP, slot=slot, expected=session, key="right"))["stopCharging"]
        assert stopped["command"]["targets"] == [{"session": {"id": session}}]
        assert (await until_settled(world, stopped["command"]["id"]))["command"]["status"] == "CONFIRMED"
        assert [act.what for act in world.simulators["lvcchong"].acts] == ["power on", "power off"]


async def test_a_site_is_made_and_is_in_the_list_from_then_on(cabinets: fleets.World) -> None:
    names = "{ sites { nodes { id name } } }"
    before = (await ask(cabinets, names))["sites"]["nodes"]
    await cabinets.clock.advance(1)
    made = await ask(
        cabinets,
        """mutation { createSite(input: {accountId: "cabinets-eu", name: "Kiosk", address: "Street 1",
             location: {latitude: 48.1, longitude: 11.5}}) { site { id name } userErrors { code message } } }""",
    )
    assert made["createSite"]["userErrors"] == []
    site = made["createSite"]["site"]
    assert site["name"] == "Kiosk"
    after = (await ask(cabinets, names))["sites"]["nodes"]
    assert [one for one in after if one not in before] == [site]
    await cabinets.clock.advance(1)
    gone = await ask(
        cabinets, "mutation D($site: ID!) { deleteSite(input: {siteId: $site}) { site { name } } }", site=site["id"]
    )
    assert gone == {"deleteSite": {"site": {"name": "Kiosk"}}}
    assert (await ask(cabinets, names))["sites"]["nodes"] == before
