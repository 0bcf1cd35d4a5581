"""What hands can do to the simulated homes: pull plugs, add and remove inverters, and give orders in the app."""

from collections.abc import Callable, Mapping
from typing import Any

from vendors.hanchuess import simulated_pushes as pushes
from vendors.hanchuess.simulated_deliveries import Deliveries
from vendors.hanchuess.simulated_documents import stamps_of
from vendors.hanchuess.simulated_fleet import Fleet, Inverter
from vendors.kit.simulator import Simulator

TOLD_AFTER_S = 2.0
ORDER_LASTS_S = 60.0

Asked = Mapping[str, Any]


class Hands:
    """Each takes the request's JSON object. Raises ValueError for what there is not."""

    def __init__(self, world: Simulator, fleet: Fleet, deliveries: Deliveries) -> None:
        """In this world."""
        self._world = world
        self._fleet = fleet
        self._deliveries = deliveries

    def actions(self) -> Mapping[str, Callable[[Asked], object]]:
        """By name."""
        return {
            "disconnect": self._disconnect,
            "connect": self._connect,
            "set_charge": self._set_charge,
            "give_order": self._give_order,
            "register": self._register,
            "remove": self._remove,
        }

    def _disconnect(self, asked: Asked) -> object:
        self._fleet.inverter(asked["sn"]).online = False
        return None

    def _connect(self, asked: Asked) -> object:
        self._fleet.inverter(asked["sn"]).online = True
        return None

    def _set_charge(self, asked: Asked) -> object:
        self._fleet.inverter(asked["sn"]).soc = min(1.0, max(0.0, float(asked["soc"])))
        return None

    def _give_order(self, asked: Asked) -> object:
        """A schedule, command or configuration for `sn`, told at its start, half way and after `seconds`."""
        inverter, order = self._fleet.inverter(asked["sn"]), str(asked.get("order", "command"))
        if order not in pushes.ORDERS:
            message = f"order is one of {', '.join(pushes.ORDERS)}"
            raise ValueError(message)
        lasts_s = float(asked.get("seconds", ORDER_LASTS_S))
        for number, stage in enumerate(pushes.STAGES):
            self._world.later(lasts_s / 2 * number, lambda stage=stage: self._tell_order(inverter, order, stage))  # type: ignore[misc]
        return None

    def _tell_order(self, inverter: Inverter, order: str, stage: str) -> None:
        self._deliveries.tell(pushes.notice(order, stage, inverter.sn, self._world.now, stamps_of(self._world)))

    def _register(self, asked: Asked) -> object:
        """A new inverter at `station`; no registration can name it yet, so all are told."""
        inverter = self._fleet.add(str(asked.get("station", next(iter(self._fleet.stations)))), self._world.now)
        self._world.later(TOLD_AFTER_S, lambda: self._tell(pushes.REGISTERED, inverter, to_everybody=True))
        return {"sn": inverter.sn}

    def _remove(self, asked: Asked) -> object:
        """Take `sn` away, by its `by`: owner, or partner, whose own request it answers then."""
        inverter = self._fleet.inverter(asked["sn"])
        name = pushes.DELETED_BY_PARTNER if asked.get("by") == "partner" else pushes.DELETED_BY_OWNER
        del self._fleet.inverters[inverter.sn]
        self._world.later(TOLD_AFTER_S, lambda: self._tell(name, inverter))
        return None

    def _tell(self, name: str, inverter: Inverter, *, to_everybody: bool = False) -> None:
        item = pushes.event(name, inverter.sn, self._world.now, stamps_of(self._world))
        self._deliveries.tell(item, to_everybody=to_everybody)
