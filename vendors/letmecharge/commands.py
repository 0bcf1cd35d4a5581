"""How a charge is started at a plug and stopped, and where the proof is read: in the contract's list of orders.

A start has no idempotency key, so it is sent once and from then on only looked for. A stop names an order, so it can
never hit the next customer's charge. Source: https://docs.letmecharge.net/docs/letmecharge
"""

from asyncio import gather
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from model.clock import Clock
from model.commands import CommandTarget, Instruction
from model.faults import Malformed, NotFound, Rejected, Uncertain
from model.records import RawCode
from model.refs import Ref, session_ref
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.contract import ListsDevices, ReadsDevices
from vendors.letmecharge.client import LetMeChargeClient
from vendors.letmecharge.orders import Orders
from vendors.letmecharge.translate_commands import ORDER_ID, came_beside, has_ended, reply_ids, start_verdict
from vendors.letmecharge.translate_orders import made_at, may_still_run, named, orders_of, plug_of
from vendors.letmecharge.wire import Order

CLOCKS_DIFFER_BY = timedelta(minutes=2)
"""How far the vendor's clock may be from ours."""
ORDERS_COME_WITHIN = timedelta(minutes=2)
"""How long after a start its order may be made: until its deadline."""
WAITS_AT_MOST = timedelta(hours=1)
"""How old an order may be that neither charges nor has ended: those cannot be asked for by status."""


class ReadsChargers(ListsDevices, ReadsDevices, Protocol):
    """Finds the charger of a plug, and reads it."""


class StartCharging:
    """Starts a charge at a physical plug."""

    def __init__(self, client: LetMeChargeClient, orders: Orders, chargers: ReadsChargers, clock: Clock) -> None:
        """`chargers` reads the charger before a start, as the vendor advises."""
        self._client = client
        self._orders = orders
        self._chargers = chargers
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """Find the plug, and the orders that it has had lately. A call for each area, and two more."""
        _refuse_conditions(task.instruction)
        plug = _plug(task.targets[0])
        recent, _ = await gather(self._orders.made_since(task.created_at - CLOCKS_DIFFER_BY), self._find(plug))
        here = [order for order in recent if plug_of(order) == plug.native_id]
        if any(may_still_run(order, self._clock.now()) for order in here):
            raise _refused("start charging: the plug is in use; wait until its charge has ended, or take another plug")
        return Prepared(before={"orders": [name for order in here for name in order.ids]})

    async def send(self, task: Task) -> Accepted:
        """Order the charge. Who the driver is goes out with it and is kept nowhere."""
        (target,) = task.targets
        plug = _plug(target)
        try:
            reply = await self._client.start_charge(plug.native_id, task.instruction.customer)
        except Rejected as fault:
            message = "start charging: refused; the plug may be in use, or not be open to this contract"
            raise _refused(message, fault.raw_code) from fault
        try:
            ids = reply_ids(reply)
        except Malformed as fault:
            raise Uncertain(f"{fault.message}; it may have been started") from fault
        session = session_ref(plug.account, ids[ORDER_ID]) if ORDER_ID in ids else None
        learnt = Evidence(position=target.position, status=CommandStatus.SENT, session=session)
        return Accepted(answer=ids, learnt=[learnt])

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Judge the order that the reply named, else the one that came to this plug by then.

        More than one order for one call is something else than was asked for, and is said to be.
        """
        (target,) = task.targets
        ids = list(task.answer.values())
        sent_at = task.sent_at or task.created_at
        orders = await self._orders.made_since(sent_at - CLOCKS_DIFFER_BY, ids)
        found = _made_by_the_start(named(orders, ids), _unforeseen(orders, task, sent_at))
        if len(found) > 1:
            yield _too_many(target, found)
        elif found and (verdict := start_verdict(found[0])):
            yield Evidence(
                position=target.position,
                status=verdict.status,
                fault=verdict.fault,
                raw=_raw(found[0]),
                session=session_ref(target.device.account, found[0].ids[0]),
            )

    async def _find(self, plug: Ref) -> None:
        """Read the plug's charger now. Raises NotFound when the account's areas have no such plug."""
        for listed in await self._chargers.list_devices():
            if listed.device.ref == plug.device:
                found = await self._chargers.read_device(plug.device, listed.device.site)
                if any(slot.ref == plug for slot in found.slots or ()):
                    return
        raise NotFound("start charging: the account's areas have no such plug; list their devices again")


class StopCharging:
    """Stops the order that is named, or the one that runs at the plug."""

    def __init__(self, client: LetMeChargeClient, orders: Orders, clock: Clock) -> None:
        """`clock` tells which orders are recent."""
        self._client = client
        self._orders = orders
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """Find the order, and refuse one that does not run. Two calls, more where hundreds of orders are recent."""
        (target,) = task.targets
        order = await self._find(target)
        made = made_at(order)
        # By the start's `orderId` where the list has it: that is what the call is documented to take.
        before = {"order": order.order_id or order.ids[0], "made_at": made.isoformat() if made else None}
        session = session_ref(target.device.account, order.ids[0])
        learnt = Evidence(position=target.position, status=CommandStatus.PENDING, session=session)
        return Prepared(before=before, learnt=[learnt])

    async def send(self, task: Task) -> Accepted:
        """Stop the order."""
        await self._client.stop_charge(task.before["order"])
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the order: once it has ended it is stopped, however it ended."""
        (target,) = task.targets
        ids, made = [task.before["order"]], task.before["made_at"]
        orders = await self._orders.made_since(datetime.fromisoformat(made) if made else None, ids)
        for order in filter(has_ended, named(orders, ids)):
            yield Evidence(position=target.position, status=CommandStatus.CONFIRMED, raw=_raw(order))

    async def _find(self, target: CommandTarget) -> Order:
        """The order to stop: one in progress, or a recent one, which may be waiting for its cable."""
        in_progress, recent = await gather(
            self._orders.newest(lambda _: False, status="IN_PROGRESS"),
            self._orders.made_since(self._clock.now() - WAITS_AT_MOST),
        )
        orders = list({order.ids[0]: order for order in (*orders_of(in_progress), *recent)}.values())
        if target.session:
            return _named_charge(orders, target.session, target.slot)
        return _charge_at(_plug(target), orders, self._clock.now())


