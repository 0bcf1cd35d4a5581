"""A clock that moves only when a test moves it."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)


class FakeClock:
    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), future))
        await future

    async def settle(self) -> None:
        """Let everything that can run now run."""
        for _ in range(100):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move time, waking sleepers in their order."""
        goal = self._elapsed + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= goal:
            moment = self._sleepers[0][0]
            if sleepers := self._sleepers_until(moment):
                self._elapsed = moment
                for sleeper in sleepers:
                    sleeper.set_result(None)
                await self.settle()
        self._elapsed = goal
        await self.settle()

    def _sleepers_until(self, moment: float) -> list[asyncio.Future[None]]:
        """Whoever sleeps no longer than that, but for those who were cancelled."""
        found = []
        while self._sleepers and self._sleepers[0][0] <= moment:
            *_, future = heapq.heappop(self._sleepers)
            if not future.done():
                found.append(future)
        return found
