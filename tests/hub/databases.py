"""Databases of a test's own: a SQLite file, or an empty database on the PostgreSQL server for tests."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from secrets import token_hex
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from hub.store.migrations import versions

OpenEmpty = Callable[[Path], AbstractAsyncContextManager[str]]
"""Gives the URL of an empty database."""


@asynccontextmanager
async def empty_sqlite(folder: Path) -> AsyncIterator[str]:
    yield f"sqlite+aiosqlite:///{folder}/store.db"


@asynccontextmanager
async def empty_postgres(_: Path) -> AsyncIterator[str]:
    given = make_url(os.environ["CHARGEGRAPH_TEST_POSTGRES_URL"])
    name = f"chargegraph_{token_hex(4)}"
    connection: Any = await asyncpg.connect(given.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        yield given.set(database=name).render_as_string(hide_password=False)
    finally:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.close()


def revisions() -> list[str]:
    """Every migration in its order, as it is named to people."""
    modules = [import_module(f"{versions.__name__}.{found.name}") for found in iter_modules(versions.__path__)]
    return [f"{module.revision} {module.__doc__}" for module in sorted(modules, key=lambda one: str(one.revision))]


BOTH = [
    pytest.param(empty_sqlite, id="sqlite"),
    pytest.param(empty_postgres, id="postgresql", marks=pytest.mark.postgres),
]
