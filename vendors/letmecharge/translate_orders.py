"""LetMeCharge's orders in our words: charging sessions and what they cost.

Pure: the vendor's JSON in, records out. Raises nothing but Malformed, and that only where an id is missing or a whole
list is unreadable. Source: the order schema of https://docs.letmecharge.net/docs/letmecharge
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from model.faults import Malformed
from model.records import Billing, ChargingSession, Customer, Money, RawCode
from model.refs import Ref, device_ref, session_ref, site_ref, slot_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    EnergySource,
    PriceUnit,
)
from vendors.kit.wire import each, fraction_of_percent, instant_of_text, mapped, number, read_as
from vendors.letmecharge.translate import plugs_of, stations_of, watts
from vendors.letmecharge.wire import Charger, Order, PhysicalPlug

ORDER_STATUSES: Mapping[str, tuple[ChargingSessionStatus, ChargingSessionEndReason | None]] = MappingProxyType(
    {
        "ORDER_INIT_AND_WAITING": (ChargingSessionStatus.PENDING, None),
        "IN_PROGRESS": (ChargingSessionStatus.ACTIVE, None),
        "FINISHED": (ChargingSessionStatus.COMPLETED, None),
        "NOT_PLUGGED": (ChargingSessionStatus.FAILED, ChargingSessionEndReason.NOT_PLUGGED),
        "PAYMENT_ERROR": (ChargingSessionStatus.FAILED, ChargingSessionEndReason.PAYMENT),
        "INTERNAL_ERROR": (ChargingSessionStatus.FAILED, ChargingSessionEndReason.INTERNAL),
        "PROVIDER_ERROR": (ChargingSessionStatus.FAILED, ChargingSessionEndReason.PROVIDER),
    }
)

COMPLETED_WITH_ENERGY: Mapping[str, ChargingSessionEndReason | None] = MappingProxyType(
    {"PAYMENT_ERROR": None, "INTERNAL_ERROR": ChargingSessionEndReason.INTERNAL}
)
"""Errors that do not undo a charge that happened, with the end reason that stays as a warning."""

PRICE_UNITS: Mapping[str, PriceUnit] = MappingProxyType(
    {
        "kwh": PriceUnit.KWH,
        "minute": PriceUnit.MINUTE,
        "hour": PriceUnit.HOUR,
        "session": PriceUnit.SESSION,
        "free": PriceUnit.FREE,
    }
)

NOT_PLUGGED_DEADLINE = timedelta(minutes=15)
"""How long NOT_PLUGGED without an end may still become a charge."""

MAY_STILL_RUN = frozenset({ChargingSessionStatus.PENDING, ChargingSessionStatus.ACTIVE})
CURRENCY_LETTERS = 3


def sessions_of(orders: Sequence[object], account: str, now: datetime) -> list[ChargingSession]:
    """Every order as a session, each once in its newest state; a malformed one does not sink the others.

    Raises Malformed when there are orders and not one can be read.
    """
    newest: dict[Ref, ChargingSession] = {}
    for session in each(lambda order: session_of(order, account, now), orders):
        known = newest.get(session.ref)
        if known is None or _age_key(session) > _age_key(known):
            newest[session.ref] = session
    if orders and not newest:
        raise Malformed("list orders: not one order of the list can be read")
    return list(newest.values())


def session_of(payload: object, account: str, now: datetime) -> ChargingSession:
    """An order as a session. `now` decides when a NOT_PLUGGED without an end has failed. Malformed without an id."""
    order = read_as(Order, payload, "order")
    if not order.ids:
        raise Malformed("order: no id")
    status, end_reason = _outcome(order, now)
    updated_at = instant_of_text(order.updated_at)
    site, device, slot = _place(order, account)
    return ChargingSession(
        ref=session_ref(account, order.ids[0]),
        kind=ChargingSessionKind.CHARGE,
        status=status,
        end_reason=end_reason,
        device=device,
        slot=slot,
        site=site,
        started_at=instant_of_text(order.started),
        ended_at=None if status in MAY_STILL_RUN else instant_of_text(order.finished),
        updated_at=updated_at,
        energy_kwh=number(order.charged_kwh),
        energy_source=None if order.charged_kwh is None else EnergySource.REPORTED,
        power_w=watts(order.power_kw),
        state_of_charge=fraction_of_percent(order.battery_level),
        billing=_billing(order, status),
        customer=_customer(order),
        external_id=order.external_id,
        raw_status=RawCode(order.status) if order.status else None,
        observed_at=updated_at,
    )


def order_ids(payload: object) -> tuple[str, ...]:
    """Every id that an order may be known by: its `id`, `orderId` and `_id`. Empty when it has none."""
    return read_as(Order, payload, "order").ids if isinstance(payload, Mapping) else ()


def touched_at(payload: object) -> datetime | None:
    """When an order was last updated, else made, else started; None when it does not say."""
    return _last_touched(read_as(Order, payload, "order")) if isinstance(payload, Mapping) else None


def orders_of(payloads: Sequence[object]) -> list[Order]:
    """Every order that can be read and has an id, each once: pages overlap when an order comes between them."""
    orders = each(lambda payload: read_as(Order, payload, "order"), payloads)
    return list({order.ids[0]: order for order in orders if order.ids}.values())


def named(orders: Sequence[Order], ids: Collection[str]) -> list[Order]:
    """The orders that have one of these ids under any of their names."""
    return [order for order in orders if not set(order.ids).isdisjoint(ids)]


def plug_of(order: Order) -> str | None:
    """The `_id` of the physical plug that the order is for."""
    return read_as(PhysicalPlug, order.physical_plug, "order.physicalPlugs").id if order.physical_plug else None


def made_at(order: Order) -> datetime | None:
    """When the order was made, else when its charge began."""
    return instant_of_text(order.created_at) or instant_of_text(order.started)


def may_still_run(order: Order, now: datetime) -> bool:
    """Whether the order waits or charges; `now` decides when a NOT_PLUGGED without an end has failed."""
    return _outcome(order, now)[0] in MAY_STILL_RUN


def _last_touched(order: Order) -> datetime | None:
    return next(filter(None, map(instant_of_text, (order.updated_at, order.created_at, order.started))), None)


def _age_key(session: ChargingSession) -> float:
    return session.updated_at.timestamp() if session.updated_at else float("-inf")


def _outcome(order: Order, now: datetime) -> tuple[ChargingSessionStatus, ChargingSessionEndReason | None]:
    status = order.status or ""
    if status == "NOT_PLUGGED" and not order.finished and not _is_overdue(order, now):
        return ChargingSessionStatus.PENDING, None
    if status in COMPLETED_WITH_ENERGY and order.charged_kwh is not None and order.charged_kwh > 0:
        return ChargingSessionStatus.COMPLETED, COMPLETED_WITH_ENERGY[status]
    return mapped(ORDER_STATUSES, status, (ChargingSessionStatus.UNKNOWN, None))


def _is_overdue(order: Order, now: datetime) -> bool:
    last = _last_touched(order)
    return last is not None and now - last > NOT_PLUGGED_DEADLINE


def _place(order: Order, account: str) -> tuple[Ref | None, Ref | None, Ref | None]:
    """Site, device and slot: the device is the station in whose plugs the order's plug is nested."""
    if order.charger is None:
        return None, None, None
    charger = read_as(Charger, order.charger, "order.charger")
    site = site_ref(account, charger.id) if charger.id else None
    plug_id = plug_of(order)
    for station, _ in stations_of(charger):
        if station.id and plug_id and any(plug and plug.id == plug_id for plug, _ in plugs_of(station)):
            device = device_ref(account, station.id)
            return site, device, slot_ref(device, plug_id)
    return site, None, None


