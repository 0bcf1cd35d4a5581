"""Worlds that make the point of a test plain."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from tests.support import fleets
from tests.support.clock import START, FakeClock
from vendors.kit.simulator import Simulator
from vendors.registry import manifests, simulator_class

CHARGERS = 6
"""Fewer than SolaX may be asked for in a minute."""


@asynccontextmanager
async def calm_world(
    *slugs: str, start: datetime = START, database_url: str = fleets.IN_MEMORY
) -> AsyncIterator[fleets.World]:
    """A fleet of these vendors, or of all, in which no quota is in the way."""
    clock = FakeClock(start)
    simulators = {slug: _calm(simulator_class(slug)(clock=clock)) for slug in slugs or manifests()}
    async with fleets.world(clock=clock, simulators=simulators, database_url=database_url) as world:
        yield world


@asynccontextmanager
async def restarted(before: fleets.World, database_url: str) -> AsyncIterator[fleets.World]:
    """A new gateway on the same database, in front of the same vendors, at the same time."""
    async with fleets.world(clock=before.clock, simulators=before.simulators, database_url=database_url) as world:
        world.forget_calls()
        yield world


def _calm(simulator: Simulator) -> Simulator:
    chargers = getattr(getattr(simulator, "fleet", None), "chargers", {})
    for serial in list(chargers)[CHARGERS:]:
        del chargers[serial]
    return simulator
