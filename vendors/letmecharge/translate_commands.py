"""What LetMeCharge's start reply and its orders prove of a command.

Pure: the vendor's JSON in, a verdict out. Which status proves what is our reading of the order statuses at
https://docs.letmecharge.net/docs/letmecharge
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from model.faults import Fault, Malformed, Rejected
from model.states import CommandStatus, Resolution
from vendors.kit.wire import instant_of_text, kind_of, mapped
from vendors.letmecharge.translate_orders import made_at
from vendors.letmecharge.wire import Order

ORDER_ID = "orderId"
REPLY_IDS = (ORDER_ID, "_id")
"""What a start reply may call its order; whether either is the `id` in the list of orders is not known."""

START_PROOFS: Mapping[str, CommandStatus] = MappingProxyType(
    {
        "ORDER_INIT_AND_WAITING": CommandStatus.ACKNOWLEDGED,
        "IN_PROGRESS": CommandStatus.CONFIRMED,
        "FINISHED": CommandStatus.CONFIRMED,
    }
)

START_FAILURES: Mapping[str, tuple[str, Resolution]] = MappingProxyType(
    {
        "NOT_PLUGGED": ("no cable was plugged in; plug it in and start again", Resolution.USER_ACTION),
        "PAYMENT_ERROR": ("the payment failed before anything was charged", Resolution.CONTACT_SUPPORT),
        "INTERNAL_ERROR": ("the vendor's platform failed before anything was charged", Resolution.RETRY_LATER),
        "PROVIDER_ERROR": ("the charger's operator failed before anything was charged", Resolution.RETRY_LATER),
    }
)

ENDS = frozenset({"FINISHED", "PAYMENT_ERROR", "INTERNAL_ERROR", "PROVIDER_ERROR"})
"""Statuses that nothing follows. NOT_PLUGGED is one only once `finished` is set."""


class Verdict(NamedTuple):
    """What an order proves of its start; `fault` says why a charge did not begin."""

    status: CommandStatus
    fault: Fault | None = None


def reply_ids(payload: object) -> dict[str, str]:
    """The order's ids in a start reply, under the vendor's names. Raises Malformed when it has none."""
    if not isinstance(payload, Mapping):
        raise Malformed(f"start charging: expected an object, got {kind_of(payload)}")
    ids = {name: value for name in REPLY_IDS if isinstance(value := payload.get(name), str) and value}
    if not ids:
        raise Malformed("start charging: the answer names no order")
    return ids


def has_ended(order: Order) -> bool:
    """Whether nothing more will come of the order."""
    return order.status in ENDS or (order.status == "NOT_PLUGGED" and order.finished is not None)


def came_beside(order: Order, other: Order) -> bool:
    """Whether the other was made before this one ended."""
    end = instant_of_text(order.finished) if has_ended(order) else None
    made = made_at(other)
    return end is None or made is None or made < end


def start_verdict(order: Order) -> Verdict | None:
    """What the order proves of its start; None where its status proves nothing yet.

    Energy proves that a charge began, in whatever error it ended.
    """
    if proven := mapped(START_PROOFS, order.status, None):
        return Verdict(proven)
    failure = mapped(START_FAILURES, order.status, None)
    if failure is None or not has_ended(order):
        return None
    if order.charged_kwh is not None and order.charged_kwh > 0:
        return Verdict(CommandStatus.CONFIRMED)
    message, resolution = failure
    fault = Rejected(f"start charging: {message}", raw_code=order.status, resolution=resolution)
    return Verdict(CommandStatus.FAILED, fault)
