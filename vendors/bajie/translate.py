"""Cabinets, shops, slots and batteries as model records: pure functions, and the home of their units and code tables.

Charge is in percent, temperature in degrees Celsius, times mostly without a zone. A code that no table knows becomes
UNKNOWN and stays beside it as a RawCode. Every function takes decoded JSON of any shape and raises nothing but
Malformed. Orders, prices and the push configuration are in `translate_rentals`.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections import Counter
from collections.abc import Mapping
from datetime import timezone
from typing import NamedTuple

from model.faults import Malformed
from model.records import Battery, CabinetInventory, Device, GeoPoint, Json, RawCode, Site, Slot
from model.refs import Ref, battery_ref, device_ref, site_ref, slot_ref
from model.states import (
    BatteryStatus,
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
)
from vendors.bajie import wire
from vendors.bajie.translate_rentals import cabinet_tariff
from vendors.contract import DeviceReading
from vendors.kit.wire import Number, each, fraction_of_percent, instant_of_text, mapped, number, read_as

MOST_SLOTS = 1000
"""A cabinet that claims more slots has sent nonsense; the largest documented one has 48."""

CONNECTIVITY: Mapping[str, Connectivity] = {"online": Connectivity.ONLINE, "offline": Connectivity.OFFLINE}
"""`pInfostatus`, in lower case."""

ANSWERING: Mapping[bool | None, Connectivity] = {True: Connectivity.ONLINE, False: Connectivity.OFFLINE}
"""`online` of device info."""

OFFLINE_CODE = RawCode("2004", "Device not online.")

LIFECYCLE: Mapping[str, DeviceLifecycle] = {"1": DeviceLifecycle.IN_SERVICE, "0": DeviceLifecycle.DISABLED}
"""`pStatus`: authorised or not."""

SLOT_FAULTS: Mapping[str, tuple[SlotStatus, str]] = {
    "0": (SlotStatus.AVAILABLE, "none"),
    "1": (SlotStatus.AVAILABLE, "battery authentication failed"),
    "2": (SlotStatus.OUT_OF_ORDER, "cannot eject"),
    "3": (SlotStatus.AVAILABLE, "battery id not found"),
    "4": (SlotStatus.OUT_OF_ORDER, "anti-theft switch"),
    "5": (SlotStatus.AVAILABLE, "cannot identify the battery id"),
    "6": (SlotStatus.OUT_OF_ORDER, "insert switch failed"),
    "7": (SlotStatus.OUT_OF_ORDER, "cannot lock"),
    "8": (SlotStatus.INOPERATIVE, "locked by hand"),
}
"""`pFaultType` of a slot. Every fault forbids dispensing and accepting; not every one makes the slot unfit."""

SLOT_DETAIL: Mapping[SlotStatus, SlotStatusDetail] = {
    SlotStatus.OUT_OF_ORDER: SlotStatusDetail.FAULTED,
    SlotStatus.INOPERATIVE: SlotStatusDetail.UNAVAILABLE,
}
"""Of unfit slots; the others' detail is what is in them."""

OCCUPANCY_DETAIL: Mapping[SlotOccupancy, SlotStatusDetail] = {
    SlotOccupancy.OCCUPIED: SlotStatusDetail.OCCUPIED,
    SlotOccupancy.EMPTY: SlotStatusDetail.IDLE,
}

NO_FAULT = "0"

BATTERY_FAULTS: Mapping[str, tuple[BatteryStatus, str]] = {
    "1": (BatteryStatus.FAULTED, "false charge"),
    "2": (BatteryStatus.FAULTED, "Lightning cable"),
    "3": (BatteryStatus.FAULTED, "USB cable"),
    "4": (BatteryStatus.FAULTED, "Type-C cable"),
    "5": (BatteryStatus.FAULTED, "swollen"),
    "6": (BatteryStatus.LOCKED_OUT, "authentication failed"),
    "7": (BatteryStatus.FAULTED, "cannot charge"),
    "8": (BatteryStatus.FAULTED, "duplicate id"),
    "9": (BatteryStatus.LOCKED_OUT, "recall"),
    "10": (BatteryStatus.FAULTED, "health below standard"),
    "11": (BatteryStatus.LOCKED_OUT, "over-limit use"),
}
"""`pFaultType` of a battery, where 0 is none: another table than the slot's."""


def listed_device(account: str, item: object, zone: timezone) -> DeviceReading:
    """A row of the device lists; `zone` is where its handshake time lives. Source: api-104222004."""
    row = read_as(wire.DeviceRow, item, "device row")
    if row.cabinet_id is None:
        raise Malformed("device row: no cabinet id")
    connectivity = mapped(CONNECTIVITY, (row.info_status or "").lower(), Connectivity.UNKNOWN)
    device = Device(
        ref=device_ref(account, row.cabinet_id),
        kind=DeviceKind.POWER_BANK_CABINET,
        model=row.type,
        connectivity=connectivity,
        lifecycle=mapped(LIFECYCLE, row.status, DeviceLifecycle.UNKNOWN),
        last_seen_at=instant_of_text(row.last_handshake, zone),
        site_name=row.shop_name,
        inventory=inventory(row.total, row.rentable, row.returnable, connectivity),
        raw_status=RawCode(row.info_status) if row.info_status else None,
        raw=_raw(item),
    )
    return DeviceReading(device=device)


