"""What one would write without the gateway, for all vendors: the same calls at the same time, a client a vendor.

Each function speaks one vendor's dialect, trusts every answer, and gives devices with their slots in one shape.
"""

import hashlib
import hmac
import secrets
from asyncio import gather
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from time import time
from typing import Any, TypeAlias

import httpx
import orjson

from bench.gateways import Table

Json: TypeAlias = dict[str, Any]
Vendor: TypeAlias = Callable[[httpx.AsyncClient, Table], Awaitable[list[Json]]]

OFFLINE = 2004
CONNECTIONS = httpx.Limits(max_connections=20, max_keepalive_connections=20)


async def fleet_query(clients: Mapping[str, httpx.AsyncClient], accounts: Sequence[Table]) -> bytes:
    """Every vendor's devices as one JSON document, much as the answer to `queries.FLEET`."""
    parts = await gather(*(VENDORS[table["vendor"]](clients[table["vendor"]], table) for table in accounts))
    devices = {device["id"]: device for part in parts for device in part}
    nodes = sorted(devices.values(), key=lambda device: (device["name"] or "", device["id"]))
    return orjson.dumps({"data": {"devices": {"totalCount": len(nodes), "nodes": nodes, "problems": []}}})


@asynccontextmanager
async def vendor_clients(accounts: Sequence[Table]) -> AsyncIterator[Mapping[str, httpx.AsyncClient]]:
    """A client a vendor. Made before the clock starts: the gateway's are made at its start."""
    async with AsyncExitStack() as stack:
        clients = {
            table["vendor"]: httpx.AsyncClient(
                base_url=table["base_url"], timeout=60, limits=CONNECTIONS, trust_env=False
            )
            for table in accounts
        }
        for client in clients.values():
            await stack.enter_async_context(client)
        yield clients


async def _cabinets(client: httpx.AsyncClient, account: Table) -> list[Json]:
    auth = httpx.BasicAuth(account["username"], account["password"])
    listed = await client.get("/cabinet/getAllDevicePage", params={"page": 1, "limit": 100}, auth=auth)
    rows = _json(listed)["page"]["records"]
    asked = [client.get("/rent/cabinet/query", params={"deviceId": row["pCabinetid"]}, auth=auth) for row in rows]
    return [_cabinet(account["id"], row, _json(answer)) for row, answer in zip(rows, await gather(*asked), strict=True)]


def _cabinet(account: str, row: Json, info: Json) -> Json:
    name = row["pCabinetid"]
    if info["code"] == OFFLINE:
        slots = [_slot(account, name, index, "BATTERY_SLOT", "UNKNOWN") for index in range(1, row["pTotal"] + 1)]
        return _device(account, name, None, "POWER_BANK_CABINET", is_online=False, slots=slots)
    taken = {battery["slotNum"] for battery in info["data"]["batteries"]}
    slots = [
        _slot(account, name, index, "BATTERY_SLOT", "OCCUPIED" if index in taken else "EMPTY")
        for index in range(1, info["data"]["cabinet"]["slots"] + 1)
    ]
    return _device(account, name, None, "POWER_BANK_CABINET", is_online=True, slots=slots)


async def _storage(client: httpx.AsyncClient, account: Table) -> list[Json]:
    signed = _Signed(account["client_secret"])
    form = {"grant_type": "client_credentials", "client_id": account["client_id"]}
    secret = {"client_secret": account["client_secret"]}
    token = _json(await client.post("/portal/oauth/token", data=form | secret, auth=signed))["access_token"]

    async def post(path: str, body: Json) -> list[Json]:
        headers = {"authorization": f"Bearer {token}"}
        answer = _json(await client.post(path, json=body, headers=headers, auth=signed))
        data = answer["data"]
        records: list[Json] = data["records"] if isinstance(data, dict) else data
        return records

    users = [post("/api/v1/station/list", {"externalUserId": user}) for user in account["external_user_ids"]]
    stations = [station for some in await gather(*users) for station in some]
    pages = [
        post("/api/v1/device/list", {"stationId": station["stationId"], "current": 1, "size": 100})
        for station in stations
    ]
    return [
        _device(account["id"], item["sn"], item.get("deviceName"), "HOME_STORAGE", is_online=True, slots=[])
        for page in await gather(*pages)
        for item in page
    ]


