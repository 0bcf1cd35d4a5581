"""The one way to run an operation, for whatever received it."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError, get_operation_ast, parse
from graphql import OperationType as Kind
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph.context import GraphContext
from graph.errors import bad_input
from graph.limits import MOST_TOKENS

Result: TypeAlias = ExecutionResult
"""What an operation answers: data, and errors that are meant for the client."""

SERVED = frozenset({OperationType.QUERY, OperationType.MUTATION})


def kind_of(source: str, operation_name: str | None) -> Kind | None:
    """Whether the operation reads, changes or streams; None when that cannot be said: executing it says why."""
    try:
        chosen = get_operation_ast(parse(source, max_tokens=MOST_TOKENS), operation_name)
    except GraphQLError:
        return None
    return chosen.operation if chosen else None


async def execute(
    schema: strawberry.Schema,
    source: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    context: GraphContext,
) -> Result:
    """Run a query or a mutation. Whatever is wrong is in the result's errors; nothing is raised.

    Documents are parsed and validated once for each source text; the schema's extensions remember them.
    """
    try:
        return await schema.execute(
            source,
            allowed_operation_types=SERVED,
            variable_values=dict(variables) if variables else None,
            context_value=context,
            operation_name=operation_name,
        )
    except MissingQueryError:
        return _refused(bad_input("there is no query in the request"))
    except CannotGetOperationTypeError as error:
        return _refused(bad_input(error.as_http_error_reason()))
    except InvalidOperationTypeError:
        return _refused(bad_input("a subscription needs a connection that streams"))


def _refused(error: GraphQLError) -> ExecutionResult:
    return ExecutionResult(data=None, errors=[error])
