"""A gateway as `chargegraph serve` has it, in a process of its own: one gives a command and is killed, one goes on.

Both open the same database, speak to the same vendor and answer at the same address; each is a whole app on a real
socket, so that callbacks find their way as they do in life.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.assembly import build_app
from app.gateway import Gateway
from app.serving import Served, listen, run, serve_until_stopped
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from hub.commands.orders import CommandQuery, Order
from hub.store.tables import command_targets
from model.clock import Clock
from model.commands import Command
from model.states import CommandStatus
from tests.acceptance.crashing.points import Point, arm
from vendors.registry import manifests

GRAVE = ("error", "critical", "exception")
LOOK_EVERY_S = 0.02
PATIENCE_S = 60.0
"""Real seconds after which a command that is not settled never will be."""


@dataclass(frozen=True)
class Job:
    """A command, and where the gateway is that it is given to."""

    order: Order
    account: Mapping[str, Any]
    database_url: str
    port: int


@dataclass(frozen=True)
class Given:
    """A command as it stands."""

    id: str
    status: CommandStatus
    message: str | None


@dataclass(frozen=True)
class Report:
    """What the second gateway found and did. `log`: errors of its own."""

    found: list[Given]
    """Once every outcome was settled."""
    again: Given
    """The same order given once more, and settled too."""
    all: list[Given]
    log: list[str]


def give(word: Connection, job: Job, point: Point, clock: Clock) -> None:
    """Give the command, and die at that point; where it never gets there, send what became of it."""
    arm(point)
    with capture_logs():
        word.send(run(_given(job, clock)))


def follow(word: Connection, job: Job, clock: Clock, commands: int = 0) -> None:
    """Say "ready" and go on with what the other left, once so many commands are there; send a Report."""
    with capture_logs() as entries:
        found, again, every = run(_followed(word, job, clock, commands))
    log = [str(entry) for entry in entries if entry["log_level"] in GRAVE]
    word.send(Report(found, again, every, log))


async def _given(job: Job, clock: Clock) -> Given:
    async with _gateway(job, clock) as gateway:
        return _as_given(await gateway.fleet.desk.give(job.order))


async def _followed(word: Connection, job: Job, clock: Clock, commands: int) -> tuple[list[Given], Given, list[Given]]:
    async with _gateway(job, clock) as gateway:
        word.send("ready")
        found = await _settled(gateway, commands)
        command = await gateway.fleet.desk.give(job.order)
        every = await _settled(gateway, commands=1)
        return found, next(given for given in every if given.id == command.ref.id), every


@asynccontextmanager
async def _gateway(job: Job, clock: Clock) -> AsyncIterator[Gateway]:
    settings = Settings(
        server=ServerSettings(public_url=f"http://127.0.0.1:{job.port}"),
        auth=AuthSettings(mode=AuthMode.NONE),
        storage=StorageSettings(database_url=SecretStr(job.database_url)),
        accounts=(manifests()[job.account["vendor"]].settings.model_validate(job.account),),
    )
    app = build_app(settings, clock=clock)
    served = Served(app, listen("127.0.0.1", job.port), log_level="error")
    stopping, ready = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_until_stopped([served], stopping=stopping, when_ready=ready.set))
    is_ready = asyncio.create_task(ready.wait())
    await asyncio.wait({serving, is_ready}, return_when=asyncio.FIRST_COMPLETED)
    if not is_ready.done():
        is_ready.cancel()
        raise RuntimeError("the gateway could not start")
    try:
        yield app.state.gateway
    finally:
        stopping.set()
        await serving


async def _settled(gateway: Gateway, commands: int) -> list[Given]:
    """Every command, once there are so many and nobody waits for an outcome any more. Raises TimeoutError."""
    is_open = select(func.count()).select_from(command_targets).where(command_targets.c.is_open)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            before = (await gateway.fleet.desk.page(CommandQuery(), 100, backwards=False)).rows
            async with gateway.store.reading() as connection:
                open_ones = (await connection.execute(is_open)).scalar_one()
            if not open_ones and len(before) >= commands:
                settled = (await gateway.fleet.desk.page(CommandQuery(), 100, backwards=False)).rows
                return [_as_given(command) for command in settled]
            await asyncio.sleep(LOOK_EVERY_S)


def _as_given(command: Command) -> Given:
    return Given(command.ref.id, command.status, command.problem.message if command.problem else None)
