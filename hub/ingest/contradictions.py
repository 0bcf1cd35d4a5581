"""Whether what the vendor shows bears out what a push said. Pure.

What moved on since is no contradiction: a session that is said to have started may have ended by now.
"""

from collections.abc import Mapping

from hub.ingest.patches import OVER
from model.records import ChargingSession, Slot
from model.refs import Ref
from model.states import ChargingSessionStatus, Connectivity, EventType, SlotOccupancy
from vendors.contract import DeviceReading
from vendors.receiving import Pushed

Status = ChargingSessionStatus

_IMPLIED: Mapping[EventType, Status] = {
    EventType.SESSION_STARTED: Status.ACTIVE,
    EventType.BATTERY_RENTED: Status.ACTIVE,
    EventType.SESSION_COMPLETED: Status.COMPLETED,
    EventType.BATTERY_RETURNED: Status.COMPLETED,
    EventType.SESSION_FAILED: Status.FAILED,
}
"""How a session must stand for such a thing to have happened to it."""
_NOT_BILLED = frozenset({Status.FAILED, Status.INVALID})


def session_contradicts(pushed: Pushed, shown: ChargingSession) -> bool:
    """Whether a session as it is shown speaks against what a push says of it."""
    of_it = pushed.session is not None and pushed.session.ref == shown.ref
    said = pushed.session.status if of_it and pushed.session is not None else Status.UNKNOWN
    if said is Status.UNKNOWN and pushed.happening.charging_session in (None, shown.ref):
        said = _IMPLIED.get(pushed.happening.type, Status.UNKNOWN)
    if Status.UNKNOWN in (said, shown.status) or said is shown.status:
        return False
    if said in OVER:
        return not (said in _NOT_BILLED and shown.status in _NOT_BILLED)
    return said is Status.ACTIVE and shown.status not in OVER


def device_contradicts(pushed: Pushed, shown: DeviceReading) -> bool:
    """Whether a device as it is shown speaks against what a push says of it."""
    said = pushed.said
    if said is None or said.device != shown.device.ref:
        return False
    by_ref = {slot.ref: slot for slot in shown.slots or ()}
    return _connection_contradicts(said.connectivity, shown.device.connectivity) or any(
        _slot_contradicts(slot, by_ref.get(slot.ref)) for slot in said.slots
    )


def _connection_contradicts(said: Connectivity | None, shown: Connectivity) -> bool:
    return {said, shown} == {Connectivity.ONLINE, Connectivity.OFFLINE}


def _slot_contradicts(said: Slot, shown: Slot | None) -> bool:
    if shown is None:
        return False
    if {said.occupancy, shown.occupancy} == {SlotOccupancy.EMPTY, SlotOccupancy.OCCUPIED}:
        return True
    return _differ(said.battery, shown.battery)


def _differ(said: Ref | None, shown: Ref | None) -> bool:
    return said is not None and shown is not None and said != shown
