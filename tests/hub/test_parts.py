"""What is stored comes back as it was, without personal data, and known as stored."""

from dataclasses import MISSING, fields, replace

import pytest

from hub.parts import ENDLESS, Key, Part, decode, encode, stamped
from model.records import CONFIGURED, ChargingSession, EnergyRecord, Reading, Record
from model.states import FreshnessSource
from tests.hub.full_records import READ, RECORDS, SESSION, STORAGE, UNTOLD, VALUES
from tests.support.clock import START
from vendors.contract import DeviceReading

STORED = Reading(START, FreshnessSource.STORED)


def without_customers(value: object) -> object:
    """Of sessions only: what may be stored of them."""
    match value:
        case ChargingSession():
            return replace(value, customer=None)
        case tuple():
            return tuple(without_customers(item) for item in value)
    return value


def test_the_examples_fill_in_every_field() -> None:
    for record in RECORDS:
        empty = [
            field.name
            for field in fields(record)
            if field.default is not MISSING and field.name != "reading" and getattr(record, field.name) == field.default
        ]
        assert empty == [], type(record)


def test_there_is_an_example_of_every_part_that_outlives_the_process() -> None:
    assert set(VALUES) == set(Part) - ENDLESS


@pytest.mark.parametrize("part", VALUES)
def test_every_part_comes_back_as_it_was(part: Part) -> None:
    expected = stamped(without_customers(VALUES[part]), STORED)
    assert decode(part, encode(part, VALUES[part]), STORED) == expected


@pytest.mark.parametrize("part", [Part.SESSION, Part.SESSIONS, Part.ACTIVE_SESSIONS])
def test_personal_data_is_not_stored(part: Part) -> None:
    assert SESSION.customer is not None
    written = encode(part, VALUES[part])
    assert b"ada@example.com" not in written
    assert b"SS-1234-AB" not in written
    assert b'"external_id":"E1"' in written


@pytest.mark.parametrize("part", [Part.DEVICES, Part.SITES, Part.SESSIONS, Part.TARIFFS, Part.SUBSCRIPTIONS])
def test_an_empty_list_comes_back_empty(part: Part) -> None:
    assert decode(part, encode(part, ()), STORED) == ()


@pytest.mark.parametrize("data", [b"", b"{", b"null", b"[]", b'{"device": {}}', b'{"ref": ["Site", "a"], "name": 1}'])
def test_what_cannot_be_read_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match="validation error"):
        decode(Part.DEVICE, data, STORED)


def test_every_record_inside_a_reading_shares_one_reading() -> None:
    read = stamped(READ, STORED)
    assert read.site is not None
    assert read.slots is not None
    assert read.batteries is not None
    inside: list[Record] = [read.device, read.site, *read.slots, *read.batteries, *read.tariffs]
    assert {id(record.reading) for record in inside} == {id(STORED)}
    assert READ.device.reading is CONFIGURED


def test_what_a_reading_does_not_say_stays_unsaid() -> None:
    read = stamped(UNTOLD, STORED)
    assert read == DeviceReading(device=replace(UNTOLD.device, reading=STORED))
    assert (read.site, read.slots, read.batteries, read.tariffs) == (None, None, None, ())


def test_what_carries_no_reading_is_left_as_it_is() -> None:
    record = EnergyRecord(battery=None, measured_at=START, charged_kwh=1.0)
    assert stamped(STORAGE, STORED) is STORAGE
    assert stamped((record,), STORED) == (record,)


def test_a_key_is_readable_in_logs() -> None:
    assert str(Key("cabinets", Part.DEVICE, "D1")) == "cabinets/device/D1"
    assert str(Key("cabinets", Part.SITES)) == "cabinets/sites/"
