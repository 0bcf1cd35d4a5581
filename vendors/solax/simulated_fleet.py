"""The simulated world: chargers, the cars that come and go, and the sun over the roofs.

Chargers stand at homes, at an office and at a hotel, each with its hours. Nothing here knows HTTP.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from math import pi, sin
from random import Random
from typing import NamedTuple

MOST_ADDED = 1000
LAG = timedelta(minutes=5)
REMEMBERED_EVERY = timedelta(seconds=20)
VOLTS = 230.0
LOWEST_AMPS = 6.0
"""What a car needs at least on each phase to charge at all (IEC 61851)."""


class Status(IntEnum):
    """chargerStatus as the vendor numbers it."""

    AVAILABLE = 0
    PREPARING = 1
    CHARGING = 2
    FINISHING = 3
    FAULTED = 4
    UNAVAILABLE = 5
    RESERVED = 6
    SUSPENDED_EV = 7
    SUSPENDED_EVSE = 8
    CARD_ACTIVATION = 10
    START_DELAY = 11
    STOPPING = 13


class Mode(IntEnum):
    """chargingMode as the vendor numbers it."""

    STOP = 0
    FAST = 1
    ECO = 2
    GREEN = 3


RESTING = frozenset({Status.FAULTED, Status.UNAVAILABLE, Status.RESERVED})
WAITING = frozenset({Status.PREPARING, Status.CARD_ACTIVATION, Status.START_DELAY})

# Chance an hour that a car comes, by hour of the day: morning at the office, evening at home, afternoon at the hotel.
ARRIVALS = {
    "home": [0.05] * 15 + [0.3, 0.5, 0.8, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05],
    "office": [0.02] * 6 + [0.5, 1.2, 1.5, 1.2, 0.8, 0.5, 0.5, 0.8, 0.5, 0.3] + [0.05] * 8,
    "hotel": [0.1] * 12 + [0.4, 0.5, 0.7, 0.8, 0.8, 0.7, 0.6, 0.4, 0.3, 0.2, 0.1, 0.1],
}
STAY_HOURS = {"home": (6.0, 14.0), "office": (3.0, 9.0), "hotel": (1.5, 14.0)}


@dataclass
class Car:
    """What is plugged in: how much it still wants, how fast it can take it, and when it leaves."""

    wanted_kwh: float
    limit_w: float
    leaves_at: datetime


@dataclass(frozen=True)
class Shown:
    """What the cloud knows of a charger at one instant; no status means that it is offline."""

    at: datetime
    status: int | None
    mode: int | None
    power_w: float | None
    energy_kwh: float | None


@dataclass
class Charger:
    """One wall charger."""

    serial: str
    place: str
    phases: int
    rated_w: float
    roof_w: float
    mode: Mode
    status: Status = Status.AVAILABLE
    car: Car | None = None
    power_w: float = 0.0
    energy_kwh: float = 0.0
    is_online: bool = True
    settles_at: datetime | None = None
    history: deque[Shown] = field(default_factory=deque)

    def shown(self, now: datetime) -> Shown:
        """What it reports now."""
        if not self.is_online:
            return Shown(now, None, None, None, None)
        return Shown(now, int(self.status), int(self.mode), round(self.power_w), round(self.energy_kwh, 2))

    def shown_late(self, now: datetime) -> Shown:
        """What it reported five minutes ago, or at first."""
        known = [past for past in self.history if past.at <= now - LAG]
        return known[-1] if known else self.history[0]

    def remember(self, now: datetime) -> None:
        """Keep what it reports, for whoever asks late."""
        if self.history and now - self.history[-1].at < REMEMBERED_EVERY:
            return
        self.history.append(self.shown(now))
        while now - self.history[0].at > 2 * LAG:
            self.history.popleft()


class Fleet:
    """All chargers of one tokenId under one sky."""

    def __init__(self, random: Random, now: datetime) -> None:
        self._random = random
        self.clouds = 0.25
        self.chargers = {charger.serial: charger for charger in _built(random)}
        for charger in self.chargers.values():
            if charger.status not in RESTING and random.random() < 0.6:
                self._drive_in(charger, now)
                charger.settles_at = now
                charger.energy_kwh = random.uniform(0, 15)
            self._settle(charger, now)
            charger.remember(now)

    def add(self, count: int, now: datetime) -> None:
        """So many more chargers: online, free, and of the same kinds as the first twelve."""
        if not 1 <= count <= MOST_ADDED:
            message = f"count is not between 1 and {MOST_ADDED}"
            raise ValueError(message)
        for number in range(len(self.chargers) + 1, len(self.chargers) + 1 + count):
            model, place, mode, _ = _PLAN[(number - 1) % len(_PLAN)]
            charger = _charger(number, model, place, mode, Status.AVAILABLE, self._random)
            charger.remember(now)
            self.chargers[charger.serial] = charger

    def step(self, now: datetime, seconds: float) -> None:
        """Let cars come and go, clouds drift and energy flow, up to `now`."""
        self.clouds = min(0.9, max(0.0, self.clouds + self._random.gauss(0, 0.01 * (seconds / 60) ** 0.5)))
        for charger in self.chargers.values():
            if charger.car is not None and now >= charger.car.leaves_at:
                self.unplug(charger)
            elif charger.car is None and charger.status is Status.AVAILABLE:
                hourly = ARRIVALS[charger.place][now.hour]
                if self._random.random() < hourly * seconds / 3600:
                    self._drive_in(charger, now)
            self._charge(charger, seconds)
            self._settle(charger, now)
            charger.remember(now)

    def plug_in(self, charger: Charger, now: datetime, wanted_kwh: float, hours: float) -> None:
        """A car arrives and is plugged in."""
        if charger.car is not None or charger.status in RESTING:
            message = f"{charger.serial} is not free"
            raise ValueError(message)
        limit_w = self._random.choice((3700.0, 7400.0)) if charger.phases == 1 else self._random.choice((11e3, 22e3))
        charger.car = Car(wanted_kwh, limit_w, now + timedelta(hours=hours))
        charger.status = self._random.choice(
            (Status.PREPARING, Status.PREPARING, Status.CARD_ACTIVATION, Status.START_DELAY)
        )
        charger.settles_at = now + timedelta(seconds=self._random.uniform(5, 40))
        charger.energy_kwh = 0.0

    def unplug(self, charger: Charger) -> None:
        """The car leaves."""
        charger.car = None
        charger.power_w = charger.energy_kwh = 0.0
        if charger.status not in RESTING:
            charger.status = Status.AVAILABLE

    def set_mode(self, charger: Charger, mode: Mode, now: datetime) -> None:
        """Somebody chooses a mode at the charger, or the cloud tells it one."""
        charger.mode = mode
        if mode is Mode.STOP and charger.power_w > 0:
            charger.status, charger.settles_at = Status.STOPPING, now + timedelta(seconds=15)
        self._settle(charger, now)

    def _drive_in(self, charger: Charger, now: datetime) -> None:
        shortest, longest = STAY_HOURS[charger.place]
        self.plug_in(charger, now, self._random.uniform(4, 45), self._random.uniform(shortest, longest))

    def _charge(self, charger: Charger, seconds: float) -> None:
        if charger.car is None:
            return
        kwh = min(charger.power_w * seconds / 3.6e6, charger.car.wanted_kwh)
        charger.energy_kwh += kwh
        charger.car.wanted_kwh -= kwh

    def _settle(self, charger: Charger, now: datetime) -> None:
        """The status and the power that follow from car, mode and sun."""
        car = charger.car
        if car is None or charger.status in RESTING:
            charger.power_w = 0.0
            return
        if charger.status in WAITING | {Status.STOPPING} and charger.settles_at and now < charger.settles_at:
            charger.power_w = 0.0
            return
        offered = self._offered_w(charger, now)
        lowest = LOWEST_AMPS * VOLTS * charger.phases
        if charger.mode is Mode.STOP or car.wanted_kwh <= 0:
            charger.status, charger.power_w = Status.FINISHING, 0.0
        elif offered < lowest:
            charger.status, charger.power_w = Status.SUSPENDED_EVSE, 0.0
        elif car.wanted_kwh < 0.3 and charger.status is Status.CHARGING and self._random.random() < 0.2:
            charger.status, charger.power_w = Status.SUSPENDED_EV, 0.0
            car.wanted_kwh = 0.0
        else:
            charger.status = Status.CHARGING
            charger.power_w = min(offered, car.limit_w) * self._random.uniform(0.985, 1.0)

    def _offered_w(self, charger: Charger, now: datetime) -> float:
        """FAST: all. GREEN: the sun's surplus. ECO: a set minimum of one phase from the grid, plus the surplus."""
        if charger.mode is Mode.FAST:
            return charger.rated_w
        surplus = max(0.0, charger.roof_w * sunlight(now) * (1 - self.clouds) - 500)
        if charger.mode is Mode.ECO:
            surplus += LOWEST_AMPS * VOLTS
        return min(charger.rated_w, surplus)


