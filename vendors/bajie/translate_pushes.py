"""What event pushes say, in our words: pure functions, a table of events, and the home of the rentals' fault codes.

A push is unsigned and has no id, and most have no time, so that the time of receipt is theirs. How a cabinet stands is
believed; that a battery moved is read back. Raises nothing but Malformed. Source: api-136068784 of
https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from model.events import Happening
from model.faults import Malformed
from model.records import Battery, ChargingSession, Json, RawCode, Slot
from model.refs import Ref, battery_ref, device_ref, session_ref, slot_ref
from model.states import (
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    EventType,
    SlotKind,
    SlotOccupancy,
)
from vendors.bajie import wire
from vendors.bajie.push_words import usable_id
from vendors.bajie.translate import MOST_SLOTS, NO_FAULT
from vendors.bajie.translate_status import cabinet_status, faulty_battery
from vendors.kit.wire import instant_of_text
from vendors.receiving import Pushed, Said, digest

SAME_MOVE_WITHIN = timedelta(minutes=10)
"""What is said again within this time is the same move: the vendor tries for minutes, and things happen twice."""
SAME_STATE_WITHIN = timedelta(seconds=30)
"""A state comes every minute and may hold again after another, so that only what was sent twice is dropped."""
CLOCKS_DIFFER_BY = timedelta(minutes=1)
"""How far the vendor's clock may be ahead of ours; a later time is none to go by."""

RENTAL_FAULTS: Mapping[str, str] = {
    "1": "authorise battery failed",
    "2": "battery id not found",
    "3": "eject failed",
    "4": "eject failed",
    "5": "eject failed",
    "9": "lease command timed out",
}
"""`faultType` of a rental that failed: another table than those of slots and of batteries."""


@dataclass(frozen=True, slots=True)
class Report:
    """One event push, taken apart. `raw`: what may be kept of it. `mark`: the digest of its body."""

    account: str
    event: str
    data: wire.EventData
    raw: Json
    mark: str
    received_at: datetime
    zone: timezone
    """Where its times are when they name no zone."""

    @property
    def cabinet(self) -> Ref:
        """The cabinet that it is about. Raises Malformed when it names none."""
        named = usable_id(self.data.cabinet_id)
        if named is None:
            raise Malformed("event push: no cabinet id")
        return device_ref(self.account, named)

    @property
    def order(self) -> Ref | None:
        """The rental, under whichever of its names."""
        named = usable_id(self.data.order_id or self.data.rent_order_id or self.data.trade_no)
        return session_ref(self.account, named) if named else None

    def battery(self, native_id: str | None) -> Ref | None:
        """A battery that it names."""
        return battery_ref(self.account, native_id) if native_id and usable_id(native_id) else None

    def slot(self, number: int | None) -> Ref | None:
        """A slot of its cabinet that it names."""
        return slot_ref(self.cabinet, number) if number is not None and 1 <= number <= MOST_SLOTS else None


Translation: TypeAlias = Callable[[Report], Pushed]


def pushed(report: Report) -> Pushed:
    """What one event push says. Raises Malformed when a known event does not name its cabinet."""
    return TRANSLATIONS.get(report.event, _unmapped)(report)


def _online(report: Report) -> Pushed:
    return _connection(report, EventType.DEVICE_CONNECTED, Connectivity.ONLINE, report.data.online_time)


def _offline(report: Report) -> Pushed:
    return _connection(report, EventType.DEVICE_DISCONNECTED, Connectivity.OFFLINE, report.data.offline_time)


def _connection(report: Report, event: EventType, connectivity: Connectivity, told_at: str | None) -> Pushed:
    """The only pushes with a time of their own, which tells which of two is newer."""
    at = instant_of_text(told_at, report.zone)
    if at is not None and at > report.received_at + CLOCKS_DIFFER_BY:
        at = None
    return Pushed(
        key=digest(report.event, report.cabinet, told_at),
        repeats_within=SAME_MOVE_WITHIN if told_at else SAME_STATE_WITHIN,
        happening=Happening(
            type=event,
            account=report.account,
            occurred_at=at or report.received_at,
            device=report.cabinet,
            raw=report.raw,
        ),
        at=at,
        said=Said(device=report.cabinet, connectivity=connectivity),
    )


def _status(report: Report) -> Pushed:
    return Pushed(
        key=digest(report.event, report.mark),
        repeats_within=SAME_STATE_WITHIN,
        happening=_happening(report, EventType.DEVICE_UPDATED),
        said=cabinet_status(report.cabinet, report.data),
    )


def _terminal(report: Report) -> Pushed:
    """A card reader is no device of its own: its state is in `raw`."""
    return Pushed(
        key=digest(report.event, report.cabinet, report.data.pos_info_status),
        repeats_within=SAME_STATE_WITHIN,
        happening=_happening(report, EventType.PAYMENT_TERMINAL_CHANGED),
    )


