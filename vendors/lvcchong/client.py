"""A method an endpoint of the vendor's two platforms.

Open platform: https://easydoc.net/doc/69760840/Laz72gTI/<page>; OEM platform: https://easydoc.net/doc/53739457/kXcZeJQF.
Every call is a form POST; page ids stand in the docstrings. All raise Unreachable, TimedOut, RateLimited,
Unauthorised, Rejected and Malformed; those about one thing raise NotFound too. Those that act raise Uncertain where
reads raise TimedOut and Malformed, and the OEM platform's pages do not have them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

from model.faults import Malformed, Unauthorised, Uncertain, Unsupported
from vendors.kit.http import VendorHttp
from vendors.kit.wire import Wire, items_of, read_as
from vendors.lvcchong.envelope import NoData, data_of
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.sign_in import SignIn
from vendors.lvcchong.wire import (
    Accepted,
    CarRecord,
    ChargingPower,
    DeviceStatus,
    Listing,
    Order,
    Paging,
    PowerUp,
    PriceStandard,
)

PAGE_SIZE: Final = 100
"""The most that the vendor gives at once."""

Form: TypeAlias = dict[str, str | float]
T = TypeVar("T")
W = TypeVar("W", bound=Wire)


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list. Orders go on while there is a `next_token`, price standards up to page number `pages`."""

    items: list[object]
    next_token: str | None = None
    pages: int = 1


