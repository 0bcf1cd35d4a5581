"""The live state of devices: their slots, batteries and storage, joined from the fewest reads that can tell.

Which reads those are depends on what the operation selects: the health of slots or batteries costs some vendors calls
of their own, which are made only when a selected field needs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from hub import reads
from hub.member import Member
from hub.parts import Part, Read, stamped
from hub.snapshots import Snapshot
from model.records import (
    CONFIGURED,
    Battery,
    Device,
    Problem,
    Reading,
    Slot,
    StorageReading,
    Tariff,
)
from model.refs import Ref, slot_ref
from model.states import DeviceKind, ProblemCode, Resolution, SlotKind
from resolvers.batching import by_account
from resolvers.health import with_abilities, with_battery_health, with_slot_health, with_storage
from resolvers.merging import newest
from resolvers.roster import OF_ONE_DEVICE, Listing, listed_now
from resolvers.scope import Scope
from vendors.contract import DeviceReading, StorageState

T = TypeVar("T")

SLOTS = (
    "Device.slots",
    "Query.slot",
    "Query.node",
    "Query.nodes",
    "ChargingSession.slot",
    "Battery.slot",
    "CommandTarget.slot",
    "Event.slot",
)
BATTERIES = (
    "Device.batteries",
    "Query.battery",
    "Query.batteries",
    "Query.node",
    "Query.nodes",
    "ChargingSession.battery",
    "CommandTarget.battery",
    "Event.battery",
)
"""Where an operation can come to slots and batteries from, but for the battery of a slot."""
SLOT_HEALTH = ("Slot.status", "Slot.statusDetail", "Slot.rawStatus", "Slot.canDispense", "Slot.canAccept")
BATTERY_HEALTH = ("Battery.status", "Battery.fault", "Battery.temperatureC", "Slot.canDispense")
BATTERY_STORAGE = ("Battery.stateOfCharge", "Battery.stateOfHealth", "Battery.temperatureC")
STORAGE = ("Device.storage", "Device.powerW", "Device.energyKwh")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """What is inside one device, and what was in the way of knowing it."""

    device: Device | None = None
    slots: tuple[Slot, ...] = ()
    batteries: Mapping[Ref, Battery] = field(default_factory=dict)
    storage: StorageReading | None = None
    tariffs: tuple[Tariff, ...] = ()
    problems: tuple[Problem, ...] = ()


UNSEEN = DeviceState()
"""Of a device that the viewer may not see."""


async def states_of(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[DeviceState]:
    """The state of each device, in their order; every account's devices in one batch, each once an operation."""
    fresh = [device for device in devices if (device.ref, max_age) not in scope.states]

    async def of_account(member: Member, some: Sequence[Device]) -> list[DeviceState]:
        return await _states(scope, member, some, max_age)

    for device, state in zip(fresh, await by_account(scope, fresh, of_account, UNSEEN), strict=True):
        scope.states[device.ref, max_age] = state
    return [scope.states[device.ref, max_age] for device in devices]


async def _states(scope: Scope, member: Member, devices: Sequence[Device], max_age: int | None) -> list[DeviceState]:
    listing = await listed_now(scope, member, max_age)
    wanted = [_wanted(scope, member, listing.devices, device) for device in devices]
    flat = [read for some in wanted for read in some]
    answers = iter(await scope.read_many(member, flat, max_age))
    return [
        _join(scope, device, _as_listed(listing, device), {read.key.part: next(answers) for read in some})
        for device, some in zip(devices, wanted, strict=True)
    ]


def _wanted(scope: Scope, member: Member, listing: Mapping[str, DeviceReading], device: Device) -> list[Read[Any]]:
    """The reads that the operation needs of this device: as few as its vendor allows."""
    listed = listing.get(device.ref.native_id)
    has_slots = listed is None or listed.slots is None or bool(listed.slots)
    slots = has_slots and scope.asks_for(*SLOTS)
    batteries = scope.asks_for(*BATTERIES) or (slots and scope.asks_for("Slot.battery"))
    needs = {
        Part.DEVICE: _needs_device(scope, listed, slots=slots, batteries=batteries),
        Part.SLOT_HEALTH: slots and scope.asks_for(*SLOT_HEALTH),
        Part.BATTERY_HEALTH: (slots or batteries) and scope.asks_for(*BATTERY_HEALTH),
        Part.STORAGE: scope.asks_for(*STORAGE) or (batteries and scope.asks_for(*BATTERY_STORAGE)),
    }
    size = len(listing) or len(member.settings.devices)
    possible = {
        Part.DEVICE: reads.device(member, device.ref, device.site, size),
        Part.SLOT_HEALTH: reads.slot_health(member, device.ref),
        Part.BATTERY_HEALTH: reads.battery_health(member, device.ref),
        Part.STORAGE: reads.storage(member, device.ref),
    }
    return [read for part, read in possible.items() if read is not None and needs[part]]


