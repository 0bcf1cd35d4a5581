"""Chargers: the vendor's samples to the last field, odd ones, and anything at all."""

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.faults import Malformed
from model.records import Connector, Device, GeoPoint, RawCode, Site, Slot
from model.refs import device_ref, site_ref, slot_ref
from model.states import DeviceKind, SlotKind
from tests.vendors.letmecharge.replies import sample
from vendors.contract import DeviceReading
from vendors.letmecharge.translate import devices_of, devices_of_all, once_each

SITE = site_ref("roaming", "63712f794e8aaa51a939339b")
DEVICE = device_ref("roaming", "648b47cfdeccbd815984736d")


def test_the_vendors_own_example() -> None:
    raw = sample("chargers-filter")[0]["chargerDetails"][0]
    made = datetime(2024, 4, 2, 9, 19, 29, 9000, tzinfo=UTC)
    assert devices_of_all(sample("chargers-filter"), "roaming") == [
        DeviceReading(
            device=Device(
                ref=DEVICE,
                kind=DeviceKind.EV_CHARGER,
                name="Fuengirola station",
                model="Fuengirola station",
                site=SITE,
                raw_status=RawCode("true"),
                raw=raw,
                observed_at=made,
            ),
            site=Site(
                ref=SITE,
                name="Fuengirola station",
                address="DE LA ENCARNACIÓN, 29640",
                city="Fuengirola",
                location=GeoPoint(43.29887, -2.069368),
                opening_hours="24h",
                observed_at=made,
            ),
            slots=(
                Slot(
                    ref=slot_ref(DEVICE, "616b3830dca57819118cfe46"),
                    index=1,
                    kind=SlotKind.CONNECTOR,
                    connector=Connector(max_power_w=11_000),
                    raw_status=RawCode("false"),
                    observed_at=datetime(2021, 10, 16, 20, 41, 48, tzinfo=UTC),
                ),
            ),
            batteries=(),
        )
    ]


def test_one_charger_now() -> None:
    (reading,) = devices_of(sample("chargers-updated"), "roaming")
    assert reading.device.ref == device_ref("roaming", "65f000000000000000000002")
    assert reading.site is not None
    assert (reading.site.ref.native_id, reading.site.city) == ("65f000000000000000000001", "Exampleville")
    assert reading.site.location == GeoPoint(43.3, -2.07)
    assert reading.slots is not None
    assert [slot.observed_at for slot in reading.slots] == [datetime(2026, 1, 1, 11, 59, 47, tzinfo=UTC)]


def charger(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(sample("chargers-updated")), **changes}


def station(**changes: Any) -> dict[str, Any]:
    return {**charger()["chargerDetails"][0], **changes}


def slots_with(*groups: list[Any]) -> list[tuple[int, str]]:
    plugs = [{"_id": str(number), "physicalPlugs": group} for number, group in enumerate(groups)]
    (reading,) = devices_of(charger(chargerDetails=[station(plugs=plugs)]), "roaming")
    return [(slot.index, slot.ref.native_id) for slot in reading.slots or ()]


def test_plugs_are_counted_across_their_groups() -> None:
    assert slots_with([{"_id": "a"}, {"_id": "b"}], [{"_id": "c"}]) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_group_that_cannot_be_read_has_no_plugs() -> None:
    (reading,) = devices_of(charger(chargerDetails=[station(plugs=["what", {"physicalPlugs": 2}, None])]), "roaming")
    assert reading.slots == ()


def test_a_plug_that_cannot_be_read_keeps_its_number() -> None:
    assert slots_with([{}, {"_id": "b"}], ["what", {"_id": "c"}]) == [(2, "b"), (4, "c")]


def test_a_plug_said_twice_is_one_slot() -> None:
    assert slots_with([{"_id": "a"}, {"_id": "a"}], [{"_id": "c"}]) == [(1, "a"), (3, "c")]


def test_a_plug_without_an_update_takes_that_of_its_group() -> None:
    plugs = [{"lastUpdate": "2026-01-01T00:00:00Z", "physicalPlugs": [{"_id": "a"}]}]
    (reading,) = devices_of(charger(chargerDetails=[station(plugs=plugs)]), "roaming")
    assert [slot.observed_at for slot in reading.slots or ()] == [datetime(2026, 1, 1, tzinfo=UTC)]


