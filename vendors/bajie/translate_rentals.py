"""Orders, prices and the push configuration as model records: pure functions, and the home of their code tables.

Money is in major units; an amount without a currency is no Money and is left out. Every function takes decoded JSON of
any shape and raises nothing but Malformed.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from datetime import timezone
from decimal import Decimal

from model.faults import Malformed
from model.records import Billing, ChargingSession, Json, Money, RawCode, Tariff, VendorSubscription
from model.refs import Ref, battery_ref, device_ref, session_ref, slot_ref, subscription_ref, tariff_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    PriceUnit,
    VendorSubscriptionStatus,
)
from vendors.bajie import wire
from vendors.kit.wire import each, instant_of_text, read_as

UNSETTLED = "0"
"""`pJiesuanid` of an order that is not paid yet."""

OUT_ON_RENT = frozenset({"1", "4"})
"""`pZujie` of orders that the vendor's own consumer page shows as still rented."""

UNDER_LEASE = "1"
"""The one `borrowStatus` that is known."""

PRICE_UNITS: Mapping[str, tuple[PriceUnit, int]] = {
    "0": (PriceUnit.MINUTE, 1),
    "1": (PriceUnit.HOUR, 60),
    "2": (PriceUnit.DAY, 1440),
}
"""`priceUnit` with its minutes."""

UNIT_OF_MINUTES: Mapping[int, PriceUnit] = {minutes: unit for unit, minutes in PRICE_UNITS.values()}

END_REASONS: Mapping[ChargingSessionStatus, ChargingSessionEndReason] = {
    ChargingSessionStatus.COMPLETED: ChargingSessionEndReason.RETURNED,
}

PUSH_CONFIG_ID = "event-push"
"""The vendor gives its one push configuration no id."""


def listed_order(account: str, item: object, currency: str | None) -> ChargingSession:
    """A row of the order list; its times are China time where they name no zone. Source: api-110374526."""
    row = read_as(wire.OrderRow, item, "order row")
    if row.order_id is None:
        raise Malformed("order row: no order id")
    status = _listed_status(row)
    settlement = BillingStatus.PENDING if row.settlement == UNSETTLED else BillingStatus.SETTLED
    amount = row.amount if row.settled_amount is None else row.settled_amount
    return ChargingSession(
        ref=session_ref(account, row.order_id),
        kind=ChargingSessionKind.RENTAL,
        status=status,
        end_reason=END_REASONS.get(status),
        device=device_ref(account, row.cabinet_id) if row.cabinet_id else None,
        battery=battery_ref(account, row.battery_id) if row.battery_id else None,
        started_at=instant_of_text(row.borrowed, wire.CHINA),
        ended_at=instant_of_text(row.returned, wire.CHINA),
        billing=Billing(
            status=settlement if row.settlement else BillingStatus.UNKNOWN,
            amount=_money(amount, row.currency or currency),
        ),
        raw_status=RawCode(row.rent_state) if row.rent_state else None,
    )


def order_detail(session: Ref, payload: object, zone: timezone, currency: str | None) -> ChargingSession:
    """One order; `zone` is where its times live. It names no return cabinet or slot. Source: api-67396392."""
    row = read_as(wire.OrderDetail, payload, "order detail")
    if row.order_id is None:
        raise Malformed("order detail: no order id")
    status = _detailed_status(row)
    device = device_ref(session.account, row.cabinet_id) if row.cabinet_id else None
    unit = UNIT_OF_MINUTES.get(row.price_minute or 0)
    return ChargingSession(
        ref=session,
        kind=ChargingSessionKind.RENTAL,
        status=status,
        end_reason=END_REASONS.get(status),
        device=device,
        slot=slot_ref(device, row.borrow_slot) if device and row.borrow_slot and row.borrow_slot > 0 else None,
        battery=battery_ref(session.account, row.battery_id) if row.battery_id else None,
        started_at=instant_of_text(row.borrow_time, zone),
        ended_at=instant_of_text(row.return_time, zone),
        billing=Billing(
            status=BillingStatus.UNKNOWN,
            amount=_money(row.order_amount, row.currency or currency),
            unit_price=_money(row.price, row.currency or currency) if unit else None,
            unit=unit,
        ),
        raw_status=RawCode(row.borrow_status) if row.borrow_status else None,
    )


