"""A whole fleet on its simulators, in process: every account, the store, and time that the test owns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import aiosqlite
import httpx
import orjson

from hub.commands.desk import Desk
from hub.commands.orders import UnknownCallback, UnreadableCallback
from hub.fleet import Fleet
from hub.store.database import Store
from resolvers.scope import Scope
from tests.support.clock import FakeClock
from vendors.kit.simulator import Simulator
from vendors.manifest import AccountSettings
from vendors.registry import manifests, simulator_class

IN_MEMORY = "sqlite+aiosqlite:///:memory:?check_same_thread=false"
GATEWAY_URL = "http://gateway.test"
"""What vendors reach this gateway by, for their callbacks."""


class ToSimulators(httpx.AsyncBaseTransport):
    """Hands each request to the simulator that its host names; time-outs go by the test's clock."""

    def __init__(self, simulators: Mapping[str, Simulator]) -> None:
        self._doors = {f"{name}.test": (httpx.ASGITransport(one.app), one.clock) for name, one in simulators.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        door, clock = self._doors[request.url.host]
        answer = asyncio.ensure_future(door.handle_async_request(request))
        patience = asyncio.ensure_future(clock.sleep(request.extensions["timeout"]["read"]))
        try:
            await asyncio.wait({answer, patience}, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            raise httpx.ReadTimeout("no answer in time", request=request)
        finally:
            answer.cancel()
            patience.cancel()
            await asyncio.gather(answer, patience, return_exceptions=True)


@dataclass(frozen=True)
class Delivery:
    """A callback on its way to the gateway."""

    account: str
    token: str
    body: bytes
    media_type: str


class ToGateway(httpx.AsyncBaseTransport):
    """Hands the vendors' callbacks to the desk, as the route `POST /webhooks/{account}/{token}` does."""

    def __init__(self) -> None:
        self.desk: Desk | None = None
        """Nobody is there before the gateway is open, nor when it is gone."""
        self.is_holding = False
        """Whether callbacks are only kept, while their vendors are told that all is well."""
        self.deliveries: list[Delivery] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.desk is None or not str(request.url).startswith(f"{GATEWAY_URL}/"):
            raise httpx.ConnectError("nobody there", request=request)
        body, media_type = await request.aread(), request.headers.get("content-type", "")
        match request.url.path.split("/"):
            case ["", "webhooks", account, token]:
                delivery = Delivery(account, token, body, media_type)
                self.deliveries.append(delivery)
                return httpx.Response(200) if self.is_holding else await answered(self.desk, delivery)
        return httpx.Response(404)


async def answered(desk: Desk, delivery: Delivery) -> httpx.Response:
    """What the vendor is answered to a callback."""
    try:
        answer = await desk.hear(delivery.account, delivery.token, delivery.body, delivery.media_type)
    except UnknownCallback:
        return httpx.Response(404)
    except UnreadableCallback:
        return httpx.Response(400)
    return httpx.Response(200, content=orjson.dumps(dict(answer)))


class _DatabaseCalls:
    """Counts the calls to SQLite that its thread works on: turns of the event loop do not bring them on."""

    def __init__(self) -> None:
        self.under_way = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @contextmanager
    def counted(self) -> Iterator[None]:
        execute = aiosqlite.Connection._execute

        async def counting(connection: aiosqlite.Connection, *args: Any, **kwargs: Any) -> Any:
            self.under_way += 1
            try:
                return await execute(connection, *args, **kwargs)  # type: ignore[no-untyped-call]
            finally:
                self.under_way -= 1
                for waiting in self._waiting:
                    waiting.cancel()

        with patch.object(aiosqlite.Connection, "_execute", counting):
            yield

    async def next_end(self) -> None:
        """Until one of them is answered."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait({waiting})
        finally:
            self._waiting.discard(waiting)


_database_calls = _DatabaseCalls()


@contextmanager
def _answered_at_once() -> Iterator[None]:
    """SQLite in memory works without its thread, between two turns of the event loop: that is faster by half."""

    async def execute(_: aiosqlite.Connection, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(0)
        return work(*args, **kwargs)

    with patch.object(aiosqlite.Connection, "_execute", execute):
        yield


class WorldClock(FakeClock):
    """A clock that stands still until nothing can go on without it, the database included; so it needs few turns.

    Only one task at a time may wait for it to settle: two of them would keep each other awake.
    """

    async def settle(self) -> None:
        loop: Any = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)
            if loop._ready:
                continue
            if not _database_calls.under_way:
                return
            await _database_calls.next_end()


@dataclass
class World:
    """Some vendors, one fleet, one clock."""

    clock: FakeClock
    simulators: dict[str, Simulator]
    """By name, which is also their host: `<name>.test`. The name is the vendor's where there is one of a vendor."""
    fleet: Fleet
    gateway: ToGateway = field(default_factory=ToGateway)

    def scope(self, *wants: str) -> Scope:
        return Scope(fleet=self.fleet, clock=self.clock, wants=frozenset(wants))

    def account(self, name: str) -> str:
        """The account at the simulator of this name, the first one where there are several."""
        members = self.fleet.members.items()
        return next(key for key, member in members if httpx.URL(member.settings.base_url).host == f"{name}.test")

    def calls(self) -> dict[str, dict[str, int]]:
        return {name: dict(one.counts) for name, one in self.simulators.items() if one.counts}

    def forget_calls(self) -> None:
        for one in self.simulators.values():
            one.counts.clear()

    async def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let time pass in small steps, after each of which all has gone as far as it can without more time."""
        end = self.clock.monotonic() + seconds
        while (left_s := end - self.clock.monotonic()) > 0:
            await self.clock.advance(min(step, left_s))
            await self._settled()

    async def _settled(self) -> None:
        """A clock that knows nothing of the database may have gone on while that was at work."""
        await self.clock.settle()
        while _database_calls.under_way:
            await _database_calls.next_end()
            await self.clock.settle()


def settings_for(simulator: Simulator, **changes: Any) -> AccountSettings:
    """The simulator's own account, reachable under the host `<slug>.test`."""
    base_url = f"http://{simulator.slug}.test{simulator.base_path}"
    table = {**simulator.account(), "base_url": base_url, **changes}
    return manifests()[simulator.slug].settings.model_validate(table)


@asynccontextmanager
async def world(
    *slugs: str,
    clock: FakeClock | None = None,
    database_url: str = IN_MEMORY,
    simulators: dict[str, Simulator] | None = None,
    moves: bool = False,
    **changes: Any,
) -> AsyncIterator[World]:
    """A fleet of these vendors (all when none is named); `changes` go into every account's settings.

    Of `simulators` those whose name is not their vendor's have their name as their account's id. With `moves` the
    simulators move by themselves and call back, as served ones do; else they move when somebody calls them.
    """
    clock = clock or (WorldClock() if moves else FakeClock())
    simulators = simulators or {slug: simulator_class(slug)(clock=clock) for slug in slugs or manifests()}
    accounts = [_settings_at(name, one, changes) for name, one in simulators.items()]
    async with AsyncExitStack() as stack:
        stack.enter_context(_answered_at_once() if database_url == IN_MEMORY else _database_calls.counted())
        store = await Store.open(database_url)
        stack.push_async_callback(store.aclose)
        transport = ToSimulators(simulators)
        opening = Fleet.open(accounts, store=store, clock=clock, transport=transport, public_url=GATEWAY_URL)
        fleet = await stack.enter_async_context(opening)
        stage = World(clock, simulators, fleet)
        if moves:
            await stack.enter_async_context(_moving(stage))
        yield stage


def _settings_at(name: str, simulator: Simulator, changes: Mapping[str, Any]) -> AccountSettings:
    if name == simulator.slug:
        return settings_for(simulator, **changes)
    return settings_for(simulator, **{"id": name, "base_url": f"http://{name}.test{simulator.base_path}", **changes})


@asynccontextmanager
async def _moving(stage: World) -> AsyncIterator[None]:
    """The simulators are left with nobody to call back to, as when the gateway is gone."""
    for one in stage.simulators.values():
        one._outside = stage.gateway
    stage.gateway.desk = stage.fleet.desk
    moving = [asyncio.create_task(one.keep_moving()) for one in stage.simulators.values()]
    try:
        yield
    finally:
        stage.gateway.desk = None
        for task in moving:
            task.cancel()
        for task in moving:
            with suppress(asyncio.CancelledError):
                await task
