"""Joins what different reads say of the same slots and batteries.

Presence and charge come from the device's own reading; status, faults and temperature from the health reads. Where
they disagree about presence nothing is concluded from the conflict: the device's reading stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from model.records import Battery, Reading, Slot
from model.refs import Ref
from model.states import BatteryStatus, SlotOccupancy
from vendors.contract import StorageState


def with_slot_health(slots: Sequence[Slot], health: Sequence[Slot]) -> list[Slot]:
    """The slots with status, fault and abilities as the health read tells; slots that it does not name stay.

    A slot whose health is stale is stale.
    """
    told = {slot.ref: slot for slot in health}
    return [
        replace(
            slot,
            status=other.status,
            status_detail=other.status_detail,
            raw_status=other.raw_status,
            can_dispense=other.can_dispense,
            can_accept=other.can_accept,
            reading=_staler(slot.reading, other.reading),
        )
        if (other := told.get(slot.ref))
        else slot
        for slot in slots
    ]


def with_battery_health(batteries: Sequence[Battery], health: Sequence[Battery]) -> list[Battery]:
    """The batteries with status, fault, temperature and health as the health read tells; stale where that is stale."""
    told = {battery.ref: battery for battery in health}
    return [
        replace(
            battery,
            status=other.status if other.status is not BatteryStatus.UNKNOWN else battery.status,
            fault=other.fault or battery.fault,
            temperature_c=_first(other.temperature_c, battery.temperature_c),
            state_of_health=_first(other.state_of_health, battery.state_of_health),
            state_of_charge=_first(battery.state_of_charge, other.state_of_charge),
            reading=_staler(battery.reading, other.reading),
        )
        if (other := told.get(battery.ref))
        else battery
        for battery in batteries
    ]


def with_storage(batteries: Sequence[Battery], state: StorageState, reading: Reading | None = None) -> list[Battery]:
    """The batteries of a storage device with what it tells of all of them together; stale where `reading` is."""
    return [
        replace(
            battery,
            state_of_charge=_first(battery.state_of_charge, state.storage.state_of_charge),
            state_of_health=_first(battery.state_of_health, state.state_of_health),
            temperature_c=_first(battery.temperature_c, state.temperature_c),
            observed_at=state.observed_at or battery.observed_at,
            reading=_staler(battery.reading, reading or battery.reading),
        )
        for battery in batteries
    ]


def with_abilities(slots: Sequence[Slot], batteries: Mapping[Ref, Battery]) -> list[Slot]:
    """Whether each battery slot can dispense and accept now: the slot must be able to, and its battery be ready.

    None where one of the two is not known and the other does not forbid it.
    """
    return [replace(slot, can_dispense=_can_dispense(slot, batteries), can_accept=_can_accept(slot)) for slot in slots]


def _can_dispense(slot: Slot, batteries: Mapping[Ref, Battery]) -> bool | None:
    if slot.occupancy is SlotOccupancy.UNKNOWN:
        return None
    battery = batteries.get(slot.battery) if slot.battery else None
    status = battery.status if battery else BatteryStatus.UNKNOWN
    if slot.occupancy is SlotOccupancy.EMPTY or slot.can_dispense is False:
        return False
    if status is BatteryStatus.UNKNOWN or slot.can_dispense is None:
        return None if status in (BatteryStatus.UNKNOWN, BatteryStatus.READY) else False
    return status is BatteryStatus.READY


def _can_accept(slot: Slot) -> bool | None:
    if slot.occupancy is SlotOccupancy.UNKNOWN:
        return None
    return False if slot.occupancy is SlotOccupancy.OCCUPIED else slot.can_accept


def _staler(reading: Reading, other: Reading) -> Reading:
    return other if other.is_stale and not reading.is_stale else reading


def _first(value: float | None, otherwise: float | None) -> float | None:
    return otherwise if value is None else value
