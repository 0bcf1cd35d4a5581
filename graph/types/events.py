"""What happened."""

from datetime import datetime
from operator import attrgetter

import strawberry

from graph.context import Info
from graph.types.fields import batched, edge, node_type, plain
from graph.types.links import (
    AccountLink,
    BatteryLink,
    CommandLink,
    DeviceLink,
    SessionLink,
    SlotLink,
    SubscriptionLink,
)
from graph.types.node import Node
from model import events, records
from model.states import EventType
from resolvers import accounts, batteries, commands, lookup, sessions, slots, subscriptions


def _account(root: events.Event, info: Info) -> records.Account | None:
    return None if root.account is None else info.context.ask(accounts.by_keys, [root.account])[0]


@node_type(events.Event)
class Event(Node):
    """Something that happened, in the order in which this gateway recorded it."""

    cursor: str = plain("Give it as `after` to continue from here.")
    type: EventType = plain("What happened.")
    account: AccountLink | None = edge("Whose part it was.", _account)
    occurred_at: datetime | None = plain("When it happened, where the vendor says so.")
    recorded_at: datetime = plain("When this gateway recorded it.")
    device: DeviceLink | None = batched(
        "The device as it was last known.",
        lookup.known_by_refs,
        attrgetter("device"),
        ages=False,
    )
    slot: SlotLink | None = batched("The slot as it is now.", slots.by_refs, attrgetter("slot"))
    battery: BatteryLink | None = batched("The battery as it is now.", batteries.by_refs, attrgetter("battery"))
    charging_session: SessionLink | None = batched(
        "The session as it is now.",
        sessions.by_refs,
        attrgetter("charging_session"),
    )
    command: CommandLink | None = batched(
        "The command as it is now.",
        commands.by_refs,
        attrgetter("command"),
        ages=False,
    )
    vendor_subscription: SubscriptionLink | None = batched(
        "The registration at the vendor as it is now.",
        subscriptions.by_refs,
        attrgetter("vendor_subscription"),
        ages=False,
    )
    raw: strawberry.scalars.JSON | None = plain("What the vendor sent or this gateway noted, without personal data.")
