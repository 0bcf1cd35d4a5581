"""Where commands are given: the door between whoever wants something done and the machinery that sees it through.

A command is written down before anything is sent, sent at most once, and followed until its outcome is known. The
database has the truth; this process only hurries it along, and any other that shares the store can go on for it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex, token_urlsafe

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.commands.callbacks import Callbacks
from hub.commands.calls import UNANSWERED, Call, Phase
from hub.commands.catalogue import Catalogue
from hub.commands.claiming import PlannedCall, call_id_of
from hub.commands.follower import Follower, Recipe
from hub.commands.journal import Journal
from hub.commands.leases import Leases
from hub.commands.moves import Moved
from hub.commands.orders import CommandQuery, Order
from hub.commands.outdated import outdated_by
from hub.commands.sender import Sender
from hub.commands.waiting import until, until_ended
from hub.member import Member
from hub.parts import Key, Part, stamped
from hub.snapshots import Snapshots
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.pages import KeysetPage
from model.clock import Clock
from model.commands import FINAL, Command
from model.events import Event
from model.faults import Unsupported
from model.records import Reading
from model.refs import Ref
from model.states import CommandKind, CommandStatus, FreshnessSource
from vendors.acting import PerformsCommands, Procedure
from vendors.contract import DeviceReading
from vendors.manifest import CommandRule

ANSWER_WAIT_S = 10.0
"""How long whoever gives a command waits for the vendor's answer; sending goes on without them."""
RENEW_EVERY_S = 5.0
"""A third of a lease: one renewal may be lost."""
FORGET_EVERY_S = 3600.0
KEEP_DAYS = 30

log = structlog.get_logger(__name__)


