"""An adapter on its simulator, in process: the same HTTP, no sockets."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx

from tests.support.clock import FakeClock
from vendors.contract import Adapter
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.kit.simulator import Simulator
from vendors.manifest import Connection
from vendors.registry import manifests, simulator_class


def simulator(slug: str, clock: FakeClock | None = None) -> Simulator:
    return simulator_class(slug)(clock=clock or FakeClock())


@asynccontextmanager
async def opened(simulator: Simulator, **settings: Any) -> AsyncIterator[Adapter]:
    """The vendor's adapter with the simulator's own account; `settings` add to it or replace."""
    manifest = manifests()[simulator.slug]
    base_url = f"http://{simulator.slug}.test{simulator.base_path}"
    account: Mapping[str, Any] = {**simulator.account(), "base_url": base_url, **settings}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app), base_url=account["base_url"]) as client:
        clock = cast("FakeClock", simulator.clock)
        connection = Connection(
            settings=manifest.settings.model_validate(account),
            http=VendorHttp(client, OpenGate(), clock),
            clock=clock,
        )
        adapter = cast("Callable[[Connection], Adapter]", manifest.adapter)(connection)
        try:
            yield adapter
        finally:
            await adapter.aclose()
