from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from model.faults import Malformed
from model.records import Billing, ChargingSession, Money, RawCode, Tariff, VendorSubscription
from model.refs import slot_ref, subscription_ref, tariff_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    PriceUnit,
    VendorSubscriptionStatus,
)
from tests.vendors.bajie.samples import ACCOUNT, BATTERY_1, CABINET, ORDER, sample
from vendors.bajie import translate_rentals
from vendors.bajie.wire import CHINA

ACTIVE, COMPLETED, UNKNOWN = (
    ChargingSessionStatus.ACTIVE,
    ChargingSessionStatus.COMPLETED,
    ChargingSessionStatus.UNKNOWN,
)


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


# Orders.


def test_an_order_of_the_list() -> None:
    (item,) = sample("orders")["page"]["records"]

    assert translate_rentals.listed_order(ACCOUNT, item, None) == ChargingSession(
        ref=ORDER,
        kind=ChargingSessionKind.RENTAL,
        status=ACTIVE,
        device=CABINET,
        battery=BATTERY_1,
        started_at=datetime(2026, 1, 1, 4, 0, 5, tzinfo=UTC),
        billing=Billing(status=BillingStatus.PENDING, amount=euro("0.00")),
        raw_status=RawCode("1"),
    )


def test_a_returned_order_of_the_list_without_a_zone_is_china_time() -> None:
    (item,) = sample("orders")["page"]["records"]
    returned = {**item, "pGhtime": "2026-01-01 14:00:05", "pZujie": 2, "pJiesuanid": 3, "settledAmount": 2.5}

    session = translate_rentals.listed_order(ACCOUNT, returned, None)

    assert session.status is COMPLETED
    assert session.end_reason is ChargingSessionEndReason.RETURNED
    assert session.ended_at == datetime(2026, 1, 1, 6, 0, 5, tzinfo=UTC)
    assert session.billing == Billing(status=BillingStatus.SETTLED, amount=euro("2.5"))


@pytest.mark.parametrize(
    ("rent_state", "settlement", "returned", "status"),
    [
        (1, 0, None, ACTIVE),
        (4, 0, None, ACTIVE),
        ("1", "0", "2026-01-01 14:00:05", ACTIVE),
        (1, 5, None, ACTIVE),
        (None, None, None, ACTIVE),
        (2, 0, "2026-01-01 14:00:05", COMPLETED),
        (None, None, "2026-01-01 14:00:05", COMPLETED),
        (0, 0, None, UNKNOWN),
        (2, 0, None, UNKNOWN),
        (97, 0, None, UNKNOWN),
    ],
)
def test_status_of_a_listed_order(
    rent_state: object,
    settlement: object,
    returned: str | None,
    status: ChargingSessionStatus,
) -> None:
    row = {"pOrderid": "1", "pZujie": rent_state, "pJiesuanid": settlement, "pGhtime": returned}

    session = translate_rentals.listed_order(ACCOUNT, row, None)

    assert session.status is status
    assert session.raw_status == (None if rent_state is None else RawCode(str(rent_state)))


@pytest.mark.parametrize(
    ("settled", "amount", "currency", "expected"),
    [
        ("1.50", 9, "EUR", euro("1.50")),
        (None, 9, "eur", euro("9")),
        ("1.50", 9, None, Money(Decimal("1.50"), "CHF")),
        ("1.50", 9, "€", None),
        (None, None, "EUR", None),
    ],
)
def test_amount_of_a_listed_order(
    settled: object,
    amount: object,
    currency: str | None,
    expected: Money | None,
) -> None:
    row = {"pOrderid": "1", "settledAmount": settled, "pJiesuan": amount, "pCurrency": currency}

    billing = translate_rentals.listed_order(ACCOUNT, row, "CHF").billing

    assert billing == Billing(status=BillingStatus.UNKNOWN, amount=expected)


def test_an_order_detail() -> None:
    session = translate_rentals.order_detail(ORDER, sample("order_detail")["data"], CHINA, None)

    assert session == ChargingSession(
        ref=ORDER,
        kind=ChargingSessionKind.RENTAL,
        status=ACTIVE,
        device=CABINET,
        slot=slot_ref(CABINET, 1),
        battery=BATTERY_1,
        started_at=datetime(2026, 1, 1, 4, 0, 5, tzinfo=UTC),
        billing=Billing(
            status=BillingStatus.UNKNOWN,
            amount=euro("0"),
            unit_price=euro("1.5"),
            unit=PriceUnit.HOUR,
        ),
        raw_status=RawCode("1"),
    )


def test_times_of_an_order_detail_are_where_the_account_says() -> None:
    data = {**sample("order_detail")["data"], "returnTime": "2026-01-01 13:00:05", "borrowStatus": 2}

    session = translate_rentals.order_detail(ORDER, data, timezone(timedelta(hours=1)), None)

    assert session.started_at == datetime(2026, 1, 1, 11, 0, 5, tzinfo=UTC)
    assert session.ended_at == datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)
    assert session.end_reason is ChargingSessionEndReason.RETURNED


@pytest.mark.parametrize(
    ("borrow_status", "returned", "status"),
    [(1, "", ACTIVE), (2, "2026-01-01 13:00:05", COMPLETED), (0, "", UNKNOWN), (None, "", UNKNOWN)],
)
def test_status_of_an_order_detail(borrow_status: object, returned: str, status: ChargingSessionStatus) -> None:
    data = {"orderId": "1", "borrowStatus": borrow_status, "returnTime": returned}

    assert translate_rentals.order_detail(ORDER, data, CHINA, None).status is status


