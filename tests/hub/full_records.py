"""One value of every part, with every field of every record filled in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hub.parts import Part
from model.records import (
    Battery,
    Billing,
    CabinetInventory,
    ChargingSession,
    Connector,
    Customer,
    Device,
    GeoPoint,
    Money,
    RawCode,
    Site,
    Slot,
    StorageReading,
    Tariff,
    VendorSubscription,
)
from model.refs import battery_ref, device_ref, session_ref, site_ref, slot_ref, subscription_ref, tariff_ref
from model.states import (
    BatteryFlow,
    BatteryStatus,
    BillingStatus,
    ChargerMode,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    EnergySource,
    PriceUnit,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
    VendorSubscriptionStatus,
)
from tests.support.clock import START
from vendors.contract import DeviceReading, StorageState

KEY = "cabinets"
SEEN = START - timedelta(minutes=1, microseconds=7)
RAW = {"id": "驴/1", "ports": [0, 1, None], "price": 1.1, "on": True, "inner": {"a": []}}

SITE = Site(
    ref=site_ref(KEY, "S:1"),
    name="Café",
    address="1 Street",
    city="Donostia",
    location=GeoPoint(43.29, -2.07),
    opening_hours="9-17",
    time_zone="Europe/Madrid",
    device_ids=("D1", "D2"),
    tariff=tariff_ref(KEY, "T1"),
    observed_at=SEEN,
)
TARIFF = Tariff(
    ref=tariff_ref(KEY, "T1"),
    name="Hourly",
    unit_price=Money(Decimal("1.50"), "EUR"),
    unit=PriceUnit.HOUR,
    unit_minutes=30,
    free_minutes=5,
    daily_cap=Money(Decimal("9.99"), "EUR"),
    deposit=Money(Decimal("1E+1"), "EUR"),
    raw=RAW,
)
DEVICE = Device(
    ref=device_ref(KEY, "D1"),
    kind=DeviceKind.POWER_BANK_CABINET,
    name="Cabinet",
    model="X8",
    connectivity=Connectivity.ONLINE,
    lifecycle=DeviceLifecycle.IN_SERVICE,
    last_seen_at=SEEN,
    site=SITE.ref,
    site_name="Café",
    charger_mode=ChargerMode.ECO,
    power_w=7.5,
    energy_kwh=0.1,
    inventory=CabinetInventory(
        slots_total=8, batteries_available=3, slots_available=5, can_dispense=True, can_accept=False
    ),
    tariff=TARIFF.ref,
    raw_status=RawCode("1", "on"),
    raw=RAW,
    observed_at=SEEN,
)
BATTERY = Battery(
    ref=battery_ref(KEY, "B1"),
    device=DEVICE.ref,
    slot=slot_ref(DEVICE.ref, 1),
    state_of_charge=0.3,
    state_of_health=0.99,
    temperature_c=-1.5,
    status=BatteryStatus.LOW,
    fault=RawCode("9"),
    observed_at=SEEN,
)
SLOT = Slot(
    ref=slot_ref(DEVICE.ref, 1),
    index=1,
    kind=SlotKind.BATTERY_SLOT,
    status=SlotStatus.AVAILABLE,
    status_detail=SlotStatusDetail.CHARGING,
    occupancy=SlotOccupancy.OCCUPIED,
    can_dispense=False,
    can_accept=True,
    battery=BATTERY.ref,
    connector=Connector("IEC_62196_T2", "CABLE", "AC_3_PHASE", 11000.0),
    raw_status=RawCode("0"),
    observed_at=SEEN,
)
SESSION = ChargingSession(
    ref=session_ref(KEY, "R1"),
    kind=ChargingSessionKind.RENTAL,
    status=ChargingSessionStatus.COMPLETED,
    end_reason=ChargingSessionEndReason.RETURNED,
    device=DEVICE.ref,
    slot=SLOT.ref,
    battery=BATTERY.ref,
    site=SITE.ref,
    started_at=SEEN,
    ended_at=START,
    updated_at=START,
    energy_kwh=1.25,
    energy_source=EnergySource.METERED,
    power_w=5.0,
    state_of_charge=1.0,
    billing=Billing(
        status=BillingStatus.SETTLED,
        amount=Money(Decimal("0.10"), "EUR"),
        tax=Money(Decimal("0.02"), "EUR"),
        commission=Money(Decimal("0.01"), "EUR"),
        unit_price=Money(Decimal(3), "EUR"),
        unit=PriceUnit.KWH,
    ),
    customer=Customer(email="ada@example.com", license_plate="SS-1234-AB"),
    external_id="E1",
    raw_status=RawCode("2", "returned"),
    observed_at=SEEN,
)
SUBSCRIPTION = VendorSubscription(
    ref=subscription_ref(KEY, "W1"),
    webhook_url="https://charge.example.com/webhooks/cabinets",
    event_types=("ONLINE", "OFFLINE"),
    devices=(DEVICE.ref,),
    status=VendorSubscriptionStatus.ACTIVE,
    version="2",
    created_at=SEEN,
    last_received_at=START,
)
STORAGE = StorageState(
    storage=StorageReading(
        state_of_charge=0.5,
        battery_power_w=-100.0,
        grid_power_w=20.0,
        solar_power_w=300.0,
        load_power_w=220.0,
        flow=BatteryFlow.DISCHARGING,
        raw=RAW,
    ),
    state_of_health=0.9,
    temperature_c=20.0,
    power_w=300.0,
    energy_kwh=4000.0,
    observed_at=SEEN,
)
READ = DeviceReading(device=DEVICE, site=SITE, slots=(SLOT,), batteries=(BATTERY,), tariffs=(TARIFF,))
UNTOLD = DeviceReading(device=Device(ref=device_ref(KEY, "D2"), kind=DeviceKind.UNKNOWN))

VALUES: Mapping[Part, object] = {
    Part.DEVICES: (READ, UNTOLD),
    Part.DEVICE: READ,
    Part.SITES: (SITE,),
    Part.SITE: SITE,
    Part.SLOT_HEALTH: (SLOT,),
    Part.BATTERY_HEALTH: (BATTERY,),
    Part.STORAGE: STORAGE,
    Part.ACTIVE_SESSIONS: (SESSION,),
    Part.SESSIONS: (SESSION, replace(SESSION, ref=session_ref(KEY, "R2"))),
    Part.SESSION: SESSION,
    Part.TARIFFS: (TARIFF,),
    Part.SUBSCRIPTIONS: (SUBSCRIPTION,),
}
"""Of every part that outlives the process."""
RECORDS = (SITE, TARIFF, DEVICE, BATTERY, SLOT, SESSION, SUBSCRIPTION, STORAGE, STORAGE.storage, READ)
