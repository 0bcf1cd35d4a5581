"""`chargegraph commands`: what became of orders to hardware. Nothing here ever sends one."""

import asyncio
from collections.abc import Collection, Iterable
from typing import Annotated, TypeAlias

import orjson
import typer
from rich.text import Text

from app.command_json import command_as_json, story_as_json
from app.command_report import listing, story
from app.commands.configuration import ConfigFile, settings_from
from app.commands.desk import OPEN, every_command, known_command, opened_fleet, ref_of
from app.commands.ending import Exit, err, fail, out
from app.commands.reconcile import reconcile
from app.settings import Settings
from hub.commands.orders import CommandQuery
from model.commands import Command
from model.events import Event
from model.refs import Kind, Ref
from model.states import CommandKind, CommandStatus

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON, by the names of the GraphQL schema.")]

commands = typer.Typer(no_args_is_help=True, help="See what became of commands, and have their outcome looked up.")
commands.command()(reconcile)


@commands.command("list")
def list_commands(
    config: ConfigFile,
    status: Annotated[
        list[CommandStatus] | None,
        typer.Option(case_sensitive=False, help="Only in this status; repeat it for more."),
    ] = None,
    kind: Annotated[
        list[CommandKind] | None,
        typer.Option(case_sensitive=False, help="Only of this kind; repeat it for more."),
    ] = None,
    device: Annotated[
        list[str] | None,
        typer.Option(help="Only on this device; repeat it for more.", metavar="ID"),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(help="Only at this account; repeat it for more.", metavar="KEY"),
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those whose outcome is not known for good.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List commands, the newest first."""
    if only_open and status:
        fail("Give either --open or --status.", code=Exit.USAGE)
    settings = settings_from(config)
    where = CommandQuery(
        accounts=account or None,
        devices=[ref_of(Kind.DEVICE, text) for text in device] if device else None,
        kinds=kind or None,
        statuses=OPEN if only_open else status or None,
    )
    found = asyncio.run(_found(settings, where, limit + 1))
    shown = found[:limit]
    if as_json:
        _print_json([command_as_json(command) for command in shown])
    elif shown:
        _print_lines(listing(shown))
        if len(found) > limit:
            err.print(f"These are the newest {limit}; --limit shows more.", style="dim")
    else:
        out.print(_why_empty(where, {one.id for one in settings.accounts}), highlight=False, soft_wrap=True)


@commands.command("show")
def show_command(
    config: ConfigFile,
    command: Annotated[str, typer.Argument(help="Its id, with or without `Command:`.", metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """Show everything known of a command: targets, problems, who said what and when, and what to do next."""
    settings = settings_from(config)
    found, timeline = asyncio.run(_known(settings, ref_of(Kind.COMMAND, command)))
    if as_json:
        _print_json(story_as_json(found, timeline))
    else:
        _print_lines(story(found, timeline))


async def _found(settings: Settings, where: CommandQuery, most: int) -> list[Command]:
    found: list[Command] = []
    async with opened_fleet(settings) as fleet:
        async for command in every_command(fleet.desk, where):
            found.append(command)
            if len(found) == most:
                break
    return found


async def _known(settings: Settings, ref: Ref) -> tuple[Command, list[Event]]:
    async with opened_fleet(settings) as fleet:
        return await known_command(fleet.desk, ref), await fleet.desk.history(ref)


def _why_empty(where: CommandQuery, accounts: Collection[str]) -> str:
    strangers = [key for key in where.accounts or () if key not in accounts]
    if strangers:
        return f"No command found, and the configuration has no account called {', '.join(strangers)}."
    if where == CommandQuery():
        return "No commands yet. Mutations such as ejectBattery make them; see docs/commands.md."
    if where == CommandQuery(statuses=OPEN):
        return "Nothing is open: every outcome is known."
    return "No command is like that."


def _print_lines(lines: Iterable[Text]) -> None:
    for line in lines:
        out.print(line, highlight=False, soft_wrap=True)


def _print_json(content: object) -> None:
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
