"""What a push says put onto what is known. Pure: nothing that it does not say is lost; saying it twice changes nothing.

Within a record None, UNKNOWN and an empty tuple say nothing. There is one exception: of a slot that is said to be EMPTY
it is also said that no battery is in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from model.records import Battery, CabinetInventory, ChargingSession, Device, Reading, Slot, StorageReading
from model.refs import Ref
from model.states import ChargingSessionStatus, Connectivity, SlotOccupancy
from vendors.contract import DeviceReading, StorageState
from vendors.receiving import Said

Words: TypeAlias = Mapping[str, Any]
"""What is said of one thing, by the name of the field."""
Thing: TypeAlias = Slot | Battery | ChargingSession
T = TypeVar("T", Slot, Battery, ChargingSession)

OVER = frozenset({ChargingSessionStatus.COMPLETED, ChargingSessionStatus.FAILED, ChargingSessionStatus.INVALID})
"""Of a session that runs no more."""
_ABOUT = frozenset({"ref", "index", "kind", "reading", "observed_at", "storage"})
"""What a record is about, not what it says."""
_FIELDS = {
    kind: tuple(one for one in fields(kind) if one.name not in _ABOUT)
    for kind in (Slot, Battery, ChargingSession, CabinetInventory, StorageState, StorageReading)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """What is to be believed of what a push says of a device; slots and batteries as they were said, with the words."""

    device: Ref
    observed_at: datetime | None = None
    connectivity: Words = field(default_factory=dict)
    inventory: Words = field(default_factory=dict)
    slots: Mapping[Ref, tuple[Slot, Words]] = field(default_factory=dict)
    batteries: Mapping[Ref, tuple[Battery, Words]] = field(default_factory=dict)
    said_inventory: CabinetInventory | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything is left of it."""
        return bool(self.connectivity or self.inventory or self.slots or self.batteries)


def words_of(record: Thing | CabinetInventory | StorageState | StorageReading) -> Words:
    """Everything that a record says."""
    words = {one.name: value for one in _FIELDS[type(record)] if _speaks(value := getattr(record, one.name))}
    if isinstance(record, Slot) and record.occupancy is SlotOccupancy.EMPTY:
        words["battery"] = None
    return words


def words_of_device(said: Said) -> Words:
    """What is said of a device as such, but for its inventory."""
    return {"connectivity": said.connectivity} if said.connectivity not in (None, Connectivity.UNKNOWN) else {}


def as_patch(said: Said, observed_at: datetime | None = None) -> Patch:
    """All that is said, believed."""
    return Patch(
        device=said.device,
        observed_at=observed_at,
        connectivity=words_of_device(said),
        inventory=words_of(said.inventory) if said.inventory is not None else {},
        slots={slot.ref: (slot, words_of(slot)) for slot in said.slots},
        batteries={battery.ref: (battery, words_of(battery)) for battery in said.batteries},
        said_inventory=said.inventory,
    )


def patched_device(known: DeviceReading, patch: Patch, reading: Reading) -> DeviceReading:
    """A device's reading with a patch on it.

    Where the known reading does not tell of slots or batteries it still does not: a few of them are not all.
    """
    return replace(
        known,
        device=_device(known.device, patch, reading),
        slots=None if known.slots is None else patched_slots(known.slots, patch, reading),
        batteries=None if known.batteries is None else patched_batteries(known.batteries, patch, reading),
    )


def patched_slots(known: Sequence[Slot], patch: Patch, reading: Reading, *, grows: bool = True) -> tuple[Slot, ...]:
    """Slots with what is said of them, by their number; one that was not known is added where `grows`."""
    return tuple(sorted(_patched(known, patch.slots, reading, grows=grows), key=lambda slot: slot.index))


def patched_batteries(
    known: Sequence[Battery], patch: Patch, reading: Reading, *, grows: bool = True
) -> tuple[Battery, ...]:
    """The batteries in a device with what is said of them; those that left, as their slots say, are not in it."""
    emptied = {ref for ref, (_, words) in patch.slots.items() if "battery" in words and words["battery"] is None}
    inside = [one for one in known if one.slot not in emptied or one.ref in patch.batteries]
    return tuple(_patched(inside, patch.batteries, reading, grows=grows))


def patched_session(known: ChargingSession, words: Words, said: ChargingSession, reading: Reading) -> ChargingSession:
    """A session with some of what is said of it."""
    return _with(known, words, said.observed_at, reading) if words else known


def patched_list(
    known: Sequence[ChargingSession], words: Words, said: ChargingSession, reading: Reading, *, only_running: bool
) -> tuple[ChargingSession, ...]:
    """A list of sessions with what is said of one; a new one is added, one that ended leaves a list of running ones."""
    before = {one.ref: one for one in known}
    now = patched_session(before.get(said.ref) or said, words, said, reading)
    if only_running and now.status in OVER:
        return tuple(one for one in known if one.ref != said.ref)
    return tuple({**before, said.ref: now}.values())


def patched_storage(known: StorageState | None, words: Words, said: StorageState) -> StorageState:
    """The storage of a device with some of what is said of it."""
    if known is None:
        return said
    inside = {one.name: words[one.name] for one in _FIELDS[StorageReading] if one.name in words}
    outside = {one.name: words[one.name] for one in _FIELDS[StorageState] if one.name in words}
    observed_at = _later(known.observed_at, said.observed_at)
    return replace(known, storage=replace(known.storage, **inside), observed_at=observed_at, **outside)


def words_of_storage(said: StorageState) -> Words:
    """Everything that is said of the storage of a device."""
    return {**words_of(said), **words_of(said.storage)}


def _device(known: Device, patch: Patch, reading: Reading) -> Device:
    words: dict[str, Any] = dict(patch.connectivity)
    if patch.inventory and known.inventory is not None:
        words["inventory"] = replace(known.inventory, **patch.inventory)
    elif patch.inventory:
        words["inventory"] = patch.said_inventory
    if not words:
        return known
    return replace(known, **words, observed_at=_later(known.observed_at, patch.observed_at), reading=reading)


def _patched(known: Sequence[T], said: Mapping[Ref, tuple[T, Words]], reading: Reading, *, grows: bool) -> list[T]:
    before = {one.ref: one for one in known}
    after = dict(before)
    for ref, (record, words) in said.items():
        if words and (ref in before or grows):
            after[ref] = _with(before.get(ref) or _silent(record), words, record.observed_at, reading)
    return list(after.values())


def _with(known: T, words: Words, observed_at: datetime | None, reading: Reading) -> T:
    return replace(known, **words, observed_at=_later(known.observed_at, observed_at), reading=reading)


def _silent(record: T) -> T:
    """The same thing, of which nothing is said."""
    defaults = {one.name: one.default for one in _FIELDS[type(record)] if one.default is not MISSING}
    return replace(record, **defaults)


def _speaks(value: object) -> bool:
    return not (value is None or value in ("UNKNOWN", ()))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
