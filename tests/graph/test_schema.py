"""What is promised, what is printed, and that all of it is explained."""

from collections.abc import Iterator
from pathlib import Path

import graphql
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    find_breaking_changes,
    is_specified_scalar_type,
)

from graph.operation import core_of
from graph.printing import printed
from model import states
from tests.graph.world import schema

ROOT = Path(__file__).parents[2]
CONTRACT = Path(__file__).with_name("contract.graphql")


def test_the_printed_schema_is_the_one_in_the_repository() -> None:
    assert printed(schema()) == (ROOT / "schema.graphql").read_text(encoding="utf-8")


def test_the_contract_holds() -> None:
    promised = graphql.build_schema(CONTRACT.read_text(encoding="utf-8"))
    ours = graphql.build_schema(printed(schema()))
    assert [change.description for change in find_breaking_changes(promised, ours)] == []


def test_everything_is_described() -> None:
    assert [place for place, description in _described() if not description] == []


def test_every_closed_set_is_in_the_graph_with_its_meanings() -> None:
    for enum in states.Described.__subclasses__():
        type_ = core_of(schema()).type_map[enum.__name__]
        assert isinstance(type_, GraphQLEnumType)
        assert {name: value.description for name, value in type_.values.items()} == {
            member.value: member.meaning for member in enum
        }


def _described() -> Iterator[tuple[str, str | None]]:
    for name, type_ in core_of(schema()).type_map.items():
        if name.startswith("__") or is_specified_scalar_type(type_):
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name}:)", argument.description
        elif isinstance(type_, GraphQLInputObjectType):
            for field_name, input_field in type_.fields.items():
                yield f"{name}.{field_name}", input_field.description
        elif isinstance(type_, GraphQLEnumType):
            for value_name, value in type_.values.items():
                yield f"{name}.{value_name}", value.description
