"""The same question to several accounts at once; a slow one is cut off by its own deadline, not by the others'."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from hub.member import Member

T = TypeVar("T")


async def from_accounts(members: Sequence[Member], ask: Callable[[Member], Awaitable[T]]) -> list[T]:
    """Every account's answer, in the order of the accounts."""
    return list(await asyncio.gather(*(ask(member) for member in members)))
