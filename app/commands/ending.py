"""How a command ends: its exit codes, and the one way in which a failure is shown."""

from enum import IntEnum
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

# Ids such as Slot:a:b:1 are no emoji.
out = Console(emoji=False)
"""What the user asked for: standard output."""
err = Console(stderr=True, emoji=False)
"""What went wrong: standard error."""


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1
    """It ran, and something is wrong."""
    USAGE = 2
    """The command line or the configuration is wrong; nothing ran."""
    OPEN = 3
    """It ran, and the outcome of some commands is still not known."""


def fail(message: str, remedy: str = "", code: Exit = Exit.FAILED) -> NoReturn:
    """Say what is wrong and what helps, and end."""
    err.print(f"[bold red]✗[/] {escape(message)}", highlight=False, soft_wrap=True)
    if remedy:
        err.print(f"  {escape(remedy)}", highlight=False, soft_wrap=True)
    raise typer.Exit(int(code))
