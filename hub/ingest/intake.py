"""Takes in what one account's vendor pushed, in the order of its arrival.

What needs no proof goes through at once, many letters in a transaction. What must be read back first is looked at
beside that, so that nothing else waits for the vendor but what is said of the same things.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy.exc import DataError, SQLAlchemyError

from hub.inbox.ledger import Claims, Entry, Ledger
from hub.inbox.letters import Content, Letter, State
from hub.inbox.turns import TurnLost
from hub.ingest.knowledge import Knowledge
from hub.ingest.proofs import Proofs, Shown, Verdict
from hub.ingest.queueing import Queueing, subjects_of
from hub.member import Member
from model.clock import Clock
from model.faults import Malformed
from model.refs import Ref
from vendors.receiving import Pushed, Receiver, Unreadable

MOST_LETTERS = 100
MOST_BYTES = 16 * 1024 * 1024
"""At a time."""
MOST_LOOKS = 5
"""After so many the vendor's records are taken at their word: it did not happen."""
FIRST_WAIT_S = 2.0
LONGEST_WAIT_S = 300.0
MOST_REASONS = 5

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Opened:
    """A letter that was read, and what becomes of it."""

    letter: Letter
    items: Sequence[Pushed]
    complaints: list[str]
    taken_in: list[Pushed] = field(default_factory=list)
    waiting: list[Pushed] = field(default_factory=list)
    moments: list[datetime | None] = field(default_factory=list)
    """When each of those that wait is tried again; None: at once."""
    unconfirmed: int = 0
    has_failed: bool = False

    def wait(self, pushed: Pushed, until: datetime | None = None) -> None:
        """It is not taken in now."""
        self.waiting.append(pushed)
        self.moments.append(until)

    def entry(self) -> Entry:
        """What is written down of it now."""
        state, reason, try_at = State.DONE, None, None
        if self.waiting:
            moments = [moment for moment in self.moments if moment is not None]
            state, try_at = State.WAITING, min(moments) if len(moments) == len(self.moments) else None
        elif self.complaints or self.unconfirmed:
            state, reason = State.DEAD, self._reason()
        return Entry(
            letter=self.letter,
            keys=tuple(pushed.key for pushed in self.taken_in),
            happenings=tuple(pushed.happening for pushed in self.taken_in),
            state=state,
            reason=reason,
            attempts=self.letter.attempts + self.has_failed,
            try_at=try_at,
        )

    def _reason(self) -> str:
        reasons = [f"{self.unconfirmed} not borne out by the vendor's own records"] if self.unconfirmed else []
        reasons += self.complaints[:MOST_REASONS]
        if len(self.complaints) > MOST_REASONS:
            reasons.append(f"and {len(self.complaints) - MOST_REASONS} more")
        return "; ".join(reasons)


class Heard(Protocol):
    """Who acts on what was taken in."""

    async def taken_in(self, refs: Collection[Ref]) -> None:
        """Something was heard of these devices, slots, batteries and sessions."""
        ...

    def more_to_do(self) -> None:
        """It is worth working again at once."""
        ...


