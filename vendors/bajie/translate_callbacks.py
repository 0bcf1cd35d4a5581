"""What the callback of a rental says when it comes to the account's webhook: a pure function.

It is a hint, as to the URL of a single order: the order and the cabinet that it names are read back.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from model.events import Happening
from model.faults import Malformed
from model.records import ChargingSession, Json, RawCode
from model.refs import Ref, battery_ref, device_ref, session_ref, slot_ref
from model.states import ChargingSessionKind, ChargingSessionStatus, EventType
from vendors.bajie import wire
from vendors.bajie.push_words import usable_id
from vendors.bajie.translate import MOST_SLOTS
from vendors.bajie.translate_evidence import FAILED, RELEASED, RETURNED
from vendors.bajie.translate_pushes import SAME_MOVE_WITHIN
from vendors.kit.wire import mapped
from vendors.receiving import Pushed, digest

EVENTS: Mapping[str, EventType] = {
    RELEASED: EventType.BATTERY_RENTED,
    FAILED: EventType.SESSION_FAILED,
    RETURNED: EventType.BATTERY_RETURNED,
}
"""By `status`."""

SESSIONS: Mapping[str, ChargingSessionStatus] = {
    RELEASED: ChargingSessionStatus.ACTIVE,
    FAILED: ChargingSessionStatus.FAILED,
}
"""A return says nothing of a session: its order may be another than the battery left on."""


def called_back(account: str, status: str, word: wire.RentalCallback, raw: Json, received_at: datetime) -> Pushed:
    """What a callback with this `status` says. Raises Malformed when it names nothing that could be read back."""
    order = _ref(session_ref, account, word.trade_no or word.order_id)
    device = _ref(device_ref, account, word.device_id)
    battery = _ref(battery_ref, account, word.battery_id)
    event = mapped(EVENTS, status, EventType.UNMAPPED)
    proof = tuple(ref for ref in (device, order) if ref is not None)
    if not proof:
        raise Malformed("rental callback: neither an order nor a cabinet")
    return Pushed(
        key=digest("rental callback", order or device, status, battery),
        repeats_within=SAME_MOVE_WITHIN,
        happening=Happening(
            type=event,
            account=account,
            occurred_at=received_at,
            device=device,
            slot=_slot(device, word.slot_num),
            battery=battery,
            charging_session=order,
            raw=raw,
        ),
        session=_session(order, status, battery),
        proof=() if event is EventType.UNMAPPED else proof,
    )


def _session(order: Ref | None, status: str, battery: Ref | None) -> ChargingSession | None:
    known = SESSIONS.get(status)
    if order is None or known is None:
        return None
    return ChargingSession(
        ref=order, kind=ChargingSessionKind.RENTAL, status=known, battery=battery, raw_status=RawCode(status)
    )


def _slot(device: Ref | None, number: int | None) -> Ref | None:
    if device is None or number is None or not 1 <= number <= MOST_SLOTS:
        return None
    return slot_ref(device, number)


def _ref(named: Callable[[str, str], Ref], account: str, native_id: str | None) -> Ref | None:
    usable = usable_id(native_id)
    return named(account, usable) if usable else None
