"""A migrated database for each case, copied from one: a SQLite file, or one on the PostgreSQL server for tests."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.engine import URL, make_url

from hub.store.database import migrated

OpenDatabase: TypeAlias = Callable[[], AbstractAsyncContextManager[str]]
"""Gives the URL of a database that is a case's own."""


@asynccontextmanager
async def sqlite(folder: Path) -> AsyncIterator[OpenDatabase]:
    template = folder / "template.db"
    await migrated(f"sqlite+aiosqlite:///{template}")

    @asynccontextmanager
    async def copy() -> AsyncIterator[str]:
        file = shutil.copyfile(template, folder / f"{token_hex(4)}.db")
        yield f"sqlite+aiosqlite:///{file}"

    yield copy


@asynccontextmanager
async def postgresql() -> AsyncIterator[OpenDatabase]:
    given = make_url(os.environ["CHARGEGRAPH_TEST_POSTGRES_URL"])
    server: Any = await asyncpg.create_pool(
        given.set(drivername="postgresql").render_as_string(hide_password=False), min_size=1, max_size=2
    )

    @asynccontextmanager
    async def database(template: str) -> AsyncIterator[str]:
        name = f"chargegraph_{token_hex(4)}"
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            await server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    try:
        async with database("template1") as template:
            await migrated(_url(given, template))

            @asynccontextmanager
            async def copy() -> AsyncIterator[str]:
                async with database(template) as name:
                    yield _url(given, name)

            yield copy
    finally:
        await server.close()


def _url(server: URL, database: str) -> str:
    return server.set(database=database).render_as_string(hide_password=False)
