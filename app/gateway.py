"""What the routes work with while the gateway is open."""

from dataclasses import dataclass

from starlette.requests import Request

from app.metrics import Metrics
from graph.context import GraphContext
from graph.schema import Schema
from hub.fleet import Fleet
from hub.store.database import Store
from model.clock import Clock
from resolvers.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that is open: the store, the fleet over it and the schema over both."""

    store: Store
    fleet: Fleet
    schema: Schema
    clock: Clock
    metrics: Metrics

    def context(self) -> GraphContext:
        """The way into the graph for one request.

        Without sign-in the viewer is the operator, on this very machine: nothing is hidden from them, personal data
        included (docs/configuration.md says so).
        """
        return GraphContext(Scope(fleet=self.fleet, clock=self.clock, wants=frozenset(), may_see_personal_data=True))


def gateway_of(request: Request) -> Gateway:
    """The gateway that this request came to."""
    gateway: Gateway = request.app.state.gateway
    return gateway
