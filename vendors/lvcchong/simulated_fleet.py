"""The simulated world: estates in Ganzhou, twenty stations, their sockets, and the orders of those who charge."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))

CABINET: Final = 22
DC_PILE: Final = 122
GATE: Final = 11


@dataclass(frozen=True, slots=True)
class Estate:
    """A residential compound; `is_listed`: /nearby knows its stations."""

    id: int
    name: str
    county: str
    latitude: float
    longitude: float
    place: int
    is_listed: bool = True


@dataclass(slots=True, eq=False)
class Socket:
    """One socket or gun: 0 idle, 1 charging, -1 fault, as in `ports`."""

    state: int = 0
    order: "Order | None" = None
    free_at: datetime | None = None
    """A cabinet's compartment stays taken for a while after the order has ended."""
    mended_at: datetime | None = None
    """When a fault that came by itself goes by itself; None for one that stays."""
    blip_until: datetime | None = None

    def release(self) -> None:
        """Nobody charges here any more."""
        self.state, self.order = 0, None


@dataclass(slots=True, eq=False, kw_only=True)
class Station:
    """A device."""

    id: int
    sim_id: str
    name: str
    device_type: int
    estate: Estate
    sockets: list[Socket]
    standard_id: int
    family: int = 0
    status: int = 1
    is_online: bool = True
    made_at: datetime
    updated_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether people can charge here, at a test device too."""
        return self.is_online and self.status in (1, 5) and bool(self.sockets)


@dataclass(slots=True, eq=False, kw_only=True)
class Order:
    """A charge. `wanted_kwh` ends it as full, `minutes` as time up, whichever comes first."""

    number: str
    station: Station
    port: int
    user_id: int
    made_at: datetime
    updated_at: datetime
    full_watt: float
    wanted_kwh: float
    minutes: int
    powers_up_at: datetime
    pay_type: int = 6
    card: str = ""
    """The number of the card that was swiped for it; empty when it was ordered otherwise."""
    status: int = 1
    energy_kwh: float = 0.0
    watt: float = 0.0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    end_type: int | None = None

    @property
    def is_over(self) -> bool:
        """Normal, abnormal and superposed ends."""
        return self.status >= 3

    @property
    def price_yuan(self) -> float:
        """Cars pay by kWh, two-wheelers one yuan for every started four hours."""
        if self.station.family:
            return round(self.energy_kwh * 1.2, 2)
        since = self.started_at or self.made_at
        hours = ((self.ended_at or self.updated_at) - since).total_seconds() / 3600
        return float(int(hours // 4) + 1)


@dataclass(slots=True, eq=False)
class Fleet:
    """Everything there is."""

    estates: list[Estate]
    stations: dict[str, Station]
    orders: dict[str, Order] = field(default_factory=dict)
    order_count: int = 0

    @property
    def running(self) -> list[Order]:
        """Orders that are paid and not over."""
        return [order for order in self.orders.values() if order.status in (1, 2)]

    def next_number(self, made_at: datetime) -> str:
        """Twenty digits that start with the date in China."""
        self.order_count += 1
        return f"{made_at.astimezone(CHINA):%Y%m%d%H%M%S}{self.order_count % 1_000_000:06d}"


ESTATES: Final = (
    Estate(128, "示例小区", "章贡区", 25.8310, 114.9300, 1),
    Estate(129, "翠湖花园", "章贡区", 25.8532, 114.9485, 2),
    Estate(130, "章江新城", "经开区", 25.8127, 114.9211, 3),
    Estate(131, "滨江苑", "南康区", 25.6610, 114.7650, 1, is_listed=False),
)

_LAYOUT: Final = (
    # sim id, deviceType, sockets, family, status, online, price standard
    ("867000000000001", 1, 10, 0, 1, True, 26),
    ("867000000000002", 9, 2, 0, 1, True, 26),
    ("867000000000003", 12, 20, 0, 1, True, 285),
    ("867000000000004", CABINET, 10, 0, 1, True, 26),
    ("867000000000005", GATE, 0, 0, 1, True, 26),
    ("867000000000006", 121, 1, 1, 1, True, 310),
    ("867000000000007", DC_PILE, 2, 1, 1, True, 311),
    ("867000000000008", 7, 10, 0, 1, True, 285),
    ("867000000000009", 96, 20, 0, 1, True, 26),
    ("867000000000010", 27, 12, 0, 1, True, 285),
    ("867000000000011", 5, 1, 0, 1, True, 26),
    ("867000000000012", 2, 10, 0, 1, False, 26),
    ("867000000000013", 20, 2, 1, 1, True, 310),
    ("867000000000014", 21, 6, 1, 1, True, 311),
    ("867000000000015", 19, 10, 0, 2, True, 26),
    ("867000000000016", 25, 10, 0, 1, True, 285),
    ("867000000000017", CABINET, 10, 0, 1, True, 26),
    ("867000000000018", 3, 10, 0, 5, True, 26),
    ("432442363530484D0667FF33", 0, 10, 0, 1, True, 26),
    ("867000000000020", 15, 0, 0, 1, True, 26),
)


def new_fleet(now: datetime) -> Fleet:
    """Five stations in each estate, all sockets idle."""
    stations = {}
    for index, (sim_id, device_type, sockets, family, status, is_online, standard_id) in enumerate(_LAYOUT):
        estate = ESTATES[index // 5]
        stations[sim_id] = Station(
            id=100_001 + index,
            sim_id=sim_id,
            name=f"{estate.name}{index % 5 + 1}号",
            device_type=device_type,
            estate=estate,
            sockets=[Socket() for _ in range(sockets)],
            standard_id=standard_id,
            family=family,
            status=status,
            is_online=is_online,
            made_at=now - timedelta(days=200 - index),
            updated_at=now if is_online else now - timedelta(days=1),
        )
    stations["867000000000001"].sockets[2].state = -1
    return Fleet(list(ESTATES), stations)
