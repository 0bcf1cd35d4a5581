"""The fleet: budgets as the operator wants them, shared where the vendor counts addresses, and a clean end."""

import asyncio
from pathlib import Path

import httpx
import pytest

from hub.capabilities import capabilities_of
from hub.fleet import Fleet
from hub.parts import Key, Part
from hub.store.database import Store
from hub.store.migrations import upgrade
from hub.turnstiles import Turnstiles
from model.refs import account_ref, vendor_ref
from model.states import AccountStatus, FreshnessSource, ProblemCode
from resolvers import devices, scope, sites
from resolvers.filters import DeviceFilter, SiteFilter
from resolvers.paging import PageArgs
from tests.resolvers.scripted import adapter_class, manifest_of
from tests.support.clock import FakeClock
from tests.support.fleets import IN_MEMORY, ToSimulators, settings_for, world
from vendors.kit.quota import Budget, Scope
from vendors.kit.simulator import Simulator, Switch
from vendors.manifest import AccountSettings
from vendors.registry import manifests, simulator_class

BUDGETS = (
    Budget(name="minute", limit=60, window_s=60, reserve=10),
    Budget(name="day", limit=1000, window_s=86_400, reserve=100),
)
COUNTS_ADDRESSES = tuple(slug for slug, it in manifests().items() if any(b.scope is Scope.ADDRESS for b in it.budgets))


def settings(key: str = "a", **changes: object) -> AccountSettings:
    return AccountSettings.model_validate({"id": key, "vendor": "acme", **changes})


async def turnstiles() -> Turnstiles:
    store = await Store.open(IN_MEMORY)
    await store.aclose()
    return Turnstiles(store, FakeClock())


def simulators(clock: FakeClock, *slugs: str) -> dict[str, Simulator]:
    return {slug: simulator_class(slug)(clock=clock) for slug in slugs}


@pytest.mark.parametrize(
    ("quotas", "expected"),
    [
        ({}, [("minute", 60, 10), ("day", 1000, 100)]),
        ({"minute": 30}, [("minute", 30, 10), ("day", 1000, 100)]),
        ({"minute": 12, "day": 5000}, [("minute", 12, 6), ("day", 5000, 100)]),
        ({"minute": 1}, [("minute", 1, 0), ("day", 1000, 100)]),
        ({"month": 7}, [("minute", 60, 10), ("day", 1000, 100)]),
    ],
)
async def test_the_operators_limits_replace_the_vendors_and_leave_half_to_reads(
    quotas: dict[str, int], expected: list[tuple[str, int, int]]
) -> None:
    made = (await turnstiles()).of(settings(quotas=quotas), manifest_of(adapter_class(), budgets=BUDGETS), "")
    assert [(it.budget.name, it.budget.limit, it.budget.reserve) for it in made.windows] == expected


@pytest.mark.parametrize(
    ("counted", "first", "second", "is_shared"),
    [
        (Scope.ACCOUNT, "https://one.example/a", "https://one.example/a", False),
        (Scope.ADDRESS, "https://one.example/a", "https://one.example/b", True),
        (Scope.ADDRESS, "https://one.example", "https://two.example", False),
        (Scope.ADDRESS, "https://one.example", "https://one.example:8443", False),
    ],
)
async def test_accounts_share_a_budget_where_the_vendor_counts_addresses_at_one_host(
    counted: Scope, first: str, second: str, is_shared: bool
) -> None:
    budgets = (Budget(name="minute", limit=60, window_s=60, scope=counted),)
    manifest, every = manifest_of(adapter_class(), budgets=budgets), await turnstiles()
    one, other = every.of(settings("a"), manifest, first), every.of(settings("b"), manifest, second)
    assert (one is other) is is_shared
    assert every.of(settings("a"), manifest, first) is one


@pytest.mark.parametrize("slug", COUNTS_ADDRESSES)
async def test_two_accounts_at_an_address_that_is_counted_never_ask_more_than_one_may(slug: str) -> None:
    clock = FakeClock()
    simulator = simulator_class(slug)(clock=clock)
    store = await Store.open(IN_MEMORY)
    accounts = [settings_for(simulator, id=key, quotas={"minute": 6}) for key in ("one", "two")]
    async with Fleet.open(accounts, store=store, clock=clock, transport=ToSimulators({slug: simulator})) as fleet:
        one, two = fleet.members.values()
        assert one.gate is two.gate
        calls = [asyncio.ensure_future(_pass(member.gate.passage())) for member in (one, two, one, two)]
        await clock.settle()
        assert sum(call.done() for call in calls) == 3
        assert [quota.remaining for quota in two.quotas()] == [3]
        await clock.advance(60)
        await asyncio.gather(*calls)
    await store.aclose()


async def _pass(passage: object) -> None:
    async with passage:  # type: ignore[attr-defined]
        pass


