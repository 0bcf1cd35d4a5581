"""`chargegraph migrate`: brings a database's schema up to this version."""

import asyncio
from typing import Annotated

import typer
from pydantic import SecretStr, ValidationError
from rich.markup import escape

from app.commands.configuration import ConfigFile, settings_from
from app.commands.ending import Exit, fail, out
from app.database import upgraded
from app.settings import StorageSettings
from hub.store.database import StoreError


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
    url = _checked(database_url) if database_url else settings_from(config).storage.database_url.get_secret_value()
    try:
        applied = asyncio.run(upgraded(url))
    except StoreError as error:
        fail(str(error))
    for name in applied:
        out.print(f"[green]✓[/] applied {escape(name)}", highlight=False)
    if not applied:
        out.print("[green]✓[/] The database is up to date.")


def _checked(url: str) -> str:
    try:
        return StorageSettings(database_url=SecretStr(url)).database_url.get_secret_value()
    except ValidationError as error:
        fail(error.errors()[0]["msg"].replace("Value error, ", "The database URL "), code=Exit.USAGE)
