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


async def test_a_mutation_answers_that_nothing_was_sent() -> None:
    context = world()
    data = await answer(
        """mutation M($slot: ID!) { ejectBattery(input: {slotId: $slot, idempotencyKey: "k"}) {
             command { id } userErrors { code message field resolution } } }""",
        {"slot": "Slot:cabinets:D1:1"},
        context,
    )
    assert data == {"ejectBattery": {"command": None, "userErrors": [UNSUPPORTED]}}
    assert context.asked == []


async def test_wrong_ids_are_named_each() -> None:
    data = await answer(
        """mutation { setChargerMode(input: {deviceIds: ["Device:a:1", "nonsense", "Site:a:1"], mode: FAST,
             idempotencyKey: "k"}) { userErrors { code message field } } }"""
    )
    assert data["setChargerMode"]["userErrors"] == [
        {
            "code": "INVALID_INPUT",
            "message": "expected a Device id, got 'nonsense'",
            "field": ["input", "deviceIds"],
        },
        {
            "code": "INVALID_INPUT",
            "message": "expected a Device id, got a Site id: 'Site:a:1'",
            "field": ["input", "deviceIds"],
        },
    ]


async def test_an_account_is_named_by_its_key_too() -> None:
    data = await answer(
        'mutation { createSite(input: {accountId: "cabinets", name: "x"}) { site { id } userErrors { code } } }'
    )
    assert data == {"createSite": {"site": None, "userErrors": [{"code": "UNSUPPORTED"}]}}


def test_every_mutation_and_stream_says_that_it_is_not_available() -> None:
    core = core_of(schema())
    for root in (core.mutation_type, core.subscription_type):
        assert isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items():
            assert "Not available in this version" in (field.description or ""), name


@pytest.mark.parametrize(
    "source",
    [
        "subscription { events { id } }",
        'subscription { deviceChanged(ids: ["Device:a:1"]) { id } }',
        "subscription { chargingSessionChanged { id } }",
        'subscription { commandChanged(id: "Command:a:1") { id } }',
    ],
)
async def test_a_stream_ends_at_once_with_an_error(source: str) -> None:
    stream = await schema().subscribe(source, context_value=world())
    (result,) = [result async for result in stream]
    assert result.data is None
    (error,) = result.errors or []
    assert error.message == "live streams are not available in this version; ask again with a query"
    assert error.extensions == {"code": "UNSUPPORTED", "resolution": "NONE"}
