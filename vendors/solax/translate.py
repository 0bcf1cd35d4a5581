"""SolaX's words as ours: every code table and unit of this vendor. Pure; raises nothing but Malformed."""

from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from model.faults import Malformed
from model.records import Connector, Device, RawCode, Slot
from model.refs import Ref, slot_ref
from model.states import ChargerMode, Connectivity, DeviceKind, SlotKind, SlotStatus, SlotStatusDetail
from vendors.contract import DeviceReading
from vendors.kit.wire import mapped, number, read_as
from vendors.solax.settings import PowerUnit
from vendors.solax.wire import PileInfo


class SlotState(NamedTuple):
    """What a chargerStatus says of the connector, and the vendor's name for it."""

    status: SlotStatus
    detail: SlotStatusDetail
    label: str | None


UNKNOWN_STATE = SlotState(SlotStatus.UNKNOWN, SlotStatusDetail.UNKNOWN, None)

CHARGER_STATUSES: Mapping[int, SlotState] = {
    0: SlotState(SlotStatus.AVAILABLE, SlotStatusDetail.IDLE, "Available"),
    1: SlotState(SlotStatus.CHARGING, SlotStatusDetail.PREPARING, "Preparing"),
    2: SlotState(SlotStatus.CHARGING, SlotStatusDetail.CHARGING, "Charging"),
    3: SlotState(SlotStatus.CHARGING, SlotStatusDetail.FINISHING, "Finishing"),
    4: SlotState(SlotStatus.OUT_OF_ORDER, SlotStatusDetail.FAULTED, "Faulted"),
    5: SlotState(SlotStatus.INOPERATIVE, SlotStatusDetail.UNAVAILABLE, "Unavailable"),
    6: SlotState(SlotStatus.RESERVED, SlotStatusDetail.UNKNOWN, "Reserved"),
    7: SlotState(SlotStatus.CHARGING, SlotStatusDetail.SUSPENDED_EV, "SuspendedEV"),
    8: SlotState(SlotStatus.CHARGING, SlotStatusDetail.SUSPENDED_EVSE, "SuspendedEVSE"),
    9: SlotState(SlotStatus.INOPERATIVE, SlotStatusDetail.UPDATING, "Update"),
    10: SlotState(SlotStatus.CHARGING, SlotStatusDetail.AWAITING_AUTHORIZATION, "CardActivation"),
    11: SlotState(SlotStatus.CHARGING, SlotStatusDetail.START_DELAY, "StartDelay"),
    12: SlotState(SlotStatus.CHARGING, SlotStatusDetail.PAUSED, "ChargPause"),
    13: SlotState(SlotStatus.CHARGING, SlotStatusDetail.STOPPING, "Stopping"),
    17: SlotState(SlotStatus.CHARGING, SlotStatusDetail.PHASE_SWITCHING, "PhaseSwitching"),
}

CHARGING_MODES: Mapping[int, ChargerMode] = {
    0: ChargerMode.STOP,
    1: ChargerMode.FAST,
    2: ChargerMode.ECO,
    3: ChargerMode.GREEN,
}

COMMAND_VALUES: Mapping[ChargerMode, str] = {mode: str(code) for code, mode in CHARGING_MODES.items()}
"""cmdValue of pileCmd, as text; for a mode that is not here there is no command."""

WATTS: Mapping[PowerUnit, float] = {"W": 1.0, "kW": 1000.0}


class Model(NamedTuple):
    """What a serial number's first four characters tell."""

    name: str
    power_type: str | None
    rated_w: float


MODELS: Mapping[str, Model] = {
    "C107": Model("X1 7 kW", "AC_1_PHASE", 7000),
    "C311": Model("X3 11 kW", "AC_3_PHASE", 11_000),
    "C322": Model("X3 22 kW", "AC_3_PHASE", 22_000),
    "5020": Model("second generation, 7 kW", None, 7000),
    "5030": Model("second generation, 11 kW", None, 11_000),
    "5070": Model("second generation, 22 kW", None, 22_000),
}


def translate_pile_info(device: Ref, result: object, power_unit: PowerUnit) -> DeviceReading:
    """The `result` of getPileInfo as the charger and its one connector.

    Null, or an object of nulls, is a charger that is offline. Raises Malformed when there is something in it and
    none of it can be read.
    """
    if result is None:
        return _reading(device, PileInfo(), power_unit, {})
    info = read_as(PileInfo, result, "getPileInfo")
    raw = result if isinstance(result, Mapping) else {}
    if info.is_silent and any(value is not None for value in raw.values()):
        raise Malformed("getPileInfo: none of the charger's readings can be read")
    return _reading(device, info, power_unit, raw)


def _reading(device: Ref, info: PileInfo, power_unit: PowerUnit, raw: Mapping[str, object]) -> DeviceReading:
    model = MODELS.get(device.native_id[:4].upper())
    state = mapped(CHARGER_STATUSES, info.status, UNKNOWN_STATE)
    raw_status = None if info.status is None else RawCode(str(info.status), state.label)
    charger = Device(
        ref=device,
        kind=DeviceKind.EV_CHARGER,
        model=None if model is None else model.name,
        connectivity=Connectivity.UNKNOWN if info.is_silent else Connectivity.ONLINE,
        charger_mode=mapped(CHARGING_MODES, info.mode, ChargerMode.UNKNOWN),
        power_w=_watts(number(info.power), power_unit),
        energy_kwh=number(info.energy),
        raw_status=raw_status,
        raw=raw,
    )
    connector = Slot(
        ref=slot_ref(device, 1),
        index=1,
        kind=SlotKind.CONNECTOR,
        status=state.status,
        status_detail=state.detail,
        connector=None if model is None else Connector(power_type=model.power_type, max_power_w=model.rated_w),
        raw_status=raw_status,
    )
    return DeviceReading(device=charger, slots=(connector,))


def _watts(power: float | None, unit: PowerUnit) -> float | None:
    if power is None:
        return None
    watts = power * WATTS[unit]
    return watts if isfinite(watts) else None
