"""What a stream can be about: everything that happens, or the things that it happens to, as they are now."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from model.commands import Command
from model.events import Event
from model.faults import NotFound
from model.records import ChargingSession, Device
from model.refs import Ref
from model.states import EventType
from resolvers import commands, devices, lookup, sessions
from resolvers.filters import DeviceFilter, EventFilter, SessionFilter
from resolvers.paging import MOST_ROWS, PageArgs
from resolvers.scope import Scope

Thing: TypeAlias = Device | ChargingSession | Command

MOST_SESSIONS = 1_000
"""Of the past and the present together, newest first, that a stream of sessions begins with."""


class Things(Protocol):
    """Things of one kind, of which a stream shows each as it is, whenever something happened to it.

    Only the picture at the beginning asks vendors, as a query would. What changes is shown as this gateway learnt it.
    """

    def touched_by(self, event: Event) -> Ref | None:
        """The thing among them that something happened to; of its account, which the caller has checked."""
        ...

    def known(self, scope: Scope) -> AsyncIterator[Sequence[Thing]]:
        """All of them as a query would show them now, in pages. Raises a Fault when the stream makes no sense."""
        ...

    async def now(self, scope: Scope, ref: Ref) -> Thing | None:
        """One of them as it is known now, also when it does not meet the filter any more; None when nobody knows it."""
        ...

    async def has(self, scope: Scope, thing: Thing) -> bool:
        """Whether it meets the filter."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Happenings:
    """Everything that happens. `after`: the number of the event to continue from; None begins with what is next."""

    where: EventFilter
    after: int | None = None

    def lets_through(self, event: Event) -> bool:
        """Whether the filter lets it through."""
        return (
            (self.where.accounts is None or event.account in self.where.accounts)
            and (self.where.devices is None or event.device in self.where.devices)
            and (self.where.types is None or event.type in self.where.types)
        )


Topic: TypeAlias = Happenings | Things


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """Devices: of these refs only, where some are given."""

    where: DeviceFilter
    refs: frozenset[Ref] | None = None

    def touched_by(self, event: Event) -> Ref | None:
        """What is recorded about a device, its slots, batteries, sessions and commands changes what it shows."""
        if event.type is EventType.UNMAPPED or event.device is None:
            return None
        return event.device if self.refs is None or event.device in self.refs else None

    async def known(self, scope: Scope) -> AsyncIterator[Sequence[Device]]:
        """Each where it was named, else all that a list with this filter shows."""
        if self.refs is not None:
            found = await devices.by_refs(scope, sorted(self.refs, key=lambda ref: ref.id), None)
            yield [one for one in found if one is not None and await self.has(scope, one)]
            return
        args: PageArgs | None = PageArgs(first=MOST_ROWS)
        while args is not None:
            page = await devices.page(scope, args, self.where, None)
            yield [edge.node for edge in page.edges]
            args = PageArgs(first=MOST_ROWS, after=page.edges[-1].cursor) if page.has_next else None

    async def now(self, scope: Scope, ref: Ref) -> Device | None:
        """As it was last known."""
        (device,) = await lookup.known_by_refs(scope, [ref])
        return device

    async def has(self, scope: Scope, thing: Thing) -> bool:
        """Whether a list with this filter would show it."""
        return isinstance(thing, Device) and await devices.lets_through(scope, self.where, thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """Charges and rentals: of these refs only, where some are given."""

    where: SessionFilter
    refs: frozenset[Ref] | None = None

    def touched_by(self, event: Event) -> Ref | None:
        """Whatever is recorded about it."""
        ref = event.charging_session
        return ref if self.refs is None or ref in self.refs else None

    async def known(self, scope: Scope) -> AsyncIterator[Sequence[ChargingSession]]:
        """Each where it was named, else the newest that a list with this filter shows."""
        if self.refs is not None:
            found = await sessions.by_refs(scope, sorted(self.refs, key=lambda ref: ref.id), None)
            yield [one for one in found if one is not None and sessions.lets_through(self.where, one)]
            return
        cursor: str | None = None
        for _ in range(MOST_SESSIONS // MOST_ROWS):
            page = await sessions.page(scope, PageArgs(first=MOST_ROWS, after=cursor), self.where, None)
            yield [edge.node for edge in page.edges]
            if not page.has_next:
                return
            cursor = page.edges[-1].cursor

    async def now(self, scope: Scope, ref: Ref) -> ChargingSession | None:
        """As it was last known; its vendor is asked only about one that nobody knows yet."""
        known = await sessions.last_known(scope, ref)
        return known or (await sessions.by_refs(scope, [ref], None))[0]

    async def has(self, scope: Scope, thing: Thing) -> bool:
        """Whether a list with this filter would show it."""
        del scope
        return isinstance(thing, ChargingSession) and sessions.lets_through(self.where, thing)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneCommand:
    """A single command."""

    ref: Ref

    def touched_by(self, event: Event) -> Ref | None:
        """Whatever is recorded about it."""
        return event.command if event.command == self.ref else None

    async def known(self, scope: Scope) -> AsyncIterator[Sequence[Command]]:
        """The command, which must be there."""
        command = await self.now(scope, self.ref)
        if command is None:
            raise NotFound("no such command is known")
        yield [command]

    async def now(self, scope: Scope, ref: Ref) -> Command | None:
        """As it is written down."""
        (command,) = await commands.by_refs(scope, [ref])
        return command

    async def has(self, scope: Scope, thing: Thing) -> bool:
        """There is nothing to choose from."""
        del scope
        return thing.ref == self.ref
