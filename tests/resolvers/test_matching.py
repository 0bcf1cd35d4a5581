"""Filters: words in texts, and points in circles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.records import GeoPoint
from resolvers.filters import Near
from resolvers.matching import contains, distance_m, is_near

POINTS = st.builds(GeoPoint, st.floats(-90, 90), st.floats(-180, 180))
HALF_AROUND_M = 20_015_114.35


@pytest.mark.parametrize(
    ("search", "texts", "found"),
    [
        (None, (), True),
        ("", ("a",), True),
        ("  ", ("a",), True),
        ("cafe", ("Cafe Central", None), True),
        ("CENTRAL cafe", ("Cafe Central",), True),
        ("cafe donostia", ("Cafe", "Donostia"), True),
        ("cafe paris", ("Cafe", "Donostia"), False),
        ("x", (), False),
        ("x", (None, ""), False),
        ("strasse", ("Hauptstraße 1",), True),
        ("驴充", ("驴充充 1",), True),
        ("central cafe", ("central", "cafe"), True),
        ("centralcafe", ("central", "cafe"), False),
        ("%", ("100 %",), True),
        (".*", ("anything",), False),
    ],
)
def test_every_word_of_the_search_stands_in_one_of_the_texts(
    search: str | None, texts: tuple[str | None, ...], found: bool
) -> None:
    assert contains(search, *texts) is found


@pytest.mark.parametrize(
    ("one", "latitude", "longitude", "metres"),
    [
        (GeoPoint(0, 0), 0, 0, 0),
        (GeoPoint(0, 0), 0, 180, HALF_AROUND_M),
        (GeoPoint(90, 0), -90, 77, HALF_AROUND_M),
        (GeoPoint(0, 0), 0, 1, 111_195.08),
        (GeoPoint(0, 179.5), 0, -179.5, 111_195.08),
        (GeoPoint(48.8566, 2.3522), 51.5074, -0.1278, 343_556.53),
    ],
)
def test_distances_are_those_on_the_globe(one: GeoPoint, latitude: float, longitude: float, metres: float) -> None:
    assert distance_m(one, latitude, longitude) == pytest.approx(metres, abs=0.5)


@given(POINTS, POINTS)
def test_a_distance_is_the_same_both_ways_and_never_more_than_half_around(one: GeoPoint, other: GeoPoint) -> None:
    there = distance_m(one, other.latitude, other.longitude)
    assert there == pytest.approx(distance_m(other, one.latitude, one.longitude), abs=0.01)
    assert 0 <= there <= HALF_AROUND_M + 1


@pytest.mark.parametrize(
    ("point", "radius_m", "inside"),
    [(None, 1e9, False), (GeoPoint(0, 1), 111_196, True), (GeoPoint(0, 1), 111_194, False), (GeoPoint(0, 0), 0, True)],
)
def test_a_circle_holds_what_is_known_to_be_in_it(point: GeoPoint | None, radius_m: float, inside: bool) -> None:
    assert is_near(point, Near(0, 0, radius_m)) is inside
