"""The one way to run an operation, for whatever received it."""

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph.context import GraphContext
from graph.errors import bad_input

SERVED = frozenset({OperationType.QUERY, OperationType.MUTATION})


async def execute(
    schema: strawberry.Schema,
    source: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    context: GraphContext,
) -> ExecutionResult:
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
