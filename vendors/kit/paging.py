"""Walking a vendor's pages to the end, without believing that there is one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from model.faults import Malformed

T = TypeVar("T")
C = TypeVar("C")

MOST_PAGES = 1000
"""A vendor whose pages never end is malformed, not infinite."""


class Page(NamedTuple, Generic[T, C]):
    """One page's items, and where the next one starts; None after the last."""

    items: list[T]
    following: C | None


async def every(first: C, fetch: Callable[[C], Awaitable[Page[T, C]]], what: str) -> AsyncIterator[T]:
    """Every item of every page. Raises Malformed when the pages repeat themselves or do not end."""
    seen: set[C] = set()
    cursor: C | None = first
    while cursor is not None:
        if cursor in seen or len(seen) >= MOST_PAGES:
            raise Malformed(f"{what}: the pages do not end")
        seen.add(cursor)
        page = await fetch(cursor)
        for item in page.items:
            yield item
        cursor = page.following
