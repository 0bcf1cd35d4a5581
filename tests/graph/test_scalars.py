"""Exact decimals and instants, from clients and to them."""

from typing import Any

import pytest

from resolvers.ordering.charging import StartCharging
from resolvers.ordering.desk import Given, give
from tests.graph.world import COMMAND, answer, complaint, world

PREPAID = """mutation M($amount: Decimal) { startCharging(input: {slotId: "Slot:a:b:1", idempotencyKey: "k",
  prepaid: $amount}) { userErrors { code } } }"""


async def test_an_exact_amount_is_taken() -> None:
    wishes: list[StartCharging] = []

    async def take(_: object, wish: StartCharging, __: str) -> Given:
        wishes.append(wish)
        return Given(COMMAND, ())

    await answer(PREPAID, {"amount": "12.50"}, world({give: take}))
    assert [str(wish.prepaid) for wish in wishes] == ["12.50"]


@pytest.mark.parametrize("amount", [12.5, "twelve", "NaN", "Infinity", True, "1E+1000000", "1E-1000000"])
async def test_what_is_no_exact_amount_is_told_so(amount: Any) -> None:
    error = await complaint(PREPAID, {"amount": amount})
    assert 'Decimal is an exact number in a string, such as "12.50"' in error["message"]
