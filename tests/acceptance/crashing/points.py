"""Where a gateway is killed: at every step of a command's sending, before it is committed and after.

The gateway itself knows nothing of it. Three steps are committed one after the other by the journal (`claim`,
`sending`, `answered`), and between the last two the call goes out; a process that is armed watches these from outside
and kills itself when it gets there.
"""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.journal import Journal
from hub.store.database import Store
from vendors.kit.http import VendorHttp


class Point(StrEnum):
    BEFORE_CLAIM = "before-the-claim"
    AFTER_CLAIM = "after-the-claim"
    BEFORE_SENDING = "before-sending-is-committed"
    BEFORE_FIRST_BYTE = "before-the-first-byte"
    ON_THE_WIRE = "on-the-wire"
    BEFORE_ANSWERED = "before-the-answer-is-committed"
    AFTER_ANSWERED = "after-the-answer"

    @property
    def is_sent(self) -> bool:
        """Whether the vendor has got the call by then."""
        return self in (Point.ON_THE_WIRE, Point.BEFORE_ANSWERED, Point.AFTER_ANSWERED)


BEFORE_COMMIT = {Point.BEFORE_CLAIM: "claim", Point.BEFORE_SENDING: "sending", Point.BEFORE_ANSWERED: "answered"}
AFTER_COMMIT = {Point.AFTER_CLAIM: "claim", Point.BEFORE_FIRST_BYTE: "sending", Point.AFTER_ANSWERED: "answered"}
"""The step of the journal that stands beside a point."""

REQUEST_IS_WRITTEN = "http11.receive_response_headers.started"
"""What httpcore calls the moment when it has written a request and begins to wait for the answer."""


def arm(point: Point) -> None:
    """From now on this process dies at that point."""
    if point is Point.ON_THE_WIRE:
        _watch_the_wire(_die)
    elif point in BEFORE_COMMIT:
        _watch_the_commit(BEFORE_COMMIT[point], _die)
    else:
        _watch_the_return(AFTER_COMMIT[point], _die)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _watch_the_return(step: str, then: Callable[[], None]) -> None:
    """The journal has committed the step."""
    take = getattr(Journal, step)

    async def taken(*given: Any, **named: Any) -> Any:
        result = await take(*given, **named)
        then()
        return result

    setattr(Journal, step, taken)


def _watch_the_commit(step: str, then: Callable[[], None]) -> None:
    """The journal has written the step and is about to commit it."""
    take, writing = getattr(Journal, step), Store.writing
    is_in_step: ContextVar[bool] = ContextVar("is_in_step", default=False)

    async def taken(*given: Any, **named: Any) -> Any:
        before = is_in_step.set(True)
        try:
            return await take(*given, **named)
        finally:
            is_in_step.reset(before)

    @asynccontextmanager
    async def watched(store: Store) -> AsyncIterator[AsyncConnection]:
        async with writing(store) as connection:
            yield connection
            if is_in_step.get():
                then()

    setattr(Journal, step, taken)
    setattr(Store, "writing", watched)  # noqa: B010 - assigning to a method is what mypy forbids


def _watch_the_wire(then: Callable[[], None]) -> None:
    """The call that acts was written to its connection, and nothing of the answer was read."""
    send, handle = VendorHttp.send, httpx.AsyncHTTPTransport.handle_async_request
    acts: ContextVar[bool] = ContextVar("acts", default=False)

    async def sent(*given: Any, **named: Any) -> Any:
        before = acts.set(True)
        try:
            return await send(*given, **named)
        finally:
            acts.reset(before)

    async def traced(name: str, _: object) -> None:
        if name == REQUEST_IS_WRITTEN:
            then()

    async def handled(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if acts.get():
            request.extensions = {**request.extensions, "trace": traced}
        return await handle(transport, request)

    setattr(VendorHttp, "send", sent)  # noqa: B010
    setattr(httpx.AsyncHTTPTransport, "handle_async_request", handled)  # noqa: B010
