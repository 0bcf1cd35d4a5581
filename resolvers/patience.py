"""How long one operation still waits for one account."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from model.clock import Clock


class Patience:
    """So many seconds in all, of which only those count in which the operation waits for this very account.

    A query asks in steps: who is there, then what is inside. Were the time counted from the first step, an account
    that answers at once would have none left for the second after another one used up the first.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        """Nothing was waited for yet."""
        self._clock = clock
        self._left_s = seconds
        self._waits = 0
        self._since = clock.now()

    @contextmanager
    def waiting(self) -> Iterator[datetime]:
        """Entered with the moment until which to wait; waits at the same time count once."""
        if self._waits == 0:
            self._since = self._clock.now()
        self._waits += 1
        try:
            yield self._since + timedelta(seconds=self._left_s)
        finally:
            self._waits -= 1
            if self._waits == 0:
                self._left_s -= (self._clock.now() - self._since).total_seconds()
