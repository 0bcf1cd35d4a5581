"""The vendor's words as ours: pure functions, and the home of every unit and every code table.

A code that no table has becomes UNKNOWN beside its raw code. Only Malformed is ever raised, and only when something is
missing that a record cannot live without.
"""

from collections.abc import Iterable, Mapping

from model.faults import Malformed
from model.records import Device, RawCode, Slot
from model.refs import device_ref, slot_ref
from model.states import Connectivity, DeviceKind, SlotKind, SlotStatus, SlotStatusDetail
from vendors._blueprint.wire import WireCharger
from vendors.contract import DeviceReading
from vendors.kit.wire import each, mapped, number, read_as

STATES: Mapping[str, tuple[SlotStatus, SlotStatusDetail]] = {
    "free": (SlotStatus.AVAILABLE, SlotStatusDetail.IDLE),
    "charging": (SlotStatus.CHARGING, SlotStatusDetail.CHARGING),
    "broken": (SlotStatus.OUT_OF_ORDER, SlotStatusDetail.FAULTED),
}
UNKNOWN_STATE = (SlotStatus.UNKNOWN, SlotStatusDetail.UNKNOWN)
CONNECTIVITY: Mapping[bool, Connectivity] = {True: Connectivity.ONLINE, False: Connectivity.OFFLINE}
WATTS_A_KILOWATT = 1000


def translate_chargers(account: str, items: Iterable[object]) -> list[DeviceReading]:
    """Every charger that can be read; one that cannot does not take the others with it."""
    return list(each(lambda item: translate_charger(account, item), items))


def translate_charger(account: str, item: object) -> DeviceReading:
    """One charger with its connector. Raises Malformed without an id."""
    charger = read_as(WireCharger, item, "charger")
    if charger.id is None:
        raise Malformed("charger: no id")
    power_kw = number(charger.power)
    raw_status = None if charger.state is None else RawCode(charger.state)
    device = Device(
        ref=device_ref(account, charger.id),
        kind=DeviceKind.EV_CHARGER,
        name=charger.title,
        connectivity=mapped(CONNECTIVITY, charger.is_online, Connectivity.UNKNOWN),
        power_w=None if power_kw is None else power_kw * WATTS_A_KILOWATT,
        raw_status=raw_status,
    )
    status, detail = mapped(STATES, charger.state, UNKNOWN_STATE)
    if device.connectivity is Connectivity.OFFLINE:
        status, detail = UNKNOWN_STATE
    connector = Slot(
        ref=slot_ref(device.ref, 1),
        index=1,
        kind=SlotKind.CONNECTOR,
        status=status,
        status_detail=detail,
        raw_status=raw_status,
    )
    return DeviceReading(device=device, slots=(connector,))
