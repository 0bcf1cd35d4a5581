"""The legacy charger API: one method an endpoint, and what the vendor's codes mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from model.clock import Clock
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, Unauthorised, Uncertain, Unreachable
from model.states import Resolution
from vendors.kit.http import VendorHttp
from vendors.kit.wire import read_as
from vendors.solax.wire import Envelope, StartedTask

MINUTE_S = 60.0
FIVE_MINUTES_S = 300.0
LONGEST_TEXT = 120
MOST_SERIALS = 100
"""How many chargers one command can name."""

_REFUSED_TOKEN = frozenset({103, 1001, 10400, 10401, 10402})
_MISSING_RIGHTS = frozenset({1003, 2001, 10403, 10500, 10505, 10506})
_OVER_QUOTA = frozenset({3, 104, 10405, 10406})
_OVER_DAILY_QUOTA = 10405
_CALLBACK_NOT_CONFIGURED = 10404
_BUSY = 11500


class SolaxClient:
    """Speaks with one tokenId."""

    def __init__(self, http: VendorHttp, clock: Clock, token_id: SecretStr) -> None:
        """The token is sent in the query or in the body, as the vendor wants it."""
        self._http = http
        self._clock = clock
        self._token_id = token_id

    async def get_pile_info(self, serial: str) -> object:
        """The charger's `result`, null for a charger that is offline.

        Source: SolaX "EV charger API User Guide", 3.2 Read EV charger status interface.
        Raises Unreachable, TimedOut, RateLimited, Unauthorised, NotFound, Rejected or Malformed.
        """
        return await self._read("getPileInfo", "/proxyApp/proxy/api/getPileInfo", {"pileSn": serial})

    async def post_pile_cmd(self, serials: Sequence[str], cmd_value: str, callback_url: str) -> str:
        """Set the work mode of up to a hundred chargers. Gives the taskId that the callbacks carry.

        The vendor only accepts here: what each charger did comes to `callback_url`. Not repeated, since a callback
        URL belongs to one task.

        Source: SolaX "EV charger API User Guide", 3.1 EV charger work mode change interface.
        Raises Unreachable, RateLimited, Unauthorised, NotFound or Rejected when nothing happened, else Uncertain.
        """
        body = {
            "tokenId": self._token_id.get_secret_value(),
            "rwType": "2",
            "cmdType": "1",
            "cmdValue": cmd_value,
            "sns": list(serials),
            "callbackUrl": callback_url,
        }
        with _waiting_a_minute():
            reply = await self._http.send("pileCmd", "POST", "/proxyApp/proxy/api/pileCmd", json=body)
        try:
            return self._task_id(reply.payload)
        except Malformed as fault:
            raise Uncertain(f"{fault.message}; it may have been done", raw_code=fault.raw_code) from fault
        except Unreachable as busy:
            raise Rejected(busy.message, raw_code=busy.raw_code, resolution=Resolution.RETRY_LATER) from busy

    def _task_id(self, payload: object) -> str:
        envelope = read_as(Envelope, payload, "pileCmd")
        if envelope.success is not True:
            raise self._fault("pileCmd", envelope)
        task = read_as(StartedTask, envelope.result, "pileCmd")
        if task.task_id is None:
            raise Malformed("pileCmd: the answer has no taskId")
        return task.task_id

    async def _read(self, operation: str, path: str, query: Mapping[str, str]) -> object:
        token = self._token_id.get_secret_value()
        with _waiting_a_minute():
            reply = await self._http.read(operation, "GET", path, query={"tokenId": token, **query})
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
        message = f"{operation}: {self._safe(envelope.exception)}"
        resolution = Resolution.USER_ACTION if code == _CALLBACK_NOT_CONFIGURED else None
        return Rejected(message, raw_code=raw_code, resolution=resolution)

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
        """The vendor's words, short, and without the token or a callback URL, should they repeat them."""
        words = (text or "refused without a reason").replace(self._token_id.get_secret_value(), "***")
        return re.sub(r"https?:\S+", "***", words)[:LONGEST_TEXT]


@contextmanager
def _waiting_a_minute() -> Iterator[None]:
    """HTTP 429 does not say until when: the vendor counts by the minute."""
    try:
        yield
    except RateLimited as limited:
        if limited.retry_after_s is None:
            limited.retry_after_s = MINUTE_S
        raise
