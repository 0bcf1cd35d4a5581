"""What a start reply and an order prove: every status, with and without an end, with and without energy."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.faults import Malformed, Rejected
from model.states import CommandStatus, Resolution
from tests.vendors.letmecharge.replies import sample
from vendors.letmecharge.translate_commands import (
    ENDS,
    START_FAILURES,
    START_PROOFS,
    came_beside,
    has_ended,
    reply_ids,
    start_verdict,
)
from vendors.letmecharge.wire import Order

ACKNOWLEDGED, CONFIRMED, FAILED = CommandStatus.ACKNOWLEDGED, CommandStatus.CONFIRMED, CommandStatus.FAILED
END = "2026-01-01T12:30:00.000Z"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def order(status: str | None, finished: str | None = None, kwh: Any = 0) -> Order:
    return Order.model_validate({"id": "o", "status": status, "finished": finished, "charged_kwh": kwh})


def test_the_documented_start_reply() -> None:
    assert reply_ids(sample("start")) == {"orderId": "65f0000000000000000000b1", "_id": "65f0000000000000000000a1"}


@pytest.mark.parametrize(
    ("payload", "ids"),
    [
        ({"orderId": "a"}, {"orderId": "a"}),
        ({"_id": "b", "orderId": None, "id": "c"}, {"_id": "b"}),
        ({"orderId": "a", "_id": 7}, {"orderId": "a"}),
    ],
)
def test_one_id_is_enough(payload: dict[str, Any], ids: dict[str, str]) -> None:
    assert reply_ids(payload) == ids


@pytest.mark.parametrize("payload", [{}, {"orderId": 24, "_id": 24}, {"orderId": "", "_id": None}, {"id": "c"}])
def test_a_reply_without_an_order(payload: Any) -> None:
    with pytest.raises(Malformed, match=r"^start charging: the answer names no order$"):
        reply_ids(payload)


@given(ANYTHING)
def test_any_reply_has_ids_or_is_malformed(payload: Any) -> None:
    with suppress(Malformed):
        assert set(reply_ids(payload)) <= {"orderId", "_id"}


@pytest.mark.parametrize(
    ("status", "finished", "kwh", "proven"),
    [
        ("ORDER_INIT_AND_WAITING", None, 0, ACKNOWLEDGED),
        ("IN_PROGRESS", None, 0, CONFIRMED),
        ("FINISHED", END, 3.5, CONFIRMED),
        ("FINISHED", END, 0, CONFIRMED),
        ("NOT_PLUGGED", None, 0, None),
        ("NOT_PLUGGED", END, 0, FAILED),
        ("NOT_PLUGGED", END, 1.5, CONFIRMED),
        ("PAYMENT_ERROR", END, None, FAILED),
        ("PAYMENT_ERROR", END, 0.01, CONFIRMED),
        ("INTERNAL_ERROR", None, 0, FAILED),
        ("INTERNAL_ERROR", END, "2.5", CONFIRMED),
        ("PROVIDER_ERROR", None, 0, FAILED),
        ("PROVIDER_ERROR", END, 4, CONFIRMED),
        ("SUSPENDED_BY_GRID", END, 4, None),
        (None, None, None, None),
    ],
)
def test_what_an_order_proves_of_its_start(
    status: str | None, finished: str | None, kwh: Any, proven: CommandStatus | None
) -> None:
    verdict = start_verdict(order(status, finished, kwh))

    assert (verdict and verdict.status) == proven
    assert (verdict is not None and verdict.fault is not None) == (proven is FAILED)


@pytest.mark.parametrize(
    ("status", "resolution"),
    [
        ("NOT_PLUGGED", Resolution.USER_ACTION),
        ("PAYMENT_ERROR", Resolution.CONTACT_SUPPORT),
        ("INTERNAL_ERROR", Resolution.RETRY_LATER),
        ("PROVIDER_ERROR", Resolution.RETRY_LATER),
    ],
)
def test_a_failed_start_says_why(status: str, resolution: Resolution) -> None:
    verdict = start_verdict(order(status, END))

    assert verdict is not None
    assert isinstance(verdict.fault, Rejected)
    assert verdict.fault.message == f"start charging: {START_FAILURES[status][0]}"
    assert (verdict.fault.raw_code, verdict.fault.resolution) == (status, resolution)


@pytest.mark.parametrize(
    ("status", "finished", "ended"),
    [
        ("FINISHED", None, True),
        ("PAYMENT_ERROR", None, True),
        ("INTERNAL_ERROR", None, True),
        ("PROVIDER_ERROR", None, True),
        ("NOT_PLUGGED", None, False),
        ("NOT_PLUGGED", END, True),
        ("ORDER_INIT_AND_WAITING", None, False),
        ("IN_PROGRESS", END, False),
        ("SUSPENDED_BY_GRID", END, False),
        (None, END, False),
    ],
)
def test_which_orders_have_ended(status: str | None, finished: str | None, ended: bool) -> None:
    assert has_ended(order(status, finished)) is ended


@pytest.mark.parametrize(
    ("status", "finished", "made", "beside"),
    [
        ("IN_PROGRESS", None, "2026-01-01T12:31:00Z", True),
        ("IN_PROGRESS", END, "2026-01-01T12:31:00Z", True),
        ("FINISHED", END, "2026-01-01T12:29:59Z", True),
        ("FINISHED", END, "2026-01-01T12:30:00Z", False),
        ("NOT_PLUGGED", None, "2026-01-01T12:31:00Z", True),
        ("NOT_PLUGGED", END, "2026-01-01T12:31:00Z", False),
        ("FINISHED", END, None, True),
    ],
)
def test_which_orders_came_beside_another(status: str, finished: str | None, made: str | None, beside: bool) -> None:
    other = Order.model_validate({"id": "p", "createdAt": made})

    assert came_beside(order(status, finished), other) is beside


def test_every_end_says_something_of_a_start() -> None:
    assert set(START_PROOFS) | set(START_FAILURES) >= ENDS
    for status in (*ENDS, "NOT_PLUGGED"):
        assert start_verdict(order(status, END)) is not None
