"""Finds commands: by ref, by page, and by what they rented out."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.orders import CommandQuery
from hub.commands.rows import command_of, read_instruction
from hub.store.database import Store
from hub.store.pages import KeysetPage
from hub.store.tables import command_calls, command_targets, commands
from model.commands import Command
from model.refs import Ref
from model.states import CommandKind


class Catalogue:
    """Reads the tables of commands."""

    def __init__(self, store: Store) -> None:
        """Over a store that is open."""
        self._store = store

    async def by_refs(self, refs: Sequence[Ref]) -> list[Command | None]:
        """Commands by ref; None for what is not known, or not any more."""
        async with self._store.reading() as connection:
            rows = await connection.execute(select(commands).where(commands.c.id.in_({ref.account for ref in refs})))
            found = {command.ref: command for command in await read_commands(connection, rows.all())}
        return [found.get(ref) for ref in refs]

    async def page(
        self, where: CommandQuery, rows: int, *, after: str | None = None, before: str | None = None, backwards: bool
    ) -> KeysetPage[Command]:
        """Commands between two ids, newest first; with `backwards` the last ones of them, which are the oldest."""
        query = _filtered(where)
        inside = query if after is None else query.where(commands.c.id < after)
        inside = inside if before is None else inside.where(commands.c.id > before)
        inside = inside.order_by(commands.c.id if backwards else commands.c.id.desc()).limit(rows + 1)
        async with self._store.reading() as connection:
            found: list[Row[Any]] = list((await connection.execute(inside)).all())
            has_more = len(found) > rows
            found = found[:rows][::-1] if backwards else found[:rows]
            edge = before if backwards else after
            has_behind = False
            if edge is not None:
                beyond = query.where(commands.c.id <= edge if backwards else commands.c.id >= edge).limit(1)
                has_behind = (await connection.execute(beyond)).first() is not None
            listed = await read_commands(connection, found)
        if backwards:
            return KeysetPage(listed, has_next=has_behind, has_previous=has_more)
        return KeysetPage(listed, has_next=has_more, has_previous=has_behind)

    async def external_ids(self, sessions: Sequence[Ref]) -> Mapping[Ref, str]:
        """The caller's own id of rentals that commands began, by session."""
        query = (
            select(command_targets.c.session, commands.c.instruction)
            .join(commands, commands.c.id == command_targets.c.command)
            .where(
                command_targets.c.session.in_([ref.id for ref in sessions]),
                commands.c.kind == CommandKind.RENT_BATTERY.value,
            )
            .order_by(commands.c.id)
        )
        async with self._store.reading() as connection:
            rows = (await connection.execute(query)).all()
        named = {Ref.parse(row.session): read_instruction(row.instruction).external_id for row in rows}
        return {session: external_id for session, external_id in named.items() if external_id is not None}


async def read_commands(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[Command]:
    """The commands of these rows, with their calls and targets."""
    ids = [row.id for row in rows]
    calls: dict[str, list[Row[Any]]] = {number: [] for number in ids}
    for call in await connection.execute(select(command_calls).where(command_calls.c.command.in_(ids))):
        calls[call.command].append(call)
    targets: dict[str, list[Row[Any]]] = {number: [] for number in ids}
    wanted = select(command_targets).where(command_targets.c.command.in_(ids)).order_by(command_targets.c.position)
    for target in await connection.execute(wanted):
        targets[target.command].append(target)
    return [command_of(row, calls[row.id], targets[row.id]) for row in rows]


def _filtered(where: CommandQuery) -> Select[Any]:
    query = select(commands)
    if where.kinds is not None:
        query = query.where(commands.c.kind.in_([kind.value for kind in where.kinds]))
    if where.statuses is not None:
        query = query.where(commands.c.status.in_([status.value for status in where.statuses]))
    of_this = command_targets.c.command == commands.c.id
    if where.accounts is not None:
        query = query.where(exists().where(of_this, command_targets.c.account.in_(where.accounts)))
    if where.devices is not None:
        query = query.where(exists().where(of_this, command_targets.c.device.in_([ref.id for ref in where.devices])))
    if where.visible is not None:
        query = query.where(~exists().where(of_this, command_targets.c.account.not_in(where.visible)))
    return query
