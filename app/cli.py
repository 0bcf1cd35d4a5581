"""The command line: `chargegraph COMMAND`. Each command is a module of `app.commands`."""

from importlib.metadata import version
from typing import Annotated

import typer

from app.commands.commands import commands
from app.commands.demo import demo
from app.commands.doctor import doctor
from app.commands.ending import out
from app.commands.inbox import inbox
from app.commands.migrate import migrate
from app.commands.schema import schema
from app.commands.serve import serve
from app.commands.simulate import simulate


def _show_version(wanted: bool) -> None:
    if wanted:
        out.print(version("chargegraph"), highlight=False)
        raise typer.Exit


cli = typer.Typer(
    name="chargegraph",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals hold secrets
    help="One GraphQL API over charging hardware from many vendors. New here? Run `chargegraph demo`.",
    epilog="Exit codes: 0 well, 1 something is wrong, 2 the command line or the configuration is wrong, 3 still open.",
)
for each in (demo, serve, simulate, doctor, migrate):
    cli.command()(each)
cli.add_typer(commands, name="commands")
cli.add_typer(inbox, name="inbox")
cli.add_typer(schema, name="schema")


@cli.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version."),
    ] = False,
) -> None:
    """Options of no command in particular."""


def main() -> None:
    """The console script."""
    cli()


if __name__ == "__main__":
    main()