async def test_the_vendors_of_a_fleet_say_what_their_adapters_can() -> None:
    async with world() as fleet:
        vendors = fleet.fleet.vendors
        assert list(vendors) == list(manifests())
        for slug, vendor in vendors.items():
            assert (vendor.ref, vendor.slug, vendor.name) == (vendor_ref(slug), slug, manifests()[slug].name)
            assert vendor.capabilities == capabilities_of(manifests()[slug])
            assert fleet.fleet.members[fleet.account(slug)].capabilities == set(vendor.capabilities)


async def test_an_account_without_a_name_is_called_by_its_id() -> None:
    async with world("solax", name="") as fleet:
        (member,) = fleet.fleet.members.values()
        assert (member.account.ref, member.account.key, member.account.name) == (
            account_ref(member.key),
            member.key,
            member.key,
        )
    async with world("solax", name="Wall boxes") as fleet:
        (member,) = fleet.fleet.members.values()
        assert member.account.name == "Wall boxes"


async def test_opening_asks_no_vendor_anything() -> None:
    async with world() as fleet:
        await fleet.clock.advance(3600)
        assert fleet.calls() == {}
        assert {member.state().status for member in fleet.fleet.members.values()} == {AccountStatus.UNKNOWN}


async def test_a_vendors_own_address_is_used_where_the_account_names_none() -> None:
    hosts: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(503)

    clock, store = FakeClock(), await Store.open(IN_MEMORY)
    table = {**simulator_class("bajie")(clock=clock).account(), "base_url": ""}
    account = manifests()["bajie"].settings.model_validate(table)
    transport = httpx.MockTransport(refuse)
    async with Fleet.open([account], store=store, clock=clock, transport=transport) as fleet:
        page = await sites.page(scope.Scope(fleet=fleet, clock=clock), PageArgs(), SiteFilter(), None)
    assert [problem.code for problem in page.problems] == [ProblemCode.VENDOR_UNREACHABLE]
    assert set(hosts) == {"developer.chargenow.top"}
    await store.aclose()


async def test_closing_flushes_what_is_known_and_the_next_process_starts_with_it(tmp_path: Path) -> None:
    clock = FakeClock()
    database_url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    running = simulators(clock, "bajie")
    async with world(clock=clock, simulators=running, database_url=database_url) as first:
        account = first.account("bajie")
        page = await devices.page(first.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), None)
        assert page.total_count == 14
    running["bajie"].switches["http_503"] = Switch()
    async with world(clock=clock, simulators=running, database_url=database_url) as second:
        (entry,) = await second.fleet.snapshots.peek([Key(account, Part.DEVICES)])
        assert entry is not None
        assert entry.reading.source is FreshnessSource.STORED
        await clock.advance(3600)
        again = await devices.page(second.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), None)
    assert [edge.node.ref for edge in again.edges] == [edge.node.ref for edge in page.edges]
    assert {edge.node.reading.source for edge in again.edges} == {FreshnessSource.STORED}
    assert {edge.node.reading.is_stale for edge in again.edges} == {True}
    assert [problem.code for problem in again.problems] == [ProblemCode.VENDOR_UNREACHABLE]


@pytest.mark.postgres
async def test_a_fleet_on_postgres_remembers_too(empty_url: str) -> None:
    await upgrade(empty_url)
    clock = FakeClock()
    running = simulators(clock, "bajie", "solax")
    async with world(clock=clock, simulators=running, database_url=empty_url) as first:
        page = await devices.page(first.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), None)
        assert page.total_count == 26
        keys = [Key(account, Part.DEVICES) for account in first.fleet.members]
        assert [entry is not None for entry in await first.fleet.snapshots.peek(keys)] == [True, False]
    async with world(clock=clock, simulators=running, database_url=empty_url) as second:
        assert [entry is not None for entry in await second.fleet.snapshots.peek(keys)] == [True, False]
        solax = second.fleet.members[second.account("solax")]
        assert {quota.name: quota.limit - quota.remaining for quota in solax.quotas()} == {"minute": 7, "day": 7}


async def test_closing_in_the_middle_of_everything_leaves_nothing_running() -> None:
    before = asyncio.all_tasks()
    async with world() as fleet:
        for one in fleet.simulators.values():
            one.switches["hang"] = Switch(value=600)
        asking = asyncio.ensure_future(
            devices.page(fleet.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), None)
        )
        await fleet.clock.settle()
        asking.cancel()
    await fleet.clock.settle()
    assert [task for task in asyncio.all_tasks() - before if not task.done()] == []
    assert asking.cancelled()


async def test_who_still_waits_at_the_end_is_answered() -> None:
    async with world() as fleet:
        for one in fleet.simulators.values():
            one.switches["hang"] = Switch(value=600)
        asking = asyncio.ensure_future(
            devices.page(fleet.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), None)
        )
        await fleet.clock.settle()
    await fleet.clock.settle()
    assert asking.done()
    page = asking.result()
    assert {problem.message for problem in page.problems} == {"this gateway is shutting down"}
