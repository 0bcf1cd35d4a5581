"""What prices, orders and results say about a command: pure functions. The code tables stand in `codes`.

Units on the wire: `pricePay` in yuan, instants in epoch milliseconds by the vendor's clock; instants are compared with
each other, and with ours only where minutes do not matter.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import inf

from model.faults import Rejected
from model.records import RawCode
from model.states import CommandStatus, Resolution
from vendors.kit.wire import each, read_as
from vendors.lvcchong.codes import ABNORMAL_END, BY_HAND, CHARGING, ENDED, ORDER_STATUSES, UNPAID
from vendors.lvcchong.notes import ByStandard
from vendors.lvcchong.wire import Order, PriceOption, PriceStandard


def option_for(standard: PriceStandard, prepaid: Decimal) -> ByStandard:
    """The option of a price standard that costs so many yuan; the first one when nothing is paid in advance.

    Raises Rejected when it has none, naming the amounts that there are.
    """
    options = [
        option
        for option in each(lambda item: read_as(PriceOption, item, "price option"), standard.price_standard_unite_list)
        if option.param and option.full_blackout_for_button
    ]
    for option in options:
        if standard.id and option.param and option.full_blackout_for_button and prepaid in (0, option.price_pay):
            return ByStandard(standard_id=standard.id, param=option.param, select=option.full_blackout_for_button)
    amounts = ", ".join(f"{option.price_pay:f}" for option in options if option.price_pay)
    offered = f"prepay one of {amounts} yuan" if amounts else "it offers nothing that can be bought"
    raise Rejected(
        f"start charging: the device's price standard has no such amount; {offered}",
        resolution=Resolution.USER_ACTION,
    )


def start_status(order: Order) -> CommandStatus | None:
    """What an order says about the start that made it; None while it has not begun to charge, or where it is unclear.

    Energy proves that there was power. Without any there was none, unless the order tells when it began: it may have
    ended before the meter moved.
    """
    if order.status == CHARGING:
        return CommandStatus.CONFIRMED
    if order.status not in ENDED:
        return None
    is_untold = order.power_count is None and order.status != ABNORMAL_END
    if is_untold or (order.power_count or 0) > 0:
        return CommandStatus.CONFIRMED
    return CommandStatus.FAILED if order.start_time is None else None


def order_code(order: Order) -> RawCode | None:
    """The order's status in the vendor's code."""
    if order.status is None:
        return None
    known = ORDER_STATUSES.get(order.status)
    return RawCode(str(order.status), known[1] if known else None)


def made_since(orders: Iterable[Order], since: datetime, known: Iterable[str]) -> list[Order]:
    """The orders that were made since then and are not among the known ones; those without a time are left out."""
    earliest, old = since.timestamp() * 1000, set(known)
    return [order for order in orders if order.order_num not in old and _began(order) >= earliest]


def beside(order: Order, orders: Iterable[Order]) -> list[Order]:
    """The others that held the socket at the same time as an order; unpaid ones hold nothing."""
    others = [other for other in orders if other.order_num != order.order_num and other.status != UNPAID]
    return [other for other in others if _began(other) < _ended(order) and _began(order) < _ended(other)]


def after(order: Order, orders: Iterable[Order]) -> list[Order]:
    """The orders that began at the socket once this one had ended."""
    others = [other for other in orders if other.order_num != order.order_num]
    return [other for other in others if _began(other) >= _ended(order)]


def stopped_by_hand(orders: Iterable[Order], since: datetime, until: datetime) -> list[Order]:
    """The orders that were stopped by a customer or a call in that time; those without a time count too."""
    first, last = since.timestamp() * 1000, until.timestamp() * 1000
    return [
        order
        for order in orders
        if order.status in ENDED
        and order.end_type == BY_HAND
        and (not order.end_time or first <= order.end_time <= last)
    ]


def numbers(orders: Iterable[Order]) -> str:
    """The orders' numbers, for people."""
    return ", ".join(order.order_num or "?" for order in orders)


def _began(order: Order) -> float:
    return order.in_time or order.start_time or -inf


def _ended(order: Order) -> float:
    """When it ended; what is over without an end was over when it was updated last."""
    return (order.end_time or order.update_time or inf) if order.status in ENDED else inf
