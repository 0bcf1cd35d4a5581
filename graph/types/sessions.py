"""Charges and rentals."""

from datetime import datetime
from operator import attrgetter

from graph.context import Info
from graph.types.accounts import Account
from graph.types.fields import batched, edge, graph_type, node_type, plain
from graph.types.freshness import Freshness, RawCode, freshness
from graph.types.links import BatteryLink, DeviceLink, SiteLink, SlotLink
from graph.types.money import Money
from graph.types.node import Node
from graph.types.owners import account
from model import records
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    EnergySource,
    PriceUnit,
)
from resolvers import batteries, devices, sessions, sites, slots


@graph_type()
class Billing:
    """What a session costs. A missing amount is not zero."""

    status: BillingStatus = plain("How far the payment is.")
    amount: Money | None = plain("What is to be paid, or was.")
    tax: Money | None = plain("The tax on it; vendors do not say whether the amount includes it.")
    commission: Money | None = plain("What the platform takes.")
    unit_price: Money | None = plain("The price of a unit.")
    unit: PriceUnit | None = plain("What the unit price is for.")


@graph_type()
class Customer:
    """Personal data of who charges or rents."""

    email: str | None = plain("Their e-mail address.")
    license_plate: str | None = plain("The plate of their vehicle.")


def _updated_at(root: records.ChargingSession, info: Info) -> datetime:
    """Never null: without the vendor's word, when this gateway read it, and before that, when it started."""
    return root.updated_at or root.reading.fetched_at or info.context.scope.started_at


def _customer(root: records.ChargingSession, info: Info) -> records.Customer | None:
    return root.customer if info.context.scope.may_see_personal_data else None


async def _external_id(root: records.ChargingSession, info: Info) -> str | None:
    """By the vendor's word; of rentals that were started here, by our own."""
    return root.external_id or await info.context.load(sessions.known_as, root.ref)


@node_type(records.ChargingSession)
class ChargingSession(Node):
    """A charge or a rental."""

    native_id: str = plain("The vendor's own id.", "ref.native_id")
    account: Account = account()
    kind: ChargingSessionKind = plain("A charge or a rental.")
    status: ChargingSessionStatus = plain("How far it is.")
    end_reason: ChargingSessionEndReason | None = plain("Why it ended.")
    device: DeviceLink | None = batched("The device it runs on.", devices.by_refs, attrgetter("device"))
    slot: SlotLink | None = batched("The slot it runs on.", slots.by_refs, attrgetter("slot"))
    battery: BatteryLink | None = batched("The battery that is rented.", batteries.by_refs, attrgetter("battery"))
    site: SiteLink | None = batched("Where it runs.", sites.by_refs, attrgetter("site"))
    started_at: datetime | None = plain("When it began.")
    ended_at: datetime | None = plain("When it ended.")
    updated_at: datetime = edge("When it last moved, as the vendor says; else when this gateway read it.", _updated_at)
    energy_kwh: float | None = plain("Energy so far, in kWh.")
    energy_source: EnergySource | None = plain("Where the energy figure comes from.")
    power_w: float | None = plain("Power now, in W.")
    state_of_charge: float | None = plain("Of the vehicle or battery being charged, 0 to 1.")
    billing: Billing | None = plain("What it costs.")
    customer: Customer | None = edge("Who. Needs the personal-data permission; null without it.", _customer)
    external_id: str | None = edge("The id that whoever started it gave it.", _external_id)
    raw_status: RawCode | None = plain("The status in the vendor's own code.")
    freshness: Freshness = freshness()
