"""What is declared and not in this version says so and does nothing."""

import pytest
from graphql import GraphQLObjectType

from graph.operation import core_of
from tests.graph.world import answer, schema, world

UNSUPPORTED = {
    "code": "UNSUPPORTED",
    "message": "not available in this version; nothing was sent",
    "field": None,
    "resolution": "NONE",
}
REGISTRATION = "VendorSubscription:cabinets:W1"


@pytest.mark.parametrize(
    ("mutation", "said"),
    [
        ("createVendorSubscription", 'accountId: "cabinets"'),
        ("updateVendorSubscription", f'vendorSubscriptionId: "{REGISTRATION}"'),
        ("deleteVendorSubscription", f'vendorSubscriptionId: "{REGISTRATION}"'),
        ("testVendorSubscription", f'vendorSubscriptionId: "{REGISTRATION}"'),
    ],
)
async def test_a_mutation_answers_that_nothing_was_sent(mutation: str, said: str) -> None:
    context = world()
    errors = "userErrors { code message field resolution }"
    data = await answer(
        f"mutation {{ {mutation}(input: {{{said}}}) {{ vendorSubscription {{ id }} {errors} }} }}", context=context
    )
    assert data == {mutation: {"vendorSubscription": None, "userErrors": [UNSUPPORTED]}}
    assert context.asked == []


async def test_wrong_ids_are_named_all_the_same() -> None:
    data = await answer(
        """mutation { createVendorSubscription(input: {accountId: "Site:a:1", deviceIds: ["nonsense"]}) {
             userErrors { code field } } }"""
    )
    assert data["createVendorSubscription"]["userErrors"] == [
        {"code": "INVALID_INPUT", "field": ["input", "accountId"]},
        {"code": "INVALID_INPUT", "field": ["input", "deviceIds", "0"]},
    ]


def test_what_is_not_available_says_so_and_nothing_else_does() -> None:
    core = core_of(schema())
    for root in (core.query_type, core.mutation_type, core.subscription_type):
        assert isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items():
            is_promised = name.endswith("VendorSubscription")
            assert ("Not available in this version" in (field.description or "")) == is_promised, name
