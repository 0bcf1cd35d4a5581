"""How targets move from status to status: the only place where a status is written, each move with its event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.calls import Phase
from hub.commands.rows import written_problem, written_ref
from hub.store.tables import command_calls, command_targets, commands
from model.clock import Clock
from model.commands import FINAL, may_follow, whole
from model.events import Happening
from model.records import Problem, RawCode
from model.refs import Ref, command_ref
from model.states import CommandKind, CommandStatus, EventType


class By(StrEnum):
    """Who said so; the value is stored in events."""

    CALLER = "caller"
    ANSWER = "answer"
    CALLBACK = "callback"
    READ_BACK = "read-back"
    DEADLINE = "deadline"
    RESTART = "restart"
    NEWER_COMMAND = "newer command"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Where a target is to go, and why."""

    position: int
    status: CommandStatus
    problem: Problem | None = None
    raw: RawCode | None = None
    battery: Ref | None = None
    session: Ref | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A target that moved."""

    kind: CommandKind
    status: CommandStatus
    device: Ref


async def lock(connection: AsyncConnection, number: str) -> Row[Any]:
    """The row of a command. Whoever changes anything of a command locks it first, so that nobody deadlocks."""
    return (await connection.execute(select(commands).where(commands.c.id == number).with_for_update())).one()


async def move(
    connection: AsyncConnection, clock: Clock, command: Row[Any], moves: Iterable[Move], by: By
) -> tuple[list[Moved], list[Happening]]:
    """Make those moves of a locked command that may be made. What moved, and the events to record at the end.

    Reads the targets anew and changes each only if it is still what was read, so that whoever else moves it at the
    same time, in another process too, is neither overwritten nor doubled.
    """
    rows = await connection.execute(
        select(command_targets).where(command_targets.c.command == command.id).order_by(command_targets.c.position)
    )
    targets = {row.position: row for row in rows}
    moved: list[Moved] = []
    happenings: list[Happening] = []
    for one in moves:
        target = targets.get(one.position)
        if target is None or not await _changed(connection, clock, target, one):
            continue
        before = CommandStatus[target.status]
        if before is not one.status:
            moved.append(Moved(CommandKind[command.kind], one.status, Ref.parse(target.device)))
            happenings.append(happening(command.id, target, one, by, before))
    if moved:
        await _note_whole(connection, command.id)
    return moved, happenings


async def close(connection: AsyncConnection, call_id: str) -> None:
    """The call is over once none of its targets is open."""
    open_ones = select(command_targets.c.position).where(command_targets.c.call == call_id, command_targets.c.is_open)
    closed = update(command_calls).where(command_calls.c.id == call_id, ~open_ones.exists())
    await connection.execute(closed.values(phase=Phase.OVER.value))


def happening(command: str, target: Row[Any], one: Move, by: By, before: CommandStatus | None) -> Happening:
    """The event of one move."""
    device = Ref.parse(target.device)
    return Happening(
        type=EventType.COMMAND_UPDATED,
        account=device.account,
        device=device,
        slot=_ref(target.slot),
        battery=one.battery or _ref(target.battery),
        charging_session=one.session or _ref(target.session),
        command=command_ref(command),
        raw={
            "position": one.position,
            "from": None if before is None else before.value,
            "to": one.status.value,
            "by": by.value,
            "message": None if one.problem is None else one.problem.message,
        },
    )


async def _changed(connection: AsyncConnection, clock: Clock, target: Row[Any], one: Move) -> bool:
    before = CommandStatus[target.status]
    says_more = one.status is before and before not in FINAL
    if not says_more and not may_follow(before, one.status):
        return False
    values: dict[str, object] = {"status": one.status.value}
    if not says_more or one.problem is not None:
        values["problem"] = written_problem(one.problem)
    if not says_more:
        values["updated_at"] = clock.now()
    if one.status in FINAL:
        values["is_open"] = False
    if one.raw is not None:
        values["raw_code"], values["raw_label"] = one.raw.code, one.raw.label
    if one.battery is not None:
        values["battery"] = written_ref(one.battery)
    if one.session is not None:
        values["session"] = written_ref(one.session)
    unchanged = (
        command_targets.c.command == target.command,
        command_targets.c.position == target.position,
        command_targets.c.status == target.status,
    )
    result = await connection.execute(update(command_targets).where(*unchanged).values(**values))
    return result.rowcount == 1


async def _note_whole(connection: AsyncConnection, command: str) -> None:
    rows: Sequence[Row[Any]] = (
        await connection.execute(select(command_targets.c.status).where(command_targets.c.command == command))
    ).all()
    status = whole(CommandStatus[row.status] for row in rows)
    await connection.execute(update(commands).where(commands.c.id == command).values(status=status.value))


def _ref(written: str | None) -> Ref | None:
    return None if written is None else Ref.parse(written)
