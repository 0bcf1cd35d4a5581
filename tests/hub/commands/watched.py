"""A store that is watched while it works, and a clock that stands still for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.database import Store
from tests.support.clock import FakeClock


class WatchedStore(Store):
    """A store that can go away, and of which everybody knows when it is at work."""

    under_way: ClassVar[int] = 0
    """Of all stores: turns of the event loop do not bring them on."""
    _ended: ClassVar[set[asyncio.Future[None]]] = set()
    is_away = False
    fails_at_commit = 0
    """So many transactions from now on are undone at their end."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with _counted(), super().reading() as connection:
            self._answer()
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with _counted(), super().writing() as connection:
            self._answer()
            yield connection
            if self.fails_at_commit:
                self.fails_at_commit -= 1
                raise _broken()

    def _answer(self) -> None:
        if self.is_away:
            raise _broken()

    @classmethod
    async def next_end(cls) -> None:
        """Until one of them has done something."""
        ended = asyncio.get_running_loop().create_future()
        cls._ended.add(ended)
        try:
            await asyncio.wait({ended}, timeout=10)
        finally:
            cls._ended.discard(ended)


@asynccontextmanager
async def _counted() -> AsyncIterator[None]:
    WatchedStore.under_way += 1
    try:
        yield
    finally:
        WatchedStore.under_way -= 1
        for ended in WatchedStore._ended:
            if not ended.done():
                ended.set_result(None)


def _broken() -> OperationalError:
    return OperationalError("a statement", {}, OSError("the connection is lost"))


class StoreClock(FakeClock):
    """Time passes only when nothing can go on without it, the database included."""

    async def settle(self) -> None:
        loop: Any = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)
            if loop._ready:
                continue
            if not WatchedStore.under_way:
                return
            await WatchedStore.next_end()
