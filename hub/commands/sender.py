"""Takes a call from its claim to its answer: prepare, wait for quota, commit that it is being sent, send once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.asking import asking
from hub.commands.calls import Call
from hub.commands.evidence import all_moved, moves_of
from hub.commands.journal import Journal, NotSendable, TakenOver
from hub.commands.moves import Move, Moved
from hub.commands.waiting import until
from hub.member import Member
from model.clock import Clock
from model.faults import Fault, RateLimited, Uncertain, Unreachable
from model.states import CommandStatus
from vendors.acting import Accepted, Procedure, Task
from vendors.kit.quota import Priority, Ticket
from vendors.manifest import CommandRule

T = TypeVar("T")

SENT_WITHIN_S = 90.0
"""What could not be sent by then is not sent at all: nobody wants a battery ejected minutes after they gave up."""
TRIES_TO_WRITE_S = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Gaps between tries to write an answer down; after the last try the call is left as being sent."""

log = structlog.get_logger(__name__)


class Sender:
    """Sends calls of the accounts of this process."""

    def __init__(self, journal: Journal, members: Mapping[str, Member], clock: Clock) -> None:
        """Nothing is sent yet."""
        self._journal = journal
        self._members = members
        self._clock = clock
        self.begun: set[str] = set()
        """Calls that are being sent: bytes may have gone out, and the answer is not written down yet."""

    async def send(self, call: Call, how: Procedure, rule: CommandRule) -> list[Moved]:
        """Send it, at most once; what moved. Returns when its answer, or that there is none, is written down."""
        try:
            return await self._send(call, how, rule)
        finally:
            self.begun.discard(call.id)

    async def _send(self, call: Call, how: Procedure, rule: CommandRule) -> list[Moved]:
        answer: Accepted | None = None
        refused: list[Moved] = []
        try:
            call, refused = await self._prepared(call, how)
            while call.task.targets and answer is None:
                try:
                    answer = await self._sent(call, how, rule)
                except NotSendable:
                    self.begun.discard(call.id)
                    call = await self._as_it_is_now(call)
        except TakenOver:
            return refused
        except Fault as fault:
            status = CommandStatus.OUTCOME_UNKNOWN if isinstance(fault, Uncertain) else CommandStatus.REJECTED
            moves = all_moved(call.account, _positions(call), status, self._clock.now(), fault)
            return [*refused, *await self._written(call, None, moves)]
        if answer is None:
            return refused
        known = {one.position for one in answer.learnt}
        taken = [position for position in _positions(call) if position not in known]
        now = self._clock.now()
        moves = all_moved(call.account, taken, CommandStatus.SENT, now) + moves_of(call.account, answer.learnt, now)
        return [*refused, *await self._written(call, answer, moves)]

    async def _prepared(self, call: Call, how: Procedure) -> tuple[Call, list[Moved]]:
        found = await self._in_time(call, Ticket(priority=Priority.COMMAND), how.prepare)
        moves = moves_of(call.account, found.learnt, self._clock.now())
        moved = await self._journal.prepared(call, found, moves)
        return await self._as_it_is_now(call), moved

    async def _as_it_is_now(self, call: Call) -> Call:
        """The call with the targets that are still to be acted on; what is not stored is kept."""
        found = await self._journal.call(call.id)
        if found is None:
            return replace(call, task=replace(call.task, targets=()))
        pending = tuple(target for target in found.task.targets if target.status is CommandStatus.PENDING)
        task = replace(found.task, targets=pending, instruction=call.task.instruction)
        return replace(found, task=replace(task, callback_url=call.task.callback_url))

    async def _sent(self, call: Call, how: Procedure, rule: CommandRule) -> Accepted:
        async def about_to_send() -> None:
            if call.id not in self.begun:
                self.begun.add(call.id)
                await self._journal.sending(call, self._clock.now() + timedelta(seconds=rule.deadline_s))

        ticket = Ticket(priority=Priority.COMMAND, on_sending=about_to_send)
        return await self._in_time(call, ticket, how.send)

    async def _in_time(self, call: Call, ticket: Ticket, step: Callable[[Task], Awaitable[T]]) -> T:
        """What the step gives, unless its turn comes too late. Raises RateLimited or Unreachable then: nothing is sent.

        Once sending has begun it is waited for, however long it takes.
        """
        late_at = call.task.created_at + timedelta(seconds=SENT_WITHIN_S)
        is_hopeless = asyncio.Event()

        def held() -> None:
            if ticket.held_until is not None and ticket.held_until > late_at:
                is_hopeless.set()

        ticket.on_held = held
        doing = asyncio.ensure_future(self._asked(call, ticket, step))
        left_s = (late_at - self._clock.now()).total_seconds()
        patience = asyncio.ensure_future(until(self._clock, left_s, is_hopeless))
        try:
            await asyncio.wait({doing, patience}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done() and call.id not in self.begun:
                raise self._too_late(ticket)
            return await doing
        finally:
            for one in (doing, patience):
                one.cancel()
            await asyncio.gather(doing, patience, return_exceptions=True)

    async def _asked(self, call: Call, ticket: Ticket, step: Callable[[Task], Awaitable[T]]) -> T:
        async with asking(self._members[call.account], ticket):
            return await step(call.task)

    def _too_late(self, ticket: Ticket) -> Fault:
        if ticket.held_until is None:
            return Unreachable("the vendor did not answer in time to be told; nothing was sent")
        wait_s = max(0.0, (ticket.held_until - self._clock.now()).total_seconds())
        return RateLimited("the vendor's quota is used up; nothing was sent", retry_after_s=wait_s)

    async def _written(self, call: Call, answer: Accepted | None, moves: Sequence[Move]) -> list[Moved]:
        """The answer is written down, however often that must be tried: only this process knows it."""
        for wait_s in TRIES_TO_WRITE_S:
            try:
                return await self._journal.answered(call, answer, moves)
            except (SQLAlchemyError, OSError):
                log.warning("cannot write what a vendor answered; trying again", command=call.command.id)
                await self._clock.sleep(wait_s)
        return await self._journal.answered(call, answer, moves)


def _positions(call: Call) -> list[int]:
    return [target.position for target in call.task.targets]
