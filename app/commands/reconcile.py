"""`chargegraph commands reconcile`: asks vendors now what became of commands. Sends nothing that acts."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import typer
from rich.markup import escape

from app.command_words import MEANINGS
from app.commands.configuration import ConfigFile, settings_from
from app.commands.desk import OPEN, every_command, known_command, opened_fleet, ref_of
from app.commands.ending import Exit, err, fail, out
from app.settings import Settings
from hub.commands.desk import Desk
from hub.commands.orders import CommandQuery
from hub.fleet import Fleet
from model.commands import FINAL, Command
from model.refs import Kind, Ref

AT_ONCE = 8
"""Commands that are looked at side by side; each account's quota puts its own in a line."""


def reconcile(
    config: ConfigFile,
    command: Annotated[
        str | None,
        typer.Argument(help="Its id; every open one when left out.", metavar="ID", show_default=False),
    ] = None,
) -> None:
    """Ask the vendors now what became of a command, or of every open one. Sends nothing that acts.

    May run while the gateway runs. Ends with 0 when every outcome is known for good, and with 3 when some stay open.
    """
    settings = settings_from(config)
    ref = None if command is None else ref_of(Kind.COMMAND, command)
    if left := asyncio.run(_reconciled(settings, ref)):
        words = "1 command stays open" if left == 1 else f"{left} commands stay open"
        fail(f"{words}: nothing proves the outcome yet.", "docs/commands.md says what to do meanwhile.", Exit.OPEN)


async def _reconciled(settings: Settings, ref: Ref | None) -> int:
    """Look at what is open, and say what is known now. How many stay open."""
    async with opened_fleet(settings) as fleet:
        if ref is None:
            found = [command async for command in every_command(fleet.desk, CommandQuery(statuses=OPEN))]
            nothing = "Nothing is open that a vendor could tell of."
        else:
            found = [await known_command(fleet.desk, ref)]
            nothing = f"{ref.id} is {found[0].status.value}. {MEANINGS[found[0].status].happened}"
        waiting = [command for command in found if _can_be_told(fleet, command)]
        if not waiting:
            out.print(nothing, highlight=False, soft_wrap=True)
            return 0
        err.print("Asking the vendors…", style="dim")
        still_open = await _look_at(fleet.desk, waiting)
        for line in _troubles(fleet, still_open):
            err.print(line, highlight=False, soft_wrap=True)
        return len(still_open)


def _can_be_told(fleet: Fleet, command: Command) -> bool:
    """Whether the vendor of some open target offers proof; of an account that is gone nobody knows that it does not."""
    accounts = {target.device.account for target in command.targets if target.status not in FINAL}
    members = [fleet.members.get(account) for account in accounts]
    rules = [None if member is None else member.manifest.rule(command.kind) for member in members]
    return any(rule is None or rule.proof for rule in rules)


def _troubles(fleet: Fleet, still_open: Iterable[Command]) -> Iterator[str]:
    """Why an account's vendor could not be asked."""
    targets = (target for command in still_open for target in command.targets if target.status in OPEN)
    for account in sorted({target.device.account for target in targets}):
        member = fleet.members.get(account)
        problem = None if member is None else member.state().problem
        if member is None:
            yield f"The configuration has no account called {account} any more: its vendor cannot be asked."
        elif problem is not None:
            yield f"{account}: {problem.message}"


async def _look_at(desk: Desk, waiting: Sequence[Command]) -> list[Command]:
    """Show each command as soon as it was looked at. Those that stay open."""
    turn, seen = asyncio.Semaphore(AT_ONCE), 0

    async def look(before: Command) -> Command:
        nonlocal seen
        async with turn:
            after = await desk.look_now(before.ref) or before
        seen += 1
        mark = "[yellow]…[/]" if after.status in OPEN else "[green]✓[/]"
        line = f"{mark} {seen}/{len(waiting)} {escape(_change(before, after))}"
        out.print(line, highlight=False, soft_wrap=True)
        return after

    return [command for command in await asyncio.gather(*map(look, waiting)) if command.status in OPEN]


def _change(before: Command, after: Command) -> str:
    """What a look brought, in a line."""
    moved = sum(old.status is not new.status for old, new in zip(before.targets, after.targets, strict=True))
    what = f"{after.ref.id} {after.kind.value} {before.status.value}"
    if after.status is not before.status:
        what += f" → {after.status.value}"
    if len(after.targets) > 1:
        return f"{what} ({moved} of {len(after.targets)} targets moved)"
    return what if moved else f"{what} (nothing new)"
