"""A child process with two servers of live events: `python -m bench.live_servers FILE`.

One is the app that `chargegraph serve` serves, the other sends what it is told to every WebSocket.
Both answer `POST /happen` with the moment at which something happened; the gateway's event is committed to its log.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

from fastapi import FastAPI
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.assembly import build_app
from app.gateway import gateway_of
from app.settings import AuthMode, AuthSettings, Settings, StorageSettings
from bench.children import serve
from bench.gateways import settings_of
from model.events import Happening
from model.refs import Ref
from model.states import EventType


def gateway(accounts: list[dict[str, object]], database: Path) -> FastAPI:
    """The gateway, in which an event is recorded when somebody asks for it."""
    app = build_app(
        Settings(
            auth=AuthSettings(mode=AuthMode.NONE),
            storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{database}")),
            accounts=tuple(map(settings_of, accounts)),
        )
    )

    @app.post("/happen")
    async def happen(request: Request) -> JSONResponse:
        opened = gateway_of(request)
        device = Ref.parse((await request.json())["device"])
        happening = Happening(type=EventType.DEVICE_UPDATED, account=device.account, device=device)
        at = perf_counter()
        async with opened.store.writing() as connection:
            await opened.fleet.events.append(connection, [happening])
        return JSONResponse({"at": at, "streams": opened.streams.count, "executions": opened.streams.executions})

    return app


def broadcast() -> FastAPI:
    """What one would write to send the same bytes to everybody."""
    app = FastAPI(openapi_url=None)
    sockets: set[WebSocket] = set()

    @app.websocket("/graphql")
    async def join(socket: WebSocket) -> None:
        await socket.accept(subprotocol="graphql-transport-ws")
        sockets.add(socket)
        try:
            while True:
                await socket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(socket)

    @app.post("/happen")
    async def happen(request: Request) -> JSONResponse:
        text = (await request.json())["text"]
        at = perf_counter()
        for socket in list(sockets):
            await socket.send_text(text)
        return JSONResponse({"at": at, "streams": len(sockets)})

    return app


if __name__ == "__main__":
    file = Path(sys.argv[1])
    serve({"gateway": gateway(json.loads(file.read_text()), file.with_name("live.db")), "broadcast": broadcast()})
