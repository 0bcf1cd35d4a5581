"""Live streams. What a stream is about is said here; `graph.streaming` runs it, executed once for each thing."""

from collections.abc import AsyncGenerator, Iterable
from typing import Annotated, Any

import strawberry

from graph import ids
from graph.context import Info
from graph.errors import bad_input
from graph.query import MOST_NODES
from graph.types.arguments import After, given
from graph.types.commands import Command
from graph.types.devices import Device
from graph.types.events import Event
from graph.types.fields import graph_type
from graph.types.filters import ChargingSessionFilter, DeviceFilter, EventFilter
from graph.types.sessions import ChargingSession
from model.refs import Kind, Ref
from resolvers import events
from resolvers.streams.topics import Devices, Happenings, OneCommand, Sessions, Topic

Ids = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(name="ids", description="Of these only; at most 100."),
]
FILTER = strawberry.argument(name="filter", description="Which of them.")


async def _turn(info: Info, topic: Topic) -> AsyncGenerator[Any, None]:
    """The one thing that this execution shows."""
    turn = info.context.turn
    if turn is None:
        raise bad_input("a subscription needs a connection that streams")
    turn.topic = topic
    if turn.shows is not None:
        yield turn.shows


def _events(
    info: Info,
    where: Annotated[EventFilter | None, FILTER] = strawberry.UNSET,
    after: After = strawberry.UNSET,
) -> AsyncGenerator[Event, None]:
    place = events.number_of(given(after), "after")
    return _turn(info, Happenings(where=(where or EventFilter()).chosen(), after=place))


def _device_changed(
    info: Info,
    named: Ids = strawberry.UNSET,
    where: Annotated[DeviceFilter | None, FILTER] = strawberry.UNSET,
) -> AsyncGenerator[Device, None]:
    return _turn(info, Devices(refs=_refs(named, Kind.DEVICE), where=(where or DeviceFilter()).chosen()))


def _charging_session_changed(
    info: Info,
    named: Ids = strawberry.UNSET,
    where: Annotated[ChargingSessionFilter | None, FILTER] = strawberry.UNSET,
) -> AsyncGenerator[ChargingSession, None]:
    return _turn(info, Sessions(refs=_refs(named, Kind.SESSION), where=(where or ChargingSessionFilter()).chosen()))


def _command_changed(
    info: Info,
    named: Annotated[strawberry.ID, strawberry.argument(name="id", description="The command.")],
) -> AsyncGenerator[Command, None]:
    return _turn(info, OneCommand(ref=ids.parse_as(named, Kind.COMMAND)))


def _refs(named: Iterable[str] | None, kind: Kind) -> frozenset[Ref] | None:
    """None where no ids are given; an empty list names nothing."""
    if named is None or named is strawberry.UNSET:
        return None
    refs = frozenset(ids.parse_as(text, kind) for text in named)
    if len(refs) > MOST_NODES:
        raise bad_input(f"{len(refs)} ids; a stream follows {MOST_NODES} by name: use a filter for more")
    return refs


@graph_type()
class Subscription:
    """Live streams, over WebSocket (graphql-transport-ws), server-sent events or multipart HTTP.

    Every stream first sends what is known now (or everything after the cursor), then each change. A thing that was
    shown and does not meet the filter any more is shown once more, as it is then.
    """

    events: AsyncGenerator[Event, None] = strawberry.subscription(
        resolver=_events,
        description=(
            "What happens, each event once and none left out. Begins with the next event, or with the one after a "
            "cursor; an event of type GAP says that what followed the cursor is not kept any more."
        ),
    )
    device_changed: AsyncGenerator[Device, None] = strawberry.subscription(
        resolver=_device_changed,
        description="Devices as they are now, then each as it changes; a slow reader gets the latest state of each.",
    )
    charging_session_changed: AsyncGenerator[ChargingSession, None] = strawberry.subscription(
        resolver=_charging_session_changed,
        description="Sessions as they are now, the newest 1,000, then each as it changes; the latest state of each.",
    )
    command_changed: AsyncGenerator[Command, None] = strawberry.subscription(
        resolver=_command_changed,
        description="A command as it is now, then as it moves.",
    )
