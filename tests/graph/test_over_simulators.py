"""The graph on the real resolvers: five vendors on their simulators, every field of the fleet asked for."""

from collections.abc import AsyncIterator, Iterator

import orjson
import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from graph.context import GraphContext
from graph.engine import execute
from graph.operation import core_of
from tests.graph.world import schema
from tests.support import fleets

LEVELS = 4
ROOTS = ("vendors", "accounts", "sites", "devices", "batteries", "chargingSessions", "tariffs", "vendorSubscriptions")


@pytest.fixture
async def fleet() -> AsyncIterator[fleets.World]:
    async with fleets.world() as world:
        yield world


def everything_of(type_: GraphQLOutputType, levels: int) -> str:
    """Every field that needs no argument, so many levels down; lists of lists one row wide."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        return ""
    assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
    chosen = ["__typename"]
    for name, field in named.fields.items():
        if any(is_required_argument(argument) for argument in field.args.values()):
            continue
        below = get_named_type(field.type)
        if is_leaf_type(below):
            chosen.append(name)
        elif levels > 0:
            arguments = "(first: 2)" if "first" in field.args else ""
            chosen.append(f"{name}{arguments} {everything_of(field.type, levels - 1)}")
    return "{ " + " ".join(chosen) + " }"


@pytest.mark.parametrize("root", ROOTS)
async def test_everything_can_be_asked_of_every_vendor(fleet: fleets.World, root: str) -> None:
    query = core_of(schema()).query_type
    assert query is not None
    selection = everything_of(query.fields[root].type, LEVELS)
    result = await execute(schema(), f"{{ {root} {selection} }}", None, None, GraphContext(fleet.scope()))
    assert result.errors is None
    assert result.data is not None
    orjson.dumps(result.data)
    found = result.data[root]
    assert found if isinstance(found, list) else found["edges"]


async def test_every_vendor_shows_its_own_object_and_nobodys_personal_data(fleet: fleets.World) -> None:
    result = await execute(
        schema(), "{ devices(first: 100) { nodes { vendor { slug } raw } } }", None, None, GraphContext(fleet.scope())
    )
    assert result.errors is None
    assert result.data is not None
    shown = [(node["vendor"]["slug"], node["raw"]) for node in result.data["devices"]["nodes"] if node["raw"]]
    assert {slug for slug, _ in shown} == set(fleet.simulators)
    assert all(isinstance(raw, dict) for _, raw in shown)
    names = {name.casefold() for _, raw in shown for name in keys_of(raw)}
    assert names & PERSONAL == set()


PERSONAL = {"email", "mail", "phone", "mobile", "username", "userid", "createuserid", "licenseplate", "password"}


def keys_of(value: object) -> Iterator[str]:
    """Every key in an object, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)
