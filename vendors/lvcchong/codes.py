"""One table for each enumeration of the vendor (EFzEQ9MW, asBLtKYj, tJEQNrtM, zZgkOcID)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model.states import ChargingSessionEndReason as End
from model.states import ChargingSessionStatus as Session
from model.states import Connectivity, DeviceKind, DeviceLifecycle
from model.states import SlotStatus as Status
from model.states import SlotStatusDetail as Detail


@dataclass(frozen=True, slots=True)
class DeviceType:
    """What a `deviceType` is; `power_type` in OCPI's words, where the vendor tells enough."""

    kind: DeviceKind
    label: str
    power_type: str | None = None


def _sockets(label: str) -> DeviceType:
    return DeviceType(DeviceKind.EBIKE_SOCKET_STATION, label)


SIX_WAY_DC: Final = 21
"""A car pile or a socket station: only the family tells."""

DEVICE_TYPES: Final[Mapping[int, DeviceType]] = {
    **dict.fromkeys((9, 14, 16, 17, 28, 29), _sockets("two-way")),
    **dict.fromkeys((1, 2, 3, 7, 8, 19, 25, 26, 33, 34), _sockets("ten-way")),
    27: _sockets("twelve-way"),
    **dict.fromkeys((12, 18, 24, 96), _sockets("twenty-way")),
    5: _sockets("one way, high power"),
    **dict.fromkeys((4, 10), _sockets("two-way, low power")),
    22: DeviceType(DeviceKind.EBIKE_CHARGING_CABINET, "8+2 charging cabinet"),
    **dict.fromkeys((20, 35, 121), DeviceType(DeviceKind.EV_CHARGER, "car, AC")),
    122: DeviceType(DeviceKind.EV_CHARGER, "car, integrated DC pile", "DC"),
    SIX_WAY_DC: DeviceType(DeviceKind.UNKNOWN, "six-way DC"),
    **dict.fromkeys((11, 15), DeviceType(DeviceKind.ACCESS_CONTROL, "access gate")),
}
"""By `deviceType`. How many sockets there are is told by `portNumber`, never by this."""

SIX_WAY_DC_BY_FAMILY: Final[Mapping[int, DeviceType]] = {
    0: _sockets("six-way DC"),
    1: DeviceType(DeviceKind.EV_CHARGER, "six-way DC", "DC"),
}

CAR: Final = 1
"""`deviceFamily`: 0 two-wheelers, 1 cars."""

CONNECTIVITIES: Final[Mapping[int, Connectivity]] = {0: Connectivity.OFFLINE, 1: Connectivity.ONLINE}
"""By `online`; says nothing about `status`."""

LIFECYCLES: Final[Mapping[int, tuple[DeviceLifecycle, str]]] = {
    0: (DeviceLifecycle.PLANNED, "registered"),
    1: (DeviceLifecycle.IN_SERVICE, "online"),
    2: (DeviceLifecycle.DISABLED, "disabled"),
    3: (DeviceLifecycle.OUT_OF_ORDER, "fault"),
    4: (DeviceLifecycle.REMOVED, "dismantled"),
    5: (DeviceLifecycle.TEST, "test device"),
}
"""By the device's `status`."""

SOCKETS: Final[Mapping[int, tuple[Status, Detail, str]]] = {
    0: (Status.AVAILABLE, Detail.IDLE, "idle"),
    1: (Status.CHARGING, Detail.CHARGING, "charging"),
    -1: (Status.OUT_OF_ORDER, Detail.FAULTED, "fault"),
}
"""By the number in `ports`."""

CHARGE_ORDER: Final = 3
"""`type` of an order that is a charge; 1 and 2 are top-ups, 4 is a monthly card."""

ORDER_STATUSES: Final[Mapping[int, tuple[Session, str]]] = {
    0: (Session.PENDING, "unpaid"),
    1: (Session.PENDING, "paid, not charging"),
    2: (Session.ACTIVE, "charging"),
    3: (Session.COMPLETED, "normal end"),
    4: (Session.FAILED, "abnormal end"),
    5: (Session.COMPLETED, "superposed end"),
}
"""By the order's `status`; an abnormal end after energy had flowed is COMPLETED."""

UNPAID: Final = 0
NOT_YET_CHARGING: Final = frozenset({UNPAID, 1})
CHARGING: Final = 2
NORMAL_END: Final = 3
ABNORMAL_END: Final = 4
ENDED: Final = frozenset({NORMAL_END, ABNORMAL_END, 5})

END_REASONS: Final[Mapping[int, End]] = {
    1: End.COMPLETED_TIME,
    2: End.BATTERY_FULL,
    3: End.STOPPED_BY_USER,
    4: End.OVER_POWER,
    5: End.NO_LOAD,
    6: End.UNPLUGGED,
    12: End.MAX_DURATION,
    13: End.OVER_TEMPERATURE,
    14: End.METER_FAULT,
    15: End.OVER_VOLTAGE,
    16: End.LEAKAGE,
    17: End.DEVICE_FAULT,
    18: End.SLOT_FAULT_FIRE_SUPPRESSION,
    19: End.SMOKE_ALARM,
    20: End.DOOR_OPEN,
    21: End.WATER_ALARM,
    82: End.EMERGENCY_STOP,
}
"""By `endType`."""

BY_HAND: Final = 3
"""`endType` of an order that was stopped, by its customer or by a call."""

AS_WANTED: Final = frozenset({1, 2, BY_HAND})
"""`endType` of orders that ended as somebody meant them to: time up, full, by hand."""

RESULT_PENDING, RESULT_DONE = 0, 1
"""`result` of a start or stop; that 0 means nothing yet is assumed, and any other value a failure."""

START_FAILED: Final = 4
"""`chargingStatus` of a car pile's record: the session has failed."""

CUSTOM_TIME, BY_POWER, BY_ENERGY = 0, 1, 2
"""`type` of a price standard."""

MOST_SOCKETS: Final = 500
"""Far more than any device has; beyond it a `portNumber` is not believed."""