class Intake:
    """One account's. `begin`, then `work` it again and again; it is at work on nothing once `aclose` has returned."""

    def __init__(
        self, member: Member, receiver: Receiver, ledger: Ledger, knowledge: Knowledge, clock: Clock, heard: Heard
    ) -> None:
        """`heard` is told what was taken in, and when there may be more to do."""
        self._member = member
        self._receiver = receiver
        self._ledger = ledger
        self._knowledge = knowledge
        self._proofs = Proofs(member, knowledge)
        self._clock = clock
        self._heard = heard
        self._queueing = Queueing()
        self._turn = asyncio.Lock()
        self._to_prove: list[_Opened] = []
        self._proving: asyncio.Task[None] | None = None
        self._under_way: set[int] = set()

    async def begin(self) -> None:
        """The turn has come to this process: whatever waits is tried now."""
        await self._ledger.start_anew(self._member.key)

    async def aclose(self) -> None:
        """Stop looking for proof; what was not written down is taken in anew by whoever has the turn next."""
        if self._proving is not None:
            self._proving.cancel()
            await asyncio.gather(self._proving, return_exceptions=True)

    async def work(self) -> bool:
        """Take in the oldest letters that are due; whether there may be more. Raises TurnLost, and the database's."""
        async with self._turn:
            due = await self._ledger.due(self._member.key, self._under_way, MOST_LETTERS, MOST_BYTES)
            opened = [self._opened(letter, content) for letter, content in due]
            claims = await self._claims(opened)
            for one in opened:
                self._queueing.release(one.letter.number)
                await self._sort(one, claims)
            await self._settle([one for one in opened if one.taken_in or not one.waiting])
            self._prove([one for one in opened if one.waiting])
        return bool(due)

    async def _sort(self, one: _Opened, claims: Claims) -> None:
        """Take in what can be taken in at once, and leave what waits for proof or for something older."""
        for pushed in one.items:
            if claims.has(pushed, one.letter):
                continue
            subjects = subjects_of(pushed)
            if pushed.proof or self._queueing.before(one.letter.number, subjects):
                one.wait(pushed)
                self._queueing.hold(one.letter.number, subjects)
            else:
                await self._take_in(one, pushed, claims)

    def _prove(self, opened: Sequence[_Opened]) -> None:
        """See to these beside everything else."""
        self._to_prove += opened
        self._under_way |= {one.letter.number for one in opened}
        if self._to_prove and (self._proving is None or self._proving.done()):
            self._proving = asyncio.get_running_loop().create_task(self._prove_all())

    async def _prove_all(self) -> None:
        while self._to_prove:
            opened, self._to_prove = self._to_prove, []
            try:
                await self._proved(sorted(opened, key=lambda one: one.letter.number))
            except (SQLAlchemyError, OSError, TurnLost) as error:
                log.warning("what was proven is not written down", account=self._member.key, reason=_name(error))
            except Exception:
                log.exception("looking for the proof of a push failed; trying again", account=self._member.key)
                await self._clock.sleep(LONGEST_WAIT_S)
            finally:
                self._under_way -= {one.letter.number for one in opened}
            self._heard.more_to_do()

    async def _proved(self, opened: Sequence[_Opened]) -> None:
        """Look for the proof of all of these at once, then take them in in their order."""
        numbers = {one.letter.number for one in opened}
        askable = [
            pushed
            for one in opened
            for pushed in one.waiting
            if self._queueing.before(one.letter.number, subjects_of(pushed)) <= numbers
        ]
        shown = await self._proofs.look([ref for pushed in askable for ref in pushed.proof])
        async with self._turn:
            again = [_Opened(one.letter, one.waiting, one.complaints) for one in opened]
            claims = await self._claims(again)
            for number in numbers:
                self._queueing.release(number)
            for one in again:
                for pushed in one.items:
                    if not claims.has(pushed, one.letter):
                        await self._decide(one, pushed, shown, claims)
            await self._settle(again)

    async def _decide(self, one: _Opened, pushed: Pushed, shown: Mapping[Ref, Shown], claims: Claims) -> None:
        """Take in what is proven; the rest waits, and what is later said of the same things waits for it."""
        older = self._queueing.before(one.letter.number, subjects_of(pushed))
        if older or not all(ref in shown for ref in pushed.proof):
            self._hold(one, pushed, self._queueing.until(older))
            return
        judged = await self._proofs.judge(pushed, shown)
        match judged.verdict:
            case Verdict.NOT_ASKED:
                one.has_failed = True
                self._hold(one, pushed, self._next_try(one.letter.attempts, judged.retry_after_s))
            case Verdict.CONTRADICTED if one.letter.attempts + 1 >= MOST_LOOKS:
                one.unconfirmed += 1
            case Verdict.CONTRADICTED:
                # Nothing waits for it: how things stand was just read.
                one.has_failed = True
                one.wait(pushed, self._next_try(one.letter.attempts))
            case Verdict.BORNE_OUT:
                await self._take_in(one, pushed, claims, but=judged.seen)
            case Verdict.UNPROVEN:
                claims.add(pushed, one.letter)
                one.taken_in.append(pushed)

    def _hold(self, one: _Opened, pushed: Pushed, until: datetime | None) -> None:
        one.wait(pushed, until)
        self._queueing.hold(one.letter.number, subjects_of(pushed), until)

    async def _take_in(self, one: _Opened, pushed: Pushed, claims: Claims, *, but: Sequence[Ref] = ()) -> None:
        try:
            await self._knowledge.hear(pushed, one.letter.received_at, but=but)
        except Exception as error:  # noqa: BLE001 - one item that we cannot digest must not keep the others out
            self._complain(one.letter, one.complaints, error)
        else:
            claims.add(pushed, one.letter)
            one.taken_in.append(pushed)

    def _opened(self, letter: Letter, content: Content) -> _Opened:
        complaints: list[str] = []
        items: Sequence[Pushed | Unreadable] = ()
        try:
            items = self._receiver.read(content.as_push(letter))
        except Malformed as fault:
            complaints.append(fault.message)
        except Exception as error:  # noqa: BLE001 - one letter that we cannot read must not keep the others out
            self._complain(letter, complaints, error)
        complaints += [item.reason for item in items if isinstance(item, Unreadable)]
        return _Opened(letter, [item for item in items if isinstance(item, Pushed)], complaints)

    def _complain(self, letter: Letter, complaints: list[str], error: Exception) -> None:
        """A fault of this gateway; its words may hold what the letter says, so only its kind is told."""
        log.error("a push could not be taken in", account=letter.account, letter=letter.number, reason=_name(error))
        complaints.append(f"this gateway could not take it in ({_name(error)})")

    async def _claims(self, opened: Iterable[_Opened]) -> Claims:
        return await self._ledger.claims(self._member.key, [pushed.key for one in opened for pushed in one.items])

    async def _settle(self, opened: Sequence[_Opened]) -> None:
        if not opened:
            return
        try:
            await self._ledger.settle(self._member.key, [one.entry() for one in opened])
        except DataError:
            await self._settle_each(opened)
        await self._heard.taken_in({ref for one in opened for pushed in one.taken_in for ref in subjects_of(pushed)})

    async def _settle_each(self, opened: Sequence[_Opened]) -> None:
        """Something in one of these is refused by the database: it must not keep the others out."""
        for one in opened:
            try:
                await self._ledger.settle(self._member.key, [one.entry()])
            except DataError as error:
                one.taken_in.clear()
                one.waiting.clear()
                self._complain(one.letter, one.complaints, error)
                await self._ledger.settle(self._member.key, [one.entry()])

    def _next_try(self, attempts: int, retry_after_s: float = 0.0) -> datetime:
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts, 10))
        return self._clock.now() + timedelta(seconds=max(wait_s, min(retry_after_s, LONGEST_WAIT_S)))


def _name(error: Exception) -> str:
    return type(error).__name__
