"""LVCC's two platforms over the simulated world: `/openapi` (token in the form) and `/open/oem` (token in a header)."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.kit.simulator import Simulator
from vendors.lvcchong.simulated_callbacks import Callbacks
from vendors.lvcchong.simulated_control import CALLS, STARTS, STOP, Control
from vendors.lvcchong.simulated_documents import (
    STANDARDS,
    device_document,
    device_status_document,
    listed_order_document,
    millis,
    nearby_document,
    order_document,
    power_document,
    record_document,
)
from vendors.lvcchong.simulated_faults import SWITCHES, CutOff, blip, reshaped, spoilt
from vendors.lvcchong.simulated_fleet import Order, Station, new_fleet
from vendors.lvcchong.simulated_forms import Form, Refusal, number
from vendors.lvcchong.simulated_people import UNPLUGGED, People, end

TOKEN: Final = "lvcc-demo-token"  # noqa: S105 - opens a simulator only
USERNAME: Final = "demo"
PASSWORD: Final = "demo-password"  # noqa: S105
TOKEN_LIFE: Final = timedelta(hours=24)
QUOTA, WINDOW_S = 60, 60.0
THROTTLED: Final = ("/deviceStatus", *STARTS, STOP)
NEARBY_DEGREES: Final = 0.01


class LvccSimulator(Simulator):
    """Twenty stations in four estates; people come by the hour of the day."""

    slug: ClassVar[str] = "lvcchong"
    default_port: ClassVar[int] = 9102
    base_path: ClassVar[str] = "/openapi"
    faults: ClassVar[Mapping[str, str]] = SWITCHES

    def build(self) -> None:
        """The fleet, a past, and somebody at every third socket."""
        self.fleet = new_fleet(self.now)
        self.people = People(self.fleet, self.random)
        self.people.populate(self.now)
        self.control = Control(self, self.fleet, self.people)
        self.callbacks = Callbacks(self, self.fleet)
        self.tokens = {TOKEN: self.now + timedelta(days=36_500)}
        self._asked: defaultdict[str, deque[float]] = defaultdict(deque)

    def step(self, seconds: float) -> None:
        """People come and go, energy flows, and what is new is called back."""
        self.people.live(self.now, seconds)
        self.callbacks.tell()

    def account(self) -> Mapping[str, object]:
        """Three estates are found by place, the fourth's stations are named."""
        listed = [estate for estate in self.fleet.estates if estate.is_listed]
        return {
            "id": "sockets",
            "vendor": "lvcchong",
            "name": "Sockets Ganzhou",
            "token": TOKEN,
            "devices": [item.sim_id for item in self.fleet.stations.values() if not item.estate.is_listed],
            "areas": [{"latitude": estate.latitude, "longitude": estate.longitude} for estate in listed],
        }

    def routes(self) -> Sequence[Route]:
        """The calls of both platforms."""
        shared: dict[str, Callable[[Form], object]] = {
            "deviceStatus": self._device_status,
            "queryChargeOrder": self._orders,
            **{name: self._controlled(call) for name, call in CALLS.items()},
        }
        open_platform = shared | {
            "getDeviceInfoBySimId": lambda form: device_document(self._station(form, "simId")),
            "nearby": self._nearby,
            "queryChargeOrderDetail": lambda form: order_document(self._order(form)),
            "chargingWatt": lambda form: power_document(self._running(form)),
            "getChargeOrderRealtimeRecord": lambda form: record_document(self._running(form), self.now),
            "listPriceStandard": self._standards,
            "getPriceStandard": lambda form: STANDARDS[self._station(form, "simId").standard_id],
            "getPriceStandardDetailInfo": self._standard,
        }
        oem_platform = shared | {"getPriceStandard": self._paged_standards}
        return [
            *(self._route(f"/openapi/{name}", answer) for name, answer in open_platform.items()),
            *(self._route(f"/open/oem/{name}", answer) for name, answer in oem_platform.items()),
            self._route("/open/oem/getToken", self._sign_in, needs_token=False),
        ]

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """What a hand can do at a station; and what the vendor's staff does, who write down a URL, or null for none."""
        return {
            "set_webhook": lambda what: self.callbacks.register(what["url"]),
            "plug_in": lambda what: self._plug_in(what, self.people.plug_in),
            "swipe": lambda what: self._plug_in(what, self.people.swipe),
            "unplug": self._unplug,
            "pull_mains": lambda what: self._mains(what, is_on=False),
            "restore_mains": lambda what: self._mains(what, is_on=True),
        }

    def state(self) -> Mapping[str, object]:
        """Counts of what there is."""
        states = [socket.state for station in self.fleet.stations.values() for socket in station.sockets]
        return {
            "stations": len(self.fleet.stations),
            "online": sum(station.is_online for station in self.fleet.stations.values()),
            "sockets": len(states),
            "charging": states.count(1),
            "faulted": states.count(-1),
            "orders": len(self.fleet.orders),
            "running": len(self.fleet.running),
        }

    def _route(self, path: str, answer: Callable[[Form], object], *, needs_token: bool = True) -> Route:
        async def page(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
            try:
                if needs_token:
                    self._admit(
                        path, form.get("token") if path.startswith("/openapi") else request.headers.get("token")
                    )
                if path.endswith(THROTTLED) and (throttled := self._throttled(request)):
                    return throttled
                document = {"data": answer(form), "success": True}
                if path.endswith(STARTS) and self.struck("start_lost_reply", path):
                    return CutOff()
            except Refusal as refusal:
                document = refusal.document
            return spoilt(self, path, document)

        return Route(path, page, methods=["POST"])

    def _controlled(self, call: Callable[[Control, Form], object]) -> Callable[[Form], object]:
        """The call at the control of the day: a reset makes another."""
        return lambda form: call(self.control, form)

    def _admit(self, path: str, token: str | None) -> None:
        is_known = token is not None and self.tokens.get(token, self.now) > self.now
        if is_known and not self.struck("token_expired", path):
            return
        raise Refusal("token无效") if path.startswith("/openapi") else Refusal("token已过期", "10001")

    def _throttled(self, request: Request) -> Response | None:
        """60 calls in 60 seconds for a client address, by the real clock: quotas do not hurry with the world.

        Only /deviceStatus is counted; the switch throttles whatever acts as well.
        """
        switch, is_counted = self.struck("throttle", request.url.path), request.url.path.endswith("/deviceStatus")
        asked, now = self._asked[request.client.host if request.client else ""], self.clock.monotonic()
        while asked and now - asked[0] >= WINDOW_S:
            asked.popleft()
        if switch is None and not (is_counted and len(asked) >= QUOTA):
            asked.extend([now] if is_counted else [])
            return None
        if switch and str(switch.value).startswith("429"):
            return JSONResponse({"error": "too many requests"}, 429)
        raise Refusal("请求过于频繁")

    def _sign_in(self, form: Form) -> object:
        if (form.get("username"), form.get("password")) != (USERNAME, PASSWORD):
            raise Refusal("用户名或密码错误")
        token = f"oem-{self.random.getrandbits(64):016x}"
        self.tokens[token] = self.now + TOKEN_LIFE
        return {"token": token}

    def _device_status(self, form: Form) -> object:
        station = self._station(form, "deviceId")
        if self.struck("blip", "/deviceStatus"):
            blip(station, self.random, self.now)
        return reshaped(self, device_status_document(station, self.now))

    def _nearby(self, form: Form) -> object:
        latitude, longitude = number(form, "lat"), number(form, "lng")
        wanted = form.get("deviceFamily") or None
        return [
            nearby_document(station)
            for station in self.fleet.stations.values()
            if station.estate.is_listed
            and abs(station.estate.latitude - latitude) <= NEARBY_DEGREES
            and abs(station.estate.longitude - longitude) <= NEARBY_DEGREES
            and wanted in (None, str(station.family))
            and form.get("deviceName", "") in station.name
        ]

    def _orders(self, form: Form) -> object:
        """Forward by (updateTime, orderNum); the token is where the page before ended."""
        size, page_number = int(number(form, "pageSize")), int(number(form, "pageNum"))
        begin, until = number(form, "beginUpdateTime"), number(form, "endUpdateTime")
        token, statuses = form.get("deepPageToken", ""), form.get("statusesStr") or None
        if until >= millis(self.clock.now()):
            # The world may be ahead of its clock; whoever asks for everything up to now means all of it.
            until = float("inf")
        if not 1 <= size <= 100 or (page_number > 1 and not token):
            raise Refusal("参数错误")
        matching = sorted(
            (f"{millis(order.updated_at):015d}-{order.number}", order)
            for order in self.fleet.orders.values()
            if begin <= millis(order.updated_at) <= until
            and form.get("orderNum", order.number) == order.number
            and form.get("estateId", str(order.station.estate.id)) == str(order.station.estate.id)
            and (statuses is None or str(order.status) in statuses.split(","))
        )
        size = self.page_size(size)
        rest = [(key, order) for key, order in matching if key > token]
        page = rest[:size]
        if not page and self.struck("empty_shape", "/queryChargeOrder"):
            raise Refusal("查询无数据")
        return {
            "list": [listed_order_document(order) for _, order in page],
            "page": {
                "total": len(matching),
                "pages": -(-len(matching) // size),
                "pageSize": size,
                "pageNum": page_number,
                "deepPageToken": page[-1][0] if len(rest) > size else None,
            },
        }

    def _standards(self, form: Form) -> object:
        standard_type, family = int(number(form, "type")), int(number(form, "deviceFamily"))
        used = {station.standard_id for station in self.fleet.stations.values() if station.family == family}
        return [item for key, item in STANDARDS.items() if key in used and item["type"] == standard_type]

    def _standard(self, form: Form) -> object:
        standard = STANDARDS.get(int(number(form, "priceStandardId")))
        if standard is None:
            raise Refusal("查询无数据")
        return standard

    def _paged_standards(self, form: Form) -> object:
        size, page_number = int(number(form, "pageSize")), int(number(form, "pageNum"))
        standards, size = list(STANDARDS.values()), self.page_size(size)
        pages = -(-len(standards) // size)
        page = {"total": len(standards), "pages": pages, "pageSize": size, "pageNum": page_number}
        return {"list": standards[(page_number - 1) * size : page_number * size], "page": page}

    def _station(self, form: Mapping[str, Any], key: str) -> Station:
        station = self.fleet.stations.get(str(form.get(key)))
        if station is None:
            raise Refusal("设备不存在")
        return station

    def _order(self, form: Form) -> Order:
        order = self.fleet.orders.get(form.get("orderNum", ""))
        if order is None:
            raise Refusal("查询无数据")
        return order

    def _running(self, form: Form) -> Order:
        order = self._order(form)
        if order.status != 2:
            raise Refusal("查询无数据")
        return order

    def _socket(self, what: Mapping[str, Any]) -> tuple[Station, int]:
        station, port = self.fleet.stations[str(what["device"])], int(what.get("port", 1))
        if not 1 <= port <= len(station.sockets):
            message = f"that station has {len(station.sockets)} sockets"
            raise ValueError(message)
        return station, port

    def _plug_in(self, what: Mapping[str, Any], how: Callable[[Station, int, datetime], Order]) -> object:
        station, port = self._socket(what)
        if not station.is_open or station.sockets[port - 1].state != 0:
            message = "that socket is not free"
            raise ValueError(message)
        return {"order": how(station, port, self.now).number}

    def _unplug(self, what: Mapping[str, Any]) -> None:
        station, port = self._socket(what)
        order = station.sockets[port - 1].order
        if order is None:
            message = "nobody charges there"
            raise ValueError(message)
        end(order, UNPLUGGED, self.now)

    def _mains(self, what: Mapping[str, Any], *, is_on: bool) -> None:
        station = self.fleet.stations[str(what["device"])]
        station.is_online, station.updated_at = is_on, self.now


SIMULATOR = LvccSimulator
