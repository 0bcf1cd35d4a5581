"""One door to a vendor's HTTP API: waits at the gate, sends, and turns everything that can go wrong into a fault.

This is the only place where exceptions of the HTTP library are caught. Faults name the operation, never the URL
(tokens travel in queries), never a body (personal data travels in bodies).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from model.clock import Clock
from model.faults import (
    Fault,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from vendors.kit.quota import Gate, current_ticket

LARGEST_BODY_BYTES = 64 * 1024 * 1024
"""More than any documented answer; beyond it the answer counts as malformed instead of filling the memory."""

LONGEST_WAIT_S = 86_400.0
"""A vendor who asks for a longer wait is asked again after a day."""

DEFAULT_STATUSES: Mapping[int, type[Fault]] = {
    401: Unauthorised,
    403: Unauthorised,
    404: NotFound,
    408: TimedOut,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """A vendor's answer with a 2xx status: its JSON, decoded."""

    payload: Any
    headers: Mapping[str, str]


class VendorHttp:
    """Sends one account's calls. `statuses` overrides what an HTTP status means at this vendor."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        gate: Gate,
        clock: Clock,
        statuses: Mapping[int, type[Fault]] | None = None,
        on_call: Callable[[str, str], None] = lambda _operation, _outcome: None,
    ) -> None:
        """The client brings base URL and time-outs, and stays the caller's to close.

        `on_call` hears of every call that was sent: its operation, and `OK` or the code of the fault.
        """
        self._client = client
        self._gate = gate
        self._clock = clock
        self._statuses = {**DEFAULT_STATUSES, **(statuses or {})}
        self._on_call = on_call

    def judging(self, statuses: Mapping[int, type[Fault]]) -> "VendorHttp":
        """The same door with other meanings for some statuses."""
        return VendorHttp(self._client, self._gate, self._clock, {**self._statuses, **statuses}, self._on_call)

    async def read(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        form: Mapping[str, str | int | float] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> Reply:
        """Send a call that changes nothing, and decode its JSON.

        A connection that broke before any answer is tried once more, since reading twice does no harm; every try
        waits at the gate. Raises Unreachable, TimedOut, RateLimited, Unauthorised, NotFound, Rejected or Malformed.
        """
        request = self._request(
            operation, method, path, query=query, form=form, json=json, content=content, headers=headers
        )
        try:
            return await self._told(operation, request, auth)
        except _ConnectionLost:
            pass
        try:
            return await self._told(operation, request, auth)
        except _ConnectionLost as lost:
            raise TimedOut(f"{operation}: the connection broke before an answer") from lost.__cause__

    async def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        form: Mapping[str, str | int | float] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> Reply:
        """Send a call that acts, once. What may have acted without a clear answer is Uncertain.

        Once it has passed the gate the ticket's `on_sending` is awaited, and only then is a byte sent. Raises
        Unreachable, RateLimited, Unauthorised, NotFound or Rejected when nothing happened, else Uncertain.
        """
        request = self._request(operation, method, path, query=query, form=form, json=json, headers=headers)
        try:
            return await self._told(operation, request, auth, acts=True)
        except _ConnectionLost as lost:
            raise Uncertain(f"{operation}: the connection broke before an answer") from lost.__cause__
        except (TimedOut, Malformed) as fault:
            raise Uncertain(f"{fault.message}; it may have been done", raw_code=fault.raw_code) from fault
        except Unreachable as fault:
            if fault.raw_code is None:
                raise
            raise Uncertain(f"{fault.message}; it may have been done", raw_code=fault.raw_code) from fault

    def _request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        form: Mapping[str, str | int | float] | None = None,
        json: object = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        try:
            return self._client.build_request(
                method, path, params=query, data=form, json=json, content=content, headers=headers
            )
        except (httpx.InvalidURL, UnicodeError):
            # Ids come from clients, who may write anything. The cause is left out: it has the URL.
            raise Rejected(f"{operation}: cannot be written as a request") from None

    async def _told(
        self, operation: str, request: httpx.Request, auth: httpx.Auth | None, *, acts: bool = False
    ) -> Reply:
        """One try, and word of how it went to whoever counts."""
        try:
            reply = await self._once(operation, request, auth, acts=acts)
        except Fault as fault:
            self._on_call(operation, fault.code.value)
            raise
        except _ConnectionLost:
            self._on_call(operation, TimedOut.code.value)
            raise
        self._on_call(operation, "OK")
        return reply

    async def _once(self, operation: str, request: httpx.Request, auth: httpx.Auth | None, *, acts: bool) -> Reply:
        try:
            async with self._gate.passage():
                if acts:
                    await _announced()
                response = await self._client.send(request, auth=auth, stream=True)
                try:
                    body = await _body(operation, response)
                finally:
                    await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable(f"{operation}: cannot connect") from error
        except httpx.TimeoutException as error:
            raise TimedOut(f"{operation}: no answer in time") from error
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
            raise _ConnectionLost from error
        except httpx.DecodingError as error:
            raise Malformed(f"{operation}: the answer's encoding is broken") from error
        except (httpx.UnsupportedProtocol, httpx.ProxyError, httpx.InvalidURL) as error:
            raise Unreachable(f"{operation}: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            unheard = Uncertain if acts else Unreachable
            raise unheard(f"{operation}: {type(error).__name__}") from error
        self._judge(operation, response)
        return Reply(_decoded(operation, body), response.headers)

    def _judge(self, operation: str, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        fault = self._statuses.get(status) or (Unreachable if status >= 500 else Rejected)
        raise fault(
            f"{operation}: HTTP {status}",
            raw_code=str(status),
            retry_after_s=self._retry_after(response) if fault in (RateLimited, Unreachable) else None,
        )

    def _retry_after(self, response: httpx.Response) -> float | None:
        """Retry-After in seconds, given as a number or as a date (RFC 9110, 10.2.3)."""
        value = response.headers.get("retry-after", "")
        try:
            if value.isdecimal():
                wait_s = float(value)
            else:
                wait_s = (parsedate_to_datetime(value) - self._clock.now()).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
        return min(max(0.0, wait_s), LONGEST_WAIT_S)


def segment(native_id: str) -> str:
    """An id as one segment of a path: clients write ids, which must not reach other paths or break the URL."""
    written = quote(native_id, safe="", errors="replace")
    return written.replace(".", "%2E") if native_id.strip(".") == "" else written


async def _announced() -> None:
    """Tell whoever ordered it that an act is about to be sent."""
    ticket = current_ticket.get()
    if ticket is not None and ticket.on_sending is not None:
        await ticket.on_sending()


class _ConnectionLost(Exception):
    """The connection broke after it was made and before the answer was whole."""


async def _body(operation: str, response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > LARGEST_BODY_BYTES:
            raise Malformed(f"{operation}: the answer is larger than {LARGEST_BODY_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _decoded(operation: str, body: bytes) -> Any:  # noqa: ANN401 - JSON is any
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"{operation}: the answer is not JSON") from error
