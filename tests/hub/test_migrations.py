"""Migrations: they make exactly the tables that the code has, once, and say what they did."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

from hub.store.database import Store
from hub.store.migrations import missing, upgrade
from hub.store.tables import metadata
from tests.hub.databases import revisions

REVISIONS = revisions()


def _differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_they_are_named_in_their_order() -> None:
    assert REVISIONS == ["0001 last known state", "0002 vendor calls", "0003 commands and events", "0004 inbox"]


async def test_they_are_applied_once_and_named(empty_url: str) -> None:
    assert await upgrade(empty_url) == REVISIONS
    assert await upgrade(empty_url) == []


async def test_what_is_missing_is_known_before_and_after(empty_url: str) -> None:
    engine = create_async_engine(empty_url)
    assert await missing(engine) == REVISIONS
    await upgrade(empty_url)
    assert await missing(engine) == []
    await engine.dispose()


async def test_asking_what_is_missing_changes_nothing(empty_url: str) -> None:
    engine = create_async_engine(empty_url)
    await missing(engine)
    async with engine.connect() as connection:
        assert await connection.run_sync(_tables) == set()
    await engine.dispose()


async def test_they_make_the_very_tables_that_the_code_has(empty_url: str) -> None:
    await upgrade(empty_url)
    engine = create_async_engine(empty_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
        assert await connection.run_sync(_tables) == {*metadata.tables, "alembic_version"}
    await engine.dispose()


async def test_a_table_that_the_migrations_lack_would_be_noticed(empty_url: str) -> None:
    engine = create_async_engine(empty_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_differences)
    await engine.dispose()
    indexes = sum(len(table.indexes) for table in metadata.tables.values())
    assert Counter(difference[0] for difference in found) == {"add_table": len(metadata.tables), "add_index": indexes}


async def test_two_stores_can_be_opened_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite+aiosqlite:///{tmp_path}/{name}.db" for name in ("one", "two", "three")]
    stores = await asyncio.gather(*(Store.open(url) for url in urls))
    assert [await store.is_reachable() for store in stores] == [True, True, True]
    for store in stores:
        await store.aclose()