def _refuse_conditions(instruction: Instruction) -> None:
    """The vendor's call takes no duration, no amount and no price."""
    for name in ("minutes", "prepaid", "tariff"):
        if getattr(instruction, name) is not None:
            message = "LetMeCharge sells at the plug's own price until the charge is stopped"
            raise _refused(f"start charging: {message}; leave out {name}")


def _plug(target: CommandTarget) -> Ref:
    if target.slot is None:
        raise _refused("LetMeCharge charges at a plug; name the slot")
    return target.slot


def _unforeseen(orders: Sequence[Order], task: Task, sent_at: datetime) -> list[Order]:
    """The plug's orders that were not there before the start, made when it may have made them."""
    plug = _plug(task.targets[0]).native_id
    earliest, latest = sent_at - CLOCKS_DIFFER_BY, sent_at + ORDERS_COME_WITHIN + CLOCKS_DIFFER_BY
    known = set(task.before["orders"])
    new = [order for order in orders if plug_of(order) == plug and known.isdisjoint(order.ids)]
    return [order for order in new if (made := made_at(order)) and earliest <= made <= latest]


def _made_by_the_start(ours: Sequence[Order], new: Sequence[Order]) -> list[Order]:
    """The named order and what came beside it: a plug in use takes no other order, unless the vendor acted twice."""
    if not ours:
        return list(new)
    return [*ours, *(order for order in new if order not in ours and came_beside(ours[0], order))]


def _too_many(target: CommandTarget, orders: Sequence[Order]) -> Evidence:
    names = ", ".join(order.ids[0] for order in orders)
    message = f"start charging: the plug has several new orders ({names}); stop those that nobody wants"
    fault = Uncertain(message, resolution=Resolution.USER_ACTION)
    return Evidence(position=target.position, status=CommandStatus.OUTCOME_UNKNOWN, fault=fault)


def _named_charge(orders: Sequence[Order], session: Ref, plug: Ref | None) -> Order:
    """The session's order, if it runs, and at that plug where one is given."""
    order = next(iter(named(orders, [session.native_id])), None)
    if order is None:
        raise NotFound("stop charging: no such charge runs; list the charges again")
    if plug and plug_of(order) not in {None, plug.native_id}:
        raise _refused("stop charging: this charge is at another plug; name that plug, or the charge alone")
    if has_ended(order):
        raise _refused("stop charging: this charge has ended already")
    return order


def _charge_at(plug: Ref, orders: Sequence[Order], now: datetime) -> Order:
    """The one order that runs at the plug."""
    running = [order for order in orders if plug_of(order) == plug.native_id and may_still_run(order, now)]
    if not running:
        raise _refused("stop charging: no charge of this contract runs at this plug")
    if len(running) > 1:
        raise _refused("stop charging: several charges run at this plug; name the one to stop")
    return running[0]


def _raw(order: Order) -> RawCode | None:
    return RawCode(order.status) if order.status else None


def _refused(message: str, raw_code: str | None = None) -> Rejected:
    return Rejected(message, raw_code=raw_code, resolution=Resolution.USER_ACTION)
