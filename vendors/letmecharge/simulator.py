"""LetMeCharge's HTTP API over a simulated fleet: thirty chargers, one contract, orders in every status.

Source: https://docs.letmecharge.net/docs/letmecharge. Where the vendor leaves things open the simulator has its own
reading: `status` true means available, `chargeTypes` are `chargeSpeedId` values, and `limit` 0 means all.
"""

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.kit.simulator import Simulator
from vendors.letmecharge.simulated_documents import SHAPE_FAULTS, Document, charger_document, order_document, reshaped
from vendors.letmecharge.simulated_fleet import AREAS, Charger, build_chargers
from vendors.letmecharge.simulated_orders import Traffic

API_KEY = "letmecharge-simulator-key"
HISTORY = timedelta(hours=36)
HISTORY_STEP = timedelta(minutes=5)
DRIVERS_JUST_ARRIVED = 2
EARTH_RADIUS_M = 6_371_000
REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
MISSHAPEN = {"status": {"is": "broken"}}


class LetMeChargeSimulator(Simulator):
    """One contract with a key; drivers come and go by themselves."""

    slug = "letmecharge"
    default_port = 9103
    faults: ClassVar[Mapping[str, str]] = {
        "batch_with_bad_item": "The first of every list of chargers or orders is malformed.",
        "not_plugged_then_progress": "An order is NOT_PLUGGED without `finished`, and IN_PROGRESS two minutes later.",
        "payment_error_with_energy": "Charges end in PAYMENT_ERROR, with the energy that they have.",
        "internal_error": "Charges end in INTERNAL_ERROR, with energy; `value` without_energy: before they begin.",
        "provider_error": "Charges end in PROVIDER_ERROR, with energy; `value` without_energy: before they begin.",
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
        self.traffic = Traffic(self.random, self.chargers, self.struck)
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
        """The vendor's endpoints that read. A wrong key is 401 at chargers and 403 at orders, as documented."""
        return [
            Route("/v3/chargers/filter", self._behind_key(401, self._filter), methods=["POST"]),
            Route("/chargers/{charger}/updated", self._behind_key(401, self._updated), methods=["GET"]),
            Route("/contracts/orders", self._behind_key(403, self._orders), methods=["GET"]),
        ]

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
            wanted = _Wanted(await request.json())
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
        orders = [order for order in reversed(self.traffic.orders) if status in {None, order.status}]
        if email is not None:
            orders = [order for order in orders if order_document(order)["user_email"] == email]
        page = orders[offset : offset + limit] if limit else orders[offset:]
        return self._listed(request, [order_document(order) for order in page])

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


class _Wanted:
    """The filter's body, checked. Raises KeyError, TypeError or ValueError when it is not a valid one."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._latitude, self._longitude = float(body["lat"]), float(body["lon"])
        self._distance_m = float(body["distance"])
        self._providers = {str(provider).lower() for provider in body.get("providers") or ()}
        self._speeds = set(body.get("chargeTypes") or ())
        self._status = body.get("status") or "all"
        is_on_earth = abs(self._latitude) <= 90 and abs(self._longitude) <= 180
        if not is_on_earth or not 10 <= self._distance_m <= 10_000 or self._status not in {"all", "available"}:
            raise ValueError

    def has(self, charger: Charger) -> bool:
        """Whether the filter finds this charger."""
        if self._providers and charger.place.provider.lower() not in self._providers:
            return False
        if self._status == "available" and not any(plug.is_available for plug in charger.plugs):
            return False
        groups = [group for station in charger.stations for group in station.groups]
        if self._speeds and not any(group.speed in self._speeds for group in groups):
            return False
        return self._distance_to(charger) <= self._distance_m

    def _distance_to(self, charger: Charger) -> float:
        """Metres on the sphere, near enough over ten kilometres."""
        north = math.radians(charger.place.latitude - self._latitude)
        east = math.radians(charger.place.longitude - self._longitude) * math.cos(math.radians(self._latitude))
        return EARTH_RADIUS_M * math.hypot(north, east)


def _error(status: int, message: str) -> Response:
    """The vendor's error envelope."""
    return JSONResponse({"message": message, "statusCode": status, "error": REASONS[status]}, status)


SIMULATOR = LetMeChargeSimulator
