"""Commands in the database: every step is committed before the next one is taken.

claim -> prepared -> sending -> answered -> evidence ... -> over. A process that dies leaves its calls where they are;
`take_over` says what that means: a call that was waiting was never sent, one that was being sent may have acted.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_hex
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.calls import Call, HeldCallback, Phase
from hub.commands.holds import NOTHING, collide, hold_of
from hub.commands.moves import By, Move, Moved, happening, move
from hub.commands.orders import Conflict, KeyReused, Order
from hub.commands.rows import call_of, command_of, written_instruction, written_ref
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.tables import command_callbacks, command_calls, command_locks, command_targets, commands
from model.clock import Clock
from model.commands import Aim, Command
from model.events import Happening
from model.records import Problem
from model.refs import Ref, command_ref
from model.states import CommandKind, CommandStatus, ProblemCode, Resolution
from vendors.acting import Accepted, Prepared

NO_EVIDENCE_YET = (CommandStatus.SENT, CommandStatus.ACKNOWLEDGED)


_LIVE = command_calls.c.phase.in_([phase.value for phase in Phase if phase is not Phase.OVER])
"""Calls that somebody has to see to: asked for by name, so that an index finds them among all that are over."""


class NotSendable(Exception):
    """The call is not to be sent any more, or not like this: its targets changed since it was prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call that a new command needs. `positions`: which of the order's aims it is for."""

    account: str
    positions: Sequence[int]
    token: str


