"""What the periodic report of a cabinet says of it: a pure function.

It lists batteries by slot, without their charge. Whether it lists empty slots too is not documented: a slot that is
not listed is empty only where the counts beside the list say so. Source: api-136068784 of
https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from model.faults import Malformed
from model.records import Battery, RawCode, Slot
from model.refs import Ref, battery_ref, slot_ref
from model.states import BatteryStatus, Connectivity, SlotKind, SlotOccupancy
from vendors.bajie import wire
from vendors.bajie.push_words import usable_id
from vendors.bajie.translate import BATTERY_FAULTS, CONNECTIVITY, MOST_SLOTS, NO_FAULT, inventory, slot_with_fault
from vendors.kit.wire import each, mapped, read_as
from vendors.receiving import Said


class _Bay(NamedTuple):
    """A slot as the report lists it."""

    slot: Ref
    number: int
    battery: Ref | None
    row: wire.BatteryReported


def cabinet_status(device: Ref, data: wire.EventData) -> Said:
    """Connectivity, stock, slots and batteries. Of an offline cabinet the list is what was: it is not said again."""
    connectivity = mapped(CONNECTIVITY, (data.info_status or "").lower(), Connectivity.UNKNOWN)
    items = [] if connectivity is Connectivity.OFFLINE else (data.battery_list or [])
    bays = _undisputed(list(each(lambda item: _bay(device, item), items)))
    is_whole = 0 < len(items) == len(bays)
    return Said(
        device=device,
        connectivity=connectivity,
        inventory=inventory(data.total_count, data.rentable_count, data.returnable_count, connectivity),
        slots=(*map(_slot, bays), *(_unlisted(device, data, bays) if is_whole else ())),
        batteries=tuple(
            faulty_battery(device, bay.battery, bay.row.battery_fault_type, bay.slot) for bay in bays if bay.battery
        ),
    )


def faulty_battery(device: Ref, battery: Ref, fault_type: str | None, slot: Ref | None = None) -> Battery:
    """A battery in a cabinet, with its fault if it has one."""
    status, label = BATTERY_FAULTS.get(fault_type or "", (BatteryStatus.UNKNOWN, None))
    fault = RawCode(fault_type, label) if fault_type and fault_type != NO_FAULT else None
    return Battery(ref=battery, device=device, slot=slot, status=status, fault=fault)


def _bay(device: Ref, item: object) -> _Bay:
    row = read_as(wire.BatteryReported, item, "battery report")
    if row.slot is None or not 1 <= row.slot <= MOST_SLOTS:
        raise Malformed("battery report: no slot number")
    if row.battery_id is not None and usable_id(row.battery_id) is None:
        raise Malformed("battery report: an id that cannot be one")
    battery = battery_ref(device.account, row.battery_id) if row.battery_id else None
    return _Bay(slot_ref(device, row.slot), row.slot, battery, row)


def _undisputed(bays: Sequence[_Bay]) -> list[_Bay]:
    """Without what contradicts itself: one slot with two reports, one battery in two slots."""
    slots, batteries = Counter(bay.number for bay in bays), Counter(bay.battery for bay in bays if bay.battery)
    return [bay for bay in bays if slots[bay.number] == 1 and (bay.battery is None or batteries[bay.battery] == 1)]


def _slot(bay: _Bay) -> Slot:
    """Where the report does not say at all whether there is a battery, the slot is UNKNOWN."""
    row, is_told = bay.row, "battery_id" in bay.row.model_fields_set
    return slot_with_fault(
        bay.slot.device, bay.number, row.battery_id, row.fault_type, row.fault_cause, is_told=is_told
    )


def _unlisted(device: Ref, data: wire.EventData, bays: Sequence[_Bay]) -> list[Slot]:
    """The slots that are not listed: EMPTY, where all but the listed batteries' are free for returns."""
    total, held = data.total_count or 0, sum(bay.battery is not None for bay in bays)
    if not 0 < total <= MOST_SLOTS or data.returnable_count != total - held:
        return []
    listed = {bay.number for bay in bays}
    return [
        Slot(ref=slot_ref(device, index), index=index, kind=SlotKind.BATTERY_SLOT, occupancy=SlotOccupancy.EMPTY)
        for index in range(1, total + 1)
        if index not in listed
    ]
