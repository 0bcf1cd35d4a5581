"""The simulated chargers: real-looking places of several operators around San Sebastián and Madrid."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import NamedTuple


class Price(NamedTuple):
    """What an operator asks, and for what."""

    amount: float
    unit: str


PRICES = {
    "Repsol": Price(0.49, "kwh"),
    "Iberdrola": Price(0.39, "kwh"),
    "Endesa": Price(0.45, "kwh"),
    "Wenea": Price(0.55, "kwh"),
    "Zunder": Price(0.65, "kwh"),
    "EDP": Price(0.12, "minute"),
    "Total": Price(4.5, "session"),
    "Monta": Price(4.2, "hour"),
    "EMT": Price(0, "free"),
}


class Place(NamedTuple):
    """Where a charger stands."""

    provider: str
    name: str
    address: str
    town: str
    state: str
    latitude: float
    longitude: float


_BASQUE = "Gipuzkoa"
_MADRID = "Madrid"
PLACES = (
    Place("Repsol", "Repsol Amara", "Paseo de Zorroaga, 11", "Donostia", _BASQUE, 43.3043, -1.9747),
    Place("Iberdrola", "Parking Plaza Cataluña", "Plaza de Cataluña, 2", "Donostia", _BASQUE, 43.3221, -1.9716),
    Place("Iberdrola", "Parking Illumbe", "Paseo de Miramón, 2", "Donostia", _BASQUE, 43.2996, -1.9703),
    Place("Zunder", "Zunder Garbera", "Travesía de Garbera, 1", "Donostia", _BASQUE, 43.3079, -1.9441),
    Place("Wenea", "Wenea Miramón", "Paseo Mikeletegi, 53", "Donostia", _BASQUE, 43.2909, -1.9853),
    Place("Total", "Hotel Ondarreta", "Avenida de Zumalacárregui, 12", "Donostia", _BASQUE, 43.3135, -2.0033),
    Place("Endesa", "Parking Antiguo", "Calle Matía, 40", "Donostia", _BASQUE, 43.3109, -2.0049),
    Place("EDP", "Parking Urbil", "Barrio Txikierdi, 2", "Usurbil", _BASQUE, 43.2742, -2.0399),
    Place("Repsol", "Repsol Lasarte", "Calle Mayor, 60", "Lasarte-Oria", _BASQUE, 43.2685, -2.0198),
    Place("Iberdrola", "Hernani Galarreta", "Polígono Galarreta, 5", "Hernani", _BASQUE, 43.2761, -1.9680),
    Place("Wenea", "Wenea Astigarraga", "Camino de Bidebitarte, 8", "Astigarraga", _BASQUE, 43.2802, -1.9448),
    Place("Monta", "Taller Lezo", "Calle Zubitxo, 14", "Lezo", _BASQUE, 43.3214, -1.8994),
    Place("Endesa", "Parking Niessen", "Calle Alfonso XI, 1", "Errenteria", _BASQUE, 43.3119, -1.9013),
    Place("Repsol", "Repsol Pasaia", "Avenida de Euskadi, 20", "Pasaia", _BASQUE, 43.3230, -1.9307),
    Place("EDP", "Estación Loiola", "Paseo de Otxoki, 9", "Donostia", _BASQUE, 43.3021, -1.9598),
    Place("EMT", "EMT Parking Plaza Mayor", "Plaza Mayor, 1", "Madrid", _MADRID, 40.4153, -3.7074),
    Place("EMT", "EMT Parking Almagro", "Calle de Almagro, 11", "Madrid", _MADRID, 40.4285, -3.6935),
    Place("EMT", "EMT Electrolinera Goya", "Calle de Goya, 99", "Madrid", _MADRID, 40.4245, -3.6706),
    Place("Repsol", "Repsol Alberto Aguilera", "Calle de Alberto Aguilera, 9", "Madrid", _MADRID, 40.4297, -3.7094),
    Place("Repsol", "Repsol Méndez Álvaro", "Calle de Méndez Álvaro, 44", "Madrid", _MADRID, 40.3981, -3.6808),
    Place("Iberdrola", "Parking Serrano", "Calle de Serrano, 62", "Madrid", _MADRID, 40.4286, -3.6872),
    Place("Iberdrola", "Parking Plaza de Castilla", "Plaza de Castilla, 4", "Madrid", _MADRID, 40.4667, -3.6892),
    Place("Zunder", "Zunder Las Tablas", "Calle de Sierra de Atapuerca, 6", "Madrid", _MADRID, 40.4942, -3.6714),
    Place("Zunder", "Zunder La Gavia", "Calle del Alto del Retiro, 5", "Madrid", _MADRID, 40.3707, -3.6027),
    Place("Endesa", "Parking Príncipe Pío", "Paseo de la Florida, 2", "Madrid", _MADRID, 40.4209, -3.7203),
    Place("Endesa", "Parking Cuatro Caminos", "Glorieta de Cuatro Caminos, 6", "Madrid", _MADRID, 40.4467, -3.7037),
    Place("Wenea", "Wenea Vallecas", "Avenida de la Albufera, 153", "Madrid", _MADRID, 40.3893, -3.6529),
    Place("Total", "Hotel Chamartín", "Calle de Agustín de Foxá, 10", "Madrid", _MADRID, 40.4721, -3.6826),
    Place("Monta", "Garaje Lavapiés", "Calle de Argumosa, 33", "Madrid", _MADRID, 40.4080, -3.6971),
    Place("EDP", "Parking Carabanchel", "Calle del General Ricardos, 120", "Madrid", _MADRID, 40.3931, -3.7306),
)

AREAS = (
    {"latitude": 43.3, "longitude": -1.97, "distance_m": 10_000},
    {"latitude": 40.43, "longitude": -3.69, "distance_m": 10_000},
)
"""Two circles that hold every place."""


@dataclass(slots=True)
class Plug:
    """A physical plug. `is_available` is the simulator's own meaning of the undocumented status."""

    id: str
    physical_id: str
    connector_type: int
    charge_mode: int
    max_power_kw: float
    changed_at: datetime
    is_available: bool = True
    has_cable: bool = True
    """Whether the car of whoever starts a charge from afar is plugged in here."""


