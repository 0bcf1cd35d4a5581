"""What the gateway adds to the time that a vendor takes for a command, for all that it does not forget.

A script that makes the same calls to the same vendor and keeps nothing, and the gateway, which writes a command down
before and after it is sent: one after the other in turn, and twenty at a time. The vendors answer at once, so that the
ratio is the worst there is; what travels to a real vendor, who takes tenths of seconds, are the milliseconds added.
Their time stands still, so that no callback comes and nothing is proven while something else is measured.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from statistics import quantiles
from typing import Any, TypeAlias

import httpx
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.telemetry import configure_logging
from bench.children import started
from bench.commands_databases import databases
from bench.commands_gateways import NOBODY, gateway
from bench.commands_plain import eject, set_mode, vendor_client
from bench.gateways import Table, settings_of
from bench.queries import Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import Vendors
from bench.timing import median, taken
from graph.context import GraphContext
from graph.engine import execute
from graph.schema import build_schema
from hub.fleet import Fleet
from hub.store.database import Store
from model.clock import SystemClock
from resolvers.scope import Scope

IN_TURN = 150
AT_A_TIME, TIMES = 20, 10
WARM_UP = 10

KNOWN = "{ devices(first: 100) { nodes { id slots { id occupancy } } problems { code message } } }"
SET_MODE = """mutation ($thing: ID!, $key: String!) {
  given: setChargerMode(input: { deviceIds: [$thing], mode: FAST, idempotencyKey: $key }) {
    command { status }
    userErrors { message }
  }
}"""
EJECT = """mutation ($thing: ID!, $key: String!) {
  given: ejectBattery(input: { slotId: $thing, idempotencyKey: $key }) {
    command { status }
    userErrors { message }
  }
}"""

Ask: TypeAlias = Callable[[str, Mapping[str, object]], Awaitable[Any]]
"""Gives the data of an operation."""
Tell: TypeAlias = Callable[[str], Awaitable[None]]
"""Gives a command to the thing with this id."""


@dataclass(frozen=True)
class Act:
    """A command at one vendor, and the same by hand. `things`: ids of what it can be given to, each once."""

    mutation: str
    vendors: Vendors
    world: str
    account: Table
    things: Callable[[Any], Sequence[str]]
    by_hand: Callable[[httpx.AsyncClient, str], Awaitable[None]]

    async def calls_of(self, work: Awaitable[object]) -> dict[str, int]:
        """How often each endpoint of the vendor was called for it."""
        before = await self.vendors.calls(self.world)
        await work
        return {
            name: count - before.get(name, 0)
            for name, count in (await self.vendors.calls(self.world)).items()
            if count != before.get(name, 0)
        }


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part. Raises RuntimeError when the two do not make the same calls, or a command is refused."""
    rows: list[Row] = []
    async with started("bench.commands_vendors") as urls, httpx.AsyncClient(timeout=60, trust_env=False) as control:
        acts = {"setChargerMode": await _modes(Vendors(urls, control)), "ejectBattery": await _ejections(vendors)}
        for name, act in acts.items():
            for database, open_database in databases().items():
                async with open_database() as database_url:
                    rows += await _compared(act, f"{name}, {database}", database_url)
                async with open_database() as database_url:
                    rows.append(Row("  commits for one command", f"{await _commits(act, database_url):.1f}"))
    return rows


async def _modes(vendors: Vendors) -> Act:
    account = await vendors.account("patient", quotas={"minute": 1_000_000, "day": 1_000_000})

    async def by_hand(client: httpx.AsyncClient, charger: str) -> None:
        await set_mode(client, account, charger.rpartition(":")[2])

    def things(_: Any) -> Sequence[str]:  # noqa: ANN401 - any JSON
        return [f"Device:{account['id']}:{serial}" for serial in account["devices"]]

    return Act(SET_MODE, vendors, "patient", account, things, by_hand)


async def _ejections(vendors: Vendors) -> Act:
    account = await vendors.account("cabinets", quotas={"minute": 1_000_000}, deadline_s=30)

    async def by_hand(client: httpx.AsyncClient, slot: str) -> None:
        *_, cabinet, index = slot.split(":")
        await eject(client, cabinet, int(index))

    def things(known: Any) -> Sequence[str]:  # noqa: ANN401 - any JSON
        slots = [slot for node in known["devices"]["nodes"] for slot in node["slots"]]
        return [slot["id"] for slot in slots if slot["occupancy"] == "OCCUPIED"]

    return Act(EJECT, vendors, "cabinets", account, things, by_hand)


