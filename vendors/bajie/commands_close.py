"""Rentals are closed at the vendor, which may leave the battery with whoever has it."""

from collections.abc import AsyncIterator

from model.commands import CommandTarget
from model.faults import Rejected
from model.refs import Ref
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.translate_evidence import RETURNED, has_ended, is_running, order_status


class CompleteRental:
    """Marks the order of a rental completed."""

    def __init__(self, acts: BajieActs, client: BajieClient) -> None:
        """Holds nothing else."""
        self._acts = acts
        self._client = client

    async def prepare(self, task: Task) -> Prepared:
        """Refuses an order that the vendor does not show as running."""
        (target,) = task.targets
        if not is_running(await self._client.order(_session(target).native_id)):
            message = "the vendor does not show it as running: it has already ended, or no battery is out yet"
            raise Rejected(message, resolution=Resolution.USER_ACTION)
        return Prepared()

    async def send(self, task: Task) -> Accepted:
        """Close it."""
        (target,) = task.targets
        await self._acts.close_order(_session(target).native_id)
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the order: it has ended in one of the vendor's two records."""
        (target,) = task.targets
        trade_no = _session(target).native_id
        is_over = has_ended(await self._client.order(trade_no))
        if is_over or order_status(await self._client.order_state(trade_no)) == RETURNED:
            yield Evidence(position=target.position, status=CommandStatus.CONFIRMED)


def _session(target: CommandTarget) -> Ref:
    if target.session is None:
        raise Rejected("name the rental that is to be closed", resolution=Resolution.USER_ACTION)
    return target.session