class Desk:
    """The commands of every account. `start` it, `aclose` it."""

    def __init__(
        self,
        store: Store,
        events: EventLog,
        members: Mapping[str, Member],
        snapshots: Snapshots,
        clock: Clock,
        *,
        public_url: str = "",
        keep: timedelta = timedelta(days=KEEP_DAYS),
    ) -> None:
        """`public_url`: what vendors reach this gateway by; empty where they cannot."""
        self._store = store
        self._events = events
        self._members = members
        self._snapshots = snapshots
        self._clock = clock
        self._public_url = public_url
        self._keep = keep
        me = token_hex(16)
        self._journal = Journal(store, clock, events, me)
        self._leases = Leases(store, clock, me)
        self._catalogue = Catalogue(store)
        self._sender = Sender(self._journal, members, clock)
        self._follower = Follower(self._journal, members, clock, self._recipe, self._noted, self._show)
        self._callbacks = Callbacks(self._journal, clock, self._procedure, self)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._late_looks: set[asyncio.Task[None]] = set()
        self._counts: Counter[tuple[CommandKind, CommandStatus]] = Counter()
        self._duty: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    async def start(self) -> None:
        """Go on with what other processes left behind, and keep at it."""
        # SQLite serves one process: whoever left calls behind there is no more.
        await self._take_over(everything=self._store.dialect == "sqlite")
        self._duty = asyncio.get_running_loop().create_task(self._be_on_duty())

    async def aclose(self) -> None:
        """Let what is being sent be answered, cancel what was not sent, and leave the rest to the next process."""
        self._is_closing.set()
        if self._duty is not None:
            await self._duty
        try:
            await self._stop_sending()
            await self._stop_looking()
            await self._leases.release()
        except (SQLAlchemyError, OSError) as error:
            log.warning("commands are left as they are; whoever opens the store next goes on", reason=_name(error))

    # Giving.

    async def given_before(self, caller: str, key: str, request: str) -> Command | None:
        """The command that this caller gave with this key; waits for its answer if it is being sent just now.

        Raises KeyReused when it was another request.
        """
        first = await self._journal.given_before(caller, key, request)
        return None if first is None else await self._once_answered(first)

    async def give(self, order: Order) -> Command:
        """Write the command down, send it, and return it when the vendor answered or ANSWER_WAIT_S is over.

        The caller's first command where the key was used before. Raises Conflict or KeyReused: nothing was sent then.
        """
        accounts = dict.fromkeys(aim.device.account for aim in order.aims)
        rules = {account: self._rule(account, order.kind) for account in accounts}
        planned = _planned(order, rules)
        is_absolute = all(rule.is_absolute for rule in rules.values())
        command, is_new = await self._journal.claim(order, planned, is_absolute=is_absolute)
        if is_new:
            # Nothing is awaited from here on until all have begun: `_see_to_ours` would take them for left lying.
            self._count(command.kind, (target.status for target in command.targets))
            for index, call in enumerate(planned):
                self._begin(call_id_of(command.ref, index), order, call.token)
        return await self._once_answered(command)

    # Finding.

    async def by_refs(self, refs: Sequence[Ref]) -> list[Command | None]:
        """Commands by ref; None for what is not known, or not any more."""
        return await self._catalogue.by_refs(refs)

    async def page(
        self, where: CommandQuery, rows: int, *, after: str | None = None, before: str | None = None, backwards: bool
    ) -> KeysetPage[Command]:
        """Commands between two ids, newest first; with `backwards` the last ones of them."""
        return await self._catalogue.page(where, rows, after=after, before=before, backwards=backwards)

    async def history(self, command: Ref) -> list[Event]:
        """All that happened to a command, oldest first."""
        return await self._events.of_command(command)

    async def sessions_known_as(self, sessions: Sequence[Ref]) -> Mapping[Ref, str]:
        """The caller's own ids of rentals that commands began."""
        return await self._catalogue.external_ids(sessions)

    def counts(self) -> Mapping[tuple[CommandKind, CommandStatus], int]:
        """How often a target reached a status, as this process saw it."""
        return self._counts

    def open_calls(self) -> int:
        """Calls that this process sends or follows now."""
        return len(self._sending) + self._follower.open_calls

    # Learning what became of them.

    async def hear(self, account: str, token: str, body: bytes, media_type: str) -> Mapping[str, object]:
        """Take a callback; the JSON that its vendor expects. Raises UnknownCallback or UnreadableCallback."""
        return await self._callbacks.hear(account, token, body, media_type)

    async def look_now(self, command: Ref) -> Command | None:
        """Read now what became of every target that is not final, and return the command; nothing is sent."""
        for call_id in await self._journal.calls_of(command):
            call = await self._journal.call(call_id, open_only=False)
            if call is not None and call.phase not in UNANSWERED:
                unsettled = tuple(target for target in call.task.targets if target.status not in FINAL)
                if unsettled:
                    await self._follower.look(replace(call, task=replace(call.task, targets=unsettled)))
        return (await self.by_refs([command]))[0]

    async def heard(self, call: Call, moved: list[Moved], *, look_now: bool) -> None:
        """A callback moved targets; see `hub.commands.callbacks.Listener`."""
        self._noted(call, moved)
        if not look_now or self._follower.wake(call.id):
            return
        if call.phase is Phase.OVER:
            late = asyncio.get_running_loop().create_task(self._look_late(call.command))
            self._late_looks.add(late)
            late.add_done_callback(self._late_looks.discard)
        else:
            await self._journal.want_look(call)

    async def heard_of(self, refs: Collection[Ref]) -> None:
        """A push spoke of these devices, slots or sessions: whoever follows a command on them looks now."""
        for call_id in await self._journal.calls_about(refs):
            if not self._follower.wake(call_id):
                call = await self._journal.call(call_id)
                if call is not None:
                    await self._journal.want_look(call)

    async def _look_late(self, command: Ref) -> None:
        """There is word of a command that nobody follows any more."""
        try:
            await self.look_now(command)
        except (SQLAlchemyError, OSError) as error:
            log.warning("late word of a command is not followed up", command=command.id, reason=_name(error))

    def _begin(self, call_id: str, order: Order, token: str) -> None:
        sending = asyncio.get_running_loop().create_task(self._carry_out(call_id, order, token))
        self._sending[call_id] = sending
        sending.add_done_callback(lambda _: self._sending.pop(call_id, None))

    async def _carry_out(self, call_id: str, order: Order, token: str) -> None:
        """See one call through its sending, and look after it from there."""
        try:
            call = await self._journal.call(call_id)
            if call is not None:
                await self._send(call, order, token)
        except Exception:
            log.exception("a command could not be sent as it should", call=call_id)
            with contextlib.suppress(SQLAlchemyError, OSError):  # then `_see_to_ours` does it, once the store answers
                await self._go_on_with(call_id)

    async def _send(self, call: Call, order: Order, token: str) -> None:
        recipe = self._recipe(call)
        if recipe is None:
            return
        url = f"{self._public_url}/webhooks/{call.account}/{token}" if self._public_url else None
        task = replace(call.task, instruction=order.instruction, callback_url=url)
        self._noted(call, await self._sender.send(replace(call, task=task), *recipe))
        await self._look_after(call, at_once=False)

    async def _look_after(self, call: Call, *, at_once: bool) -> None:
        """Follow a call that will not be sent any more, and believe the callbacks that waited for that."""
        recipe = self._recipe(call)
        if recipe is None or recipe[1].proof:
            self._follower.follow(call.id, at_once=at_once)
        else:
            await self._journal.give_up(call, [])
        await self._callbacks.release(call.id)

    async def _once_answered(self, command: Command) -> Command:
        """The command as it stands when this process has its answers, or when ANSWER_WAIT_S is over."""
        # A command has no more calls than targets.
        calls = [call_id_of(command.ref, index) for index in range(len(command.targets))]
        sending = [self._sending[call_id] for call_id in calls if call_id in self._sending]
        if not sending:
            return command
        await until_ended(self._clock, ANSWER_WAIT_S, sending)
        (found,) = await self.by_refs([command.ref])
        return found or command

    async def _be_on_duty(self) -> None:
        """Keep what is ours, take what nobody keeps, and forget what is old."""
        forget_at = self._clock.monotonic()
        while not self._is_closing.is_set():
            try:
                await self._see_to_ours()
                await self._take_over(everything=False)
                if self._clock.monotonic() >= forget_at:
                    forget_at = self._clock.monotonic() + FORGET_EVERY_S
                    await self._journal.forget(self._clock.now() - self._keep)
            except (SQLAlchemyError, OSError) as error:
                log.warning("the store of commands does not answer", reason=_name(error))
            await until(self._clock, RENEW_EVERY_S, self._is_closing)

    async def _see_to_ours(self) -> None:
        """Stay the owner of our calls, look where somebody asks for it, and go on with what was left lying."""
        for call_id, wants_look in (await self._leases.renew()).items():
            if call_id not in self._sending and not self._follower.follows(call_id):
                await self._go_on_with(call_id)
            elif wants_look:
                self._follower.wake(call_id)

    async def _take_over(self, *, everything: bool) -> None:
        for call_id in await self._leases.take_over(everything=everything):
            await self._go_on_with(call_id)

    async def _go_on_with(self, call_id: str) -> None:
        """A call that nobody sees to: say what is known of it, and look after it. It is never sent again."""
        try:
            call = await self._journal.call(call_id, open_only=False)
            if call is None or call.phase is Phase.OVER:
                return
            log.info("going on with a command that nobody saw to", command=call.command.id, account=call.account)
            self._noted(call, await self._journal.recover(call))
            await self._look_after(call, at_once=True)
        except (SQLAlchemyError, OSError):
            raise
        except Exception:
            # One call that a newer release wrote, say, must not keep the others from being looked after.
            log.exception("cannot go on with a command", call=call_id)

    async def _stop_sending(self) -> None:
        """What has begun is answered or times out; what waits is cancelled, never sent."""
        sending = dict(self._sending)
        for call_id, task in sending.items():
            if call_id not in self._sender.begun:
                task.cancel()
        await until_ended(self._clock, ANSWER_WAIT_S, sending.values())
        for task in sending.values():
            task.cancel()
        await asyncio.gather(*sending.values(), return_exceptions=True)
        for call_id in sending:
            call = await self._journal.call(call_id)
            if call is not None:
                self._noted(call, await self._journal.recover(call))

    async def _stop_looking(self) -> None:
        for late in self._late_looks:
            late.cancel()
        await asyncio.gather(*self._late_looks, return_exceptions=True)
        await self._follower.aclose()

    def _recipe(self, call: Call) -> Recipe | None:
        """How a call is done and by which rule; None when its account or its procedure is not there any more."""
        member = self._members.get(call.account)
        how = self._procedure(call)
        rule = None if member is None else member.manifest.rule(call.task.kind)
        return None if how is None or rule is None else (how, rule)

    def _procedure(self, call: Call) -> Procedure | None:
        member = self._members.get(call.account)
        if member is None or not isinstance(member.adapter, PerformsCommands):
            return None
        return member.adapter.procedures().get(call.task.kind)

    def _rule(self, account: str, kind: CommandKind) -> CommandRule:
        rule = self._members[account].manifest.rule(kind)
        if rule is None:
            raise Unsupported(f"{self._members[account].manifest.name} cannot do {kind.value}")
        return rule

    def _noted(self, call: Call, moved: Sequence[Moved]) -> None:
        """Targets moved: count them, say so, and doubt what readers were told before."""
        self._count(call.task.kind, (one.status for one in moved))
        for one in moved:
            log.info("command moved", command=call.command.id, account=call.account, to=one.status.value)
        self._snapshots.doubt(outdated_by(call, moved))

    async def _show(self, seen: DeviceReading) -> None:
        """A device was read to find out what became of a command: readers see it too."""
        ref = seen.device.ref
        reading = Reading(self._clock.now(), FreshnessSource.POLL)
        await self._snapshots.put(Key(ref.account, Part.DEVICE, ref.native_id), stamped(seen, reading), reading)

    def _count(self, kind: CommandKind, statuses: Iterable[CommandStatus]) -> None:
        self._counts.update((kind, status) for status in statuses)


def _name(error: Exception) -> str:
    return type(error).__name__


def _planned(order: Order, rules: Mapping[str, CommandRule]) -> list[PlannedCall]:
    """The calls that an order needs: those of each account together, as many targets in one as its vendor takes."""
    planned: list[PlannedCall] = []
    for account, rule in rules.items():
        positions = [index for index, aim in enumerate(order.aims) if aim.device.account == account]
        planned += [
            PlannedCall(
                account=account, positions=positions[start : start + rule.most_targets], token=token_urlsafe(32)
            )
            for start in range(0, len(positions), rule.most_targets)
        ]
    return planned
