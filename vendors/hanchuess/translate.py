"""HanChuESS's words into ours: every unit and every code table, and nothing else.

Units of the partner API are assumed: `p*` W, `e*` kWh, charge as a fraction. Raises only Malformed.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from model.faults import Malformed
from model.records import Battery, Device, EnergyRecord, Json, RawCode, Site, StorageReading, VendorSubscription
from model.refs import Ref, battery_ref, device_ref, site_ref, subscription_ref
from model.states import BatteryFlow, Connectivity, DeviceKind, VendorSubscriptionStatus
from vendors.contract import DeviceReading, StorageState
from vendors.hanchuess.settings import PowerSigns
from vendors.hanchuess.wire import (
    BatteryStateWire,
    DeviceWire,
    EnergyRecordWire,
    InverterWire,
    ModuleWire,
    StationWire,
    SubscriptionWire,
    TelemetryWire,
)
from vendors.kit.wire import each, fraction, instant_of_millis, instant_of_text, mapped, number, read_as

CONNECTIVITY: Mapping[str, Connectivity] = {
    "ONLINE": Connectivity.ONLINE,
    "OFFLINE": Connectivity.OFFLINE,
}
"""By `status` of a device. OFFLINE is assumed: the pages show ONLINE only."""

CHARGE_STATUS: Mapping[str, BatteryFlow] = {
    "CHARGING": BatteryFlow.CHARGING,
    "DISCHARGING": BatteryFlow.DISCHARGING,
    "IDLE": BatteryFlow.IDLE,
}
"""By `chargeStatus` of telemetry, whose sample breaks off after CHARGIN: the others are assumed."""

SUBSCRIPTION_STATUS: Mapping[str, VendorSubscriptionStatus] = {
    "active": VendorSubscriptionStatus.ACTIVE,
    "inactive": VendorSubscriptionStatus.INACTIVE,
}
"""By `status` of a subscription, once a message got through; before that, inactive is PENDING_VERIFICATION."""


def site(account: str, station: StationWire) -> Site:
    """A station as a site. Raises Malformed when it has no id."""
    if station.station_id is None:
        raise Malformed("station: no stationId")
    return Site(
        ref=site_ref(account, station.station_id),
        name=station.station_name or station.station_id,
        address=station.address,
        city=station.city,
        time_zone=station.timezone,
    )


def listed_device(account: str, home: Site, device: DeviceWire) -> DeviceReading:
    """A device of a station's list: it says nothing of batteries. Raises Malformed when it has no serial."""
    return DeviceReading(device=_device(account, device, home.ref), site=home, slots=())


def device_reading(account: str, device: DeviceWire, home: Ref | None) -> DeviceReading:
    """A device in detail; `home`: the site as last known, which the detail does not name.

    Its batteries have serials only: their charge is told for the inverter as a whole. Raises Malformed without serial.
    """
    inverter = _device(account, device, home)
    modules = each(lambda item: _battery(inverter, read_as(ModuleWire, item, "battery")), device.batteries)
    unique = {battery.ref: battery for battery in modules}
    return DeviceReading(device=inverter, slots=(), batteries=tuple(unique.values()))


def _device(account: str, device: DeviceWire, home: Ref | None) -> Device:
    if device.sn is None:
        raise Malformed("device: no sn")
    uploaded_at = instant(device.last_upload_at)
    return Device(
        ref=device_ref(account, device.sn),
        kind=DeviceKind.INVERTER,
        model=device.model,
        connectivity=mapped(CONNECTIVITY, device.status and device.status.upper(), Connectivity.UNKNOWN),
        last_seen_at=uploaded_at,
        site=home,
        raw_status=RawCode(device.status) if device.status is not None else None,
        raw=device.model_dump(by_alias=True, exclude_unset=True, exclude={"last_upload_at"}),
        observed_at=uploaded_at,
    )


def _battery(inverter: Device, module: ModuleWire) -> Battery:
    if module.sn is None:
        raise Malformed("battery: no sn")
    return Battery(ref=battery_ref(inverter.ref.account, module.sn), device=inverter.ref)


