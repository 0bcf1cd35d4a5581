"""Processes of their own for gateways and vendors, so that they cost the measuring process nothing.

A child prints one line of JSON, its addresses by name, and lives until its standard input closes: it ends with whoever
started it, however that ended.
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from app.serving import Served, listen, run, serve_until_stopped
from app.telemetry import configure_logging

START_S = 60.0
STOP_S = 8.0


@asynccontextmanager
async def started(module: str, *arguments: str) -> AsyncIterator[Mapping[str, str]]:
    """The addresses of a child, by name."""
    command = (sys.executable, "-m", module, *arguments)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
    try:
        yield await _announced(process, module)
    finally:
        await _ended(process)


async def _announced(process: Process, module: str) -> Mapping[str, str]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), START_S)
    if not line:
        raise RuntimeError(f"{module} could not start")
    urls: Mapping[str, str] = json.loads(line)
    return urls


async def _ended(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def serve(apps: Mapping[str, ASGIApp]) -> None:
    """In a child: serve these apps on loopback as `chargegraph serve` does, until standard input closes."""
    configure_logging("error")
    served = {name: Served(app, listen("127.0.0.1", 0), log_level="critical") for name, app in apps.items()}

    async def serving() -> bool:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()

        def look() -> None:
            if not os.read(sys.stdin.fileno(), 1024):
                loop.remove_reader(sys.stdin)
                stopping.set()

        loop.add_reader(sys.stdin, look)
        urls = {name: one.url for name, one in served.items()}
        return await serve_until_stopped(
            list(served.values()), stopping=stopping, when_ready=lambda: print(json.dumps(urls), flush=True)
        )

    if not run(serving()):
        sys.exit("An app could not start.")
