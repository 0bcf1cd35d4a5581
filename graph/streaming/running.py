"""A subscription that runs for everybody who asked for the same with the same rights.

Readers come with a place in the log. What the first of them needs is executed and encoded, and the others are given
the same bytes. Nothing runs here by itself: without readers nothing is executed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from graph.context import GraphContext
from graph.streaming.answers import Answer, Answers
from graph.streaming.subscription import Subscription
from model.events import Event
from model.refs import Ref
from resolvers.streams import log
from resolvers.streams.topics import Thing, Things

T = TypeVar("T")

SHARED_S = 5.0
"""Whoever comes so much later is still given the same answer to an event; after that it is executed anew."""
PICTURE_SHARED_S = 1.0
"""Whoever joins so soon after another is given the same first picture; the changes since then follow it."""
MOST_MEMBERS = 100_000
AT_ONCE = 16
"""Executions side by side, for one reader or for a first picture."""


@dataclass(frozen=True, slots=True)
class Picture:
    """All that a stream begins with. What was recorded after `number` may be missing in it."""

    number: int
    contents: Sequence[bytes]


class Running:
    """One subscription, what it answered lately, and which things it showed."""

    def __init__(self, subscription: Subscription, context: GraphContext, count: Callable[[], None]) -> None:
        """Executed with the rights of `context`, which every reader must have; `count` is called for each execution."""
        self.subscription = subscription
        self.rights = context.rights
        self._context = context
        self._clock = context.scope.clock
        self._count = count
        self._answers = Answers()
        self._under_way: dict[Hashable, asyncio.Task[Any]] = {}
        self._members: OrderedDict[Ref, None] = OrderedDict()
        self._picture: Picture | None = None

    async def of_event(self, event: Event) -> bytes:
        """What to send of an event."""
        known = self._answers.get(event.ref)
        if known is not None and self._clock.monotonic() - known.at < SHARED_S:
            return known.content
        return (await self._once(event.ref, lambda: self._show_event(event))).content

    async def of_thing(self, things: Things, ref: Ref, number: int) -> Answer:
        """What to send of a thing, executed when at least the events up to this number were recorded."""
        answer = self._answers.get(ref)
        while answer is None or answer.number < number:
            answer = await self._once(ref, lambda: self._show_thing(things, ref))
        return answer

    async def picture(self, things: Things, number: int) -> Picture:
        """All things as they are now, begun when at least the events up to this number were recorded."""
        picture = self._picture
        while picture is None or picture.number < number:
            picture = await self._once("picture", lambda: self._take_picture(things))
        return picture

    async def _once(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The same execution for all who ask meanwhile; it goes on when one of them goes away."""
        task: asyncio.Task[T] | None = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.get_running_loop().create_task(make())
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _show_event(self, event: Event) -> Answer:
        async def find(_: GraphContext) -> Event:
            return event

        at = self._clock.monotonic()
        self._count()
        answer = Answer(event.number, at, await self.subscription.show(self._context, find))
        self._answers.keep(event.ref, answer)
        return answer

    async def _show_thing(self, things: Things, ref: Ref) -> Answer:
        """As it is now; also a last time when it does not belong to the stream any more."""
        number, at = await log.newest(self._context.scope), self._clock.monotonic()
        known = self._answers.get(ref)
        left_at = known.left_at if known else None
        belongs = was_shown = ref in self._members

        async def find(context: GraphContext) -> Thing | None:
            nonlocal belongs
            thing = await things.now(context.scope, ref)
            belongs = thing is not None and await things.has(context.scope, thing)
            return thing if belongs or was_shown or left_at is not None else None

        self._count()
        content = await self.subscription.show(self._context, find)
        if belongs:
            left_at = None
            self._note_member(ref)
        elif was_shown:
            left_at = number
            self._members.pop(ref, None)
        answer = Answer(number, at, content, left_at)
        self._answers.keep(ref, answer)
        return answer

    async def _take_picture(self, things: Things) -> Picture:
        """Listen first: the place in the log is taken before anything is looked at."""
        context = self.subscription.context(self._context)
        number = await log.newest(context.scope)
        contents: list[bytes] = []
        async for page in things.known(context.scope):
            rest = iter(page)
            while some := list(islice(rest, AT_ONCE)):
                contents += await asyncio.gather(*(self._show_member(thing) for thing in some))
        picture = self._picture = Picture(number, contents)
        asyncio.get_running_loop().call_later(PICTURE_SHARED_S, self._drop_picture)
        return picture

    async def _show_member(self, thing: Thing) -> bytes:
        async def find(_: GraphContext) -> Thing:
            return thing

        self._note_member(thing.ref)
        self._count()
        return await self.subscription.show(self._context, find)

    def _note_member(self, ref: Ref) -> None:
        self._members[ref] = None
        self._members.move_to_end(ref)
        if len(self._members) > MOST_MEMBERS:
            self._members.popitem(last=False)

    def _drop_picture(self) -> None:
        self._picture = None
