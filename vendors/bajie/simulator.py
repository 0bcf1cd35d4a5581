"""Bajie Charging as a server: its API over a world of cabinets that moves.

What it answers where the vendor's pages say nothing is its own choice: code 404 for an unknown cabinet, order or shop,
code 400 for an incomplete call, code 2004 for the lower-level reads of an offline cabinet too, and `data: null` while
no push configuration is set. What acts is in the modules beside this one; what reads is here.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from math import cos, hypot, radians
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.bajie import simulated_documents as documents
from vendors.bajie.simulated_cabinets import Cabinets
from vendors.bajie.simulated_console import Console
from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_faults import FAULTS, FIXED_CODES, disguised, worn
from vendors.bajie.simulated_fleet import Fleet
from vendors.bajie.simulated_hands import Action, Hands
from vendors.bajie.simulated_pushes import Pushes
from vendors.bajie.simulated_rentals import Rentals
from vendors.bajie.simulated_things import Cabinet
from vendors.bajie.simulated_world import (
    EXISTS,
    NOT_BOUND,
    NOT_KNOWN,
    NOT_ONLINE,
    Asked,
    Entry,
    Handler,
    Refusal,
    World,
)
from vendors.bajie.wire import CHINA

USERNAME, PASSWORD = "agent-example", "simulated-password"

REACH_M: Mapping[str, float] = {"1": 2.5e6, "2": 6.3e5, "3": 7.8e4, "4": 2e4, "5": 2400, "6": 610, "7": 76, "8": 19}
"""How far a place may be at each `zoomLevel`: the size of a geohash of that length."""

MESSAGES: Mapping[int, str] = {
    NOT_ONLINE: "Device not online.",
    NOT_BOUND: "QR code unbound device.",
    EXISTS: "The record already exists in the database.",
}


class BajieSimulator(World):
    """Fourteen cabinets in four shops, one of them never online, and one cabinet that is bound to no shop."""

    slug = "bajie"
    default_port = 9101
    base_path = "/cdb-open-api/v1"
    faults: ClassVar[Mapping[str, str]] = FAULTS

    def build(self) -> None:
        """The fleet, and no push configuration."""
        self.fleet = Fleet(self.random, self.now)
        self.answer_after_s = 0.0
        self.calls_taken = 0
        self.rentals = Rentals(self, Cabinets(self))
        self.push_config = None
        self.fleet.tell = Pushes(self, USERNAME).tell
        self._lagging: dict[str, tuple[datetime, list[Document]]] = {}

    def account(self) -> Mapping[str, object]:
        """The account's TOML table."""
        return {
            "id": "cabinets-eu",
            "vendor": self.slug,
            "name": "Cabinets Europe",
            "username": USERNAME,
            "password": PASSWORD,
            "currency": documents.CURRENCY,
            "not_found_codes": [NOT_KNOWN],
        }

    def step(self, seconds: float) -> None:
        """People rent and return, batteries charge, connections come and go."""
        self.fleet.step(seconds, self.now)
        self.rentals.step()

    def state(self) -> Mapping[str, object]:
        """Counts."""
        cabinets = self.fleet.cabinets.values()
        return {
            "cabinets": len(cabinets),
            "online": sum(cabinet.is_online for cabinet in cabinets),
            "batteries_in": sum(1 for cabinet in cabinets for _ in cabinet.batteries()),
            "batteries_out": len(self.fleet.running),
            "batteries_loose": len(self.fleet.loose),
            "orders": len(self.fleet.orders),
        }

    def actions(self) -> Mapping[str, Action]:
        """What hands can do at the cabinets, and at the vendor's console."""
        return {**Hands(self.fleet).actions(), **Pushes(self, USERNAME).actions()}

    def routes(self) -> Sequence[Route]:
        """Every endpoint."""
        reads: tuple[Entry, ...] = (
            ("GET", "/rent/cabinet/query", self._device_info),
            ("POST", "/rent/cabinet/query", self._device_info),
            ("POST", "/rent/cabinet/list", self._places),
            ("GET", "/cabinet/getAllDevice", self._all_devices),
            ("GET", "/cabinet/getAllDevicePage", self._device_page),
            ("GET", "/cabinet/getDeviceByShopId", self._devices_of_shop),
            ("GET", "/cabinet/detail/{cabinet}", self._device_detail),
            ("GET", "/cabinet/batteryListByCabinetId/{cabinet}", self._batteries),
            ("GET", "/cabinet/slotByCabinetId/{cabinet}", self._slots),
            ("GET", "/shop/getShopList", self._shops),
            ("GET", "/shop/detail/{shop}", self._shop_detail),
            ("POST", "/shop/priceStrategy/page", self._price_page),
            ("GET", "/shop/priceStrategy/detail/{price}", self._price),
            ("GET", "/order/list", self._orders),
        )
        cabinets = Cabinets(self)
        acts = (*cabinets.table(), *Rentals(self, cabinets).table(), *Console(self).table())
        return [
            Route(f"{self.base_path}{path}", self._endpoint(handler), methods=[method])
            for method, path, handler in (*reads, *acts, *Pushes(self, USERNAME).table())
        ]

    def _endpoint(self, handler: Handler) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            wanted = b"Basic " + b64encode(f"{USERNAME}:{PASSWORD}".encode())
            if not compare_digest(request.headers.get("authorization", "").encode(), wanted):
                return JSONResponse({"msg": "Unauthorized", "code": 401}, 401)
            path = request.url.path
            if self._is_gone(path):
                return JSONResponse({"msg": "Not Found", "code": 404}, 404)
            asked = Asked(request.query_params, request.path_params, _json(await request.body()), path)
            response = JSONResponse(disguised(self, path, self._envelope(handler, asked)))
            held_s, self.answer_after_s = self.answer_after_s, 0.0
            if held_s:
                await self.clock.sleep(held_s)
            return response

        return answer

    def _is_gone(self, path: str) -> bool:
        return (path.endswith("/getAllDevice") and self.struck("get_all_device_gone") is not None) or (
            path.endswith("/getAllDevicePage") and self.struck("get_all_device_page_gone") is not None
        )

    def _envelope(self, handler: Handler, asked: Asked) -> Document:
        """What the vendor answers: the code first, then the payload under its own key."""
        try:
            self._refuse_if_switched(handler, asked)
            return {"msg": "Successful operation", "code": 0, **handler(asked)}
        except Refusal as refusal:
            return {"msg": MESSAGES.get(refusal.code, "Operation failed"), "code": refusal.code}

    def _refuse_if_switched(self, handler: Handler, asked: Asked) -> None:
        """A refusal means that nothing is done, but for code 1055: then it may be done all the same."""
        if switch := self.struck("unknown_code", asked.url_path):
            raise Refusal(int(switch.value or 4711))
        for name, code in FIXED_CODES.items():
            if switch := self.struck(name, asked.url_path):
                if name == "code_1055" and self.random.random() < float(switch.value or 0):
                    handler(asked)
                raise Refusal(code)

    # Cabinets.

    def _device_info(self, asked: Asked) -> Document:
        cabinet = self.ready_cabinet(asked.query.get("deviceId"))
        if self.struck("native_rental"):
            self.fleet.rent(cabinet)
        return {"data": documents.device_info(self.fleet, cabinet)}

    def _device_detail(self, asked: Asked) -> Document:
        return {"data": documents.device_detail(self._online(asked), self.now)}

    def _all_devices(self, _: Asked) -> Document:
        return {"data": self._device_rows(), "code": "0"}

    def _device_page(self, asked: Asked) -> Document:
        page = self._paged(self._device_rows(), asked.query.get("page"), asked.query.get("limit"))
        if self.struck("page_in_data"):
            own = {"total": page["total"], "page": page["current"], "limit": page["size"], "list": page["records"]}
            return {"data": own}
        return {"page": page}

    def _devices_of_shop(self, asked: Asked) -> Document:
        shop = asked.query.get("shopid")
        listed = (cabinet for cabinet in self.fleet.cabinets.values() if cabinet.shop and cabinet.shop.id == shop)
        return {"data": [documents.device_row(cabinet, self.now) for cabinet in listed]}

    def _batteries(self, asked: Asked) -> Document:
        cabinet = self._online(asked)
        rows = [documents.battery_row(cabinet, bay, battery, self.now) for bay, battery in cabinet.batteries()]
        return {"data": self._stale(f"batteries of {cabinet.id}", worn(self, rows))}

    def _slots(self, asked: Asked) -> Document:
        cabinet = self._online(asked)
        rows = [documents.slot_row(cabinet, bay, self.now) for bay in cabinet.bays]
        return {"data": self._stale(f"slots of {cabinet.id}", worn(self, rows))}

    def _stale(self, what: str, rows: list[Document]) -> list[Document]:
        """The rows as they were, until they are older than the switch says."""
        switch = self.struck("stale_battery_list")
        if switch is None:
            self._lagging.pop(what, None)
            return rows
        taken_at, old = self._lagging.setdefault(what, (self.now, rows))
        if self.now - taken_at < timedelta(seconds=float(switch.value or 60)):
            return old
        self._lagging[what] = (self.now, rows)
        return rows

    def _device_rows(self) -> list[Document]:
        return [documents.device_row(cabinet, self.now) for cabinet in self.fleet.cabinets.values() if cabinet.shop]

    def _online(self, asked: Asked) -> Cabinet:
        cabinet = self.cabinet(asked.path["cabinet"])
        if not cabinet.is_online:
            raise Refusal(NOT_ONLINE)
        return cabinet

    # Shops, prices, orders, places.

    def _shops(self, _: Asked) -> Document:
        return {"data": [documents.shop_row(self.fleet, shop) for shop in self.fleet.shops.values()]}

    def _shop_detail(self, asked: Asked) -> Document:
        return {"data": documents.shop_row(self.fleet, self.shop(asked.path["shop"]))}

    def _price_page(self, asked: Asked) -> Document:
        name = asked.fields.get("name")
        found = (price for price in self.fleet.prices.values() if name in (None, price.terms["name"]))
        rows = [documents.price_row(self.fleet, price) for price in found]
        return {"data": self._paged(rows, asked.fields.get("current"), asked.fields.get("size"))}

    def _price(self, asked: Asked) -> Document:
        found = next((price for price in self.fleet.prices.values() if str(price.id) == asked.path["price"]), None)
        if found is None:
            raise Refusal(NOT_KNOWN)
        return {"data": documents.price_row(self.fleet, found)}

    def _orders(self, asked: Asked) -> Document:
        """Newest first, by the time of borrowing."""
        start, end = _china_time(asked.query.get("sTime")), _china_time(asked.query.get("eTime"))
        cabinet = asked.query.get("pCabinetid")
        found = [
            order
            for order in self.fleet.orders.values()
            if (start is None or order.borrowed_at >= start)
            and (end is None or order.borrowed_at <= end)
            and (cabinet is None or order.cabinet.id == cabinet)
        ]
        found.sort(key=lambda order: (order.borrowed_at, order.id), reverse=True)
        rows = [documents.order_row(order, self.now) for order in found]
        return {"page": self._paged(rows, asked.query.get("page"), asked.query.get("limit"))}

    def _places(self, asked: Asked) -> Document:
        latitude, longitude = float(asked.query.get("lat", 0)), float(asked.query.get("lng", 0))
        reach = REACH_M.get(asked.query.get("zoomLevel", ""), 0)
        found = []
        for shop in self.fleet.shops.values():
            if shop.latitude is None or shop.longitude is None:
                continue
            east = (shop.longitude - longitude) * cos(radians(latitude))
            distance_m = 111_320 * hypot(shop.latitude - latitude, east)
            if distance_m <= reach:
                found.append(documents.place(self.fleet, shop, distance_m))
        return {"list": sorted(found, key=lambda place: place["shop"]["distanceNumber"])}

    def _paged(self, rows: list[Document], page: object, limit: object) -> Document:
        size, current = self.page_size(_whole(limit, 10)), _whole(page, 1)
        records = rows[(current - 1) * size : current * size]
        pages = -(-len(rows) // size)
        return {"total": len(rows), "current": current, "size": size, "pages": pages, "records": records}


def _whole(value: object, otherwise: int) -> int:
    return max(1, int(value)) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else otherwise


def _china_time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
    except ValueError:
        return None


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


SIMULATOR = BajieSimulator
