"""What frontends use, from npm, against a real gateway: a few lines of JavaScript for each are in this folder."""

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.app.live import PATIENCE_S, opened
from vendors.registry import manifests

CLIENTS = Path(__file__).parent
WRONG = "Cannot query field 'nothing' on type 'Subscription'."

pytestmark = [pytest.mark.sockets, pytest.mark.npm]


@asynccontextmanager
async def node(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        shutil.which("node") or "node", *arguments, cwd=CLIENTS, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("name", ["graphql-ws", "graphql-sse", "urql", "apollo-multipart", "apollo-ws"])
async def test_a_client_follows_events_asks_and_is_told_what_is_wrong(tmp_path: Path, name: str) -> None:
    async with opened(tmp_path, max_age_s=600) as live:
        await live.happen(3)
        async with node("run.mjs", name, live.url) as process:

            async def told() -> Any:
                assert process.stdout is not None
                assert process.stderr is not None
                line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S * 2)
                return orjson.loads(line) if line else (await process.stderr.read()).decode()

            assert [await told() for _ in range(2)] == [{"cursor": "2"}, {"cursor": "3"}]
            for number in (4, 5, 6):
                await live.happen()
                assert await told() == {"cursor": str(number)}
            slugs = [vendor["slug"] for vendor in (await told())["vendors"]]
            assert slugs == list(manifests())
            assert await told() == {"errors": [WRONG]}
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
        await live.until_streams(0)
