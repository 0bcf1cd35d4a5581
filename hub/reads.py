"""Every kind of read that an account allows: which snapshot it fills, which call fills it, how long it stays fresh.

A function answers None where the account's adapter has no such capability.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from hub.capabilities import offered
from hub.member import Member
from hub.parts import Key, Part, Read
from model.records import Battery, ChargingSession, EnergyRecord, Site, Slot, Tariff, VendorSubscription
from model.refs import Ref
from vendors import contract
from vendors.contract import DeviceReading, StorageState

T = TypeVar("T")


def devices(member: Member) -> Read[Sequence[DeviceReading]] | None:
    """The vendor's listing of devices."""
    adapter = offered(member.adapter, contract.ListsDevices)
    if adapter is None:
        return None
    return _read(member, Part.DEVICES, adapter.list_devices, member.manifest.cadence.devices)


def device(member: Member, ref: Ref, site: Ref | None, fleet_size: int) -> Read[DeviceReading] | None:
    """One device; `fleet_size` devices share the account's quota."""
    adapter = offered(member.adapter, contract.ReadsDevices)
    if adapter is None:
        return None
    cadence = member.manifest.cadence
    fresh_s = max(cadence.device, cadence.seconds_per_device * fleet_size)
    return _read(member, Part.DEVICE, lambda: adapter.read_device(ref, site), fresh_s, ref.native_id)


def sites(member: Member) -> Read[Sequence[Site]] | None:
    """The vendor's listing of sites."""
    adapter = offered(member.adapter, contract.ListsSites)
    if adapter is None:
        return None
    return _read(member, Part.SITES, adapter.list_sites, member.manifest.cadence.sites)


def site(member: Member, ref: Ref) -> Read[Site] | None:
    """One site, with more than the listing says."""
    adapter = offered(member.adapter, contract.ReadsSites)
    if adapter is None:
        return None
    return _read(member, Part.SITE, lambda: adapter.read_site(ref), member.manifest.cadence.sites, ref.native_id)


def slot_health(member: Member, ref: Ref) -> Read[Sequence[Slot]] | None:
    """The health of a device's slots."""
    adapter = offered(member.adapter, contract.ReadsSlotHealth)
    if adapter is None:
        return None
    fresh_s = member.manifest.cadence.health
    return _read(member, Part.SLOT_HEALTH, lambda: adapter.read_slot_health(ref), fresh_s, ref.native_id)


def battery_health(member: Member, ref: Ref) -> Read[Sequence[Battery]] | None:
    """The health of the batteries in a device."""
    adapter = offered(member.adapter, contract.ReadsBatteryHealth)
    if adapter is None:
        return None
    fresh_s = member.manifest.cadence.health
    return _read(member, Part.BATTERY_HEALTH, lambda: adapter.read_battery_health(ref), fresh_s, ref.native_id)


def storage(member: Member, ref: Ref) -> Read[StorageState] | None:
    """The storage of one device."""
    adapter = offered(member.adapter, contract.ReadsStorage)
    if adapter is None:
        return None
    fresh_s = member.manifest.cadence.storage
    return _read(member, Part.STORAGE, lambda: adapter.read_storage(ref), fresh_s, ref.native_id)


def energy(member: Member, ref: Ref, start: datetime, end: datetime) -> Read[Sequence[EnergyRecord]] | None:
    """The recorded energy of one device from `start` until before `end`."""
    adapter = offered(member.adapter, contract.ReadsEnergy)
    if adapter is None:
        return None
    fresh_s = member.manifest.cadence.storage
    native = f"{ref.native_id}/{start.isoformat()}/{end.isoformat()}"
    return _read(member, Part.ENERGY, lambda: adapter.read_energy(ref, start, end), fresh_s, native)


def sessions(member: Member, since: datetime) -> Read[Sequence[ChargingSession]] | None:
    """Sessions since the start of that UTC day, so that clients who ask within a day share one snapshot."""
    adapter = offered(member.adapter, contract.ListsSessions)
    if adapter is None:
        return None
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    fresh_s = member.manifest.cadence.sessions
    return _read(member, Part.SESSIONS, lambda: adapter.list_sessions(day), fresh_s, day.date().isoformat())


def active_sessions(member: Member) -> Read[Sequence[ChargingSession]] | None:
    """The sessions that run now."""
    adapter = offered(member.adapter, contract.ListsActiveSessions)
    if adapter is None:
        return None
    return _read(member, Part.ACTIVE_SESSIONS, adapter.list_active_sessions, member.manifest.cadence.sessions)


def session(member: Member, ref: Ref) -> Read[ChargingSession] | None:
    """One session, with more than the listing says."""
    adapter = offered(member.adapter, contract.ReadsSessions)
    if adapter is None:
        return None
    fresh_s = member.manifest.cadence.sessions
    return _read(member, Part.SESSION, lambda: adapter.read_session(ref), fresh_s, ref.native_id)


def tariffs(member: Member) -> Read[Sequence[Tariff]] | None:
    """The vendor's listing of prices."""
    adapter = offered(member.adapter, contract.ListsTariffs)
    if adapter is None:
        return None
    return _read(member, Part.TARIFFS, adapter.list_tariffs, member.manifest.cadence.tariffs)


def subscriptions(member: Member) -> Read[Sequence[VendorSubscription]] | None:
    """The vendor's listing of registrations for its pushes."""
    adapter = offered(member.adapter, contract.ListsSubscriptions)
    if adapter is None:
        return None
    return _read(member, Part.SUBSCRIPTIONS, adapter.list_subscriptions, member.manifest.cadence.subscriptions)


def _read(member: Member, part: Part, fetch: Callable[[], Awaitable[T]], fresh_s: float, native: str = "") -> Read[T]:
    return Read(Key(member.key, part, native), fetch, fresh_s)
