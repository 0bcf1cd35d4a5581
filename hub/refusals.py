"""What vendors said no to: not asked again at once, so that a device which is gone does not eat up the quota."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from hub.parts import Key
from model.clock import Clock
from model.faults import Fault, NotFound, Rejected, Unsupported

LONGEST_S: Mapping[type[Fault], float] = {NotFound: 60.0, Unsupported: 60.0, Rejected: 15.0}
"""For how long a no holds at most, by what was said; every other fault is the breaker's business."""
MOST = 10_000
"""Of all accounts; the one said longest ago makes room."""


class _Refusal(NamedTuple):
    fault: Fault
    at: datetime
    until: datetime


class Refusals:
    """The newest no to each read."""

    def __init__(self, clock: Clock) -> None:
        """Nobody said no yet."""
        self._clock = clock
        self._refusals: dict[Key, _Refusal] = {}

    def note(self, key: Key, fault: Fault, fresh_s: float) -> None:
        """A read failed; an answer would have been fresh for `fresh_s`, and a no holds no longer than that."""
        longest_s = LONGEST_S.get(type(fault))
        if longest_s is None:
            return
        now = self._clock.now()
        self._refusals.pop(key, None)
        if len(self._refusals) >= MOST:
            del self._refusals[next(iter(self._refusals))]
        self._refusals[key] = _Refusal(fault, now, now + timedelta(seconds=min(longest_s, fresh_s)))

    def of(self, key: Key, since: datetime) -> Fault | None:
        """The no that still holds, when it was said since then."""
        refusal = self._refusals.get(key)
        if refusal is None or refusal.at < since or self._clock.now() >= refusal.until:
            return None
        return refusal.fault