class Journal:
    """The tables of commands, as one process `me` writes them."""

    def __init__(self, store: Store, clock: Clock, events: EventLog, me: str) -> None:
        """Over a store that is open."""
        self._store = store
        self._clock = clock
        self._events = events
        self._me = me

    # Giving a command.

    async def given_before(self, caller: str, key: str, request: str) -> Command | None:
        """The command that this caller gave with this key. Raises KeyReused when it was another request."""
        async with self._store.reading() as connection:
            row = await _by_key(connection, caller, key)
            if row is None:
                return None
            _check_same(row, request)
            (command,) = await read_commands(connection, [row])
            return command

    async def claim(
        self, order: Order, calls: Sequence[PlannedCall], *, is_absolute: bool, lease_s: float
    ) -> tuple[Command, bool]:
        """Write a new command down, PENDING; or the caller's first one with this key. Whether it is new.

        An absolute command supersedes open ones of its kind on the same devices. Raises Conflict or KeyReused.
        """
        try:
            async with self._store.writing() as connection:
                return await self._claim(connection, order, calls, is_absolute=is_absolute, lease_s=lease_s)
        except IntegrityError:
            first = await self.given_before(order.caller, order.idempotency_key, order.request)
            if first is None:
                raise
            return first, False

    async def _claim(
        self,
        connection: AsyncConnection,
        order: Order,
        calls: Sequence[PlannedCall],
        *,
        is_absolute: bool,
        lease_s: float,
    ) -> tuple[Command, bool]:
        now = self._clock.now()
        await self._lock_devices(connection, {aim.device.id for aim in order.aims}, now)
        row = await _by_key(connection, order.caller, order.idempotency_key)
        if row is not None:
            _check_same(row, order.request)
            (first,) = await read_commands(connection, [row])
            return first, False
        holds = [hold_of(order.kind, aim, order.instruction) for aim in order.aims]
        rivals = await _open_targets(connection, {aim.device.id for aim in order.aims})
        _check_holds(order.aims, holds, rivals)
        number = f"{int(now.timestamp() * 1000):012x}{token_hex(10)}"
        happenings: list[Happening] = []
        if is_absolute:
            happenings = await self._supersede(connection, order.kind, number, rivals)
        await connection.execute(insert(commands), [_command_row(number, order, is_absolute, now)])
        targets: list[dict[str, object]] = []
        for index, call in enumerate(calls):
            owned_until = now + timedelta(seconds=lease_s)
            await connection.execute(insert(command_calls), [_call_row(number, index, call, self._me, owned_until)])
            targets += [
                _target_row(number, index, position, order.aims[position], holds[position], now)
                for position in call.positions
            ]
        await connection.execute(insert(command_targets), targets)
        (row,) = (await connection.execute(select(commands).where(commands.c.id == number))).all()
        made = await connection.execute(select(command_targets).where(command_targets.c.command == number))
        for target in made:
            first_move = Move(position=target.position, status=CommandStatus.PENDING)
            happenings.append(happening(number, target, first_move, By.CALLER, None))
        (command,) = await read_commands(connection, [row])
        await self._events.append(connection, happenings)
        return command, True

    async def _lock_devices(self, connection: AsyncConnection, devices: Collection[str], now: datetime) -> None:
        """Let nobody else write down a command on these devices until the transaction ends."""
        dialect = postgresql if self._store.dialect == "postgresql" else sqlite
        rows = [{"device": device, "taken_at": now} for device in sorted(devices)]
        statement = dialect.insert(command_locks).values(rows)
        renewed = {"taken_at": statement.excluded.taken_at}
        await connection.execute(statement.on_conflict_do_update(index_elements=["device"], set_=renewed))

    async def _supersede(
        self, connection: AsyncConnection, kind: CommandKind, number: str, rivals: Iterable[Row[Any]]
    ) -> list[Happening]:
        """Withdraw what older commands of the same kind still wait for on the same devices."""
        older: dict[str, list[int]] = {}
        calls: set[str] = set()
        for rival in rivals:
            if CommandKind[rival.kind] is kind:
                older.setdefault(rival.command, []).append(rival.position)
                calls.add(rival.call)
        message = f"superseded by {command_ref(number)}"
        problem = Problem(ProblemCode.CONFLICT, message, Resolution.NONE)
        happenings: list[Happening] = []
        for command, positions in sorted(older.items()):
            row = await _command_row_of(connection, command)
            moves = [Move(position=one, status=CommandStatus.CANCELLED, problem=problem) for one in positions]
            _, moved = await move(connection, self._clock, row, moves, By.NEWER_COMMAND)
            happenings += moved
        for call in sorted(calls):
            await _close(connection, call)
        return happenings

    # Sending it.

    async def prepared(self, call: Call, found: Prepared, moves: Sequence[Move]) -> list[Moved]:
        """Keep what was read before the call, and leave out the targets that it refuses."""
        async with self._store.writing() as connection:
            before = orjson.dumps(found.before)
            await connection.execute(update(command_calls).where(command_calls.c.id == call.id).values(before=before))
            return await self._moved(connection, call, moves, By.READ_BACK)

    async def sending(self, call: Call, deadline: datetime) -> None:
        """From now on it may have acted. Raises NotSendable when it must not be sent as it was prepared."""
        async with self._store.writing() as connection:
            now = self._clock.now()
            ours = (
                command_calls.c.id == call.id,
                command_calls.c.phase == Phase.WAITING.value,
                command_calls.c.owner == self._me,
            )
            values = {"phase": Phase.SENDING.value, "sent_at": now, "deadline": deadline}
            if (await connection.execute(update(command_calls).where(*ours).values(**values))).rowcount != 1:
                raise NotSendable
            pending = (
                command_targets.c.call == call.id,
                command_targets.c.status == CommandStatus.PENDING.value,
            )
            rows = await connection.execute(select(command_targets.c.position).where(*pending))
            if {row.position for row in rows} != {target.position for target in call.task.targets}:
                raise NotSendable
            await connection.execute(update(command_targets).where(*pending).values(was_sent=True))

    async def answered(
        self, call: Call, answer: Accepted | None, moves: Sequence[Move]
    ) -> tuple[list[Moved], list[HeldCallback]]:
        """The vendor answered, or its answer is lost (None). What moved, and the callbacks that came before."""
        values: dict[str, object] = {"phase": Phase.ANSWERED.value}
        if answer is not None:
            values |= {"answer": orjson.dumps(answer.answer), "vendor_task_id": answer.vendor_task_id}
        async with self._store.writing() as connection:
            await connection.execute(update(command_calls).where(command_calls.c.id == call.id).values(**values))
            held = (command_callbacks.c.call == call.id, command_callbacks.c.is_held)
            early = [
                HeldCallback(media_type=row.media_type, body=row.body)
                for row in await connection.execute(
                    select(command_callbacks).where(*held).order_by(command_callbacks.c.received_at)
                )
            ]
            await connection.execute(update(command_callbacks).where(*held).values(is_held=False))
            return await self._moved(connection, call, moves, By.ANSWER), early

    # What became of it.

    async def moved(self, call: Call, moves: Sequence[Move], by: By) -> list[Moved]:
        """Make those moves that may be made."""
        async with self._store.writing() as connection:
            return await self._moved(connection, call, moves, by)

    async def adopt(self, call: Call, vendor_task_id: str) -> None:
        """A callback named the task of a call whose answer was lost."""
        unnamed = (command_calls.c.id == call.id, command_calls.c.vendor_task_id.is_(None))
        async with self._store.writing() as connection:
            values = {"vendor_task_id": vendor_task_id}
            await connection.execute(update(command_calls).where(*unnamed).values(**values))

    async def time_out(self, call: Call) -> list[Moved]:
        """The deadline is here: what is still open without a known outcome has timed out."""
        message = "no evidence came before the deadline; this gateway keeps looking, and never sends it again"
        problem = Problem(ProblemCode.VENDOR_TIMED_OUT, message, Resolution.USER_ACTION, call.account)
        async with self._store.writing() as connection:
            late = (
                command_targets.c.call == call.id,
                command_targets.c.status.in_([status.value for status in NO_EVIDENCE_YET]),
            )
            rows = await connection.execute(select(command_targets.c.position).where(*late))
            moves = [Move(position=row.position, status=CommandStatus.TIMED_OUT, problem=problem) for row in rows]
            return await self._moved(connection, call, moves, By.DEADLINE)

    async def give_up(self, call: Call, moves: Sequence[Move]) -> list[Moved]:
        """Look after it no longer: others may act on the same things again. Late word may still correct it."""
        async with self._store.writing() as connection:
            moved = await self._moved(connection, call, moves, By.DEADLINE)
            await connection.execute(
                update(command_targets).where(command_targets.c.call == call.id).values(is_open=False)
            )
            await _close(connection, call.id)
            return moved

    async def heard(self, call: Call, key: str, media_type: str, body: bytes) -> bool:
        """Keep a callback. False when the same came before."""
        dialect = postgresql if self._store.dialect == "postgresql" else sqlite
        row = {
            "call": call.id,
            "key": key,
            "received_at": self._clock.now(),
            "is_held": call.phase in (Phase.WAITING, Phase.SENDING),
            "media_type": media_type,
            "body": body,
        }
        async with self._store.writing() as connection:
            statement = dialect.insert(command_callbacks).values(row).on_conflict_do_nothing()
            return (await connection.execute(statement)).rowcount == 1

    async def want_look(self, call: Call) -> None:
        """Ask whoever follows the call to look at once."""
        async with self._store.writing() as connection:
            await connection.execute(update(command_calls).where(command_calls.c.id == call.id).values(wants_look=True))

    # Finding it again.

    async def call(self, call_id: str, *, open_only: bool = True) -> Call | None:
        """A call with its open targets, or with all."""
        return await self._call(command_calls.c.id == call_id, open_only=open_only)

    async def call_of_token(self, account: str, token: str) -> Call | None:
        """The call that this callback path was made for, with all its targets."""
        mine = (command_calls.c.token_hash == hashed(token)) & (command_calls.c.account == account)
        return await self._call(mine, open_only=False)

    async def open_calls(self, command: Ref | None = None) -> list[str]:
        """Calls with open targets, of one command or of all."""
        query = select(command_targets.c.call).where(command_targets.c.is_open).distinct()
        if command is not None:
            query = query.where(command_targets.c.command == command.account)
        async with self._store.reading() as connection:
            return [row.call for row in await connection.execute(query)]

    async def calls_of(self, command: Ref) -> list[str]:
        """Every call of a command."""
        query = select(command_calls.c.id).where(command_calls.c.command == command.account)
        async with self._store.reading() as connection:
            return [row.id for row in await connection.execute(query)]

    # Owning it.

    async def renew(self, lease_s: float) -> list[str]:
        """Say that this process still lives; the calls that somebody wants looked at now."""
        now = self._clock.now()
        mine = (command_calls.c.owner == self._me, _LIVE)
        async with self._store.writing() as connection:
            wanted = await connection.execute(select(command_calls.c.id).where(*mine, command_calls.c.wants_look))
            found = [row.id for row in wanted]
            values = {"owned_until": now + timedelta(seconds=lease_s), "wants_look": False}
            await connection.execute(update(command_calls).where(*mine).values(**values))
        return found

    async def take_over(self, lease_s: float, *, everything: bool) -> list[str]:
        """Take the calls of processes that died; with `everything` those of all others. The ids to be followed.

        What was waiting was never sent and is cancelled; what was being sent has an unknown outcome.
        """
        now = self._clock.now()
        orphaned = [command_calls.c.owner != self._me, _LIVE]
        if not everything:
            orphaned.append(command_calls.c.owned_until < now)
        async with self._store.reading() as connection:
            orphans = (await connection.execute(select(command_calls).where(*orphaned))).all()
        taken: list[str] = []
        for orphan in orphans:
            until = now + timedelta(seconds=lease_s)
            as_found = (
                command_calls.c.id == orphan.id,
                command_calls.c.owner == orphan.owner,
                command_calls.c.owned_until == orphan.owned_until,
            )
            async with self._store.writing() as connection:
                values = {"owner": self._me, "owned_until": until}
                result = await connection.execute(update(command_calls).where(*as_found).values(**values))
            if result.rowcount == 1:
                await self.recover(orphan.id)
                taken.append(orphan.id)
        return taken

    async def release(self) -> None:
        """Let whoever lives take the calls of this process at once: it ends."""
        mine = (command_calls.c.owner == self._me, _LIVE)
        async with self._store.writing() as connection:
            values = {"owned_until": self._clock.now()}
            await connection.execute(update(command_calls).where(*mine).values(**values))

    async def recover(self, call_id: str) -> None:
        """Say what is known of a call whose sender is no more."""
        call = await self.call(call_id, open_only=False)
        if call is None or call.phase not in (Phase.WAITING, Phase.SENDING):
            return
        if call.phase is Phase.WAITING:
            status, code, resolution = CommandStatus.CANCELLED, ProblemCode.INTERNAL, Resolution.RETRY_LATER
            message = "the gateway stopped before anything was sent; give the command again, with a new key"
        else:
            status, code, resolution = CommandStatus.OUTCOME_UNKNOWN, ProblemCode.OUTCOME_UNKNOWN, Resolution.NONE
            message = "the gateway stopped while it was being sent; what became of it is being read, never sent again"
        problem = Problem(code, message, resolution, call.account)
        pending = [one.position for one in call.task.targets if one.status is CommandStatus.PENDING]
        moves = [Move(position=position, status=status, problem=problem) for position in pending]
        async with self._store.writing() as connection:
            await connection.execute(
                update(command_calls).where(command_calls.c.id == call_id).values(phase=Phase.ANSWERED.value)
            )
            await self._moved(connection, call, moves, By.RESTART)

    async def forget(self, before: datetime) -> int:
        """Drop commands given before then, with their keys, unless they are open. How many."""
        open_ones = select(command_targets.c.command).where(command_targets.c.is_open)
        old = (commands.c.created_at < before, commands.c.id.not_in(open_ones))
        async with self._store.writing() as connection:
            forgotten = (await connection.execute(delete(commands).where(*old))).rowcount
            await connection.execute(delete(command_locks).where(command_locks.c.taken_at < before))
        return forgotten

    async def _call(self, which: ColumnElement[bool], *, open_only: bool) -> Call | None:
        async with self._store.reading() as connection:
            row = (await connection.execute(select(command_calls).where(which))).one_or_none()
            if row is None:
                return None
            command = await _command_row_of(connection, row.command)
            wanted = select(command_targets).where(command_targets.c.call == row.id)
            if open_only:
                wanted = wanted.where(command_targets.c.is_open)
            targets = (await connection.execute(wanted.order_by(command_targets.c.position))).all()
            return call_of(row, command, targets)

    async def _moved(self, connection: AsyncConnection, call: Call, moves: Sequence[Move], by: By) -> list[Moved]:
        """Move targets in a transaction that is open, close the call when none is open, and record the events."""
        command = await _command_row_of(connection, call.command.account)
        moved, happenings = await move(connection, self._clock, command, moves, by)
        await _close(connection, call.id)
        await self._events.append(connection, happenings)
        return moved