def _abnormal(report: Report) -> Pushed:
    """A battery has a fault, in the cabinet that tells of it."""
    battery, fault = report.battery(report.data.abnormal_battery_id), report.data.battery_fault_type
    batteries = (faulty_battery(report.cabinet, battery, fault),) if battery else ()
    return Pushed(
        key=digest(report.event, report.cabinet, battery, fault),
        repeats_within=SAME_MOVE_WITHIN,
        happening=_happening(report, EventType.BATTERY_ABNORMAL, battery=battery),
        said=Said(device=report.cabinet, batteries=batteries),
    )


def _returned(report: Report) -> Pushed:
    """A battery came back. Its order may be another than it left on, so that nothing is said of a session here."""
    battery, slot = report.battery(report.data.return_battery_id), report.slot(report.data.return_slot)
    return _move(report, EventType.BATTERY_RETURNED, slot, battery, SlotOccupancy.OCCUPIED)


def _left_on_rental(report: Report) -> Pushed:
    """A battery left on a rental; with a fault none did."""
    battery, slot = report.battery(report.data.out_battery_id), report.slot(report.data.out_slot)
    fault = report.data.fault_type
    if fault is None or fault == NO_FAULT:
        session = _rental(report, ChargingSessionStatus.ACTIVE, slot, battery)
        return _move(report, EventType.BATTERY_RENTED, slot, battery, SlotOccupancy.EMPTY, session)
    raw = RawCode(fault, report.data.fault_cause or RENTAL_FAULTS.get(fault))
    session = _rental(report, ChargingSessionStatus.FAILED, slot, battery, raw)
    return _move(report, EventType.SESSION_FAILED, slot, battery, None, session)


def _popped_up(report: Report) -> Pushed:
    """A battery left without a rental."""
    battery, slot = report.battery(report.data.out_battery_id), report.slot(report.data.out_slot)
    return _move(report, EventType.BATTERY_EJECTED, slot, battery, SlotOccupancy.EMPTY)


def _unmapped(report: Report) -> Pushed:
    """Something that no table knows: kept, and nothing is changed by it."""
    device = report.cabinet if usable_id(report.data.cabinet_id) else None
    return Pushed(
        key=digest(report.event, report.mark),
        repeats_within=SAME_MOVE_WITHIN,
        happening=Happening(
            type=EventType.UNMAPPED,
            account=report.account,
            occurred_at=report.received_at,
            device=device,
            charging_session=report.order,
            raw=report.raw,
        ),
    )


TRANSLATIONS: Mapping[str, Translation] = {
    "CABINET_ONLINE": _online,
    "CABINET_OFFLINE": _offline,
    "CABINET_STATUS": _status,
    "BATTERY_IN": _returned,
    "BATTERY_BORROW_OUT": _left_on_rental,
    "BATTERY_ABNORMAL_WARNING": _abnormal,
    "BATTERY_POPUP": _popped_up,
    "POS_INFO_STATUS": _terminal,
}
"""By the vendor's event. The body of ADMIN_RENTAL_ORDER is not documented: it is like an event that nobody knows."""


def _move(
    report: Report,
    event: EventType,
    slot: Ref | None,
    battery: Ref | None,
    occupancy: SlotOccupancy | None,
    session: ChargingSession | None = None,
) -> Pushed:
    """What a battery did, or None for `occupancy`: failed to do. The cabinet is the witness, and the order if named."""
    data = report.data
    return Pushed(
        key=digest(report.event, report.cabinet, report.order, battery, slot, data.fault_type, data.out_status),
        repeats_within=SAME_MOVE_WITHIN,
        happening=_happening(report, event, slot=slot, battery=battery, charging_session=report.order),
        said=_moved(report.cabinet, slot, battery, occupancy) if slot and occupancy else None,
        session=session,
        proof=(report.cabinet, *((report.order,) if report.order else ())),
    )


def _moved(device: Ref, slot: Ref, battery: Ref | None, occupancy: SlotOccupancy) -> Said:
    inside = battery if occupancy is SlotOccupancy.OCCUPIED else None
    index = int(slot.native_id)
    return Said(
        device=device,
        slots=(Slot(ref=slot, index=index, kind=SlotKind.BATTERY_SLOT, occupancy=occupancy, battery=inside),),
        batteries=(Battery(ref=inside, device=device, slot=slot),) if inside else (),
    )


def _rental(
    report: Report, status: ChargingSessionStatus, slot: Ref | None, battery: Ref | None, raw: RawCode | None = None
) -> ChargingSession | None:
    if report.order is None:
        return None
    return ChargingSession(
        ref=report.order,
        kind=ChargingSessionKind.RENTAL,
        status=status,
        device=report.cabinet,
        slot=slot,
        battery=battery,
        raw_status=raw,
    )


def _happening(
    report: Report,
    event: EventType,
    *,
    slot: Ref | None = None,
    battery: Ref | None = None,
    charging_session: Ref | None = None,
) -> Happening:
    """An event at the cabinet, at the time of receipt."""
    return Happening(
        type=event,
        account=report.account,
        occurred_at=report.received_at,
        device=report.cabinet,
        slot=slot,
        battery=battery,
        charging_session=charging_session,
        raw=report.raw,
    )
