"""What readers were told of things on which a command has acted."""

from collections.abc import Iterable

from hub.commands.calls import Call
from hub.commands.moves import Moved
from hub.parts import Key, Part
from model.states import CommandStatus

_CHANGES_THINGS = frozenset({CommandStatus.CONFIRMED, CommandStatus.OUTCOME_UNKNOWN})


def outdated_by(call: Call, moved: Iterable[Moved]) -> list[Key]:
    """The parts to be read anew: of the devices that changed, and the account's running sessions."""
    devices = {one.device.native_id for one in moved if one.status in _CHANGES_THINGS}
    if not devices:
        return []
    of_devices = (Part.DEVICE, Part.SLOT_HEALTH, Part.BATTERY_HEALTH)
    keys = [Key(call.account, part, native) for native in sorted(devices) for part in of_devices]
    sessions = [target.session.native_id for target in call.task.targets if target.session is not None]
    return [
        *keys,
        Key(call.account, Part.ACTIVE_SESSIONS),
        *(Key(call.account, Part.SESSION, native) for native in sessions),
    ]
