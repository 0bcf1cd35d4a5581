"""Read-through snapshots: the one memory that every query shares.

A snapshot is served from the cache while it is fresh enough for whoever asks. Otherwise one flight fetches it for
everybody who waits: breaker -> quota -> adapter. Who waits does so until the account's deadline of that query; the
flight goes on, so that the next query finds what this one had no time for. Whatever goes wrong, the last known value
is served, marked stale with the reason.

A generation guards each key: a slow fetch that began before something newer was put must not overwrite it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast

import structlog
from aiocache.base import BaseCache

from hub.flights import SHUTTING_DOWN, Entry, Flight, Latch
from hub.health import Health, problem_of
from hub.parts import ENDLESS, Key, Read, stamped
from hub.passing import Passing
from hub.quota import Turnstile
from hub.refusals import Refusals
from model.clock import Clock
from model.faults import Fault, RateLimited, TimedOut, Unreachable
from model.records import Problem, Reading
from model.states import FreshnessSource
from vendors.kit.quota import Ticket, current_ticket

T = TypeVar("T")

SHARE_OF_QUOTA = 2
"""Refreshing one part over and over uses one call in so many of the account's quota at most."""
MOST_FLIGHTS = 2000
"""Of one account: what a query wants beyond them is not asked for now; the oldest knowledge is asked for first."""

log = structlog.get_logger(__name__)


class LastKnown(Protocol):
    """Where values outlive the process."""

    def remember(self, key: Key, value: object, fetched_at: datetime) -> None:
        """Keep this value instead of an older one; returns at once, writes soon."""
        ...


