"""What is promised of each kind of command: its call, its proof, and how long either may take."""

from dataclasses import replace

from model.states import CommandKind, DeviceOperation
from vendors.bajie.pace import DEADLINE_S, LOOKS_S, PATIENCE_S
from vendors.manifest import CommandRule

EJECT = CommandRule(
    kind=CommandKind.EJECT_BATTERY,
    call="POST /cabinet/operation",
    proof="device info shows that the battery is gone from its slot",
    deadline_s=DEADLINE_S,
    looks_s=LOOKS_S,
    patience_s=PATIENCE_S,
)

RULES = (
    EJECT,
    replace(
        EJECT,
        kind=CommandKind.EJECT_ALL_BATTERIES,
        call="POST /cabinet/ejectByRepair",
        proof="device info shows that every battery is gone from its slot",
    ),
    replace(
        EJECT,
        kind=CommandKind.RENT_BATTERY,
        call="POST /rent/order/create",
        proof="the order names a battery, and device info shows that it is gone; or the order has ended with a return",
    ),
    replace(
        EJECT,
        kind=CommandKind.COMPLETE_RENTAL,
        call="POST /rent/order/close",
        proof="the order is shown as ended",
    ),
    replace(
        EJECT,
        kind=CommandKind.OPERATE_DEVICE,
        proof=(
            "batteries gone from their slots; the slot list shows the slot locked, or not; the device's row has one "
            "handshake more, or a later one"
        ),
        operations=tuple(DeviceOperation),
    ),
    replace(
        EJECT,
        kind=CommandKind.PUBLISH_ADVERTISEMENT,
        call="POST /cabinet/publishAd",
        proof="",
        is_absolute=True,
        most_targets=50,
    ),
)