@pytest.mark.parametrize(
    ("minutes", "unit"),
    [("1", PriceUnit.MINUTE), (60, PriceUnit.HOUR), (1440, PriceUnit.DAY), (30, None), (None, None)],
)
def test_unit_price_of_an_order_detail(minutes: object, unit: PriceUnit | None) -> None:
    data = {"orderId": "1", "price": 1.5, "priceMinute": minutes, "currency": "EUR"}

    billing = translate_rentals.order_detail(ORDER, data, CHINA, None).billing

    assert billing is not None
    assert billing.unit is unit
    assert billing.unit_price == (euro("1.5") if unit else None)


def test_orders_without_an_id_are_malformed() -> None:
    with pytest.raises(Malformed, match="no order id"):
        translate_rentals.listed_order(ACCOUNT, {"pZujie": 1}, None)
    with pytest.raises(Malformed, match="no order id"):
        translate_rentals.order_detail(ORDER, {"borrowStatus": 1}, CHINA, None)


# Prices.


def test_a_price_strategy_in_the_currency_of_the_account() -> None:
    (item,) = sample("price_strategies")["data"]["records"]

    assert translate_rentals.price_strategy(ACCOUNT, item, "EUR") == Tariff(
        ref=tariff_ref(ACCOUNT, "101"),
        name="standard",
        unit_price=euro("1"),
        unit=PriceUnit.HOUR,
        unit_minutes=60,
        free_minutes=10,
        daily_cap=euro("10"),
        deposit=euro("30"),
        raw=item,
    )


def test_a_price_strategy_without_a_currency_has_no_amounts() -> None:
    (item,) = sample("price_strategies")["data"]["records"]

    tariff = translate_rentals.price_strategy(ACCOUNT, item, None)

    assert (tariff.unit_price, tariff.daily_cap, tariff.deposit) == (None, None, None)


@pytest.mark.parametrize(
    ("code", "unit", "minutes"),
    [(0, PriceUnit.MINUTE, 2), ("1", PriceUnit.HOUR, 120), (2, PriceUnit.DAY, 2880), (3, None, None)],
)
def test_every_price_unit(code: object, unit: PriceUnit | None, minutes: int | None) -> None:
    tariff = translate_rentals.price_strategy(ACCOUNT, {"priceId": 1, "priceTime": 2, "priceUnit": code}, "EUR")

    assert (tariff.unit, tariff.unit_minutes, tariff.name) == (unit, minutes, "1")


def test_a_price_strategy_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed, match="no price id"):
        translate_rentals.price_strategy(ACCOUNT, {"name": "standard"}, "EUR")


def test_the_price_at_a_cabinet() -> None:
    item = sample("device_info")["data"]["priceStrategy"]

    assert translate_rentals.cabinet_tariff(CABINET, "5ee0000001", item) == Tariff(
        ref=tariff_ref(ACCOUNT, "shop-5ee0000001"),
        name="standard",
        unit_price=euro("1"),
        unit=PriceUnit.MINUTE,
        unit_minutes=60,
        free_minutes=10,
        daily_cap=euro("10"),
        deposit=euro("30"),
        raw=item,
    )


@pytest.mark.parametrize(
    ("item", "shop", "native_id"),
    [
        ({"priceId": 101}, "5ee0000001", "101"),
        ({"shopId": "5ee0000002"}, "5ee0000001", "shop-5ee0000002"),
        ({"price": 1}, None, "cabinet-XYZ00001"),
    ],
)
def test_the_name_of_a_price_at_a_cabinet(item: dict[str, object], shop: str | None, native_id: str) -> None:
    tariff = translate_rentals.cabinet_tariff(CABINET, shop, item)

    assert tariff is not None
    assert tariff.ref == tariff_ref(ACCOUNT, native_id)
    assert tariff.name == native_id


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_cabinet_without_a_price(nothing: object) -> None:
    assert translate_rentals.cabinet_tariff(CABINET, None, nothing) is None


# The push configuration.


def test_the_push_configuration() -> None:
    assert translate_rentals.push_config(ACCOUNT, sample("push_config")["data"]) == VendorSubscription(
        ref=subscription_ref(ACCOUNT, "event-push"),
        webhook_url="https://receiving.push.com/event",
        event_types=(
            "CABINET_ONLINE",
            "CABINET_OFFLINE",
            "CABINET_STATUS",
            "BATTERY_IN",
            "BATTERY_BORROW_OUT",
            "BATTERY_ABNORMAL_WARNING",
            "BATTERY_POPUP",
            "ADMIN_RENTAL_ORDER",
        ),
        status=VendorSubscriptionStatus.ACTIVE,
    )


def test_a_push_configuration_with_every_event_off_is_disabled() -> None:
    events = [{"event": "BATTERY_IN", "pushUrl": "", "enable": False}, {"enable": True}, None]

    subscription = translate_rentals.push_config(
        ACCOUNT, {"pushUrl": "https://a.example", "eventSubscriptions": events}
    )

    assert subscription is not None
    assert subscription.event_types == ()
    assert subscription.status is VendorSubscriptionStatus.DISABLED


def test_a_push_configuration_without_a_receiver_is_none() -> None:
    assert translate_rentals.push_config(ACCOUNT, {"pushUrl": "", "eventSubscriptions": []}) is None
