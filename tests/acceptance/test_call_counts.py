"""What a query costs at the vendors, by endpoint: docs/calls.md promises it, and these tests hold it to its word."""

from collections import Counter
from typing import Any

import pytest

from tests.acceptance import call_table
from tests.acceptance.asking import ask
from tests.acceptance.things import ids_of
from tests.support import fleets

LISTS = "Lists"
COLD = "Single things, nothing known"
KNOWN = "Single things, the fleet known"
SINGLE = call_table.operations(COLD)


def total(calls: call_table.Calls) -> Counter[str]:
    return Counter({vendor: sum(of_vendor.values()) for vendor, of_vendor in calls.items()})


@pytest.mark.parametrize(("name", "source"), call_table.operations(LISTS).items())
async def test_a_cold_list_makes_exactly_the_calls_that_the_document_promises(name: str, source: str) -> None:
    async with fleets.world() as world:
        await ask(world, source)
        assert call_table.made(world) == call_table.promised(LISTS)[name]


@pytest.mark.parametrize("source", call_table.operations(LISTS).values(), ids=call_table.operations(LISTS))
async def test_a_warm_list_makes_no_call_at_all(source: str) -> None:
    async with fleets.world() as world:
        await ask(world, source)
        await world.clock.advance(60)  # the five chargers that the quota let wait
        await ask(world, source)
        world.forget_calls()
        await ask(world, source)
        assert call_table.made(world) == {}


def test_a_fleet_without_its_health_costs_fewer_calls() -> None:
    with_health, without = (total(call_table.promised(LISTS)[name]) for name in ("Fleet", "FleetWithoutHealth"))
    assert with_health - without == {"bajie": 14, "letmecharge": 1}
    assert without - with_health == {}


def test_a_listing_reads_only_the_devices_that_no_listing_names() -> None:
    listing = total(call_table.promised(LISTS)["Listing"])
    assert listing == {"bajie": 1, "hanchuess": 8, "letmecharge": 2, "lvcchong": 8, "solax": 7}


async def test_health_asked_for_later_costs_only_its_own_calls() -> None:
    lists, promised = call_table.operations(LISTS), call_table.promised(LISTS)
    async with fleets.world() as world:
        await ask(world, lists["FleetWithoutHealth"])
        world.forget_calls()
        await ask(world, lists["Fleet"])
        assert call_table.made(world) == {
            "bajie": {"GET /cabinet/slotByCabinetId/{cabinet}": 14},
            "letmecharge": {"GET /contracts/orders": 1},
        }
        assert total(promised["FleetWithoutHealth"]) + total(call_table.made(world)) == total(promised["Fleet"])


async def test_parts_of_one_query_share_their_calls() -> None:
    promised = call_table.promised(LISTS)["Devices"]
    slots = "slots { index status battery { nativeId stateOfCharge } }"
    both = (
        f"{{ devices(first: 100) {{ nodes {{ site {{ name }} {slots} }} }} again: devices {{ nodes {{ {slots} }} }} }}"
    )
    async with fleets.world() as world:
        await ask(world, both)
        assert call_table.made(world) == promised


@pytest.mark.parametrize("operation", SINGLE)
async def test_one_thing_read_cold_makes_the_promised_calls_and_none_when_it_is_asked_for_again(operation: str) -> None:
    found: call_table.Calls = {}
    again = SINGLE[operation].replace(", maxAge: 0", "")
    for vendor, thing in (await ids_of(operation)).items():
        async with fleets.world(vendor) as world:
            first = await ask(world, SINGLE[operation], id=thing)
            found |= call_table.made(world)
            world.forget_calls()
            assert all(first.values())
            assert await ask(world, again, id=thing) == first
            assert await ask(world, "query ($id: ID!) { node(id: $id) { id } }", id=thing) == {"node": {"id": thing}}
            assert call_table.made(world) == {}
    assert found == call_table.promised(COLD)[operation]


@pytest.mark.parametrize("operation", call_table.promised(KNOWN))
async def test_one_thing_of_a_known_fleet_makes_exactly_the_calls_that_the_document_promises(operation: str) -> None:
    lists = call_table.operations(LISTS)
    found: call_table.Calls = {}
    for vendor, thing in (await ids_of(operation)).items():
        async with fleets.world(vendor) as world:
            await ask(world, lists["Devices"])
            await ask(world, lists["Batteries"])
            await world.clock.advance(90)
            world.forget_calls()
            assert all((await ask(world, SINGLE[operation], id=thing)).values())
            found |= call_table.made(world)
    assert found == call_table.promised(KNOWN)[operation]


async def test_chargers_that_the_quota_let_wait_arrive_by_themselves_a_minute_later() -> None:
    source = (
        "{ devices(first: 100) { nodes { connectivity freshness { source problem { code } } } problems { code } } }"
    )
    waiting = {"source": "CONFIGURED", "problem": {"code": "QUOTA_EXHAUSTED"}}
    async with fleets.world("solax") as world:
        first = (await ask(world, source))["devices"]
        assert _how_known(first) == Counter({"POLL": 7, "CONFIGURED": 5})
        assert [node["freshness"] for node in first["nodes"]].count(waiting) == 5
        assert first["problems"] == [{"code": "QUOTA_EXHAUSTED"}]
        await world.clock.advance(60)
        world.forget_calls()
        second = (await ask(world, source))["devices"]
        assert _how_known(second) == Counter({"POLL": 12})
        assert second["problems"] == []
        assert call_table.made(world) == {}


def _how_known(page: dict[str, Any]) -> Counter[str]:
    return Counter(node["freshness"]["source"] for node in page["nodes"])
