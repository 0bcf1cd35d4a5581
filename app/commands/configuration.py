"""Reading the configuration for a command: what is wrong with it is shown as a list, each line with its place."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.markup import escape

from app.commands.ending import Exit, err
from app.settings import Settings
from app.settings_file import WrongSettings, load_settings

ConfigFile: TypeAlias = Annotated[
    Path,
    typer.Option("--config", "-c", help="The configuration, a TOML file.", show_default=False, metavar="FILE"),
]


def settings_from(path: Path) -> Settings:
    """The settings, or the end of the command with everything that is wrong with them."""
    try:
        return load_settings(path, os.environ)
    except WrongSettings as wrong:
        err.print(f"[bold red]✗[/] {escape(wrong.source)} cannot be used:", highlight=False, soft_wrap=True)
        for complaint in wrong.complaints:
            err.print(f"  {escape(str(complaint))}", highlight=False, soft_wrap=True)
        raise typer.Exit(int(Exit.USAGE)) from None
