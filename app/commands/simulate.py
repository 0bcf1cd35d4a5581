"""`chargegraph simulate`: the vendors alone, over real HTTP."""

import asyncio
import json
import os
import sys
from typing import Annotated

import typer
from rich.table import Table

from app.commands.ending import Exit, err, fail, out
from app.serving import CannotListen, run, serve_until_stopped
from app.simulators import RunningSimulator, open_simulators
from vendors.registry import manifests


def simulate(
    vendor: Annotated[
        list[str] | None,
        typer.Option("--vendor", "-v", help="Only this vendor; repeat it for more.", metavar="SLUG"),
    ] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port_base: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65000,
            help="Count ports from this one; 0 takes any free ones.",
            show_default="each simulator's own port, from 9101",
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="How fast the simulated world moves; 60 is a minute a second.")
    ] = 1,
    seed: Annotated[int, typer.Option(help="The same seed gives the same fleet and the same luck.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON, URLs by vendor, and no table.")
    ] = False,
    attached: Annotated[
        bool, typer.Option("--attached", help="Stop when standard input closes, for a program that starts this.")
    ] = False,
) -> None:
    """Run the vendors' simulators, each on a port of its own, until Ctrl-C.

    Each speaks its vendor's API as documented, with a fleet that moves by itself. Under /_control of each you can
    switch faults on, move time and see the calls that arrived; docs/simulators.md has examples.
    """
    slugs = vendor or list(manifests())
    for slug in slugs:
        if slug not in manifests():
            fail(f"There is no vendor called {slug!r}.", f"There are {', '.join(manifests())}.", Exit.USAGE)
    try:
        simulators = open_simulators(slugs, host=host, port_base=port_base, speed=speed, seed=seed)
    except CannotListen as error:
        fail(str(error), "Choose other ports with --port-base, or any free ones with --port-base 0.")

    def announce() -> None:
        if as_json:
            print(json.dumps({each.slug: each.served.url for each in simulators}), flush=True)  # noqa: T201 - for a program
        else:
            _show(simulators)

    async def serve() -> bool:
        stopping = asyncio.Event()
        if attached:
            _stop_with_input(stopping)
        return await serve_until_stopped([each.served for each in simulators], stopping=stopping, when_ready=announce)

    if not run(serve()):
        fail("A simulator could not start.")


def _show(simulators: list[RunningSimulator]) -> None:
    table = Table(title="Simulators", title_justify="left", title_style="bold")
    for column in ("vendor", "base_url of the account", "control API"):
        table.add_column(column, overflow="fold")
    for each in simulators:
        url = each.served.url
        table.add_row(each.slug, url + each.simulator.base_path, f"{url}/_control")
    out.print(table)
    err.print("Ctrl-C stops them.", style="dim")


def _stop_with_input(stopping: asyncio.Event) -> None:
    """Whoever started this holds the other end of standard input: when they are gone, so is the reason to run."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin)
            stopping.set()

    loop.add_reader(sys.stdin, look)