def sunlight(now: datetime) -> float:
    """0 at night to 1 at noon, for a place whose noon is at 11:00 UTC."""
    hour = now.hour + now.minute / 60 + now.second / 3600
    return max(0.0, sin(pi * (hour - 4) / 14))


class _Model(NamedTuple):
    prefix: str
    phases: int
    rated_w: float


_X1 = _Model("C107", 1, 7360.0)
_X3 = _Model("C311", 3, 11_040.0)
_X3_BIG = _Model("C322", 3, 22_080.0)

_PLAN = (
    (_X1, "home", Mode.GREEN, Status.AVAILABLE),
    (_X1, "home", Mode.ECO, Status.AVAILABLE),
    (_X1, "home", Mode.FAST, Status.AVAILABLE),
    (_X3, "home", Mode.GREEN, Status.AVAILABLE),
    (_X3, "home", Mode.STOP, Status.AVAILABLE),
    (_X3, "office", Mode.ECO, Status.AVAILABLE),
    (_X3, "office", Mode.FAST, Status.AVAILABLE),
    (_X3, "office", Mode.FAST, Status.FAULTED),
    (_X3_BIG, "office", Mode.FAST, Status.AVAILABLE),
    (_X3_BIG, "hotel", Mode.FAST, Status.AVAILABLE),
    (_X3_BIG, "hotel", Mode.FAST, Status.RESERVED),
    (_X3_BIG, "hotel", Mode.ECO, Status.AVAILABLE),
)
"""Twelve chargers: five homes, an office with four, a hotel with three."""


def _built(random: Random) -> list[Charger]:
    chargers = [_charger(number, *planned, random) for number, planned in enumerate(_PLAN, start=1)]
    chargers[4].is_online = False
    return chargers


def _charger(number: int, model: _Model, place: str, mode: Mode, status: Status, random: Random) -> Charger:
    return Charger(
        serial=f"{model.prefix}SIM{number:07d}",
        place=place,
        phases=model.phases,
        rated_w=model.rated_w,
        roof_w=random.uniform(6000, 12_000) * model.phases,
        mode=mode,
        status=status,
    )
