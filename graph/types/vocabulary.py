"""The closed sets of the model, published as enums; each value is described by its meaning."""

import inspect

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from model import states


def publish_enums() -> None:
    """Describe every closed set of the model."""
    for enum in states.Described.__subclasses__():
        definition = _definition(enum)
        definition.description = inspect.getdoc(enum)
        for value, member in zip(definition.values, enum, strict=True):
            value.description = member.meaning


def _definition(enum: type[states.Described]) -> StrawberryEnumDefinition:
    """Strawberry makes one by itself for an annotation that it resolved early, and types hold on to that one."""
    if "__strawberry_definition__" not in vars(enum):
        strawberry.enum(enum)
    definition: StrawberryEnumDefinition = vars(enum)["__strawberry_definition__"]
    return definition
