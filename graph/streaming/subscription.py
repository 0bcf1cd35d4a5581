"""One subscription operation: valid, known to be about something, and executed anew for each thing that it shows."""

from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationType,
    VariableNode,
    Visitor,
    get_operation_ast,
    parse,
    visit,
)

from graph.context import GraphContext, Turn
from graph.engine import kind_of
from graph.errors import bad_input, shown
from graph.limits import MOST_TOKENS
from graph.operation import core_of
from graph.selection import wants
from resolvers.streams.topics import Happenings, Topic

DEFINED_AND_USED = 2
"""How often a variable is named that has one use."""


class Refused(Exception):
    """A subscription that cannot be run; `errors` are meant for whoever asked."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        """At least one error."""
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Subscription:
    """`same_as`: equal for two subscriptions that show the same thing alike, wherever in the log they begin.

    `wants`: the schema coordinates that it selects.
    """

    schema: strawberry.Schema
    source: str
    variables: Mapping[str, Any] | None
    operation_name: str | None
    topic: Topic
    wants: frozenset[str]
    same_as: Hashable

    @classmethod
    async def opened(
        cls,
        schema: strawberry.Schema,
        source: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: GraphContext,
    ) -> "Subscription":
        """Find out what it is about. Raises Refused when it is not valid, or no subscription."""
        if kind_of(source, operation_name) is not OperationType.SUBSCRIPTION:
            raise Refused([bad_input("there is no subscription in the request")])
        turn = Turn()
        stream = await schema.subscribe(
            source, dict(variables) if variables else None, context.for_turn(turn), operation_name=operation_name
        )
        wrong = [error for result in [one async for one in stream] for error in result.errors or ()]
        if wrong or turn.topic is None:
            raise Refused(wrong or [bad_input("there is nothing to stream")])
        document = parse(source, max_tokens=MOST_TOKENS)
        selected = wants(document, core_of(schema), operation_name)
        same_as = (source, operation_name, _written(variables, document, operation_name), _nowhere(turn.topic))
        return cls(schema, source, variables, operation_name, turn.topic, selected, same_as)

    def context(self, readers: GraphContext) -> GraphContext:
        """For looking at things outside of an execution: it begins now."""
        return readers.for_turn(Turn(), self.wants)

    async def show(self, context: GraphContext, find: Callable[[GraphContext], Awaitable[object | None]]) -> bytes:
        """The answer for one thing as JSON, with whatever went wrong in it; empty when there is nothing to show."""
        turn = Turn()
        own = context.for_turn(turn, self.wants)
        try:
            turn.shows = await find(own)
        except Exception as error:  # noqa: BLE001 - the next one may well be found; this one's error is told and logged
            return encoded_errors([shown(GraphQLError("", original_error=error))])
        if turn.shows is None:
            return b""
        variables = dict(self.variables) if self.variables else None
        stream = await self.schema.subscribe(self.source, variables, own, operation_name=self.operation_name)
        (result,) = [one async for one in stream]
        return encoded(result.data, result.errors)


def encoded(data: Mapping[str, Any] | None, errors: Sequence[GraphQLError] | None) -> bytes:
    """An answer, as every transport sends it."""
    answer: dict[str, object] = {"data": data}
    if errors:
        answer["errors"] = [error.formatted for error in errors]
    return orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)


def encoded_errors(errors: Sequence[GraphQLError]) -> bytes:
    """An answer of which nothing was executed."""
    return orjson.dumps({"errors": [error.formatted for error in errors]})


def _nowhere(topic: Topic) -> Topic:
    """The topic without the place where it begins: everybody has a place of their own."""
    return replace(topic, after=None) if isinstance(topic, Happenings) else topic


def _written(variables: Mapping[str, Any] | None, document: DocumentNode, operation_name: str | None) -> bytes:
    """The variables as far as an answer may depend on them: not the one that only says where to begin."""
    cursor = _cursor_of(document, operation_name)
    kept = {name: value for name, value in (variables or {}).items() if name != cursor}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def _cursor_of(document: DocumentNode, operation_name: str | None) -> str | None:
    """The variable that is `after` of the stream and nothing else."""
    operation = get_operation_ast(document, operation_name)
    roots = operation.selection_set.selections if operation else ()
    given = [argument for field in roots if isinstance(field, FieldNode) for argument in field.arguments or ()]
    uses = _Uses()
    visit(document, uses)
    for argument in given:
        if argument.name.value == "after" and isinstance(argument.value, VariableNode):
            name = argument.value.name.value
            return name if uses.count[name] == DEFINED_AND_USED else None
    return None


class _Uses(Visitor):
    """How often each variable is named, its definition included."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Wherever it is named."""
        self.count[node.name.value] += 1
