"""What reads prove of commands: pure functions over what was read before and after.

Device info is the witness for batteries: a battery that is no longer in its slot has left it, whoever took it.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import NamedTuple, Self

from model.faults import Fault, Malformed, Uncertain
from model.records import Json
from model.states import CommandStatus, Resolution, SlotOccupancy
from vendors.bajie import wire
from vendors.bajie.translate_rentals import UNDER_LEASE
from vendors.contract import DeviceReading
from vendors.kit.wire import each, instant_of_text, read_as

LOCKED = "8"
"""`pFaultType` of a slot that was locked by hand."""
NOT_AUTHENTIC = "6"
"""`pFaultType` of a battery that failed authentication."""
FAILED, RELEASED, RETURNED = "0", "1", "2"
"""`status` of an order query and of a callback."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Which battery was in which slot of a cabinet of `size` slots, at one moment."""

    size: int
    batteries: Mapping[int, str]

    @classmethod
    def of(cls, reading: DeviceReading) -> Self | None:
        """As one reading tells it; None where it does not tell, or contradicts itself."""
        slots = reading.slots
        if slots is None or any(slot.occupancy is SlotOccupancy.UNKNOWN for slot in slots):
            return None
        return cls(len(slots), {slot.index: slot.battery.native_id for slot in slots if slot.battery})

    @classmethod
    def parse(cls, written: Json) -> Self:
        """What `written` wrote."""
        return cls(written["size"], {int(slot): battery for slot, battery in written["batteries"].items()})

    def written(self) -> Json:
        """As JSON."""
        return {"size": self.size, "batteries": {str(slot): battery for slot, battery in self.batteries.items()}}

    def only(self, batteries: Iterable[str]) -> "Stock":
        """The same with these batteries only."""
        wanted = set(batteries)
        return Stock(self.size, {slot: held for slot, held in self.batteries.items() if held in wanted})

    def slot_of(self, battery: str) -> int | None:
        """Where a battery was."""
        return next((slot for slot, held in self.batteries.items() if held == battery), None)

    def left_by(self, later: "Stock") -> Mapping[int, str]:
        """The batteries that are not in their slot any more, by that slot."""
        return {slot: held for slot, held in self.batteries.items() if later.batteries.get(slot) != held}


class Verdict(NamedTuple):
    """What became of a command; `fault` says what else happened, or happened instead."""

    status: CommandStatus
    fault: Fault | None = None


def ejection(before: Stock, now: Stock, slot: int) -> Verdict | None:
    """What became of an ejection from one slot; None while nothing has left the cabinet."""
    left = dict(before.left_by(now))
    meant = left.pop(slot, None)
    if meant is not None:
        return Verdict(CommandStatus.CONFIRMED, _more_left(left) if left else None)
    return other_ejection(left, f"the battery of slot {slot} is still there")


def other_ejection(left: Mapping[int, str], but: str) -> Verdict | None:
    """Batteries left that were not meant to; None where none did."""
    if not left:
        return None
    message = f"{but}, but others left the cabinet: {_listed(left)}; it may still follow"
    return Verdict(CommandStatus.OUTCOME_UNKNOWN, Uncertain(message, resolution=Resolution.USER_ACTION))


def emptying(before: Stock, now: Stock) -> Verdict | None:
    """What became of an order to eject all these batteries; None while none of them has left."""
    left = before.left_by(now)
    if not left:
        return None
    if len(left) == len(before.batteries):
        return Verdict(CommandStatus.CONFIRMED)
    stayed = {slot: held for slot, held in before.batteries.items() if slot not in left}
    message = f"{len(left)} batteries left, and {len(stayed)} are still there: {_listed(stayed)}"
    return Verdict(CommandStatus.OUTCOME_UNKNOWN, Uncertain(message, resolution=Resolution.USER_ACTION))


def authentic(items: Iterable[object], *, is_authentic: bool) -> list[str]:
    """Of a battery list: the ids of those that passed authentication, or of those that failed it."""
    rows = each(lambda item: read_as(wire.BatteryRow, item, "battery row"), items)
    told = [(row.battery_id, row.fault_type) for row in rows if row.battery_id and row.fault_type]
    return [battery for battery, fault in told if (fault != NOT_AUTHENTIC) is is_authentic]


def is_locked(items: Iterable[object], slot: int) -> bool | None:
    """Of a slot list: whether a slot is locked by hand. None: not told."""
    rows = each(lambda item: read_as(wire.SlotRow, item, "slot row"), items)
    fault = next((row.fault_type for row in rows if row.slot == slot), None)
    return None if fault is None else fault == LOCKED


def order_status(payload: object) -> str | None:
    """`status` of an order query; None while it is pending."""
    return read_as(wire.OrderState, payload, "order query").status


@dataclass(frozen=True, slots=True)
class Lent:
    """A battery that left on a rental, by the vendor's own records."""

    trade_no: str
    battery: str
    cabinet: str | None
    slot: int | None
    borrowed_at: datetime
    returned_at: datetime | None

    def __str__(self) -> str:
        return f"{self.battery} (order {self.trade_no})"


def lent(payload: object, zone: timezone) -> Lent | None:
    """Order detail as a rental; None while it names no battery or no time. `zone` is where its times live."""
    row = read_as(wire.OrderDetail, payload, "order detail")
    borrowed_at = instant_of_text(row.borrow_time, zone)
    if row.order_id is None or row.battery_id is None or borrowed_at is None:
        return None
    returned_at = instant_of_text(row.return_time, zone)
    return Lent(row.order_id, row.battery_id, row.cabinet_id, row.borrow_slot or None, borrowed_at, returned_at)


def listed_lent(item: object) -> Lent:
    """A row of the order list as a rental. Raises Malformed where it is none."""
    row = read_as(wire.OrderRow, item, "order row")
    borrowed_at = instant_of_text(row.borrowed, wire.CHINA)
    if row.order_id is None or row.battery_id is None or borrowed_at is None:
        raise Malformed("order row: no order id, battery or time")
    returned_at = instant_of_text(row.returned, wire.CHINA)
    return Lent(row.order_id, row.battery_id, row.cabinet_id, None, borrowed_at, returned_at)


def rental(before: Stock, now: Stock, out: Lent) -> Verdict | None:
    """What the cabinet says of a battery that the vendor says has left; None while nothing has left the cabinet."""
    slot = before.slot_of(out.battery) or out.slot
    left = {where: held for where, held in before.left_by(now).items() if held != out.battery}
    is_there = out.battery in now.batteries.values() if slot is None else now.batteries.get(slot) == out.battery
    if is_there:
        return other_ejection(left, f"{out.battery} of order {out.trade_no} is still there")
    return Verdict(CommandStatus.CONFIRMED, _more_left(left) if left else None)


def has_ended(payload: object) -> bool:
    """Order detail of a rental that is over: it has a return time, or a lease state other than the running one."""
    row = read_as(wire.OrderDetail, payload, "order detail")
    return row.return_time is not None or row.borrow_status not in (None, UNDER_LEASE)


def is_running(payload: object) -> bool:
    """Order detail of a rental whose battery is out."""
    row = read_as(wire.OrderDetail, payload, "order detail")
    return row.borrow_status == UNDER_LEASE and row.return_time is None


def _more_left(others: Mapping[int, str]) -> Fault:
    message = f"others left the cabinet in the meantime: {_listed(others)}; by this command or by somebody's rental"
    return Uncertain(message, resolution=Resolution.USER_ACTION)


def _listed(batteries: Mapping[int, str]) -> str:
    return ", ".join(f"{battery} of slot {slot}" for slot, battery in sorted(batteries.items()))
