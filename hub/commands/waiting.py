"""Waiting for a moment or for word, whichever comes first."""

import asyncio

from model.clock import Clock


async def until(clock: Clock, seconds: float, word: asyncio.Event) -> None:
    """For so many seconds, or until there is word."""
    signs = [asyncio.ensure_future(word.wait()), asyncio.ensure_future(clock.sleep(max(0.0, seconds)))]
    try:
        await asyncio.wait(signs, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for sign in signs:
            sign.cancel()
        await asyncio.gather(*signs, return_exceptions=True)