def storage_state(inverter: InverterWire, signs: PowerSigns) -> StorageState:
    """What an inverter measures now, in W. Powers whose sign nobody knows are in `raw` only, and have no flow.

    `pPv` and `pLoad` can only be generation and consumption, so a positive value needs no sign to be understood.
    """
    battery_w = grid_w = None
    if signs is PowerSigns.BATTERY_CHARGING_GRID_IMPORT:
        battery_w, grid_w = number(inverter.p_bat), number(inverter.p_meter)
    reading = StorageReading(
        state_of_charge=fraction(inverter.soc),
        battery_power_w=battery_w,
        grid_power_w=grid_w,
        solar_power_w=_not_negative(inverter.p_pv),
        load_power_w=_not_negative(inverter.p_load),
        flow=_flow(battery_w),
        raw=inverter.sent,
    )
    return StorageState(
        storage=reading,
        state_of_health=fraction(inverter.soh),
        temperature_c=number(inverter.t_bat),
        observed_at=instant(inverter.upload_at),
    )


def telemetry_state(
    telemetry: TelemetryWire, signs: PowerSigns, raw: Json, measured_at: datetime | None
) -> StorageState | None:
    """What telemetry says of storage, in W as in `storage_state`; None when it says nothing of it."""
    battery = read_as(BatteryStateWire, telemetry.battery_state or {}, "batteryState")
    battery_w = grid_w = None
    if signs is PowerSigns.BATTERY_CHARGING_GRID_IMPORT:
        battery_w, grid_w = number(battery.power), number(telemetry.p_meter)
    status = battery.charge_status and battery.charge_status.upper()
    reading = StorageReading(
        state_of_charge=fraction(battery.soc),
        battery_power_w=battery_w,
        grid_power_w=grid_w,
        solar_power_w=_not_negative(telemetry.p_pv),
        load_power_w=_not_negative(telemetry.p_load),
        flow=mapped(CHARGE_STATUS, status, BatteryFlow.UNKNOWN) if status else _flow(battery_w),
    )
    health = fraction(battery.soh)
    if reading == StorageReading() and health is None:
        return None
    return StorageState(storage=replace(reading, raw=raw), state_of_health=health, observed_at=measured_at)


def online(telemetry: TelemetryWire) -> Connectivity | None:
    """By `isOnline`; None when it is not said."""
    if telemetry.is_online is None:
        return None
    return Connectivity.ONLINE if telemetry.is_online else Connectivity.OFFLINE


def _flow(battery_w: float | None) -> BatteryFlow:
    if battery_w is None:
        return BatteryFlow.UNKNOWN
    if battery_w == 0:
        return BatteryFlow.IDLE
    return BatteryFlow.CHARGING if battery_w > 0 else BatteryFlow.DISCHARGING


def _not_negative(value: Decimal | None) -> float | None:
    return float(value) if value is not None and value >= 0 else None


def energy_record(account: str, record: EnergyRecordWire) -> EnergyRecord:
    """Half an hour of one battery, in kWh. Raises Malformed without an instant: nobody could place it."""
    measured_at = instant(record.timestamp)
    if measured_at is None:
        raise Malformed("energy record: no timestamp")
    return EnergyRecord(
        battery=battery_ref(account, record.sn) if record.sn is not None else None,
        measured_at=measured_at,
        charged_kwh=number(record.e_chg),
        discharged_kwh=number(record.e_dschg),
    )


def subscription(account: str, wire: SubscriptionWire) -> VendorSubscription:
    """A registration for pushes. Raises Malformed when it has no id."""
    if wire.subscription_id is None:
        raise Malformed("subscription: no subscriptionId")
    last_received_at = instant(wire.last_successful_message)
    status = mapped(SUBSCRIPTION_STATUS, wire.status and wire.status.lower(), VendorSubscriptionStatus.UNKNOWN)
    if status is VendorSubscriptionStatus.INACTIVE and last_received_at is None:
        status = VendorSubscriptionStatus.PENDING_VERIFICATION
    return VendorSubscription(
        ref=subscription_ref(account, wire.subscription_id),
        webhook_url=wire.webhook_url or "",
        event_types=_texts(wire.events),
        devices=tuple(device_ref(account, sn) for sn in _texts(wire.devices)),
        status=status,
        version=wire.version,
        created_at=instant(wire.create_at),
        last_received_at=last_received_at,
    )


def _texts(items: list[object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if isinstance(item, str) and item))


def instant(text: str | None) -> datetime | None:
    """Milliseconds or ISO 8601 as a UTC instant: the vendor mixes them, even inside one call."""
    if text is not None and text.isdecimal() and text.isascii():
        return instant_of_millis(int(text))
    return instant_of_text(text)