class Link(Protocol):
    """What a flight needs to know of its account."""

    @property
    def health(self) -> Health:
        """The account's breaker."""
        ...

    @property
    def gate(self) -> Turnstile:
        """The account's quota."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """What is known of one part. `value` is None when nothing ever was; `reading` says how it is known.

    While it is fresh, every record in `value` carries this very `reading`. When it is stale the records still carry
    the one they came with: put `reading` on those that are shown.
    """

    value: T | None
    reading: Reading | None
    problem: Problem | None = None


class Snapshots:
    """Every account's snapshots."""

    def __init__(self, cache: BaseCache, last_known: LastKnown, clock: Clock) -> None:
        """`cache` must not forget by itself: how long a value is fresh is decided when it is asked for."""
        self._cache = cache
        self._last_known = last_known
        self._clock = clock
        self._flights: dict[Key, Flight] = {}
        self._under_way: Counter[str] = Counter()
        self._generations: Counter[Key] = Counter()
        self._least_s: dict[Key, float] = {}
        self._doubts: dict[Key, datetime] = {}
        self._passing = Passing()
        self._refusals = Refusals(clock)
        self._is_closed = False

    async def get(self, link: Link, read: Read[T], since: datetime, deadline: datetime) -> Snapshot[T]:
        """One snapshot; see `get_many`."""
        (snapshot,) = await self.get_many(link, [read], [since], deadline)
        return snapshot

    async def get_many(
        self, link: Link, reads: Sequence[Read[T]], since: Sequence[datetime], deadline: datetime
    ) -> list[Snapshot[T]]:
        """Snapshots of one account in the order of `reads`, each fetched not before its `since` where that is possible.

        Waits until `deadline` at most, and not even that long for what quota forbids until later.
        """
        keys = [read.key for read in reads]
        since = [max(oldest, self._doubts.get(key, oldest)) for key, oldest in zip(keys, since, strict=True)]
        entries: list[Entry | None] = await self._cache.multi_get(keys)
        refusals = {read.key: self._refusals.of(read.key, oldest) for read, oldest in zip(reads, since, strict=True)}
        wanting = [
            (read, entry)
            for read, entry, oldest in zip(reads, entries, since, strict=True)
            if not _is_fresh(entry, oldest) and refusals[read.key] is None
        ]
        wanting.sort(key=lambda pair: _known_at(pair[1]))
        flights = {read.key: flight for read, entry in wanting if (flight := self._flight(link, read, entry))}
        await self._landed(flights.values(), deadline)
        return [
            Snapshot(entry.value, entry.reading)
            if entry is not None and _is_fresh(entry, oldest)
            else self._seen(key, entry, flights.get(key), refusals[key])
            for key, entry, oldest in zip(keys, entries, since, strict=True)
        ]

    async def peek(self, keys: Sequence[Key]) -> list[Entry | None]:
        """What is known under these keys, however old, without asking anybody."""
        entries: list[Entry | None] = await self._cache.multi_get(keys)
        return entries

    def least_fresh_s(self, key: Key) -> float:
        """For how long at least a part counts as fresh: refreshing it may take half of the account's quota, not all.

        A listing of five hundred pages is not made anew every minute just because it is a minute old.
        """
        return self._least_s.get(key, 0.0)

    async def put(self, key: Key, value: object, reading: Reading) -> None:
        """Something newer than any fetch under way: fetches that began before will not overwrite it."""
        self._generations[key] += 1
        await self._keep(key, value, reading)

    async def amend(self, key: Key, change: Callable[[Any], Any]) -> None:
        """Something newer than any fetch under way says a little of this: it goes onto what is known, and onto those.

        What is known is no fresher for it, and as doubtful as it was.
        """
        if (flight := self._flights.get(key)) is not None:
            flight.amendments.append(change)
        (entry,) = await self.peek([key])
        if entry is None:
            return
        doubt, value = self._doubts.get(key), change(entry.value)
        if value != entry.value:
            await self._keep(key, value, entry.reading)
        if doubt is not None:
            self._doubts[key] = doubt

    def doubt(self, keys: Collection[Key]) -> None:
        """Something was done that these parts do not show yet: what was fetched before now is not fresh any more."""
        for key in keys:
            self._generations[key] += 1
            self._doubts[key] = self._clock.now() + timedelta.resolution

    async def recall(self, key: Key, value: object, reading: Reading) -> None:
        """What the store remembered from before this process."""
        await self._cache.set(key, Entry(value, reading))

    async def aclose(self) -> None:
        """Give up whatever is still under way, and begin nothing more."""
        self._is_closed = True
        tasks = [flight.task for flight in self._flights.values() if flight.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _flight(self, link: Link, read: Read[Any], entry: Entry | None) -> "Flight | None":
        """The one flight that fetches this; None when so many wait already that it would never come to its turn."""
        flight = self._flights.get(read.key)
        if self._is_closed:
            return flight or Flight.that_never_began(read.key)
        if flight is None and self._under_way[read.key.account] < MOST_FLIGHTS:
            self._under_way[read.key.account] += 1
            flight = Flight(read.key, Ticket(known_at=entry.reading.fetched_at if entry else None))
            self._flights[read.key] = flight
            flight.task = asyncio.get_running_loop().create_task(self._fly(flight, link, read))
        return flight

    async def _fly(self, flight: "Flight", link: Link, read: Read[Any]) -> None:
        current_ticket.set(flight.ticket)
        generation = self._generations[read.key]
        try:
            flight.outcome = _amended(await self._fetched(link, read), flight.amendments)
            if isinstance(flight.outcome, Entry) and self._generations[read.key] == generation:
                if flight.ticket.calls > 1:
                    self._least_s[read.key] = SHARE_OF_QUOTA * flight.ticket.calls * link.gate.seconds_per_read
                await self._keep(read.key, *flight.outcome)
        finally:
            flight.outcome = flight.outcome or Unreachable(SHUTTING_DOWN)
            del self._flights[read.key]
            self._under_way[read.key.account] -= 1
            flight.tell()

    async def _fetched(self, link: Link, read: Read[Any]) -> "Entry | Fault":
        try:
            await link.health.admit()
        except Fault as fault:
            return fault
        try:
            value = await read.fetch()
        except Fault as fault:
            link.health.failed(fault)
            self._refusals.note(read.key, fault, read.fresh_s)
            if isinstance(fault, RateLimited):
                link.gate.shut(fault.retry_after_s or 60.0)
            return fault
        except asyncio.CancelledError:
            link.health.abandon()
            raise
        except Exception:
            link.health.abandon()
            log.exception("adapter failed", account=read.key.account, part=read.key.part.value)
            return Fault("this gateway could not read the vendor's answer; the log has the details")
        link.health.succeeded()
        reading = Reading(self._clock.now(), FreshnessSource.POLL)
        return Entry(stamped(value, reading), reading)

    async def _keep(self, key: Key, value: object, reading: Reading) -> None:
        self._doubts.pop(key, None)
        await self._cache.set(key, Entry(value, reading))
        if key.part not in ENDLESS:
            self._last_known.remember(key, value, reading.fetched_at or self._clock.now())
            return
        for outdated in self._passing.note(key, len(cast("Sized", value))):
            await self._cache.delete(outdated)
            self._least_s.pop(outdated, None)

    async def _landed(self, flights: "Collection[Flight]", deadline: datetime) -> None:
        """Wait until each flight is over or has no chance before the deadline."""
        left_s = (deadline - self._clock.now()).total_seconds()
        latch = Latch(flights, deadline)
        if latch.is_open or left_s <= 0:
            latch.release()
            return
        timer = asyncio.get_running_loop().create_task(self._clock.sleep(left_s))
        try:
            await asyncio.wait({timer, latch.opened}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            latch.release()
            timer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await timer

    def _seen(self, key: Key, entry: Entry | None, flight: "Flight | None", refusal: Fault | None) -> Snapshot[Any]:
        outcome = flight.outcome if flight is not None else refusal
        if isinstance(outcome, Entry):
            return Snapshot(outcome.value, outcome.reading)
        problem = self._problem(key, flight, outcome)
        if entry is None:
            return Snapshot(None, None, problem)
        return Snapshot(entry.value, replace(entry.reading, is_stale=True, problem=problem), problem)

    def _problem(self, key: Key, flight: "Flight | None", fault: Fault | None) -> Problem:
        if fault is not None:
            after = fault.retry_after_s
            retry_at = None if after is None else self._clock.now() + timedelta(seconds=after)
            return problem_of(fault, key.account, retry_at)
        held_until = flight.ticket.held_until if flight is not None else None
        if held_until is not None or flight is None:
            waiting = RateLimited("the vendor's quota is used up; this will be read when its turn comes")
            return problem_of(waiting, key.account, held_until)
        return problem_of(TimedOut("no answer within this account's deadline"), key.account, None)


def _amended(outcome: Entry | Fault, amendments: Collection[Callable[[Any], Any]]) -> Entry | Fault:
    """What was fetched, with what became known meanwhile."""
    if isinstance(outcome, Entry):
        for change in amendments:
            outcome = outcome._replace(value=change(outcome.value))
    return outcome


def _known_at(entry: Entry | None) -> datetime:
    fetched_at = None if entry is None else entry.reading.fetched_at
    return fetched_at or datetime.min.replace(tzinfo=UTC)


def _is_fresh(entry: Entry | None, since: datetime) -> bool:
    return entry is not None and entry.reading.fetched_at is not None and entry.reading.fetched_at >= since
