"""Takes in what vendors pushed, for the accounts whose turn is this process's; it begins where any process left off.

Push and poll enter what is known at the same door; what a push says of itself becomes an event in the transaction that
marks it as taken in, so that each makes one event, whenever a process dies.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import timedelta
from secrets import token_hex

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.commands.waiting import until
from hub.inbox.inbox import Inbox
from hub.inbox.ledger import KEEP_DAYS, Ledger
from hub.inbox.turns import TurnLost, Turns
from hub.ingest.intake import Intake
from hub.ingest.knowledge import Knowledge
from hub.member import Member
from hub.snapshots import Snapshots
from hub.store.database import Store
from hub.store.event_log import EventLog
from model.clock import Clock
from model.refs import Ref
from vendors.receiving import Receiver

POLL_EVERY_S = 1.0
"""For letters that other processes kept, and those whose time has come."""
RENEW_EVERY_S = 5.0
"""A third of a turn: one renewal may be lost."""
FORGET_EVERY_S = 3600.0

log = structlog.get_logger(__name__)

OnHeard = Callable[[Collection[Ref]], Awaitable[None]]
"""Told of what devices, slots and sessions something was heard, after it was written down."""


class Ingest:
    """`start` it, `aclose` it."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        inbox: Inbox,
        members: Mapping[str, Member],
        snapshots: Snapshots,
        clock: Clock,
        on_heard: OnHeard,
        *,
        keep: timedelta = timedelta(days=KEEP_DAYS),
    ) -> None:
        """Over a store that is open. `keep`: how long is remembered when a letter that is done came."""
        self._store = store
        self._members = members
        self._snapshots = snapshots
        self._clock = clock
        self._on_heard = on_heard
        self._keep = keep
        self._turns = Turns(store, clock, token_hex(16))
        self._ledger = Ledger(store, clock, events, self._turns)
        self._receivers = {key: one for key, member in members.items() if (one := receiver_of(member)) is not None}
        self._intakes: dict[str, Intake] = {}
        self._word = asyncio.Event()
        self._is_closing = False
        self._duty: asyncio.Task[None] | None = None
        inbox.on_kept(self.more_to_do)

    def receiver(self, account: str) -> Receiver | None:
        """What reads the pushes of an account; None where its vendor never pushes."""
        return self._receivers.get(account)

    async def start(self) -> None:
        """Go on with what other processes left behind, and keep at it."""
        # SQLite serves one process: whoever had turns there is no more.
        await self._take_turns(everything=self._store.dialect == "sqlite")
        self._duty = asyncio.get_running_loop().create_task(self._be_on_duty())

    async def aclose(self) -> None:
        """Write down what is being taken in, and leave the rest to the next process."""
        self._is_closing = True
        self._word.set()
        if self._duty is None:
            return
        await self._duty
        await self._close(self._intakes)
        try:
            await self._turns.release()
        except (SQLAlchemyError, OSError) as error:
            log.warning("the inbox is left as it is; whoever opens the store next goes on", reason=_name(error))

    def more_to_do(self) -> None:
        """Letters arrived, or what held some up is over."""
        self._word.set()

    async def taken_in(self, refs: Collection[Ref]) -> None:
        """Something was taken in; see `hub.ingest.intake.Heard`."""
        try:
            if refs:
                await self._on_heard(refs)
        except (SQLAlchemyError, OSError) as error:
            log.warning("nobody could be told of what was pushed", reason=_name(error))

    async def _be_on_duty(self) -> None:
        """Take in what comes, keep our turns, take those that nobody keeps, and forget what is old."""
        renew_at, forget_at = self._clock.monotonic() + RENEW_EVERY_S, self._clock.monotonic()
        while not self._is_closing:
            self._word.clear()
            try:
                if self._clock.monotonic() >= renew_at:
                    renew_at = self._clock.monotonic() + RENEW_EVERY_S
                    await self._take_turns(everything=False)
                if self._clock.monotonic() >= forget_at:
                    forget_at = self._clock.monotonic() + FORGET_EVERY_S
                    await self._ledger.forget(self._keep)
                is_busy = await self._work()
            except (SQLAlchemyError, OSError) as error:
                log.warning("the store of the inbox does not answer", reason=_name(error))
                is_busy = False
            except Exception:
                log.exception("the inbox could not be worked on; going on")
                is_busy = False
            if not is_busy:
                await until(self._clock, POLL_EVERY_S, self._word)

    async def _work(self) -> bool:
        """Each account in turn; whether there may be more to do at once."""
        is_busy = False
        for account, intake in list(self._intakes.items()):
            try:
                is_busy |= await intake.work()
            except TurnLost:
                log.warning("another process takes in this account's pushes now", account=account)
                await self._close([account])
        return is_busy

    async def _take_turns(self, *, everything: bool) -> None:
        mine = await self._turns.keep(self._receivers.keys(), everything=everything)
        await self._close(self._intakes.keys() - mine)
        for account in sorted(mine - self._intakes.keys()):
            member = self._members[account]
            knowledge = Knowledge(member, self._snapshots, self._clock)
            intake = Intake(member, self._receivers[account], self._ledger, knowledge, self._clock, self)
            await intake.begin()
            self._intakes[account] = intake

    async def _close(self, accounts: Collection[str]) -> None:
        for account in list(accounts):
            await self._intakes.pop(account).aclose()


def receiver_of(member: Member) -> Receiver | None:
    """What reads the pushes of an account, made with its settings; None where its vendor never pushes."""
    return None if member.manifest.receiver is None else _made(member.manifest.receiver, member)


def _made(receiver: Callable[..., Receiver], member: Member) -> Receiver:
    return receiver(member.settings)


def _name(error: Exception) -> str:
    return type(error).__name__