async def _compared(act: Act, what: str, database_url: str) -> list[Row]:
    """Script and gateway in turn, in changing order; the first ones only warm up."""
    async with (
        gateway([act.account], database_url) as url,
        new_client(AT_A_TIME) as client,
        vendor_client(act.account) as vendor,
    ):
        endpoint = Endpoint(client, url)
        things = iter(act.things(await endpoint.data(KNOWN)))
        by_gateway, by_script = _giving(endpoint.data, act), _scripted(act, vendor)
        for thing in islice(things, WARM_UP):
            _same(await act.calls_of(by_gateway(thing)), await act.calls_of(by_script(thing)))
        alone = await _rounds(by_gateway, by_script, [[thing] for thing in islice(things, IN_TURN)])
        crowd = [list(islice(things, AT_A_TIME)) for _ in range(TIMES)]
        together = await _rounds(by_gateway, by_script, crowd)
    return [*_rows(f"{what}, one by one", *alone), *_rows(f"{what}, {AT_A_TIME} at a time", *together)]


async def _rounds(
    by_gateway: Tell, by_script: Tell, rounds: Sequence[Sequence[str]]
) -> tuple[list[float], list[float]]:
    """Seconds that each command of each round took, by gateway and by script."""
    times: dict[Tell, list[float]] = {by_gateway: [], by_script: []}
    for number, things in enumerate(rounds):
        for tell in (by_gateway, by_script) if number % 2 else (by_script, by_gateway):
            times[tell] += await gather(*(_taken(tell, thing) for thing in things))
    return times[by_gateway], times[by_script]


def _rows(what: str, ours: Sequence[float], theirs: Sequence[float]) -> list[Row]:
    added = [ms(of(ours) - of(theirs)) for of in (median, _p99)]
    return [
        Row(f"{what}: plain script, median and p99", f"{ms(median(theirs))}, {ms(_p99(theirs))}"),
        Row("  gateway over HTTP", f"{ms(median(ours))}, {ms(_p99(ours))}", ratio=median(ours) / median(theirs)),
        Row("  added by the gateway", ", ".join(added)),
    ]


async def _commits(act: Act, database_url: str) -> float:
    """How many transactions a command costs until its vendor has answered: the gateway in process."""
    configure_logging("error")
    schema, clock = build_schema(), SystemClock()
    store = await Store.open(database_url)
    try:
        async with Fleet.open([settings_of(act.account)], store=store, clock=clock, public_url=NOBODY) as fleet:

            async def ask(source: str, variables: Mapping[str, object]) -> Any:  # noqa: ANN401 - any JSON
                context = GraphContext(Scope(fleet=fleet, clock=clock))
                return (await execute(schema, source, dict(variables), None, context)).data

            things = act.things(await ask(KNOWN, {}))
            with _counted_commits() as commits:
                for thing in things[:WARM_UP]:
                    await _giving(ask, act)(thing)
                return len(commits) / WARM_UP
    finally:
        await store.aclose()


@contextmanager
def _counted_commits() -> Iterator[list[object]]:
    """One entry for every commit of this process."""
    commits: list[object] = []
    count = commits.append
    event.listen(Engine, "commit", count)
    try:
        yield commits
    finally:
        event.remove(Engine, "commit", count)


def _giving(ask: Ask, act: Act) -> Tell:
    async def tell(thing: str) -> None:
        payload = (await ask(act.mutation, {"thing": thing, "key": f"key of {thing}"}))["given"]
        if payload["command"] is None or payload["command"]["status"] != "SENT":
            raise RuntimeError(f"not comparable: {thing}: {payload}")

    return tell


def _scripted(act: Act, vendor: httpx.AsyncClient) -> Tell:
    async def tell(thing: str) -> None:
        await act.by_hand(vendor, thing)

    return tell


async def _taken(tell: Tell, thing: str) -> float:
    return await taken(lambda: tell(thing))


def _p99(seconds: Sequence[float]) -> float:
    """What ninety-nine of a hundred stay below."""
    return quantiles(seconds, n=100)[-1]


def _same(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"not comparable: the calls differ: {found} and {wanted}")
