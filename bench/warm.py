"""A big query that the cache can answer, over HTTP and in process, against a script without a cache and the floor."""

import gc
from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter

import orjson

from bench.gateways import Table, gateways, settings_of
from bench.plain_cabinets import big_query, vendor_client
from bench.queries import BIG, Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import BAYS, CABINETS, Vendors
from bench.timing import median, p95, repeated, taken
from graph.context import GraphContext
from graph.engine import execute
from graph.schema import build_schema
from hub.fleet import Fleet
from hub.store.database import Store
from model.clock import SystemClock
from resolvers.scope import Scope

WARM = {"age": 3600}
"""Whatever was read within the hour will do."""
QUERIES = 150
COLD_ROUNDS = 7
CLIENTS = 8

AT_LEAST_TIMES_FASTER = 5.0
"""Than asking the vendors: what the cache is for."""


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part. Raises RuntimeError when the two do not answer the same, or a warm query asks a vendor."""
    await vendors.reset("cabinets")
    # The vendor's assumed quota is below what one such query needs when nothing is known.
    account = await vendors.account("cabinets", deadline_s=30, quotas={"minute": 1_000_000})
    plain, wanted = await _plain(account)
    each = {name: count // COLD_ROUNDS for name, count in (await vendors.calls("cabinets")).items()}
    async with gateways({"warm": [account]}) as urls, new_client() as client:
        gateway = Endpoint(client, urls["warm"])
        await vendors.reset("cabinets")
        cold = await taken(lambda: gateway.post(BIG, WARM))
        _same("calls", await vendors.calls("cabinets"), each)
        answer = await gateway.post(BIG, WARM)
        _same("answers", orjson.loads(answer), orjson.loads(wanted))
        await vendors.reset("cabinets")
        one = await repeated(QUERIES, lambda: gateway.post(BIG, WARM))
        together = await _per_second(gateway)
        tiny = await repeated(QUERIES, lambda: gateway.post("{ __typename }"))
        _same("vendor calls of warm queries", await vendors.calls("cabinets"), {})
    async with _in_process(account) as ask:
        await repeated(10, ask)
        inside = await repeated(QUERIES, ask)
    data = orjson.loads(wanted)
    gc.collect()
    floor = median(await repeated(QUERIES, lambda: _dumped(data)))
    size = f"{CABINETS} devices x {BAYS} slots x 6 fields, {len(wanted) // 1024} KiB"
    http, script = median(one), median(plain)
    return [
        Row(f"plain script, {sum(each.values())} vendor calls: {size}", ms(script)),
        Row("gateway, nothing known yet, the same calls", ms(cold), ratio=cold / script),
        Row("gateway over HTTP, one client: median", ms(http)),
        Row("gateway over HTTP, one client: p95", ms(p95(one))),
        Row("  plain script / gateway", ratio=script / http, at_least=AT_LEAST_TIMES_FASTER),
        Row("  gateway / orjson.dumps of the answer", ratio=http / floor),
        Row(f"gateway over HTTP, {CLIENTS} clients", f"{together:.0f} queries/s"),
        Row("gateway over HTTP, { __typename }: the HTTP share", ms(median(tiny))),
        Row("graph.engine in process: median", ms(median(inside)), ratio=median(inside) / floor),
        Row("orjson.dumps of the answer: the floor", ms(floor), ratio=1.0),
    ]


async def _plain(account: Table) -> tuple[list[float], bytes]:
    """The script's times, connections and all, and its answer."""
    times, answer = [], b""
    for _ in range(COLD_ROUNDS):
        async with vendor_client(account) as client:
            began = perf_counter()
            answer = await big_query(client, account["id"])
            times.append(perf_counter() - began)
    return times, answer


async def _per_second(gateway: Endpoint) -> float:
    began = perf_counter()
    await gather(*(repeated(QUERIES // 2, lambda: gateway.post(BIG, WARM)) for _ in range(CLIENTS)))
    return CLIENTS * (QUERIES // 2) / (perf_counter() - began)


@asynccontextmanager
async def _in_process(account: Table) -> AsyncIterator[Callable[[], Awaitable[bytes]]]:
    """The engine without HTTP, warm; the answer is written as the route writes it."""
    clock, schema = SystemClock(), build_schema()
    store = await Store.open("sqlite+aiosqlite:///:memory:")
    try:
        async with Fleet.open([settings_of(account)], store=store, clock=clock) as fleet:

            async def ask() -> bytes:
                context = GraphContext(Scope(fleet=fleet, clock=clock))
                result = await execute(schema, BIG, WARM, None, context)
                return orjson.dumps({"data": result.data}, option=orjson.OPT_NON_STR_KEYS)

            await ask()
            yield ask
    finally:
        await store.aclose()


async def _dumped(data: object) -> bytes:
    return orjson.dumps(data)


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"not comparable: {what} differ")
