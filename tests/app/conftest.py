"""The gateway over every simulator, in one process and without sockets."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
import structlog
from pydantic import SecretStr

from app.assembly import build_app
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from tests.support.clock import FakeClock
from tests.support.fleets import ToSimulators, settings_for
from tests.support.vendors import simulator
from vendors.kit.simulator import Simulator
from vendors.registry import manifests

OpenGateway: TypeAlias = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """Commands set up logging for their whole process, which here is that of all tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulators(clock: FakeClock) -> dict[str, Simulator]:
    return {slug: simulator(slug, clock) for slug in manifests()}


@pytest.fixture
def open_gateway(tmp_path: Path, clock: FakeClock, simulators: dict[str, Simulator]) -> OpenGateway:
    """Opens the gateway, with other settings of `[server]` where a test gives some."""

    @asynccontextmanager
    async def opened(**server: object) -> AsyncIterator[httpx.AsyncClient]:
        settings = Settings(
            server=ServerSettings.model_validate(server),
            auth=AuthSettings(mode=AuthMode.NONE),
            storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")),
            accounts=tuple(map(settings_for, simulators.values())),
        )
        transport = ToSimulators(simulators)
        app = build_app(settings, address=ADDRESS, clock=clock, transport=transport)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client,
        ):
            yield client

    return opened


@pytest.fixture
async def gateway(open_gateway: OpenGateway) -> AsyncIterator[httpx.AsyncClient]:
    async with open_gateway() as client:
        yield client
