"""Prices to be bought, and orders as evidence; every status and every odd shape."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from model.faults import Rejected
from model.records import RawCode
from model.states import CommandStatus, Resolution
from tests.vendors.lvcchong.replies import sample
from tests.vendors.lvcchong.test_translate_anything import bent
from vendors.lvcchong.notes import ByStandard
from vendors.lvcchong.translate_commands import (
    after,
    beside,
    made_since,
    numbers,
    option_for,
    order_code,
    start_status,
    stopped_by_hand,
)
from vendors.lvcchong.wire import Order, PriceStandard

STANDARD = sample("device_status")["data"]["priceDetail"]
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def at(minutes: float) -> int:
    return int((NOON + timedelta(minutes=minutes)).timestamp() * 1000)


def order(number: str, began: float | None, ended: float | None = None, **more: Any) -> Order:
    """An order by the minutes after noon at which it was made and ended."""
    document: dict[str, Any] = {"orderNum": number, "status": 2 if ended is None else 3}
    if began is not None:
        document["inTime"] = at(began)
    if ended is not None:
        document["endTime"] = at(ended)
    return Order.model_validate(document | more)


def of(found: list[Order]) -> list[str | None]:
    return [one.order_num for one in found]


@pytest.mark.parametrize(
    ("prepaid", "param", "select"),
    [(Decimal(0), "300", "2"), (Decimal(3), "300", "2"), (Decimal("1.00"), "100", "0")],
)
def test_the_option_that_costs_what_is_prepaid(prepaid: Decimal, param: str, select: str) -> None:
    standard = PriceStandard.model_validate(STANDARD)

    assert option_for(standard, prepaid) == ByStandard(standard_id="285", param=param, select=select)


def test_an_amount_that_is_not_offered() -> None:
    with pytest.raises(Rejected, match="prepay one of 3, 1 yuan") as refused:
        option_for(PriceStandard.model_validate(STANDARD), Decimal(2))

    assert refused.value.resolution is Resolution.USER_ACTION


@pytest.mark.parametrize(
    "options", [[], None, ["x"], [{"pricePay": 1, "param": 100}], [{"pricePay": 1, "fullBlackoutForButton": 0}]]
)
def test_a_price_standard_without_whole_options(options: object) -> None:
    standard = PriceStandard.model_validate({"id": 285, "priceStandardUniteList": options})
    with pytest.raises(Rejected, match="offers nothing"):
        option_for(standard, Decimal(0))


@given(bent(STANDARD), st.sampled_from([Decimal(0), Decimal(1), Decimal(3)]))
def test_any_price_standard_gives_an_option_or_a_refusal(document: Any, prepaid: Decimal) -> None:
    standard = PriceStandard.model_validate(document if isinstance(document, dict) else {})
    try:
        option = option_for(standard, prepaid)
    except Rejected:
        return
    assert option.standard_id == standard.id
    assert option.param
    assert option.select


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"status": 0}, None),
        ({"status": 1}, None),
        ({"status": 2}, CommandStatus.CONFIRMED),
        ({"status": 3}, CommandStatus.CONFIRMED),
        ({"status": 3, "powerCount": 0.1}, CommandStatus.CONFIRMED),
        ({"status": 3, "powerCount": 0}, CommandStatus.FAILED),
        ({"status": 3, "powerCount": 0, "startTime": 1}, None),
        ({"status": 4}, CommandStatus.FAILED),
        ({"status": 4, "powerCount": 0.1}, CommandStatus.CONFIRMED),
        ({"status": 4, "powerCount": 0}, CommandStatus.FAILED),
        ({"status": 4, "startTime": 1}, None),
        ({"status": 5}, CommandStatus.CONFIRMED),
        ({"status": 5, "powerCount": 0}, CommandStatus.FAILED),
        ({"status": 77}, None),
        ({}, None),
    ],
)
def test_what_an_order_says_of_its_start(document: dict[str, Any], status: CommandStatus | None) -> None:
    assert start_status(Order.model_validate(document)) is status


def test_codes_are_kept() -> None:
    assert order_code(Order(status=2)) == RawCode("2", "charging")
    assert order_code(Order(status=77)) == RawCode("77", None)
    assert order_code(Order()) is None


def test_what_was_made_since() -> None:
    orders = [order("old", -1), order("known", 1), order("new", 1), order("timeless", None), order("now", 0)]

    assert of(made_since(orders, NOON, ["known"])) == ["new", "now"]


def test_what_held_the_socket_at_the_same_time() -> None:
    ours = order("ours", 10, 20)
    orders = [
        ours,
        order("before", 0, 10),
        order("next", 20),
        order("within", 12, 15),
        order("across", 5, 12),
        order("unpaid", 12, status=0),
    ]

    assert of(beside(ours, orders)) == ["within", "across"]


def test_who_came_after() -> None:
    ours = order("ours", 10, 20)
    orders = [ours, order("before", 0, 9), order("next", 20), order("later", 30, 31), order("timeless", None)]

    assert of(after(ours, orders)) == ["next", "later"]
    assert after(order("ours", 10), orders) == []


def test_without_its_end_an_order_was_over_when_it_was_updated_last() -> None:
    ours = Order(order_num="ours", status=3, in_time=at(10), update_time=at(20))

    assert of(after(ours, [order("next", 21), order("within", 12)])) == ["next"]


def test_who_was_stopped_by_hand() -> None:
    orders = [
        order("hit", 0, 5, endType=3),
        order("full", 0, 5, endType=2),
        order("long ago", -20, -10, endType=3),
        order("much later", 0, 60, endType=3),
        order("running", 0, endType=3),
        Order(order_num="timeless", status=3, end_type=3),
    ]
    found = stopped_by_hand(orders, NOON, NOON + timedelta(minutes=10))

    assert of(found) == ["hit", "timeless"]
    assert numbers(found) == "hit, timeless"
