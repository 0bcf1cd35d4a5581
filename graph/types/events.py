"""What happened. Declared for clients to build on: this version records no events."""

from datetime import datetime

import strawberry

from graph.types.fields import graph_type, plain
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
from model.states import EventType


@graph_type()
class Event(Node):
    """Something that happened, in the order in which this gateway recorded it."""

    cursor: str = plain("Give it as `after` to continue from here.")
    type: EventType = plain("What happened.")
    account: AccountLink | None = plain("Whose part it was.")
    occurred_at: datetime | None = plain("When it happened, where the vendor says so.")
    recorded_at: datetime = plain("When this gateway recorded it.")
    device: DeviceLink | None = plain("The device as it is now.")
    slot: SlotLink | None = plain("The slot as it is now.")
    battery: BatteryLink | None = plain("The battery as it is now.")
    charging_session: SessionLink | None = plain("The session as it is now.")
    command: CommandLink | None = plain("The command as it is now.")
    vendor_subscription: SubscriptionLink | None = plain("The registration at the vendor as it is now.")
    raw: strawberry.scalars.JSON | None = plain("What the vendor sent, without personal data.")
