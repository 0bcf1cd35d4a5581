"""What one would write without the gateway, for one vendor: ask about every cabinet, and build the same JSON.

It knows one dialect, trusts every answer and remembers nothing. It makes the calls that the gateway makes, on as many
connections.
"""

from asyncio import gather
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import httpx
import orjson

from bench.gateways import Table

Json: TypeAlias = dict[str, Any]

CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=20)

STATUS = {0: "AVAILABLE", 1: "AVAILABLE", 2: "OUT_OF_ORDER", 3: "AVAILABLE", 4: "OUT_OF_ORDER"} | {
    5: "AVAILABLE",
    6: "OUT_OF_ORDER",
    7: "OUT_OF_ORDER",
    8: "INOPERATIVE",
}
DETAIL = {"OUT_OF_ORDER": "FAULTED", "INOPERATIVE": "UNAVAILABLE"}


@asynccontextmanager
async def vendor_client(account: Table) -> AsyncIterator[httpx.AsyncClient]:
    """A client for the vendor. Made before the clock starts: the gateway's is made at its start."""
    credentials = b64encode(f"{account['username']}:{account['password']}".encode()).decode()
    headers = {"authorization": f"Basic {credentials}"}
    async with httpx.AsyncClient(
        base_url=account["base_url"], headers=headers, timeout=60, limits=CONNECTIONS, trust_env=False
    ) as client:
        yield client


async def big_query(client: httpx.AsyncClient, account: str) -> bytes:
    """The answer to `queries.BIG`."""
    page = await _get(client, "/cabinet/getAllDevicePage", page=1, limit=100)
    cabinets = sorted(row["pCabinetid"] for row in page["page"]["records"])
    asked = [
        gather(
            _get(client, "/rent/cabinet/query", deviceId=cabinet),
            _get(client, f"/cabinet/slotByCabinetId/{cabinet}"),
        )
        for cabinet in cabinets
    ]
    answers = await gather(*asked)
    nodes = [
        {"slots": _slots(account, cabinet, info["data"], health["data"])}
        for cabinet, (info, health) in zip(cabinets, answers, strict=True)
    ]
    return orjson.dumps({"data": {"devices": {"nodes": nodes}}})


async def _get(client: httpx.AsyncClient, path: str, **query: str | int) -> Json:
    answer: Json = orjson.loads((await client.get(path, params=query)).raise_for_status().content)
    if answer["code"] != 0:
        raise RuntimeError(f"{path}: code {answer['code']}")
    return answer


def _slots(account: str, cabinet: str, info: Json, health: list[Json]) -> list[Json]:
    taken = {battery["slotNum"] for battery in info["batteries"]}
    by_index = {row["pKakou"]: row for row in health}
    slots = []
    for index in range(1, info["cabinet"]["slots"] + 1):
        row = by_index[index]
        status = STATUS[row["pFaultType"]]
        slots.append(
            {
                "id": f"Slot:{account}:{cabinet}:{index}",
                "index": index,
                "kind": "BATTERY_SLOT",
                "status": status,
                "statusDetail": DETAIL.get(status) or ("OCCUPIED" if row["pBatteryid"] else "IDLE"),
                "occupancy": "OCCUPIED" if index in taken else "EMPTY",
            }
        )
    return slots
