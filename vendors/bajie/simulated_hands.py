"""What hands can do at the simulated cabinets; each takes the request's object and raises KeyError or ValueError."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from vendors.bajie.simulated_fleet import Fleet

Action: TypeAlias = Callable[[Mapping[str, Any]], object]


def hands(fleet: Fleet) -> Mapping[str, Action]:
    """The actions by name."""

    def rent(given: Mapping[str, Any]) -> object:
        cabinet = fleet.cabinets[given["cabinet"]]
        bay = next((bay for bay in cabinet.bays if bay.number == given["slot"]), None) if "slot" in given else None
        order = fleet.rent(cabinet, bay)
        if order is None:
            raise ValueError("nothing can be rented there")
        return {"order": order.id, "battery": order.battery.id, "slot": order.slot}

    def bring_back(given: Mapping[str, Any]) -> object:
        order = fleet.orders[given["order"]]
        if order.returned_at is not None:
            raise ValueError("that battery is back already")
        bay = fleet.bring_back(order, fleet.cabinets[given["cabinet"]] if "cabinet" in given else None)
        if bay is None:
            raise ValueError("no slot takes it")
        return {"slot": bay.number}

    def set_online(given: Mapping[str, Any]) -> object:
        cabinet = fleet.cabinets[given["cabinet"]]
        cabinet.is_online, cabinet.is_flaky = bool(given["online"]), False
        return {}

    def set_slot_fault(given: Mapping[str, Any]) -> object:
        fleet.cabinets[given["cabinet"]].bays[int(given["slot"]) - 1].fault = int(given["fault"])
        return {}

    def set_battery_fault(given: Mapping[str, Any]) -> object:
        pairs = (pair for cabinet in fleet.cabinets.values() for pair in cabinet.batteries())
        {battery.id: battery for _, battery in pairs}[given["battery"]].fault = int(given["fault"])
        return {}

    def set_eagerness(given: Mapping[str, Any]) -> object:
        fleet.eagerness = float(given["factor"])
        return {}

    return {
        "rent": rent,
        "bring_back": bring_back,
        "set_online": set_online,
        "set_slot_fault": set_slot_fault,
        "set_battery_fault": set_battery_fault,
        "set_eagerness": set_eagerness,
    }
