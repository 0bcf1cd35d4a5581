"""What happens once for each operation, whatever transport it came by."""

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import ParserCache, SchemaExtension
from strawberry.schema.base import BaseSchema
from strawberry.types import ExecutionContext

from graph.context import GraphContext
from graph.errors import bad_input
from graph.limits import MOST_NODES, count_nodes
from graph.selection import wants


def core_of(schema: BaseSchema) -> GraphQLSchema:
    """The graphql-core schema, for which Strawberry has no public name."""
    core: GraphQLSchema = schema._schema  # type: ignore[attr-defined]  # noqa: SLF001
    return core


class DocumentCache(ParserCache):
    """Remembers documents; one that cannot be parsed is left to the parser, whose error every transport handles."""

    def on_parse(self) -> Iterator[None]:
        """Before the parser."""
        execution = self.execution_context
        with suppress(GraphQLError):
            execution.graphql_document = self.cached_parse_document(execution.query, **execution.parse_options)
        yield


class PerOperation(SchemaExtension):
    """Refuses what would list too much, and gives the operation a context of its own that knows what it selects."""

    def on_validate(self) -> Iterator[None]:
        """After validation, which another extension does on the way in."""
        execution = self.execution_context
        if execution.graphql_document and not execution.pre_execution_errors:
            error = _unnamed(execution, execution.graphql_document) or _too_much(execution, execution.graphql_document)
            execution.pre_execution_errors = [error] if error else []
        yield

    def on_execute(self) -> Iterator[None]:
        """Before the first resolver."""
        execution = self.execution_context
        if execution.graphql_document:
            selected = wants(execution.graphql_document, core_of(execution.schema), execution.operation_name)
            execution.context = cast("GraphContext", execution.context).for_operation(selected)
        yield


def _unnamed(execution: ExecutionContext, document: DocumentNode) -> GraphQLError | None:
    """Strawberry takes the first of several operations; the specification wants to be told which, and so do we."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) < 2 or execution._provided_operation_name is not None:  # noqa: SLF001 - it has no public name
        return None
    return bad_input(f"{len(operations)} operations in the request: operationName says which to run")


def _too_much(execution: ExecutionContext, document: DocumentNode) -> GraphQLError | None:
    operation = get_operation_ast(document, execution.operation_name)
    nodes = count_nodes(document, core_of(execution.schema), operation, execution.variables or {}) if operation else 0
    if nodes <= MOST_NODES:
        return None
    return bad_input(f"this could list {nodes} objects; at most {MOST_NODES} are allowed: ask for smaller pages")
