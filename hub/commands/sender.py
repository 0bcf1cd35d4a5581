"""Takes a call from its claim to its answer: prepare, wait for quota, commit that it is being sent, send once."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from hub.asking import asking
from hub.commands.calls import Call, HeldCallback
from hub.commands.evidence import all_moved, moves_of
from hub.commands.journal import Journal, NotSendable
from hub.commands.moves import Move, Moved
from hub.member import Member
from model.clock import Clock
from model.faults import Fault, RateLimited, Uncertain, Unreachable
from model.states import CommandStatus
from vendors.acting import Accepted, Procedure
from vendors.kit.quota import Priority, Ticket
from vendors.manifest import CommandRule

T = TypeVar("T")

SENT_WITHIN_S = 90.0
"""What could not be sent by then is not sent at all: nobody wants a battery ejected minutes after they gave up."""
TRIES_TO_WRITE_S = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Gaps between tries to write an answer down; after the last, the call is left as being sent."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A call has its answer, or will have none. `early`: callbacks that came before it."""

    moved: Sequence[Moved]
    early: Sequence[HeldCallback]


class Sender:
    """Sends calls of the accounts of this process."""

    def __init__(self, journal: Journal, members: Mapping[str, Member], clock: Clock) -> None:
        """Nothing is sent yet."""
        self._journal = journal
        self._members = members
        self._clock = clock
        self.begun: set[str] = set()
        """Calls that are being sent: bytes may have gone out."""

    async def send(self, call: Call, how: Procedure, rule: CommandRule) -> Sent:
        """Send it, at most once. Returns when its answer, or that there is none, is written down."""
        member = self._members[call.account]
        moved: list[Moved] = []
        try:
            call, refused = await self._prepared(member, call, how)
            moved += refused
            while call.task.targets:
                try:
                    answer = await self._sent(member, call, how, rule)
                    break
                except NotSendable:
                    call = await self._as_it_is_now(call)
            else:
                return Sent(moved=moved, early=())
        except Uncertain as fault:
            outcome = all_moved(call.account, _positions(call), CommandStatus.OUTCOME_UNKNOWN, fault)
            return await self._written(call, None, outcome, moved)
        except Fault as fault:
            outcome = all_moved(call.account, _positions(call), CommandStatus.REJECTED, fault)
            return await self._written(call, None, outcome, moved)
        known = {one.position for one in answer.learnt}
        taken = [position for position in _positions(call) if position not in known]
        outcome = all_moved(call.account, taken, CommandStatus.SENT) + moves_of(call.account, answer.learnt)
        return await self._written(call, answer, outcome, moved)

    async def _prepared(self, member: Member, call: Call, how: Procedure) -> tuple[Call, list[Moved]]:
        ticket = Ticket(priority=Priority.COMMAND)
        async with asking(member, ticket):
            found = await self._in_time(call, ticket, how.prepare(call.task))
        moves = moves_of(call.account, found.learnt)
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

    async def _sent(self, member: Member, call: Call, how: Procedure, rule: CommandRule) -> Accepted:
        async def about_to_send() -> None:
            if call.id not in self.begun:
                self.begun.add(call.id)
                await self._journal.sending(call, self._clock.now() + timedelta(seconds=rule.deadline_s))

        ticket = Ticket(priority=Priority.COMMAND, on_sending=about_to_send)
        try:
            async with asking(member, ticket):
                return await self._in_time(call, ticket, how.send(call.task))
        finally:
            self.begun.discard(call.id)

    async def _in_time(self, call: Call, ticket: Ticket, work: Coroutine[Any, Any, T]) -> T:
        """What the work gives, unless its turn comes too late. Raises RateLimited or Unreachable then: nothing is sent.

        Once sending has begun it is waited for, however long it takes.
        """
        late_at = call.task.created_at + timedelta(seconds=SENT_WITHIN_S)
        hopeless = asyncio.Event()

        def held() -> None:
            if ticket.held_until is not None and ticket.held_until > late_at:
                hopeless.set()

        ticket.on_held = held
        doing = asyncio.ensure_future(work)
        left_s = (late_at - self._clock.now()).total_seconds()
        signs = [asyncio.ensure_future(self._clock.sleep(max(0.0, left_s))), asyncio.ensure_future(hopeless.wait())]
        try:
            await asyncio.wait({doing, *signs}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done() and call.id not in self.begun:
                raise self._too_late(ticket)
            return await doing
        finally:
            for one in (doing, *signs):
                one.cancel()
            await asyncio.gather(doing, *signs, return_exceptions=True)

    def _too_late(self, ticket: Ticket) -> Fault:
        if ticket.held_until is None:
            return Unreachable("the vendor did not answer in time to be told; nothing was sent")
        wait_s = max(0.0, (ticket.held_until - self._clock.now()).total_seconds())
        message = "the vendor's quota is used up; nothing was sent"
        return RateLimited(message, retry_after_s=wait_s)

    async def _written(
        self, call: Call, answer: Accepted | None, moves: Sequence[Move], moved: Sequence[Moved]
    ) -> Sent:
        """The answer is written down, however often that must be tried: only this process knows it."""
        for wait_s in (*TRIES_TO_WRITE_S, None):
            try:
                more, early = await self._journal.answered(call, answer, moves)
                return Sent(moved=[*moved, *more], early=early)
            except (DBAPIError, OSError):
                if wait_s is None:
                    raise
                log.warning("cannot write what a vendor answered; trying again", command=call.command.id)
                await self._clock.sleep(wait_s)
        raise AssertionError("unreachable")


def _positions(call: Call) -> list[int]:
    return [target.position for target in call.task.targets]
