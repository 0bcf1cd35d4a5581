"""A method for each LetMeCharge endpoint: what goes on the wire, and whether the answer has the right shape.

There is no success envelope: HTTP 200 with a bare list or object. An error is an HTTP status with
`{message, statusCode, error}`; its text is not repeated in faults. A wrong key may be answered with 401 or 403.
Source: https://docs.letmecharge.net/docs/letmecharge
"""

from model.faults import NotFound, Rejected
from model.records import Customer
from vendors.kit.http import VendorHttp, segment
from vendors.kit.wire import items_of
from vendors.letmecharge.settings import Area, LetMeChargeSettings


class LetMeChargeClient:
    """Speaks for one contract. Every method raises only faults."""

    def __init__(self, http: VendorHttp, settings: LetMeChargeSettings) -> None:
        """Each call carries the contract's key in the configured header."""
        self._http = http
        self._headers = settings.auth_headers

    async def chargers_in(self, area: Area) -> list[object]:
        """Every charger of the area with its stations and plugs; the vendor documents no paging."""
        position = {"lat": area.latitude, "lon": area.longitude, "distance": area.distance_m}
        reply = await self._http.read(
            "find chargers",
            "POST",
            "/v3/chargers/filter",
            json=position,
            headers=self._headers,
        )
        return items_of(reply.payload, "find chargers")

    async def charger(self, charger_id: str) -> object:
        """One charger with its real-time state, by its `_id`. Raises NotFound when the vendor does not know it."""
        if not charger_id.strip("."):
            raise NotFound("read charger: no charger has such an id")  # dots alone would climb up the path
        path = f"/chargers/{segment(charger_id)}/updated"
        reply = await self._http.read("read charger", "GET", path, headers=self._headers)
        return reply.payload

    async def orders(self, *, limit: int, offset: int, status: str | None = None) -> list[object]:
        """A page of the contract's orders, newest first; all of them, or those of one status.

        `status` can be FINISHED or IN_PROGRESS only: failed and waiting orders cannot be asked for.
        """
        query: dict[str, str | int | float] = {"limit": limit, "offset": offset}
        reply = await self._http.read(
            "list orders",
            "GET",
            "/contracts/orders",
            query=query if status is None else {**query, "status": status},
            headers=self._headers,
        )
        return items_of(reply.payload, "list orders")

    async def start_charge(self, plug_id: str, customer: Customer | None) -> object:
        """Order a charge at a physical plug, by its `_id`, with what of the customer is given. The start object.

        A 403 here is no word about the key where reads have just worked: not allowed here, or the plug is in use.
        Raises Uncertain when an order may have been made.
        """
        given = {} if customer is None else {"user_email": customer.email, "plate": customer.license_plate}
        reply = await self._http.judging({403: Rejected}).send(
            "start charging",
            "POST",
            f"/v3/chargers/startcharge/{segment(plug_id)}",
            json={name: value for name, value in given.items() if value},
            headers=self._headers,
        )
        return reply.payload

    async def stop_charge(self, order_id: str) -> None:
        """End one order. Any JSON is a yes: `{}` is normal. Raises Uncertain when it may have been ended."""
        path = f"/v3/chargers/stopcharge/{segment(order_id)}"
        await self._http.send("stop charging", "POST", path, headers=self._headers)
