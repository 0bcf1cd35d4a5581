"""Writing a new command down: its key belongs to its caller, and nothing else may be going on where it acts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.calls import Phase
from hub.commands.holds import NOTHING, collide, hold_of
from hub.commands.moves import By, Move, close, happening, lock, move
from hub.commands.orders import Conflict, KeyReused, Order
from hub.commands.rows import written_instruction, written_ref
from hub.store.tables import command_calls, command_locks, command_targets, commands
from model.clock import Clock
from model.commands import Aim
from model.events import Happening
from model.records import Problem
from model.refs import Ref, command_ref
from model.states import CommandKind, CommandStatus, ProblemCode, Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that a new command needs. `positions`: which of the order's aims it is for."""

    account: str
    positions: Sequence[int]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that is to send and follow the calls of a new command, and until when that is taken on trust."""

    name: str
    until: datetime


async def lock_devices(connection: AsyncConnection, devices: Collection[Ref], now: datetime) -> None:
    """Let nobody else write down a command on these devices until the transaction ends."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    rows = [{"device": device, "taken_at": now} for device in sorted(device.id for device in devices)]
    statement = dialect.insert(command_locks).values(rows)
    renewed = {"taken_at": statement.excluded.taken_at}
    await connection.execute(statement.on_conflict_do_update(index_elements=["device"], set_=renewed))


async def with_key(connection: AsyncConnection, caller: str, key: str, request: str) -> Row[Any] | None:
    """The command that this caller gave with this key. Raises KeyReused when it was another request."""
    mine = (commands.c.caller == caller, commands.c.idempotency_key == key)
    row = (await connection.execute(select(commands).where(*mine))).one_or_none()
    if row is not None and row.request_hash != _request_hash(row.id, request):
        raise KeyReused(command_ref(row.id))
    return row


async def write_down(
    connection: AsyncConnection,
    clock: Clock,
    order: Order,
    calls: Sequence[PlannedCall],
    owner: Owner,
    *,
    absolute: bool,
) -> tuple[Row[Any], list[Happening]]:
    """The new command, PENDING, and the events to record at the end. Its devices are locked.

    An absolute command supersedes open ones of its kind on the same devices. Raises Conflict.
    """
    now = clock.now()
    holds = [hold_of(order.kind, aim, order.instruction) for aim in order.aims]
    rivals = await _open_targets(connection, {aim.device.id for aim in order.aims})
    _check_holds(order.aims, holds, rivals)
    number = f"{int(now.timestamp() * 1000):012x}{token_hex(10)}"
    superseded = await _supersede(connection, clock, order.kind, number, rivals) if absolute else []
    await connection.execute(insert(commands), [_command_row(number, order, absolute, now)])
    await connection.execute(
        insert(command_calls), [_call_row(number, index, call, owner) for index, call in enumerate(calls)]
    )
    await connection.execute(
        insert(command_targets),
        [
            _target_row(number, index, position, order.aims[position], holds[position], now)
            for index, call in enumerate(calls)
            for position in call.positions
        ],
    )
    row = (await connection.execute(select(commands).where(commands.c.id == number))).one()
    return row, [*superseded, *await _made(connection, number)]


def call_id_of(command: Ref, index: int) -> str:
    """The id of a command's call, which are counted from 0."""
    return f"{command.account}-{index}"


def hashed(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()


async def _open_targets(connection: AsyncConnection, devices: Collection[str]) -> list[Row[Any]]:
    query = (
        select(command_targets, commands.c.kind)
        .join(commands, commands.c.id == command_targets.c.command)
        .where(command_targets.c.device.in_(devices), command_targets.c.is_open)
    )
    return list((await connection.execute(query)).all())


def _check_holds(aims: Sequence[Aim], holds: Sequence[str], rivals: Iterable[Row[Any]]) -> None:
    by_device: dict[str, list[Row[Any]]] = {}
    for rival in rivals:
        by_device.setdefault(rival.device, []).append(rival)
    for aim, hold in zip(aims, holds, strict=True):
        for rival in by_device.get(aim.device.id, ()):
            if hold != NOTHING and collide(rival.hold, hold):
                raise Conflict(command_ref(rival.command), aim.slot or aim.device)


async def _supersede(
    connection: AsyncConnection, clock: Clock, kind: CommandKind, number: str, rivals: Iterable[Row[Any]]
) -> list[Happening]:
    """Withdraw what older commands of the same kind still wait for on the same devices."""
    older: dict[str, list[int]] = {}
    calls: set[str] = set()
    for rival in rivals:
        if CommandKind[rival.kind] is kind:
            older.setdefault(rival.command, []).append(rival.position)
            calls.add(rival.call)
    problem = Problem(ProblemCode.CONFLICT, f"superseded by {command_ref(number)}", Resolution.NONE)
    happenings: list[Happening] = []
    for command, positions in sorted(older.items()):
        moves = [Move(position=one, status=CommandStatus.CANCELLED, problem=problem) for one in positions]
        _, happened = await move(connection, clock, await lock(connection, command), moves, By.NEWER_COMMAND)
        happenings += happened
    for call in sorted(calls):
        await close(connection, call)
    return happenings


async def _made(connection: AsyncConnection, number: str) -> list[Happening]:
    """The first event of every target."""
    made = select(command_targets).where(command_targets.c.command == number).order_by(command_targets.c.position)
    return [
        happening(number, target, Move(position=target.position, status=CommandStatus.PENDING), By.CALLER, None)
        for target in await connection.execute(made)
    ]


def _request_hash(number: str, request: str) -> str:
    return sha256(f"{number}\n{request}".encode()).hexdigest()


def _command_row(number: str, order: Order, is_absolute: bool, now: datetime) -> dict[str, object]:
    return {
        "id": number,
        "caller": order.caller,
        "idempotency_key": order.idempotency_key,
        "request_hash": _request_hash(number, order.request),
        "kind": order.kind.value,
        "status": CommandStatus.PENDING.value,
        "instruction": written_instruction(order.instruction),
        "is_absolute": is_absolute,
        "created_at": now,
    }


def _call_row(number: str, index: int, call: PlannedCall, owner: Owner) -> dict[str, object]:
    return {
        "id": call_id_of(command_ref(number), index),
        "command": number,
        "account": call.account,
        "phase": Phase.WAITING.value,
        "token_hash": hashed(call.token),
        "before": b"{}",
        "answer": b"{}",
        "wants_look": False,
        "owner": owner.name,
        "owned_until": owner.until,
    }


def _target_row(number: str, index: int, position: int, aim: Aim, hold: str, now: datetime) -> dict[str, object]:
    return {
        "command": number,
        "position": position,
        "call": call_id_of(command_ref(number), index),
        "account": aim.device.account,
        "device": aim.device.id,
        "slot": written_ref(aim.slot),
        "battery": written_ref(aim.battery),
        "session": written_ref(aim.session),
        "hold": hold,
        "is_open": True,
        "status": CommandStatus.PENDING.value,
        "was_sent": False,
        "updated_at": now,
    }
