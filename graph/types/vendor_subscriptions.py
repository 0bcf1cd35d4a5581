"""What vendors push to us."""

import asyncio
from datetime import datetime

from graph.context import Info
from graph.types.accounts import Account
from graph.types.fields import edge, node_type, plain
from graph.types.freshness import Problem
from graph.types.links import DeviceLink
from graph.types.node import Node
from graph.types.owners import account
from model import records
from model.states import VendorSubscriptionStatus
from resolvers import devices


async def _devices(root: records.VendorSubscription, info: Info) -> list[records.Device]:
    max_age = info.context.max_age(info.path)
    found = await asyncio.gather(*(info.context.load(devices.by_refs, ref, max_age) for ref in root.devices))
    return [device for device in found if device is not None]


@node_type(records.VendorSubscription)
class VendorSubscription(Node):
    """A registration at a vendor that makes it push events, to this gateway unless another URL is given."""

    native_id: str | None = plain("The vendor's own id.", "ref.native_id")
    account: Account = account()
    webhook_url: str = plain("Where the vendor sends events.")
    event_types: list[str] = plain("The vendor's own names of the events; empty when it sends all or does not say.")
    devices: list[DeviceLink] = edge("The devices it is about; empty when it is about all.", _devices)
    status: VendorSubscriptionStatus = plain("How it stands.")
    version: str | None = plain("The version of the payloads, where the vendor has versions.")
    created_at: datetime | None = plain("When it was made.")
    last_received_at: datetime | None = plain("When an event last came.")
    problem: Problem | None = plain("What is wrong with it.", "reading.problem")
