"""A method for each endpoint that reads: our words in, the vendor's JSON out, faults for everything else.

The payload is under `data`, `list` or `page`, depending on the endpoint. POSTs of the Open API take their parameters in
the query.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from model.faults import Malformed, Rejected
from vendors.bajie.door import OFFLINE, Door
from vendors.bajie.wire import CHINA, PageWindow
from vendors.kit.http import segment
from vendors.kit.paging import Page
from vendors.kit.wire import items_of, kind_of, read_as

PAGE_SIZE = 100


class BajieClient:
    """One account's calls."""

    def __init__(self, door: Door) -> None:
        """Everything goes through the account's door."""
        self._door = door

    async def device_info(self, device_id: str) -> object | None:
        """`data`: cabinet, shop, batteries, price. None: the cabinet is offline. Source: api-67396394."""
        return await self._of_cabinet("device info", "/rent/cabinet/query", {"deviceId": device_id})

    async def device_detail(self, device_id: str) -> object | None:
        """`data`: the cabinet and its slots; shape partly unknown. None: offline. Source: api-104222001."""
        return await self._of_cabinet("device detail", f"/cabinet/detail/{segment(device_id)}")

    async def all_devices(self) -> list[object]:
        """Every device row; perhaps withdrawn, then Unsupported. Source: api-104222004."""
        return items_of(await self._data("all devices", "GET", "/cabinet/getAllDevice"), "all devices")

    async def device_page(self, page: int) -> Page[object, int]:
        """One page of device rows; pages count from 1. Source: api-104222005."""
        query = {"page": page, "limit": PAGE_SIZE}
        envelope = await self._door.ask("devices by page", "GET", "/cabinet/getAllDevicePage", query=query)
        return _page("devices by page", envelope, page)

    async def devices_of_shop(self, shop_id: str) -> list[object]:
        """Every device row of one shop."""
        what = "devices of a shop"
        return items_of(await self._data(what, "GET", "/cabinet/getDeviceByShopId", query={"shopid": shop_id}), what)

    async def batteries(self, device_id: str) -> list[object] | None:
        """Every battery row of a cabinet. None: offline."""
        path = f"/cabinet/batteryListByCabinetId/{segment(device_id)}"
        data = await self._of_cabinet("battery list", path)
        return None if data is None else items_of(data, "battery list")

    async def slots(self, device_id: str) -> list[object] | None:
        """Every slot row of a cabinet, empty ones included. None: offline."""
        data = await self._of_cabinet("slot list", f"/cabinet/slotByCabinetId/{segment(device_id)}")
        return None if data is None else items_of(data, "slot list")

    async def shops(self) -> list[object]:
        """Every shop row. Source: api-104222039."""
        return items_of(await self._data("shops", "GET", "/shop/getShopList"), "shops")

    async def shop(self, shop_id: str) -> object:
        """One shop row."""
        return await self._data("shop", "GET", f"/shop/detail/{segment(shop_id)}")

    async def price_strategy_page(self, page: int, name: str | None = None) -> Page[object, int]:
        """One page of price strategies, of all or of those with a name; pages count from 1."""
        body = {"size": PAGE_SIZE, "current": page, **({} if name is None else {"name": name})}
        envelope = await self._door.ask("price strategies", "POST", "/shop/priceStrategy/page", json=body)
        return _page("price strategies", envelope, page)

    async def price_strategy(self, price_id: str) -> object:
        """One price strategy."""
        return await self._data("price strategy", "GET", f"/shop/priceStrategy/detail/{segment(price_id)}")

    async def order_page(
        self, page: int, start: datetime, end: datetime, device_id: str | None = None
    ) -> Page[object, int]:
        """One page of orders between two instants, of all cabinets or one; pages from 1. Source: api-110374526."""
        span = {"sTime": _china_time(start), "eTime": _china_time(end)}
        query: dict[str, str | int | float] = {"page": page, "limit": PAGE_SIZE, **span}
        if device_id is not None:
            query["pCabinetid"] = device_id
        return _page("order list", await self._door.ask("order list", "GET", "/order/list", query=query), page)

    async def order(self, trade_no: str) -> object:
        """One order. Source: api-67396392."""
        return await self._data("order detail", "GET", "/rent/order/detail", query={"tradeNo": trade_no})

    async def order_state(self, trade_no: str) -> object:
        """How far one order is. A POST that changes nothing. Source: api-67396391."""
        return await self._data("order query", "POST", "/rent/order/query", query={"tradeNo": trade_no})

    async def places_near(self, latitude: float, longitude: float, zoom_level: int = 5) -> list[object]:
        """Places with stock near a WGS 84 point; they carry no cabinet ids. Zoom 1 (far) to 8. Source: api-99966818."""
        query: dict[str, str | int | float] = {
            "coordType": "WGS-84",
            "zoomLevel": zoom_level,
            "lat": latitude,
            "lng": longitude,
            "showPrice": "true",
        }
        envelope = await self._door.ask("places near a point", "POST", "/rent/cabinet/list", query=query)
        return items_of(envelope.get("list"), "places near a point")

    async def push_config(self) -> object | None:
        """The account's event-push configuration; None when it has none. Source: api-136071391."""
        envelope = await self._door.ask("event-push configuration", "GET", "/cabinet/eventPush/config/get")
        if "data" not in envelope:
            raise Malformed("event-push configuration: code 0 without data")
        return envelope["data"] or None

    async def _of_cabinet(self, operation: str, path: str, query: Mapping[str, str] | None = None) -> object | None:
        """`data` of a cabinet's own read; None for code 2004, which is how an offline cabinet shows."""
        try:
            return await self._data(operation, "GET", path, query=query)
        except Rejected as refusal:
            if refusal.raw_code == str(OFFLINE):
                return None
            raise

    async def _data(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
    ) -> object:
        data: object = (await self._door.ask(operation, method, path, query=query)).get("data")
        if data is None:
            raise Malformed(f"{operation}: code 0 without data")
        return data


def _page(operation: str, envelope: Mapping[str, Any], page: int) -> Page[object, int]:
    """A page wherever the answer keeps it: `page.records`, `data.records`, `data.list`, or a bare list.

    The walk ends where the vendor's own counts say so, and always at an empty page.
    """
    held = next((envelope[key] for key in ("page", "data", "list") if envelope.get(key) is not None), None)
    if isinstance(held, list):
        held = {"list": held}
    window = read_as(PageWindow, held, operation)
    items = window.listed if window.records is None else window.records
    if items is None:
        raise Malformed(f"{operation}: expected a page of records, got {kind_of(held)} without them")
    if window.pages:
        has_more = page < window.pages
    elif window.total:
        has_more = page * (window.size or window.limit or PAGE_SIZE) < window.total
    else:
        has_more = len(items) >= PAGE_SIZE
    return Page(items, page + 1 if items and has_more else None)


def _china_time(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
