"""A process that is killed between any two steps: every push that was acknowledged makes one event, never two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.inbox.catalogue import Catalogue
from hub.inbox.letters import State
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.hub.ingest.toy import RENTAL, ToyVendor, cabinet, gateway, rental

ITEMS: list[dict[str, Any]] = [
    {"key": "1", "device": "C1", "online": "OFFLINE"},
    {"key": "2", "type": "SESSION_COMPLETED", "session": "R1", "status": "COMPLETED", "proof": [RENTAL.id]},
    {"key": "3", "session": "R1", "kwh": 1.5},
]


class MortalStore(WatchedStore):
    """Its process dies before or after a given transaction; whatever it then tries never comes to pass."""

    steps_left = 1000
    dies_after_commit = False

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        await self._step(is_commit=False)
        async with super().writing() as connection:
            yield connection
        await self._step(is_commit=True)

    async def _step(self, *, is_commit: bool) -> None:
        if is_commit is self.dies_after_commit:
            self.steps_left -= 1
        if self.steps_left < 0:
            # Dead: it goes no further, whatever becomes of the rest.
            await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("dies_after_commit", [False, True])
@pytest.mark.parametrize("steps", range(8))
async def test_each_push_makes_one_event_whenever_its_process_dies(
    database_url: str, clock: StoreClock, steps: int, dies_after_commit: bool
) -> None:
    vendor = ToyVendor({RENTAL: rental("COMPLETED")})
    first = await MortalStore.open(database_url)
    here = gateway(first, clock, vendor=vendor)
    process = await here.__aenter__()
    first.steps_left, first.dies_after_commit = steps, dies_after_commit
    acknowledged = asyncio.ensure_future(process.push(*ITEMS))
    await clock.settle()
    was_acknowledged = acknowledged.done()
    second = await WatchedStore.open(database_url)
    async with gateway(second, clock, vendor=vendor) as after:
        await after.know(cabinet())
        await clock.advance(20)  # until the turn of the dead is over
        keys = await after.keys()
        assert sorted(keys) == (["1", "2", "3"] if was_acknowledged else sorted(set(keys)))
        assert await _is_over(second)
    await second.aclose()
    await _buried()
    await first.aclose()


async def _is_over(store: WatchedStore) -> bool:
    return not await Catalogue(store).letters([State.WAITING], None, 10)


async def _buried() -> None:
    """Every task of the dead process is gone, too."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
