"""A stream as one HTTP response: server-sent events, or parts of a multipart body.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, "distinct connections mode", and
https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.gateway import Gateway, GoingAway
from app.graphql_request import Operation, media_types_of
from graph.errors import refusal
from graph.streaming.subscription import Refused, encoded_errors
from model.states import ProblemCode, Resolution

HEARTBEAT_S = 12.0
"""Less than what proxies wait for a silent response."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How answers stand in a body. `accept`: what a client accepts that wants it; `failure` ends a stream early."""

    media_type: str
    opening: bytes
    heartbeat: bytes
    answer: Callable[[bytes], bytes]
    failure: Callable[[bytes], bytes]
    closing: bytes


def _event(content: bytes) -> bytes:
    return b"event: next\ndata: " + content + b"\n\n"


def _part(content: bytes) -> bytes:
    """The boundary comes after it: a client knows a part by what ends it."""
    return b"\r\ncontent-type: application/json\r\n\r\n" + content + b"\r\n--graphql"


SERVER_SENT_EVENTS = Framing(
    media_type="text/event-stream; charset=utf-8",
    opening=b":\n\n",
    heartbeat=b":\n\n",
    answer=_event,
    failure=_event,
    closing=b"event: complete\ndata:\n\n",
)
MULTIPART = Framing(
    media_type='multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"',
    opening=b"--graphql",
    heartbeat=_part(b"{}"),
    answer=lambda content: _part(b'{"payload":' + content + b"}"),
    failure=lambda content: _part(b'{"payload":null,' + content[1:]),
    closing=b"--\r\n",
)


def framing_for(accept: str) -> Framing | None:
    """How the client wants its streams; None when it can take none over HTTP."""
    accepted = media_types_of(accept)
    if "multipart/mixed" in accepted and "subscriptionspec" in accept.lower():
        return MULTIPART
    return SERVER_SENT_EVENTS if "text/event-stream" in accepted else None


class StreamedResponse(Response):
    """Sends the answers of an operation as they come, until it ends or the client goes away."""

    def __init__(self, gateway: Gateway, operation: Operation, framing: Framing) -> None:
        """Nothing is opened before it is sent."""
        super().__init__(headers={"x-accel-buffering": "no"}, media_type=framing.media_type)
        del self.headers["content-length"]
        self._gateway = gateway
        self._operation = operation
        self._framing = framing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it."""
        del scope
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await _write(send, self._framing.opening)
        writing = asyncio.get_running_loop().create_task(self._send_answers(send))
        beside = [asyncio.ensure_future(self._beat(send)), asyncio.ensure_future(_gone(receive))]
        try:
            await asyncio.wait([writing, *beside], return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                writing.result()
        finally:
            for task in (writing, *beside):
                task.cancel()
            await asyncio.gather(writing, *beside, return_exceptions=True)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_answers(self, send: Send) -> None:
        framing = self._framing
        try:
            async with aclosing(self._gateway.answers(self._operation)) as answers:
                async for answer in answers:
                    await _write(send, framing.answer(answer))
        except Refused as refused:
            await _write(send, framing.answer(encoded_errors(refused.errors)))
        except GoingAway as going:
            error = refusal(ProblemCode.INTERNAL, str(going), Resolution.RETRY_LATER)
            await _write(send, framing.failure(encoded_errors([error])))
        await _write(send, framing.closing)

    async def _beat(self, send: Send) -> None:
        while True:
            await self._gateway.clock.sleep(HEARTBEAT_S)
            await _write(send, self._framing.heartbeat)


async def _write(send: Send, content: bytes) -> None:
    await send({"type": "http.response.body", "body": content, "more_body": True})


async def _gone(receive: Receive) -> None:
    """Until the client went away."""
    while (await receive())["type"] != "http.disconnect":
        pass
