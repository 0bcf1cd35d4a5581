"""The simulator's world: shops, cabinets, batteries and rentals that move by themselves.

People rent more by day than by night and bring batteries back an hour or two later, mostly to another cabinet of the
same town; a battery in a slot charges a point a minute. The vendor documents none of these paces.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeAlias

from vendors.bajie.simulated_things import (
    CANNOT_EJECT,
    LOCKED,
    Battery,
    Bay,
    Cabinet,
    Loose,
    Order,
    Price,
    Rental,
    Shop,
)

Witness: TypeAlias = Callable[[str, Cabinet, dict[str, object]], None]
"""Hears of what happens: the vendor's event, where, and what is special about it."""

HISTORY = timedelta(days=7)
BEFORE = timedelta(days=2)
PUT_BACK_AFTER = timedelta(minutes=30)
"""When somebody of the shop puts back what was pushed out."""
SIGN_OF_LIFE_EVERY = timedelta(minutes=1)
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

PRICES = (
    (101, "standard", 1.5, 10, 30),
    (102, "station", 2, 14, 30),
    (103, "market", 1, 8, 20),
)
"""Id, name, price of an hour, cap of a day, deposit. The first holds wherever no other does."""

PRICE_OF_SHOP = {"5ee0000003": 102, "5ee0000004": 103}


