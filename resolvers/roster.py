"""Which devices an account has, as far as is known now: what the vendor lists, and what the configuration names.

A listed device is as fresh as the listing; a device that only the configuration names is read by itself. One that was
never read, or that the vendor does not know, is shown as such and never dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from hub import reads
from hub.member import Member
from hub.parts import Key, Part
from hub.shelves import Place, Shelf
from hub.snapshots import Snapshot
from model.records import CONFIGURED, Device, Problem, Reading
from model.refs import Ref, device_ref
from model.states import DeviceKind, ProblemCode
from resolvers.scope import Scope
from vendors.contract import DeviceReading

OF_ONE_DEVICE = frozenset({ProblemCode.NOT_FOUND, ProblemCode.REJECTED, ProblemCode.DEVICE_OFFLINE})
"""Problems that say something of a device and nothing of its account."""


@dataclass(frozen=True, slots=True)
class Roster:
    """One account's devices. `stale`: how the listing is known where it is not fresh; `alone`: likewise by device."""

    member: Member
    listed: Mapping[str, DeviceReading]
    alone: Mapping[str, Snapshot[DeviceReading]]
    stale: Reading | None
    problems: Sequence[Problem]
    shelf: Shelf[Device]

    def reading_of(self, native: str) -> DeviceReading | None:
        """What the roster itself says of a device, known as it is known now."""
        if native in self.listed:
            return self.listed[native]
        snapshot = self.alone.get(native)
        return None if snapshot is None else snapshot.value

    def alone_values(self) -> list[DeviceReading | None]:
        """What was read of the devices that no listing names."""
        return [snapshot.value for snapshot in self.alone.values()]

    def known_as(self, device: Device) -> Device:
        """The roster's record with the reading that holds now."""
        native = device.ref.native_id
        snapshot = self.alone.get(native)
        reading = self.stale if native in self.listed else None
        if snapshot is not None:
            reading = snapshot.reading or replace(CONFIGURED, problem=snapshot.problem)
        return device if reading is None or reading is device.reading else replace(device, reading=reading)


async def roster(scope: Scope, member: Member, max_age: int | None) -> Roster:
    """The account's devices now; asked once within an operation."""
    return await scope.once(("roster", member.key, max_age), lambda: _roster(scope, member, max_age))


async def _roster(scope: Scope, member: Member, max_age: int | None) -> Roster:
    listing = await _listing(scope, member, max_age)
    listed = _index(scope, member, listing.value or ())
    names = [native for native in dict.fromkeys(member.settings.devices) if native not in listed]
    read_alone = [_explained(snapshot, listing) for snapshot in await _alone(scope, member, names, max_age)]
    alone = dict(zip(names, read_alone, strict=True))
    of_account = (
        snapshot.problem
        for snapshot in alone.values()
        if snapshot.problem and snapshot.problem.code not in OF_ONE_DEVICE
    )
    shelf = scope.fleet.shelves.of(("devices", member.key), place_of_device)
    shelf.fill(
        (listing.value, *(snapshot.value for snapshot in alone.values())),
        lambda: [
            *(reading.device for reading in listed.values()),
            *(
                snapshot.value.device if snapshot.value else placeholder(member, name)
                for name, snapshot in alone.items()
            ),
        ],
        scope.clock.now(),
    )
    return Roster(
        member=member,
        listed=listed,
        alone=alone,
        stale=listing.reading if listing.reading and listing.reading.is_stale else None,
        problems=[*([listing.problem] if listing.problem else []), *of_account],
        shelf=shelf,
    )


async def count_of_devices(scope: Scope, member: Member) -> int:
    """How many devices the account has now. Those that the configuration names need not be read to be counted."""
    listing = await _listing(scope, member, None)
    return len({*_index(scope, member, listing.value or ()), *member.settings.devices})


async def _listing(scope: Scope, member: Member, max_age: int | None) -> Snapshot[Sequence[DeviceReading]]:
    read = reads.devices(member)
    return Snapshot((), None) if read is None else await scope.read(member, read, max_age)


async def _alone(
    scope: Scope, member: Member, names: Sequence[str], max_age: int | None
) -> Sequence[Snapshot[DeviceReading]]:
    """The devices that no listing names, each read by itself; their site, where one is known, from their last read."""
    refs = [device_ref(member.key, name) for name in names]
    wanted = [reads.device(member, ref, None, len(names)) for ref in refs]
    possible = [read for read in wanted if read is not None]
    if len(possible) < len(names):
        return [Snapshot(None, None) for _ in names]
    return await scope.read_many(member, possible, max_age)


def _explained(alone: Snapshot[DeviceReading], listing: Snapshot[Sequence[DeviceReading]]) -> Snapshot[DeviceReading]:
    """A device that was not found while the listing failed may well exist: some are found by the listing only."""
    is_missing = alone.value is None and alone.problem is not None and alone.problem.code is ProblemCode.NOT_FOUND
    if listing.value is None and is_missing:
        return Snapshot(None, None, listing.problem)
    return alone


def place_of_device(device: Device) -> Place:
    """Devices stand by name, then id; nameless ones first."""
    return (device.name or "", device.ref.id)


@lru_cache(maxsize=65_536)
def _placeholder(ref: Ref, kind: DeviceKind) -> Device:
    return Device(ref=ref, kind=kind)


def placeholder(member: Member, native: str) -> Device:
    """A device of which only the configuration knows."""
    kinds = member.manifest.device_kinds
    return _placeholder(device_ref(member.key, native), kinds[0] if len(kinds) == 1 else DeviceKind.UNKNOWN)


class Listing(NamedTuple):
    """What a listing says. `stale`: how it is known where it is not fresh."""

    devices: Mapping[str, DeviceReading]
    stale: Reading | None = None


async def listed_now(scope: Scope, member: Member, max_age: int | None) -> Listing:
    """What the listing says, where this operation has it already or it is fresh enough; nobody is asked for it."""
    name = ("roster", member.key, max_age)
    if scope.has(name):
        known = await roster(scope, member, max_age)
        return Listing(known.listed, known.stale)
    read = reads.devices(member)
    if read is None:
        return Listing({})
    (entry,) = await scope.fleet.snapshots.peek([read.key])
    return Listing(_index(scope, member, entry.value) if entry and scope.is_fresh(read, entry, max_age) else {})


async def ever_listed(scope: Scope, member: Member) -> Mapping[str, DeviceReading]:
    """What the listing last said, however long ago; nobody is asked for it."""
    (entry,) = await scope.fleet.snapshots.peek([Key(member.key, Part.DEVICES)])
    return _index(scope, member, entry.value) if entry else {}


def _index(scope: Scope, member: Member, listing: Sequence[DeviceReading]) -> Mapping[str, DeviceReading]:
    return scope.fleet.indexes.of(
        ("listed", member.key),
        (listing,),
        lambda: {reading.device.ref.native_id: reading for reading in listing},
    )


async def known_devices(scope: Scope, member: Member, natives: Sequence[str]) -> list[DeviceReading | None]:
    """What was last read of these devices by themselves, however old, without asking the vendor."""
    keys = [Key(member.key, Part.DEVICE, native) for native in natives]
    return [None if entry is None else entry.value for entry in await scope.fleet.snapshots.peek(keys)]
