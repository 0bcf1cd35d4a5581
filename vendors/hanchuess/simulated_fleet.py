"""The simulated homes: where the sun is, what the house draws, what the battery takes, and what was uploaded.

Powers are watts: the battery's is plus while it charges, the meter's plus while the home imports.
"""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from math import cos, exp, pi, radians, sin

HALF_HOUR_S = 1800
UPLOAD_EVERY = timedelta(minutes=1)
HALF_HOURS_KEPT = 90 * 48
HISTORY = timedelta(days=7)

CHARGING_EFFICIENCY = 0.95
LOWEST_CHARGE = 0.1


class NoSuchThing(ValueError):
    """The vendor does not know what was asked for; the message is the vendor's."""


@dataclass(frozen=True, slots=True)
class Place:
    """A city of a station."""

    city: str
    country: str
    time_zone: str
    latitude: float
    longitude: float

    def sun(self, local: datetime) -> float:
        """The sine of the sun's height at a solar time, 0 at night: the share of a panel's peak that it can give."""
        turn = radians(15) * (hour_of(local) - 12)
        declination = radians(-23.44) * cos(2 * pi * (local.timetuple().tm_yday + 10) / 365)
        latitude = radians(self.latitude)
        return max(0.0, sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(turn))

    def solar_time(self, moment: datetime) -> datetime:
        """The hour that the sun shows: noon is when it stands highest. The homes' days begin at its midnight."""
        return moment + timedelta(hours=self.longitude / 15)


PLACES = (
    Place("Freiburg", "DE", "Europe/Berlin", 47.99, 7.84),
    Place("Utrecht", "NL", "Europe/Amsterdam", 52.09, 5.12),
    Place("Bilbao", "ES", "Europe/Madrid", 43.26, -2.93),
    Place("Lyon", "FR", "Europe/Paris", 45.76, 4.84),
    Place("Leeds", "GB", "Europe/London", 53.80, -1.55),
)


def hour_of(moment: datetime) -> float:
    """The hour of the day, with its fraction."""
    return moment.hour + moment.minute / 60 + moment.second / 3600


@dataclass(slots=True)
class Station:
    """A home of one linked user."""

    id: str
    name: str
    external_user_id: str
    place: Place
    address: str
    zip_code: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EnergyOfHalfHour:
    """What went into and out of one battery until `ended_at`, in kWh."""

    sn: str
    ended_at: datetime
    charged_kwh: float
    discharged_kwh: float


@dataclass(slots=True)
class Energy:
    """Energies of an inverter since it was new, in kWh. They never fall."""

    solar: float
    charged: float
    discharged: float
    bought: float
    sold: float

    def since(self, before: "Energy") -> "Energy":
        """What came since then."""
        return Energy(
            self.solar - before.solar,
            self.charged - before.charged,
            self.discharged - before.discharged,
            self.bought - before.bought,
            self.sold - before.sold,
        )

    def copy(self) -> "Energy":
        """As it is now."""
        return Energy(self.solar, self.charged, self.discharged, self.bought, self.sold)


@dataclass(frozen=True, slots=True)
class Measured:
    """What an inverter uploads, and the vendor answers with until the next upload."""

    at: datetime
    solar_w: int
    load_w: int
    battery_w: int
    soc: float
    run_s: float
    total: Energy
    at_midnight: Energy

    @property
    def grid_w(self) -> int:
        """What the meter shows: whatever sun and battery leave open."""
        return self.load_w + self.battery_w - self.solar_w


