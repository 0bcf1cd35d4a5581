"""The vendor's words into the model's: pure functions, every unit. The code tables stand in `codes`.

Units on the wire: money in fen (1/100 yuan) unless the name says yuan, energy of cars in kWh, power in W, instants in
epoch milliseconds. The pages' "USD" is a mistranslation: everything is in CNY. Only Malformed is raised.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from model.faults import Fault, Malformed
from model.records import (
    Connector,
    Device,
    GeoPoint,
    Json,
    Money,
    RawCode,
    Site,
    Slot,
    Tariff,
)
from model.refs import Ref, device_ref, site_ref, slot_ref, tariff_ref
from model.states import (
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    PriceUnit,
    SlotKind,
    SlotStatus,
    SlotStatusDetail,
)
from vendors.contract import DeviceReading
from vendors.kit.wire import each, instant_of_millis, mapped, read_as
from vendors.lvcchong.codes import (
    BY_ENERGY,
    CONNECTIVITIES,
    DEVICE_TYPES,
    LIFECYCLES,
    MOST_SOCKETS,
    SIX_WAY_DC,
    SIX_WAY_DC_BY_FAMILY,
    SOCKETS,
    DeviceType,
)
from vendors.lvcchong.envelope import refused
from vendors.lvcchong.wire import (
    DeviceAnswer,
    DeviceInfo,
    DeviceState,
    DeviceStatus,
    Price,
    PriceStandard,
)

# fmt: off
DOCUMENTED: Final = frozenset((
    "address", "chargePriceId", "cityId", "cityName", "countyId", "countyName", "deviceFamily", "deviceType",
    "estateId", "estateName", "factory", "freePortCount", "hardwareId", "id", "inTime", "lat", "lng", "name",
    "online", "payWay", "place", "portNumber", "provinceId", "provinceName", "simId", "simProvide", "status",
    "updateTime",
))
# fmt: on
"""What `raw` shows of a device: fields known to be about the device, never about people."""


def refusal_of(status: DeviceStatus) -> Fault | None:
    """Why the device part failed although the whole answer succeeded."""
    answer = DeviceAnswer.model_validate(status.device or {})
    if answer.success is not False:
        return None
    state = DeviceState.model_validate(answer.data or {})
    return refused("device status", answer.error or state.error_msg)


def device_reading(device: Ref, status: DeviceStatus) -> DeviceReading:
    """Everything that /deviceStatus says of a device. Raises Malformed when it holds no device."""
    answer = read_as(DeviceAnswer, status.device, "device status")
    state = read_as(DeviceState, answer.data, "device status")
    extra = {"ports": list(state.ports), "errorMsg": state.error_msg}
    reading = _reading(device, state.device, extra)
    info = read_as(DeviceInfo, state.device, "device status")
    tariffs = tariffs_of(device.account, status)
    known = reading.device
    if known.tariff is None and tariffs:
        known = replace(known, tariff=tariffs[0].ref)
    return replace(reading, device=known, slots=_slots(known, info, state.ports), tariffs=tariffs)


def info_reading(device: Ref, payload: object, status: DeviceStatus) -> DeviceReading:
    """The device object alone, with the prices of the /deviceStatus that failed; says nothing about sockets."""
    return replace(_reading(device, payload), tariffs=tariffs_of(device.account, status))


def nearby_readings(account: str, items: Iterable[object]) -> list[DeviceReading]:
    """Devices of /nearby, without their sockets; items without `simId` are left out. Each device and estate once."""

    def listed(item: object) -> DeviceReading:
        sim_id = read_as(DeviceInfo, item, "nearby devices").sim_id
        if sim_id is None:
            raise Malformed("nearby devices: no simId")
        return _reading(device_ref(account, sim_id), item)

    readings: dict[Ref, DeviceReading] = {}
    sites: set[Ref] = set()
    for reading in each(listed, items):
        site = reading.site if reading.site and reading.site.ref not in sites else None
        if reading.device.ref not in readings:
            readings[reading.device.ref] = replace(reading, site=site)
            sites.update([site.ref] if site else [])
    return list(readings.values())


def _reading(ref: Ref, payload: object, extra: Json | None = None) -> DeviceReading:
    info = read_as(DeviceInfo, payload, "device")
    raw = {key: value for key, value in payload.items() if key in DOCUMENTED} if isinstance(payload, Mapping) else {}
    lifecycle, label = mapped(LIFECYCLES, info.status, (DeviceLifecycle.UNKNOWN, None))
    device_type = _device_type(info)
    site = _site(ref.account, info)
    device = Device(
        ref=ref,
        kind=device_type.kind,
        name=info.name,
        model=device_type.label,
        connectivity=mapped(CONNECTIVITIES, info.online, Connectivity.UNKNOWN),
        lifecycle=lifecycle,
        site=site.ref if site else None,
        site_name=info.estate_name,
        tariff=tariff_ref(ref.account, info.charge_price_id) if info.charge_price_id else None,
        raw_status=None if info.status is None else RawCode(str(info.status), label),
        raw={**raw, **(extra or {})},
        observed_at=instant_of_millis(info.update_time),
    )
    return DeviceReading(device=device, site=site)


def _device_type(info: DeviceInfo) -> DeviceType:
    unknown = DeviceType(DeviceKind.UNKNOWN, f"type {info.device_type}")
    found = mapped(DEVICE_TYPES, info.device_type, unknown)
    if info.device_type == SIX_WAY_DC:
        return mapped(SIX_WAY_DC_BY_FAMILY, info.device_family, found)
    return found


def _site(account: str, info: DeviceInfo) -> Site | None:
    """The estate; /nearby does not say its name, the address is the best there is then."""
    if info.estate_id is None:
        return None
    return Site(
        ref=site_ref(account, info.estate_id),
        name=info.estate_name or info.address or f"Estate {info.estate_id}",
        address=info.address,
        city=info.city_name,
        location=_location(info.lat, info.lng),
    )


def _location(latitude: Decimal | None, longitude: Decimal | None) -> GeoPoint | None:
    if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    return GeoPoint(float(latitude), float(longitude)) if latitude or longitude else None


def _slots(device: Device, info: DeviceInfo, ports: list[int | None]) -> tuple[Slot, ...]:
    if device.kind is DeviceKind.ACCESS_CONTROL:
        return ()
    kind = SlotKind.CONNECTOR if device.kind is DeviceKind.EV_CHARGER else SlotKind.SOCKET
    power_type = _device_type(info).power_type
    connector = Connector(power_type=power_type) if power_type else None
    return tuple(
        _slot(device, index, kind, connector, value)
        for index, value in enumerate(_socket_values(ports, info.port_number), start=1)
    )


def _socket_values(ports: list[int | None], port_number: int | None) -> list[int | None]:
    """What `ports` says of sockets 1 to `portNumber`: index 0 is padding unless there are exactly as many values.

    Values too many are dropped; sockets without a value are None.
    """
    count = max(len(ports) - 1, 0) if port_number is None else port_number
    if not 0 <= count <= MOST_SOCKETS:
        raise Malformed("device status: an impossible number of sockets")
    values = (ports if len(ports) == count else ports[1:])[:count]
    return [*values, *[None] * (count - len(values))]


def _slot(device: Device, index: int, kind: SlotKind, connector: Connector | None, value: int | None) -> Slot:
    unknown = (SlotStatus.UNKNOWN, SlotStatusDetail.UNKNOWN, None)
    status, detail, label = mapped(SOCKETS, value, unknown)
    if device.connectivity is Connectivity.OFFLINE:
        # The vendor may go on showing what it last knew.
        status, detail = SlotStatus.UNKNOWN, SlotStatusDetail.UNKNOWN
    elif device.lifecycle is DeviceLifecycle.DISABLED:
        status, detail = SlotStatus.INOPERATIVE, SlotStatusDetail.UNAVAILABLE
    return Slot(
        ref=slot_ref(device.ref, index),
        index=index,
        kind=kind,
        status=status,
        status_detail=detail,
        connector=connector,
        raw_status=None if value is None else RawCode(str(value), label),
    )


def tariffs_of(account: str, status: DeviceStatus) -> tuple[Tariff, ...]:
    """The prices in /deviceStatus. Where the short and the long form are of one standard, the one with a price wins."""
    short = each(lambda item: _price(account, item), [status.price])
    long = each(lambda item: price_standard(account, item), [status.price_detail])
    found: dict[Ref, Tariff] = {}
    for tariff in (*short, *long):
        known = found.get(tariff.ref)
        found[tariff.ref] = tariff if known is None or tariff.unit_price else replace(known, raw=tariff.raw)
    return tuple(found.values())


def price_standards(account: str, items: Iterable[object]) -> list[Tariff]:
    """Price standards; items without an id are left out."""
    return list(each(lambda item: price_standard(account, item), items))


def _price(account: str, item: object) -> Tariff:
    price = read_as(Price, item, "price")
    if price.id is None:
        raise Malformed("price: no id")
    minutes = price.time if price.time and price.time > 0 else None
    return Tariff(
        ref=tariff_ref(account, price.id),
        name=price.name or f"Price {price.id}",
        unit_price=_yuan_of_fen(price.price),
        unit=PriceUnit.MINUTE if minutes else None,
        unit_minutes=minutes,
    )


def price_standard(account: str, item: object) -> Tariff:
    """A price standard. By kWh it has one price; by power or custom time its steps are in `raw` only."""
    standard = read_as(PriceStandard, item, "price standard")
    if standard.id is None:
        raise Malformed("price standard: no id")
    energy_price = _energy_price(standard) if standard.type == BY_ENERGY else None
    return Tariff(
        ref=tariff_ref(account, standard.id),
        name=standard.name or f"Price standard {standard.id}",
        unit_price=energy_price,
        unit=PriceUnit.KWH if energy_price else None,
        raw={key: value for key, value in item.items() if key != "createUserId"} if isinstance(item, Mapping) else None,
    )


def _energy_price(standard: PriceStandard) -> Money | None:
    if standard.total_electric_fee:
        return _yuan_of_fen(standard.total_electric_fee)
    if standard.electric_price is None:
        return None
    return _yuan_of_fen(standard.electric_price + (standard.electric_service_fee or 0))


def _yuan_of_fen(fen: Decimal | None) -> Money | None:
    return None if fen is None else Money(fen / 100, "CNY")
