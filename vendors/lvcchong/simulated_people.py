"""Who comes, charges and leaves in the simulated world, and what their orders do meanwhile."""

from datetime import UTC, datetime, timedelta
from math import exp
from random import Random
from typing import Final

from vendors.lvcchong.simulated_fleet import CABINET, CHINA, DC_PILE, Fleet, Order, Socket, Station

ARRIVALS_BY_HOUR: Final = (1, 1, 1, 1, 1, 2, 4, 6, 5, 3, 3, 4, 5, 4, 3, 3, 5, 9, 14, 15, 14, 12, 8, 3)
"""How busy each hour of the day is in China, in hundredths of a visit for each idle socket."""

POWER_UP_S: Final = (3, 8)
CABINET_STAYS_TAKEN: Final = timedelta(seconds=60)
REMEMBERED: Final = timedelta(days=8)
FAULTS_PER_HOUR: Final = 0.001
PAST_ORDERS: Final = 140
NOT_BY_ITSELF: Final = datetime.max.replace(tzinfo=UTC)

TIME_UP, FULL, STOPPED, NO_LOAD, UNPLUGGED = 1, 2, 3, 5, 6
UNPAID, NORMAL_END, ABNORMAL_END, SUPERPOSED_END = 0, 3, 4, 5
SWIPES_EVERY: Final = 4
"""One in so many of those who come with a two-wheeler has a card."""


class People:
    """The ones who make the fleet's state change; all their luck comes from `random`."""

    def __init__(self, fleet: Fleet, random: Random) -> None:
        """The fleet may be empty of orders; `populate` gives it a past."""
        self._fleet = fleet
        self._random = random

    def populate(self, now: datetime) -> None:
        """A past of three days, one order that nobody paid, and a third of the sockets in use."""
        stations = [station for station in self._fleet.stations.values() if station.is_open]
        ages_s = sorted((self._random.uniform(3600, 3 * 86_400) for _ in range(PAST_ORDERS)), reverse=True)
        for age_s in ages_s:
            self._charged_before(self._random.choice(stations), now - timedelta(seconds=age_s))
        self._ordered(stations[0], 1, now - timedelta(minutes=20)).status = UNPAID
        for station in stations:
            for port, socket in enumerate(station.sockets, start=1):
                if socket.state == 0 and self._random.random() < 0.35:
                    order = self.plug_in(station, port, now - timedelta(minutes=self._random.uniform(1, 50)))
                    _charge(order, now, (now - order.made_at).total_seconds())

    def live(self, now: datetime, seconds: float) -> None:
        """Move everything by some seconds that end now."""
        for order in self._fleet.running:
            _charge(order, now, seconds)
        hours = seconds / 3600
        comes = 1 - exp(-hours * ARRIVALS_BY_HOUR[now.astimezone(CHINA).hour] / 100)
        breaks = 1 - exp(-hours * FAULTS_PER_HOUR)
        for station in self._fleet.stations.values():
            if station.is_online:
                station.updated_at = now
            for port, socket in enumerate(station.sockets, start=1):
                _recover(socket, now)
                if not station.is_open or socket.state != 0:
                    continue
                if self._random.random() < comes:
                    self._come(station, port, now)
                elif self._random.random() < breaks:
                    socket.state, socket.mended_at = -1, now + timedelta(minutes=self._random.uniform(10, 90))
        orders = self._fleet.orders
        for number in [order.number for order in orders.values() if now - order.updated_at > REMEMBERED]:
            del orders[number]

    def plug_in(self, station: Station, port: int, made_at: datetime) -> Order:
        """Somebody pays and plugs in; the socket is taken at once and gives power some seconds later."""
        order = self._ordered(station, port, made_at)
        socket = station.sockets[port - 1]
        socket.state, socket.order = 1, order
        return order

    def swipe(self, station: Station, port: int, made_at: datetime) -> Order:
        """Somebody holds a card before the station and plugs in."""
        order = self.plug_in(station, port, made_at)
        order.card = f"{order.user_id:08d}"
        return order

    def reserve(self, station: Station, port: int, made_at: datetime, minutes: int | None = None) -> Order:
        """A call starts a charge: the socket is taken at once and gives power when the device gets to it."""
        order = self.plug_in(station, port, made_at)
        order.powers_up_at = NOT_BY_ITSELF
        order.minutes = minutes or order.minutes
        return order

    def _come(self, station: Station, port: int, now: datetime) -> None:
        has_card = not station.family and self._fleet.order_count % SWIPES_EVERY == 0
        (self.swipe if has_card else self.plug_in)(station, port, now)

    def _ordered(self, station: Station, port: int, made_at: datetime) -> Order:
        watt, energy, minutes = self._appetite(station)
        order = Order(
            number=self._fleet.next_number(made_at),
            station=station,
            port=port,
            user_id=self._random.randint(5001, 5400),
            made_at=made_at,
            updated_at=made_at,
            full_watt=watt,
            wanted_kwh=energy,
            minutes=minutes,
            powers_up_at=made_at + timedelta(seconds=self._random.uniform(*POWER_UP_S)),
            pay_type=self._random.choice((5, 6, 6, 6, 7)),
        )
        self._fleet.orders[order.number] = order
        return order

    def _charged_before(self, station: Station, made_at: datetime) -> None:
        order = self._ordered(station, self._random.randrange(len(station.sockets)) + 1, made_at)
        ended_at = made_at + timedelta(minutes=self._random.uniform(20, 59))
        end_type = self._random.choice((TIME_UP, FULL, FULL, STOPPED, UNPLUGGED, NO_LOAD))
        order.started_at = order.powers_up_at
        if end_type != NO_LOAD:
            order.energy_kwh = order.full_watt * (ended_at - order.started_at).total_seconds() / 3_600_000
        end(order, end_type, ended_at)
        if self._random.random() < 0.03:
            order.status = SUPERPOSED_END

    def _appetite(self, station: Station) -> tuple[float, float, int]:
        """Power at first in W, energy until full in kWh, minutes paid for."""
        draw = self._random.uniform
        if station.device_type == DC_PILE:
            return draw(28_000, 60_000), draw(12, 45), 240
        if station.family:
            return 7_000.0, draw(6, 35), 720
        return draw(90, 320), draw(0.25, 1.3), self._random.choice((240, 360, 480))