class _Signed(httpx.Auth):
    requires_request_body = True

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        moment, nonce = str(int(time() * 1000)), secrets.token_hex(3)
        signed = f"{request.method}\n{request.url.path}\n{moment}\n{nonce}\n".encode() + request.content
        signature = hmac.new(self._key, signed, hashlib.sha256).hexdigest()
        request.headers.update({"x-timestamp": moment, "x-nonce": nonce, "x-signature": signature})
        yield request


async def _roaming(client: httpx.AsyncClient, account: Table) -> list[Json]:
    headers = {"authorization": f"Bearer {account['api_key']}"}
    places = [
        {"lat": area["latitude"], "lon": area["longitude"], "distance": area["distance_m"]} for area in account["areas"]
    ]
    answers = await gather(*(client.post("/v3/chargers/filter", json=place, headers=headers) for place in places))
    return [
        _station(account["id"], station)
        for answer in answers
        for charger in _json(answer)
        for station in charger["chargerDetails"]
    ]


def _station(account: str, station: Json) -> Json:
    plugs = [plug for logical in station["plugs"] for plug in logical["physicalPlugs"]]
    slots = [
        _slot(account, station["_id"], index, "CONNECTOR", "UNKNOWN", plug["physicalPlugId"])
        for index, plug in enumerate(plugs, 1)
    ]
    return _device(account, station["_id"], station["name"], "EV_CHARGER", is_online=True, slots=slots)


async def _sockets(client: httpx.AsyncClient, account: Table) -> list[Json]:
    token = account["token"]
    areas = [{"token": token, "lat": area["latitude"], "lng": area["longitude"]} for area in account["areas"]]
    nearby = await gather(*(client.post("/nearby", data=area) for area in areas))
    found = [item["simId"] for answer in nearby for item in _json(answer)["data"]]
    names = list(dict.fromkeys([*account["devices"], *found]))
    asked = (client.post("/deviceStatus", data={"token": token, "deviceId": name}) for name in names)
    answers = await gather(*asked)
    return [
        _socket_box(account["id"], name, _json(answer)["data"]["device"]["data"])
        for name, answer in zip(names, answers, strict=True)
    ]


def _socket_box(account: str, name: str, data: Json) -> Json:
    occupancy = {0: "EMPTY", 1: "OCCUPIED"}
    slots = [
        _slot(account, name, index, "SOCKET", occupancy.get(state, "UNKNOWN"))
        for index, state in enumerate(data["ports"][1:], 1)
    ]
    return _device(
        account, name, data["device"]["name"], "SOCKET", is_online=data["device"]["online"] == 1, slots=slots
    )


async def _chargers(client: httpx.AsyncClient, account: Table) -> list[Json]:
    path = "/proxyApp/proxy/api/getPileInfo"
    token = {"tokenId": account["token_id"]}
    asked = [client.get(path, params=token | {"pileSn": serial}) for serial in account["devices"]]
    answers = await gather(*asked)
    return [
        _charger(account["id"], serial, _json(answer)["result"])
        for serial, answer in zip(account["devices"], answers, strict=True)
    ]


def _charger(account: str, serial: str, result: Json) -> Json:
    is_online = result["chargerStatus"] is not None
    slots = [_slot(account, serial, 1, "CONNECTOR", "UNKNOWN")]
    return _device(account, serial, None, "EV_CHARGER", is_online=is_online, slots=slots)


VENDORS: Mapping[str, Vendor] = {
    "bajie": _cabinets,
    "hanchuess": _storage,
    "letmecharge": _roaming,
    "lvcchong": _sockets,
    "solax": _chargers,
}


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 - any JSON
    return orjson.loads(response.raise_for_status().content)


def _device(account: str, native: str, name: str | None, kind: str, *, is_online: bool, slots: list[Json]) -> Json:
    connectivity = "ONLINE" if is_online else "OFFLINE"
    ref = f"Device:{account}:{native}"
    return {"id": ref, "name": name, "kind": kind, "connectivity": connectivity, "slots": slots}


def _slot(account: str, device: str, index: int, kind: str, occupancy: str, native: object = None) -> Json:
    ref = f"Slot:{account}:{device}:{index if native is None else native}"
    return {"id": ref, "index": index, "kind": kind, "occupancy": occupancy}
