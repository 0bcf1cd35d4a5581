"""A query over all vendors when nothing is known, against a script that makes the very same calls at the same time."""

from collections.abc import Sequence
from typing import Any

import orjson

from bench.gateways import Table, gateways
from bench.plain_fleet import fleet_query, vendor_clients
from bench.queries import FLEET, Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import Vendors
from bench.timing import median, taken
from vendors.registry import manifests

ROUNDS = 15
LATENCIES = (0.0, 0.05)
"""Seconds that every vendor takes for an answer beyond what its simulator needs."""
WITHIN_QUOTA = 7
"""Chargers that can be read at once within their vendor's minute."""

AT_MOST_TIMES_SLOWER = 2.0
"""Than the script, with and without latency."""


async def accounts(vendors: Vendors) -> list[Table]:
    """An account at each vendor, with no more chargers than can be read at once."""
    tables = [await vendors.account(slug) for slug in manifests()]
    return [
        {**table, "devices": table["devices"][:WITHIN_QUOTA]} if table["vendor"] == "solax" else table
        for table in tables
    ]


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part. Raises RuntimeError when the two do not make the same calls or see the same devices."""
    tables = await accounts(vendors)
    rows = []
    for latency in LATENCIES:
        fresh = {f"gateway-{number}": tables for number in range(ROUNDS + 1)}
        async with gateways(fresh) as urls, new_client() as client:
            endpoints = [Endpoint(client, url) for url in urls.values()]
            rows += await _rounds(vendors, endpoints, tables, latency)
    return rows


async def _rounds(vendors: Vendors, gateways: Sequence[Endpoint], tables: Sequence[Table], latency: float) -> list[Row]:
    """Gateway and script in turn, each time after everything was forgotten; the first round only warms up."""
    ours: list[float] = []
    theirs: list[float] = []
    calls: dict[str, int] = {}
    shape: dict[str, int] = {}
    for number, gateway in enumerate(gateways):
        await gateway.post(FLEET, {"go": False})
        for is_gateway in (number % 2 == 0, number % 2 != 0):
            await vendors.reset(*manifests())
            if latency:
                await vendors.switch("latency", latency, *manifests())
            seconds, answer = await (_ours(gateway) if is_gateway else _theirs(tables))
            (ours if is_gateway else theirs).append(seconds)
            calls = calls or await vendors.calls(*manifests())
            shape = shape or _shape(answer)
            _same("calls", await vendors.calls(*manifests()), calls)
            _same("devices and slots", _shape(answer), shape)
    gateway_s, script_s = median(ours[1:]), median(theirs[1:])
    named = f"{sum(calls.values())} calls to {len(tables)} vendors" + (
        f" of {latency * 1000:.0f} ms" if latency else ""
    )
    return [
        Row(f"plain script, {named}", ms(script_s)),
        Row("gateway over HTTP, nothing known, the same calls", ms(gateway_s)),
        Row(
            f"  gateway / plain script, medians of {ROUNDS} rounds in turn",
            ratio=gateway_s / script_s,
            at_most=AT_MOST_TIMES_SLOWER,
        ),
    ]


async def _ours(gateway: Endpoint) -> tuple[float, bytes]:
    answer = b""

    async def ask() -> None:
        nonlocal answer
        answer = await gateway.post(FLEET, {"go": True})

    return await taken(ask), answer


async def _theirs(tables: Sequence[Table]) -> tuple[float, bytes]:
    answer = b""

    async def ask() -> None:
        nonlocal answer
        answer = await fleet_query(clients, tables)

    async with vendor_clients(tables) as clients:
        return await taken(ask), answer


def _shape(answer: bytes) -> dict[str, int]:
    """How many slots each device has."""
    devices: Any = orjson.loads(answer)["data"]["devices"]
    if devices["problems"]:
        raise RuntimeError(f"not comparable: the gateway had problems: {devices['problems']}")
    return {node["id"]: len(node["slots"]) for node in devices["nodes"]}


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"not comparable: {what} differ: {found} and {wanted}")
