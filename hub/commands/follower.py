"""Follows calls until their outcome is known: looks when it is time or when there is word, and keeps the deadline."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.asking import asking
from hub.commands.calls import Call
from hub.commands.evidence import moves_of
from hub.commands.journal import NO_EVIDENCE_YET, Journal
from hub.commands.moves import By, Move, Moved
from hub.commands.schedule import HOPELESS_AFTER_S, LONGEST_GAP_S, next_look_s
from hub.commands.waiting import until
from hub.member import Member
from model.clock import Clock
from model.faults import Fault, NotFound, Rejected, Unsupported
from model.records import Problem
from model.states import CommandStatus, ProblemCode, Resolution
from vendors.acting import Procedure
from vendors.contract import DeviceReading
from vendors.kit.quota import Priority, Ticket
from vendors.manifest import CommandRule

RETRY_S = 5.0
"""After which a deadline that could not be written down is tried again."""

_ANSWERS = (NotFound, Rejected, Unsupported)
"""Faults that say that the vendor was asked, and has no more to say."""

log = structlog.get_logger(__name__)

Recipe = tuple[Procedure, CommandRule]
OnMoved = Callable[[Call, Sequence[Moved]], None]
OnSeen = Callable[[DeviceReading], Awaitable[None]]


class Follower:
    """One task for each open call of this process."""

    def __init__(
        self,
        journal: Journal,
        members: Mapping[str, Member],
        clock: Clock,
        recipe: Callable[[Call], Recipe | None],
        on_moved: OnMoved,
        on_seen: OnSeen,
    ) -> None:
        """`recipe`: how a call is done and by which rule; `on_moved` hears of moves, `on_seen` of devices read."""
        self._journal = journal
        self._members = members
        self._clock = clock
        self._recipe = recipe
        self._on_moved = on_moved
        self._on_seen = on_seen
        self._following: dict[str, asyncio.Task[None]] = {}
        self._word: dict[str, asyncio.Event] = {}

    @property
    def open_calls(self) -> int:
        """How many calls are followed."""
        return len(self._following)

    def follow(self, call_id: str, *, at_once: bool = False) -> None:
        """Begin to follow a call that was sent; `at_once`: look now and not when its rule says."""
        if call_id in self._following:
            return
        self._word[call_id] = asyncio.Event()
        if at_once:
            self._word[call_id].set()
        self._following[call_id] = asyncio.get_running_loop().create_task(self._follow_to_its_end(call_id))

    def wake(self, call_id: str) -> bool:
        """There is word of a call: look now. False when this process does not follow it."""
        word = self._word.get(call_id)
        if word is not None:
            word.set()
        return word is not None

    def follows(self, call_id: str) -> bool:
        """Whether this process follows a call."""
        return call_id in self._following

    async def look(self, call: Call) -> set[int] | None:
        """Read what became of a call now. Which targets the vendor spoke of; None when it could not be asked."""
        recipe = self._recipe(call)
        if recipe is None:
            return None
        spoken_of: set[int] = set()
        try:
            async with asking(self._members[call.account], Ticket(priority=Priority.EVIDENCE)):
                async for evidence in recipe[0].look(call.task):
                    if moves := moves_of(call.account, [evidence], self._clock.now()):
                        spoken_of.add(evidence.position)
                        self._on_moved(call, await self._journal.moved(call, moves, By.READ_BACK))
                    if evidence.seen is not None:
                        await self._on_seen(evidence.seen)
        except Fault as fault:
            log.debug("cannot look", command=call.command.id, code=fault.code.value)
            return spoken_of if isinstance(fault, _ANSWERS) else None
        except Exception:
            log.exception("looking for the outcome of a command failed", command=call.command.id, account=call.account)
            return None
        return spoken_of

    async def aclose(self) -> None:
        """Follow nothing any more; whoever opens the store next does."""
        tasks = list(self._following.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow_to_its_end(self, call_id: str) -> None:
        try:
            while not await self._followed(call_id):
                log.warning("following a command failed; going on", call=call_id)
                await self._clock.sleep(LONGEST_GAP_S)
        finally:
            self._following.pop(call_id, None)
            self._word.pop(call_id, None)

    async def _followed(self, call_id: str) -> bool:
        """True when the call is over, False when something broke on the way."""
        try:
            await self._follow(call_id)
        except Exception:
            log.exception("a command could not be followed", call=call_id)
            return False
        return True

    async def _follow(self, call_id: str) -> None:
        call = await self._journal.call(call_id)
        if call is None:
            return
        deadline = asyncio.get_running_loop().create_task(self._keep_deadline(call))
        try:
            while call is not None and call.task.targets and await self._looked_in_time(call):
                call = await self._journal.call(call_id)
        finally:
            deadline.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await deadline

    async def _looked_in_time(self, call: Call) -> bool:
        """Wait until it is time to look, and look. False when nobody shall look any more."""
        recipe = self._recipe(call)
        sent_at = call.task.sent_at or call.task.created_at
        elapsed_s = self._elapsed_s(sent_at)
        look_s = next_look_s(recipe[1], elapsed_s) if recipe else elapsed_s + LONGEST_GAP_S
        await self._until(call.id, sent_at + timedelta(seconds=look_s))
        is_last = recipe is not None and self._elapsed_s(sent_at) >= recipe[1].patience_s
        newest = await self._journal.call(call.id)
        if newest is None or not newest.task.targets:
            return False
        spoken_of = await self.look(newest)
        if is_last and spoken_of is not None:
            left = await self._journal.call(call.id) or newest
            self._on_moved(call, await self._journal.give_up(call, _nothing_found(left, spoken_of)))
            return False
        if self._elapsed_s(sent_at) >= HOPELESS_AFTER_S:
            self._on_moved(call, await self._journal.give_up(call, _never_asked(newest)))
            return False
        return True

    async def _keep_deadline(self, call: Call) -> None:
        if call.deadline is None:
            return
        await self._clock.sleep(max(0.0, (call.deadline - self._clock.now()).total_seconds()))
        while not await self._timed_out(call):
            await self._clock.sleep(RETRY_S)

    async def _timed_out(self, call: Call) -> bool:
        try:
            self._on_moved(call, await self._journal.time_out(call))
        except (SQLAlchemyError, OSError):
            log.warning("cannot write that a deadline passed; trying again", command=call.command.id)
            return False
        return True

    async def _until(self, call_id: str, moment: datetime) -> None:
        """Until then, or until there is word."""
        word = self._word[call_id]
        await until(self._clock, (moment - self._clock.now()).total_seconds(), word)
        word.clear()

    def _elapsed_s(self, sent_at: datetime) -> float:
        return (self._clock.now() - sent_at).total_seconds()


def _nothing_found(call: Call, spoken_of: set[int]) -> list[Move]:
    """Targets of which the vendor still shows no trace, or no more than that it took them, have timed out."""
    message = "no trace of it at the vendor when last looked at; late word may still correct this"
    problem = Problem(ProblemCode.VENDOR_TIMED_OUT, message, Resolution.USER_ACTION, call.account)
    return [
        Move(position=target.position, status=CommandStatus.TIMED_OUT, problem=problem)
        for target in call.task.targets
        if target.status in NO_EVIDENCE_YET
        or (target.status is CommandStatus.OUTCOME_UNKNOWN and target.position not in spoken_of)
    ]


def _never_asked(call: Call) -> list[Move]:
    message = "the vendor could not be asked what became of it"
    problem = Problem(ProblemCode.OUTCOME_UNKNOWN, message, Resolution.USER_ACTION, call.account)
    return [
        Move(position=target.position, status=CommandStatus.OUTCOME_UNKNOWN, problem=problem)
        for target in call.task.targets
    ]
