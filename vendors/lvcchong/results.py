"""What the vendor tells of a start or stop for a while after it: the result that its key stands for."""

from datetime import timedelta
from typing import Final

from model.clock import Clock
from model.faults import Malformed, NotFound, Rejected
from vendors.acting import Task
from vendors.lvcchong.client import LvccClient

KEPT: Final = timedelta(seconds=45)
"""The vendor's Chinese text says 45 seconds, its English one a minute."""


class Results:
    """Asks for results."""

    def __init__(self, client: LvccClient, clock: Clock) -> None:
        """The clock tells whether a result can still be there."""
        self._client = client
        self._clock = clock

    def are_kept(self, task: Task) -> bool:
        """Whether the vendor may still know the result."""
        return self._clock.now() - (task.sent_at or task.created_at) < KEPT

    async def read(self, key: str | None) -> int | None:
        """The result; None when there is no key or no result, so that something else has to tell. One call."""
        if key is None:
            return None
        try:
            return await self._client.power_up_result(key)
        except (NotFound, Rejected, Malformed):
            # No page of the vendor names the call's path, so that it may be another than the one that is set.
            return None
