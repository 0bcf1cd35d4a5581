"""Batteries with an identity of their own."""

from operator import attrgetter

from graph.types.accounts import Account
from graph.types.fields import batched, node_type, plain
from graph.types.freshness import Freshness, RawCode, freshness
from graph.types.links import DeviceLink, SlotLink
from graph.types.node import Node
from graph.types.owners import account
from model import records
from model.states import BatteryStatus
from resolvers import devices, slots


@node_type(records.Battery)
class Battery(Node):
    """A power bank in or out of a slot, or a module of home storage."""

    native_id: str = plain("The vendor's own id.", "ref.native_id")
    account: Account = account()
    device: DeviceLink | None = batched("The device it is in.", devices.by_refs, attrgetter("device"))
    slot: SlotLink | None = batched("The slot it is in.", slots.by_refs, attrgetter("slot"))
    state_of_charge: float | None = plain("0 to 1.")
    state_of_health: float | None = plain("0 to 1.")
    temperature_c: float | None = plain("In degrees Celsius.")
    status: BatteryStatus = plain("Whether it can be handed out.")
    fault: RawCode | None = plain("What is wrong with it, in the vendor's own code.")
    freshness: Freshness = freshness()
