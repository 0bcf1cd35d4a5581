"""Live streams: promised, and not in this version. Each ends at its start with an error that says so."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from graph.errors import refusal
from graph.types.arguments import After
from graph.types.commands import Command
from graph.types.devices import Device
from graph.types.events import Event
from graph.types.fields import graph_type
from graph.types.filters import ChargingSessionFilter, DeviceFilter, EventFilter
from graph.types.sessions import ChargingSession
from model.states import ProblemCode, Resolution

Ids = Annotated[list[strawberry.ID] | None, strawberry.argument(description="Of these only.")]
FILTER = strawberry.argument(name="filter", description="Which of them.")


def _unavailable() -> AsyncGenerator[Any, None]:
    message = "live streams are not available in this version; ask again with a query"
    raise refusal(ProblemCode.UNSUPPORTED, message, Resolution.NONE)


def _events(
    where: Annotated[EventFilter | None, FILTER] = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[Event, None]:
    del where, after
    return _unavailable()


def _device_changed(
    ids: Ids = strawberry.UNSET,
    where: Annotated[DeviceFilter | None, FILTER] = strawberry.UNSET,
) -> AsyncGenerator[Device, None]:
    del ids, where
    return _unavailable()


def _charging_session_changed(
    ids: Ids = strawberry.UNSET,
    where: Annotated[ChargingSessionFilter | None, FILTER] = strawberry.UNSET,
) -> AsyncGenerator[ChargingSession, None]:
    del ids, where
    return _unavailable()


def _command_changed(
    named: Annotated[strawberry.ID, strawberry.argument(name="id", description="The command.")],
) -> AsyncGenerator[Command, None]:
    del named
    return _unavailable()


def _promised(description: str, resolver: Any) -> Any:  # noqa: ANN401 - a resolver and a field of any type
    honest = f"{description} Not available in this version: ends at once with the error UNSUPPORTED."
    return strawberry.subscription(resolver=resolver, description=honest)


@graph_type()
class Subscription:
    """Live streams. Not available in this version: every stream ends at once with the error UNSUPPORTED.

    Every stream first sends what is known now (or everything after the cursor), then each change.
    """

    events: AsyncGenerator[Event, None] = _promised("What happens.", _events)
    device_changed: AsyncGenerator[Device, None] = _promised("Devices as they change.", _device_changed)
    charging_session_changed: AsyncGenerator[ChargingSession, None] = _promised(
        "Sessions as they change.",
        _charging_session_changed,
    )
    command_changed: AsyncGenerator[Command, None] = _promised("A command as it moves.", _command_changed)
