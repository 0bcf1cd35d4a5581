"""`chargegraph demo`: simulators of every vendor and the gateway over them, with nothing to set up."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.panel import Panel
from rich.table import Table

from app.assembly import build_app, say_goodbye
from app.commands.ending import Exit, err, fail, out
from app.graphiql_page import is_built
from app.serving import CannotListen, Served, is_loopback, listen, run, serve_until_stopped, url_of
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings, StorageSettings
from app.simulators import accounts_of
from app.telemetry import configure_logging
from vendors.registry import manifests, simulator_class

START_S = 20.0
"""Longer than the simulators ever take to start."""
STOP_S = 3.0


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The gateway's port; 0 takes any free one.")] = 8000,
    host: Annotated[str, typer.Option(help="The address to listen on; this machine's own only.")] = "127.0.0.1",
) -> None:
    """Start simulators of all vendors and the gateway over them; nothing to set up.

    Open the address that it prints in a browser and press the round button. Nothing is kept: the database lives in a
    temporary folder until Ctrl-C.
    """
    if not is_loopback(host):
        fail(
            f"The demo has no sign-in, so it listens on this machine only; {host} is not.",
            "Leave --host out.",
            Exit.USAGE,
        )
    configure_logging("warning")
    try:
        gateway = listen(host, port)
    except CannotListen as error:
        fail(str(error), "For example: chargegraph demo --port 8001")
    err.print("Starting the simulators and the gateway…", style="dim")
    with TemporaryDirectory(prefix="chargegraph-demo-", ignore_cleanup_errors=True) as folder, gateway:
        if not run(_serve(gateway, Path(folder))):
            fail("The demo could not start; the lines above say why.")
    err.print("Everything is stopped.", style="dim")


async def _serve(gateway: socket, folder: Path) -> bool:
    async with _simulators() as urls:
        if not urls:
            return False
        settings = Settings(
            server=ServerSettings(),
            auth=AuthSettings(mode=AuthMode.NONE),
            storage=StorageSettings(database_url=SecretStr(f"sqlite+aiosqlite:///{folder / 'demo.db'}")),
            accounts=tuple(await accounts_of(urls)),
        )
        app = build_app(settings, address=url_of(gateway))
        served = Served(app, gateway, log_level="warning", before_stopping=lambda: say_goodbye(app))
        return await serve_until_stopped(
            [served], stopping=asyncio.Event(), when_ready=lambda: _welcome(served.url, urls)
        )


@asynccontextmanager
async def _simulators() -> AsyncIterator[Mapping[str, str]]:
    """The simulators in a process of their own; their URLs by vendor, none when they could not start.

    In a session of their own, so that Ctrl-C reaches only this process, which then ends them; and attached to it, so
    that they end with it in any case.
    """
    arguments = [sys.executable, "-m", "app.cli", "simulate", "--json", "--attached"]
    if not _own_ports_are_free():
        arguments += ["--port-base", "0"]
    process = await asyncio.create_subprocess_exec(*arguments, stdin=PIPE, stdout=PIPE, start_new_session=True)
    try:
        yield await _announced(process)
    finally:
        await _end(process)


async def _announced(process: Process) -> Mapping[str, str]:
    """The line that the simulators print when they all answer; nothing when they ended, or take too long."""
    if process.stdout is None:
        return {}
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
    except TimeoutError:
        return {}
    urls: Mapping[str, str] = json.loads(line or b"{}")
    return urls


async def _end(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), STOP_S)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _own_ports_are_free() -> bool:
    for slug in manifests():
        try:
            listen("127.0.0.1", simulator_class(slug).default_port).close()
        except CannotListen:
            return False
    return True


def _welcome(url: str, simulators: Mapping[str, str]) -> None:
    rows = Table.grid(padding=(0, 2))
    page = "" if is_built() else "  (the page says how to build GraphiQL; the API works)"
    rows.add_row("Try it in a browser", f"[bold cyan]{url}/graphql[/]{page}")
    rows.add_row("Health", f"{url}/readyz")
    rows.add_row("Metrics", f"{url}/metrics")
    rows.add_row("", "")
    for slug, address in simulators.items():
        rows.add_row(f"Simulator of {slug}", f"{address}/_control")
    rows.add_row("Stop it", "Ctrl-C")
    title = "[bold green]ChargeGraph is running[/]"
    out.print(Panel(rows, title=title, title_align="left", expand=False, padding=(1, 2)))
    query = '{"query":"{ devices(first: 5) { totalCount nodes { name kind connectivity } } }"}'
    out.print("From a shell:", style="dim")
    typer.echo(f"curl -s {url}/graphql -H 'content-type: application/json' \\\n  -d '{query}'\n")