def test_a_charger_with_two_stations_is_one_site_with_two_devices() -> None:
    first, second = station(_id="one", name="", address=""), station(_id="two", name="Second")
    readings = devices_of(charger(chargerDetails=[first, "what", station(_id=None, name=None), second]), "roaming")
    assert [reading.device.ref.native_id for reading in readings] == ["one", "two"]
    assert readings[0].site == readings[1].site
    assert readings[0].site is not None
    assert (readings[0].site.name, readings[0].site.address) == ("Second", "EXAMPLE STREET 1")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": None}, "EXAMPLE STREET 1"),
        ({"name": None, "address": None}, "65f000000000000000000001"),
    ],
)
def test_a_site_always_has_a_name(changes: dict[str, Any], name: str) -> None:
    (reading,) = devices_of(charger(chargerDetails=[station(**changes)]), "roaming")
    assert reading.site is not None
    assert reading.site.name == name


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ({}, "24h"),
        ({"schedule": "Mon-Fri"}, "Mon-Fri"),
        (
            {"sunday": "closed", "saturday": None},
            "monday 24h, tuesday 24h, wednesday 24h, thursday 24h, friday 24h, sunday closed",
        ),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")), None),
    ],
)
def test_opening_hours(changes: dict[str, Any], hours: str | None) -> None:
    (reading,) = devices_of(charger(chargerDetails=[station(**changes)]), "roaming")
    assert reading.site is not None
    assert reading.site.opening_hours == hours


@pytest.mark.parametrize(
    ("latitude", "longitude", "location"),
    [
        ("43.3", "-2.07", GeoPoint(43.3, -2.07)),
        (91, 0, None),
        (0, -181, None),
        (None, 0, None),
        ("north", 0, None),
    ],
)
def test_a_position_is_on_earth_or_absent(latitude: Any, longitude: Any, location: GeoPoint | None) -> None:
    (reading,) = devices_of(charger(lat=latitude, lon=longitude), "roaming")
    assert reading.site is not None
    assert reading.site.location == location


def test_power_beyond_a_float_is_absent() -> None:
    plugs = [{"physicalPlugs": [{"_id": "a", "maxPower": 1e308}]}]
    (reading,) = devices_of(charger(chargerDetails=[station(plugs=plugs)]), "roaming")
    assert reading.slots is not None
    assert reading.slots[0].connector == Connector()


@pytest.mark.parametrize("payload", [None, [], "text", 1, {}, {"_id": ""}, {"_id": None}])
def test_a_charger_without_an_id_is_malformed(payload: Any) -> None:
    with pytest.raises(Malformed):
        devices_of(payload, "roaming")


def test_one_bad_charger_does_not_sink_the_others() -> None:
    readings = devices_of_all([None, charger(_id=None), charger()], "roaming")
    assert [reading.device.ref.native_id for reading in readings] == ["65f000000000000000000002"]


def test_a_list_of_nothing_but_bad_chargers_is_no_empty_fleet() -> None:
    assert devices_of_all([], "roaming") == []
    with pytest.raises(Malformed):
        devices_of_all([None, {}], "roaming")


def test_a_device_seen_twice_is_one() -> None:
    first, second = devices_of(charger(), "roaming"), devices_of(charger(status=None), "roaming")
    assert once_each([*first, *second]) == first


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def roughly(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with these fields, some missing, some of any kind, and others that nobody documented."""
    known = {name: value | ANYTHING for name, value in fields.items()}
    return st.tuples(
        st.fixed_dictionaries({}, optional=known),
        st.dictionaries(st.text(), SCALARS, max_size=2),
    ).map(lambda parts: {**parts[1], **parts[0]})


IDS = st.sampled_from(["a", "b", "65f0000000000000000000d1", ""])
INSTANTS = st.sampled_from(["2026-01-01T12:00:00.000Z", "2026-01-01T12:00:00.000+00:00", "0001-01-01T00:00:00+14:00"])
PLUGS = roughly(
    _id=IDS,
    lastUpdate=INSTANTS,
    maxPower=st.integers(-1, 400),
    status=st.booleans(),
    conectorType=st.integers(),
)
GROUPS = roughly(_id=IDS, lastUpdate=INSTANTS, physicalPlugs=st.lists(PLUGS | SCALARS, max_size=3))
STATIONS = roughly(_id=IDS, name=st.text(), schedule=st.text(), plugs=st.lists(GROUPS | SCALARS, max_size=3))
CHARGERS = roughly(
    _id=IDS,
    lat=st.floats(-91, 91),
    lon=st.floats(-181, 181),
    status=st.booleans(),
    updatedAt=INSTANTS,
    chargerDetails=st.lists(STATIONS | SCALARS, max_size=3),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CHARGERS)
def test_any_charger_is_devices_or_malformed(payload: Any) -> None:
    try:
        readings = devices_of(payload, "roaming")
    except Malformed:
        return
    for reading in readings:
        indices = [slot.index for slot in reading.slots or ()]
        assert len(set(indices)) == len(indices)
        assert all(slot.ref.device == reading.device.ref for slot in reading.slots or ())
        assert all(part for slot in reading.slots or () for part in slot.ref.parts)
