"""The simulated HanChuESS's pushes, as https://docs.hanchuess.com/home/events shows them as far as it does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from vendors.hanchuess.simulated_documents import Stamps
from vendors.hanchuess.simulated_fleet import Inverter, Measured

Item: TypeAlias = dict[str, Any]

INVERTER_TELEMETRY = "inverter:data:telemetry"
BATTERY_TELEMETRY = "battery:data:telemetry"
SUBSCRIPTION_TEST = "hanchuess:subscription:test"
REGISTERED = "inverter:response:registered"
DELETED_BY_OWNER = "inverter:action:deleted"
DELETED_BY_PARTNER = "inverter:response:deleted"
ORDERS = ("schedule", "command", "configuration")
STAGES = ("START", "PROCESSING", "FINISH")


def batch(items: Sequence[object], sent_at: datetime, stamps: Stamps) -> dict[str, Any]:
    """A delivery: when it was sent, and its items."""
    return {"timestamp": stamps.iso(sent_at), "data": list(items)}


def telemetry_of_inverter(inverter: Inverter, now: datetime, stamps: Stamps) -> Item:
    """What an inverter uploaded last; of one that is not connected only that."""
    measured = inverter.uploaded if inverter.online else None
    if measured is None:
        return event(INVERTER_TELEMETRY, inverter.sn, now, stamps, {"isOnline": False})
    readings = {"pPv": measured.solar_w, "pLoad": measured.load_w, "pMeter": measured.grid_w}
    data = {"isOnline": True, "batteryState": _battery_state(measured, measured.battery_w), **readings}
    return event(INVERTER_TELEMETRY, inverter.sn, measured.at, stamps, data)


def telemetry_of_battery(inverter: Inverter, sn: str, now: datetime, stamps: Stamps) -> Item:
    """The same for one of its batteries, which bear the load in equal shares."""
    measured = inverter.uploaded if inverter.online else None
    if measured is None:
        return event(BATTERY_TELEMETRY, sn, now, stamps, {"isOnline": False})
    state = _battery_state(measured, round(measured.battery_w / len(inverter.modules)))
    return event(BATTERY_TELEMETRY, sn, measured.at, stamps, {"isOnline": True, "batteryState": state})


def _battery_state(measured: Measured, power_w: int) -> dict[str, Any]:
    flow = "CHARGING" if power_w > 0 else "DISCHARGING" if power_w < 0 else "IDLE"
    return {"chargeStatus": flow, "soc": round(measured.soc, 2), "soh": 1, "power": power_w}


def event(name: str, asset: str, at: datetime, stamps: Stamps, data: dict[str, Any] | None = None) -> Item:
    """One item; it is an asset's clock that it is stamped by."""
    return {"type": name, "timestamp": stamps.iso(at + stamps.ahead), "assetId": asset, "data": data or {}}


def notice(order: str, stage: str, asset: str, at: datetime, stamps: Stamps) -> Item:
    """How an order of the vendor's app goes on: at its start, while it is carried out, and at its end."""
    return event(f"inverter:action:{order}", asset, at, stamps, {"stage": stage})
