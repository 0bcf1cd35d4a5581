"""Gateways in this very process, on one database and in front of one vendor, as replicas behind a balancer are."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from app.assembly import build_app
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from tests.support.fast_clock import FastClock
from tests.support.fleets import ToSimulators, settings_for
from vendors.kit.simulator import Simulator

PUBLIC_URL = "http://gateway.test"
SPEED = 30.0
PATIENCE_S = 60.0
ANSWER_WITHIN_S = 60.0
"""As long as an account allows, for it goes by at the speed of the clock."""
LOOK_EVERY_S = 0.05

COMMAND = "query ($id: ID!) { command(id: $id) { id status problem { code message } } }"


class Balancer(httpx.AsyncBaseTransport):
    """Where the vendors' callbacks arrive: at the one replica that is named here."""

    def __init__(self) -> None:
        self.replica: Replica | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.replica is None:
            raise httpx.ConnectError("nobody listens yet", request=request)
        return await httpx.ASGITransport(self.replica.app).handle_async_request(request)


@dataclass(frozen=True)
class Replica:
    """One gateway, with a client of its routes."""

    app: FastAPI
    client: httpx.AsyncClient

    async def ask(self, source: str, **variables: object) -> dict[str, Any]:
        """The data of an operation that has no errors."""
        answer = (await self.client.post("/graphql", json={"query": source, "variables": variables})).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def status_of(self, command: str) -> str:
        found = (await self.ask(COMMAND, id=command))["command"]
        return str(found["status"])

    async def reached(self, command: str, status: str) -> None:
        """Until the command has this status. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while await self.status_of(command) != status:  # noqa: ASYNC110 - it is asked as clients ask
                await asyncio.sleep(LOOK_EVERY_S)


@dataclass(frozen=True)
class Together:
    """Replicas, what is behind them, and the time of all."""

    clock: FastClock
    balancer: Balancer
    simulator: Simulator
    replicas: Sequence[Replica]

    def acts(self) -> list[tuple[str, str]]:
        """What the hardware did, and to what."""
        return [(act.what, act.subject) for act in self.simulator.acts]


@asynccontextmanager
async def together(simulator: type[Simulator], database_url: str, replicas: int = 1) -> AsyncIterator[Together]:
    """Replicas in front of one vendor, in real time until they are told to hurry."""
    clock, balancer = FastClock(), Balancer()
    cloud = simulator(clock=clock, outside=balancer)
    moving = asyncio.create_task(cloud.keep_moving())
    try:
        async with contextlib.AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(_replica(cloud, clock, database_url)) for _ in range(replicas)]
            balancer.replica = opened[0]
            yield Together(clock, balancer, cloud, opened)
    finally:
        moving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await moving


@asynccontextmanager
async def _replica(cloud: Simulator, clock: FastClock, database_url: str) -> AsyncIterator[Replica]:
    limits: Mapping[str, Any] = {"timeout_s": ANSWER_WITHIN_S, "deadline_s": ANSWER_WITHIN_S}
    settings = Settings(
        server=ServerSettings(public_url=PUBLIC_URL),
        auth=AuthSettings(mode=AuthMode.NONE),
        storage=StorageSettings(database_url=SecretStr(database_url)),
        accounts=(settings_for(cloud, **limits),),
    )
    app = build_app(settings, clock=clock, transport=ToSimulators({cloud.slug: cloud}))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client,
    ):
        yield Replica(app, client)
