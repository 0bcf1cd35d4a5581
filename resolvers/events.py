"""What happened: lists and single events, of the accounts that the viewer may see."""

import re
from collections.abc import Sequence

from model.events import Event, EventQuery
from model.refs import Ref
from resolvers.filters import EventFilter
from resolvers.paging import PageArgs, Stretch, no_cursor, rows_of, stretch_of
from resolvers.scope import Scope

_NUMBER = re.compile("[0-9]{1,18}")
"""As many digits as every database can hold."""


async def page(scope: Scope, args: PageArgs, where: EventFilter) -> Stretch[Event]:
    """Some events in the order in which they were recorded. A cursor of this list is the event's own, everywhere."""
    query = EventQuery(accounts=where.accounts, devices=where.devices, types=where.types, visible=scope.visible())
    found = await scope.fleet.events.page(
        query,
        rows_of(args),
        after=number_of(args.after, "after"),
        before=number_of(args.before, "before"),
        backwards=args.last is not None,
    )
    return stretch_of(found, lambda event: event.cursor)


async def by_refs(scope: Scope, refs: Sequence[Ref]) -> list[Event | None]:
    """Events by ref; None for what nobody knows. An event without an account is this gateway's own."""
    numbers = [int(ref.account) if _NUMBER.fullmatch(ref.account) else -1 for ref in refs]
    visible = scope.visible()
    return [
        event if event and (event.account is None or event.account in visible) else None
        for event in await scope.fleet.events.by_numbers(numbers)
    ]


def number_of(cursor: str | None, name: str) -> int | None:
    """The number of the event that a cursor names; `name` is the argument that it came as. Raises BadPage."""
    if cursor is None:
        return None
    if not _NUMBER.fullmatch(cursor):
        raise no_cursor(name)
    return int(cursor)
