"""What every record that leaves an adapter must be, whatever the vendor."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson

from model.records import (
    CONFIGURED,
    Battery,
    ChargingSession,
    Customer,
    Device,
    GeoPoint,
    Money,
    Reading,
    Site,
    Slot,
    Tariff,
    VendorSubscription,
)
from model.refs import Kind, Ref
from model.states import DeviceKind, SlotKind
from vendors.contract import DeviceReading
from vendors.manifest import Manifest

KIND_OF_RECORD: Mapping[type, Kind] = {
    Site: Kind.SITE,
    Device: Kind.DEVICE,
    Slot: Kind.SLOT,
    Battery: Kind.BATTERY,
    ChargingSession: Kind.SESSION,
    Tariff: Kind.TARIFF,
    VendorSubscription: Kind.SUBSCRIPTION,
}
KIND_OF_FIELD = {
    "site": Kind.SITE,
    "device": Kind.DEVICE,
    "devices": Kind.DEVICE,
    "slot": Kind.SLOT,
    "battery": Kind.BATTERY,
    "tariff": Kind.TARIFF,
}
SHARED = (Site, Tariff)
"""What the readings of several devices may repeat."""
FRACTIONS = {"state_of_charge", "state_of_health"}


def check(result: object, manifest: Manifest, account: str) -> None:
    """Every record in what an adapter returned is well-formed, and none is there twice or in two versions."""
    found = list(_records(result))
    for record in found:
        _check_record(record, account)
        if isinstance(record, DeviceReading):
            _check_family(record, manifest)
    _check_once(record for record in found if type(record) in KIND_OF_RECORD and not isinstance(record, SHARED))
    if isinstance(result, Sequence):
        _check_once(item for item in result if type(item) in KIND_OF_RECORD)
    versions: dict[Ref, object] = {}
    for record in found:
        if isinstance(record, SHARED):
            assert versions.setdefault(record.ref, record) == record, "one place or price in two versions"


def _check_once(records: Iterable[Any]) -> None:
    refs = [record.ref for record in records]
    assert len(refs) == len(set(refs)), "a record is there twice"


def _records(value: object) -> Iterator[Any]:
    if is_dataclass(value):
        yield value
        for field in fields(value):
            yield from _records(getattr(value, field.name))
    elif isinstance(value, Sequence) and not isinstance(value, str | Ref):
        for item in value:
            yield from _records(item)


def _check_record(record: Any, account: str) -> None:
    kind = KIND_OF_RECORD.get(type(record))
    if kind is not None:
        assert record.ref.kind is kind
        assert record.reading is CONFIGURED, "the hub stamps readings, not the adapter"
    for field in fields(record):
        _check_value(type(record), field.name, getattr(record, field.name), account)


def _check_value(owner: type, name: str, value: object, account: str) -> None:
    where = f"{owner.__name__}.{name}"
    match value:
        case Ref():
            assert value.account == account, where
            assert Ref.parse(value.id) == value, where
            assert name == "ref" or value.kind is KIND_OF_FIELD[name], where
        case tuple():
            for item in value:
                _check_value(owner, name, item, account)
        case Customer():
            assert owner is ChargingSession, f"personal data at {where}"
        case Reading():
            assert name == "reading", where
        case _:
            _check_plain(where, name, value)


def _check_plain(where: str, name: str, value: object) -> None:
    match value:
        case datetime():
            assert value.utcoffset() == timedelta(0), f"{where} is not in UTC"
        case float() | int():
            assert isfinite(value), where
            assert name not in FRACTIONS or 0 <= value <= 1, f"{where} = {value}"
        case Money():
            assert isinstance(value.amount, Decimal), where
            assert value.amount.is_finite(), where
            assert re.fullmatch("[A-Z]{3}", value.currency), where
        case GeoPoint():
            assert -90 <= value.latitude <= 90, where
            assert -180 <= value.longitude <= 180, where
        case Mapping():
            assert name == "raw", where
            orjson.dumps(value)


def _check_family(reading: DeviceReading, manifest: Manifest) -> None:
    """Device, slots and batteries of one reading belong together and are what the manifest announces."""
    device = reading.device
    assert device.kind in {*manifest.device_kinds, DeviceKind.OTHER, DeviceKind.UNKNOWN}
    for slot in reading.slots or ():
        assert slot.ref.device == device.ref
        is_ev_outlet = device.kind is DeviceKind.EV_CHARGER and slot.kind is SlotKind.CONNECTOR
        assert slot.kind is manifest.slot_kind or is_ev_outlet
        assert slot.index >= 1
    indexes = [slot.index for slot in reading.slots or ()]
    assert len(indexes) == len(set(indexes)), "two slots have one index"
    assert manifest.has_batteries or not reading.batteries
    if reading.site is not None:
        assert device.site == reading.site.ref
    for battery in reading.batteries or ():
        assert battery.device in (None, device.ref)


def has_content(result: object) -> bool:
    """Whether an answer says anything at all: an empty list proves nothing."""
    return bool(result) if isinstance(result, Sequence) else result is not None
