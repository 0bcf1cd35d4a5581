"""What was taken in of which letter, written down in one transaction with the events that it made.

So a process that dies at any moment leaves a letter either as it was or with its events recorded, never between.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.inbox.letters import Content, Letter, State
from hub.inbox.rows import content_of, letter_of
from hub.inbox.turns import Turns
from hub.store.database import Store, as_utc
from hub.store.event_log import EventLog
from hub.store.tables import inbox, pushed_keys
from model.clock import Clock
from model.events import Happening
from vendors.receiving import Pushed

KEEP_DAYS = 7
KEEP_DEAD = timedelta(days=90)
KEEP_KEYS = timedelta(days=90)
"""Longer than any vendor is known to repeat itself."""
KEYS_A_QUERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What becomes of a letter: the keys of what was taken in and the events that it made; `state` from now on.

    `try_at`: of a letter that waits, not before then. `reason`: of a dead one, no data of it.
    """

    letter: Letter
    keys: tuple[str, ...] = ()
    happenings: tuple[Happening, ...] = ()
    state: State = State.WAITING
    reason: str | None = None
    attempts: int = 0
    try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """What was taken in before, by the key that identifies it."""

    by_key: dict[str, list[tuple[int, datetime]]] = field(default_factory=dict)

    def has(self, pushed: Pushed, letter: Letter) -> bool:
        """Whether this was taken in: of the same letter, or of another one and near enough in time."""
        window = pushed.repeats_within
        return any(
            number == letter.number or window is None or abs(letter.received_at - received_at) <= window
            for number, received_at in self.by_key.get(hashed(pushed.key), ())
        )

    def add(self, pushed: Pushed, letter: Letter) -> None:
        """It is taken in now."""
        self.by_key.setdefault(hashed(pushed.key), []).append((letter.number, letter.received_at))


class Ledger:
    """The letters of the accounts whose turn is ours."""

    def __init__(self, store: Store, clock: Clock, events: EventLog, turns: Turns) -> None:
        """Over a store that is open."""
        self._store = store
        self._clock = clock
        self._events = events
        self._turns = turns

    async def due(
        self, account: str, under_way: Collection[int], most: int, most_bytes: int
    ) -> list[tuple[Letter, Content]]:
        """The oldest letters that wait and may be tried now, but for those under way, in the order of arrival."""
        waiting = (
            inbox.c.account == account,
            inbox.c.state == State.WAITING.value,
            or_(inbox.c.try_at.is_(None), inbox.c.try_at <= self._clock.now()),
            inbox.c.number.not_in(under_way),
        )
        sizes = select(inbox.c.number, inbox.c.size).where(*waiting).order_by(inbox.c.number).limit(most)
        async with self._store.reading() as connection:
            numbers = _first([(row.number, row.size) for row in await connection.execute(sizes)], most_bytes)
            query = select(inbox).where(inbox.c.number.in_(numbers)).order_by(inbox.c.number)
            rows = (await connection.execute(query)).all()
        return [(letter_of(row), content) for row in rows if (content := content_of(row)) is not None]

    async def claims(self, account: str, keys: Iterable[str]) -> Claims:
        """Which of these keys were taken in, and by which letters."""
        wanted = list({hashed(key) for key in keys})
        found = Claims()
        async with self._store.reading() as connection:
            for start in range(0, len(wanted), KEYS_A_QUERY):
                some = wanted[start : start + KEYS_A_QUERY]
                query = select(pushed_keys).where(pushed_keys.c.account == account, pushed_keys.c.key.in_(some))
                for row in await connection.execute(query):
                    found.by_key.setdefault(row.key, []).append((row.letter, as_utc(row.received_at)))
        return found

    async def settle(self, account: str, entries: Sequence[Entry]) -> None:
        """Write it all down together. Raises TurnLost when another process has the turn; nothing is written then."""
        async with self._store.writing() as connection:
            await self._turns.check(connection, account)
            if keys := [_key_row(entry.letter, key) for entry in entries for key in dict.fromkeys(entry.keys)]:
                await connection.execute(insert(pushed_keys), keys)
            for entry in entries:
                mine = inbox.c.number == entry.letter.number
                await connection.execute(update(inbox).where(mine).values(**_values(entry, self._clock.now())))
            await self._events.append(connection, [one for entry in entries for one in entry.happenings])

    async def start_anew(self, account: str) -> None:
        """Let every letter that waits be tried now: who waits for whom was known to another process only."""
        waiting = (inbox.c.account == account, inbox.c.state == State.WAITING.value)
        async with self._store.writing() as connection:
            await connection.execute(update(inbox).where(*waiting).values(try_at=None))

    async def forget(self, keep: timedelta) -> None:
        """Delete what is old: what is done after `keep`, what is dead and the keys of what is gone after long."""
        now = self._clock.now()
        async with self._store.writing() as connection:
            for state, age in ((State.DONE, keep), (State.DEAD, max(keep, KEEP_DEAD))):
                old = (inbox.c.state == state.value, inbox.c.settled_at < now - age)
                await connection.execute(delete(inbox).where(*old))
            await _forget_keys(connection, now - KEEP_KEYS)


def hashed(key: str) -> str:
    """What is kept of a key: vendors' own ids may be long, or somebody's name."""
    return sha256(key.encode(errors="surrogatepass")).hexdigest()


async def _forget_keys(connection: AsyncConnection, before: datetime) -> None:
    """Those of a letter that may still be replayed stay."""
    alive = select(inbox.c.number).where(inbox.c.state != State.DONE.value)
    old = (pushed_keys.c.received_at < before, pushed_keys.c.letter.not_in(alive))
    await connection.execute(delete(pushed_keys).where(*old))


def _first(sizes: Iterable[tuple[int, int]], most_bytes: int) -> list[int]:
    """The first letters that are not larger than that together; one at least."""
    numbers: list[int] = []
    for number, size in sizes:
        most_bytes -= size
        if numbers and most_bytes < 0:
            break
        numbers.append(number)
    return numbers


def _key_row(letter: Letter, key: str) -> Mapping[str, object]:
    return {
        "account": letter.account,
        "key": hashed(key),
        "letter": letter.number,
        "received_at": letter.received_at,
    }


def _values(entry: Entry, now: datetime) -> Mapping[str, Any]:
    values: dict[str, Any] = {
        "state": entry.state.value,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "try_at": entry.try_at,
        "settled_at": None if entry.state is State.WAITING else now,
    }
    return {**values, "headers": None, "body": None} if entry.state is State.DONE else values
