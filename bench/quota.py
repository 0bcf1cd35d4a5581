"""Many impatient clients on a vendor with a small quota, in real time: what the vendor sees, and whose turn it was."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from bench.gateways import gateways
from bench.queries import CHARGERS, Endpoint, new_client
from bench.report import Row, ms
from bench.simulators import CHARGERS as HOW_MANY
from bench.simulators import Vendors
from bench.timing import median, taken

CLIENTS = 50
PAUSE_S = 1.0
"""What each client does nothing between two queries."""
MOST_A_MINUTE = 9


async def measure(vendors: Vendors, minutes: float) -> list[Row]:
    """The rows of this part."""
    await vendors.reset("chargers")
    account = await vendors.account("chargers")
    times: list[float] = []
    async with gateways({"gateway": [account]}) as urls, new_client(CLIENTS) as client:
        gateway = Endpoint(client, urls["gateway"])
        until = perf_counter() + minutes * 60
        await asyncio.gather(*(_impatient(gateway, number, until, times) for number in range(CLIENTS)))
        asked = await vendors.asked("chargers")
        counted = sum((await vendors.calls("chargers")).values())
        nodes = (await gateway.data(CHARGERS))["devices"]["nodes"]
    if counted != len(asked):
        raise RuntimeError(f"the vendor counted {counted} calls and logged {len(asked)}")
    turns = Counter({node["id"].rpartition(":")[2]: 0 for node in nodes})
    turns.update(serial for _, serial in asked)
    most, least = max(turns.values()), min(turns.values())
    return [
        Row(f"{CLIENTS} clients with maxAge: 0 on {HOW_MANY} chargers, {minutes:g} min", f"{len(times)} queries"),
        Row("  median query", ms(median(times))),
        Row("  requests that reached the vendor", f"{len(asked)}"),
        Row("  most requests in any 60 s, by the vendor's log", ratio=busiest(asked), at_most=MOST_A_MINUTE),
        Row("  turns of a charger: most - least", f"{least} to {most}", ratio=most - least, at_most=1),
    ]


def busiest(asked: Sequence[tuple[float, str]], window_s: float = 60.0) -> int:
    """The most requests in any window."""
    moments = sorted(at for at, _ in asked)
    return max((bisect_left(moments, at + window_s) - index for index, at in enumerate(moments)), default=0)


async def _impatient(gateway: Endpoint, number: int, until: float, times: list[float]) -> None:
    await asyncio.sleep(PAUSE_S * number / CLIENTS)
    while perf_counter() < until:
        times.append(await taken(lambda: gateway.post(CHARGERS)))
        await asyncio.sleep(PAUSE_S)
