"""The simulated orders: who arrives or starts from afar, plugs in, charges and leaves, and what becomes of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from vendors.kit.simulator import Switch
from vendors.letmecharge.simulated_fleet import PRICES, Charger, Plug, Station, hex_id

MOST_ORDERS = 1000
SPAIN = timedelta(hours=2)
"""What the drivers' clocks are ahead of UTC, most of the year."""
REMOTE_START_TAKES = timedelta(seconds=5)
TIME_UNTIL_NOT_PLUGGED = timedelta(seconds=60)
TIME_UNTIL_PLUGGED_AFTER_ALL = timedelta(seconds=120)
PROGRESS_EVERY = timedelta(seconds=30)
FULL = 0.97
TAPER_FROM, TAPERED = 0.8, 0.4
"""Above this charge a car takes only this share of the power."""

FATE_CYCLE = 29
FATES = {5: "NOT_PLUGGED", 11: "PAYMENT_ERROR", 17: "INTERNAL_ERROR", 23: "PROVIDER_ERROR"}
"""How some of every 29 orders end instead of FINISHED, so that every status occurs in any fleet."""

END_FAULTS = {
    "payment_error_with_energy": "PAYMENT_ERROR",
    "internal_error": "INTERNAL_ERROR",
    "provider_error": "PROVIDER_ERROR",
}
WITHOUT_ENERGY = "without_energy"


@dataclass(slots=True, kw_only=True)
class Order:
    """One driver's order, with the car behind it. `fate` is the status in which it will end.

    It is listed under `id`; a start says `order_id` and `record_id`, and a stop takes `order_id`.
    """

    id: str
    order_id: str
    record_id: str
    number: int
    charger: Charger
    station: Station
    plug: Plug
    fate: str
    created_at: datetime
    updated_at: datetime
    plugs_in_at: datetime
    leaves_at: datetime
    capacity_kwh: float
    charge_at_start: float
    email: str
    plate: str
    is_remote: bool = False
    """Whether the API started it, and not a driver at the plug."""
    status: str = "ORDER_INIT_AND_WAITING"
    started_at: datetime | None = None
    finished_at: datetime | None = None
    charged_kwh: float = 0.0
    power_kw: float = 0.0

    @property
    def charge(self) -> float:
        """The car's state of charge, 0 to 1."""
        return min(1.0, self.charge_at_start + self.charged_kwh / self.capacity_kwh)

    @property
    def amount(self) -> float:
        """The bill so far in euros, tax and commission included."""
        price, unit = PRICES[self.charger.place.provider]
        hours = (self.updated_at - self.started_at).total_seconds() / 3600 if self.started_at else 0.0
        quantity = {"kwh": self.charged_kwh, "minute": hours * 60, "hour": hours, "session": 1, "free": 0}[unit]
        return price * quantity if self.charged_kwh else 0.0


