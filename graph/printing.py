"""The schema as text, the same every time."""

import strawberry
from strawberry.printer import print_schema


def printed(schema: strawberry.Schema) -> str:
    """The SDL that is kept as schema.graphql in the root of the repository."""
    return print_schema(schema).rstrip() + "\n"
