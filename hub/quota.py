"""Counts vendor calls against their budgets, before they are sent, and decides whose turn is next.

A budget is a moving window: at most `limit` calls in *any* `window_s` seconds as the vendor sees them. A call arrives
at the vendor some time between being sent and being answered, so it counts as "now" until its answer is here, and for
a whole window from then on: no clock skew or slow network can squeeze one call too many into the vendor's window.

Commands go first and may use the whole budget; reads leave the reserve untouched. Among reads the one that refreshes
the oldest knowledge goes first, so a fleet larger than its quota is refreshed fairly in turn.
"""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf

from model.clock import Clock
from model.records import Quota
from vendors.kit.quota import Budget, Priority, Ticket, current_ticket

_NEVER = datetime.min.replace(tzinfo=UTC)


class Window:
    """One budget's calls: those under way, and when the answered ones were answered."""

    def __init__(self, budget: Budget, clock: Clock) -> None:
        """Empty: nothing was called yet."""
        self.budget = budget
        self._clock = clock
        self._under_way = 0
        self._answered: deque[float] = deque()

    def allowed(self, priority: Priority) -> int:
        """How many calls of this priority fit into an empty window."""
        left_over = {Priority.COMMAND: 0, Priority.EVIDENCE: self.budget.reserve // 2}
        return self.budget.limit - left_over.get(priority, self.budget.reserve)

    def wait_s(self, priority: Priority) -> float:
        """Seconds until one more call of this priority fits; infinite while calls under way fill the budget."""
        answered = self._recent()
        allowed = self.allowed(priority)
        excess = self._under_way + len(answered) + 1 - allowed
        if excess <= 0:
            return 0.0
        if excess > len(answered):
            return inf
        return answered[excess - 1] + self.budget.window_s - self._clock.monotonic()

    def expected_wait_s(self, priority: Priority, ahead: int) -> float:
        """Seconds until a call fits that has so many before it, if the calls under way are answered at once."""
        answered = self._recent()
        allowed = self.allowed(priority)
        must_leave = self._under_way + len(answered) + ahead + 1 - allowed
        if must_leave <= 0:
            return 0.0
        rounds, last = divmod(must_leave - 1, max(1, allowed))
        left_s = answered[last] - self._clock.monotonic() if last < len(answered) else 0.0
        return left_s + (rounds + 1) * self.budget.window_s

    def begin(self) -> None:
        """A call is being sent."""
        self._under_way += 1

    def end(self) -> None:
        """Its answer is here, or will not come."""
        self._under_way -= 1
        self._answered.append(self._clock.monotonic())

    def recall(self, answered_at: datetime) -> None:
        """A call that an earlier process made; oldest first, and before any of this one."""
        age_s = (self._clock.now() - answered_at).total_seconds()
        if 0 <= age_s < self.budget.window_s:
            self._answered.append(self._clock.monotonic() - age_s)

    def state(self) -> Quota:
        """The budget as it stands now, the reserve included."""
        answered = self._recent()
        resets_at = None
        if answered:
            left_s = answered[-1] + self.budget.window_s - self._clock.monotonic()
            resets_at = self._clock.now() + timedelta(seconds=left_s)
        return Quota(
            name=self.budget.name,
            limit=self.budget.limit,
            window_s=self.budget.window_s,
            remaining=max(0, self.budget.limit - self._under_way - len(answered)),
            resets_at=resets_at,
        )

    def _recent(self) -> deque[float]:
        oldest = self._clock.monotonic() - self.budget.window_s
        while self._answered and self._answered[0] <= oldest:
            self._answered.popleft()
        return self._answered


@dataclass(order=True, slots=True)
class _Waiter:
    priority: Priority
    known_at: datetime
    order: int
    ticket: Ticket = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


class Turnstile:
    """Admits calls one by one while every window has room; accounts that share a budget share a turnstile."""

    def __init__(
        self, windows: Sequence[Window], clock: Clock, on_answered: Callable[[datetime], None] = lambda _: None
    ) -> None:
        """`windows` must all have room for a call to pass; `on_answered` hears of each call, to remember it."""
        self.windows = tuple(windows)
        self._clock = clock
        self._on_answered = on_answered
        self._waiting: list[_Waiter] = []
        self._order = count()
        self._shut_until = -inf
        self._alarm: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Entered when it is this call's turn, left when its answer is here or will not come."""
        ticket = current_ticket.get() or Ticket()
        await self._turn_of(ticket)
        ticket.calls += 1
        try:
            yield
        finally:
            for window in self.windows:
                window.end()
            self._on_answered(self._clock.now())
            self._admit_who_can_go()

    def shut(self, seconds: float) -> None:
        """The vendor said it was too much: nothing passes for so long."""
        self._shut_until = max(self._shut_until, self._clock.monotonic() + seconds)

    @property
    def seconds_per_read(self) -> float:
        """How far apart reads are when they use the tightest budget up, and no more."""
        return max(
            window.budget.window_s / max(1, window.budget.limit - window.budget.reserve) for window in self.windows
        )

    @property
    def shut_for_s(self) -> float:
        """Seconds for which nothing passes, by the vendor's word; 0 when it is open."""
        return max(0.0, self._shut_until - self._clock.monotonic())

    async def aclose(self) -> None:
        """Stop waking waiters; whoever waits is cancelled by its owner."""
        if self._alarm is not None:
            self._alarm.cancel()

    async def _turn_of(self, ticket: Ticket) -> None:
        turn = asyncio.get_running_loop().create_future()
        waiter = _Waiter(ticket.priority, ticket.known_at or _NEVER, next(self._order), ticket, turn)
        heapq.heappush(self._waiting, waiter)
        self._admit_who_can_go()
        if turn.done():
            return
        ticket.hold(self._expected_turn(waiter.priority, self._ahead_of(waiter)))
        try:
            await turn
        except asyncio.CancelledError:
            self._leave(waiter)
            raise
        ticket.held_until = None

    def _ahead_of(self, waiter: _Waiter) -> int:
        """How many go before a new waiter. Of reads there may be thousands, and a new one mostly goes last."""
        if waiter.priority is Priority.READ:
            return len(self._waiting) - 1
        return sum(other < waiter for other in self._waiting)

    def _leave(self, waiter: _Waiter) -> None:
        """A waiter gave up; if its turn had just come, the place goes to the next."""
        if waiter.turn.done() and not waiter.turn.cancelled():
            for window in self.windows:
                window.end()
        else:
            self._waiting.remove(waiter)
            heapq.heapify(self._waiting)
        self._admit_who_can_go()

    def _admit_who_can_go(self) -> None:
        while self._waiting:
            wait_s = self._wait_s(self._waiting[0].priority)
            if wait_s > 0:
                self._set_alarm(wait_s)
                return
            waiter = heapq.heappop(self._waiting)
            for window in self.windows:
                window.begin()
            waiter.turn.set_result(None)

    def _wait_s(self, priority: Priority) -> float:
        return max((self.shut_for_s, *(window.wait_s(priority) for window in self.windows)))

    def _set_alarm(self, seconds: float) -> None:
        """Wake up when the next call fits; calls under way wake the turnstile themselves when they end."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if seconds != inf:
            self._alarm = asyncio.get_running_loop().create_task(self._ring(seconds))

    async def _ring(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._alarm = None
        self._admit_who_can_go()
        self._tell_who_waits()

    def _tell_who_waits(self) -> None:
        """Everybody's expected turn, anew."""
        for ahead, waiter in enumerate(sorted(self._waiting)):
            waiter.ticket.hold(self._expected_turn(waiter.priority, ahead))

    def _expected_turn(self, priority: Priority, ahead: int) -> datetime:
        """When a waiter with so many before it can hope to go."""
        latest = max(window.expected_wait_s(priority, ahead) for window in self.windows)
        return self._clock.now() + timedelta(seconds=max(self.shut_for_s, latest))
