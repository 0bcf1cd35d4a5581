"""Whom a vendor's quota counts together: one credential, or everybody who calls from one address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.fleet import Fleet
from hub.store.database import Store
from tests.acceptance.asking import ask
from tests.support.clock import FakeClock
from tests.support.fleets import IN_MEMORY, ToSimulators, World, settings_for
from vendors.registry import simulator_class

NOW = """query ($accounts: [ID!]) {
  devices(first: 100, maxAge: 0, filter: { accountIds: $accounts }) {
    nodes { freshness { isStale } slots { status } }
    problems { code account { key } }
  }
}"""
QUOTAS = "{ accounts { key quotas { name limit remaining } } }"


@asynccontextmanager
async def neighbours(vendor: str, *other_hosts: str) -> AsyncIterator[World]:
    """Accounts `one` and `two` of a vendor at the same host, and one more at each other host."""
    clock = FakeClock()
    simulators = {host: simulator_class(vendor)(clock=clock) for host in (vendor, *other_hosts)}
    same = [settings_for(simulators[vendor], id=key) for key in ("one", "two")]
    others = [
        settings_for(simulators[host], id=host, base_url=f"http://{host}.test{simulators[host].base_path}")
        for host in other_hosts
    ]
    store = await Store.open(IN_MEMORY)
    try:
        transport = ToSimulators(simulators)
        async with Fleet.open([*same, *others], store=store, clock=clock, transport=transport) as fleet:
            yield World(clock, simulators, fleet)
    finally:
        await store.aclose()


async def remaining(world: World) -> dict[str, int]:
    """What each account has left of its budget of a minute."""
    accounts = (await ask(world, QUOTAS))["accounts"]
    return {one["key"]: quota["remaining"] for one in accounts for quota in one["quotas"] if quota["name"] == "minute"}


async def now(world: World, account: str) -> dict[str, list[object]]:
    """What is stale of an account that is asked now, and with which problems."""
    page = (await ask(world, NOW, accounts=[account]))["devices"]
    stale = [node for node in page["nodes"] if node["freshness"]["isStale"]]
    return {"stale": stale, "problems": page["problems"]}


async def test_accounts_behind_one_address_share_the_budget_of_a_vendor_that_counts_addresses() -> None:
    exhausted = [{"code": "QUOTA_EXHAUSTED", "account": {"key": "two"}}]
    async with neighbours("lvcchong") as world:
        assert await now(world, "one") == {"stale": [], "problems": []}
        assert await remaining(world) == {"one": 37, "two": 37}
        assert await now(world, "two") == {"stale": [], "problems": []}
        assert await remaining(world) == {"one": 14, "two": 14}
        await world.clock.advance(1)
        assert (await now(world, "two"))["problems"] == exhausted
        assert await remaining(world) == {"one": 10, "two": 10}  # what is kept for commands
        assert world.simulators["lvcchong"].counts.total() == 50
        await world.clock.advance(120)
        assert await now(world, "two") == {"stale": [], "problems": []}


async def test_an_account_at_another_host_of_that_vendor_has_its_own_budget() -> None:
    async with neighbours("lvcchong", "elsewhere") as world:
        await now(world, "one")
        assert await remaining(world) == {"one": 37, "two": 37, "elsewhere": 60}


async def test_accounts_share_nothing_where_the_vendor_counts_credentials() -> None:
    async with neighbours("bajie") as world:
        await now(world, "one")
        assert await remaining(world) == {"one": 91, "two": 120}
