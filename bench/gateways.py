"""A child process with gateways, each with a store and a cache of its own: `python -m bench.gateways FILE`.

The file holds the accounts of each gateway by its name. The apps are what `chargegraph serve` serves.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from fastapi import FastAPI
from pydantic import SecretStr

from app.assembly import build_app
from app.settings import AuthMode, AuthSettings, Settings, StorageSettings
from bench.children import serve, started
from vendors.manifest import AccountSettings
from vendors.registry import manifests

Table: TypeAlias = Mapping[str, Any]
"""One `[[accounts]]` table."""


def settings_of(table: Table) -> AccountSettings:
    """The table as its vendor reads it."""
    return manifests()[table["vendor"]].settings.model_validate(table)


@asynccontextmanager
async def gateways(accounts: Mapping[str, Sequence[Table]]) -> AsyncIterator[Mapping[str, str]]:
    """The addresses of fresh gateways over these accounts, by the names given."""
    with TemporaryDirectory(prefix="chargegraph-bench-") as folder:
        async with started("bench.gateways", _written(folder, accounts)) as urls:
            yield urls


def _written(folder: str, accounts: Mapping[str, Sequence[Table]]) -> str:
    plan = Path(folder, "plan.json")
    plan.write_text(json.dumps(accounts))
    return str(plan)


def _app(accounts: Sequence[Table], database: Path, turn: asyncio.Lock) -> FastAPI:
    app = build_app(
        Settings(
            auth=AuthSettings(mode=AuthMode.NONE),
            storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{database}")),
            accounts=tuple(map(settings_of, accounts)),
        )
    )
    open_app = app.router.lifespan_context

    @asynccontextmanager
    async def opened_in_turn(app: FastAPI) -> AsyncIterator[None]:
        """Databases are migrated one after the other: Alembic knows one migration a process."""
        async with AsyncExitStack() as stack:
            async with turn:
                await stack.enter_async_context(open_app(app))
            yield

    app.router.lifespan_context = opened_in_turn
    return app


if __name__ == "__main__":
    file = Path(sys.argv[1])
    plan = json.loads(file.read_text())
    turn = asyncio.Lock()
    serve({name: _app(accounts, file.with_name(f"{name}.db"), turn) for name, accounts in plan.items()})
