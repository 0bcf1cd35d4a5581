"""A subscription that runs for everybody who asked for the same with the same rights.

Readers come with a place in the log. Those who wait at the same place wait together: what comes next is looked through,
executed and encoded once, and all of them are given the same bytes. Without readers nothing is done.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from graph.context import GraphContext
from graph.streaming.answers import Answer, Answers
from graph.streaming.picture import Picture
from graph.streaming.shared_work import SharedWork
from graph.streaming.subscription import Subscription
from model.events import Event
from model.refs import Ref
from model.states import EventType
from resolvers.streams import log
from resolvers.streams.topics import Happenings, Thing, Things

SHARED_S = 5.0
"""Whoever comes so much later is still given the same answer to an event; after that it is executed anew."""
PICTURE_SHARED_S = 1.0
"""Whoever joins so soon after a first picture is whole is given the same; the changes since it was begun follow it."""
MOST_MEMBERS = 100_000
AT_ONCE = 16
"""Executions side by side."""


@dataclass(frozen=True, slots=True)
class News:
    """What follows a place in the log: answers by the number of their event; all up to `end` was looked through."""

    contents: Sequence[tuple[int, bytes]]
    end: int


@dataclass(frozen=True, slots=True)
class Touched:
    """Things that something happened to, each with the number of the last such event; looked through up to `end`."""

    last: Mapping[Ref, int]
    end: int


class Running:
    """One subscription, what it answered lately, and which things it showed. Readers `join` it and `leave` it."""

    def __init__(self, subscription: Subscription, context: GraphContext, count: Callable[[], None]) -> None:
        """Executed with the rights of `context`, which every reader must have; `count` is called for each execution."""
        self.subscription = subscription
        self.rights = context.rights
        self._context = context
        self._clock = context.scope.clock
        self._count = count
        self._readers = 0
        self._work = SharedWork()
        self._answers = Answers()
        self._members: OrderedDict[Ref, None] = OrderedDict()
        self._picture: Picture | None = None

    def join(self) -> None:
        """One more reader."""
        self._readers += 1

    def leave(self) -> None:
        """One reader less."""
        self._readers -= 1
        if not self._readers:
            self._work.cancel()
            self._picture = None

    # Happenings: every event.

    async def news(self, topic: Happenings, place: int) -> News:
        """What follows this place, as soon as there is anything, also when nothing of it is for these readers."""
        news: News = await self._work.result(("news", place), lambda: self._look_for_news(topic, place))
        return news

    async def _look_for_news(self, topic: Happenings, place: int) -> News:
        events = await log.following(self._context.scope, place)
        shown = iter([event for event in events if self._is_shown(topic, event)])
        contents: list[tuple[int, bytes]] = []
        while some := list(islice(shown, AT_ONCE)):
            found = await asyncio.gather(*map(self._of_event, some))
            contents += [(event.number, content) for event, content in zip(some, found, strict=True)]
        return News(contents, events[-1].number)

    def _is_shown(self, topic: Happenings, event: Event) -> bool:
        """Whether readers are told. That something may be missing is told whatever the filter says."""
        if event.account is None and event.type is EventType.GAP:
            return True
        return self._is_visible(event) and topic.lets_through(event)

    async def _of_event(self, event: Event) -> bytes:
        known = self._answers.get(event.ref)
        if known is not None and self._clock.monotonic() - known.at < SHARED_S:
            return known.content
        answer: Answer = await self._work.result(event.ref, lambda: self._show_event(event))
        return answer.content

    async def _show_event(self, event: Event) -> Answer:
        async def find(_: GraphContext) -> Event:
            return event

        at = self._clock.monotonic()
        self._count()
        answer = Answer(event.number, at, await self.subscription.show(self._context, find))
        self._answers.keep(event.ref, answer)
        return answer

    # Things: each as it is now.

    async def picture(self, things: Things, number: int) -> Picture:
        """All things as they are now, begun when at least the events up to this number were recorded."""
        picture = self._picture
        while picture is None or picture.number < number:
            picture = await self._work.result("new picture", lambda: self._begin_picture(things))
        return picture

    async def touched(self, things: Things, place: int) -> Touched | None:
        """What something happened to after this place, as soon as anything did happen to anything.

        All that is recorded by then is looked through, however much that is. None where events may be missing: only a
        new picture tells what they did.
        """
        touched: Touched | None = await self._work.result(("touched", place), lambda: self._look(things, place))
        return touched

    async def of_thing(self, things: Things, ref: Ref, number: int) -> Answer:
        """What to send of a thing, executed when at least the events up to this number were recorded."""
        answer = self._answers.get(ref)
        while answer is None or answer.number < number:
            answer = await self._work.result(ref, lambda: self._show_thing(things, ref))
        return answer

    async def _begin_picture(self, things: Things) -> Picture:
        """Listen first: the place in the log is taken before anything is looked at."""
        picture = self._picture = Picture(await log.newest(self._context.scope))
        self._work.begin(("picture", picture.number), lambda: self._paint(picture, things))
        return picture

    async def _paint(self, picture: Picture, things: Things) -> None:
        """A page at once: a vendor that is slow, or whose quota is used up, is waited for once a page."""
        try:
            async for page in things.known(self.subscription.context(self._context).scope):
                picture.add(await asyncio.gather(*map(self._show_member, page)))
        except Exception as failure:  # noqa: BLE001 - whoever looks at the picture raises it
            picture.fail(failure)
            self._drop(picture)
        else:
            picture.finish()
            asyncio.get_running_loop().call_later(PICTURE_SHARED_S, self._drop, picture)

    async def _look(self, things: Things, place: int) -> Touched | None:
        last: dict[Ref, int] = {}
        is_behind = True
        while is_behind:
            events = await log.following(self._context.scope, place)
            if any(event.type is EventType.GAP for event in events if self._is_visible(event)):
                return None
            for event in filter(self._is_visible, events):
                if (ref := things.touched_by(event)) is not None:
                    last[ref] = event.number
            place = events[-1].number
            is_behind = place < await log.newest(self._context.scope)
        await asyncio.gather(*(self.of_thing(things, *one) for one in islice(last.items(), AT_ONCE)))
        return Touched(last, place)

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

    async def _show_member(self, thing: Thing) -> bytes:
        async def find(_: GraphContext) -> Thing:
            return thing

        self._note_member(thing.ref)
        self._count()
        return await self.subscription.show(self._context, find)

    def _is_visible(self, event: Event) -> bool:
        return event.account is None or event.account in self.rights.accounts

    def _note_member(self, ref: Ref) -> None:
        self._members[ref] = None
        self._members.move_to_end(ref)
        if len(self._members) > MOST_MEMBERS:
            self._members.popitem(last=False)

    def _drop(self, picture: Picture) -> None:
        if self._picture is picture:
            self._picture = None
