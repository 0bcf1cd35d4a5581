"""What was known is known after a restart: shown at once, as old as it is, and asked for again only when it is due."""

from pathlib import Path

import pytest

from tests.acceptance.asking import ask
from tests.acceptance.parts import Part, everything, parts_of
from tests.acceptance.worlds import calm_world, restarted
from tests.support.fleets import World
from vendors.kit.simulator import Switch

REST = """{
  chargingSessions(first: 100) { nodes { id status freshness { source isStale } } problems { code } }
  tariffs { nodes { id name unitPrice { amount currency } } problems { code } }
  vendorSubscriptions { nodes { id webhookUrl status } problems { code } }
}"""


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'chargegraph.db'}"


def all_down(world: World) -> None:
    for simulator in world.simulators.values():
        simulator.switches["http_503"] = Switch()


def contents(parts: dict[str, Part]) -> dict[str, list[object]]:
    """All that is told of devices, but for how it is known."""
    return {
        vendor: [{key: value for key, value in device.items() if key != "freshness"} for device in part.devices]
        for vendor, part in parts.items()
    }


async def test_while_it_is_fresh_the_whole_fleet_is_shown_without_a_single_call(database_url: str) -> None:
    async with calm_world(database_url=database_url) as before:
        await everything(before)
        known = parts_of(await everything(before), before)
    async with restarted(before, database_url) as world:
        all_down(world)
        await world.clock.advance(20)
        parts = parts_of(await everything(world), world)
        assert world.calls() == {}
        assert contents(parts) == contents(known)
        assert {vendor: (part.is_fresh, part.sources) for vendor, part in parts.items()} == dict.fromkeys(
            known, (True, frozenset({"STORED"}))
        )


async def test_once_it_is_old_it_is_still_shown_with_the_reason_and_replaced_when_the_vendors_are_back(
    database_url: str,
) -> None:
    async with calm_world(database_url=database_url) as before:
        await everything(before)
        known = parts_of(await everything(before), before)
    async with restarted(before, database_url) as world:
        all_down(world)
        await world.clock.advance(700)
        parts = parts_of(await everything(world), world)
        assert contents(parts) == contents(known)
        assert {vendor: (part.problems, part.sources) for vendor, part in parts.items()} == dict.fromkeys(
            known, (frozenset({"VENDOR_UNREACHABLE"}), frozenset({"STORED"}))
        )
        freshness = [device["freshness"] for part in parts.values() for device in part.devices]
        assert {(one["isStale"], one["problem"]["code"]) for one in freshness} == {(True, "VENDOR_UNREACHABLE")}

        for simulator in world.simulators.values():
            simulator.switches.clear()
        await world.clock.advance(150)
        await everything(world, max_age=0)
        after = parts_of(await everything(world), world)
        assert {vendor: (part.is_fresh, part.sources, part.ids) for vendor, part in after.items()} == {
            vendor: (True, frozenset({"POLL"}), part.ids) for vendor, part in known.items()
        }


async def test_sessions_prices_and_registrations_survive_too(database_url: str) -> None:
    async with calm_world(database_url=database_url) as before:
        known = await ask(before, REST)
    async with restarted(before, database_url) as world:
        all_down(world)
        found = await ask(world, REST)
        assert world.calls() == {}
        assert found["tariffs"] == known["tariffs"]
        assert found["vendorSubscriptions"] == known["vendorSubscriptions"]
        sessions = found["chargingSessions"]["nodes"]
        assert [(one["id"], one["status"]) for one in sessions] == [
            (one["id"], one["status"]) for one in known["chargingSessions"]["nodes"]
        ]
        assert [one["freshness"] for one in sessions] == [{"source": "STORED", "isStale": False}] * 100


async def test_what_the_vendor_has_counted_counts_after_the_restart(database_url: str) -> None:
    async with calm_world("solax", database_url=database_url) as before:
        await everything(before)
    async with restarted(before, database_url) as world:
        await world.clock.advance(1)
        parts = parts_of(await everything(world, max_age=0), world)
        assert parts["solax"].problems == {"QUOTA_EXHAUSTED"}
        assert len(world.simulators["solax"].calls) == 7  # six before the restart, one after it
        await world.clock.advance(60)
        assert parts_of(await everything(world), world)["solax"].is_fresh
        assert len(world.simulators["solax"].calls) == 12
