"""The simulated vendor's search for chargers by position, operator, speed and availability."""

import math
from collections.abc import Mapping
from typing import Any

from vendors.letmecharge.simulated_fleet import Charger

EARTH_RADIUS_M = 6_371_000


class Wanted:
    """The filter's body, checked. Raises KeyError, TypeError or ValueError when it is not a valid one."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._latitude, self._longitude = float(body["lat"]), float(body["lon"])
        self._distance_m = float(body["distance"])
        self._providers = {str(provider).lower() for provider in body.get("providers") or ()}
        self._speeds = set(body.get("chargeTypes") or ())
        self._status = body.get("status") or "all"
        is_on_earth = abs(self._latitude) <= 90 and abs(self._longitude) <= 180
        if not is_on_earth or not 10 <= self._distance_m <= 10_000 or self._status not in {"all", "available"}:
            raise ValueError

    def has(self, charger: Charger) -> bool:
        """Whether the filter finds this charger."""
        if self._providers and charger.place.provider.lower() not in self._providers:
            return False
        if self._status == "available" and not any(plug.is_available for plug in charger.plugs):
            return False
        groups = [group for station in charger.stations for group in station.groups]
        if self._speeds and not any(group.speed in self._speeds for group in groups):
            return False
        return self._distance_to(charger) <= self._distance_m

    def _distance_to(self, charger: Charger) -> float:
        """Metres on the sphere, near enough over ten kilometres."""
        north = math.radians(charger.place.latitude - self._latitude)
        east = math.radians(charger.place.longitude - self._longitude) * math.cos(math.radians(self._latitude))
        return EARTH_RADIUS_M * math.hypot(north, east)