@dataclass(slots=True)
class Inverter:
    """An inverter with panels, a meter and batteries behind it."""

    sn: str
    station: Station
    model: str
    rated_w: int
    panels_w: int
    modules: tuple[str, ...]
    module_kwh: float
    soc: float
    base_load_w: float
    created_at: datetime
    moved_at: datetime
    total: Energy
    at_midnight: Energy
    at_half_hour: Energy
    day: int = 0
    online: bool = True
    clouds: float = 0.9
    solar_w: int = 0
    load_w: int = 0
    battery_w: int = 0
    run_s: float = 0.0
    records: deque[EnergyOfHalfHour] = field(default_factory=deque)
    uploaded: Measured | None = None

    @property
    def grid_w(self) -> int:
        """What the meter shows: whatever sun and battery leave open."""
        return self.load_w + self.battery_w - self.solar_w

    def move(self, seconds: float, now: datetime, luck: random.Random) -> None:
        """Live for some seconds until `now`."""
        local = self.station.place.solar_time(now)
        if local.day != self.day:
            self.day = local.day
            self.at_midnight = self.total.copy()
        self._flow(local, luck)
        self._count(seconds / 3600)
        if now.timestamp() // HALF_HOUR_S != self.moved_at.timestamp() // HALF_HOUR_S:
            self._record(datetime.fromtimestamp(now.timestamp() // HALF_HOUR_S * HALF_HOUR_S, now.tzinfo))
        self.run_s += seconds
        self.moved_at = now
        if self.online and (self.uploaded is None or now - self.uploaded.at >= UPLOAD_EVERY):
            self.uploaded = Measured(
                now,
                self.solar_w,
                self.load_w,
                self.battery_w,
                self.soc,
                self.run_s,
                self.total.copy(),
                self.at_midnight,
            )

    def _flow(self, local: datetime, luck: random.Random) -> None:
        """Powers of this moment: the house takes sun first, the battery levels out what it can."""
        self.clouds = min(1.0, max(0.15, self.clouds + luck.uniform(-0.03, 0.03)))
        self.solar_w = round(min(self.rated_w, self.panels_w * self.station.place.sun(local) * self.clouds))
        hour = hour_of(local)
        habit = 1 + 1.5 * exp(-(((hour - 7.5) / 1.2) ** 2)) + 4 * exp(-(((hour - 19) / 2.2) ** 2))
        self.load_w = round(self.base_load_w * habit * luck.uniform(0.85, 1.15))
        wanted = min(self.rated_w, max(-self.rated_w, self.solar_w - self.load_w))
        full_or_empty = (wanted > 0 and self.soc >= 1) or (wanted < 0 and self.soc <= LOWEST_CHARGE)
        self.battery_w = 0 if full_or_empty else wanted

    def _count(self, hours: float) -> None:
        charged = max(0, self.battery_w) * hours / 1000
        discharged = max(0, -self.battery_w) * hours / 1000
        self.total.solar += self.solar_w * hours / 1000
        self.total.charged += charged
        self.total.discharged += discharged
        self.total.bought += max(0, self.grid_w) * hours / 1000
        self.total.sold += max(0, -self.grid_w) * hours / 1000
        change = charged * CHARGING_EFFICIENCY - discharged
        self.soc = min(1.0, max(0.0, self.soc + change / (self.module_kwh * len(self.modules))))

    def _record(self, ended_at: datetime) -> None:
        energy = self.total.since(self.at_half_hour)
        share = 1 / len(self.modules)
        for sn in self.modules:
            self.records.append(EnergyOfHalfHour(sn, ended_at, energy.charged * share, energy.discharged * share))
        while len(self.records) > HALF_HOURS_KEPT * len(self.modules):
            self.records.popleft()
        self.at_half_hour = self.total.copy()


HOMES_OF_USERS = {"resident-anna": (2, 2, 1), "resident-bruno": (2, 1)}
"""The partner's own ids of its linked users, and how many inverters each of their homes has."""


class Fleet:
    """Every home of the partner."""

    def __init__(self, luck: random.Random, now: datetime) -> None:
        """Homes that have lived for a week already."""
        self._luck = luck
        self._numbers = count(1)
        self.stations: dict[str, Station] = {}
        self.inverters: dict[str, Inverter] = {}
        began = now - HISTORY
        for user, homes in HOMES_OF_USERS.items():
            for inverters in homes:
                self._settle(user, inverters, began)
        for step in range(1, int(HISTORY.total_seconds()) // HALF_HOUR_S + 1):
            moment = began + timedelta(seconds=step * HALF_HOUR_S)
            for inverter in self.inverters.values():
                inverter.move(HALF_HOUR_S, moment, luck)
        list(self.inverters.values())[-1].online = False

    def of(self, station: Station) -> Iterator[Inverter]:
        """The inverters of a home."""
        return (inverter for inverter in self.inverters.values() if inverter.station is station)

    def inverter(self, sn: object) -> Inverter:
        """One by its serial. Raises NoSuchThing."""
        found = self.inverters.get(str(sn))
        if found is None:
            raise NoSuchThing("Device Does Not Exist")
        return found

    def holder_of(self, sn: str) -> Inverter | None:
        """The inverter that a battery belongs to."""
        return next((inverter for inverter in self.inverters.values() if sn in inverter.modules), None)

    def assets(self) -> set[str]:
        """The serials of all inverters and batteries."""
        return set(self.inverters).union(*(inverter.modules for inverter in self.inverters.values()))

    def add(self, station_id: str, now: datetime) -> Inverter:
        """One more inverter in a home. Raises NoSuchThing."""
        station = self.stations.get(station_id)
        if station is None:
            raise NoSuchThing("Station Does Not Exist")
        inverter = self._inverter(station, now)
        self.inverters[inverter.sn] = inverter
        return inverter

    def move(self, seconds: float, now: datetime) -> None:
        """Live for some seconds until `now`: now and then a home loses its internet, and finds it again."""
        for inverter in self.inverters.values():
            if self._luck.random() < seconds * (1 / 86_400 if inverter.online else 1 / 1800):
                inverter.online = not inverter.online
            inverter.move(seconds, now, self._luck)

    def _settle(self, user: str, inverters: int, now: datetime) -> None:
        number = len(self.stations) + 1
        place = PLACES[(number - 1) % len(PLACES)]
        station = Station(
            id=f"ST{number:07}",
            name=f"Home {number} {place.city}",
            external_user_id=user,
            place=place,
            address=f"{number} Example Street",
            zip_code=f"{number:05}",
            created_at=now - timedelta(days=100 + number),
        )
        self.stations[station.id] = station
        for _ in range(inverters):
            self.add(station.id, now)

    def _inverter(self, station: Station, now: datetime) -> Inverter:
        number, luck = next(self._numbers), self._luck
        total = Energy(*(luck.uniform(500, 5000) for _ in range(5)))
        return Inverter(
            sn=f"H01SIM{number:04}G1H",
            station=station,
            model="SIM-5K" if number % 3 else "SIM-8K",
            rated_w=5000 if number % 3 else 8000,
            panels_w=luck.randrange(3000, 6500, 100),
            modules=tuple(f"H02SIM{number:04}D{letter}C" for letter in range(1, 2 + number % 2)),
            module_kwh=luck.choice((5.1, 9.4)),
            soc=round(luck.uniform(0.3, 0.8), 2),
            base_load_w=luck.uniform(250, 600),
            created_at=station.created_at,
            moved_at=now,
            total=total,
            at_midnight=total.copy(),
            at_half_hour=total.copy(),
        )
