"""Hardware."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from graph.context import Info
from graph.types.accounts import Account, Vendor
from graph.types.arguments import After, Before, First, Last, page_args
from graph.types.connections import Bare, Connection
from graph.types.fields import batched, edge, graph_type, node_type, plain
from graph.types.filters import ChargingSessionFilter
from graph.types.freshness import Freshness, RawCode, freshness
from graph.types.links import BatteryLink, CommandLink, SessionLink, SiteLink, SlotLink, TariffLink
from graph.types.node import Node
from graph.types.owners import account, vendor
from graph.types.storage import EnergyRecord, StorageReading
from model import records
from model.commands import Command
from model.states import Capability, ChargerMode, Connectivity, DeviceKind, DeviceLifecycle
from resolvers import accounts, batteries, commands, devices, sessions, sites, slots, tariffs
from resolvers.paging import Page, Stretch


@graph_type()
class CabinetInventory:
    """Stock of a battery cabinet."""

    slots_total: int = plain("How many slots it has.")
    batteries_available: int | None = plain("Batteries that can be taken.")
    slots_available: int | None = plain("Slots that are free for a return.")
    can_dispense: bool | None = plain("A battery can be taken.")
    can_accept: bool | None = plain("A battery can be returned.")


def _capabilities(root: records.Device, info: Info) -> tuple[Capability, ...]:
    return info.context.ask(accounts.capabilities_of, root)


async def _sessions(
    root: records.Device,
    info: Info,
    *,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
    where: Annotated[
        ChargingSessionFilter | None,
        strawberry.argument(name="filter", description="Which of them."),
    ] = strawberry.UNSET,
) -> Page[records.ChargingSession]:
    page: Page[records.ChargingSession] = await info.context.load(
        sessions.pages_of_devices,
        root,
        page_args(first, after, last, before),
        (where or ChargingSessionFilter()).chosen(),
        info.context.max_age(info.path),
    )
    return page


async def _commands(
    root: records.Device,
    info: Info,
    *,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Stretch[Command]:
    return await info.context.ask(commands.of_device, root, page_args(first, after, last, before))


async def _storage_records(
    root: records.Device,
    info: Info,
    start: Annotated[datetime, strawberry.argument(description="From then on.")],
    end: Annotated[datetime, strawberry.argument(description="Until before then; 90 days later at most.")],
) -> Sequence[records.EnergyRecord]:
    return await info.context.ask(devices.energy_records, root, start, end, info.context.max_age(info.path))


@node_type(records.Device)
class Device(Node):
    """A piece of hardware."""

    native_id: str = plain("The vendor's own id, which is on the device.", "ref.native_id")
    account: Account = account()
    vendor: Vendor = vendor()
    kind: DeviceKind = plain("What it is for.")
    name: str | None = plain("What people call it.")
    model: str | None = plain("What its maker calls it.")
    connectivity: Connectivity = plain("Whether the vendor reaches it.")
    lifecycle: DeviceLifecycle = plain("Whether it is meant to be used.")
    last_seen_at: datetime | None = plain("When the vendor last heard of it.")
    site: SiteLink | None = batched("Where it stands.", sites.of_devices)
    slots: list[SlotLink] = batched("Its bays, sockets or connectors, by number.", slots.of_devices)
    batteries: list[BatteryLink] = batched("The batteries in it.", batteries.of_devices)
    charger_mode: ChargerMode | None = plain("How it chooses its power, of an EV charger.")
    power_w: float | None = plain("Power now, in W.")
    energy_kwh: float | None = plain("Energy in all, in kWh.")
    inventory: CabinetInventory | None = plain("Stock, of a battery cabinet.")
    storage: StorageReading | None = batched("Charge and power flows, of home storage.", devices.storage_of)
    storage_records: list[EnergyRecord] = edge("Recorded energy, of home storage, oldest first.", _storage_records)
    capabilities: list[Capability] = edge("What this gateway can do with it.", _capabilities)
    tariff: TariffLink | None = batched("The price there.", tariffs.of_devices)
    charging_sessions: Connection[SessionLink] = edge("Charges and rentals on it, newest first.", _sessions)
    commands: Bare[CommandLink] = edge("Commands to it, newest first.", _commands)
    raw_status: RawCode | None = plain("The status in the vendor's own code.")
    raw: strawberry.scalars.JSON | None = plain("The device as the vendor sent it, without personal data.")
    freshness: Freshness = freshness()