@dataclass(slots=True)
class LogicPlug:
    """A group of plugs with a common speed."""

    id: str
    number: int
    speed: int
    plugs: list[Plug]


@dataclass(slots=True)
class Station:
    """One element of a charger's `chargerDetails`."""

    id: str
    name: str
    plus_code: int
    hours: str
    services: frozenset[str]
    groups: list[LogicPlug]

    @property
    def plugs(self) -> list[Plug]:
        """Its plugs in nesting order."""
        return [plug for group in self.groups for plug in group.plugs]


@dataclass(slots=True)
class Charger:
    """A place with its stations. `stray_ids` are what the parent fields hold: as in the vendor's example, nobody's."""

    id: str
    short_id: str
    place: Place
    built_at: datetime
    stations: list[Station]
    stray_ids: list[str] = field(default_factory=list)

    @property
    def plugs(self) -> list[Plug]:
        """Its plugs in nesting order."""
        return [plug for station in self.stations for plug in station.plugs]


SERVICES = ("Restaurant", "Mall", "CarWash", "Parking", "GasStation", "Shop", "CoffeeShop", "Workshop")

_SPEEDS = {7.4: 1, 11.0: 2, 22.0: 3, 50.0: 4, 150.0: 5}
"""Kilowatts of a plug to the simulator's own chargeSpeedId."""


def hex_id(random: Random, digits: int = 24) -> str:
    """An id as the vendor writes them."""
    return f"{random.getrandbits(digits * 4):0{digits}x}"


def build_chargers(random: Random, now: datetime) -> list[Charger]:
    """The thirty chargers; every fifth has two stations."""
    return [_charger(random, number, place, now) for number, place in enumerate(PLACES)]


def _charger(random: Random, number: int, place: Place, now: datetime) -> Charger:
    names = [place.name] if number % 5 else [place.name, f"{place.name} (planta 2)"]
    return Charger(
        id=hex_id(random),
        short_id=hex_id(random, 14),
        place=place,
        built_at=now,
        stations=[_station(random, name, place, now) for name in names],
        stray_ids=[hex_id(random) for _ in range(3)],
    )


def _station(random: Random, name: str, place: Place, now: datetime) -> Station:
    is_fast = place.provider in {"Zunder", "Wenea"}
    powers = [random.choice((50.0, 150.0)) if is_fast else random.choice((7.4, 11.0, 22.0)) for _ in range(2)]
    return Station(
        id=hex_id(random),
        name=name,
        plus_code=random.randint(1000, 9999),
        hours=random.choice(("24h", "24h", "06:00-23:00")),
        services=frozenset(random.sample(SERVICES, 3)),
        groups=[_group(random, power, plugs, now) for power, plugs in zip(powers, (2, 1), strict=True)],
    )


def _group(random: Random, power_kw: float, plugs: int, now: datetime) -> LogicPlug:
    number = random.randint(100, 999)
    is_direct_current = power_kw >= 50
    return LogicPlug(
        id=hex_id(random),
        number=number,
        speed=_SPEEDS[power_kw],
        plugs=[
            Plug(
                id=hex_id(random),
                physical_id=f"{number}{random.randint(100, 999)}{letter}",
                connector_type=30 if is_direct_current else 20,
                charge_mode=4 if is_direct_current else 3,
                max_power_kw=power_kw,
                changed_at=now,
            )
            for letter in "abcdef"[:plugs]
        ],
    )
