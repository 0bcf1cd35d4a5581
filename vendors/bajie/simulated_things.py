"""What there is in the simulator's world: batteries, slots, cabinets, shops, prices, and who has borrowed what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

CHARGE_PER_S = 1 / 60
DRAIN_PER_S = 0.6 / 60
RENTAL_MINIMUM = 60

CANNOT_EJECT, LOCKED = 2, 8
"""Slot faults."""
NOT_AUTHENTIC = 6
"""A battery fault."""

MINUTES_OF_UNIT = {0: 1, 1: 60, 2: 1440}
"""`priceUnit`."""


@dataclass(slots=True)
class Battery:
    """A power bank. Its charge follows from `level`, in percent, at `since`: it rises in a slot and falls outside.

    `is_cut_off`: its slot gives it no power.
    """

    id: str
    level: float
    since: datetime
    warmth_c: float
    is_in_slot: bool = True
    is_cut_off: bool = False
    fault: int = 0
    rentals: int = 0
    revenue: Decimal = Decimal(0)

    def charge(self, now: datetime) -> float:
        """The charge in percent."""
        rate = 0.0 if self.is_cut_off else CHARGE_PER_S if self.is_in_slot else -DRAIN_PER_S
        return min(100.0, max(2.0, self.level + rate * (now - self.since).total_seconds()))

    def temperature_c(self, now: datetime) -> float:
        """The temperature: a charging battery is warm."""
        return round(self.warmth_c + 6 * (self.charge(now) < 100), 1)

    def move(self, now: datetime, *, into_slot: bool) -> None:
        """Into a slot or out of it."""
        self.level, self.since, self.is_in_slot, self.is_cut_off = self.charge(now), now, into_slot, False

    def cut_off(self, now: datetime, *, is_cut_off: bool) -> None:
        """Take the slot's power from it, or give it back."""
        self.level, self.since, self.is_cut_off = self.charge(now), now, is_cut_off


@dataclass(slots=True)
class Bay:
    """A slot, with the battery in it. `is_promised`: the vendor has chosen that battery for a rental."""

    number: int
    battery: Battery | None = None
    last_battery: str = ""
    fault: int = 0
    is_promised: bool = False

    def take_out(self, now: datetime) -> Battery:
        """The battery leaves. Raises ValueError when there is none."""
        if self.battery is None:
            raise ValueError("that slot is empty")
        battery, self.battery, self.is_promised = self.battery, None, False
        battery.move(now, into_slot=False)
        return battery

    def put_in(self, battery: Battery, now: datetime) -> None:
        """A battery comes in."""
        battery.move(now, into_slot=True)
        self.battery, self.last_battery = battery, battery.id


@dataclass(slots=True)
class Shop:
    """Where cabinets stand. `price_id`: of the price strategy that holds there, if not the common one."""

    id: str
    name: str
    address: str
    city: str
    latitude: float | None
    longitude: float | None
    hours: str
    price_id: int | None = None
    mobile: str = ""
    content: str = ""
    scene: int = 1
    store_type: int = 1


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
    is_terminal_online: bool = False
    handshakes: int = 1

    def rentable(self, now: datetime) -> Bay | None:
        """The bay with the fullest battery that can go out."""
        sound = [pair for pair in self.batteries() if not any((pair[0].fault, pair[0].is_promised, pair[1].fault))]
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
    """A rental. `due_at`: when its user means to bring the battery back. `closed_at`: ended, with the battery out."""

    id: str
    battery: Battery
    cabinet: Cabinet
    slot: int
    borrowed_at: datetime
    due_at: datetime
    returned_at: datetime | None = None
    closed_at: datetime | None = None
    amount: Decimal = Decimal(0)

    @property
    def ended_at(self) -> datetime | None:
        """When the rental ended for the one who pays."""
        return self.closed_at or self.returned_at


@dataclass(slots=True)
class Rental:
    """An order that was made through the API. It has an `order` once a battery left, unless it failed."""

    id: str
    cabinet: Cabinet
    callback_url: str
    order: Order | None = None
    has_failed: bool = False


@dataclass(slots=True)
class Loose:
    """A battery that was pushed out without a rental and lies on its cabinet."""

    battery: Battery
    cabinet: Cabinet
    since: datetime


@dataclass(slots=True)
class Price:
    """A price strategy. `terms` is what was saved, in the vendor's words."""

    id: int
    terms: dict[str, Any]

    @property
    def period(self) -> timedelta:
        """What one price pays for."""
        return timedelta(minutes=MINUTES_OF_UNIT[int(self.terms["priceUnit"])] * int(self.terms["priceTime"]))

    @property
    def amount(self) -> Decimal:
        """The price of a period."""
        return Decimal(str(self.terms["price"]))

    def cost(self, length: timedelta) -> Decimal:
        """Of a rental: each period begun after the free minutes, up to the cap."""
        billed = length - timedelta(minutes=int(self.terms["freeMinutes"]))
        due = self.amount * max(0, -(-billed // self.period))
        cap = self.terms.get("dailyMaxPrice")
        return (due if cap is None else min(due, Decimal(str(cap)))).quantize(Decimal("0.01"))
