"""Every live stream of this gateway: a reader has a place in the event log and nothing else of its own.

A stream of events reads on from its place, however slow its reader is, and leaves nothing out. A stream of things
gathers what happened to each since it last looked and shows every one of them once, as it is then.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Hashable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from enum import Enum
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

import strawberry
from graphql import GraphQLError

from graph.context import GraphContext
from graph.errors import shown
from graph.streaming.running import Running
from graph.streaming.subscription import Refused, Subscription
from model.clock import Clock
from model.refs import Ref
from resolvers.streams import log
from resolvers.streams.topics import Happenings, Things

T = TypeVar("T")

LOOK_AT_AGES_EVERY_S = 1.0


class End(Enum):
    """Why a stream ended that its reader did not end."""

    TOO_OLD = "this stream is as old as streams get; subscribe again to go on"
    SHUT_DOWN = "the gateway is shutting down; subscribe again in a moment"


class _Waiting(NamedTuple):
    """A thing that the reader is to be told of: it knows all up to one number, and something happened at another."""

    known: int
    number: int


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
        self._running.join()
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

    def leave(self) -> None:
        """Its reader is gone."""
        self._running.leave()

    async def _events(self, topic: Happenings) -> AsyncGenerator[bytes, None]:
        place = await log.newest(self._context.scope) if topic.after is None else topic.after
        while self.ended_by is None:
            news = await self._unless_ended(self._running.news(topic, place))
            for number, content in news.contents if news else ():
                if self._rights_changed():
                    break
                yield content
                place = number
            else:
                if news and (news.contents or not self._rights_changed()):
                    place = news.end

    async def _things(self, things: Things) -> AsyncGenerator[bytes, None]:
        """A picture and what changes; a new picture where that does not tell it all."""
        begin = 0
        while self.ended_by is None:
            picture = await self._unless_ended(self._running.picture(things, begin))
            if picture is None or self._rights_changed():
                continue
            count = 0
            while some := await self._unless_ended(picture.after(count)):
                for content in some:
                    yield content
                count += len(some)
            async with aclosing(self._changes(things, picture.number)) as changes:
                async for content in changes:
                    yield content
            begin = await log.newest(self._context.scope)

    async def _changes(self, things: Things, place: int) -> AsyncGenerator[bytes, None]:
        """Each thing that something happens to, after all that happened by then was looked through.

        Until there is a gap in the log, or the reader may see other things.
        """
        waiting: dict[Ref, _Waiting] = {}
        told: dict[Ref, int] = {}
        while True:
            if not waiting or place < await log.newest(self._context.scope):
                touched = await self._unless_ended(self._running.touched(things, place))
                if touched is None:
                    return
                for ref, number in touched.last.items():
                    known = waiting[ref].known if ref in waiting else max(place, told.get(ref, 0))
                    if number > known:
                        waiting[ref] = _Waiting(known, number)
                place = touched.end
                told = {ref: number for ref, number in told.items() if number > place}
            if self._rights_changed():
                return
            if waiting:
                ref = next(iter(waiting))
                known, number = waiting.pop(ref)
                answer = await self._running.of_thing(things, ref, number)
                told[ref] = answer.number
                if answer.content and (answer.left_at is None or answer.left_at > known):
                    yield answer.content

    async def _unless_ended(self, waiting: Coroutine[Any, Any, T]) -> T | None:
        """What is waited for; None as soon as the stream is ended."""
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await waiting
        except TimeoutError:
            if self.ended_by is None:
                raise
            return None
        finally:
            self._waiting = None

    def _rights_changed(self) -> bool:
        """Whether the reader may see other things by now; if so the subscription goes on with these rights."""
        if self._context.rights == self._running.rights:
            return False
        self._running.leave()
        self._running = self._streams.running(self._subscription, self._context)
        self._running.join()
        return True


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
            stream.leave()

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
