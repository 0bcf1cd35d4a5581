"""What a stream of things begins with is handed on page by page, and survives whoever asked for it first."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from graph.streaming.shared_work import SharedWork
from resolvers import devices
from resolvers.streams import topics
from tests.graph.following import context, opened, reading
from tests.support.fleets import world

DEVICES = "subscription { deviceChanged { id } }"
ROWS = 5


@contextmanager
def slow_second_page(may_go_on: asyncio.Event) -> Iterator[None]:
    """Pages are short, and the second one takes until somebody lets it go on."""
    page = devices.page

    async def slow(scope: Any, args: Any, *rest: Any) -> Any:
        if args.after is not None:
            await may_go_on.wait()
        return await page(scope, args, *rest)

    with patch.object(topics, "MOST_ROWS", ROWS), patch.object(devices, "page", slow):
        yield


async def test_a_picture_is_shown_as_far_as_it_is_made() -> None:
    may_go_on = asyncio.Event()
    with slow_second_page(may_go_on):
        async with (
            world("lvcchong") as fleet,
            opened(fleet) as streams,
            reading(streams, context(fleet), DEVICES) as reader,
            reading(streams, context(fleet), DEVICES) as other,
        ):
            await fleet.clock.settle()
            assert (len(reader.answers), reader.answers) == (ROWS, other.answers)
            may_go_on.set()
            await fleet.clock.settle()
            ids = reader.sent("deviceChanged", "id")
            assert (len(ids), len(set(ids)), streams.executions) == (20, 20, 20)
            assert other.sent("deviceChanged", "id") == ids


async def test_a_picture_whose_only_reader_went_away_is_begun_anew() -> None:
    may_go_on = asyncio.Event()
    with slow_second_page(may_go_on):
        async with world("lvcchong") as fleet, opened(fleet) as streams:
            async with reading(streams, context(fleet), DEVICES):
                await fleet.clock.settle()
            may_go_on.set()
            async with reading(streams, context(fleet), DEVICES) as reader:
                await fleet.clock.settle()
                assert len(set(reader.sent("deviceChanged", "id"))) == 20


async def test_a_picture_that_fails_ends_the_stream_and_the_next_one_may_succeed() -> None:
    async def fails(*_: object) -> Any:
        raise RuntimeError("secret")

    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with patch.object(devices, "page", fails):
            async with streams.open(DEVICES, None, None, context(fleet)) as stream:
                with pytest.raises(Exception, match="Internal error, report number"):
                    await anext(stream.contents())
        async with reading(streams, context(fleet), DEVICES) as reader:
            await fleet.clock.settle()
            assert len(reader.sent()) == 20


async def test_who_comes_when_everybody_else_has_just_gone_has_the_work_done_again() -> None:
    begun: list[object] = []

    async def work() -> int:
        begun.append(None)
        await asyncio.sleep(0)
        return len(begun)

    shared = SharedWork()
    first = asyncio.create_task(shared.result("work", work))
    while not begun:  # noqa: ASYNC110
        await asyncio.sleep(0)
    first.cancel()
    shared.cancel()
    assert [*await asyncio.gather(shared.result("work", work), shared.result("work", work))] == [2, 2]
