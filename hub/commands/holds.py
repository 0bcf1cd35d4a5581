"""What a command keeps for itself while its outcome is open, so that no two commands act on one thing at a time."""

from model.commands import Aim, Instruction
from model.states import CommandKind, DeviceOperation

NOTHING = ""
"""Harmless beside anything: it reads, or sets a state that a newer command replaces."""
WHOLE_DEVICE = "device"
"""Nothing else may go on in the device."""
SOMETHING = "something"
"""A part of the device that the vendor chooses: harmless beside others, but not while the whole device is held."""

_HARMLESS = frozenset({DeviceOperation.REPORT, DeviceOperation.HEARTBEAT})


def hold_of(kind: CommandKind, aim: Aim, instruction: Instruction) -> str:
    """What a command of this kind holds: nothing, a slot, a session, something in the device or all of it."""
    if kind in (CommandKind.SET_CHARGER_MODE, CommandKind.PUBLISH_ADVERTISEMENT):
        return NOTHING
    if kind is CommandKind.OPERATE_DEVICE and instruction.operation in _HARMLESS:
        return NOTHING
    if aim.slot is not None:
        return aim.slot.id
    if aim.session is not None:
        return aim.session.id
    return SOMETHING if kind is CommandKind.RENT_BATTERY else WHOLE_DEVICE


def collide(held: str, wanted: str) -> bool:
    """Whether two holds in one device exclude each other."""
    if NOTHING in (held, wanted):
        return False
    if WHOLE_DEVICE in (held, wanted):
        return True
    return held == wanted != SOMETHING
