"""Two hundred clients ask the same at once: the vendors hear of it once."""

import asyncio

import pytest

from tests.acceptance import call_table
from tests.acceptance.asking import answer, patiently
from tests.support import fleets
from vendors.kit.simulator import Switch

CLIENTS = 200
LISTS = call_table.operations("Lists")
PROMISED = call_table.promised("Lists")
INSIDE = """{
  three: sites(first: 1, filter: {search: "Presse"}) { ...Inside }
  five: sites(last: 1) { ...Inside }
}
fragment Inside on SiteConnection {
  nodes { devices { nodes { nativeId slots { status battery { stateOfCharge } } } } }
}"""
"""Three cabinets of one vendor and five socket stations of another."""


@pytest.mark.parametrize("name", ["Listing", "Counts"])
async def test_two_hundred_clients_on_a_cold_cache_cost_what_one_costs(name: str) -> None:
    async with fleets.world() as world:
        clients = asyncio.gather(*(answer(world, LISTS[name]) for _ in range(CLIENTS)))
        answers = await patiently(world.clock, clients)
        assert call_table.made(world) == PROMISED[name]
        assert [one.errors for one in answers] == [[]] * CLIENTS
        assert all(one.data == answers[0].data for one in answers)


async def test_two_hundred_clients_who_look_inside_devices_cost_what_one_costs() -> None:
    async with fleets.world() as world:
        await answer(world, INSIDE)
        alone = call_table.made(world)
    async with fleets.world() as world:
        clients = asyncio.gather(*(answer(world, INSIDE) for _ in range(CLIENTS)))
        answers = await patiently(world.clock, clients)
        assert call_table.made(world) == alone
        assert all(one.data == answers[0].data for one in answers)
    cabinets, sockets = alone["bajie"], alone["lvcchong"]
    assert cabinets["GET /rent/cabinet/query"] == cabinets["GET /cabinet/slotByCabinetId/{cabinet}"] == 3
    assert sockets["POST /deviceStatus"] == 5


async def test_different_queries_at_once_share_the_calls_that_they_have_in_common() -> None:
    async with fleets.world() as world:
        names = ["FleetWithoutHealth", "Listing", "Counts", "Fleet"] * 5
        await patiently(world.clock, asyncio.gather(*(answer(world, LISTS[name]) for name in names)))
        every = PROMISED["Fleet"] | {"solax": PROMISED["Listing"]["solax"]}
        assert call_table.made(world) == every


async def test_two_hundred_clients_who_ask_now_cost_what_one_costs() -> None:
    now = LISTS["Sessions"].replace("first: 100", "first: 100, maxAge: 0")
    async with fleets.world() as world:
        await answer(world, LISTS["Sessions"])
        await world.clock.advance(30)
        world.forget_calls()
        await patiently(world.clock, asyncio.gather(*(answer(world, now) for _ in range(CLIENTS))))
        assert call_table.made(world) == PROMISED["Sessions"]


async def test_a_stampede_while_a_vendor_fails_is_no_hammering() -> None:
    async with fleets.world("letmecharge") as world:
        world.simulators["letmecharge"].switches["http_500"] = Switch()
        await patiently(world.clock, asyncio.gather(*(answer(world, LISTS["Listing"]) for _ in range(CLIENTS))))
        assert call_table.made(world) == {"letmecharge": {"POST /v3/chargers/filter": 2}}  # a call an area
        world.simulators["letmecharge"].switches.clear()
        world.forget_calls()
        assert (await answer(world, LISTS["Listing"])).data is not None
        assert call_table.made(world) == {"letmecharge": {"POST /v3/chargers/filter": 2}}
