"""Stores on both kinds of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.store.database import Store
from hub.store.migrations import upgrade
from tests.hub.databases import BOTH, OpenEmpty


@pytest.fixture(params=BOTH)
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database of each kind."""
    opened: OpenEmpty = request.param
    async with opened(tmp_path) as url:
        yield url


@pytest.fixture
async def database_url(empty_url: str) -> str:
    """A database of each kind, up to date."""
    await upgrade(empty_url)
    return empty_url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A store of each kind, open."""
    opened = await Store.open(database_url)
    yield opened
    await opened.aclose()
