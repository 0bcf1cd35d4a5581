"""What the routes work with while the gateway is open."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

from graphql import OperationType
from starlette.requests import HTTPConnection

from app.graphql_request import Operation
from app.metrics import Metrics
from graph.context import GraphContext
from graph.engine import Result, execute, kind_of
from graph.schema import Schema
from graph.streaming.streams import End, Streams
from graph.streaming.subscription import Refused, encoded
from hub.fleet import Fleet
from hub.store.database import Store
from model.clock import Clock
from resolvers.scope import Scope


class GoingAway(Exception):
    """A stream ends because the gateway does; the message is meant for its reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that is open: the store, the fleet over it, the schema over both, and the streams of all clients."""

    store: Store
    fleet: Fleet
    schema: Schema
    clock: Clock
    metrics: Metrics
    streams: Streams

    def context(self) -> GraphContext:
        """The way into the graph for one request.

        Without sign-in the viewer is the operator, on this very machine: nothing is hidden from them, personal data
        included (docs/configuration.md says so).
        """
        return GraphContext(Scope(fleet=self.fleet, clock=self.clock, wants=frozenset(), may_see_personal_data=True))

    async def execute(self, operation: Operation) -> Result:
        """Run a query or a mutation; see `graph.engine`."""
        began = perf_counter()
        result = await execute(
            self.schema, operation.query, operation.variables, operation.operation_name, self.context()
        )
        self.metrics.query_seconds.observe(perf_counter() - began)
        self.metrics.queries.labels("refused" if result.data is None else "errors" if result.errors else "ok").inc()
        return result

    async def answers(self, operation: Operation) -> AsyncGenerator[bytes, None]:
        """Every answer of an operation of any kind, as JSON.

        Raises Refused when nothing was executed, and GoingAway when a stream ends because the gateway does.
        """
        source, variables, name = operation.query, operation.variables, operation.operation_name
        if kind_of(source, name) is not OperationType.SUBSCRIPTION:
            result = await self.execute(operation)
            if result.data is None and result.errors:
                raise Refused(result.errors)
            yield encoded(result.data, result.errors)
            return
        opening = self.streams.open(source, variables, name, self.context())
        async with opening as stream, aclosing(stream.contents()) as contents:
            async for content in contents:
                yield content
        if stream.ended_by is End.SHUT_DOWN:
            raise GoingAway(stream.ended_by.value)


def gateway_of(connection: HTTPConnection) -> Gateway:
    """The gateway that this request came to."""
    gateway: Gateway = connection.app.state.gateway
    return gateway
