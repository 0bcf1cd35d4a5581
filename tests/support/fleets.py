"""A whole fleet on its simulators, in process: every account, the store, and time that the test owns."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hub.fleet import Fleet
from hub.store.database import Store
from resolvers.scope import Scope
from tests.support.clock import FakeClock
from vendors.kit.simulator import Simulator
from vendors.manifest import AccountSettings
from vendors.registry import manifests, simulator_class

IN_MEMORY = "sqlite+aiosqlite:///:memory:"


class ToSimulators(httpx.AsyncBaseTransport):
    """Hands each request to the simulator that its host names; time-outs go by the test's clock."""

    def __init__(self, simulators: Mapping[str, Simulator]) -> None:
        self._doors = {f"{slug}.test": (httpx.ASGITransport(one.app), one.clock) for slug, one in simulators.items()}

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


@dataclass
class World:
    """Five vendors, one fleet, one clock."""

    clock: FakeClock
    simulators: dict[str, Simulator]
    fleet: Fleet

    def scope(self, *wants: str) -> Scope:
        return Scope(fleet=self.fleet, clock=self.clock, wants=frozenset(wants))

    def account(self, slug: str) -> str:
        return next(key for key, member in self.fleet.members.items() if member.manifest.slug == slug)

    def calls(self) -> dict[str, dict[str, int]]:
        return {slug: dict(one.counts) for slug, one in self.simulators.items() if one.counts}

    def forget_calls(self) -> None:
        for one in self.simulators.values():
            one.counts.clear()


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
    **changes: Any,
) -> AsyncIterator[World]:
    """A fleet of these vendors (all when none is named); `changes` go into every account's settings."""
    clock = clock or FakeClock()
    simulators = simulators or {slug: simulator_class(slug)(clock=clock) for slug in slugs or manifests()}
    accounts = [settings_for(one, **changes) for one in simulators.values()]
    store = await Store.open(database_url)
    try:
        transport = ToSimulators(simulators)
        async with Fleet.open(accounts, store=store, clock=clock, transport=transport) as fleet:
            yield World(clock, simulators, fleet)
    finally:
        await store.aclose()
