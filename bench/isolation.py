"""Queries for one vendor while another one hangs: they must not feel it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TypeAlias

from bench.gateways import gateways
from bench.queries import ONE_ACCOUNT, Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import Vendors
from bench.timing import median, p95, taken

Blocks: TypeAlias = Sequence[Sequence[float]]
"""Seconds that each query took, by block of time."""

ROUNDS = 10
BLOCK_S = 3.0
HANG_S = 30.0
BOTHERERS = 20
EVERY_S = 2.5
"""So often each of the other clients asks the neighbour, sick or well: longer than it has to wait for a sick one."""

AT_MOST = 1.10


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part."""
    await vendors.reset("cabinets", "healthy", "hanging")
    plenty = {"minute": 1_000_000}
    accounts = [
        await vendors.account("cabinets", quotas=plenty),
        await vendors.account("healthy", id="healthy", quotas=plenty),
        # Its calls may take longer than it hangs, so that it never counts as down and is asked again and again.
        await vendors.account("hanging", id="hanging", quotas=plenty, timeout_s=2 * HANG_S),
    ]
    mine = {"account": accounts[0]["id"], "age": 3600}
    blocks: dict[str, list[list[float]]] = {"": [], "healthy": [], "hanging": []}
    async with gateways({"gateway": accounts}) as urls, new_client() as client, new_client(BOTHERERS) as others:
        gateway, neighbours = Endpoint(client, urls["gateway"]), Endpoint(others, urls["gateway"])
        for account in ("healthy", "hanging"):
            await gateway.data(ONE_ACCOUNT, {"account": account})
        await _block(gateway, mine, 1.0)
        await vendors.reset("cabinets")
        await vendors.switch("hang", HANG_S, "hanging")
        for number in range(ROUNDS):
            order = ["", "healthy", "hanging"]
            for account in (*order[number % 3 :], *order[: number % 3]):
                async with _bothered(neighbours, account):
                    await asyncio.sleep(0.3)
                    blocks[account].append(await _block(gateway, mine, BLOCK_S))
        problems = (await gateway.data(ONE_ACCOUNT, {"account": "hanging", "age": 0}))["devices"]["problems"]
        if [problem["code"] for problem in problems] != ["VENDOR_TIMED_OUT"]:
            raise RuntimeError(f"the vendor that should hang does not: {problems}")
        if await vendors.calls("cabinets"):
            raise RuntimeError("the measured queries were not warm")
    return _rows(*blocks.values())


def _rows(quiet: Blocks, well: Blocks, sick: Blocks) -> list[Row]:
    counts = f"{sum(map(len, sick))} and {sum(map(len, well))} queries"
    return [
        Row("warm query of 10 devices, nobody else asks: p95", ms(_p95(quiet))),
        Row("  while others ask of another vendor what is known: p95", ms(_p95(well))),
        Row(f"  while others wait for another vendor, which hangs for {HANG_S:g} s: p95", ms(_p95(sick))),
        Row("  hanging / not hanging, p95", counts, ratio=_ratio(sick, well), at_most=AT_MOST),
        Row("  hanging / nobody else asks, p95", ratio=_ratio(sick, quiet)),
    ]


def _p95(blocks: Blocks) -> float:
    return p95([seconds for block in blocks for seconds in block])


def _ratio(blocks: Blocks, others: Blocks) -> float:
    """Of neighbours in time, and of these the median: what else the machine did in one block decides nothing."""
    return median([p95(one) / p95(other) for one, other in zip(blocks, others, strict=True)])


async def _block(gateway: Endpoint, variables: dict[str, object], seconds: float) -> list[float]:
    """One query after the other for so long."""
    until = perf_counter() + seconds
    times = []
    while perf_counter() < until:
        times.append(await taken(lambda: gateway.post(ONE_ACCOUNT, variables)))
    return times


@asynccontextmanager
async def _bothered(gateway: Endpoint, account: str) -> AsyncIterator[None]:
    """Meanwhile clients ask about this account at a steady pace: the sick one must answer anew, the other need not.

    So there are as many other queries with the hang as without, and none of them is dear.
    """

    async def bother(number: int) -> None:
        await asyncio.sleep(EVERY_S * number / BOTHERERS)
        while True:
            next_at = perf_counter() + EVERY_S
            await gateway.post(ONE_ACCOUNT, {"account": account, "age": 0 if account == "hanging" else 3600})
            await asyncio.sleep(next_at - perf_counter())

    tasks = [asyncio.create_task(bother(number)) for number in range(BOTHERERS if account else 0)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