def offline_device(device: Ref, site: Ref | None) -> DeviceReading:
    """What code 2004 says of a cabinet: it is offline, and nothing else can be known."""
    offline = Device(
        ref=device,
        kind=DeviceKind.POWER_BANK_CABINET,
        connectivity=Connectivity.OFFLINE,
        site=site,
        raw_status=OFFLINE_CODE,
    )
    return DeviceReading(device=offline)


def device_info(device: Ref, payload: object, rental_minimum: float) -> DeviceReading:
    """Cabinet, shop, slots, batteries and price of one answer. Source: api-67396394.

    It does not tell the health of slots and batteries, so their status stays UNKNOWN. `rental_minimum`, 0 to 1, is the
    charge from which a battery counts as available.
    """
    info = read_as(wire.DeviceInfo, payload, "device info")
    cabinet = read_as(wire.Cabinet, info.cabinet, "device info: cabinet")
    if cabinet.id is None:
        raise Malformed("device info: no cabinet id")
    connectivity = mapped(ANSWERING, cabinet.online, Connectivity.UNKNOWN)
    stock = None if connectivity is Connectivity.OFFLINE else _stock(device, info.batteries, cabinet.busy_slots)
    site = _site_of_info(device.account, info.shop)
    tariff = cabinet_tariff(device, cabinet.shop_id, info.price_strategy)
    return DeviceReading(
        device=Device(
            ref=device,
            kind=DeviceKind.POWER_BANK_CABINET,
            model=cabinet.type,
            connectivity=connectivity,
            site=site.ref if site else None,
            site_name=site.name if site else None,
            inventory=inventory(
                cabinet.slots,
                _available(stock, rental_minimum) if stock else None,
                cabinet.empty_slots,
                connectivity,
            ),
            tariff=tariff.ref if tariff else None,
            raw=_raw(info.cabinet),
        ),
        site=site,
        slots=_slots(device, cabinet.slots, stock) if stock else None,
        batteries=stock.batteries if stock else None,
        tariffs=(tariff,) if tariff else (),
    )


def shop(account: str, item: object) -> Site:
    """A row of the shop list, which names its cabinets. Source: api-104222039."""
    row = read_as(wire.ShopRow, item, "shop row")
    if row.new_id is None:
        raise Malformed("shop row: no shop id")
    return Site(
        ref=site_ref(account, row.new_id),
        name=row.shop_name or row.new_id,
        address=row.shop_address,
        location=_location(row.latitude, row.longitude),
        opening_hours=row.shop_time,
        device_ids=tuple(row.cabinet_ids),
    )


def slot_health(device: Ref, item: object) -> Slot:
    """A row of the slot list: what the slot itself can do, whatever the state of the battery in it.

    `can_dispense`: occupied and without a fault. `can_accept`: empty and without a fault. Both None when not known.
    """
    row = read_as(wire.SlotRow, item, "slot row")
    if row.slot is None or row.slot < 1:
        raise Malformed("slot row: no slot number")
    is_told = "battery_id" in row.model_fields_set and (row.info_status or "").lower() != "offline"
    return slot_with_fault(device, row.slot, row.battery_id, row.fault_type, row.fault_cause, is_told=is_told)


def slot_with_fault(
    device: Ref, index: int, battery_id: str | None, fault_type: str | None, fault_cause: str | None, *, is_told: bool
) -> Slot:
    """A slot by what is in it and its fault; both UNKNOWN when that is not told, or was true before it went offline."""
    occupancy = SlotOccupancy.OCCUPIED if battery_id else SlotOccupancy.EMPTY
    status, label = SLOT_FAULTS.get(fault_type or "", (SlotStatus.UNKNOWN, None))
    is_sound = None if status is SlotStatus.UNKNOWN else fault_type == NO_FAULT
    if not is_told:
        occupancy, status, is_sound = SlotOccupancy.UNKNOWN, SlotStatus.UNKNOWN, None
    return Slot(
        ref=slot_ref(device, index),
        index=index,
        kind=SlotKind.BATTERY_SLOT,
        status=status,
        status_detail=SLOT_DETAIL.get(status) or mapped(OCCUPANCY_DETAIL, occupancy, SlotStatusDetail.UNKNOWN),
        occupancy=occupancy,
        can_dispense=_can(SlotOccupancy.OCCUPIED, occupancy, is_sound),
        can_accept=_can(SlotOccupancy.EMPTY, occupancy, is_sound),
        battery=battery_ref(device.account, battery_id) if battery_id else None,
        raw_status=RawCode(fault_type, fault_cause or label) if fault_type else None,
    )