def end(order: Order, end_type: int, now: datetime) -> None:
    """Abnormal when the plug was pulled or nothing was drawn; a cabinet's compartment is not free at once."""
    order.status = ABNORMAL_END if end_type in (UNPLUGGED, NO_LOAD) else NORMAL_END
    order.end_type = end_type
    order.ended_at = order.updated_at = now
    order.watt = 0.0
    socket = order.station.sockets[order.port - 1]
    if socket.order is not order:
        return
    if order.station.device_type == CABINET:
        socket.order, socket.free_at = None, now + CABINET_STAYS_TAKEN
    else:
        socket.release()


def _charge(order: Order, now: datetime, seconds: float) -> None:
    """Energy flows, less and less over the last fifth; then the order ends by itself."""
    if now < order.powers_up_at:
        return
    if order.started_at is None:
        order.status, order.started_at = 2, order.powers_up_at
        seconds = min(seconds, (now - order.powers_up_at).total_seconds())
    missing = max(0.0, order.wanted_kwh - order.energy_kwh) / order.wanted_kwh
    order.watt = order.full_watt * max(0.08, min(1.0, missing / 0.2))
    order.energy_kwh = min(order.wanted_kwh, order.energy_kwh + order.watt * seconds / 3_600_000)
    order.updated_at = now
    if order.energy_kwh >= order.wanted_kwh:
        end(order, FULL, now)
    elif now - order.started_at >= timedelta(minutes=order.minutes):
        end(order, TIME_UP, now)


def _recover(socket: Socket, now: datetime) -> None:
    if socket.free_at and now >= socket.free_at:
        socket.state, socket.free_at = 0, None
    if socket.mended_at and now >= socket.mended_at:
        socket.state, socket.mended_at = 0, None
