"""What one operation may ask for, and that measuring it costs nothing to speak of."""

import time

import pytest
from graphql import get_introspection_query

from graph.limits import MOST_ALIASES, MOST_LEVELS, MOST_NODES, MOST_TOKENS
from tests.graph.world import answer, complaint


def deep(levels: int) -> str:
    """So many levels of fields, all edges to something that is not there."""
    edges = [("slot", "battery")[level % 2] for level in range(levels - 2)]
    return '{ battery(id: "Battery:cabinets:gone") { ' + "".join(f"{name} {{ " for name in edges) + "id" + " }" * levels


async def test_as_many_levels_as_allowed() -> None:
    assert await answer(deep(MOST_LEVELS)) == {"battery": None}


async def test_one_level_more_is_refused() -> None:
    error = await complaint(deep(MOST_LEVELS + 1))
    assert error["message"] == f"{MOST_LEVELS + 1} levels of fields; at most {MOST_LEVELS} are allowed"
    assert error["extensions"]["code"] == "INVALID_INPUT"


async def test_aliases_are_limited_fragments_included() -> None:
    many = " ".join(f"a{number}: id" for number in range(MOST_ALIASES // 2))
    once = "{ vendors { ...F } } fragment F on Vendor { " + many + " }"
    twice = "{ vendors { ...F } again: vendors { ...F } } fragment F on Vendor { " + many + " }"
    await answer(once)
    assert (await complaint(twice))["message"] == f"{MOST_ALIASES + 1} aliases; at most {MOST_ALIASES} are allowed"


async def test_tokens_are_limited() -> None:
    error = await complaint("{ " + "__typename " * MOST_TOKENS + "}")
    assert f"more than {MOST_TOKENS} tokens" in error["message"]


@pytest.mark.parametrize(
    "source",
    [
        "{ sites { nodes { devices(first: 100) { nodes { slots { status battery { stateOfCharge } } } } } } }",
        "{ sites(first: 100) { nodes { devices(first: 100) { nodes { slots { id } batteries { id } } } } } }",
        "{ devices(last: 100) { edges { node { slots { battery { device { slots { id } } } } } } } }",
        get_introspection_query(),
    ],
)
async def test_usual_queries_pass(source: str) -> None:
    await answer(source)


async def test_what_could_list_too_much_is_refused_with_the_number() -> None:
    source = """query Q($n: Int) { sites(first: $n) { nodes { devices(first: 100) { nodes { ...D } } } } }
      fragment D on Device { slots { device { slots { id } } } }"""
    await answer(source, {"n": 45})
    error = await complaint(source, {"n": 46})
    expected = 46 * (1 + 100 * (1 + 10 * (1 + 10)))
    assert error["message"] == (
        f"this could list {expected} objects; at most {MOST_NODES} are allowed: ask for smaller pages"
    )
    assert error["extensions"] == {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}


async def test_the_targets_of_a_command_count_for_many() -> None:
    source = "{ commands(first: 100) { nodes { targets { device { slots { id } batteries { device { id } } } } } } }"
    await answer(source)
    deeper = source.replace("batteries { device { id } }", "batteries { device { slots { id } } }")
    expected = 100 * (1 + 100 * (1 + 10 + 10 * (1 + 10)))
    assert (await complaint(deeper))["message"].startswith(f"this could list {expected} objects")


async def test_a_page_size_that_defaults_counts_as_its_default() -> None:
    source = "query Q($n: Int = 100) { sites(first: $n) { nodes { devices(first: 100) { nodes { ...D } } } } }"
    source += " fragment D on Device { slots { device { slots { id } } } }"
    assert (await complaint(source))["message"].startswith("this could list 1110100 objects")


async def test_nodes_finds_a_hundred_at_a_time() -> None:
    error = await complaint("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["Site:a:b"] * 101})
    assert error["message"] == "101 ids; nodes finds 100 at a time"


async def test_fragments_that_double_are_measured_in_no_time() -> None:
    doubling = "".join(
        f"fragment F{number} on Site {{ ...F{number + 1} ... on Site {{ ...F{number + 1} }} }} " for number in range(40)
    )
    started = time.perf_counter()
    await answer("{ sites { nodes { ...F0 } } } " + doubling + "fragment F40 on Site { id }")
    assert time.perf_counter() - started < 2


async def test_fragments_in_a_circle_are_refused() -> None:
    error = await complaint("{ sites { nodes { ...A } } } fragment A on Site { devices { nodes { site { ...A } } } }")
    assert error["message"] == "Cannot spread fragment 'A' within itself."


async def test_empty_selections_are_no_trouble() -> None:
    assert await answer("{ sites { } }") == {"sites": {}}
