"""Exact decimals and instants, from clients and to them."""

from typing import Any

import pytest

from tests.graph.world import answer, complaint

PREPAID = """mutation M($amount: Decimal) { startCharging(input: {slotId: "Slot:a:b:1", idempotencyKey: "k",
  prepaid: $amount}) { userErrors { code } } }"""


async def test_an_exact_amount_is_taken() -> None:
    assert await answer(PREPAID, {"amount": "12.50"}) == {"startCharging": {"userErrors": [{"code": "UNSUPPORTED"}]}}


@pytest.mark.parametrize("amount", [12.5, "twelve", "NaN", "Infinity", True])
async def test_what_is_no_exact_amount_is_told_so(amount: Any) -> None:
    error = await complaint(PREPAID, {"amount": amount})
    assert 'Decimal is an exact number in a string, such as "12.50"' in error["message"]
