"""How filters match: words in texts, and points in circles."""

from math import asin, cos, radians, sin, sqrt

from model.records import GeoPoint
from resolvers.filters import Near

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius; a sphere is within 0.6 % of WGS 84."""


def contains(search: str | None, *texts: str | None) -> bool:
    """Whether every word of the search stands in one of the texts, whatever its case."""
    if not search:
        return True
    text = "\n".join(text for text in texts if text).casefold()
    return all(word in text for word in search.casefold().split())


def is_near(point: GeoPoint | None, near: Near) -> bool:
    """Whether the point is known and lies within the circle."""
    return point is not None and distance_m(point, near.latitude, near.longitude) <= near.radius_m


def distance_m(point: GeoPoint, latitude: float, longitude: float) -> float:
    """The great-circle distance, by the haversine formula."""
    here, there = radians(point.latitude), radians(latitude)
    north, east = there - here, radians(longitude - point.longitude)
    a = sin(north / 2) ** 2 + cos(here) * cos(there) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(a)))
