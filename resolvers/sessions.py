"""Charging sessions and rentals: lists, single ones, those of a device, and the one that runs on a slot."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub import reads
from hub.member import Member
from hub.parts import Key, Part
from hub.shelves import Place, Shelf
from model.records import ChargingSession, Device, Problem, Reading, Slot
from model.refs import Ref
from model.states import ChargingSessionStatus
from resolvers.batching import by_account, refs_by_account
from resolvers.filters import SessionFilter
from resolvers.gathering import from_accounts
from resolvers.merging import fetched_at
from resolvers.paging import Page, PageArgs, changed, page_of
from resolvers.scope import Scope

HISTORY = ("Query.chargingSessions", "Device.chargingSessions")
"""What lists sessions of the past."""
LONGEST_HISTORY_DAYS = 92
"""However far back a client asks: no vendor is made to list more than a quarter."""


@dataclass(frozen=True, slots=True)
class Journal:
    """One account's sessions. `stale`: how they are known where not freshly."""

    sessions: Sequence[ChargingSession]
    stale: Reading | None
    problem: Problem | None
    shelf: Shelf[ChargingSession]

    def known_as(self, session: ChargingSession) -> ChargingSession:
        """The session with the reading that holds now."""
        return session if self.stale is None else replace(session, reading=self.stale)


async def page(scope: Scope, args: PageArgs, where: SessionFilter, max_age: int | None) -> Page[ChargingSession]:
    """One page of sessions, newest first, with the accounts whose part is missing or stale."""
    members = scope.members(where.accounts)
    if where.devices is not None:
        members = [member for member in members if any(ref.account == member.key for ref in where.devices)]
    journals = dict(
        zip(
            (member.key for member in members),
            await from_accounts(members, lambda member: journal(scope, member, where.started_after, max_age)),
            strict=True,
        )
    )
    found = page_of(
        [one.shelf for one in journals.values()],
        args,
        scope.started_at,
        keep=_keep(where),
        problems=[one.problem for one in journals.values() if one.problem],
    )
    return changed(found, lambda session: journals[session.ref.account].known_as(session))


async def pages_of_devices(
    scope: Scope, devices: Sequence[Device], args: PageArgs, where: SessionFilter, max_age: int | None
) -> list[Page[ChargingSession]]:
    """For each device one page of its sessions."""

    async def of_account(member: Member, some: Sequence[Device]) -> list[Page[ChargingSession]]:
        own = await journal(scope, member, where.started_after, max_age)
        problems = [own.problem] if own.problem else []
        pages = []
        for device in some:
            narrowed = replace(where, devices=frozenset({device.ref}) & (where.devices or frozenset({device.ref})))
            found = page_of([own.shelf], args, scope.started_at, keep=_keep(narrowed), problems=problems)
            pages.append(changed(found, own.known_as))
        return pages

    return await by_account(scope, devices, of_account, Page([], has_next=False, has_previous=False, total_count=0))


