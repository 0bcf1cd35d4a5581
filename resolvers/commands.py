"""Commands that were given: lists and single ones, of the accounts that the viewer may see."""

import re
from collections.abc import Sequence

from hub.commands.orders import CommandQuery
from model.commands import Command
from model.records import Device
from model.refs import Ref
from resolvers.filters import CommandFilter
from resolvers.paging import PageArgs, Stretch, no_cursor, rows_of, stretch_of
from resolvers.scope import Scope

_CURSOR = re.compile("[0-9a-f]{1,32}")
"""The command's own number: it rises with time, so that it is a place in the list."""


async def page(scope: Scope, args: PageArgs, where: CommandFilter) -> Stretch[Command]:
    """Some commands, newest first."""
    query = CommandQuery(
        accounts=where.accounts,
        devices=where.devices,
        kinds=where.kinds,
        statuses=where.statuses,
        visible=scope.visible(),
    )
    found = await scope.fleet.desk.page(
        query,
        rows_of(args),
        after=_place(args.after, "after"),
        before=_place(args.before, "before"),
        backwards=args.last is not None,
    )
    return stretch_of(found, _cursor)


async def of_device(scope: Scope, device: Device, args: PageArgs) -> Stretch[Command]:
    """Some commands to one device, newest first."""
    return await page(scope, args, CommandFilter(devices=frozenset({device.ref})))


async def by_refs(scope: Scope, refs: Sequence[Ref]) -> list[Command | None]:
    """Commands by ref; None for what nobody knows, and for those that touch an account which the viewer may not see."""
    visible = scope.visible()
    return [
        command if command and all(target.device.account in visible for target in command.targets) else None
        for command in await scope.fleet.desk.by_refs(refs)
    ]


def _cursor(command: Command) -> str:
    return command.ref.account


def _place(cursor: str | None, name: str) -> str | None:
    if cursor is not None and not _CURSOR.fullmatch(cursor):
        raise no_cursor(name)
    return cursor
