"""The commands of a configuration as the command line sees them: beside its gateway, which may run or not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from app.commands.ending import Exit, fail
from app.database import problem_of_database
from app.settings import Settings
from app.telemetry import configure_logging
from hub.commands.desk import Desk
from hub.commands.orders import CommandQuery
from hub.fleet import Fleet
from hub.store.database import Store
from model.clock import SystemClock
from model.commands import FINAL, Command
from model.refs import Kind, Ref
from model.states import CommandStatus

PAGE = 100
OPEN = tuple(status for status in CommandStatus if status not in FINAL)
"""What a later look may still change."""


@asynccontextmanager
async def opened_fleet(settings: Settings) -> AsyncIterator[Fleet]:
    """The fleet over the configuration's database. Its desk neither sends commands nor follows them by itself."""
    configure_logging("error")
    url = settings.storage.database_url.get_secret_value()
    if problem := await problem_of_database(url):
        fail(f"{problem}.", "See storage.database_url in docs/configuration.md.", Exit.USAGE)
    store = await Store.open(url)
    try:
        async with Fleet.open(
            settings.accounts,
            store=store,
            clock=SystemClock(),
            keep_commands=timedelta(days=settings.commands.keep_days),
            follows=False,
        ) as fleet:
            yield fleet
    finally:
        await store.aclose()


async def every_command(desk: Desk, where: CommandQuery) -> AsyncIterator[Command]:
    """All commands that are like that, the newest first."""
    after: str | None = None
    while True:
        page = await desk.page(where, PAGE, after=after, before=None, backwards=False)
        for command in page.rows:
            yield command
        if not page.has_next:
            return
        after = page.rows[-1].ref.account


async def known_command(desk: Desk, ref: Ref) -> Command:
    """The command, or the end when there is none."""
    (found,) = await desk.by_refs([ref])
    if found is None:
        fail(f"There is no {ref.id}.", "`chargegraph commands list` shows what there is; old ones are forgotten.")
    return found


def ref_of(kind: Kind, text: str) -> Ref:
    """The ref that an id names, with or without its kind before it; the end when it is no such id."""
    try:
        return Ref.parse(text if text.startswith(f"{kind.value}:") else f"{kind.value}:{text}")
    except ValueError:
        fail(f"{text} is no {kind.value} id.", code=Exit.USAGE)
