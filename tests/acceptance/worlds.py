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
async def calm_world(*slugs: str, start: datetime = START) -> AsyncIterator[fleets.World]:
    """A fleet of these vendors, or of all, in which no quota is in the way."""
    clock = FakeClock(start)
    simulators = {slug: _calm(simulator_class(slug)(clock=clock)) for slug in slugs or manifests()}
    async with fleets.world(clock=clock, simulators=simulators) as world:
        yield world


def _calm(simulator: Simulator) -> Simulator:
    chargers = getattr(getattr(simulator, "fleet", None), "chargers", {})
    for serial in list(chargers)[CHARGERS:]:
        del chargers[serial]
    return simulator