def _needs_device(scope: Scope, listed: DeviceReading | None, *, slots: bool, batteries: bool) -> bool:
    """Whether the device must be read by itself: the listing, where there is one, lacks what is asked for."""
    if listed is None:
        return True
    return (
        (slots and listed.slots is None)
        or (batteries and listed.batteries is None)
        or (not listed.tariffs and listed.slots is None and scope.asks_for("Device.tariff"))
    )


def _as_listed(listing: Listing, device: Device) -> Snapshot[DeviceReading]:
    """The device as the listing tells it, known as the listing is known now."""
    listed = listing.devices.get(device.ref.native_id)
    if listed is None:
        return Snapshot(None, None)
    return Snapshot(listed, listing.stale or listed.device.reading, listing.stale.problem if listing.stale else None)


def _join(
    scope: Scope, device: Device, listed: Snapshot[DeviceReading], found: Mapping[Part, Snapshot[Any]]
) -> DeviceState:
    """The device's state, joined anew only when something in it was read anew."""
    known = (item for one in (listed, *found.values()) for item in (one.value, one.reading, one.problem))
    sources = (device, *found, *known)
    return scope.fleet.joins.of(device.ref, sources, lambda: _joined(listed, device, found))


def _joined(listed: Snapshot[DeviceReading], device: Device, found: Mapping[Part, Snapshot[Any]]) -> DeviceState:
    """One device's state from the snapshots that were read for it."""
    found = {part: _as_known(snapshot) for part, snapshot in found.items()}
    own: Snapshot[DeviceReading] = found.get(Part.DEVICE) or _as_known(listed)
    storage: Snapshot[StorageState] = found.get(Part.STORAGE) or Snapshot(None, None)
    slots, batteries = _inside(device, own)
    if health := found.get(Part.SLOT_HEALTH):
        slots = with_slot_health(slots, health.value or ())
    if health := found.get(Part.BATTERY_HEALTH):
        batteries = with_battery_health(batteries, health.value or ())
    if storage.value is not None:
        batteries = with_storage(batteries, storage.value, storage.reading)
    by_ref = {battery.ref: battery for battery in batteries}
    if Part.SLOT_HEALTH in found or Part.BATTERY_HEALTH in found:
        slots = with_abilities(slots, by_ref)
    return DeviceState(
        device=_device(device, own, storage),
        slots=tuple(slots),
        batteries=by_ref,
        storage=None if storage.value is None else storage.value.storage,
        tariffs=() if own.value is None else own.value.tariffs,
        problems=tuple(
            dict.fromkeys(
                snapshot.problem
                for snapshot in (own, *found.values())
                if snapshot.problem and snapshot.problem.code not in OF_ONE_DEVICE
            )
        ),
    )


def _as_known(snapshot: Snapshot[T]) -> Snapshot[T]:
    """What is stale says so on every record."""
    if snapshot.value is None or snapshot.reading is None or not snapshot.reading.is_stale:
        return snapshot
    return replace(snapshot, value=stamped(snapshot.value, snapshot.reading))


def _inside(device: Device, own: Snapshot[DeviceReading]) -> tuple[Sequence[Slot], Sequence[Battery]]:
    """Slots and batteries as the device's own reading tells."""
    value = own.value
    if value is None or value.slots is None:
        inventory = (value.device.inventory if value else None) or device.inventory
        return unknown_slots(device, inventory.slots_total if inventory else 0, _why_unknown(own)), ()
    return value.slots, value.batteries or ()


def unknown_slots(device: Device, total: int, reading: Reading) -> list[Slot]:
    """The slots of a device that does not say more than how many it has."""
    kind = SlotKind.BATTERY_SLOT if device.kind is DeviceKind.POWER_BANK_CABINET else SlotKind.UNKNOWN
    return [
        Slot(ref=slot_ref(device.ref, index), index=index, kind=kind, reading=reading) for index in range(1, total + 1)
    ]


def _why_unknown(own: Snapshot[DeviceReading]) -> Reading:
    if own.value is not None and own.reading is not None and own.problem is None:
        offline = Problem(
            ProblemCode.DEVICE_OFFLINE, "the device is not connected to its vendor", Resolution.RETRY_LATER,
            own.value.device.ref.account,
        )  # fmt: skip
        return replace(own.reading, is_stale=True, problem=offline)
    return replace(own.reading or CONFIGURED, problem=own.problem)


def _device(device: Device, own: Snapshot[DeviceReading], storage: Snapshot[StorageState]) -> Device:
    """The newest that is known of the device itself."""
    if own.value is not None and own.reading is not None:
        device = newest(device, replace(own.value.device, reading=own.reading))
    if storage.value is not None:
        power_w, energy_kwh = storage.value.power_w, storage.value.energy_kwh
        device = replace(
            device,
            power_w=device.power_w if power_w is None else power_w,
            energy_kwh=device.energy_kwh if energy_kwh is None else energy_kwh,
        )
    return device
