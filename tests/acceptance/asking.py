"""Asking the graph as a client does, while the test owns the time."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from graph.context import GraphContext
from graph.engine import execute
from graph.schema import Schema, build_schema
from tests.support.clock import FakeClock
from tests.support.fleets import World

T = TypeVar("T")

STEP_S = 0.25
ROUNDS_BEFORE_TIME_PASSES = 20
LONGEST_WAIT_S = 90.0


@dataclass(frozen=True)
class Answer:
    """What came back, and how long the client waited for it."""

    data: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]]
    waited_s: float


@cache
def schema() -> Schema:
    return build_schema()


async def answer(world: World, source: str, **variables: object) -> Answer:
    """Run one operation; time passes only while nothing can go on without it."""
    began = world.clock.monotonic()
    result = await patiently(
        world.clock, execute(schema(), source, variables or None, None, GraphContext(world.scope()))
    )
    errors = [dict(error.formatted) for error in result.errors or ()]
    return Answer(result.data, errors, world.clock.monotonic() - began)


async def ask(world: World, source: str, **variables: object) -> dict[str, Any]:
    """The data of an operation that has no errors."""
    found = await answer(world, source, **variables)
    assert found.errors == []
    assert found.data is not None
    return dict(found.data)


async def patiently(clock: FakeClock, work: Awaitable[T]) -> T:
    """Let the work run to its end, moving the clock by small steps whenever it seems to wait for time."""
    task = asyncio.ensure_future(work)
    deadline = clock.monotonic() + LONGEST_WAIT_S
    for _ in range(ROUNDS_BEFORE_TIME_PASSES):
        if task.done():
            break
        await clock.settle()
    while not task.done():
        assert clock.monotonic() < deadline, "still not answered"
        await clock.advance(STEP_S)
    return task.result()
