"""Every live stream of this gateway: a reader has a place in the event log and nothing else of its own.

A stream of events reads on from its place, however slow its reader is, and leaves nothing out. A stream of things
gathers what happened to each since it last looked and shows every one of them once, as it is then.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Any
from weakref import WeakValueDictionary

import strawberry
from graphql import GraphQLError

from graph.context import GraphContext
from graph.errors import shown
from graph.streaming.running import AT_ONCE, Running
from graph.streaming.subscription import Refused, Subscription
from model.clock import Clock
from model.events import Event
from model.refs import Ref
from model.states import EventType
from resolvers.streams import log
from resolvers.streams.topics import Happenings, Things

LOOK_AT_AGES_EVERY_S = 1.0


class End(Enum):
    """Why a stream ended that its reader did not end."""

    TOO_OLD = "this stream is as old as streams get; subscribe again to go on"
    SHUT_DOWN = "the gateway is shutting down; subscribe again in a moment"


class Stream:
    """One reader's stream: iterate over `contents`, each an answer as JSON."""

    def __init__(self, streams: "Streams", subscription: Subscription, context: GraphContext) -> None:
        """`context`: the reader's own, whose rights are looked at before anything is shown."""
        self.ended_by: End | None = None
        self.opened_at = context.scope.clock.monotonic()
        self._streams = streams
        self._context = context
        self._subscription = subscription
        self._running = streams.running(subscription, context)
        self._waiting: asyncio.Timeout | None = None

    async def contents(self) -> AsyncGenerator[bytes, None]:
        """Answers until the reader has enough, or until the stream is ended; `ended_by` tells why then.

        Raises Refused when there is no sense in it, and when it cannot go on.
        """
        topic = self._subscription.topic
        answers = self._events(topic) if isinstance(topic, Happenings) else self._things(topic)
        try:
            async with aclosing(answers):
                async for content in answers:
                    if self.ended_by is not None:
                        return
                    yield content
        except Exception as error:  # noqa: BLE001 - what it is, is told and logged
            raise Refused([shown(GraphQLError("", original_error=error))]) from None

    def end(self, why: End) -> None:
        """End it: at once while it waits for the next event, else with the answer that is under way."""
        if self.ended_by is None:
            self.ended_by = why
            if self._waiting is not None:
                self._waiting.reschedule(asyncio.get_running_loop().time())

    async def _events(self, topic: Happenings) -> AsyncGenerator[bytes, None]:
        place = await log.newest(self._context.scope) if topic.after is None else topic.after
        while events := await self._following(place):
            running, visible = self._rights()
            rest = iter([event for event in events if _is_shown(event, topic, visible)])
            while some := list(islice(rest, AT_ONCE)):
                for content in await asyncio.gather(*map(running.of_event, some)):
                    yield content
            place = events[-1].number

    async def _things(self, things: Things) -> AsyncGenerator[bytes, None]:
        begin = 0
        while self.ended_by is None:
            running, _ = self._rights()
            picture = await running.picture(things, begin)
            for content in picture.contents:
                yield content
            async with aclosing(self._changes(things, picture.number)) as changes:
                async for content in changes:
                    yield content
            begin = await log.newest(self._context.scope)

    async def _changes(self, things: Things, place: int) -> AsyncGenerator[bytes, None]:
        """Each thing that something happens to; until the end, or until there is a gap in the log."""
        ahead: dict[Ref, int] = {}
        while touched := await self._touched(things, place):
            running, _ = self._rights()
            for ref, number in touched.last.items():
                known = max(place, ahead.get(ref, 0))
                if number > known:
                    answer = await running.of_thing(things, ref, number)
                    ahead[ref] = answer.number
                    if answer.content and (answer.left_at is None or answer.left_at > known):
                        yield answer.content
            place = touched.end
            ahead = {ref: number for ref, number in ahead.items() if number > place}

    async def _touched(self, things: Things, place: int) -> "_Touched | None":
        """What something happened to after this place, as soon as there is anything.

        Looks through all that is recorded by now, however much that is. None when the stream is ended, and where
        events may be missing: only a new picture tells what they did.
        """
        last: dict[Ref, int] = {}
        while not last or place < await log.newest(self._context.scope):
            events = await self._following(place)
            if not events or any(event.type is EventType.GAP for event in events):
                return None
            _, visible = self._rights()
            for event in events:
                ref = things.touched_by(event) if event.account is None or event.account in visible else None
                if ref is not None:
                    last[ref] = event.number
            place = events[-1].number
        return _Touched(last, place)

    async def _following(self, place: int) -> Sequence[Event]:
        """The next events; none when the stream is ended."""
        if self.ended_by is None:
            try:
                async with asyncio.timeout(None) as self._waiting:
                    return await log.following(self._context.scope, place)
            except TimeoutError:
                if self.ended_by is None:
                    raise
            finally:
                self._waiting = None
        return ()

    def _rights(self) -> tuple[Running, frozenset[str]]:
        """The subscription as it runs for what the reader may see by now."""
        if self._context.rights != self._running.rights:
            self._running = self._streams.running(self._subscription, self._context)
        return self._running, self._context.scope.visible()