def battery_health(device: Ref, item: object, rental_minimum: float) -> Battery:
    """A row of the battery list. READY and CHARGING are said of batteries in a slot only; LOW is never said."""
    row = read_as(wire.BatteryRow, item, "battery row")
    if row.battery_id is None:
        raise Malformed("battery row: no battery id")
    charge = fraction_of_percent(row.charge)
    status, label = BATTERY_FAULTS.get(row.fault_type or "", (BatteryStatus.UNKNOWN, None))
    is_in_slot = row.slot is not None and row.slot >= 1
    if row.fault_type == NO_FAULT and is_in_slot and charge is not None:
        status = BatteryStatus.READY if charge >= rental_minimum else BatteryStatus.CHARGING
    return Battery(
        ref=battery_ref(device.account, row.battery_id),
        device=device,
        slot=slot_ref(device, row.slot) if row.slot is not None and is_in_slot else None,
        state_of_charge=charge,
        temperature_c=number(row.temperature),
        status=status,
        fault=RawCode(row.fault_type, label) if row.fault_type and row.fault_type != NO_FAULT else None,
    )


def inventory(
    total: int | None,
    batteries: int | None,
    slots: int | None,
    connectivity: Connectivity,
) -> CabinetInventory | None:
    """Stock by the vendor's counts; an offline cabinet has a last known stock, and does nothing with it."""
    if total is None or not 0 <= total <= MOST_SLOTS:
        return None
    is_online = connectivity is Connectivity.ONLINE
    return CabinetInventory(
        slots_total=total,
        batteries_available=batteries,
        slots_available=slots,
        can_dispense=batteries > 0 if is_online and batteries is not None else None,
        can_accept=slots > 0 if is_online and slots is not None else None,
    )


class _Stock(NamedTuple):
    """The batteries of a cabinet as device info lists them; `is_whole`: the list agrees with the vendor's own count."""

    batteries: tuple[Battery, ...]
    is_whole: bool


def _stock(device: Ref, items: list[object] | None, busy_slots: int | None) -> _Stock | None:
    if items is None:
        return None
    readable = each(lambda item: _battery_of_info(device, item), items)
    batteries = tuple({battery.ref: battery for battery in readable}.values())
    return _Stock(batteries, is_whole=len(batteries) == len(items) and busy_slots in (None, len(batteries)))


def _battery_of_info(device: Ref, item: object) -> Battery:
    row = read_as(wire.BatteryInSlot, item, "battery in slot")
    if row.battery_id is None or row.slot_num is None or row.slot_num < 1:
        raise Malformed("battery in slot: no battery id or no slot number")
    return Battery(
        ref=battery_ref(device.account, row.battery_id),
        device=device,
        slot=slot_ref(device, row.slot_num),
        state_of_charge=fraction_of_percent(row.vol),
    )


def _slots(device: Ref, count: int | None, stock: _Stock) -> tuple[Slot, ...] | None:
    """Slots 1 to `count`. Without a battery a slot is EMPTY, unless the sources conflict: then it is UNKNOWN."""
    if count is None or not 0 <= count <= MOST_SLOTS:
        return None
    held = {battery.slot: battery.ref for battery in stock.batteries}
    claims = Counter(battery.slot for battery in stock.batteries)
    otherwise = SlotOccupancy.EMPTY if stock.is_whole else SlotOccupancy.UNKNOWN
    occupancies = {0: otherwise, 1: SlotOccupancy.OCCUPIED}
    refs = (slot_ref(device, index) for index in range(1, count + 1))
    return tuple(
        Slot(
            ref=ref,
            index=index,
            kind=SlotKind.BATTERY_SLOT,
            occupancy=occupancies.get(claims[ref], SlotOccupancy.UNKNOWN),
            battery=held.get(ref) if claims[ref] == 1 else None,
        )
        for index, ref in enumerate(refs, 1)
    )


def _available(stock: _Stock, rental_minimum: float) -> int:
    return sum((battery.state_of_charge or 0) >= rental_minimum for battery in stock.batteries)


def _site_of_info(account: str, payload: object) -> Site | None:
    row = read_as(wire.Shop, payload or {}, "device info: shop")
    if row.id is None:
        return None
    return Site(
        ref=site_ref(account, row.id),
        name=row.name or row.id,
        address=row.address,
        city=row.city,
        location=_location(row.latitude, row.longitude),
        opening_hours=row.opening_time,
    )


def _location(latitude: Number, longitude: Number) -> GeoPoint | None:
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return GeoPoint(float(latitude), float(longitude))


def _can(needed: SlotOccupancy, occupancy: SlotOccupancy, is_sound: bool | None) -> bool | None:
    """Whether a slot can do what needs this occupancy; a wrong occupancy or a known fault is a sure no."""
    if occupancy is SlotOccupancy.UNKNOWN:
        return None
    return False if occupancy is not needed else is_sound


def _raw(item: object) -> Json | None:
    return dict(item) if isinstance(item, Mapping) else None
