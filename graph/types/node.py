"""Things with an id that lasts."""

import strawberry

from graph.types.fields import plain


def _type_of(source: object, _info: object, _abstract: object) -> str:
    """The kind of a ref is the name of its type."""
    return str(source.ref.kind.value)  # type: ignore[attr-defined]


@strawberry.interface(description="Something with an id that lasts and that `node` finds again.")
class Node:
    """Something with an id that lasts and that `node` finds again."""

    id: strawberry.ID = plain("Names it for good, here and in every answer. Treat it as opaque.", "ref.id")

    resolve_type = staticmethod(_type_of)
