"""Parsing and validating are done once for each source text."""

from strawberry.extensions import parser_cache, validation_cache

from graph.engine import execute
from graph.schema import REMEMBERED_DOCUMENTS
from tests.graph.world import answer, schema, world


async def test_a_repeated_query_is_neither_parsed_nor_validated_again() -> None:
    source = "query Repeated { vendors { name } }"
    await answer(source)
    parsed, validated = _misses()
    for _ in range(3):
        await answer(source)
    assert _misses() == (parsed, validated)


async def test_an_operation_that_is_not_there() -> None:
    result = await execute(schema(), "query A { __typename }", None, "B", world())
    (error,) = result.errors or []
    assert error.message == 'Unknown operation named "B".'


async def test_the_named_operation_is_run() -> None:
    result = await execute(schema(), "query A { vendors { id } } query B { vendors { slug } }", None, "B", world())
    assert result.data == {"vendors": [{"slug": "bajie"}]}


async def test_a_subscription_is_for_streams() -> None:
    result = await execute(schema(), "subscription { events { id } }", None, None, world())
    (error,) = result.errors or []
    assert error.message == "a subscription needs a connection that streams"


async def test_a_stream_that_cannot_be_parsed_ends_with_its_error() -> None:
    stream = await schema().subscribe("subscription {", context_value=world())
    (result,) = [result async for result in stream]
    (error,) = result.errors or []
    assert error.message.startswith("Syntax Error")


def _misses() -> tuple[int, int]:
    caches = (
        parser_cache._get_parse_cache(REMEMBERED_DOCUMENTS),
        validation_cache._get_validate_cache(REMEMBERED_DOCUMENTS),
    )
    parsed, validated = (cached.cache_info().misses for cached in caches)  # type: ignore[attr-defined]
    return parsed, validated