class Traffic:
    """Everybody's orders, oldest first. The world moves only in `step`."""

    def __init__(
        self,
        random: Random,
        chargers: Sequence[Charger],
        struck: Callable[[str], Switch | None],
        act: Callable[[str, str, str], None],
        tell: Callable[[Order], None],
    ) -> None:
        """`struck` tells whether a fault of the vendor hits now; `act` writes down what the API made a plug do.

        `tell` hears of every order that was made, began, went on for a while, or ended.
        """
        self.orders: list[Order] = []
        self._random = random
        self._stations = [(charger, station) for charger in chargers for station in charger.stations]
        self._struck = struck
        self._act = act
        self._tell = tell
        self._made = 0

    def step(self, now: datetime, seconds: float) -> None:
        """New drivers arrive, and everybody present gets on with it."""
        expected = _arrivals_per_hour(now) * seconds / 3600
        for _ in range(int(expected) + (self._random.random() < expected % 1)):
            self.arrive(now)
        for order in self.running():
            self._go_on(order, now, seconds)
        del self.orders[:-MOST_ORDERS]

    def running(self) -> list[Order]:
        """Orders that have not ended."""
        return [order for order in self.orders if order.finished_at is None]

    def arrive(self, now: datetime) -> None:
        """A driver orders a charge at a free plug, or drives on when the station of choice has none."""
        charger, station = self._random.choice(self._stations)
        free = [plug for plug in station.plugs if plug.is_available]
        if free:
            order = self._order(charger, station, self._random.choice(free), now)
            order.fate = FATES.get(order.number % FATE_CYCLE, "FINISHED")

    def start(self, plug: Plug, now: datetime) -> Order:
        """The API orders a charge at a plug."""
        charger, station = next(place for place in self._stations if plug in place[1].plugs)
        order = self._order(charger, station, plug, now)
        order.is_remote, order.plugs_in_at = True, now + REMOTE_START_TAKES
        order.record_id = hex_id(self._random)
        return order

    def stop(self, order: Order, now: datetime) -> None:
        """The API ends an order, unless it has ended by itself."""
        if order.finished_at is None:
            self._act("power off", order.plug.id, order.order_id)
            self._end(order, "FINISHED", now)

    def _order(self, charger: Charger, station: Station, plug: Plug, now: datetime) -> Order:
        luck = self._random
        plug.is_available, plug.changed_at = False, now
        self._made += 1
        name = hex_id(luck)
        self.orders.append(
            Order(
                id=name,
                order_id=name,
                record_id=name,
                number=self._made,
                charger=charger,
                station=station,
                plug=plug,
                fate="FINISHED",
                created_at=now,
                updated_at=now,
                plugs_in_at=now + timedelta(seconds=luck.uniform(5, 20)),
                leaves_at=now + timedelta(minutes=luck.uniform(20, 180)),
                capacity_kwh=luck.choice((40.0, 52.0, 64.0, 77.0)),
                charge_at_start=luck.uniform(0.08, 0.65),
                email=f"driver{self._made}@example.com",
                plate=f"{luck.randint(0, 9999):04}{''.join(luck.choices('BCDFGHJKLMNPRSTVWXYZ', k=3))}",
            )
        )
        self._tell(self.orders[-1])
        return self.orders[-1]

    def _go_on(self, order: Order, now: datetime, seconds: float) -> None:
        if order.status == "IN_PROGRESS":
            self._charge(order, now, seconds)
        elif order.fate == "NOT_PLUGGED" or _is_pulled_out(order):
            self._leave_unplugged(order, now)
        elif now >= order.plugs_in_at:
            self._plug_in(order, now)

    def _leave_unplugged(self, order: Order, now: datetime) -> None:
        if now < order.created_at + TIME_UNTIL_NOT_PLUGGED:
            return
        if self._struck("not_plugged_then_progress"):
            order.status, order.updated_at, order.fate = "NOT_PLUGGED", now, "FINISHED"
            order.plug.has_cable, order.plugs_in_at = True, now + TIME_UNTIL_PLUGGED_AFTER_ALL
            self._tell(order)
        else:
            self._end(order, "NOT_PLUGGED", now)

    def _plug_in(self, order: Order, now: datetime) -> None:
        error = self._error(WITHOUT_ENERGY)
        if error or (order.fate in {"INTERNAL_ERROR", "PROVIDER_ERROR"} and order.number % 2):
            self._end(order, error or order.fate, now)
            return
        order.status = "IN_PROGRESS"
        order.started_at = order.updated_at = now
        if order.is_remote:
            self._act("power on", order.plug.id, order.order_id)
        self._tell(order)

    def _charge(self, order: Order, now: datetime, seconds: float) -> None:
        order.power_kw = order.plug.max_power_kw * (TAPERED if order.charge > TAPER_FROM else 1)
        room = max(0.0, (1 - order.charge) * order.capacity_kwh)
        order.charged_kwh += min(room, order.power_kw * seconds / 3600)
        if error := self._error(None):
            self._end(order, error, now)
        elif order.charge >= FULL or now >= order.leaves_at or _is_pulled_out(order):
            self._end(order, order.fate, now)
        elif now - order.updated_at >= PROGRESS_EVERY:
            order.updated_at = now
            self._tell(order)

    def _error(self, kind: str | None) -> str | None:
        """The error in which a fault that is on ends a charge: after energy was given, or before any."""
        for name, status in END_FAULTS.items():
            switch = self._struck(name)
            if switch and switch.value == kind:
                return status
        return None

    def _end(self, order: Order, status: str, now: datetime) -> None:
        order.status, order.power_kw = status, 0.0
        order.finished_at = order.updated_at = now
        order.plug.is_available = all(other.plug is not order.plug for other in self.running())
        order.plug.changed_at = now
        self._tell(order)


def _is_pulled_out(order: Order) -> bool:
    """Drivers who came to the plug themselves see to their cable."""
    return order.is_remote and not order.plug.has_cable


def _arrivals_per_hour(now: datetime) -> float:
    """Few by night, most in the early afternoon."""
    moment = now + SPAIN
    hour = moment.hour + moment.minute / 60
    return 2 + 10 * max(0.0, math.sin(math.pi * (hour - 6) / 18))
