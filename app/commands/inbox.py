"""`chargegraph inbox`: what vendors pushed, what of it could not be taken in, and having that tried again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from app.commands.configuration import ConfigFile, settings_from
from app.commands.ending import Exit, err, fail, out
from app.database import problem_of_database
from app.settings import Settings
from app.telemetry import configure_logging
from hub.inbox.catalogue import Catalogue
from hub.inbox.letters import Content, Letter, State
from hub.store.database import Store

inbox = typer.Typer(no_args_is_help=True, help="See what vendors pushed, and have dead letters taken in anew.")


@inbox.command("list")
def list_letters(
    config: ConfigFile,
    state: Annotated[
        list[State] | None,
        typer.Option(
            case_sensitive=False, help="Only in this state; repeat it for more.", show_default="dead and waiting"
        ),
    ] = None,
    account: Annotated[
        list[str] | None,
        typer.Option(help="Only of this account; repeat it for more.", metavar="KEY"),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
) -> None:
    """List letters, the newest first, dead ones with the reason."""
    states = state or [State.DEAD, State.WAITING]
    letters = asyncio.run(_listed(settings_from(config), states, account, limit + 1))
    for letter in letters[:limit]:
        _print(
            f"{letter.number:>8}  {letter.received_at:%Y-%m-%d %H:%M:%SZ}  {letter.state:<7}  {letter.account}"
            f"  {letter.size} bytes"
        )
        if letter.reason:
            _print(f"          {letter.reason}")
    if len(letters) > limit:
        err.print(f"These are the newest {limit}; --limit shows more.", style="dim")
    elif not letters:
        _print(f"No letter is {' or '.join(states)}.")


@inbox.command("show")
def show_letter(
    config: ConfigFile,
    number: Annotated[int, typer.Argument(help="The letter's number.", metavar="NUMBER")],
    raw: Annotated[
        bool, typer.Option("--raw", help="Print the body as it came and nothing else: personal data may be in it.")
    ] = False,
) -> None:
    """Show what is known of a letter. Its body may hold personal data, so it is printed with --raw only."""
    letter, content = asyncio.run(_shown(settings_from(config), number))
    if raw and content is None:
        fail(f"Letter {number} is done: its body is gone.")
    if raw and content is not None:
        sys.stdout.buffer.write(content.body)
        sys.stdout.buffer.flush()
        return
    for name, value in _facts(letter, content):
        _print(f"{name:<12} {value}")


@inbox.command("replay")
def replay_letters(
    config: ConfigFile,
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Which dead letters.", metavar="[NUMBER]...", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every dead letter.")] = False,
) -> None:
    """Have dead letters taken in anew, by the gateway that runs or the next that does; nothing of them twice."""
    if bool(numbers) is everything:
        fail("Give either numbers or --all.", code=Exit.USAGE)
    replayed = asyncio.run(_replayed(settings_from(config), None if everything else numbers))
    _print(f"{len(replayed)} will be taken in anew{': ' if replayed else ''}{', '.join(map(str, replayed))}.")
    if missing := sorted(set(numbers or ()) - set(replayed)):
        fail(f"Not dead, or not there: {', '.join(map(str, missing))}.", "`chargegraph inbox list` shows what is.")


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Catalogue]:
    configure_logging("error")
    url = settings.storage.database_url.get_secret_value()
    if problem := await problem_of_database(url):
        fail(f"{problem}.", "See storage.database_url in docs/configuration.md.", Exit.USAGE)
    store = await Store.open(url)
    try:
        yield Catalogue(store)
    finally:
        await store.aclose()


async def _listed(settings: Settings, states: list[State], accounts: list[str] | None, most: int) -> list[Letter]:
    async with _opened(settings) as letters:
        return await letters.letters(states, accounts or None, most)


async def _shown(settings: Settings, number: int) -> tuple[Letter, Content | None]:
    async with _opened(settings) as letters:
        found = await letters.letter(number)
    if found is None:
        fail(f"There is no letter {number}.", "`chargegraph inbox list` shows what there is; old ones are forgotten.")
    return found


async def _replayed(settings: Settings, numbers: list[int] | None) -> list[int]:
    async with _opened(settings) as letters:
        return await letters.replay(numbers)


def _facts(letter: Letter, content: Content | None) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        ("number", letter.number),
        ("account", letter.account),
        ("received", f"{letter.received_at:%Y-%m-%d %H:%M:%SZ}"),
        ("state", letter.state),
        ("size", f"{letter.size} bytes"),
        ("sha256", letter.digest),
        ("looks", letter.attempts),
    ]
    if content is not None:
        facts.append(("type", content.headers.get("content-type", "not said")))
    if letter.try_at is not None:
        facts.append(("tried again", f"{letter.try_at:%Y-%m-%d %H:%M:%SZ}"))
    if letter.settled_at is not None:
        facts.append(("settled", f"{letter.settled_at:%Y-%m-%d %H:%M:%SZ}"))
    if letter.reason is not None:
        facts.append(("reason", letter.reason))
    return facts


def _print(line: str) -> None:
    out.print(line, highlight=False, markup=False, soft_wrap=True)
