"""How a charge is stopped: the call names a socket and no order (275DWIEM), so that it can hit the next customer.

Nothing but the order that was asked for may run at the socket when it is looked at last, right before the call. What
proves the stop is that order's end; a next order that was ended by hand as well is told, for it may have been hit.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from model.clock import Clock
from model.commands import CommandTarget
from model.faults import Fault, Rejected, Uncertain
from model.records import RawCode
from model.refs import session_ref
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.codes import CHARGING, ENDED, RESULT_DONE, RESULT_PENDING
from vendors.lvcchong.notes import AnswerNote, StopNote
from vendors.lvcchong.orders import CLOCK_SKEW, Orders
from vendors.lvcchong.results import KEPT, Results
from vendors.lvcchong.sockets import reachable
from vendors.lvcchong.translate_commands import after, numbers, order_code, stopped_by_hand
from vendors.lvcchong.wire import Order

LONGEST_SILENCE: Final = timedelta(days=1)
"""A running order was updated within this time."""


class StopCharging:
    """Stops the order that runs at a socket."""

    def __init__(self, client: LvccClient, orders: Orders, results: Results, clock: Clock) -> None:
        """The clock tells since when orders are asked for."""
        self._client = client
        self._orders = orders
        self._results = results
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """See that exactly the order to be stopped runs at the socket: the last thing read. Two calls or more."""
        (target,) = task.targets
        place = (await reachable(self._client, target)).place
        since = self._clock.now() - LONGEST_SILENCE
        running = await self._orders.at(place, since, status=str(CHARGING))
        order = _only_one_wanted(target, [order for order in running if order.status == CHARGING])
        session = session_ref(target.device.account, order)
        return Prepared(
            before=StopNote(place=place, order=order).written(),
            learnt=[Evidence(position=target.position, status=CommandStatus.PENDING, session=session)],
        )

    async def send(self, task: Task) -> Accepted:
        """Cut the socket's power."""
        place = StopNote.model_validate(task.before).place
        answer = await self._client.stop(place.device_id, place.port)
        return Accepted(answer=AnswerNote(result_key=answer.result_key).written())

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """The order, and while it runs the result as long as the vendor keeps it. Two calls or more."""
        note = StopNote.model_validate(task.before)
        for target in task.targets:
            order = await self._orders.find(note.order)
            if order is not None and order.status in ENDED:
                evidence = await self._ended(task, target, note, order)
            else:
                evidence = await self._told(task, target, order)
            if evidence is not None:
                yield evidence

    async def _ended(self, task: Task, target: CommandTarget, note: StopNote, order: Order) -> Evidence | None:
        """The order is over: stopped, unless it had ended by itself and the next one was hit."""
        sent_at = task.sent_at or task.created_at
        since = sent_at - CLOCK_SKEW
        followers = after(order, await self._orders.at(note.place, since))
        hit = stopped_by_hand(followers, since, sent_at + KEPT + CLOCK_SKEW)
        if hit:
            fault = Uncertain(
                f"stop charging: the charge is over, but so is the next one at this socket ({numbers(hit)}), ended by "
                "hand; look whether it was this stop that ended it",
                resolution=Resolution.USER_ACTION,
            )
            return _evidence(target, CommandStatus.OUTCOME_UNKNOWN, order_code(order), fault)
        if self._results.are_kept(task) and any(follower.status not in ENDED for follower in followers):
            # Somebody charges there already, whom the stop may still hit.
            return None
        return _evidence(target, CommandStatus.CONFIRMED, order_code(order))

    async def _told(self, task: Task, target: CommandTarget, order: Order | None) -> Evidence | None:
        """The order is not over: what the device says itself."""
        key = AnswerNote.model_validate(task.answer).result_key
        result = await self._results.read(key) if self._results.are_kept(task) else None
        if result in (None, RESULT_PENDING):
            return None
        if result == RESULT_DONE:
            return _evidence(target, CommandStatus.ACKNOWLEDGED, RawCode(str(result), "stopped"))
        if order is None or order.status != CHARGING:
            return None
        fault = Rejected(f"stop charging: the device did not stop, and the charge goes on (result {result})")
        return _evidence(target, CommandStatus.FAILED, RawCode(str(result)), fault)


def _only_one_wanted(target: CommandTarget, running: list[Order]) -> str:
    """The number of the one order that runs, if it is the one to be stopped. Raises Rejected."""
    found = [order.order_num for order in running if order.order_num]
    if not found:
        raise _refused("nobody charges at this socket; the charge is over, or has not begun")
    wanted = target.session.native_id if target.session else found[0]
    if wanted not in found:
        raise _refused("another customer's session runs at this socket; read it again, the one asked for is over")
    if len(found) > 1:
        raise _refused(f"several charges run at this socket ({numbers(running)}), and all of them would be stopped")
    return wanted


def _refused(message: str) -> Rejected:
    return Rejected(f"stop charging: {message}", resolution=Resolution.USER_ACTION)


def _evidence(
    target: CommandTarget, status: CommandStatus, raw: RawCode | None, fault: Fault | None = None
) -> Evidence:
    return Evidence(position=target.position, status=status, raw=raw, fault=fault)