class Streams:
    """All of them. `start` it, `aclose` it."""

    def __init__(self, schema: strawberry.Schema, clock: Clock, *, max_age_s: float) -> None:
        """Streams end at that age: what a client forgot does not stay for ever."""
        self.executions = 0
        self._schema = schema
        self._clock = clock
        self._max_age_s = max_age_s
        self._running: WeakValueDictionary[Hashable, Running] = WeakValueDictionary()
        self._open: dict[Stream, None] = {}
        self._is_closed = False
        self._ageing: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def start(self) -> None:
        """End streams by their age from now on."""
        self._ageing = asyncio.get_running_loop().create_task(self._keep_ending())

    def close(self) -> None:
        """End every stream, and each that is opened from now on: the gateway is going away."""
        self._is_closed = True
        for stream in list(self._open):
            stream.end(End.SHUT_DOWN)

    async def aclose(self) -> None:
        """End every stream and look at their ages no more."""
        self.close()
        if self._ageing is not None:
            self._ageing.cancel()
            with suppress(asyncio.CancelledError):
                await self._ageing

    @asynccontextmanager
    async def open(
        self,
        source: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        context: GraphContext,
    ) -> AsyncIterator[Stream]:
        """A stream for one reader with a context of its own. Raises Refused when the operation is wrong."""
        subscription = await Subscription.opened(self._schema, source, variables, operation_name, context)
        stream = Stream(self, subscription, context)
        self._open[stream] = None
        if self._is_closed:
            stream.end(End.SHUT_DOWN)
        try:
            yield stream
        finally:
            del self._open[stream]

    def running(self, subscription: Subscription, context: GraphContext) -> Running:
        """The subscription as it runs for everybody with these rights."""
        key = (subscription.same_as, context.rights)
        running = self._running.get(key)
        if running is None:
            running = self._running[key] = Running(subscription, context, self._count)
        return running

    def _count(self) -> None:
        self.executions += 1

    async def _keep_ending(self) -> None:
        while True:
            oldest = self._clock.monotonic() - self._max_age_s
            for stream in [one for one in self._open if one.opened_at <= oldest]:
                stream.end(End.TOO_OLD)
            await self._clock.sleep(LOOK_AT_AGES_EVERY_S)


@dataclass(frozen=True, slots=True)
class _Touched:
    """`last`: the number of the last event that was about a thing. `end`: of the last event that was looked at."""

    last: Mapping[Ref, int]
    end: int


def _is_shown(event: Event, topic: Happenings, visible: frozenset[str]) -> bool:
    """Whether the reader is told. That something may be missing is told whatever the filter says."""
    if event.account is None and event.type is EventType.GAP:
        return True
    return (event.account is None or event.account in visible) and topic.lets_through(event)
