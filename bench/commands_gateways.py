"""A child process with one gateway on a database of the caller's choice: `python -m bench.commands_gateways FILE`.

The file holds the database's URL and the accounts. The app is what `chargegraph serve` serves.
"""

import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from app.assembly import build_app
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from bench.children import serve, started
from bench.gateways import Table, settings_of

NOBODY = "http://127.0.0.1:9"
"""Where vendors are told to call back."""


@asynccontextmanager
async def gateway(accounts: Sequence[Table], database_url: str) -> AsyncIterator[str]:
    """The address of a fresh gateway over these accounts, on a database that is migrated."""
    with TemporaryDirectory(prefix="chargegraph-bench-") as folder:
        async with started("bench.commands_gateways", _written(folder, accounts, database_url)) as urls:
            yield urls["gateway"]


def _written(folder: str, accounts: Sequence[Table], database_url: str) -> str:
    plan = Path(folder, "plan.json")
    plan.write_text(json.dumps({"database_url": database_url, "accounts": accounts}))
    return str(plan)


if __name__ == "__main__":
    plan = json.loads(Path(sys.argv[1]).read_text())
    settings = Settings(
        server=ServerSettings(public_url=NOBODY),
        auth=AuthSettings(mode=AuthMode.NONE),
        storage=StorageSettings(database_url=SecretStr(plan["database_url"])),
        accounts=tuple(map(settings_of, plan["accounts"])),
    )
    serve({"gateway": build_app(settings)})
