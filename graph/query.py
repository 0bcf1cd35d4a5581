"""The root of reading: find one thing by its id, or list things."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias

import strawberry

from graph import ids
from graph.context import Info
from graph.errors import bad_input
from graph.types.accounts import Account, Vendor
from graph.types.arguments import AccountId, After, Before, First, Last, MaxAge, given, page_args
from graph.types.batteries import Battery
from graph.types.commands import Command
from graph.types.connections import Bare, Connection, Counted
from graph.types.devices import Device
from graph.types.events import Event
from graph.types.fields import Aged, edge, graph_type
from graph.types.filters import (
    BatteryFilter,
    ChargingSessionFilter,
    CommandFilter,
    DeviceFilter,
    EventFilter,
    SiteFilter,
)
from graph.types.node import Node
from graph.types.sessions import ChargingSession
from graph.types.sites import Site
from graph.types.slots import Slot
from graph.types.tariffs import Tariff
from graph.types.vendor_subscriptions import VendorSubscription
from model import records
from model.refs import Kind, Ref
from resolvers import accounts, batteries, commands, devices, events, sessions, sites, slots, subscriptions, tariffs
from resolvers.paging import Page, PageArgs, Stretch
from resolvers.scope import Scope

FilteredPage: TypeAlias = Callable[[Scope, PageArgs, Any, int | None], Awaitable[Page[Any]]]
AccountPage: TypeAlias = Callable[[Scope, PageArgs, str | None], Awaitable[Page[Any]]]
RecordedStretch: TypeAlias = Callable[[Scope, PageArgs, Any], Awaitable[Stretch[Any]]]
"""Functions of `resolvers` that list: what a filter lets through, what one account has, what this gateway recorded."""

MOST_NODES = 100

IdOf = strawberry.argument(name="id", description="Its id.")
Which = strawberry.argument(name="filter", description="Which of them.")


def _one(kind: Kind, by_refs: Aged) -> Callable[..., Awaitable[object]]:
    """Find one thing of a kind; null when it is not known."""

    def resolve(
        info: Info,
        named: Annotated[strawberry.ID, IdOf],
        max_age: MaxAge = strawberry.UNSET,
    ) -> Awaitable[object]:
        ref = ids.parse_as(named, kind)
        return info.context.load(by_refs, ref, info.context.begin(info.path, given(max_age)))

    return resolve


def _listed(page: FilteredPage, filter_type: Any) -> Callable[..., Awaitable[object]]:  # noqa: ANN401 - a type made of annotations
    """List what a filter lets through."""

    async def resolve(
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        where: Annotated[filter_type | None, Which] = strawberry.UNSET,
        max_age: MaxAge = strawberry.UNSET,
    ) -> object:
        age = info.context.begin(info.path, given(max_age))
        chosen = (where or filter_type()).chosen()
        return await info.context.ask(page, page_args(first, after, last, before), chosen, age)

    return resolve


def _of_account(page: AccountPage) -> Callable[..., Awaitable[object]]:
    """List what one account has, or all of them."""

    async def resolve(
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        account_id: AccountId = strawberry.UNSET,
    ) -> object:
        key = ids.account_key(account_id) if account_id else None
        return await info.context.ask(page, page_args(first, after, last, before), key)

    return resolve


def _recorded(stretch: RecordedStretch, filter_type: Any) -> Callable[..., Awaitable[object]]:  # noqa: ANN401 - a type made of annotations
    """List what this gateway recorded itself."""

    async def resolve(
        info: Info,
        *,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
        where: Annotated[filter_type | None, Which] = strawberry.UNSET,
    ) -> object:
        chosen = (where or filter_type()).chosen()
        return await info.context.ask(stretch, page_args(first, after, last, before), chosen)

    return resolve


def _command(info: Info, named: Annotated[strawberry.ID, IdOf]) -> Awaitable[object]:
    return info.context.load(commands.by_refs, ids.parse_as(named, Kind.COMMAND))


async def _vendors(info: Info) -> list[records.Vendor]:
    return await info.context.ask(accounts.vendors)


async def _accounts(info: Info) -> list[records.Account]:
    return await info.context.ask(accounts.accounts)


def _account(info: Info, named: Annotated[strawberry.ID, IdOf]) -> records.Account | None:
    return info.context.ask(accounts.by_keys, [ids.account_key(named)])[0]


async def _node(info: Info, named: Annotated[strawberry.ID, IdOf]) -> object:
    return await _found(info, ids.parse(named))


async def _nodes(
    info: Info,
    named: Annotated[list[strawberry.ID], strawberry.argument(name="ids", description="At most 100.")],
) -> list[object]:
    if len(named) > MOST_NODES:
        raise bad_input(f"{len(named)} ids; nodes finds {MOST_NODES} at a time")
    return await asyncio.gather(*(_found(info, ref) for ref in map(ids.parse, named)))


async def _found(info: Info, ref: Ref) -> object:
    context = info.context
    match ref.kind:
        case Kind.VENDOR:
            return context.ask(accounts.vendor_by_slug, ref.account)
        case Kind.ACCOUNT:
            return context.ask(accounts.by_keys, [ref.account])[0]
        case Kind.TARIFF:
            return await context.load(tariffs.by_refs, ref)
        case Kind.SUBSCRIPTION:
            return await context.load(subscriptions.by_refs, ref)
        case Kind.COMMAND:
            return await context.load(commands.by_refs, ref)
        case Kind.EVENT:
            return await context.load(events.by_refs, ref)
        case _:
            return await context.load(BY_REFS[ref.kind], ref, None)


BY_REFS: dict[Kind, Aged] = {
    Kind.SITE: sites.by_refs,
    Kind.DEVICE: devices.by_refs,
    Kind.SLOT: slots.by_refs,
    Kind.BATTERY: batteries.by_refs,
    Kind.SESSION: sessions.by_refs,
}


@graph_type()
class Query:
    """Reading.

    Order: sites, devices, batteries and tariffs by name then id; sessions and commands newest first; events as
    recorded, oldest first. Every connection takes `first` or `last`, at most 100, 25 when neither is given.

    maxAge, in seconds: how old an answer may be. 0 asks the vendor now. Where quota or an outage forbids it, the last
    known state comes with freshness.isStale and the problem.
    """

    node: Node | None = edge("Whatever has this id; null when it is not known.", _node)
    nodes: list[Node | None] = edge("Whatever has these ids, in their order.", _nodes)
    vendors: list[Vendor] = edge("The vendors that this gateway speaks to.", _vendors)
    accounts: list[Account] = edge("The accounts that are configured.", _accounts)
    account: Account | None = edge("One account, by its id or its key.", _account)
    site: Site | None = edge("One site.", _one(Kind.SITE, sites.by_refs))
    sites: Counted[Site] = edge("Places with devices, by name.", _listed(sites.page, SiteFilter))
    device: Device | None = edge("One device.", _one(Kind.DEVICE, devices.by_refs))
    devices: Counted[Device] = edge("Hardware of all vendors, by name.", _listed(devices.page, DeviceFilter))
    slot: Slot | None = edge("One slot.", _one(Kind.SLOT, slots.by_refs))
    battery: Battery | None = edge("One battery.", _one(Kind.BATTERY, batteries.by_refs))
    batteries: Counted[Battery] = edge("Batteries of all vendors, by id.", _listed(batteries.page, BatteryFilter))
    charging_session: ChargingSession | None = edge("One session.", _one(Kind.SESSION, sessions.by_refs))
    charging_sessions: Connection[ChargingSession] = edge(
        "Charges and rentals, newest first.",
        _listed(sessions.page, ChargingSessionFilter),
    )
    tariffs: Connection[Tariff] = edge("Prices, by name.", _of_account(tariffs.page))
    command: Command | None = edge("One command, as far as it is known now.", _command)
    commands: Bare[Command] = edge("Commands, newest first.", _recorded(commands.page, CommandFilter))
    vendor_subscriptions: Connection[VendorSubscription] = edge(
        "Registrations at vendors for their pushes.",
        _of_account(subscriptions.page),
    )
    events: Bare[Event] = edge(
        "What happened, oldest first. A cursor is the event's own: continue from any event with it.",
        _recorded(events.page, EventFilter),
    )
