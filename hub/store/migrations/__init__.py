"""Brings a database to the newest schema, and says where it stands. Alembic does the work."""

from asyncio import AbstractEventLoop, Lock, get_running_loop
from pathlib import Path
from weakref import WeakKeyDictionary

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


async def upgrade(database_url: str) -> list[str]:
    """Apply what is missing. The revisions applied, oldest first: `0001 what it does`."""
    engine = create_async_engine(database_url)
    try:
        return await upgrade_engine(engine)
    finally:
        await engine.dispose()


async def upgrade_engine(engine: AsyncEngine) -> list[str]:
    """As `upgrade`, on an engine that is open already."""
    async with _one_at_a_time(), engine.begin() as connection:
        return await connection.run_sync(_upgrade)


async def missing(engine: AsyncEngine) -> list[str]:
    """The revisions that `upgrade` would apply, oldest first."""
    async with engine.connect() as connection:
        return await connection.run_sync(_missing)


def _one_at_a_time() -> Lock:
    """Alembic keeps what it works on in globals of the process; a lock serves one event loop."""
    return _LOCKS.setdefault(get_running_loop(), Lock())


_LOCKS: WeakKeyDictionary[AbstractEventLoop, Lock] = WeakKeyDictionary()


def _upgrade(connection: Connection) -> list[str]:
    names = _missing(connection)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return names


def _missing(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    current = MigrationContext.configure(connection).get_current_revision()
    revisions = scripts.iterate_revisions("head", current) if current != scripts.get_current_head() else ()
    return [f"{revision.revision} {revision.doc}" for revision in reversed(list(revisions))]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
