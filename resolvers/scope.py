"""One operation's view of the hub: who asks, what for, since when, and until when each account may take."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from hub.fleet import Fleet
from hub.flights import Entry
from hub.member import Member
from hub.parts import Key, Read
from hub.snapshots import Snapshot
from model.clock import Clock
from model.faults import Fault
from model.records import Problem, Reading
from model.refs import Ref
from resolvers.patience import Patience

T = TypeVar("T")

ANY_AGE = 10**9
"""A max age in seconds: whatever was read once is good enough."""
NOW = 0
"""A max age: what was read before the operation began is not good enough."""


class BadInput(ValueError):
    """An argument that cannot be meant; the message says how to mend it."""


class Unanswered(Fault):
    """Nothing can be shown of what was asked, not even an old answer; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message, resolution=problem.resolution)
        self.code = problem.code


@dataclass(slots=True, kw_only=True)
class Scope:
    """Made for each operation.

    `wants`: the schema coordinates that the operation selects, such as `Slot.status`, so that only the vendor calls
    that it needs are made; empty means everything. "Now" is one instant for the whole operation: what was fetched
    since it began is never fetched again, whatever maxAge says. `viewer`: who asks, whose idempotency keys are its own.
    """

    fleet: Fleet
    clock: Clock
    wants: frozenset[str] = frozenset()
    may_see_personal_data: bool = False
    viewer: str = "operator"
    started_at: datetime = field(init=False)
    states: dict[tuple[Ref, int | None], Any] = field(init=False, default_factory=dict)
    """What `resolvers.states` found for devices in this operation."""
    _in_vain: dict[tuple[Key, datetime], Snapshot[Any]] = field(init=False, default_factory=dict)
    """What went wrong in this operation: another part of it that needs the same does not try again."""
    _patience: dict[str, Patience] = field(init=False, default_factory=dict)
    _once: dict[Hashable, asyncio.Future[Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    def members(self, accounts: frozenset[str] | None = None, vendors: frozenset[str] | None = None) -> list[Member]:
        """The accounts that this viewer may see, of these accounts and vendors, in the order of the configuration."""
        return [
            member
            for key, member in self.fleet.members.items()
            if (accounts is None or key in accounts) and (vendors is None or member.manifest.slug in vendors)
        ]

    def member(self, account: str) -> Member | None:
        """An account, when this viewer may see it."""
        return self.fleet.members.get(account)

    def visible(self) -> frozenset[str]:
        """The keys of the accounts that this viewer may see."""
        return frozenset(member.key for member in self.members())

    def asks_for(self, *coordinates: str) -> bool:
        """Whether the operation selects any of these."""
        return not self.wants or not self.wants.isdisjoint(coordinates)

    async def read(self, member: Member, read: Read[T], max_age: int | None = None) -> Snapshot[T]:
        """One snapshot, as fresh as asked for or as the account's deadline allows."""
        (snapshot,) = await self.read_many(member, [read], max_age)
        return snapshot

    async def read_many(
        self, member: Member, reads: Sequence[Read[T]], max_age: int | None = None
    ) -> list[Snapshot[T]]:
        """Snapshots of one account in the order of `reads`. `max_age` in seconds; None: what is usual for each part."""
        if not reads:
            return []
        if max_age is not None and max_age < 0:
            raise BadInput("maxAge is a number of seconds and cannot be negative")
        since = [self._since(read, max_age) for read in reads]
        questions = [(read.key, oldest) for read, oldest in zip(reads, since, strict=True)]
        asked = [position for position, question in enumerate(questions) if question not in self._in_vain]
        if member.key not in self._patience:
            self._patience[member.key] = Patience(self.clock, member.settings.deadline_s)
        with self._patience[member.key].waiting() as deadline:
            found = await self.fleet.snapshots.get_many(
                member, [reads[position] for position in asked], [since[position] for position in asked], deadline
            )
        answers = {questions[position]: snapshot for position, snapshot in zip(asked, found, strict=True)}
        self._in_vain.update((question, answer) for question, answer in answers.items() if answer.problem)
        return [answers.get(question) or self._in_vain[question] for question in questions]

    async def once(self, name: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The same answer to the same question within this operation."""
        if name not in self._once:
            self._once[name] = asyncio.ensure_future(make())
        answer: T = await asyncio.shield(self._once[name])
        return answer

    def has(self, name: Hashable) -> bool:
        """Whether `once` was asked this within the operation."""
        return name in self._once

    def is_fresh(self, read: Read[Any], entry: Entry, max_age: int | None) -> bool:
        """Whether what the cache holds is as fresh as asked for."""
        return self.is_recent(entry.reading, read.fresh_s, max_age)

    def is_recent(self, reading: Reading, fresh_s: float, max_age: int | None) -> bool:
        """Whether something was fetched so lately; `fresh_s` where no maxAge is given."""
        return reading.fetched_at is not None and reading.fetched_at >= self._oldest(fresh_s, max_age)

    def _since(self, read: Read[Any], max_age: int | None) -> datetime:
        return self._oldest(max(read.fresh_s, self.fleet.snapshots.least_fresh_s(read.key)), max_age)

    def _oldest(self, fresh_s: float, max_age: int | None) -> datetime:
        return self.started_at - timedelta(seconds=fresh_s if max_age is None else min(max_age, ANY_AGE))
