"""Devices by ref: as they are known, or from a fresh listing, else read by themselves, else from a listing made now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub import reads
from hub.capabilities import offered
from hub.member import Member
from model.records import CONFIGURED, Device
from model.refs import Ref
from resolvers.batching import refs_by_account
from resolvers.merging import newest
from resolvers.roster import Roster, ever_listed, known_devices, placeholder, roster
from resolvers.scope import Scope
from vendors.contract import DeviceReading, ReadsDevices


async def by_refs(scope: Scope, refs: Sequence[Ref], max_age: int | None) -> list[Device | None]:
    """Devices by ref; None for what neither a vendor nor the configuration knows."""

    async def of_account(member: Member, some: Sequence[Ref]) -> Sequence[Device | None]:
        return await _found(scope, member, some, max_age)

    return await refs_by_account(scope, refs, of_account, None)


async def known_by_refs(scope: Scope, refs: Sequence[Ref]) -> list[Device | None]:
    """Devices by ref as they were last known, however long ago: a vendor is asked only about what nobody knows yet."""

    async def of_account(member: Member, some: Sequence[Ref]) -> Sequence[Device | None]:
        found = await _known(scope, member, some)
        strangers = [ref for ref in dict.fromkeys(some) if ref not in found]
        asked = await _found(scope, member, strangers, None) if strangers else ()
        return [found.get(ref) or dict(zip(strangers, asked, strict=True)).get(ref) for ref in some]

    return await refs_by_account(scope, refs, of_account, None)


async def newest_known(scope: Scope, devices: Sequence[Device]) -> dict[Ref, Device]:
    """Listed devices with whatever their own last reading added; nobody is asked for it."""
    found: dict[Ref, Device] = {}
    for member in scope.members():
        own = [device for device in devices if device.ref.account == member.key]
        known = await known_devices(scope, member, [device.ref.native_id for device in own])
        for device, reading in zip(own, known, strict=True):
            found[device.ref] = newest(device, reading.device) if reading else device
    return found


async def _known(scope: Scope, member: Member, refs: Sequence[Ref]) -> dict[Ref, Device]:
    """Those of them that the last listing or the configuration names, as they were last read; nobody is asked."""
    listed = await ever_listed(scope, member)
    found: dict[Ref, Device] = {}
    names = [ref for ref in refs if ref.native_id in listed or ref.native_id in member.settings.devices]
    own = await known_devices(scope, member, [ref.native_id for ref in names])
    for ref, alone in zip(names, own, strict=True):
        one = listed.get(ref.native_id)
        device = one.device if one else placeholder(member, ref.native_id)
        found[ref] = newest(device, alone.device) if alone else device
    return found


async def _found(scope: Scope, member: Member, refs: Sequence[Ref], max_age: int | None) -> Sequence[Device | None]:
    """Several devices cost one listing where the vendor has one; a single device is read by itself.

    What neither the listing nor the configuration names is not of this fleet: no vendor is asked about it by name, so
    that made-up ids cost no quota.
    """
    can_read = offered(member.adapter, ReadsDevices) is not None
    named = member.settings.devices
    if can_read and reads.devices(member) is None:
        own = list(dict.fromkeys(ref for ref in refs if ref.native_id in named))
        found = dict(zip(own, await _alone(scope, member, own, {}, max_age), strict=True))
        return [found.get(ref) for ref in refs]
    everything = await ever_listed(scope, member)
    listed = [everything[ref.native_id].device for ref in refs if ref.native_id in everything]
    fresh_s = member.manifest.cadence.devices
    if len(listed) == len(refs) and all(scope.is_recent(device.reading, fresh_s, max_age) for device in listed):
        newer = await newest_known(scope, listed)
        return [newer[device.ref] for device in listed]
    is_stranger = bool(everything) and refs[0].native_id not in everything and refs[0].native_id not in named
    if can_read and len(refs) == 1 and not is_stranger:
        alone = await _alone(scope, member, refs, everything, max_age)
        if any(alone):
            return alone
    listing = await roster(scope, member, max_age)
    return [_shown(listing, ref) for ref in refs]


async def _alone(
    scope: Scope,
    member: Member,
    refs: Sequence[Ref],
    everything: Mapping[str, DeviceReading],
    max_age: int | None,
) -> list[Device | None]:
    """Each device read by itself, by a vendor that can, with what the last listing adds; None for what nobody knows."""
    known = [everything.get(ref.native_id) for ref in refs]
    size = len(everything) or len(member.settings.devices)
    wanted = [
        reads.device(member, ref, one.device.site if one else None, size) for ref, one in zip(refs, known, strict=True)
    ]
    possible = [read for read in wanted if read is not None]
    found: list[Device | None] = []
    for ref, one, snapshot in zip(refs, known, await scope.read_many(member, possible, max_age), strict=True):
        if snapshot.value is not None:
            device = replace(snapshot.value.device, reading=snapshot.reading or snapshot.value.device.reading)
            found.append(newest(device, one.device) if one else device)
        elif one is not None:
            stale = replace(one.device.reading, is_stale=True, problem=snapshot.problem)
            found.append(replace(one.device, reading=stale))
        elif ref.native_id in member.settings.devices:
            unread = replace(CONFIGURED, problem=snapshot.problem)
            found.append(replace(placeholder(member, ref.native_id), reading=unread))
        else:
            found.append(None)
    return found


def _shown(listing: Roster, ref: Ref) -> Device | None:
    reading = listing.reading_of(ref.native_id)
    if reading is not None:
        return listing.known_as(reading.device)
    if ref.native_id in listing.alone:
        return listing.known_as(placeholder(listing.member, ref.native_id))
    return None