class LvccClient:
    """Speaks for one account in its platform's dialect."""

    def __init__(self, http: VendorHttp, settings: LvccSettings) -> None:
        self._http = http
        self._sign_in = SignIn(http, settings)
        self._is_oem = settings.dialect == "oem"
        self._result_path = settings.result_path

    async def device_status(self, device_id: str) -> DeviceStatus:
        """Device, sockets and prices by IMEI (EFzEQ9MW; OEM NdutNVia). 60 calls a minute and client address."""
        return await self._one(DeviceStatus, "device status", "/deviceStatus", deviceId=device_id)

    async def device_info(self, sim_id: str) -> object:
        """The device object alone (iu3Zes7k). Open platform only."""
        self._open_only("device by SIM")
        return await self._ask("device by SIM", "/getDeviceInfoBySimId", simId=sim_id)

    async def nearby(self, latitude: float, longitude: float) -> list[object]:
        """Devices of both families around a place, in degrees (OBaBfg1n). Open platform only."""
        self._open_only("nearby devices")
        return await self._list("nearby devices", "/nearby", lat=latitude, lng=longitude)

    async def orders(
        self,
        updated_from: datetime,
        updated_to: datetime,
        *,
        page_number: int = 1,
        page_token: str = "",
        order_number: str = "",
        status: str = "",
        estate_id: str = "",
    ) -> ListPage:
        """Orders by when they were updated (asBLtKYj). From page 2 on with the token of the page before."""
        wanted = {
            "deepPageToken": page_token,
            "orderNum": order_number,
            "statusesStr": status,
            "estateId": estate_id,
        }
        try:
            data = await self._ask(
                "orders",
                "/queryChargeOrder",
                pageSize=PAGE_SIZE,
                pageNum=page_number,
                beginUpdateTime=_millis(updated_from),
                endUpdateTime=_millis(updated_to),
                **{name: value for name, value in wanted.items() if value},
            )
        except NoData:
            return ListPage([])
        return _page(data, "orders")

    async def order_detail(self, order_number: str) -> Order:
        """One order (zBLnT65T). Open platform only."""
        self._open_only("order")
        return await self._one(Order, "order", "/queryChargeOrderDetail", orderNum=order_number)

    async def charging_power(self, order_number: str) -> ChargingPower:
        """The power that was last reported for a running order, in W (5bQ8oR9z). Open platform only."""
        self._open_only("charging power")
        return await self._one(ChargingPower, "charging power", "/chargingWatt", orderNum=order_number)

    async def realtime_record(self, order_number: str) -> CarRecord:
        """Energy, voltage and current of a running order at a car pile (zZgkOcID). Open platform only."""
        self._open_only("real-time record")
        path = "/getChargeOrderRealtimeRecord"
        return await self._one(CarRecord, "real-time record", path, orderNum=order_number)

    async def price_standards(self, standard_type: int, device_family: int) -> list[object]:
        """Price standards of a type, 0 time, 1 power, 2 kWh; family 0 two-wheelers, 1 cars (AtgvtVYP). Open only."""
        self._open_only("price standards")
        return await self._list(
            "price standards",
            "/listPriceStandard",
            type=standard_type,
            deviceFamily=device_family,
        )

    async def oem_price_standards(self, page_number: int) -> ListPage:
        """One page of all price standards (OEM 3V2Ki4TH). OEM platform only."""
        if not self._is_oem:
            raise Unsupported("price standards: paged on the OEM platform only")
        try:
            data = await self._ask("price standards", "/getPriceStandard", pageNum=page_number, pageSize=PAGE_SIZE)
        except NoData:
            return ListPage([])
        return _page(data, "price standards")

    async def price_standard_of(self, sim_id: str) -> PriceStandard:
        """The price standard of one device (0r5UF9nA). Open platform only."""
        self._open_only("price standard")
        return await self._one(PriceStandard, "price standard", "/getPriceStandard", simId=sim_id)

    async def price_standard_detail(self, standard_id: str) -> PriceStandard:
        """One price standard with its segments (3beSzESL). Open platform only."""
        self._open_only("price standard")
        path = "/getPriceStandardDetailInfo"
        return await self._one(PriceStandard, "price standard", path, priceStandardId=standard_id)

    async def start_by_time(self, device_id: str, port: int, minutes: int, money: Decimal) -> Accepted:
        """Power a two-wheeler's socket for some minutes (XRZ1f5SM); `money` in yuan, 0: the platform does not bill."""
        form: Form = {"deviceId": device_id, "portNum": port, "payMoney": f"{money:f}", "workTime": minutes}
        return await self._act("start charging", "/charge", **form)

    async def start_by_standard(
        self, device_id: str, port: int, money: Decimal, *, standard_id: str, param: str, select: str
    ) -> Accepted:
        """Power a socket by a price standard (NiXkGTQN); `money` in yuan, 0 with two-wheelers only.

        `param` and `select` are the option's `param` and `fullBlackoutForButton` in `priceStandardUniteList`.
        """
        return await self._act(
            "start charging",
            "/newPriceStandardCharge",
            simId=device_id,
            portNum=port,
            param=param,
            payMoney=f"{money:f}",
            selectPriceType=select,
            infoPriceId=standard_id,
        )

    async def stop(self, device_id: str, port: int) -> Accepted:
        """Cut a socket's power, whoever charges there (275DWIEM)."""
        return await self._act("stop charging", "/stopCharge", deviceId=device_id, portNum=port)

    async def power_up_result(self, result_key: str) -> int | None:
        """What became of a start or stop: 0 nothing yet, 1 done; None when the vendor does not know or has forgotten.

        Its path is not on the vendor's pages.
        """
        try:
            return (await self._one(PowerUp, "power-up result", self._result_path, resultKey=result_key)).result
        except NoData:
            return None

    def _open_only(self, operation: str) -> None:
        if self._is_oem:
            raise Unsupported(f"{operation}: the OEM platform has no such call")

    async def _one(self, model: type[W], operation: str, path: str, **form: str | float) -> W:
        return read_as(model, await self._ask(operation, path, **form), operation)

    async def _list(self, operation: str, path: str, **form: str | float) -> list[object]:
        try:
            data = await self._ask(operation, path, **form)
        except NoData:
            return []
        return items_of(data, operation)

    async def _ask(self, operation: str, path: str, **form: str | float) -> object:
        async def ask(token: str) -> object:
            headers, fields = self._signed(token, form)
            reply = await self._http.read(operation, "POST", path, form=fields, headers=headers)
            return data_of(operation, reply.payload)

        return await self._with_token(ask)

    async def _act(self, operation: str, path: str, **form: str | float) -> Accepted:
        """One call that acts. Only a refused token, with which nothing was done, is followed by a second one."""

        async def act(token: str) -> Accepted:
            headers, fields = self._signed(token, form)
            reply = await self._http.send(operation, "POST", path, form=fields, headers=headers)
            try:
                return read_as(Accepted, data_of(operation, reply.payload), operation)
            except Malformed as fault:
                raise Uncertain(f"{fault.message}; it may have been done") from fault

        return await self._with_token(act)

    async def _with_token(self, call: Callable[[str], Awaitable[T]]) -> T:
        token = await self._sign_in.token()
        try:
            return await call(token)
        except Unauthorised:
            if not self._sign_in.forget(token):
                raise
        return await call(await self._sign_in.token())

    def _signed(self, token: str, form: Form) -> tuple[dict[str, str] | None, Form]:
        """Headers and form fields of a call: each platform has the token in another place."""
        return ({"token": token}, form) if self._is_oem else (None, {"token": token, **form})


def _page(data: object, operation: str) -> ListPage:
    listing = read_as(Listing, data, operation)
    paging = Paging.model_validate(listing.page or {})
    return ListPage(items_of(listing.items, operation), paging.deep_page_token, paging.pages or 1)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
