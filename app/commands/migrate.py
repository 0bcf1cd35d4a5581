"""`chargegraph migrate`: brings a database's schema up to this version."""

import asyncio
from typing import Annotated

import typer
from rich.markup import escape

from app.commands.configuration import ConfigFile, settings_from
from app.commands.ending import Exit, fail, out
from hub.store.database import StoreError
from hub.store.migrations import upgrade


def migrate(
    config: ConfigFile = None,  # type: ignore[assignment] # one of the two must be given
    database_url: Annotated[
        str | None,
        typer.Option(envvar="CHARGEGRAPH_DATABASE_URL", help="Instead of a configuration.", metavar="URL"),
    ] = None,
) -> None:
    """Bring the database's schema up to this version; safe to run again.

    SQLite is migrated by `serve` itself. For PostgreSQL run this before a new version starts.
    """
    if (config is None) == (database_url is None):
        fail("Give either --config or --database-url.", code=Exit.USAGE)
    url = database_url or settings_from(config).storage.database_url.get_secret_value()
    try:
        applied = asyncio.run(upgrade(url))
    except (StoreError, OSError) as error:
        fail(f"The database cannot be migrated: {error}")
    for name in applied:
        out.print(f"[green]✓[/] applied {escape(name)}", highlight=False)
    if not applied:
        out.print("[green]✓[/] The database is up to date.")