def call_id_of(command: Ref, index: int) -> str:
    """The id of a command's call, which are counted from 0."""
    return f"{command.account}-{index}"


def hashed(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode()).hexdigest()


async def _close(connection: AsyncConnection, call_id: str) -> None:
    """The call is over once none of its targets is open."""
    open_ones = select(command_targets.c.position).where(command_targets.c.call == call_id, command_targets.c.is_open)
    closed = update(command_calls).where(command_calls.c.id == call_id, ~open_ones.exists())
    await connection.execute(closed.values(phase=Phase.OVER.value))


async def _by_key(connection: AsyncConnection, caller: str, key: str) -> Row[Any] | None:
    mine = (commands.c.caller == caller, commands.c.idempotency_key == key)
    return (await connection.execute(select(commands).where(*mine))).one_or_none()


async def _command_row_of(connection: AsyncConnection, number: str) -> Row[Any]:
    return (await connection.execute(select(commands).where(commands.c.id == number))).one()


async def _open_targets(connection: AsyncConnection, devices: Collection[str]) -> list[Row[Any]]:
    query = (
        select(command_targets, commands.c.kind)
        .join(commands, commands.c.id == command_targets.c.command)
        .where(command_targets.c.device.in_(devices), command_targets.c.is_open)
    )
    return list((await connection.execute(query)).all())


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


def _check_same(first: Row[Any], request: str) -> None:
    if first.request_hash != _request_hash(first.id, request):
        raise KeyReused(command_ref(first.id))


def _check_holds(aims: Sequence[Aim], holds: Sequence[str], rivals: Iterable[Row[Any]]) -> None:
    by_device: dict[str, list[Row[Any]]] = {}
    for rival in rivals:
        by_device.setdefault(rival.device, []).append(rival)
    for aim, hold in zip(aims, holds, strict=True):
        for rival in by_device.get(aim.device.id, ()):
            if hold != NOTHING and collide(rival.hold, hold):
                raise Conflict(command_ref(rival.command), aim.slot or aim.device)


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


def _call_row(number: str, index: int, call: PlannedCall, owner: str, owned_until: datetime) -> dict[str, object]:
    return {
        "id": call_id_of(command_ref(number), index),
        "command": number,
        "account": call.account,
        "phase": Phase.WAITING.value,
        "token_hash": hashed(call.token),
        "before": b"{}",
        "answer": b"{}",
        "wants_look": False,
        "owner": owner,
        "owned_until": owned_until,
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
