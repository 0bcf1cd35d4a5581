"""What the input of a mutation says, in the words of `resolvers`."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import strawberry
from graphql import GraphQLError
from strawberry.utils.str_converters import to_camel_case

from graph import ids
from graph.types.fields import NAMES
from model.refs import Kind
from resolvers.complaints import Complaint, Refused, invalid


class Input(Protocol):
    """An input object, as Strawberry makes it."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


def values_of(given: Input) -> Mapping[str, Any]:
    """What was given, by the names of `resolvers`: `slot_id` is the ref `slot`. Raises Refused for every wrong id.

    What is absent and what is null are the same, and left out.
    """
    complaints: list[Complaint] = []
    values: dict[str, Any] = {}
    for field in dataclasses.fields(given):
        value, kind = getattr(given, field.name), field.metadata.get(NAMES)
        if value is None or value is strawberry.UNSET:
            continue
        if kind is None:
            values[field.name] = _chosen(value)
        else:
            name, path = _name_of(field.name), (to_camel_case(field.name),)
            values[name] = _named(value, kind, path, complaints)
    if complaints:
        raise Refused(*complaints)
    return values


def _name_of(field: str) -> str:
    return field.removesuffix("_id") if field.endswith("_id") else field.removesuffix("_ids") + "s"


def _chosen(value: object) -> object:
    """An input object within the input says itself what it is."""
    if isinstance(value, list):
        return tuple(map(_chosen, value))
    chosen = getattr(value, "chosen", None)
    return value if chosen is None else chosen()


def _named(value: str | list[str], kind: Kind, path: tuple[str, ...], complaints: list[Complaint]) -> object:
    """The things that ids name; complaints of those that name none."""
    if isinstance(value, list):
        return tuple(_named(text, kind, (*path, str(index)), complaints) for index, text in enumerate(value))
    try:
        return ids.account_key(value) if kind is Kind.ACCOUNT else ids.parse_as(value, kind)
    except GraphQLError as error:
        complaints.append(invalid(error.message, *path))
        return None
