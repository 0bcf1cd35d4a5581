"""What happens once for each operation, whatever transport it came by."""

from collections.abc import Iterator
from typing import cast

from graphql import GraphQLSchema, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.schema.base import BaseSchema

from graph.context import GraphContext
from graph.errors import bad_input
from graph.limits import MOST_NODES, count_nodes
from graph.selection import wants


def core_of(schema: BaseSchema) -> GraphQLSchema:
    """The graphql-core schema, for which Strawberry has no public name."""
    core: GraphQLSchema = schema._schema  # type: ignore[attr-defined]  # noqa: SLF001
    return core


class PerOperation(SchemaExtension):
    """Refuses what would list too much, and gives the operation a context of its own that knows what it selects."""

    def on_validate(self) -> Iterator[None]:
        """After validation, which another extension does on the way in."""
        execution = self.execution_context
        document = execution.graphql_document
        operation = get_operation_ast(document, execution.operation_name) if document else None
        if document and operation and not execution.pre_execution_errors:
            nodes = count_nodes(document, core_of(execution.schema), operation, execution.variables or {})
            if nodes > MOST_NODES:
                message = f"this could list {nodes} objects; at most {MOST_NODES} are allowed: ask for smaller pages"
                execution.pre_execution_errors = [bad_input(message)]
        yield

    def on_execute(self) -> Iterator[None]:
        """Before the first resolver."""
        execution = self.execution_context
        if execution.graphql_document:
            selected = wants(execution.graphql_document, core_of(execution.schema), execution.operation_name)
            execution.context = cast("GraphContext", execution.context).for_operation(selected)
        yield
