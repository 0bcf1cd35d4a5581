"""The command line as real processes, spoken to over real sockets."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30


@asynccontextmanager
async def started(*arguments: str, folder: Path, **environment: str) -> AsyncIterator[Process]:
    """`chargegraph ARGUMENTS` in this folder; killed at the end when it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app.cli",
        *arguments,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "TERM": "dumb", **environment},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ended(process: Process) -> tuple[int, str]:
    """Its exit code and all that it printed."""
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    assert process.returncode is not None
    return process.returncode, (out + err).decode()


async def interrupted(process: Process, number: int = signal.SIGINT) -> tuple[int, str]:
    """As `ended`, after a signal."""
    process.send_signal(number)
    return await ended(process)


async def answering(url: str, process: Process) -> None:
    """Wait until this address answers."""
    async with asyncio.timeout(PATIENCE_S), httpx.AsyncClient(trust_env=False) as client:
        while True:
            assert process.returncode is None, await ended(process)
            try:
                await client.get(url)
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def query(url: str, text: str) -> Mapping[str, object]:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        answer: Mapping[str, object] = (await client.post(f"{url}/graphql", json={"query": text})).json()
        return answer
