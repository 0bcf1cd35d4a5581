"""The parts that an account's knowledge is kept in: one snapshot each, with its own key, freshness and codec."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar, cast

from pydantic import TypeAdapter

from model.records import Battery, ChargingSession, EnergyRecord, Reading, Site, Slot, Tariff, VendorSubscription
from vendors.contract import DeviceReading, StorageState

T = TypeVar("T")


class Part(StrEnum):
    """A kind of data; the value is part of stored keys and never changes."""

    DEVICES = "devices"
    DEVICE = "device"
    SITES = "sites"
    SITE = "site"
    SLOT_HEALTH = "slot-health"
    BATTERY_HEALTH = "battery-health"
    STORAGE = "storage"
    SESSIONS = "sessions"
    ACTIVE_SESSIONS = "active-sessions"
    SESSION = "session"
    TARIFFS = "tariffs"
    SUBSCRIPTIONS = "subscriptions"
    ENERGY = "energy"


ENDLESS = frozenset({Part.ENERGY})
"""Parts with a key for whatever span a client asks about: kept out of the store, and in memory for a while only."""


class Key(NamedTuple):
    """Names one snapshot; `native` is the vendor's id where a part is kept for each thing."""

    account: str
    part: Part
    native: str = ""

    def __str__(self) -> str:
        return f"{self.account}/{self.part}/{self.native}"


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """How one snapshot is read anew, and for how many seconds it counts as fresh when nobody asks for better."""

    key: Key
    fetch: Callable[[], Awaitable[T]]
    fresh_s: float


_CODECS: Mapping[Part, TypeAdapter[Any]] = {
    Part.DEVICES: TypeAdapter(tuple[DeviceReading, ...]),
    Part.DEVICE: TypeAdapter(DeviceReading),
    Part.SITES: TypeAdapter(tuple[Site, ...]),
    Part.SITE: TypeAdapter(Site),
    Part.SLOT_HEALTH: TypeAdapter(tuple[Slot, ...]),
    Part.BATTERY_HEALTH: TypeAdapter(tuple[Battery, ...]),
    Part.STORAGE: TypeAdapter(StorageState),
    Part.SESSIONS: TypeAdapter(tuple[ChargingSession, ...]),
    Part.ACTIVE_SESSIONS: TypeAdapter(tuple[ChargingSession, ...]),
    Part.SESSION: TypeAdapter(ChargingSession),
    Part.TARIFFS: TypeAdapter(tuple[Tariff, ...]),
    Part.SUBSCRIPTIONS: TypeAdapter(tuple[VendorSubscription, ...]),
}


def encode(part: Part, value: object) -> bytes:
    """A snapshot's value as JSON for the store. Personal data stays out of it."""
    return _CODECS[part].dump_json(_anonymous(value))


def decode(part: Part, data: bytes, reading: Reading) -> Any:  # noqa: ANN401 - the codec of the part decides
    """The value that `encode` wrote, known through this reading. Raises ValueError when it cannot be read."""
    return stamped(_CODECS[part].validate_json(data), reading)


def stamped(value: T, reading: Reading) -> T:
    """The same value with this reading on every record in it."""
    if isinstance(value, tuple | list):
        return cast("T", tuple(stamped(item, reading) for item in value))
    if isinstance(value, DeviceReading):
        return cast(
            "T",
            replace(
                value,
                device=stamped(value.device, reading),
                site=None if value.site is None else stamped(value.site, reading),
                slots=None if value.slots is None else stamped(value.slots, reading),
                batteries=None if value.batteries is None else stamped(value.batteries, reading),
                tariffs=stamped(value.tariffs, reading),
            ),
        )
    if isinstance(value, StorageState | EnergyRecord):
        return value
    return cast("T", replace(cast("Any", value), reading=reading))


def _anonymous(value: object) -> object:
    if isinstance(value, ChargingSession):
        return replace(value, customer=None)
    if isinstance(value, tuple) and value and isinstance(value[0], ChargingSession):
        return tuple(_anonymous(item) for item in value)
    return value
