"""Waiting for a moment or for something else, whichever comes first."""

import asyncio
from collections.abc import Awaitable, Collection
from typing import Any

from model.clock import Clock


async def until(clock: Clock, seconds: float, word: asyncio.Event) -> None:
    """For so many seconds, or until there is word."""
    await _first(clock.sleep(max(0.0, seconds)), word.wait())


async def until_ended(clock: Clock, seconds: float, tasks: Collection[asyncio.Task[Any]]) -> None:
    """For so many seconds, or until all of these have ended; they go on if they have not."""
    if tasks:
        await _first(clock.sleep(seconds), asyncio.wait(tasks))


async def _first(*signs: Awaitable[Any]) -> None:
    waiting = [asyncio.ensure_future(sign) for sign in signs]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for sign in waiting:
            sign.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
