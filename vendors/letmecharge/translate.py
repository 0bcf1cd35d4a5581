"""LetMeCharge's chargers in our words: sites, devices and slots. Orders are in `translate_orders`.

Pure: the vendor's JSON in, records out. Raises nothing but Malformed, and that only where an id is missing or a whole
list is unreadable. Source: the schemas of https://docs.letmecharge.net/docs/letmecharge
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from model.faults import Malformed
from model.records import Connector, Device, GeoPoint, RawCode, Site, Slot
from model.refs import Ref, device_ref, site_ref, slot_ref
from model.states import DeviceKind, SlotKind
from vendors.contract import DeviceReading
from vendors.kit.wire import each, instant_of_text, read_as
from vendors.letmecharge.wire import Charger, ChargerDetails, LogicPlug, PhysicalPlug

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def devices_of_all(chargers: Sequence[object], account: str) -> list[DeviceReading]:
    """Every device of a list of chargers; a malformed charger does not sink the others.

    Raises Malformed when there are chargers and not one can be read: that is no empty area.
    """
    readable = list(each(lambda charger: devices_of(charger, account), chargers))
    if chargers and not readable:
        raise Malformed("find chargers: not one charger of the list can be read")
    return [reading for readings in readable for reading in readings]


def devices_of(payload: object, account: str) -> list[DeviceReading]:
    """A charger's devices with their site and slots, one for each of its `chargerDetails`. Malformed without `_id`."""
    charger = read_as(Charger, payload, "charger")
    if charger.id is None:
        raise Malformed("charger: no _id")
    stations = list(stations_of(charger))
    site = _site(charger, charger.id, [station for station, _ in stations], account)
    return [_device(charger, station, raw, site) for station, raw in stations if station.id]


def once_each(readings: Iterable[DeviceReading]) -> list[DeviceReading]:
    """The first reading of each device: areas overlap, and a vendor may repeat itself."""
    first: dict[Ref, DeviceReading] = {}
    for reading in readings:
        first.setdefault(reading.device.ref, reading)
    return list(first.values())


def stations_of(charger: Charger) -> Iterator[tuple[ChargerDetails, Mapping[str, Any]]]:
    """Each readable element of `chargerDetails`, read and as it came."""
    for item in charger.charger_details:
        if isinstance(item, Mapping):
            yield read_as(ChargerDetails, item, "chargerDetails"), item


def _site(charger: Charger, charger_id: str, stations: Sequence[ChargerDetails], account: str) -> Site:
    """Name, address and hours as the first station says that has them: the charger itself has none."""
    address = next((station.address for station in stations if station.address), None)
    return Site(
        ref=site_ref(account, charger_id),
        name=next((station.name for station in stations if station.name), address or charger_id),
        address=address,
        city=next((station.town for station in stations if station.town), None),
        location=_location(charger.lat, charger.lon),
        opening_hours=next((hours for station in stations if (hours := _opening_hours(station))), None),
        observed_at=instant_of_text(charger.updated_at),
    )


def _device(charger: Charger, station: ChargerDetails, raw: Mapping[str, Any], site: Site) -> DeviceReading:
    """`raw` keeps what no table of ours knows: plug codes, prices without currency, services, booking."""
    ref = device_ref(site.ref.account, station.id or "")
    device = Device(
        ref=ref,
        kind=DeviceKind.EV_CHARGER,
        name=station.name,
        model=station.model,
        site=site.ref,
        raw_status=_raw_flag(charger.status),
        raw=raw,
        observed_at=instant_of_text(station.updated_at),
    )
    return DeviceReading(device=device, site=site, slots=_slots(station, ref), batteries=())


def _slots(station: ChargerDetails, device: Ref) -> tuple[Slot, ...]:
    """Counted in nesting order; a plug that cannot be read keeps its number, so that the others keep theirs."""
    slots: dict[Ref, Slot] = {}
    for index, (plug, group) in enumerate(plugs_of(station), start=1):
        if plug is None or plug.id is None:
            continue
        slot = Slot(
            ref=slot_ref(device, plug.id),
            index=index,
            kind=SlotKind.CONNECTOR,
            connector=Connector(max_power_w=watts(plug.max_power)),
            raw_status=_raw_flag(plug.status),
            observed_at=instant_of_text(plug.last_update) or instant_of_text(group.last_update),
        )
        slots.setdefault(slot.ref, slot)
    return tuple(slots.values())


def plugs_of(station: ChargerDetails) -> Iterator[tuple[PhysicalPlug | None, LogicPlug]]:
    """Each physical plug in nesting order with its logic plug; None in the place of one that cannot be read."""
    for item in station.plugs:
        if isinstance(item, Mapping):
            group = read_as(LogicPlug, item, "logic plug")
            for plug in group.physical_plugs:
                yield read_as(PhysicalPlug, plug, "physical plug") if isinstance(plug, Mapping) else None, group


def _location(latitude: Decimal | None, longitude: Decimal | None) -> GeoPoint | None:
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return GeoPoint(float(latitude), float(longitude))


def _opening_hours(station: ChargerDetails) -> str | None:
    """The vendor's own text, else its weekdays; one word for all where every day says the same."""
    if station.schedule:
        return station.schedule
    hours: list[str | None] = [getattr(station, day) for day in DAYS]
    if len(set(hours)) == 1:
        return hours[0]
    return ", ".join(f"{day} {text}" for day, text in zip(DAYS, hours, strict=True) if text)


def _raw_flag(value: bool | None) -> RawCode | None:
    return None if value is None else RawCode(str(value).lower())


def watts(kilowatts: Decimal | None) -> float | None:
    """Kilowatts as watts; None when missing or beyond a float."""
    power_w = None if kilowatts is None else float(kilowatts) * 1000
    return power_w if power_w is not None and isfinite(power_w) else None
