"""What the vendor's start and stop calls do to the simulated sockets, and the results that it keeps for a while."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from vendors.kit.simulator import Simulator
from vendors.lvcchong.simulated_documents import STANDARDS
from vendors.lvcchong.simulated_fleet import Fleet, Order, Station
from vendors.lvcchong.simulated_forms import Form, Refusal, number
from vendors.lvcchong.simulated_people import FULL, NO_LOAD, POWER_UP_S, STOPPED, People, end

STARTS: Final = ("/charge", "/newPriceStandardCharge")
STOP: Final = "/stopCharge"
STOPS_AFTER_S: Final = 2.0
LATE_S: Final = 90.0
RESULT_KEPT: Final = timedelta(seconds=45)
PENDING, DONE, FAILED = 0, 1, 2


@dataclass(slots=True)
class _Result:
    asked_at: datetime
    value: int = PENDING


@dataclass(frozen=True, slots=True)
class _Course:
    """How a command will go: when, whether the socket does it, and what the result says then."""

    delay_s: float
    is_done: bool
    result: int


class Control:
    """Takes starts and stops; the sockets follow some seconds later."""

    def __init__(self, simulator: Simulator, fleet: Fleet, people: People) -> None:
        """The simulator gives time, luck and faults, and writes down what the sockets do."""
        self._simulator = simulator
        self._fleet = fleet
        self._people = people
        self._results: dict[str, _Result] = {}

    def charge(self, form: Form) -> Mapping[str, Any]:
        """/charge: by time, two-wheelers only."""
        station, port = self._socket(form, "deviceId")
        minutes = int(number(form, "workTime"))
        if station.family or minutes <= 0 or number(form, "payMoney") < 0:
            raise Refusal("参数错误")
        return self._started("/charge", station, port, minutes)

    def charge_by_standard(self, form: Form) -> Mapping[str, Any]:
        """/newPriceStandardCharge: by an option of the device's price standard; cars pay in advance."""
        station, port = self._socket(form, "simId")
        options = [
            (str(option["param"]), str(option["fullBlackoutForButton"]))
            for option in STANDARDS[station.standard_id]["priceStandardUniteList"]
        ]
        is_offered = (form.get("param"), form.get("selectPriceType")) in options
        money = number(form, "payMoney")
        if form.get("infoPriceId") != str(station.standard_id) or not is_offered:
            raise Refusal("参数错误")
        if money < 0 or (station.family and money == 0):
            raise Refusal("参数错误")
        return self._started("/newPriceStandardCharge", station, port)

    def stop(self, form: Form) -> Mapping[str, Any]:
        """/stopCharge: cuts the power of whoever charges at the socket once the call has reached it."""
        station, port = self._socket(form, "deviceId")
        self._refuse_offline(STOP, station)
        if self._simulator.struck("stop_race", STOP):
            self._change_customers(station, port)
        key, course = self._new_key(station, port), self._course(STOP, "off", STOPS_AFTER_S)
        self._simulator.later(course.delay_s, lambda: self._cut(key, course, station, port))
        return {"domain": "device-domain-01", "resultKey": key}

    def result(self, form: Form) -> Mapping[str, Any]:
        """What became of a start or stop, while that is kept."""
        result = self._results.get(form.get("resultKey", ""))
        if result is None or self._simulator.now - result.asked_at >= RESULT_KEPT:
            raise Refusal("查询无数据")
        return {"result": result.value}

    def _started(self, path: str, station: Station, port: int, minutes: int | None = None) -> Mapping[str, Any]:
        self._refuse_offline(path, station)
        if self._simulator.struck("balance", path):
            raise Refusal("余额不足")
        if station.sockets[port - 1].state != 0 or self._simulator.struck("port_busy", path):
            raise Refusal("端口占用")
        times = 2 if self._simulator.struck("start_double", path) else 1
        orders = [self._people.reserve(station, port, self._simulator.now, minutes) for _ in range(times)]
        key = self._new_key(station, port)
        course = self._course(path, "on", self._simulator.random.uniform(*POWER_UP_S))
        self._simulator.later(course.delay_s, lambda: self._power_up(key, course, orders))
        return {
            "portNum": port,
            "domain": "device-domain-01",
            "simId": station.sim_id,
            "resultKey": key,
            "orderNum": orders[0].number,
        }

    def _course(self, path: str, asked: str, delay_s: float) -> _Course:
        if late := self._simulator.struck("acts_late", path):
            delay_s = float(late.value or LATE_S)
        if self._simulator.struck("result_fail", path):
            return _Course(delay_s, is_done=False, result=FAILED)
        if silent := self._simulator.struck("result_never", path):
            return _Course(delay_s, is_done=silent.value in (None, asked), result=PENDING)
        return _Course(delay_s, is_done=True, result=DONE)

    def _power_up(self, key: str, course: _Course, orders: Sequence[Order]) -> None:
        """Power for whichever of the orders is still wanted; without it the socket is free again."""
        now = self._simulator.now
        self._results[key].value = course.result
        for order in orders:
            if order.is_over:
                continue
            if course.is_done:
                order.status, order.powers_up_at, order.started_at, order.updated_at = 2, now, now, now
                self._simulator.act("power on", _written(order.station, order.port), order.number)
            elif course.result == FAILED:
                end(order, NO_LOAD, now)
            else:
                order.station.sockets[order.port - 1].release()

    def _cut(self, key: str, course: _Course, station: Station, port: int) -> None:
        """No power for anybody at the socket."""
        self._results[key].value = course.result
        orders = self._orders_at(station, port)
        if not course.is_done:
            return
        if any(order.started_at for order in orders):
            self._simulator.act("power off", _written(station, port), orders[-1].number)
        for order in orders:
            end(order, STOPPED, self._simulator.now)

    def _change_customers(self, station: Station, port: int) -> None:
        """Whoever charged there is full, and the next one charges already."""
        for order in self._orders_at(station, port):
            end(order, FULL, self._simulator.now)
        self._people.plug_in(station, port, self._simulator.now).powers_up_at = self._simulator.now

    def _orders_at(self, station: Station, port: int) -> list[Order]:
        return [order for order in self._fleet.running if order.station is station and order.port == port]

    def _socket(self, form: Form, key: str) -> tuple[Station, int]:
        station, port = self._fleet.stations.get(form.get(key, "")), int(number(form, "portNum"))
        if station is None:
            raise Refusal("设备不存在")
        if not 1 <= port <= len(station.sockets):
            raise Refusal("参数错误")
        return station, port

    def _refuse_offline(self, path: str, station: Station) -> None:
        if not station.is_online or self._simulator.struck("device_offline", path):
            raise Refusal("设备离线")

    def _new_key(self, station: Station, port: int) -> str:
        key = f"charge_{station.sim_id}_{port}_{len(self._results) + 1}_"
        self._results[key] = _Result(self._simulator.now)
        return key


CALLS: Final[Mapping[str, Callable[[Control, Form], object]]] = {
    "charge": Control.charge,
    "newPriceStandardCharge": Control.charge_by_standard,
    "stopCharge": Control.stop,
    "queryChargeResult": Control.result,
}
"""By the vendor's name of the call."""


def _written(station: Station, port: int) -> str:
    return f"{station.sim_id}/{port}"
