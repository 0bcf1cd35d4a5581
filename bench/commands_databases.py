"""Databases for one measurement each: a SQLite file, and where the environment names a server, one on PostgreSQL."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import asyncpg
from sqlalchemy.engine import make_url

from hub.store.database import migrated

SERVER = "CHARGEGRAPH_TEST_POSTGRES_URL"
"""The same server as for the tests."""

OpenDatabase: TypeAlias = Callable[[], AbstractAsyncContextManager[str]]


def databases() -> Mapping[str, OpenDatabase]:
    """Those that can be had, by name; each is migrated, and dropped at the end."""
    return {"SQLite": _sqlite, "PostgreSQL": _postgresql} if os.environ.get(SERVER) else {"SQLite": _sqlite}


@asynccontextmanager
async def _sqlite() -> AsyncIterator[str]:
    with TemporaryDirectory(prefix="chargegraph-bench-") as folder:
        url = f"sqlite+aiosqlite:///{Path(folder, 'store.db')}"
        await migrated(url)
        yield url


@asynccontextmanager
async def _postgresql() -> AsyncIterator[str]:
    server = make_url(os.environ[SERVER])
    name = f"chargegraph_{token_hex(4)}"
    connection: Any = await asyncpg.connect(server.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        url = server.set(database=name).render_as_string(hide_password=False)
        await migrated(url)
        yield url
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.close()
