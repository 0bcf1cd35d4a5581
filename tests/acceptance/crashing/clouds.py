"""The vendors, in a process of their own: a simulator for each case, at a path of its own and with a time of its own.

`PUT /cases/{name}` makes one, `POST /cases/{name}/hurry` lets its time run faster, `DELETE /cases/{name}` ends it; it
answers under `/at/{name}`, its control API too.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from app.serving import Served, listen, run, serve_until_stopped
from tests.acceptance.crashing.scenes import SCENES, spelled
from tests.support.fast_clock import FastClock
from vendors.kit.simulator import Simulator, Switch


@dataclass(frozen=True)
class Cloud:
    """One vendor's simulator, moving by itself."""

    simulator: Simulator
    clock: FastClock
    moving: asyncio.Task[None]


class Clouds:
    """Every simulator of this process, by the name of its case."""

    def __init__(self) -> None:
        self._clouds: dict[str, Cloud] = {}
        self.app = Starlette(
            routes=[
                Route("/cases/{name}", self._make, methods=["PUT"]),
                Route("/cases/{name}", self._end, methods=["DELETE"]),
                Route("/cases/{name}/hurry", self._hurry, methods=["POST"]),
                Mount("/at/{name}", self._forward),
            ]
        )

    async def _make(self, request: Request) -> Response:
        """A simulator with the scene arranged, and the faults switched on. What the command is to act on."""
        name, wanted = request.path_params["name"], await request.json()
        clock = FastClock()
        scene = SCENES[wanted["scene"]]
        simulator = scene.simulator(clock=clock)
        aim = scene.arranged(simulator)
        for fault, switch in wanted["faults"].items():
            simulator.switches[fault] = Switch.model_validate(switch)
        self._clouds[name] = Cloud(simulator, clock, asyncio.create_task(simulator.keep_moving()))
        account = {**simulator.account(), "base_url": f"{request.base_url}at/{name}{simulator.base_path}"}
        return JSONResponse({"account": account, "aim": spelled(aim)})

    async def _hurry(self, request: Request) -> Response:
        cloud = self._clouds[request.path_params["name"]]
        since = cloud.clock.hurry((await request.json())["speed"])
        return JSONResponse({"since": since.isoformat()})

    async def _end(self, request: Request) -> Response:
        cloud = self._clouds.pop(request.path_params["name"])
        cloud.moving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await cloud.moving
        return Response(status_code=204)

    async def _forward(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To the simulator, as if the rest of the path were all of it."""
        name = scope["path_params"]["name"]
        path = scope["path"].removeprefix(f"/at/{name}")
        own: Mapping[str, Any] = {"path": path, "raw_path": path.encode(), "root_path": "", "path_params": {}}
        await self._clouds[name].simulator.app({**scope, **own}, receive, send)


def serve(word: Connection) -> None:
    """Serve until killed, and say at which address."""
    served = Served(Clouds().app, listen("127.0.0.1", 0), log_level="critical")
    run(
        serve_until_stopped([served], stopping=asyncio.Event(), when_ready=lambda: word.send(served.url)),
    )
