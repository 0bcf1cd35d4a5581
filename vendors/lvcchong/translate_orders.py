"""Orders into charging sessions: pure functions. The code tables stand in `codes`.

Units on the wire: `payPrice` in yuan, energy of cars in kWh (of two-wheelers: nobody says), power in W, instants in
epoch milliseconds. Only Malformed is raised.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from math import isfinite

from model.faults import Malformed
from model.records import Billing, ChargingSession, Money, RawCode
from model.refs import device_ref, session_ref, site_ref, slot_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    EnergySource,
)
from vendors.kit.wire import each, instant_of_millis, mapped, number, read_as
from vendors.lvcchong.codes import (
    ABNORMAL_END,
    CAR,
    CHARGE_ORDER,
    END_REASONS,
    MOST_SOCKETS,
    ORDER_STATUSES,
    START_FAILED,
    UNPAID,
)
from vendors.lvcchong.wire import CarRecord, ChargingPower, Order


def orders_of(items: Iterable[object]) -> list[Order]:
    """The charges among orders, each once; top-ups and monthly cards are no charges."""
    orders = each(lambda item: read_as(Order, item, "order"), items)
    return list({order.order_num: order for order in orders if order.order_num and is_charge(order)}.values())


def charging_sessions(account: str, items: Iterable[object]) -> list[ChargingSession]:
    """The charges among orders, each once."""
    return [charging_session(account, order) for order in orders_of(items)]


def is_charge(order: Order) -> bool:
    """Whether an order is for charging; orders that do not tell are."""
    return order.type in (None, CHARGE_ORDER)


def is_of_car(order: Order) -> bool:
    """Whether an order is known to be at a car pile."""
    return order.device_family == CAR


def charging_session(account: str, order: Order) -> ChargingSession:
    """An order. Energy only at car piles: nobody says in which unit two-wheelers are metered."""
    if order.order_num is None:
        raise Malformed("order: no orderNum")
    status, label = mapped(ORDER_STATUSES, order.status, (ChargingSessionStatus.UNKNOWN, None))
    if order.status == ABNORMAL_END and order.power_count is not None and order.power_count > 0:
        status = ChargingSessionStatus.COMPLETED
    is_over = status in (ChargingSessionStatus.COMPLETED, ChargingSessionStatus.FAILED)
    reason = None
    if is_over and order.end_type is not None:
        reason = mapped(END_REASONS, order.end_type, ChargingSessionEndReason.UNKNOWN)
    energy = number(order.power_count) if is_of_car(order) else None
    session = ChargingSession(
        ref=session_ref(account, order.order_num),
        kind=ChargingSessionKind.CHARGE,
        status=status,
        end_reason=reason,
        site=site_ref(account, order.estate_id) if order.estate_id else None,
        started_at=instant_of_millis(order.start_time) or instant_of_millis(order.in_time),
        ended_at=instant_of_millis(order.end_time) if is_over else None,
        updated_at=instant_of_millis(order.update_time),
        energy_kwh=energy,
        energy_source=None if energy is None else EnergySource.REPORTED,
        billing=_billing(order),
        raw_status=_order_code(order, label, reason),
    )
    return _placed(session, order.device_id, order.port_num)


def with_power(session: ChargingSession, power: ChargingPower) -> ChargingSession:
    """The session with the power last reported, and with its place where the order did not tell it."""
    placed = session if session.device else _placed(session, power.device_id, power.port_num)
    return replace(placed, power_w=number(power.watt), observed_at=instant_of_millis(power.in_time))


def with_record(session: ChargingSession, record: CarRecord) -> ChargingSession:
    """The session with a car pile's own record: kWh so far, and volt times ampere."""
    energy = number(record.actual_electric_quantity)
    has_failed = record.charging_status == START_FAILED
    return replace(
        session,
        status=ChargingSessionStatus.FAILED if has_failed else session.status,
        energy_kwh=session.energy_kwh if energy is None else energy,
        energy_source=session.energy_source if energy is None else EnergySource.REPORTED,
        power_w=_watts(record.charging_voltage, record.charging_current),
    )


def _watts(volts: Decimal | None, amperes: Decimal | None) -> float | None:
    if volts is None or amperes is None:
        return None
    watts = round(float(volts) * float(amperes), 1)
    return watts if isfinite(watts) else None


def _placed(session: ChargingSession, device_id: str | None, port: int | None) -> ChargingSession:
    if device_id is None:
        return session
    device = device_ref(session.ref.account, device_id)
    has_port = port is not None and 1 <= port <= MOST_SOCKETS
    return replace(session, device=device, slot=slot_ref(device, port) if has_port and port else None)


def _billing(order: Order) -> Billing:
    amount = None if order.pay_price is None else Money(order.pay_price, "CNY")
    is_due = order.status == UNPAID
    return Billing(status=BillingStatus.PENDING if is_due else BillingStatus.UNKNOWN, amount=amount)


def _order_code(order: Order, label: str | None, reason: ChargingSessionEndReason | None) -> RawCode | None:
    """The order's status; an end type that no table knows is named in the label."""
    if order.status is None:
        return None
    if reason is ChargingSessionEndReason.UNKNOWN:
        label = f"{label}, endType {order.end_type}"
    return RawCode(str(order.status), label)
