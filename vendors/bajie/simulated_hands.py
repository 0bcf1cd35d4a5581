"""What hands can do at the simulated cabinets; each takes the request's object and raises KeyError or ValueError."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from vendors.bajie.simulated_fleet import Fleet

Action: TypeAlias = Callable[[Mapping[str, Any]], object]


class Hands:
    """People at the cabinets and at the vendor's console."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def actions(self) -> Mapping[str, Action]:
        """What they can do, by name."""
        return {
            "rent": self._rent,
            "rent_as_admin": self._rent_as_admin,
            "bring_back": self._bring_back,
            "set_online": self._set_online,
            "set_terminal_online": self._set_terminal_online,
            "set_slot_fault": self._set_slot_fault,
            "set_battery_fault": self._set_battery_fault,
            "set_eagerness": self._set_eagerness,
        }

    def _rent(self, given: Mapping[str, Any]) -> dict[str, Any]:
        cabinet = self._fleet.cabinets[given["cabinet"]]
        bay = next((bay for bay in cabinet.bays if bay.number == given["slot"]), None) if "slot" in given else None
        order = self._fleet.rent(cabinet, bay)
        if order is None:
            raise ValueError("nothing can be rented there")
        return {"order": order.id, "battery": order.battery.id, "slot": order.slot}

    def _rent_as_admin(self, given: Mapping[str, Any]) -> object:
        rented = self._rent(given)
        self._fleet.tell("ADMIN_RENTAL_ORDER", self._fleet.cabinets[given["cabinet"]], {"orderId": rented["order"]})
        return rented

    def _bring_back(self, given: Mapping[str, Any]) -> object:
        order = self._fleet.orders[given["order"]]
        if order.returned_at is not None:
            raise ValueError("that battery is back already")
        bay = self._fleet.bring_back(order, self._fleet.cabinets[given["cabinet"]] if "cabinet" in given else None)
        if bay is None:
            raise ValueError("no slot takes it")
        return {"slot": bay.number}

    def _set_online(self, given: Mapping[str, Any]) -> object:
        cabinet = self._fleet.cabinets[given["cabinet"]]
        cabinet.is_flaky = False
        self._fleet.connect(cabinet, is_online=bool(given["online"]))
        return {}

    def _set_terminal_online(self, given: Mapping[str, Any]) -> object:
        cabinet = self._fleet.cabinets[given["cabinet"]]
        cabinet.is_terminal_online = bool(given["online"])
        self._fleet.tell("POS_INFO_STATUS", cabinet, {"posInfoStatus": int(cabinet.is_terminal_online)})
        return {}

    def _set_slot_fault(self, given: Mapping[str, Any]) -> object:
        self._fleet.cabinets[given["cabinet"]].bays[int(given["slot"]) - 1].fault = int(given["fault"])
        return {}

    def _set_battery_fault(self, given: Mapping[str, Any]) -> object:
        places = ((cabinet, held) for cabinet in self._fleet.cabinets.values() for _, held in cabinet.batteries())
        cabinet, battery = {held.id: (cabinet, held) for cabinet, held in places}[given["battery"]]
        battery.fault = int(given["fault"])
        if battery.fault:
            abnormal = {"abnormalBatteryId": battery.id, "batteryFaultType": battery.fault}
            self._fleet.tell("BATTERY_ABNORMAL_WARNING", cabinet, abnormal)
        return {}

    def _set_eagerness(self, given: Mapping[str, Any]) -> object:
        self._fleet.eagerness = float(given["factor"])
        return {}
