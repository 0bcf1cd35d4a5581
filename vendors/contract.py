"""What a vendor adapter may offer: one small Protocol a capability, asked for at run time, never assumed.

Every method makes the fewest vendor calls that its endpoints allow, returns model records whose `reading` is still
`CONFIGURED` (the hub stamps them), and raises nothing but `model.faults.Fault`. An adapter remembers nothing but its
sign-in: freshness, single flight, quota and last-known state belong to the hub.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from model.records import (
    Battery,
    ChargingSession,
    Device,
    EnergyRecord,
    Site,
    Slot,
    StorageReading,
    Tariff,
    VendorSubscription,
)
from model.refs import Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """All that one read says about one device. `None` for slots or batteries: this source does not say."""

    device: Device
    site: Site | None = None
    slots: tuple[Slot, ...] | None = None
    batteries: tuple[Battery, ...] | None = None
    tariffs: tuple[Tariff, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageState:
    """All that one read says about the storage of one device: of its batteries together, where it has several."""

    storage: StorageReading
    state_of_health: float | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    energy_kwh: float | None = None
    observed_at: datetime | None = None


class Adapter(Protocol):
    """One account at one vendor. Capabilities are the Protocols below that its class satisfies."""

    async def aclose(self) -> None:
        """Let go of whatever the adapter holds itself; the HTTP client is the hub's."""
        ...


@runtime_checkable
class ListsDevices(Protocol):
    """The vendor lists the account's devices."""

    async def list_devices(self) -> Sequence[DeviceReading]:
        """Every device that the account can see, each once, with whatever the listing says of it."""
        ...


@runtime_checkable
class ReadsDevices(Protocol):
    """One device can be read by its id."""

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:
        """The device now. `site` as last known, for vendors who read by site. Raises NotFound when it is not theirs."""
        ...


@runtime_checkable
class ListsSites(Protocol):
    """The vendor lists the account's sites."""

    async def list_sites(self) -> Sequence[Site]:
        """Every site of the account, each once."""
        ...


@runtime_checkable
class ReadsSites(Protocol):
    """One site can be read by its id, with more than the list says."""

    async def read_site(self, site: Ref) -> Site:
        """The site now."""
        ...


@runtime_checkable
class ReadsSlotHealth(Protocol):
    """The health of slots costs a call of its own, made only when a query asks for it."""

    async def read_slot_health(self, device: Ref) -> Sequence[Slot]:
        """The device's slots with status, fault, canDispense and canAccept as far as the slots themselves tell."""
        ...


@runtime_checkable
class ReadsBatteryHealth(Protocol):
    """The health of batteries costs a call of its own, made only when a query asks for it."""

    async def read_battery_health(self, device: Ref) -> Sequence[Battery]:
        """The batteries in the device with temperature, fault and status."""
        ...


@runtime_checkable
class ReadsStorage(Protocol):
    """Power flows and state of charge of a storage device."""

    async def read_storage(self, device: Ref) -> StorageState:
        """The storage now."""
        ...


@runtime_checkable
class ReadsEnergy(Protocol):
    """Recorded energy into and out of storage."""

    async def read_energy(self, device: Ref, start: datetime, end: datetime) -> Sequence[EnergyRecord]:
        """The records of `start <= measured_at < end`, oldest first."""
        ...


@runtime_checkable
class ListsSessions(Protocol):
    """The vendor lists sessions or rentals."""

    async def list_sessions(self, since: datetime) -> Sequence[ChargingSession]:
        """Every session that runs, or that was updated (where the vendor can't tell: started) since then, each once."""
        ...


@runtime_checkable
class ListsActiveSessions(Protocol):
    """The sessions that run now can be listed without those of the past, with fewer calls."""

    async def list_active_sessions(self) -> Sequence[ChargingSession]:
        """Every session that runs now, each once."""
        ...


@runtime_checkable
class ReadsSessions(Protocol):
    """One session can be read by its id, with more than the list says."""

    async def read_session(self, session: Ref) -> ChargingSession:
        """The session now."""
        ...


@runtime_checkable
class ListsTariffs(Protocol):
    """The vendor lists prices."""

    async def list_tariffs(self) -> Sequence[Tariff]:
        """Every tariff of the account, each once."""
        ...


@runtime_checkable
class ListsSubscriptions(Protocol):
    """The vendor lists registrations for its pushes."""

    async def list_subscriptions(self) -> Sequence[VendorSubscription]:
        """Every registration of the account, each once."""
        ...
