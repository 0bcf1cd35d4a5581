"""The simulator's world: shops, cabinets, batteries and rentals that move by themselves.

People rent more by day than by night and bring batteries back an hour or two later, mostly to another cabinet of the
same town; a battery in a slot charges a point a minute. The vendor documents none of these paces.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice

CHARGE_PER_S = 1 / 60
DRAIN_PER_S = 0.6 / 60
RENTAL_MINIMUM = 60
HISTORY = timedelta(days=7)
BEFORE = timedelta(days=2)
FREE = timedelta(minutes=10)
BUSIEST_RENTALS_PER_HOUR = 0.8

SHOPS = (
    ("5ee0000001", "Viktualienmarkt Kaffee", "Viktualienmarkt 15", "München", 48.135100, 11.576300, "08:00-22:00"),
    ("5ee0000002", "Donostia Txoko", "Fermin Calbeton 9", "San Sebastián", 43.323900, -1.984100, "10:00-23:30"),
    ("5ee0000003", "Gare du Midi Presse", "", "Bruxelles", 50.835700, 4.336500, ""),
    ("5ee0000004", "Mercato Centrale", "Piazza del Mercato 4", "Firenze", 43.776500, 11.253800, "09:00-24:00"),
)
"""Id, name, address, city, latitude, longitude, opening times. One has no address, as happens."""

CABINETS = (8, 12, 8, 24, 12, 48, 8, 24, 12, 8, 12, 24, 48, 8)
"""How many slots each listed cabinet has."""

UNBOUND = "XYZ00099"
"""A cabinet in a box: in no shop and in no list."""


@dataclass(slots=True)
class Battery:
    """A power bank. Its charge follows from `level`, in percent, at `since`: it rises in a slot and falls outside."""

    id: str
    level: float
    since: datetime
    warmth_c: float
    is_in_slot: bool = True
    fault: int = 0
    rentals: int = 0
    revenue: Decimal = Decimal(0)

    def charge(self, now: datetime) -> float:
        """The charge in percent."""
        rate = CHARGE_PER_S if self.is_in_slot else -DRAIN_PER_S
        return min(100.0, max(2.0, self.level + rate * (now - self.since).total_seconds()))

    def temperature_c(self, now: datetime) -> float:
        """The temperature: a charging battery is warm."""
        return round(self.warmth_c + 6 * (self.charge(now) < 100), 1)

    def move(self, now: datetime, *, into_slot: bool) -> None:
        """Into a slot or out of it."""
        self.level, self.since, self.is_in_slot = self.charge(now), now, into_slot


@dataclass(slots=True)
class Bay:
    """A slot, with the battery in it."""

    number: int
    battery: Battery | None = None
    last_battery: str = ""
    fault: int = 0


@dataclass(slots=True)
class Shop:
    """Where cabinets stand."""

    id: str
    name: str
    address: str
    city: str
    latitude: float
    longitude: float
    hours: str


@dataclass(slots=True)
class Cabinet:
    """A cabinet with its bays. `reported_at`: its last sign of life."""

    number: int
    id: str
    shop: Shop | None
    bays: list[Bay]
    registered_at: datetime
    reported_at: datetime
    is_online: bool = True
    is_flaky: bool = True
    has_terminal: bool = False
    handshakes: int = 1

    def rentable(self, now: datetime) -> Bay | None:
        """The bay with the fullest battery that can go out."""
        sound = [(bay, battery) for bay, battery in self.batteries() if not bay.fault and not battery.fault]
        ready = [(battery.charge(now), -bay.number, bay) for bay, battery in sound]
        charge, _, fullest = max(ready, default=(0.0, 0, None))
        return fullest if charge >= RENTAL_MINIMUM else None

    def returnable(self) -> Bay | None:
        """The first bay that takes a battery."""
        return next((bay for bay in self.bays if bay.battery is None and not bay.fault), None)

    def batteries(self) -> Iterator[tuple[Bay, Battery]]:
        """The batteries with their bays."""
        return ((bay, bay.battery) for bay in self.bays if bay.battery is not None)


@dataclass(slots=True)
class Order:
    """A rental. `due_at`: when its user means to bring the battery back."""

    id: str
    battery: Battery
    cabinet: Cabinet
    slot: int
    borrowed_at: datetime
    due_at: datetime
    returned_at: datetime | None = None
    amount: Decimal = Decimal(0)


@dataclass(slots=True)
class Price:
    """A price strategy: `price` for each hour begun."""

    id: int
    name: str
    shop: str | None
    price: Decimal
    daily_cap: Decimal
    deposit: Decimal


PRICES = (
    Price(101, "standard", None, Decimal("1.5"), Decimal(10), Decimal(30)),
    Price(102, "station", "5ee0000003", Decimal(2), Decimal(14), Decimal(30)),
    Price(103, "market", "5ee0000004", Decimal(1), Decimal(8), Decimal(20)),
)


@dataclass(slots=True)
class Fleet:
    """Everything that exists, and how it moves."""

    luck: random.Random
    now: datetime
    shops: dict[str, Shop] = field(default_factory=dict)
    cabinets: dict[str, Cabinet] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    running: dict[str, Order] = field(default_factory=dict)
    _orders_made: int = 0
    _batteries_made: int = 0

    def __post_init__(self) -> None:
        """Build shops and cabinets as they were two days ago, and let these two days happen."""
        today, self.now = self.now, self.now - BEFORE
        self.shops = {row[0]: Shop(*row) for row in SHOPS}
        shops = list(self.shops.values())
        for number, size in enumerate(CABINETS, 1):
            self._add_cabinet(f"XYZ{number:05}", number, shops[(number - 1) % len(shops)], size)
        self._add_cabinet(UNBOUND, 99, None, 8)
        self._break_some()
        while self.now < today:
            self.step(600, self.now + timedelta(minutes=10))

    def price_of(self, shop: Shop | None) -> Price:
        """The shop's own price, else the common one."""
        return next((price for price in PRICES if shop and price.shop == shop.id), PRICES[0])

    def step(self, seconds: float, now: datetime) -> None:
        """Some seconds of everybody's life, up to `now`."""
        self.now = now
        likelihood = self._rentals_per_hour() * seconds / 3600
        for cabinet in self.cabinets.values():
            self._connect(cabinet, seconds)
            if cabinet.shop and self.luck.random() < likelihood:
                self.rent(cabinet)
        for order in [order for order in self.running.values() if order.due_at <= now]:
            self.bring_back(order)
        self._forget()

    def rent(self, cabinet: Cabinet, bay: Bay | None = None) -> Order | None:
        """Somebody takes the fullest battery, or that of one bay; None when there is none or no connection."""
        bay = bay or cabinet.rentable(self.now)
        if not cabinet.is_online or bay is None or bay.battery is None:
            return None
        battery, bay.battery = bay.battery, None
        battery.move(self.now, into_slot=False)
        battery.rentals += 1
        minutes = min(12 * 60.0, max(15.0, self.luck.expovariate(1 / 90)))
        order = Order(
            id=self._trade_no(self.now),
            battery=battery,
            cabinet=cabinet,
            slot=bay.number,
            borrowed_at=self.now,
            due_at=self.now + timedelta(minutes=minutes),
        )
        self.orders[order.id] = self.running[order.id] = order
        return order

    def bring_back(self, order: Order, cabinet: Cabinet | None = None) -> Bay | None:
        """The battery comes back, to any cabinet of the town if not to a given one; None while there is no room."""
        town = [each for each in self.cabinets.values() if each.shop is order.cabinet.shop]
        choices = [cabinet] if cabinet else town
        bays = [bay for each in choices if each.is_online and (bay := each.returnable())]
        if not bays:
            return None
        bay = self.luck.choice(bays)
        order.returned_at = self.now
        order.amount = self._cost(order)
        order.battery.revenue += order.amount
        order.battery.move(self.now, into_slot=True)
        del self.running[order.id]
        bay.battery, bay.last_battery = order.battery, order.battery.id
        return bay

    def _rentals_per_hour(self) -> float:
        """By the hour of the day in central Europe, in winter time."""
        hour = (self.now.hour + 1) % 24
        return BUSIEST_RENTALS_PER_HOUR * (1.0 if 16 <= hour < 22 else 0.5 if 9 <= hour < 16 else 0.05)

    def _connect(self, cabinet: Cabinet, seconds: float) -> None:
        """A flaky connection is lost once in two days and back in ten minutes; online, a sign of life a minute."""
        mean_s = 2 * 86_400 if cabinet.is_online else 600
        if cabinet.is_flaky and self.luck.random() < seconds / mean_s:
            cabinet.is_online = not cabinet.is_online
            cabinet.handshakes += cabinet.is_online
        if cabinet.is_online:
            cabinet.reported_at = self.now

    def _cost(self, order: Order) -> Decimal:
        length = (order.returned_at or self.now) - order.borrowed_at
        price = self.price_of(order.cabinet.shop)
        hours = -(-(length - FREE) // timedelta(hours=1)) if length > FREE else 0
        return min(price.price * hours, price.daily_cap).quantize(Decimal("0.01"))

    def _trade_no(self, moment: datetime) -> str:
        self._orders_made += 1
        return f"{moment + timedelta(hours=8):%y%m%d%H%M%S}{self._orders_made:08}"

    def _add_cabinet(self, cabinet_id: str, number: int, shop: Shop | None, size: int) -> None:
        bays = [Bay(index) for index in range(1, size + 1)]
        for bay in self.luck.sample(bays, k=round(size * 0.65)):
            self._batteries_made += 1
            charge = self.luck.choice((100.0, 100.0, self.luck.uniform(20, 100)))
            bay.battery = Battery(f"FEED{self._batteries_made:06X}", charge, self.now, self.luck.uniform(21, 27))
            bay.last_battery = bay.battery.id
        self.cabinets[cabinet_id] = Cabinet(
            number=number,
            id=cabinet_id,
            shop=shop,
            bays=bays,
            registered_at=self.now - timedelta(days=self.luck.randint(60, 600)),
            reported_at=self.now,
            has_terminal=number % 5 == 1,
        )

    def _break_some(self) -> None:
        """A few things are always out of order: two slots, three batteries, one cabinet without a connection."""
        first, second, third, *_, last = (cabinet for cabinet in self.cabinets.values() if cabinet.shop)
        first.is_flaky = second.is_flaky = last.is_flaky = last.is_online = False
        last.reported_at = self.now - timedelta(hours=5)
        second.bays[2].fault, third.bays[-1].fault = 2, 8
        for cabinet, fault in ((second, 7), (third, 5), (third, 9)):
            next(battery for _, battery in cabinet.batteries() if not battery.fault).fault = fault

    def _forget(self) -> None:
        """Orders stay for a week, the oldest first in line."""
        oldest = self.now - HISTORY
        for order in list(islice(self.orders.values(), 2)):
            if order.returned_at and order.borrowed_at < oldest:
                del self.orders[order.id]
