"""The legacy charger API: one method an endpoint, and what the vendor's codes mean."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import SecretStr

from model.clock import Clock
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, Unauthorised, Unreachable
from model.states import Resolution
from vendors.kit.http import VendorHttp
from vendors.kit.wire import read_as
from vendors.solax.wire import Envelope

MINUTE_S = 60.0
FIVE_MINUTES_S = 300.0
LONGEST_TEXT = 120

_REFUSED_TOKEN = frozenset({103, 1001, 10400, 10401, 10402})
_MISSING_RIGHTS = frozenset({1003, 2001, 10403, 10500, 10505, 10506})
_OVER_QUOTA = frozenset({3, 104, 10405, 10406})
_OVER_DAILY_QUOTA = 10405
_BUSY = 11500


class SolaxClient:
    """Reads chargers with one tokenId."""

    def __init__(self, http: VendorHttp, clock: Clock, token_id: SecretStr) -> None:
        """The token is sent in the query, as the vendor wants it."""
        self._http = http
        self._clock = clock
        self._token_id = token_id

    async def get_pile_info(self, serial: str) -> object:
        """The charger's `result`, null for a charger that is offline.

        Source: SolaX "EV charger API User Guide", 3.2 Read EV charger status interface.
        Raises Unreachable, TimedOut, RateLimited, Unauthorised, NotFound, Rejected or Malformed.
        """
        return await self._read("getPileInfo", "/proxyApp/proxy/api/getPileInfo", {"pileSn": serial})

    async def _read(self, operation: str, path: str, query: Mapping[str, str]) -> object:
        token = self._token_id.get_secret_value()
        try:
            reply = await self._http.read(operation, "GET", path, query={"tokenId": token, **query})
        except RateLimited as limited:
            if limited.retry_after_s is None:
                limited.retry_after_s = MINUTE_S
            raise
        envelope = read_as(Envelope, reply.payload, operation)
        if envelope.success is True and not envelope.code:
            return envelope.result
        raise self._fault(operation, envelope)

    def _fault(self, operation: str, envelope: Envelope) -> Fault:
        """What a refusal means: success first, code second, and the text only for how long a quota holds."""
        code = envelope.code
        raw_code = None if code is None else str(code)
        if code in _REFUSED_TOKEN:
            return Unauthorised(f"{operation}: the vendor refused the tokenId", raw_code=raw_code)
        if code in _MISSING_RIGHTS:
            message = f"{operation}: the tokenId has no right to this charger"
            return Unauthorised(message, raw_code=raw_code, resolution=Resolution.USER_ACTION)
        if code in _OVER_QUOTA:
            message = f"{operation}: over the vendor's quota"
            return RateLimited(message, raw_code=raw_code, retry_after_s=self._wait_s(envelope))
        if code == _BUSY:
            return Unreachable(f"{operation}: the vendor's system is busy", raw_code=raw_code)
        if envelope.success is None:
            return Malformed(f"{operation}: the answer does not say whether it succeeded", raw_code=raw_code)
        if code == 0:
            return NotFound(f"{operation}: the vendor does not know this serial number", raw_code=raw_code)
        return Rejected(f"{operation}: {self._safe(envelope.exception)}", raw_code=raw_code)

    def _wait_s(self, envelope: Envelope) -> float:
        text = (envelope.exception or "").lower()
        if envelope.code == _OVER_DAILY_QUOTA or "day" in text:
            return self._until_midnight_s()
        return FIVE_MINUTES_S if "5 minutes" in text else MINUTE_S

    def _until_midnight_s(self) -> float:
        now = self._clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - now).total_seconds()

    def _safe(self, text: str | None) -> str:
        """The vendor's words, short and without the token, should they repeat it."""
        return (text or "refused without a reason").replace(self._token_id.get_secret_value(), "***")[:LONGEST_TEXT]
