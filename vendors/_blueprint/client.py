"""The vendor's API: a method an endpoint, parameters in our words, and what the vendor's refusals mean.

`VendorHttp` already waits at the quota gate and turns transport errors and HTTP statuses into faults. What is left for
a client is what the vendor says inside a 2xx: envelopes and codes. Nothing but `model.faults.Fault` may leave.
"""

from collections.abc import AsyncIterator, Mapping

from pydantic import SecretStr

from model.faults import Fault, NotFound, RateLimited, Rejected, Unauthorised
from vendors._blueprint.wire import ChargerPage
from vendors.kit.http import VendorHttp, segment
from vendors.kit.paging import Page, every
from vendors.kit.wire import read_as

REFUSALS: Mapping[str, type[Fault]] = {
    "bad_key": Unauthorised,
    "no_such_charger": NotFound,
    "slow_down": RateLimited,
}
"""The vendor's error codes as faults; any other is Rejected."""


class BlueprintClient:
    """Speaks with one API key."""

    def __init__(self, http: VendorHttp, api_key: SecretStr) -> None:
        """The key travels in a header."""
        self._http = http
        self._api_key = api_key

    async def get_charger(self, charger: str) -> object:
        """One charger. Source: the vendor's page "Read a charger". `segment`, since clients write ids."""
        return await self._read("get charger", f"/v1/chargers/{segment(charger)}", {})

    def get_chargers(self) -> AsyncIterator[object]:
        """Every charger, page by page. Source: the vendor's page "List chargers"."""
        return every("0", self._chargers_from, "list chargers")

    async def _chargers_from(self, cursor: str) -> Page[object, str]:
        data = await self._read("list chargers", "/v1/chargers", {"cursor": cursor, "limit": 100})
        page = read_as(ChargerPage, data, "list chargers")
        return Page(page.chargers, page.following)

    async def _read(self, operation: str, path: str, query: Mapping[str, str | int]) -> object:
        headers = {"x-api-key": self._api_key.get_secret_value()}
        reply = await self._http.read(operation, "GET", path, query=query, headers=headers)
        payload = reply.payload
        if isinstance(payload, Mapping) and "error" in payload:
            code = str(payload["error"])[:40]
            raise REFUSALS.get(code, Rejected)(f"{operation}: the vendor refused", raw_code=code)
        return payload
