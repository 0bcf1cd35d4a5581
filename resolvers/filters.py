"""What a client may ask lists for; every empty or absent condition lets everything through."""

from dataclasses import dataclass
from datetime import datetime

from model.refs import Ref
from model.states import (
    BatteryStatus,
    ChargingSessionKind,
    ChargingSessionStatus,
    CommandKind,
    CommandStatus,
    Connectivity,
    DeviceKind,
    EventType,
)


@dataclass(frozen=True, slots=True)
class Near:
    """Within a circle: WGS 84 degrees, metres."""

    latitude: float
    longitude: float
    radius_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFilter:
    """Which sites. `search` looks for all its words in name, address, city and vendor id, whatever their case."""

    accounts: frozenset[str] | None = None
    near: Near | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFilter:
    """Which devices. `near` goes by the device's site; `search` looks in name, model, vendor id and site name."""

    accounts: frozenset[str] | None = None
    vendors: frozenset[str] | None = None
    kinds: frozenset[DeviceKind] | None = None
    connectivity: frozenset[Connectivity] | None = None
    sites: frozenset[Ref] | None = None
    near: Near | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryFilter:
    """Which batteries. `min_state_of_charge` is 0 to 1 and leaves out batteries whose charge is not known."""

    accounts: frozenset[str] | None = None
    devices: frozenset[Ref] | None = None
    statuses: frozenset[BatteryStatus] | None = None
    min_state_of_charge: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFilter:
    """Which sessions. Started: not before `started_after`, and before `started_before`."""

    accounts: frozenset[str] | None = None
    devices: frozenset[Ref] | None = None
    kinds: frozenset[ChargingSessionKind] | None = None
    statuses: frozenset[ChargingSessionStatus] | None = None
    started_after: datetime | None = None
    started_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFilter:
    """Which commands: those with a target in one of `accounts`, and one among `devices`."""

    accounts: frozenset[str] | None = None
    devices: frozenset[Ref] | None = None
    kinds: frozenset[CommandKind] | None = None
    statuses: frozenset[CommandStatus] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events."""

    accounts: frozenset[str] | None = None
    devices: frozenset[Ref] | None = None
    types: frozenset[EventType] | None = None
