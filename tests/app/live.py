"""A gateway that answers on a real address, in this process, where a test can make things happen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from app.assembly import build_app, say_goodbye
from app.gateway import Gateway
from app.serving import Served, listen, serve_until_stopped
from app.settings import AuthMode, AuthSettings, LiveSettings, ServerSettings, Settings, StorageSettings
from model.events import Happening
from model.states import EventType
from tests.support.clock import FakeClock
from tests.support.fleets import ToSimulators, settings_for
from tests.support.vendors import simulator

PATIENCE_S = 10


@dataclass
class Live:
    """A gateway that answers on a real address."""

    app: FastAPI
    url: str
    clock: FakeClock
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def gateway(self) -> Gateway:
        gateway: Gateway = self.app.state.gateway
        return gateway

    async def happen(self, events: int = 1) -> None:
        async with self.gateway.store.writing() as connection:
            await self.gateway.fleet.events.append(connection, [Happening(type=EventType.UNMAPPED)] * events)

    async def until_streams(self, count: int) -> None:
        """Until so many are open, each waiting for the next event."""
        async with asyncio.timeout(PATIENCE_S):
            while self.gateway.streams.count != count:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def opened(folder: Path, *, max_age_s: float) -> AsyncIterator[Live]:
    """Over the simulator of SolaX."""
    clock = FakeClock()
    vendors = {"solax": simulator("solax", clock)}
    settings = Settings(
        server=ServerSettings(cors_origins=("https://app.example.com",)),
        auth=AuthSettings(mode=AuthMode.NONE),
        storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{folder}/store.db")),
        accounts=tuple(map(settings_for, vendors.values())),
        live=LiveSettings(max_stream_age_s=max_age_s),
    )
    app = build_app(settings, clock=clock, transport=ToSimulators(vendors))
    served = Served(app, listen("127.0.0.1", 0), log_level="error", before_stopping=lambda: say_goodbye(app))
    live = Live(app, served.url, clock)
    ready = asyncio.Event()
    serving = asyncio.create_task(serve_until_stopped([served], stopping=live.stopping, when_ready=ready.set))
    async with asyncio.timeout(PATIENCE_S):
        await ready.wait()
    try:
        yield live
    finally:
        live.stopping.set()
        async with asyncio.timeout(PATIENCE_S):
            await serving
