"""What the executor does for every single value, made cheap.

Strawberry reads an attribute through three calls, and writes an enum member by looking through all members. A page of
a thousand slots has tens of thousands of such values.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphql import GraphQLEnumType, GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from graph.types.fields import READ


def take_shortcuts(schema: GraphQLSchema) -> None:
    """Give every plain field the function that reads it, and every enum a table of its members."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            for field in type_.fields.values():
                _read_directly(field)
        elif isinstance(type_, GraphQLEnumType) and not type_.name.startswith("__"):
            names = {value.value: name for name, value in type_.values.items()}
            type_.coerce_output_value = names.__getitem__  # type: ignore[assignment,method-assign]


def _read_directly(field: GraphQLField) -> None:
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(declared, StrawberryField) or not declared.is_basic_field:
        return
    read = declared.metadata.get(READ) or declared.python_name
    field.resolve = _resolver(attrgetter(read) if isinstance(read, str) else read)


def _resolver(read: Callable[[Any], object]) -> Callable[..., object]:
    def resolve(source: object, _info: object) -> object:
        return read(source)

    return resolve
