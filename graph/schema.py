"""The schema, built once by whoever serves it."""

from collections.abc import Callable

import strawberry
from graphql import GraphQLError
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, SchemaExtension, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graph.errors import shown
from graph.limits import MOST_TOKENS, SizeLimits
from graph.mutations.root import Mutation
from graph.operation import DocumentCache, PerOperation, core_of
from graph.query import Query
from graph.shortcuts import ShortcutExecutor, take_shortcuts
from graph.subscriptions import Subscription
from graph.types.scalars import SCALARS
from graph.types.vocabulary import publish_enums

REMEMBERED_DOCUMENTS = 512

EXTENSIONS: tuple[Callable[[], SchemaExtension], ...] = (
    lambda: MaxTokensLimiter(MOST_TOKENS),
    lambda: AddValidationRules([SizeLimits]),
    lambda: DocumentCache(maxsize=REMEMBERED_DOCUMENTS),
    lambda: ValidationCache(maxsize=REMEMBERED_DOCUMENTS),
    PerOperation,
)
"""In this order: what is parsed is bounded first, and what an operation costs is counted once it is valid."""


class Schema(strawberry.Schema):
    """Shows a client only the errors that are meant for it, on every transport."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Replace, in place, what a client must not see. Strawberry's own version logs queries with their values."""
        del execution_context
        errors[:] = map(shown, errors)


def build_schema() -> Schema:
    """The schema of this gateway."""
    publish_enums()
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=EXTENSIONS,
        execution_context_class=ShortcutExecutor,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    take_shortcuts(core_of(schema))
    return schema
