"""Streams over simulators: readers that a test opens, and what they were sent so far."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph.context import GraphContext
from graph.streaming.streams import Stream, Streams
from model.events import Happening
from model.refs import Ref
from model.states import EventType
from resolvers.scope import Scope
from tests.graph.world import schema
from tests.support.fleets import World


@dataclass
class Reader:
    """Reads a stream while `may_read` is set; `answers`: what it was sent."""

    stream: Stream
    answers: list[Any] = field(default_factory=list)
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    async def read(self) -> None:
        async for content in self.stream.contents():
            self.answers.append(orjson.loads(content))
            await self.may_read.wait()
        self.is_over = True

    def sent(self, *path: str) -> list[Any]:
        """What was sent since the last time, by this path in the data."""
        answers, self.answers[:] = list(self.answers), []
        return [_at(answer["data"], path) for answer in answers]


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def context(fleet: World, scope: Scope | None = None) -> GraphContext:
    return GraphContext(scope or Scope(fleet=fleet.fleet, clock=fleet.clock, may_see_personal_data=True))


@asynccontextmanager
async def reading(
    streams: Streams, own: GraphContext, source: str, variables: Mapping[str, Any] | None = None
) -> AsyncIterator[Reader]:
    async with streams.open(source, variables, None, own) as stream:
        reader = Reader(stream)
        reader.may_read.set()
        task = asyncio.create_task(reader.read())
        try:
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def opened(fleet: World, *, max_age_s: float = 3600) -> AsyncIterator[Streams]:
    streams = Streams(schema(), fleet.clock, max_age_s=max_age_s)
    streams.start()
    try:
        yield streams
    finally:
        await streams.aclose()


async def happen(fleet: World, *devices: Ref | None, **said: Any) -> None:
    """Record an event for each of these devices, and let everybody who waits see it."""
    log = fleet.fleet.events
    usual = {"type": EventType.DEVICE_UPDATED, **said}
    happenings = [
        Happening(**{"account": None if device is None else device.account, "device": device, **usual})
        for device in devices or (None,)
    ]
    async with log._store.writing() as connection:
        await log.append(connection, happenings)
    await fleet.clock.settle()
