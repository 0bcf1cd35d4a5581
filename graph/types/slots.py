"""Bays, sockets and connectors."""

from graph.types.fields import batched, graph_type, node_type, plain
from graph.types.freshness import Freshness, RawCode, freshness
from graph.types.links import BatteryLink, DeviceLink, SessionLink
from graph.types.node import Node
from model import records
from model.refs import Ref
from model.states import SlotKind, SlotOccupancy, SlotStatus, SlotStatusDetail
from resolvers import batteries, devices, sessions


def _device(slot: records.Slot) -> Ref:
    return slot.ref.device


@graph_type()
class Connector:
    """An EV outlet, in OCPI's words."""

    standard: str | None = plain("Such as IEC_62196_T2 or CHADEMO.")
    format: str | None = plain("SOCKET or CABLE.")
    power_type: str | None = plain("Such as AC_3_PHASE or DC.")
    max_power_w: float | None = plain("The most that it gives, in W.")


@node_type(records.Slot)
class Slot(Node):
    """A bay, socket or connector of a device."""

    device: DeviceLink = batched("The device it is a part of.", devices.by_refs, _device)
    index: int = plain("Its number, from 1.")
    kind: SlotKind = plain("What it offers.")
    status: SlotStatus = plain("Whether it can be used; on a battery slot only the health of the slot.")
    status_detail: SlotStatusDetail = plain("What exactly goes on.")
    occupancy: SlotOccupancy = plain("Whether something is in it.")
    can_dispense: bool | None = plain("A battery can be taken out.")
    can_accept: bool | None = plain("A battery can be put in.")
    battery: BatteryLink | None = batched("The battery inside.", batteries.of_slots)
    connector: Connector | None = plain("The outlet, of an EV charger.")
    active_session: SessionLink | None = batched("The session that runs here.", sessions.active_of_slots)
    raw_status: RawCode | None = plain("The status in the vendor's own code.")
    freshness: Freshness = freshness()
