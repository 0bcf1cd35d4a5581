"""Following the event log from a place on. Where events after that place are not kept any more, an event says so."""

from collections.abc import Sequence

from model.events import Event
from model.refs import event_ref
from model.states import EventType
from resolvers.scope import Scope

MOST_AT_ONCE = 200


async def newest(scope: Scope) -> int:
    """The number of the newest event: the place from which nothing has happened yet."""
    return await scope.fleet.tail.newest()


async def following(scope: Scope, number: int) -> Sequence[Event]:
    """The next events after a number, of all accounts, as soon as there is one; not more than MOST_AT_ONCE and a gap.

    Begins with one of type GAP when the number is older than what is kept, or newer than everything: a cursor of a
    log that was lost. Continuing from the GAP's own cursor misses nothing more.
    """
    if number > (end := await newest(scope)):
        return [_gap(scope, end)]
    events = await scope.fleet.tail.after(number, MOST_AT_ONCE)
    if events[0].number > number + 1 and (oldest := await scope.fleet.events.oldest()) > number + 1:
        return [_gap(scope, oldest - 1), *events]
    return events


def _gap(scope: Scope, number: int) -> Event:
    return Event(
        ref=event_ref(f"gap{number}"),
        number=number,
        type=EventType.GAP,
        recorded_at=scope.clock.now(),
    )
