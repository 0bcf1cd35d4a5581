"""Several readings of one thing as one record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from model.records import CONFIGURED, Reading
from model.states import Connectivity, DeviceKind, FreshnessSource
from resolvers.merging import completed, fetched_at, newest
from tests.resolvers.things import POLLED, device, site
from tests.support.clock import START

LATER = Reading(START + timedelta(minutes=1), FreshnessSource.POLL)


def test_where_both_say_something_the_newer_one_is_right_whatever_the_order() -> None:
    old = device("1", name="old", power_w=1.0, connectivity=Connectivity.OFFLINE, reading=POLLED)
    new = device("1", name="new", power_w=0.0, connectivity=Connectivity.ONLINE, reading=LATER)
    assert newest(old, new) == newest(new, old) == new


def test_what_only_the_older_one_says_is_not_lost() -> None:
    old = device("1", name="Cabinet", model="X8", site_name="Café", connectivity=Connectivity.ONLINE, reading=POLLED)
    new = device("1", kind=DeviceKind.UNKNOWN, power_w=5.0, reading=LATER)
    assert newest(old, new) == replace(old, power_w=5.0, reading=LATER)


def test_a_zero_and_a_false_are_words_and_unknown_is_none() -> None:
    said = device("1", power_w=0.0, connectivity=Connectivity.ONLINE)
    other = device("1", power_w=7.0, connectivity=Connectivity.OFFLINE)
    assert completed(said, other).power_w == 0.0
    assert completed(replace(said, connectivity=Connectivity.UNKNOWN), other).connectivity is Connectivity.OFFLINE


def test_the_reading_and_the_observation_stay_the_records_own() -> None:
    one, other = device("1", reading=POLLED), device("1", name="n", observed_at=START, reading=LATER)
    assert completed(one, other) == device("1", name="n", reading=POLLED)


def test_a_record_to_which_nothing_is_added_is_itself() -> None:
    one = device("1", name="n")
    assert completed(one, device("1", name="other")) is one


def test_sites_are_completed_too() -> None:
    one, other = site("1", name="Shop"), site("1", name="Other", city="Donostia", device_ids=("1",))
    assert completed(one, other) == site("1", name="Shop", city="Donostia", device_ids=("1",))


def test_what_was_never_fetched_is_older_than_everything() -> None:
    assert fetched_at(CONFIGURED) == datetime.min.replace(tzinfo=UTC)
    assert newest(device("1", name="read", reading=POLLED), device("1", name="configured")).name == "read"
