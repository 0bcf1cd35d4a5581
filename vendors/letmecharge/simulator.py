"""LetMeCharge's HTTP API over a simulated fleet: thirty chargers, one contract, orders in every status.

Source: https://docs.letmecharge.net/docs/letmecharge. Where the vendor leaves things open the simulator has its own
reading: `status` true means available, `chargeTypes` are `chargeSpeedId` values, `limit` 0 means all, an order that
has ended takes another stop without a word, and whoever starts a charge has a car plugged in unless a hand pulls it.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from vendors.kit.simulator import Simulator
from vendors.letmecharge.simulated_documents import (
    MISSHAPEN,
    SHAPE_FAULTS,
    Document,
    charger_document,
    order_document,
    reshaped,
    start_document,
)
from vendors.letmecharge.simulated_filter import Wanted
from vendors.letmecharge.simulated_fleet import AREAS, Plug, build_chargers
from vendors.letmecharge.simulated_orders import Order, Traffic
from vendors.letmecharge.simulated_webhook import Webhook

API_KEY = "letmecharge-simulator-key"
HISTORY = timedelta(hours=36)
HISTORY_STEP = timedelta(minutes=5)
DRIVERS_JUST_ARRIVED = 2
STOP_TAKES_S = 3.0
LATE_S = 90.0
LATE_PROGRESS_FOR = timedelta(minutes=2)
REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal server error",
}


class LetMeChargeSimulator(Simulator):
    """One contract with a key; drivers come and go by themselves."""

    slug = "letmecharge"
    default_port = 9103
    faults: ClassVar[Mapping[str, str]] = {
        "batch_with_bad_item": "The first of every list of chargers or orders, pushed ones too, is malformed.",
        "not_plugged_then_progress": "An order is NOT_PLUGGED without `finished`, and IN_PROGRESS two minutes later.",
        "payment_error_with_energy": "Charges end in PAYMENT_ERROR, with the energy that they have.",
        "internal_error": "Charges end in INTERNAL_ERROR, with energy; `value` without_energy: before they begin.",
        "provider_error": "Charges end in PROVIDER_ERROR, with energy; `value` without_energy: before they begin.",
        "late_progress": (
            "For two minutes after its end an order is listed as IN_PROGRESS, and five seconds after it pushed as such."
        ),
        "id_mismatch": "A started order is listed under neither of the start's ids; `value` start_id: under its `_id`.",
        "start_lost_reply": "A charge is started, and the connection is cut instead of an answer.",
        "start_500_but_started": "A charge is started, and the answer is HTTP 500.",
        "starts_twice": "One start makes two orders, and both charge.",
        "in_use_400": "A start at a plug in use is refused with 400 instead of 403.",
        "stop_ignored": "A stop is answered and nothing happens.",
        "duplicate": "Every push is sent again a second later.",
        "reorder": "A push is held back until the next one of the same order has gone; the last one never is.",
        "drop": "Pushes are not sent.",
        "delay": "Pushes are sent `value` seconds late (default 60).",
        "single_object": "A push is the order itself, not a list of one.",
        "forged_webhook": "A second after an order is pushed as IN_PROGRESS somebody else pushes that it is FINISHED.",
        "acts_late": "A charge begins or ends `value` seconds after the call (default 90).",
        "unknown_status": "Orders have a status outside the vendor's table.",
        "unknown_price_unit": "Orders have a price unit outside the vendor's table.",
        "stale_plug": "`lastUpdate` of plugs is years old.",
        "null_fields": "Every field that is not an id is null.",
        "string_numbers": "Every number is text.",
        "provider_case": "Providers in the other casing.",
        "time_form": "Instants in the other of the vendor's two forms.",
    }

    def build(self) -> None:
        """Thirty chargers, the orders of the last day and a half, and two drivers who have just arrived."""
        self.chargers = build_chargers(self.random, self.now - HISTORY)
        self.webhook = Webhook(self)
        self.traffic = Traffic(self.random, self.chargers, self.struck, self.act, self.webhook.tell)
        for steps in range(HISTORY // HISTORY_STEP, 0, -1):
            self.traffic.step(self.now - steps * HISTORY_STEP, HISTORY_STEP.total_seconds())
        for _ in range(DRIVERS_JUST_ARRIVED):
            self.traffic.arrive(self.now)

    def step(self, seconds: float) -> None:
        """Drivers arrive, charge and leave."""
        self.traffic.step(self.now, seconds)

    def account(self) -> Mapping[str, object]:
        """The contract's key and the two areas that hold every charger."""
        return {
            "id": "roaming",
            "vendor": self.slug,
            "name": "Roaming",
            "api_key": API_KEY,
            "areas": [dict(area) for area in AREAS],
        }

    def state(self) -> Mapping[str, object]:
        """How many chargers, plugs and orders there are."""
        plugs = [plug for charger in self.chargers for plug in charger.plugs]
        return {
            "chargers": len(self.chargers),
            "plugs": len(plugs),
            "plugs_available": sum(plug.is_available for plug in plugs),
            "orders": len(self.traffic.orders),
            "orders_running": len(self.traffic.running()),
        }

    def routes(self) -> Sequence[Route]:
        """The vendor's endpoints. A wrong key is 401 at chargers and stop, 403 at start and orders, as documented."""
        return [
            Route("/v3/chargers/filter", self._behind_key(401, self._filter), methods=["POST"]),
            Route("/chargers/{charger}/updated", self._behind_key(401, self._updated), methods=["GET"]),
            Route("/contracts/orders", self._behind_key(403, self._orders), methods=["GET"]),
            Route("/v3/chargers/startcharge/{plug}", self._behind_key(403, self._start), methods=["POST"]),
            Route("/v3/chargers/stopcharge/{order}", self._behind_key(401, self._stop), methods=["POST"]),
        ]

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """Hands at a plug, given by its `_id`: whether a car is plugged in when a charge is started from afar.

        And the hands of the vendor's staff, who write down the contract's webhook URL; null for none.
        """
        return {
            "set_webhook": lambda given: self.webhook.register(given["url"]),
            "plug_in": lambda given: self._set_cable(str(given["plug"]), is_in=True),
            "unplug": lambda given: self._set_cable(str(given["plug"]), is_in=False),
        }

    def _set_cable(self, plug_id: str, *, is_in: bool) -> None:
        plug = self._plug(plug_id)
        if plug is None:
            message = "no such plug"
            raise ValueError(message)
        plug.has_cable = is_in

    def _behind_key(
        self, status: int, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def guarded(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {API_KEY}":
                return _error(status, "the key is not valid")
            return await endpoint(request)

        return guarded

    async def _filter(self, request: Request) -> Response:
        try:
            wanted = Wanted(await request.json())
        except (KeyError, TypeError, ValueError) as error:
            return _error(400, f"invalid body: {type(error).__name__}")
        return self._listed(request, [charger_document(charger) for charger in self.chargers if wanted.has(charger)])

    async def _updated(self, request: Request) -> Response:
        for charger in self.chargers:
            if charger.id == request.path_params["charger"]:
                return JSONResponse(self._shaped(request, [charger_document(charger)])[0])
        return _error(404, "charger not found")

    async def _orders(self, request: Request) -> Response:
        query = request.query_params
        status, email = query.get("status"), query.get("user_email")
        try:
            limit, offset = int(query.get("limit", 0)), int(query.get("offset", 0))
        except ValueError:
            return _error(400, "limit and offset must be integers")
        if limit < 0 or offset < 0 or status not in {None, "FINISHED", "IN_PROGRESS"}:
            return _error(400, "limit, offset or status is out of range")
        shown = self._late_status if self.struck("late_progress", request.url.path) else _status
        orders = [order for order in reversed(self.traffic.orders) if status in {None, shown(order)}]
        orders = [order for order in orders if email in {None, order.email}]
        page = orders[offset : offset + limit] if limit else orders[offset:]
        return self._listed(request, [{**order_document(order), "status": shown(order)} for order in page])

    def _late_status(self, order: Order) -> str:
        has_just_ended = order.finished_at is not None and self.now - order.finished_at < LATE_PROGRESS_FOR
        return "IN_PROGRESS" if has_just_ended else order.status

    async def _start(self, request: Request) -> Response:
        path, plug = request.url.path, self._plug(request.path_params["plug"])
        if plug is None:
            return _error(404, "physical plug not found")
        if not plug.is_available:
            return _error(400 if self.struck("in_use_400", path) else 403, "the physical plug is in use")
        try:
            customer = dict(json.loads(await request.body() or b"{}"))
        except (TypeError, ValueError):
            return _error(400, "invalid body")
        order = self._started(plug, customer, path)
        if self.struck("starts_twice", path):
            self._started(plug, customer, path)
        if self.struck("start_lost_reply", path):
            return StreamingResponse(_cut_off(), headers={"content-length": "1000"})
        if self.struck("start_500_but_started", path):
            return _error(500, "error message information")
        return JSONResponse(self._shaped(request, [start_document(order)])[0])

    def _started(self, plug: Plug, customer: Mapping[str, Any], path: str) -> Order:
        order = self.traffic.start(plug, self.now)
        order.email, order.plate = customer.get("user_email", order.email), customer.get("plate", order.plate)
        if self.switched("not_plugged_then_progress"):
            order.fate = "NOT_PLUGGED"
        if late := self.struck("acts_late", path):
            order.plugs_in_at = self.now + timedelta(seconds=float(late.value or LATE_S))
        if mismatch := self.struck("id_mismatch", path):
            order.id = order.record_id if mismatch.value == "start_id" else order.order_id[::-1]
        return order

    async def _stop(self, request: Request) -> Response:
        path, order_id = request.url.path, request.path_params["order"]
        order = next((order for order in self.traffic.orders if order.order_id == order_id), None)
        if order is None:
            return _error(404, "order not found")
        if not self.struck("stop_ignored", path):
            late = self.struck("acts_late", path)
            wait_s = float(late.value or LATE_S) if late else STOP_TAKES_S
            self.later(wait_s, lambda: self.traffic.stop(order, self.now))
        return JSONResponse({})

    def _plug(self, plug_id: str) -> Plug | None:
        plugs = (plug for charger in self.chargers for plug in charger.plugs)
        return next((plug for plug in plugs if plug.id == plug_id), None)

    def _listed(self, request: Request, documents: list[Document]) -> Response:
        shaped = self._shaped(request, documents)
        if shaped and self.struck("batch_with_bad_item", request.url.path):
            shaped[0] = MISSHAPEN
        return JSONResponse(shaped)

    def _shaped(self, request: Request, documents: list[Document]) -> list[Document]:
        for name, change in SHAPE_FAULTS.items():
            if self.struck(name, request.url.path):
                documents = [reshaped(document, change) for document in documents]
        return documents


def _status(order: Order) -> str:
    return order.status


async def _cut_off() -> AsyncIterator[bytes]:
    """An answer that breaks off after its first byte."""
    yield b"{"
    raise httpx.ReadError("cut by the simulator")


def _error(status: int, message: str) -> Response:
    """The vendor's error envelope."""
    return JSONResponse({"message": message, "statusCode": status, "error": REASONS[status]}, status)


SIMULATOR = LetMeChargeSimulator
