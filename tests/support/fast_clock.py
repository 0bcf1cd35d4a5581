"""A clock that can be told to hurry: real time until then, and so many times faster ever after."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

NAP_S = 0.1
"""Real seconds that a sleep takes at least while time hurries, so that whoever looks often does not look always; and
after which whoever sleeps in real time sees whether time hurries by now."""


class FastClock:
    """Clocks of several processes agree when they have hurried since the same instant, and as fast."""

    def __init__(self, since: datetime | None = None, speed: float = 1.0) -> None:
        """It has hurried `since` then, or does not yet."""
        self._started_at = datetime.now(UTC)
        self._started = time.monotonic()
        self._since = since
        self._speed = speed

    def hurry(self, speed: float) -> datetime:
        """From now on time is so many times faster. The instant of now; once only."""
        self._since, self._speed = self._real(), speed
        return self._since

    def now(self) -> datetime:
        real = self._real()
        return real if self._since is None or real < self._since else self._since + (real - self._since) * self._speed

    def monotonic(self) -> float:
        return (self.now() - self._started_at).total_seconds()

    async def sleep(self, seconds: float) -> None:
        until = self.monotonic() + seconds
        await asyncio.sleep(0)
        while (left_s := until - self.monotonic()) > 0:
            hurries = self._since is not None
            await asyncio.sleep(max(left_s / self._speed, NAP_S) if hurries else min(left_s, NAP_S))

    def _real(self) -> datetime:
        return self._started_at + timedelta(seconds=time.monotonic() - self._started)
