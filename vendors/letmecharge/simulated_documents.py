"""The simulated world as the vendor's full documents, with the quirks of its own example.

`plusCode`, `logicPlugId` and `loc` hold numbers although the schema says text, parent ids match no parent, the casing
of providers varies, and instants have two forms.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from vendors.letmecharge.simulated_fleet import PRICES, SERVICES, Charger, LogicPlug, Plug, Station
from vendors.letmecharge.simulated_orders import Order

Document: TypeAlias = dict[str, Any]

CO2_KG_PER_KWH = 0.33
TAX_SHARE, COMMISSION_SHARE = 0.21 / 1.21, 0.05
ACCESS_PRICE = 0.15
CONTRACT_USER = "65f0000000000000000000c1"
ACCEPTED = 1
"""The simulator's own start status: the vendor's page has this number and does not say what it means."""
MISSHAPEN: Document = {"status": {"is": "broken"}}
"""What stands among chargers or orders and is none."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def charger_document(charger: Charger) -> Document:
    """A charger as the filter and /updated give it."""
    place = charger.place
    return {
        "_id": charger.id,
        "idPR": charger.short_id,
        "idCupr": 0,
        "lat": place.latitude,
        "lon": place.longitude,
        "status": any(plug.is_available for plug in charger.plugs),
        "plugs": len(charger.plugs),
        "provider": place.provider,
        "connection": "direct",
        "chargerDetails": [_station_document(charger, station) for station in charger.stations],
        "loc": [place.longitude, place.latitude],
        "createdAt": with_z(charger.built_at),
        "updatedAt": with_z(max(plug.changed_at for plug in charger.plugs)),
        "show": True,
    }


def _station_document(charger: Charger, station: Station) -> Document:
    return {
        "_id": station.id,
        "charger": charger.stray_ids[0],
        "name": station.name,
        "model": station.name,
        "address": charger.place.address,
        "town": charger.place.town,
        "state": charger.place.state,
        **{f"has{service}": service in station.services for service in SERVICES},
        "plusCode": station.plus_code,
        "accessPrice": ACCESS_PRICE,
        "moreInfo": "",
        "schedule": "",
        "plugs": [_group_document(charger, group) for group in station.groups],
        "provider": charger.place.provider.lower(),
        "bookingType": 0.25,
        "bookingTime": 1.3,
        "freeCancelBookingTime": 1.55,
        "createdAt": with_z(charger.built_at),
        "updatedAt": with_z(max(plug.changed_at for plug in station.plugs)),
        **dict.fromkeys(DAYS, station.hours),
    }


def _group_document(charger: Charger, group: LogicPlug) -> Document:
    return {
        "_id": group.id,
        "chargerDetails": charger.stray_ids[1],
        "logicPlugId": group.number,
        "lastUpdate": with_offset(max(plug.changed_at for plug in group.plugs)),
        "chargeSpeedId": group.speed,
        "provider": charger.place.provider.upper(),
        "physicalPlugs": [_plug_document(charger, plug) for plug in group.plugs],
    }


def _plug_document(charger: Charger, plug: Plug) -> Document:
    return {
        "_id": plug.id,
        "logicPlug": charger.stray_ids[2],
        "physicalPlugId": plug.physical_id,
        "conectorType": plug.connector_type,
        "status": plug.is_available,
        "lastUpdate": with_offset(plug.changed_at),
        "chargeMode": plug.charge_mode,
        "maxPower": plug.max_power_kw,
        "provider": charger.place.provider.upper(),
        "price": PRICES[charger.place.provider].amount,
    }


def order_document(order: Order) -> Document:
    """An order as /contracts/orders gives it."""
    price = PRICES[order.charger.place.provider]
    return {
        "id": order.id,
        "status": order.status,
        "amount": round(order.amount, 2),
        "commision_price": round(order.amount * COMMISSION_SHARE, 2),
        "tax_price": round(order.amount * TAX_SHARE, 2),
        "provider": order.charger.place.provider.lower(),
        "charger": charger_document(order.charger),
        "physicalPlugs": _plug_document(order.charger, order.plug),
        "plug_id": order.plug.physical_id,
        "started": with_z(order.started_at) if order.started_at else None,
        "finished": with_z(order.finished_at) if order.finished_at else None,
        "email": order.email,
        "plug_price": price.amount,
        "price_unit": price.unit,
        "currency": "EUR",
        "charged_kwh": round(order.charged_kwh, 3),
        "co2_saved": round(order.charged_kwh * CO2_KG_PER_KWH, 2),
        "battery_level": round(order.charge * 100),
        "user_email": order.email,
        "plate": order.plate,
        "external_id": f"EXT-{order.number:05}",
        "createdAt": with_z(order.created_at),
        "updatedAt": with_z(order.updated_at),
        "outlet_number": order.station.plugs.index(order.plug) + 1,
        "power_kw": order.power_kw,
    }


def start_document(order: Order) -> Document:
    """An order as the call that starts it gives it: other names than in the list, and a number for its status."""
    return {
        "_id": order.record_id,
        "createdAt": with_z(order.created_at),
        "updatedAt": with_z(order.updated_at),
        "status": ACCEPTED,
        "provider": order.charger.place.provider.lower(),
        "amount": 0,
        "orderId": order.order_id,
        "user": CONTRACT_USER,
        "chargedKwh": 0,
        "physicalPlug": _plug_document(order.charger, order.plug),
        "batteryLevel": 0,
        "co2": 0,
        "sendedDisconnectMessage": False,
        "sendedChargingMessage": False,
    }


def with_z(moment: datetime) -> str:
    """The form of `createdAt`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def with_offset(moment: datetime) -> str:
    """The form of `lastUpdate`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+00:00"


# Shapes that a fault gives to documents: each takes a key and its plain value.

Change: TypeAlias = Callable[[str, Any], Any]

_IDS = {"_id", "id", "orderId"}
_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$")
STALE_BY = timedelta(days=3 * 365)


def reshaped(document: Any, change: Change, key: str = "") -> Any:  # noqa: ANN401 - any JSON
    """The document with every plain value changed."""
    match document:
        case Mapping():
            return {name: reshaped(value, change, name) for name, value in document.items()}
        case list():
            return [reshaped(value, change, key) for value in document]
    return change(key, document)


def _null_field(key: str, value: Any) -> Any:  # noqa: ANN401
    return value if key in _IDS else None


def _string_number(_: str, value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _other_case(key: str, value: Any) -> Any:  # noqa: ANN401
    return str(value).swapcase() if key == "provider" else value


def _other_time_form(_: str, value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, str) or not _INSTANT.match(value):
        return value
    return f"{value[:-1]}+00:00" if value.endswith("Z") else value.replace("+00:00", "Z")


def _stale_plug(key: str, value: Any) -> Any:  # noqa: ANN401
    return with_offset(datetime.fromisoformat(value) - STALE_BY) if key == "lastUpdate" else value


def _unknown_status(key: str, value: Any) -> Any:  # noqa: ANN401
    return "SUSPENDED_BY_GRID" if key == "status" and isinstance(value, str) else value


def _unknown_price_unit(key: str, value: Any) -> Any:  # noqa: ANN401
    return "lightyear" if key == "price_unit" else value


SHAPE_FAULTS: Mapping[str, Change] = {
    "unknown_status": _unknown_status,
    "unknown_price_unit": _unknown_price_unit,
    "stale_plug": _stale_plug,
    "provider_case": _other_case,
    "time_form": _other_time_form,
    "string_numbers": _string_number,
    "null_fields": _null_field,
}