@dataclass(slots=True)
class Fleet:
    """Everything that exists, and how it moves."""

    luck: random.Random
    now: datetime
    shops: dict[str, Shop] = field(default_factory=dict)
    cabinets: dict[str, Cabinet] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    running: dict[str, Order] = field(default_factory=dict)
    rentals: dict[str, Rental] = field(default_factory=dict)
    loose: list[Loose] = field(default_factory=list)
    prices: dict[int, Price] = field(default_factory=dict)
    eagerness: float = 1.0
    """How much people rent of what they usually do."""
    tell: Witness = field(default=lambda *_: None, repr=False)
    """Nobody while the past is made up."""
    _orders_made: int = 0
    _batteries_made: int = 0

    def __post_init__(self) -> None:
        """Build shops and cabinets as they were two days ago, and let these two days happen."""
        today, self.now = self.now, self.now - BEFORE
        self.prices = {row[0]: Price(row[0], _terms(*row[1:])) for row in PRICES}
        self.shops = {row[0]: Shop(*row, price_id=PRICE_OF_SHOP.get(row[0])) for row in SHOPS}
        shops = list(self.shops.values())
        for number, size in enumerate(CABINETS, 1):
            self._add_cabinet(f"XYZ{number:05}", number, shops[(number - 1) % len(shops)], size)
        self._add_cabinet(UNBOUND, 99, None, 8)
        self._break_some()
        while self.now < today:
            self.step(600, self.now + timedelta(minutes=10))

    def price_of(self, shop: Shop | None) -> Price:
        """The shop's own price, else the common one."""
        own = self.prices.get(shop.price_id) if shop and shop.price_id else None
        return own or next(iter(self.prices.values()))

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
        for loose in [loose for loose in self.loose if loose.since + PUT_BACK_AFTER <= now]:
            self.put_back(loose)
        self._forget()

    def rent(self, cabinet: Cabinet, bay: Bay | None = None) -> Order | None:
        """Somebody takes the fullest battery, or that of one bay; None when there is none or no connection."""
        bay = bay or cabinet.rentable(self.now)
        if not cabinet.is_online or bay is None or bay.battery is None:
            return None
        return self.lend(cabinet, bay, self.trade_no())

    def lend(self, cabinet: Cabinet, bay: Bay, trade_no: str) -> Order:
        """The battery of that bay goes out on a rental. Raises ValueError when there is none."""
        battery = bay.take_out(self.now)
        battery.rentals += 1
        minutes = min(12 * 60.0, max(15.0, self.luck.expovariate(1 / 90)))
        due_at = self.now + timedelta(minutes=minutes)
        order = Order(trade_no, battery, cabinet, bay.number, self.now, due_at)
        self.orders[order.id] = self.running[order.id] = order
        self.tell(
            "BATTERY_BORROW_OUT",
            cabinet,
            {"orderId": order.id, "outBatteryId": battery.id, "outSlot": bay.number},
        )
        return order

    def close(self, order: Order) -> None:
        """The rental ends for the one who pays; the battery is wherever it is."""
        order.closed_at = self.now
        self._settle(order)

    def push_out(self, cabinet: Cabinet, bay: Bay) -> Battery:
        """The battery of that bay comes out, on nobody's account. Raises ValueError when there is none."""
        battery = bay.take_out(self.now)
        self.loose.append(Loose(battery, cabinet, self.now))
        popped = {"outBatteryId": battery.id, "outSlot": bay.number, "outStatus": ""}
        self.tell("BATTERY_POPUP", cabinet, popped)
        return battery

    def put_back(self, loose: Loose) -> None:
        """Somebody puts a loose battery back into its cabinet, where there is room for it."""
        bay = loose.cabinet.returnable()
        if bay is not None:
            self.loose.remove(loose)
            bay.put_in(loose.battery, self.now)
            self.tell("BATTERY_IN", loose.cabinet, {"returnBatteryId": loose.battery.id, "returnSlot": bay.number})

    def trade_no(self) -> str:
        """The id of a new order."""
        self._orders_made += 1
        return f"{self.now + timedelta(hours=8):%y%m%d%H%M%S}{self._orders_made:08}"

    def bring_back(self, order: Order, cabinet: Cabinet | None = None) -> Bay | None:
        """The battery comes back, to any cabinet of the town if not to a given one; None while there is no room."""
        town = [each for each in self.cabinets.values() if each.shop is order.cabinet.shop]
        choices = [cabinet] if cabinet else town
        places = [(each, bay) for each in choices if each.is_online and (bay := each.returnable())]
        if not places:
            return None
        where, bay = self.luck.choice(places)
        order.returned_at = self.now
        if order.closed_at is None:
            self._settle(order)
        del self.running[order.id]
        bay.put_in(order.battery, self.now)
        returned = {"orderId": order.id, "returnBatteryId": order.battery.id, "returnSlot": bay.number}
        self.tell("BATTERY_IN", where, returned)
        return bay

    def connect(self, cabinet: Cabinet, *, is_online: bool) -> None:
        """Its connection is made or lost; nothing happens where it is so already."""
        if cabinet.is_online is is_online:
            return
        cabinet.is_online = is_online
        cabinet.handshakes += is_online
        self.tell("CABINET_ONLINE" if is_online else "CABINET_OFFLINE", cabinet, {})

    def report(self, cabinet: Cabinet) -> None:
        """It says how it stands."""
        cabinet.reported_at = self.now
        self.tell("CABINET_STATUS", cabinet, {})

    def _rentals_per_hour(self) -> float:
        """By the hour of the day in central Europe, in winter time."""
        hour = (self.now.hour + 1) % 24
        return self.eagerness * BUSIEST_RENTALS_PER_HOUR * (1.0 if 16 <= hour < 22 else 0.5 if 9 <= hour < 16 else 0.05)

    def _connect(self, cabinet: Cabinet, seconds: float) -> None:
        """A flaky connection is lost once in two days and back in ten minutes; online, a sign of life a minute."""
        mean_s = 2 * 86_400 if cabinet.is_online else 600
        if cabinet.is_flaky and self.luck.random() < seconds / mean_s:
            self.connect(cabinet, is_online=not cabinet.is_online)
        if cabinet.is_online and self.now - cabinet.reported_at >= SIGN_OF_LIFE_EVERY:
            self.report(cabinet)

    def _settle(self, order: Order) -> None:
        length = (order.ended_at or self.now) - order.borrowed_at
        order.amount = self.price_of(order.cabinet.shop).cost(length)
        order.battery.revenue += order.amount

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
            is_terminal_online=number % 5 == 1,
        )

    def _break_some(self) -> None:
        """A few things are always out of order: two slots, three batteries, one cabinet without a connection."""
        first, second, third, *_, last = (cabinet for cabinet in self.cabinets.values() if cabinet.shop)
        first.is_flaky = second.is_flaky = last.is_flaky = last.is_online = False
        last.reported_at = self.now - timedelta(hours=5)
        second.bays[2].fault, third.bays[-1].fault = CANNOT_EJECT, LOCKED
        for cabinet, fault in ((second, 7), (third, 5), (third, 9)):
            next(battery for _, battery in cabinet.batteries() if not battery.fault).fault = fault

    def _forget(self) -> None:
        """Orders stay for a week, the oldest first in line."""
        oldest = self.now - HISTORY
        for order in list(islice(self.orders.values(), 2)):
            if order.returned_at and order.borrowed_at < oldest:
                del self.orders[order.id]


def _terms(name: str, price: float, daily_cap: float, deposit: float) -> dict[str, object]:
    """A price for each hour begun, as the vendor's console saves it."""
    return {
        "name": name,
        "type": 1,
        "customType": 0,
        "priority": 1,
        "isDeposit": True,
        "depositAmount": deposit,
        "timeoutAmount": 50,
        "timeoutDay": 3,
        "freeMinutes": 10,
        "dayUseFreeCount": 1,
        "price": price,
        "priceTime": 1,
        "priceUnit": 1,
        "dailyMaxPrice": daily_cap,
        "priceStrategyDetailList": [
            {"startMinute": 0, "endMinute": 60, "setcionFee": price, "totalFee": price, "seqno": 1}
        ],
    }
