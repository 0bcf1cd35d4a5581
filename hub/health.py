"""Our link to one account's vendor: a breaker, credentials told apart from outages, one log line down and one up.

CLOSED ──FAILURES_TO_OPEN in a row──▶ OPEN ──after its hold──▶ HALF_OPEN ──success──▶ CLOSED
                                       ▲                            │
                                       └───────── failure ──────────┘  (the hold doubles, to LONGEST_HOLD_S)

Refused credentials open it at once. While it is half open one call tries and the others wait for its outcome.
"""

import asyncio
from datetime import datetime, timedelta

import structlog

from model.clock import Clock
from model.faults import Fault, Malformed, RateLimited, TimedOut, Unauthorised, Uncertain, Unreachable
from model.records import AccountHealth, Problem
from model.states import AccountStatus

FAILURES_TO_OPEN = 5
"""So many failures in a row, with no success between, mean that the vendor is down."""
FIRST_HOLD_S = 5.0
LONGEST_HOLD_S = 60.0
"""How long calls are held back: a recovering vendor is noticed within a minute, and not hammered before."""
CREDENTIALS_HOLD_S = 60.0
"""Refused credentials seldom mend themselves, and vendors lock accounts that insist."""
DEFAULT_RATE_HOLD_S = 60.0
"""A vendor that refuses for quota without saying for how long."""

_LINK_FAILURES = (Unreachable, TimedOut, Malformed, Uncertain, Unauthorised)
"""What says that the link is bad; NotFound, Rejected and Unsupported are answers, and answers mean that it works."""

log = structlog.get_logger(__name__)


class Health:
    """One account's breaker and memory of how calls went."""

    def __init__(self, account: str, clock: Clock) -> None:
        """Nothing was tried yet."""
        self._account = account
        self._clock = clock
        self._failures = 0
        self._hold_s = FIRST_HOLD_S
        self._open_until: datetime | None = None
        self._trial: asyncio.Future[None] | None = None
        self._limited_until: datetime | None = None
        self._last_success_at: datetime | None = None
        self._last_failure_at: datetime | None = None
        self._fault: Fault | None = None

    async def admit(self) -> None:
        """Return when a call may be tried. Raises the fault that opened the breaker while it is open."""
        while self._open_until is not None:
            if self._clock.now() < self._open_until:
                raise self._held_back()
            if self._trial is None:
                self._trial = asyncio.get_running_loop().create_future()
                return
            await asyncio.shield(self._trial)

    def abandon(self) -> None:
        """The call that was admitted never happened: somebody else may try."""
        self._end_trial()

    def succeeded(self) -> None:
        """A call was answered."""
        self._last_success_at = self._clock.now()
        self._limited_until = None
        was_open, self._open_until = self._open_until is not None, None
        self._failures, self._hold_s = 0, FIRST_HOLD_S
        self._end_trial()
        if was_open:
            log.info("account recovered", account=self._account)

    def failed(self, fault: Fault) -> None:
        """A call failed; answers such as NotFound count as success."""
        if isinstance(fault, RateLimited):
            hold_s = fault.retry_after_s or DEFAULT_RATE_HOLD_S
            self._limited_until = self._clock.now() + timedelta(seconds=hold_s)
            self._note(fault)
            self._end_trial()
        elif isinstance(fault, _LINK_FAILURES):
            self._note(fault)
            self._failures += 1
            if self._trial is not None or isinstance(fault, Unauthorised) or self._failures >= FAILURES_TO_OPEN:
                self._open(fault)
            self._end_trial()
        else:
            self.succeeded()

    def state(self) -> AccountHealth:
        """The link as operators see it."""
        status = self._status()
        problem = None
        if status not in (AccountStatus.UP, AccountStatus.UNKNOWN) and self._fault is not None:
            problem = problem_of(self._fault, self._account, self._open_until or self._limited_until)
        return AccountHealth(
            status=status,
            last_success_at=self._last_success_at,
            last_failure_at=self._last_failure_at,
            problem=problem,
        )

    def _status(self) -> AccountStatus:
        if self._open_until is not None:
            return AccountStatus.AUTH_FAILED if isinstance(self._fault, Unauthorised) else AccountStatus.DOWN
        if self._limited_until is not None and self._clock.now() < self._limited_until:
            return AccountStatus.RATE_LIMITED
        if self._failures:
            return AccountStatus.DEGRADED
        return AccountStatus.UNKNOWN if self._last_success_at is None else AccountStatus.UP

    def _note(self, fault: Fault) -> None:
        self._fault = fault
        self._last_failure_at = self._clock.now()

    def _open(self, fault: Fault) -> None:
        was_open = self._open_until is not None
        if was_open and self._trial is None:
            return  # a call that was under way when the breaker opened says nothing new
        if was_open:
            self._hold_s = min(self._hold_s * 2, LONGEST_HOLD_S)
        hold_s = CREDENTIALS_HOLD_S if isinstance(fault, Unauthorised) else self._hold_s
        self._open_until = self._clock.now() + timedelta(seconds=hold_s)
        if not was_open:
            log.warning("account down", account=self._account, code=fault.code.value, reason=fault.message)

    def _end_trial(self) -> None:
        if self._trial is not None:
            self._trial.set_result(None)
            self._trial = None

    def _held_back(self) -> Fault:
        """The fault that opened the breaker, again, without asking the vendor."""
        cause = self._fault
        reason = cause or Unreachable("the vendor does not answer")
        if isinstance(reason, Uncertain):
            # A call that is held back did nothing for certain.
            reason = Unreachable("the vendor gives no clear answers")
        until = self._open_until or self._clock.now()
        held = type(reason)(
            reason.message,
            raw_code=reason.raw_code,
            resolution=reason.resolution,
            retry_after_s=max(0.0, (until - self._clock.now()).total_seconds()),
        )
        held.__cause__ = cause
        return held


def problem_of(fault: Fault, account: str | None, retry_at: datetime | None) -> Problem:
    """A fault in the words of the graph."""
    return Problem(fault.code, fault.message, fault.resolution, account, retry_at)
