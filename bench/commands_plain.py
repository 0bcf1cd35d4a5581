"""What one would write without the gateway to tell hardware something: the same calls, trusted and forgotten."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from bench.gateways import Table
from bench.plain_cabinets import CONNECTIONS


def vendor_client(account: Table) -> httpx.AsyncClient:
    """Signed in as the account, where its vendor signs in by header."""
    headers = {}
    if "username" in account:
        credentials = b64encode(f"{account['username']}:{account['password']}".encode()).decode()
        headers["authorization"] = f"Basic {credentials}"
    return httpx.AsyncClient(
        base_url=account["base_url"], headers=headers, timeout=60, limits=CONNECTIONS, trust_env=False
    )


async def set_mode(client: httpx.AsyncClient, account: Table, serial: str) -> None:
    """One call. Raises RuntimeError when it is refused."""
    body = {
        "tokenId": account["token_id"],
        "rwType": "2",
        "cmdType": "1",
        "cmdValue": "1",
        "sns": [serial],
        "callbackUrl": "http://127.0.0.1:9/",
    }
    answer = _read(await client.post("/proxyApp/proxy/api/pileCmd", json=body))
    if answer.get("success") is not True:
        raise RuntimeError(f"the vendor refused: {answer}")


async def eject(client: httpx.AsyncClient, cabinet: str, slot: int) -> None:
    """Two calls: look what is in the slot, and push it out. Raises RuntimeError when it is empty, or refused."""
    info = _read(await client.get("/rent/cabinet/query", params={"deviceId": cabinet}))
    if not any(battery["slotNum"] == slot for battery in info["data"]["batteries"]):
        raise RuntimeError(f"slot {slot} of {cabinet} is empty")
    query: Mapping[str, str | int] = {"cabinetid": cabinet, "slotNum": slot, "operationType": "pop", "reason": ""}
    answer = _read(await client.post("/cabinet/operation", params=query))
    if answer["code"] != 0:
        raise RuntimeError(f"the vendor refused: {answer}")


def _read(answer: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
    return orjson.loads(answer.raise_for_status().content)