def price_strategy(account: str, item: object, currency: str | None) -> Tariff:
    """A price strategy; it names no currency of its own, so that of the account's settings counts."""
    row = read_as(wire.PriceStrategy, item, "price strategy")
    if row.price_id is None:
        raise Malformed("price strategy: no price id")
    unit, minutes = PRICE_UNITS.get(row.price_unit or "", (None, None))
    currency = row.currency or currency
    return Tariff(
        ref=tariff_ref(account, row.price_id),
        name=row.name or row.price_id,
        unit_price=_money(row.price, currency),
        unit=unit,
        unit_minutes=minutes * row.price_time if minutes and row.price_time else None,
        free_minutes=row.free_minutes,
        daily_cap=_money(row.daily_max_price, currency),
        deposit=_money(row.deposit_amount, currency),
        raw=_raw(item),
    )


def cabinet_tariff(device: Ref, shop_id: str | None, payload: object) -> Tariff | None:
    """The price at a cabinet, `price` for `priceMinute` minutes; None when none is given. Source: api-67396394.

    `priceId` may be absent: the tariff then bears the id of the shop, or without one the cabinet's.
    """
    if not payload:
        return None
    row = read_as(wire.CabinetPrice, payload, "device info: price strategy")
    shop = row.shop_id or shop_id
    native_id = row.price_id or (f"shop-{shop}" if shop else f"cabinet-{device.native_id}")
    return Tariff(
        ref=tariff_ref(device.account, native_id),
        name=row.name or native_id,
        unit_price=_money(row.price, row.currency),
        unit=PriceUnit.MINUTE if row.price_minute else None,
        unit_minutes=row.price_minute,
        free_minutes=row.free_minutes,
        daily_cap=_money(row.daily_max_price, row.currency),
        deposit=_money(row.deposit_amount, row.currency),
        raw=_raw(payload),
    )


def push_config(account: str, payload: object) -> VendorSubscription | None:
    """The account's one push configuration; None where it has no receiver. Source: api-136071391."""
    config = read_as(wire.PushConfig, payload, "event-push configuration")
    if config.push_url is None:
        return None
    switches = each(lambda item: read_as(wire.EventSwitch, item, "event"), config.event_subscriptions)
    events = tuple(switch.event for switch in switches if switch.event and switch.enable)
    return VendorSubscription(
        ref=subscription_ref(account, PUSH_CONFIG_ID),
        webhook_url=config.push_url,
        event_types=events,
        status=VendorSubscriptionStatus.ACTIVE if events else VendorSubscriptionStatus.DISABLED,
    )


def _listed_status(row: wire.OrderRow) -> ChargingSessionStatus:
    """Still rented by the vendor's own rule; else what the return time says, which is null until the return."""
    if row.settlement == UNSETTLED and row.rent_state in OUT_ON_RENT:
        return ChargingSessionStatus.ACTIVE
    if row.returned:
        return ChargingSessionStatus.COMPLETED
    is_out = row.rent_state is None or row.rent_state in OUT_ON_RENT
    return ChargingSessionStatus.ACTIVE if is_out else ChargingSessionStatus.UNKNOWN


def _detailed_status(row: wire.OrderDetail) -> ChargingSessionStatus:
    if row.borrow_status == UNDER_LEASE:
        return ChargingSessionStatus.ACTIVE
    return ChargingSessionStatus.COMPLETED if row.return_time else ChargingSessionStatus.UNKNOWN


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    if amount is None or currency is None or not (len(currency) == 3 and currency.isalpha()):
        return None
    return Money(amount, currency.upper())


def _raw(item: object) -> Json | None:
    return dict(item) if isinstance(item, Mapping) else None
