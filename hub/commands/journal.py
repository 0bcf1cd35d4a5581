"""Commands in the database: every step is committed before the next one is taken.

claim -> prepared -> sending -> answered -> evidence ... -> over. A process that dies leaves its calls where they are;
`recover` says what that means: a call that was waiting was never sent, one that was being sent may have acted.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.commands.calls import UNANSWERED, Call, HeldCallback, Phase
from hub.commands.catalogue import read_commands
from hub.commands.claiming import Owner, PlannedCall, hashed, lock_devices, with_key, write_down
from hub.commands.leases import LEASE_S
from hub.commands.moves import By, Move, Moved, close, lock, move
from hub.commands.orders import Order, UnknownCallback
from hub.commands.rows import call_of
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.tables import command_callbacks, command_calls, command_locks, command_targets, commands
from model.clock import Clock
from model.commands import Command
from model.records import Problem
from model.refs import Kind, Ref
from model.states import CommandStatus, ProblemCode, Resolution
from vendors.acting import Accepted, Heard, Prepared

NO_EVIDENCE_YET = (CommandStatus.SENT, CommandStatus.ACKNOWLEDGED)


class NotSendable(Exception):
    """The call is not to be sent as it was prepared: targets of it were withdrawn meanwhile."""


class TakenOver(Exception):
    """The call is not to be sent any more: another process has it, or it was seen through."""


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
            row = await with_key(connection, caller, key, request)
            return None if row is None else (await read_commands(connection, [row]))[0]

    async def claim(self, order: Order, calls: Sequence[PlannedCall], *, is_absolute: bool) -> tuple[Command, bool]:
        """Write a new command down, PENDING; or the caller's first one with this key. Whether it is new.

        An absolute command supersedes open ones of its kind on the same devices. Raises Conflict or KeyReused.
        """
        try:
            async with self._store.writing() as connection:
                return await self._claim(connection, order, calls, is_absolute=is_absolute)
        except IntegrityError:
            # The key came twice at once, for different devices.
            first = await self.given_before(order.caller, order.idempotency_key, order.request)
            if first is None:
                raise
            return first, False

    async def _claim(
        self, connection: AsyncConnection, order: Order, calls: Sequence[PlannedCall], *, is_absolute: bool
    ) -> tuple[Command, bool]:
        now = self._clock.now()
        await lock_devices(connection, {aim.device for aim in order.aims}, now)
        first = await with_key(connection, order.caller, order.idempotency_key, order.request)
        if first is not None:
            return (await read_commands(connection, [first]))[0], False
        owner = Owner(name=self._me, until=now + timedelta(seconds=LEASE_S))
        row, happenings = await write_down(connection, self._clock, order, calls, owner, absolute=is_absolute)
        (command,) = await read_commands(connection, [row])
        await self._events.append(connection, happenings)
        return command, True

    # Sending it.

    async def prepared(self, call: Call, found: Prepared, moves: Sequence[Move]) -> list[Moved]:
        """Keep what was read before the call, and leave out the targets that it refuses."""
        async with self._changing(call.command) as (connection, command):
            await _note(connection, call.id, before=orjson.dumps(found.before))
            return await self._moved(connection, command, call.id, moves, By.READ_BACK)

    async def sending(self, call: Call, deadline: datetime) -> None:
        """From now on it may have acted. Raises NotSendable or TakenOver when it must not be sent, or not like this."""
        async with self._changing(call.command) as (connection, _):
            ours = (
                command_calls.c.id == call.id,
                command_calls.c.phase == Phase.WAITING.value,
                command_calls.c.owner == self._me,
            )
            values = {"phase": Phase.SENDING.value, "sent_at": self._clock.now(), "deadline": deadline}
            if (await connection.execute(update(command_calls).where(*ours).values(**values))).rowcount != 1:
                raise TakenOver
            pending = (
                command_targets.c.call == call.id,
                command_targets.c.status == CommandStatus.PENDING.value,
            )
            rows = await connection.execute(select(command_targets.c.position).where(*pending))
            if {row.position for row in rows} != {target.position for target in call.task.targets}:
                raise NotSendable
            await connection.execute(update(command_targets).where(*pending).values(was_sent=True))

    async def answered(self, call: Call, answer: Accepted | None, moves: Sequence[Move]) -> list[Moved]:
        """The vendor answered, or its answer is lost (None)."""
        said: dict[str, object] = {}
        if answer is not None:
            said = {"answer": orjson.dumps(answer.answer), "vendor_task_id": answer.vendor_task_id}
        async with self._changing(call.command) as (connection, command):
            await _note(connection, call.id, phase=Phase.ANSWERED.value, **said)
            return await self._moved(connection, command, call.id, moves, By.ANSWER)

    async def recover(self, call: Call) -> list[Moved]:
        """Say what is known of a call whose sender is no more."""
        async with self._changing(call.command) as (connection, command):
            now = await _call(connection, command_calls.c.id == call.id, open_only=True)
            if now is None or now.phase not in UNANSWERED:
                return []
            await _note(connection, call.id, phase=Phase.ANSWERED.value)
            return await self._moved(connection, command, call.id, _left_behind(now), By.RESTART)

    # What became of it.

    async def moved(self, call: Call, moves: Sequence[Move], by: By) -> list[Moved]:
        """Make those moves that may be made."""
        async with self._changing(call.command) as (connection, command):
            return await self._moved(connection, command, call.id, moves, by)

    async def time_out(self, call: Call) -> list[Moved]:
        """The deadline is here: what is still open without a known outcome has timed out."""
        message = "no evidence came before the deadline; this gateway keeps looking, and never sends it again"
        problem = Problem(ProblemCode.VENDOR_TIMED_OUT, message, Resolution.USER_ACTION, call.account)
        async with self._changing(call.command) as (connection, command):
            late = (
                command_targets.c.call == call.id,
                command_targets.c.status.in_([status.value for status in NO_EVIDENCE_YET]),
            )
            rows = await connection.execute(select(command_targets.c.position).where(*late))
            moves = [Move(position=row.position, status=CommandStatus.TIMED_OUT, problem=problem) for row in rows]
            return await self._moved(connection, command, call.id, moves, By.DEADLINE)

    async def give_up(self, call: Call, moves: Sequence[Move]) -> list[Moved]:
        """Look after it no longer: others may act on the same things again. Late word may still correct it."""
        async with self._changing(call.command) as (connection, command):
            nothing_open = update(command_targets).where(command_targets.c.call == call.id).values(is_open=False)
            await connection.execute(nothing_open)
            return await self._moved(connection, command, call.id, moves, By.DEADLINE)

    # Callbacks.

    async def heard(
        self, call: Call, heard: Heard, moves: Sequence[Move], media_type: str, body: bytes
    ) -> list[Moved] | None:
        """Keep a callback and believe it, in one step; what comes before the answer to its call is only kept.

        None when there is nothing to act on now: the same came before, or it waits. Raises UnknownCallback when it
        speaks of another task.
        """
        async with self._changing(call.command) as (connection, command):
            phase = await _right_task(connection, call.id, heard)
            row = {
                "call": call.id,
                "key": heard.key,
                "received_at": self._clock.now(),
                "is_held": phase in UNANSWERED,
                "media_type": media_type,
                "body": body,
            }
            dialect = postgresql if self._store.dialect == "postgresql" else sqlite
            is_new = dialect.insert(command_callbacks).values(row).on_conflict_do_nothing()
            if (await connection.execute(is_new)).rowcount != 1 or phase in UNANSWERED:
                return None
            return await self._believed(connection, command, call, heard, moves)

    async def held(self, call_id: str) -> list[HeldCallback]:
        """The callbacks of a call that wait for its answer, in the order in which they came."""
        query = select(command_callbacks).where(command_callbacks.c.call == call_id, command_callbacks.c.is_held)
        async with self._store.reading() as connection:
            return [
                HeldCallback(key=row.key, media_type=row.media_type, body=row.body)
                for row in await connection.execute(query.order_by(command_callbacks.c.received_at))
            ]

    async def released(self, call: Call, heard: Heard, moves: Sequence[Move]) -> list[Moved]:
        """Believe a callback that waited. Raises UnknownCallback when it speaks of another task than the answer."""
        this = (command_callbacks.c.call == call.id, command_callbacks.c.key == heard.key)
        async with self._changing(call.command) as (connection, command):
            await _right_task(connection, call.id, heard)
            await connection.execute(update(command_callbacks).where(*this).values(is_held=False))
            return await self._believed(connection, command, call, heard, moves)

    async def _believed(
        self, connection: AsyncConnection, command: Row[Any], call: Call, heard: Heard, moves: Sequence[Move]
    ) -> list[Moved]:
        if heard.vendor_task_id is not None:
            # Where the answer was lost, callbacks are the first to name the task.
            await _note(connection, call.id, vendor_task_id=heard.vendor_task_id)
        return await self._moved(connection, command, call.id, moves, By.CALLBACK)

    async def want_look(self, call: Call) -> None:
        """Ask whoever follows the call to look at once."""
        async with self._store.writing() as connection:
            await _note(connection, call.id, wants_look=True)

    # Finding it again.

    async def call(self, call_id: str, *, open_only: bool = True) -> Call | None:
        """A call with its open targets, or with all."""
        async with self._store.reading() as connection:
            return await _call(connection, command_calls.c.id == call_id, open_only=open_only)

    async def calls_about(self, refs: Collection[Ref]) -> list[str]:
        """The calls whose outcome is looked after and whose open targets these devices, slots or sessions are."""
        devices = {(ref.device if ref.kind is Kind.SLOT else ref).id for ref in refs}
        about = command_targets.c.device.in_(devices) | command_targets.c.session.in_(devices)
        query = (
            select(command_targets.c.call)
            .distinct()
            .join(command_calls, command_calls.c.id == command_targets.c.call)
            .where(command_targets.c.is_open, about, command_calls.c.phase == Phase.ANSWERED.value)
        )
        async with self._store.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def call_of_token(self, account: str, token: str) -> Call | None:
        """The call that this callback path was made for, with all its targets."""
        mine = (command_calls.c.token_hash == hashed(token)) & (command_calls.c.account == account)
        async with self._store.reading() as connection:
            return await _call(connection, mine, open_only=False)

    async def calls_of(self, command: Ref) -> list[str]:
        """Every call of a command."""
        query = select(command_calls.c.id).where(command_calls.c.command == command.account)
        async with self._store.reading() as connection:
            return [row.id for row in await connection.execute(query.order_by(command_calls.c.id))]

    # Forgetting it.

    async def forget(self, before: datetime) -> int:
        """Drop commands given before then, with their keys, unless they are open. How many."""
        open_ones = select(command_targets.c.command).where(command_targets.c.is_open)
        old = (commands.c.created_at < before, commands.c.id.not_in(open_ones))
        async with self._store.writing() as connection:
            forgotten = (await connection.execute(delete(commands).where(*old))).rowcount
            await connection.execute(delete(command_locks).where(command_locks.c.taken_at < before))
        return forgotten

    @asynccontextmanager
    async def _changing(self, command: Ref) -> AsyncIterator[tuple[AsyncConnection, Row[Any]]]:
        """A transaction in which nobody else changes this command."""
        async with self._store.writing() as connection:
            yield connection, await lock(connection, command.account)

    async def _moved(
        self, connection: AsyncConnection, command: Row[Any], call_id: str, moves: Sequence[Move], by: By
    ) -> list[Moved]:
        """Move targets, close the call when none is open, and record the events: the last thing in a transaction."""
        moved, happenings = await move(connection, self._clock, command, moves, by)
        await close(connection, call_id)
        await self._events.append(connection, happenings)
        return moved


async def _note(connection: AsyncConnection, call_id: str, **values: object) -> None:
    await connection.execute(update(command_calls).where(command_calls.c.id == call_id).values(**values))


async def _call(connection: AsyncConnection, which: ColumnElement[bool], *, open_only: bool) -> Call | None:
    row = (await connection.execute(select(command_calls).where(which))).one_or_none()
    if row is None:
        return None
    command = (await connection.execute(select(commands).where(commands.c.id == row.command))).one()
    wanted = select(command_targets).where(command_targets.c.call == row.id)
    if open_only:
        wanted = wanted.where(command_targets.c.is_open)
    targets = (await connection.execute(wanted.order_by(command_targets.c.position))).all()
    return call_of(row, command, targets)


async def _right_task(connection: AsyncConnection, call_id: str, heard: Heard) -> Phase:
    """How far the call is that a callback is about. Raises UnknownCallback when it speaks of another task."""
    query = select(command_calls.c.phase, command_calls.c.vendor_task_id).where(command_calls.c.id == call_id)
    phase, known = (await connection.execute(query)).one()
    if None not in (known, heard.vendor_task_id) and known != heard.vendor_task_id:
        raise UnknownCallback
    return Phase(phase)


def _left_behind(call: Call) -> list[Move]:
    """What is to be said of the targets of a call that was waiting, or being sent, when its sender ended."""
    if call.phase is Phase.WAITING:
        status, code, resolution = CommandStatus.CANCELLED, ProblemCode.INTERNAL, Resolution.RETRY_LATER
        message = "the gateway stopped before anything was sent; give the command again, with a new key"
    else:
        status, code, resolution = CommandStatus.OUTCOME_UNKNOWN, ProblemCode.OUTCOME_UNKNOWN, Resolution.NONE
        message = (
            "the gateway stopped while it was being sent; what became of it is read where the vendor can tell, "
            "and it is never sent again"
        )
    problem = Problem(code, message, resolution, call.account)
    pending = [one.position for one in call.task.targets if one.status is CommandStatus.PENDING]
    return [Move(position=position, status=status, problem=problem) for position in pending]
