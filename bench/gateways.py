"""A child process with gateways, each with a store and a cache of its own: `python -m bench.gateways FILE`.

The file holds the accounts of each gateway by its name. The apps are what `chargegraph serve` serves.
"""

import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
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
        plan = Path(folder, "plan.json")
        plan.write_text(json.dumps(accounts))
        async with started("bench.gateways", str(plan)) as urls:
            yield urls


def _app(accounts: Sequence[Table], database: Path) -> FastAPI:
    return build_app(
        Settings(
            auth=AuthSettings(mode=AuthMode.NONE),
            storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{database}")),
            accounts=tuple(map(settings_of, accounts)),
        )
    )


if __name__ == "__main__":
    file = Path(sys.argv[1])
    plan = json.loads(file.read_text())
    serve({name: _app(accounts, file.with_name(f"{name}.db")) for name, accounts in plan.items()})
