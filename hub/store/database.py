"""Opens the database: SQLite tuned and migrated by itself, PostgreSQL only when it has been migrated."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from hub.store.migrations import missing, upgrade_engine


class StoreError(Exception):
    """The database cannot be used; the message says what to do."""


class NotMigrated(StoreError):
    """The database's schema is older than this program."""


class Store:
    """One database. `open` it, `aclose` it."""

    def __init__(self, engine: AsyncEngine) -> None:
        """An engine whose schema is up to date."""
        self._engine = engine
        self._turn = asyncio.Lock()
        self._on_commit: list[Callable[[], None]] = []

    @classmethod
    async def open(cls, database_url: str) -> Self:
        """Connect. SQLite is migrated on the way. Raises StoreError, NotMigrated for a PostgreSQL that lags behind."""
        engine = _engine(database_url)
        try:
            if engine.dialect.name == "sqlite":
                _try_to_open(engine)
                await upgrade_engine(engine)
            else:
                await _refuse_old(engine)
        except (DBAPIError, OSError, sqlite3.Error) as error:
            await engine.dispose()
            raise StoreError(f"cannot use the database: {_reason(error)}") from error
        except NotMigrated:
            await engine.dispose()
            raise
        return cls(engine)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection for reading."""
        async with self._shared_turn(), self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, committed at the end; one at a time, since SQLite has no more."""
        async with self._turn, self._engine.begin() as connection:
            yield connection
        for listener in self._on_commit:
            listener()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call this after every transaction that `writing` committed."""
        self._on_commit.append(listener)

    def _shared_turn(self) -> AbstractAsyncContextManager[object]:
        """A SQLite database in memory has one connection for all: whoever reads waits until nobody writes on it."""
        return self._turn if isinstance(self._engine.pool, StaticPool) else nullcontext()

    async def is_reachable(self) -> bool:
        """Whether the database answers."""
        try:
            async with self.reading() as connection:
                await connection.execute(text("SELECT 1"))
        except (DBAPIError, OSError):
            return False
        return True

    async def aclose(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


async def migrated(database_url: str) -> list[str]:
    """Bring a database to the newest schema; the names of what was applied. Raises StoreError."""
    engine = _engine(database_url)
    try:
        if engine.dialect.name == "sqlite":
            _try_to_open(engine)
        return await upgrade_engine(engine)
    except (DBAPIError, OSError, sqlite3.Error) as error:
        raise StoreError(f"the database cannot be migrated: {_reason(error)}") from error
    finally:
        await engine.dispose()


def as_utc(moment: datetime) -> datetime:
    """An instant as the database gives it: SQLite forgets the zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _engine(database_url: str) -> AsyncEngine:
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise StoreError("storage.database_url is not a database URL") from error
    if url.drivername not in ("sqlite+aiosqlite", "postgresql+asyncpg"):
        raise StoreError(
            f"storage.database_url starts with {url.drivername}; use sqlite+aiosqlite or postgresql+asyncpg"
        )
    engine = create_async_engine(url, pool_pre_ping=url.drivername.startswith("postgresql"))
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _tune_sqlite)
    return engine


def _try_to_open(engine: AsyncEngine) -> None:
    """Raises when SQLite cannot open its file. aiosqlite would too, but leave a thread behind that then complains."""
    arguments: Any
    options: Any
    arguments, options = engine.dialect.create_connect_args(engine.url)
    sqlite3.connect(*arguments, **options).close()


async def _refuse_old(engine: AsyncEngine) -> None:
    if revisions := await missing(engine):
        raise NotMigrated(f"the database lacks {', '.join(revisions)}: run `chargegraph migrate` first")


def _tune_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401 - SQLAlchemy's wrapper of aiosqlite
    """Readers and the writer do not block each other, a lock is waited for, what is committed outlives a power cut."""
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
    except Exception:
        connection.close()  # it has a thread, and nobody else knows of it yet
        raise
    cursor.close()


def _reason(error: Exception) -> str:
    """What went wrong, without the URL (it holds the password)."""
    if isinstance(error, OSError):
        return type(error).__name__
    origin = getattr(error, "orig", None) or error  # SQLAlchemy's own text repeats statements
    return str(origin).splitlines()[0]
