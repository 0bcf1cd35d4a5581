"""graphql-transport-ws: many operations over one WebSocket.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md. The older protocol, graphql-ws, is not spoken. That the
other side is still there is found out by the server's own WebSocket pings.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.gateway import Gateway, GoingAway
from app.graphql_request import BadRequest, Operation, operation_of
from graph.errors import bad_input
from graph.streaming.subscription import Refused

PROTOCOL = "graphql-transport-ws"
INIT_WAIT_S = 10.0
MOST_OPERATIONS = 100
"""At once over one socket."""

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
NO_SUCH_PROTOCOL = 4406
INIT_TIMEOUT = 4408
ALREADY_SUBSCRIBED = 4409
INIT_AGAIN = 4429
RESTARTING = 1012
MOST_REASON_BYTES = 123


class _Ended(Exception):
    """The socket is to be closed, with a code and a reason of the protocol."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Conversation:
    """One socket, from its beginning to its end."""

    def __init__(self, gateway: Gateway, socket: WebSocket) -> None:
        """`socket` is not accepted yet."""
        self._gateway = gateway
        self._socket = socket
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._is_acknowledged = False
        self._is_over = False

    async def hold(self) -> None:
        """Until either side closes it."""
        if PROTOCOL not in self._socket.scope["subprotocols"]:
            await self._socket.accept()
            await self._close(NO_SUCH_PROTOCOL, f"Subprotocol not acceptable: use {PROTOCOL}")
            return
        await self._socket.accept(subprotocol=PROTOCOL)
        waiting = asyncio.get_running_loop().create_task(self._close_unless_initialised())
        try:
            while not self._is_over:
                await self._take(_message(await self._socket.receive()))
        except _Ended as ended:
            await self._close(ended.code, ended.reason)
        except WebSocketDisconnect:
            pass
        finally:
            self._is_over = True
            tasks = [waiting, *self._operations.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, message: Mapping[str, object]) -> None:
        match message:
            case {"type": "ping"}:
                await self._send(b'{"type":"pong"}')
            case {"type": "pong"}:
                pass
            case {"type": "connection_init"}:
                if self._is_acknowledged:
                    raise _Ended(INIT_AGAIN, "Too many initialisation requests")
                self._is_acknowledged = True
                await self._send(b'{"type":"connection_ack"}')
            case {"type": "subscribe", "id": str(name), "payload": dict(payload)} if name:
                self._subscribe(name, payload)
            case {"type": "complete", "id": str(name)}:
                if (task := self._operations.pop(name, None)) is not None:
                    task.cancel()
            case _:
                raise _Ended(BAD_REQUEST, "Invalid message")

    def _subscribe(self, name: str, payload: Mapping[str, object]) -> None:
        if not self._is_acknowledged:
            raise _Ended(UNAUTHORIZED, "Unauthorized")
        if name in self._operations:
            raise _Ended(ALREADY_SUBSCRIBED, f"Subscriber for {name} already exists")
        try:
            operation = operation_of(payload)
        except BadRequest as bad:
            raise _Ended(BAD_REQUEST, bad.message) from None
        is_one_too_many = len(self._operations) >= MOST_OPERATIONS
        running = self._refuse(name) if is_one_too_many else self._run(name, operation)
        self._operations[name] = asyncio.get_running_loop().create_task(running)

    async def _refuse(self, name: str) -> None:
        await self._fail(name, [bad_input(f"{MOST_OPERATIONS} operations run on this socket: use another one")])

    async def _run(self, name: str, operation: Operation) -> None:
        """One operation to its end; whatever goes wrong with it ends it alone."""
        before = b'{"id":' + orjson.dumps(name) + b',"type":"next","payload":'
        try:
            async with aclosing(self._gateway.answers(operation)) as answers:
                async for answer in answers:
                    await self._send(before + answer + b"}")
            await self._complete(name)
        except Refused as refused:
            await self._fail(name, refused.errors)
        except GoingAway as going:
            await self._close(RESTARTING, str(going))
        except WebSocketDisconnect:
            pass  # `hold` sees it too

    async def _complete(self, name: str) -> None:
        self._operations.pop(name, None)
        await self._send(b'{"id":' + orjson.dumps(name) + b',"type":"complete"}')

    async def _fail(self, name: str, errors: Sequence[GraphQLError]) -> None:
        self._operations.pop(name, None)
        await self._send(
            orjson.dumps({"id": name, "type": "error", "payload": [error.formatted for error in errors]}),
        )

    async def _send(self, message: bytes) -> None:
        if not self._is_over:
            await self._socket.send({"type": "websocket.send", "text": message.decode()})

    async def _close(self, code: int, reason: str) -> None:
        if not self._is_over:
            self._is_over = True
            await self._socket.close(code, reason.encode()[:MOST_REASON_BYTES].decode(errors="ignore"))

    async def _close_unless_initialised(self) -> None:
        await self._gateway.clock.sleep(INIT_WAIT_S)
        if not self._is_acknowledged:
            await self._close(INIT_TIMEOUT, "Connection initialisation timeout")


def _message(received: Mapping[str, object]) -> Mapping[str, object]:
    """What the other side said. Raises WebSocketDisconnect when it went away, _Ended when it makes no sense."""
    match received:
        case {"type": "websocket.disconnect"}:
            raise WebSocketDisconnect
        case {"text": str(text)}:
            try:
                message = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise _Ended(BAD_REQUEST, "WebSocket message must be valid JSON") from None
            if isinstance(message, dict):
                return message
            raise _Ended(BAD_REQUEST, "Invalid message")
    raise _Ended(BAD_REQUEST, "WebSocket message type must be text")