def _billing(order: Order, status: ChargingSessionStatus) -> Billing:
    unit = mapped(PRICE_UNITS, order.price_unit, None)
    amount = order.amount
    if unit is PriceUnit.FREE and amount is None:
        amount = Decimal(0)
    return Billing(
        status=_billing_status(order, status, is_free=unit is PriceUnit.FREE and amount == 0),
        amount=_money(amount, order.currency),
        tax=_money(order.tax_price, order.currency),
        commission=_money(order.commission_price, order.currency),
        unit_price=_money(order.plug_price, order.currency),
        unit=unit,
    )


def _billing_status(order: Order, status: ChargingSessionStatus, *, is_free: bool) -> BillingStatus:
    """FINISHED does not say that it was paid, so it is UNKNOWN and never SETTLED."""
    if order.status == "PAYMENT_ERROR":
        return BillingStatus.FAILED
    if is_free:
        return BillingStatus.NONE
    return BillingStatus.PENDING if status in MAY_STILL_RUN else BillingStatus.UNKNOWN


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """None without a currency code: an amount of nothing in particular is not money."""
    if amount is None or currency is None:
        return None
    code = currency.upper()
    is_code = len(code) == CURRENCY_LETTERS and code.isascii() and code.isalpha()
    return Money(amount, code) if is_code else None


def _customer(order: Order) -> Customer | None:
    email = order.user_email or order.email
    return Customer(email=email, license_plate=order.plate) if email or order.plate else None
