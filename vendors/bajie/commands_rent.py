"""Rentals are started: the vendor chooses the battery, ejects it, and calls back when it has left.

The order is the vendor's own word and device info the witness. Where the answer was lost, the order is found again in
the list of the cabinet's orders, by a battery that was there just before.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta, timezone
from typing import ClassVar

from model.clock import Clock
from model.commands import CommandTarget
from model.faults import Rejected, Uncertain, Unsupported
from model.records import RawCode
from model.refs import battery_ref, session_ref
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Heard, Prepared, Task
from vendors.bajie.cabinet_reads import CabinetReads
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.pace import JUDGED_AFTER_S, since_sent_s
from vendors.bajie.translate_evidence import (
    FAILED,
    RELEASED,
    RETURNED,
    Lent,
    Stock,
    Verdict,
    lent,
    listed_lent,
    order_status,
    other_ejection,
    rental,
)
from vendors.bajie.webhook import ANSWER, rental_word
from vendors.contract import DeviceReading
from vendors.kit.paging import every
from vendors.kit.wire import each

CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""How far the vendor's clock may be from ours."""


class RentBattery:
    """Makes an order, under which one battery leaves."""

    callback_answer: ClassVar[Mapping[str, object]] = ANSWER

    def __init__(
        self, acts: BajieActs, client: BajieClient, cabinets: CabinetReads, clock: Clock, zone: timezone
    ) -> None:
        """`zone` is where the times of order details live."""
        self._acts = acts
        self._client = client
        self._cabinets = cabinets
        self._clock = clock
        self._zone = zone

    async def prepare(self, task: Task) -> Prepared:
        """See which battery is in which slot. Refuses a slot of the caller's choice, and a cabinet without stock."""
        (target,) = task.targets
        if target.slot is not None or target.battery is not None:
            raise Unsupported("the vendor chooses the battery of a rental: name the cabinet only")
        ready = await self._cabinets.ready(target.device)
        stock = ready.reading.device.inventory
        if stock is None or not stock.batteries_available:
            message = "no battery in the cabinet is charged enough to be rented; choose another cabinet"
            raise Rejected(message, resolution=Resolution.USER_ACTION)
        return Prepared(before=ready.stock.written())

    async def send(self, task: Task) -> Accepted:
        """Make the order. Without a number in the answer it is looked for as if the answer had been lost."""
        (target,) = task.targets
        trade_no = await self._acts.create_order(target.device.native_id, task.callback_url)
        if trade_no is None:
            return Accepted()
        session = session_ref(target.device.account, trade_no)
        learnt = Evidence(position=target.position, status=CommandStatus.SENT, session=session)
        return Accepted(answer={"tradeNo": trade_no}, learnt=[learnt])

    def hear(self, task: Task, body: bytes, media_type: str) -> Heard:
        """A released battery is ACKNOWLEDGED; a failure is looked into; a return says nothing of the command."""
        (target,) = task.targets
        word = rental_word(body, media_type)
        if word.status == RETURNED:
            return Heard(key=word.key)
        is_ours = word.trade_no is not None and word.trade_no == task.answer.get("tradeNo", word.trade_no)
        if word.status != RELEASED or not is_ours or word.trade_no is None:
            return Heard(key=word.key, look_now=True)
        account = target.device.account
        learnt = Evidence(
            position=target.position,
            status=CommandStatus.ACKNOWLEDGED,
            raw=RawCode(word.status),
            battery=battery_ref(account, word.battery) if word.battery else None,
            session=session_ref(account, word.trade_no),
        )
        return Heard(key=word.key, learnt=[learnt], look_now=True)

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the order, and the cabinet; without its number, the cabinet's orders."""
        (target,) = task.targets
        named = target.session.native_id if target.session else None
        trade_no = task.answer.get("tradeNo", named)
        if trade_no is None:
            evidence = await self._found(task, target)
        else:
            evidence = await self._followed(task, target, trade_no)
        if evidence is not None:
            yield evidence

    async def _followed(self, task: Task, target: CommandTarget, trade_no: str) -> Evidence | None:
        """What became of a known order."""
        status = order_status(await self._client.order_state(trade_no))
        if status == FAILED:
            return await self._failed(task, target)
        out = lent(await self._client.order(trade_no), self._zone)
        if out is None or not self._is_of(out, task, target):
            return None
        if status == RETURNED:
            return _evidence(target, Verdict(CommandStatus.CONFIRMED), out)
        return await self._witnessed(task, target, out)

    async def _witnessed(self, task: Task, target: CommandTarget, out: Lent) -> Evidence:
        """What the cabinet says of a battery that the vendor says has left; it may be back, and in the same slot."""
        if out.returned_at is not None:
            return _evidence(target, Verdict(CommandStatus.CONFIRMED), out)
        sight = await self._cabinets.glance(target.device)
        verdict = Verdict(CommandStatus.ACKNOWLEDGED)
        if sight.stock is not None:
            verdict = rental(Stock.parse(task.before), sight.stock, out) or verdict
        if verdict.status is CommandStatus.OUTCOME_UNKNOWN and self._is_early(task):
            verdict = Verdict(CommandStatus.ACKNOWLEDGED)
        return _evidence(target, verdict, out, sight.reading)

    async def _failed(self, task: Task, target: CommandTarget) -> Evidence | None:
        """The vendor says that no battery left: believed once the cabinet agrees."""
        sight = await self._cabinets.glance(target.device)
        if sight.stock is None or self._is_early(task):
            return None
        refusal = Rejected("the cabinet could not release a battery; try again, or another cabinet", raw_code=FAILED)
        left = Stock.parse(task.before).left_by(sight.stock)
        verdict = other_ejection(left, "the vendor says that no battery left for this order")
        verdict = verdict or Verdict(CommandStatus.FAILED, refusal)
        return _evidence(target, verdict, None, sight.reading)

    async def _found(self, task: Task, target: CommandTarget) -> Evidence | None:
        """The one order under which a battery of this cabinet has left since; None while there is none."""
        if self._is_early(task):
            return None
        held = Stock.parse(task.before).batteries.values()
        orders = [order for order in await self._orders(task, target) if order.battery in held]
        if len(orders) > 1:
            listed = ", ".join(map(str, orders))
            message = f"{len(orders)} batteries were rented there since, and one may be this command's: {listed}"
            fault = Uncertain(message, resolution=Resolution.USER_ACTION)
            return _evidence(target, Verdict(CommandStatus.OUTCOME_UNKNOWN, fault), None)
        return await self._witnessed(task, target, orders[0]) if orders else None

    async def _orders(self, task: Task, target: CommandTarget) -> list[Lent]:
        """Rentals at this cabinet that began since the command was sent, as far as the clocks agree."""
        start, end = task.created_at - CLOCKS_DIFFER_BY, self._clock.now() + CLOCKS_DIFFER_BY
        cabinet = target.device.native_id
        pages = every(1, lambda page: self._client.order_page(page, start, end, cabinet), "order list")
        listed = {order.trade_no: order for order in each(listed_lent, [item async for item in pages])}
        return [order for order in listed.values() if self._is_of(order, task, target)]

    def _is_of(self, order: Lent, task: Task, target: CommandTarget) -> bool:
        """Whether a rental can be this command's: there, and since then."""
        since = (task.sent_at or task.created_at) - CLOCKS_DIFFER_BY
        is_since = order.borrowed_at >= since and (order.returned_at is None or order.returned_at > since)
        return order.cabinet in (None, target.device.native_id) and (is_since or "tradeNo" in task.answer)

    def _is_early(self, task: Task) -> bool:
        return since_sent_s(task, self._clock.now()) < JUDGED_AFTER_S


def _evidence(target: CommandTarget, verdict: Verdict, out: Lent | None, seen: DeviceReading | None = None) -> Evidence:
    account = target.device.account
    return Evidence(
        position=target.position,
        status=verdict.status,
        fault=verdict.fault,
        battery=battery_ref(account, out.battery) if out else None,
        session=session_ref(account, out.trade_no) if out else None,
        seen=seen,
    )
