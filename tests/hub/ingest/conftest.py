"""Stores that are watched while they work, and the clock that stands still for them."""

from collections.abc import AsyncIterator

import pytest

from tests.hub.commands.watched import StoreClock, WatchedStore


@pytest.fixture
def clock() -> StoreClock:
    return StoreClock()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[WatchedStore]:
    """A store of each kind of database."""
    opened = await WatchedStore.open(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def other_store(database_url: str) -> AsyncIterator[WatchedStore]:
    """What a second process has open of the same database."""
    opened = await WatchedStore.open(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def memory() -> AsyncIterator[WatchedStore]:
    """A store in memory, for what does not depend on the kind of database."""
    opened = await WatchedStore.open("sqlite+aiosqlite:///:memory:")
    yield opened
    await opened.aclose()
