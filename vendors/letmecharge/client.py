"""A method for each LetMeCharge endpoint that reads: what goes on the wire, and whether the answer has the right shape.

There is no success envelope: HTTP 200 with a bare list or object. An error is an HTTP status with
`{message, statusCode, error}`; its text is not repeated in faults. A wrong key may be answered with 401 or 403.
Source: https://docs.letmecharge.net/docs/letmecharge
"""

from urllib.parse import quote

from model.faults import NotFound
from vendors.kit.http import VendorHttp
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
        path = f"/chargers/{quote(charger_id, safe='')}/updated"
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