async def by_refs(scope: Scope, refs: Sequence[Ref], max_age: int | None) -> list[ChargingSession | None]:
    """Sessions by ref: each read by itself where the vendor allows it, else from the list."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[ChargingSession | None]:
        details = [read for ref in some if (read := reads.session(member, ref)) is not None]
        if len(details) == len(some):
            snapshots = await scope.read_many(member, details, max_age)
            found = [
                None if one.value is None else replace(one.value, reading=one.reading or one.value.reading)
                for one in snapshots
            ]
            if all(found):
                return found
        else:
            found = [None] * len(some)
        own = await journal(scope, member, None, max_age)
        listed = {session.ref: session for session in own.sessions}
        return [
            one or (own.known_as(listed[ref]) if ref in listed else None) for one, ref in zip(found, some, strict=True)
        ]

    return await refs_by_account(scope, refs, of_account, None)


def lets_through(where: SessionFilter, session: ChargingSession) -> bool:
    """Whether a list with this filter would show the session."""
    return (where.accounts is None or session.ref.account in where.accounts) and _keep(where)(session)


async def last_known(scope: Scope, ref: Ref) -> ChargingSession | None:
    """A session as it was last read, by itself or in a list, however long ago; nobody is asked for it."""
    member = scope.member(ref.account)
    if member is None:
        return None
    lists = (reads.sessions(member, _history_of(scope, member)), reads.active_sessions(member))
    alone, *listed = await scope.fleet.snapshots.peek(
        [Key(member.key, Part.SESSION, ref.native_id), *(read.key for read in lists if read is not None)]
    )
    found = [replace(alone.value, reading=alone.reading)] if alone else []
    found += [one for entry in listed if entry for one in entry.value if one.ref == ref]
    return max(found, key=lambda one: fetched_at(one.reading), default=None)


async def known_as(scope: Scope, refs: Sequence[Ref]) -> list[str | None]:
    """The ids that whoever rented gave to these sessions, where it was done here."""
    names = await scope.fleet.desk.sessions_known_as(refs)
    return [names.get(ref) for ref in refs]


async def active_of_slots(scope: Scope, slots: Sequence[Slot], max_age: int | None) -> list[ChargingSession | None]:
    """The session that runs on each slot; None where none does, or nobody says."""

    async def of_account(member: Member, some: Sequence[Slot]) -> list[ChargingSession | None]:
        active = await active_by_slot(scope, member, max_age)
        return [active.get(slot.ref) for slot in some]

    return await by_account(scope, slots, of_account, None)


async def active_by_slot(scope: Scope, member: Member, max_age: int | None) -> dict[Ref, ChargingSession]:
    """The account's running sessions by slot; a power bank that is out runs on no slot."""
    return {
        session.slot: session
        for session in await _running(scope, member, max_age)
        if session.status is ChargingSessionStatus.ACTIVE and session.slot is not None and session.battery is None
    }


async def _running(scope: Scope, member: Member, max_age: int | None) -> Sequence[ChargingSession]:
    """The sessions that run, from the cheaper list where the vendor has one and the operation needs no other."""
    read = reads.active_sessions(member)
    if read is None or scope.asks_for(*HISTORY):
        own = await journal(scope, member, None, max_age)
        return [own.known_as(session) for session in own.sessions]
    snapshot = await scope.read(member, read, max_age)
    if snapshot.value is None or snapshot.reading is None or not snapshot.reading.is_stale:
        return snapshot.value or ()
    return [replace(session, reading=snapshot.reading) for session in snapshot.value]


async def journal(scope: Scope, member: Member, started_after: datetime | None, max_age: int | None) -> Journal:
    """The account's sessions of its history, or since `started_after` where that is longer ago."""
    since = _history_of(scope, member)
    if started_after is not None:
        since = min(since, max(started_after, scope.started_at - timedelta(days=LONGEST_HISTORY_DAYS)))
    day = since.date().isoformat()
    return await scope.once(("sessions", member.key, day, max_age), lambda: _journal(scope, member, since, max_age))


def _history_of(scope: Scope, member: Member) -> datetime:
    """Since when sessions are listed when nobody asks for longer."""
    return scope.started_at - timedelta(days=member.settings.session_history_days)


async def _journal(scope: Scope, member: Member, since: datetime, max_age: int | None) -> Journal:
    read = reads.sessions(member, since)
    shelf = scope.fleet.shelves.of(("sessions", member.key, since.date()), place_of_session)
    if read is None:
        return Journal((), None, None, shelf)
    snapshot = await scope.read(member, read, max_age)
    shelf.fill((snapshot.value,), lambda: snapshot.value or (), scope.clock.now())
    stale = snapshot.reading if snapshot.reading and snapshot.reading.is_stale else None
    return Journal(snapshot.value or (), stale, snapshot.problem, shelf)


def place_of_session(session: ChargingSession) -> Place:
    """Sessions stand newest first, then by id; one that never began stands where it was last heard of."""
    moment = session.started_at or session.ended_at or session.updated_at
    return (-moment.timestamp() if moment else float("-inf"), session.ref.id)


def _keep(where: SessionFilter) -> Callable[[ChargingSession], bool]:
    def keep(session: ChargingSession) -> bool:
        started = session.started_at
        return (
            (where.devices is None or session.device in where.devices)
            and (where.kinds is None or session.kind in where.kinds)
            and (where.statuses is None or session.status in where.statuses)
            and (where.started_after is None or (started is not None and started >= where.started_after))
            and (where.started_before is None or (started is not None and started < where.started_before))
        )

    return keep
