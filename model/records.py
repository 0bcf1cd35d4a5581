"""What the graph shows, as frozen records: the fleet, who uses it, and how fresh that knowledge is.

Units are in the names; state of charge and health are 0 to 1; money is an exact Decimal with its currency;
instants are aware and UTC. `None` means: not said. A record holds refs to others, never other records that
have a life of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from model.refs import Ref
from model.states import (
    AccountStatus,
    BatteryFlow,
    BatteryStatus,
    BillingStatus,
    Capability,
    ChargerMode,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    EnergySource,
    FreshnessSource,
    PriceUnit,
    ProblemCode,
    Resolution,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
    VendorSubscriptionStatus,
)

Json: TypeAlias = Mapping[str, Any]
"""A vendor's own object, as it came; the one place where types are not ours."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something is missing, stale or refused, and what helps."""

    code: ProblemCode
    message: str
    resolution: Resolution
    account: str | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How this gateway came to know a record; one object shared by everything of one fetch."""

    fetched_at: datetime | None
    source: FreshnessSource
    is_stale: bool = False
    problem: Problem | None = None


CONFIGURED = Reading(None, FreshnessSource.CONFIGURED, is_stale=True)
"""Of a record that nobody has read yet. The hub gives every record that an adapter returns its real reading."""


@dataclass(frozen=True, slots=True)
class RawCode:
    """The vendor's own code beside the normalised one."""

    code: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in major units, with its ISO 4217 currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place with devices: a shop, a residential compound, a charging location, a home."""

    ref: Ref
    name: str
    address: str | None = None
    city: str | None = None
    location: GeoPoint | None = None
    opening_hours: str | None = None
    time_zone: str | None = None
    device_ids: tuple[str, ...] = ()
    """Vendor ids of the devices that the vendor names on the site itself; others name their site on the device."""
    tariff: Ref | None = None
    observed_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetInventory:
    """Stock of a battery cabinet."""

    slots_total: int
    batteries_available: int | None = None
    slots_available: int | None = None
    can_dispense: bool | None = None
    can_accept: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReading:
    """A home battery now. Signs: battery + charging, grid + importing, solar + generating, load + consuming."""

    state_of_charge: float | None = None
    battery_power_w: float | None = None
    grid_power_w: float | None = None
    solar_power_w: float | None = None
    load_power_w: float | None = None
    flow: BatteryFlow = BatteryFlow.UNKNOWN
    raw: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A piece of hardware."""

    ref: Ref
    kind: DeviceKind
    name: str | None = None
    model: str | None = None
    connectivity: Connectivity = Connectivity.UNKNOWN
    lifecycle: DeviceLifecycle = DeviceLifecycle.UNKNOWN
    last_seen_at: datetime | None = None
    site: Ref | None = None
    site_name: str | None = None
    """For vendors who name the site of a device only by its title."""
    charger_mode: ChargerMode | None = None
    power_w: float | None = None
    energy_kwh: float | None = None
    inventory: CabinetInventory | None = None
    tariff: Ref | None = None
    raw_status: RawCode | None = None
    raw: Json | None = None
    observed_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True)
class Connector:
    """An EV outlet in OCPI's words: standard, format SOCKET or CABLE, power type such as AC_3_PHASE or DC."""

    standard: str | None = None
    format: str | None = None
    power_type: str | None = None
    max_power_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A bay, socket or connector of a device; `index` counts from 1."""

    ref: Ref
    index: int
    kind: SlotKind
    status: SlotStatus = SlotStatus.UNKNOWN
    status_detail: SlotStatusDetail = SlotStatusDetail.UNKNOWN
    occupancy: SlotOccupancy = SlotOccupancy.UNKNOWN
    can_dispense: bool | None = None
    can_accept: bool | None = None
    battery: Ref | None = None
    connector: Connector | None = None
    raw_status: RawCode | None = None
    observed_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery with an identity of its own: a power bank in or out of a slot, or a module of home storage."""

    ref: Ref
    device: Ref | None = None
    slot: Ref | None = None
    state_of_charge: float | None = None
    state_of_health: float | None = None
    temperature_c: float | None = None
    status: BatteryStatus = BatteryStatus.UNKNOWN
    fault: RawCode | None = None
    observed_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """What a session costs. A missing amount is not zero."""

    status: BillingStatus
    amount: Money | None = None
    tax: Money | None = None
    commission: Money | None = None
    unit_price: Money | None = None
    unit: PriceUnit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Personal data: shown only to viewers with that permission, and kept out of logs, stores and `repr`."""

    email: str | None = field(default=None, repr=False)
    license_plate: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSession:
    """A charge or a rental."""

    ref: Ref
    kind: ChargingSessionKind
    status: ChargingSessionStatus
    end_reason: ChargingSessionEndReason | None = None
    device: Ref | None = None
    slot: Ref | None = None
    battery: Ref | None = None
    site: Ref | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    """As the vendor says; without it the graph shows when this gateway read the session."""
    energy_kwh: float | None = None
    energy_source: EnergySource | None = None
    power_w: float | None = None
    state_of_charge: float | None = None
    billing: Billing | None = None
    customer: Customer | None = None
    external_id: str | None = None
    raw_status: RawCode | None = None
    observed_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A price: `unit_price` for `unit_minutes` minutes where `unit` is a time."""

    ref: Ref
    name: str
    unit_price: Money | None = None
    unit: PriceUnit | None = None
    unit_minutes: int | None = None
    free_minutes: int | None = None
    daily_cap: Money | None = None
    deposit: Money | None = None
    raw: Json | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSubscription:
    """A registration at a vendor that makes it push events to a URL."""

    ref: Ref
    webhook_url: str
    event_types: tuple[str, ...] = ()
    devices: tuple[Ref, ...] = ()
    status: VendorSubscriptionStatus = VendorSubscriptionStatus.UNKNOWN
    version: str | None = None
    created_at: datetime | None = None
    last_received_at: datetime | None = None
    reading: Reading = CONFIGURED


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRecord:
    """Energy into and out of a storage battery over one interval that ends at `measured_at`."""

    battery: Ref | None
    measured_at: datetime
    charged_kwh: float | None = None
    discharged_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A maker of hardware, or a platform, that this gateway speaks to."""

    ref: Ref
    slug: str
    name: str
    documentation_url: str | None
    device_kinds: tuple[DeviceKind, ...]
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One set of credentials at one vendor. `key` is its `id` in the configuration."""

    ref: Ref
    key: str
    name: str
    vendor: Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A budget of vendor calls as it stands now."""

    name: str
    limit: int
    window_s: int
    remaining: int
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """Our link to the vendor for one account."""

    status: AccountStatus
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    problem: Problem | None = None


Record: TypeAlias = Site | Device | Slot | Battery | ChargingSession | Tariff | VendorSubscription
