"""How the simulated vendor's pushes travel: each is tried once, and an answer counts if it comes within 5 s."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from model.clock import Clock

ANSWERED_WITHIN_S = 5.0
LOOKS_EVERY_S = 0.1
MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Parcel:
    """One push. `heard` is told the status of its answer; 0 when there was none."""

    url: str
    content: bytes
    headers: Mapping[str, str]
    heard: Callable[[int], None]


class Post:
    """Parcels wait until they are carried; those that nobody carries push the oldest out."""

    def __init__(self, outside: httpx.AsyncBaseTransport | None) -> None:
        """`outside` replaces the network."""
        self._outside = outside
        self._waiting: deque[Parcel] = deque(maxlen=MOST_WAITING)
        self._client: httpx.AsyncClient | None = None

    def put(self, parcel: Parcel) -> None:
        """Carry it soon."""
        self._waiting.append(parcel)

    def forget(self) -> None:
        """Carry nothing of what waits."""
        self._waiting.clear()

    async def deliver(self, parcel: Parcel) -> int:
        """Carry it now; the status of its answer, 0 when there was none."""
        status = 0
        try:
            async with self._open() as client:
                answer = await client.post(parcel.url, content=parcel.content, headers=parcel.headers)
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            pass
        parcel.heard(status)
        return status

    async def carry(self, clock: Clock) -> None:
        """Carry whatever waits, until cancelled."""
        on_the_way: set[asyncio.Task[int]] = set()
        async with self._open() as client:
            self._client = client
            try:
                while True:
                    while self._waiting:
                        sending = asyncio.create_task(self.deliver(self._waiting.popleft()))
                        on_the_way.add(sending)
                        sending.add_done_callback(on_the_way.discard)
                    await clock.sleep(LOOKS_EVERY_S)
            finally:
                self._client = None
                for sending in on_the_way:
                    sending.cancel()
                await asyncio.gather(*on_the_way, return_exceptions=True)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client of whoever carries, or one for this once."""
        if self._client is not None:
            yield self._client
            return
        async with httpx.AsyncClient(transport=self._outside, timeout=ANSWERED_WITHIN_S, trust_env=False) as client:
            yield client
