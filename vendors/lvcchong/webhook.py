"""What LVCC calls back: a charge has ended, a card was swiped, a cabinet's ports changed. Pure; raises only Malformed.

Nothing is signed, nothing is numbered, and one URL may serve all three, which are told apart by their fields. Of orders
nothing is believed: the order is read back. A cabinet's ports are believed where there is no doubt which is which.
Source: pages tJEQNrtM, ADZy0jQy and EryZFOEu of https://easydoc.net/doc/69760840/Laz72gTI
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from model.events import Happening
from model.faults import Malformed
from model.records import ChargingSession, Json, RawCode, Slot
from model.refs import Ref, device_ref, session_ref, slot_ref
from model.states import ChargingSessionStatus, EventType, SlotKind, SlotStatus, SlotStatusDetail
from vendors.kit.wire import mapped, read_as
from vendors.lvcchong.codes import ABNORMAL_END, AS_WANTED, MOST_SOCKETS, NORMAL_END, SOCKETS
from vendors.lvcchong.translate_orders import charging_session
from vendors.lvcchong.wire import Callback, Order
from vendors.manifest import AccountSettings
from vendors.receiving import Push, Pushed, Said, digest

ANSWER: Final[Mapping[str, object]] = {"success": True, "data": [], "error": None, "code": None}

HAPPENINGS: Final[Mapping[ChargingSessionStatus, EventType]] = {
    ChargingSessionStatus.PENDING: EventType.SESSION_UPDATED,
    ChargingSessionStatus.ACTIVE: EventType.SESSION_STARTED,
    ChargingSessionStatus.COMPLETED: EventType.SESSION_COMPLETED,
    ChargingSessionStatus.FAILED: EventType.SESSION_FAILED,
}
"""What a callback about an order tells: it comes when a card starts the order, and when the order has ended."""

REPEATS_WITHIN: Final = timedelta(seconds=3)
"""The same ports said again so soon are the same callback: no port changes and changes back within this time."""

# fmt: off
SHOWN: Final = frozenset((
    "deviceId", "endTime", "endType", "inTime", "orderNum", "payPrice", "portNum", "powerCount", "price", "startTime",
    "status", "totalElectricMoney", "totalServiceFee", "workTime",
))
# fmt: on
"""What `raw` shows of a callback: fields known to be about the charge, never about who charges."""
LONGEST_TEXT: Final = 64
MOST_NAMES: Final = 40
_FIELD_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")
"""What may be shown of a field that nobody knows: its name, if that holds no number or address."""


class CallbackReceiver:
    """Reads the callbacks to one account's URL."""

    answer: Mapping[str, object] = ANSWER

    def __init__(self, settings: AccountSettings) -> None:
        self._account = settings.id

    def verify(self, push: Push) -> None:
        """Nothing to look at: the vendor signs nothing."""

    def read(self, push: Push) -> Sequence[Pushed]:
        """The one thing that it says. Raises Malformed when it is about no device and no order."""
        fields = _fields(push.body)
        callback = read_as(Callback, fields, "callback")
        _refuse_odd_ids(callback)
        if callback.order_num and "endType" in fields:
            return [_ended(fields, self._account)]
        if callback.order_num and not fields.keys().isdisjoint(("workTime", "status")):
            return [_swiped(fields, self._account)]
        if callback.device_id and "ports" in fields:
            return [_ports(callback.ports, device_ref(self._account, callback.device_id))]
        return [_unknown(fields, callback, self._account)]


def _fields(body: bytes) -> Mapping[str, Any]:
    """A form, as documented; JSON is whatever begins like an object."""
    text = body.decode(errors="replace").strip()
    if not text.startswith("{"):
        return dict(parse_qsl(text, keep_blank_values=True))
    try:
        return dict(orjson.loads(text))
    except orjson.JSONDecodeError:
        raise Malformed("callback: neither a form nor JSON") from None


def _refuse_odd_ids(callback: Callback) -> None:
    """Ids become part of names that last; strangers must not choose them freely."""
    for name in (callback.device_id, callback.order_num):
        if name and not _is_plain(name):
            raise Malformed("callback: an id that cannot be one")


def _ended(fields: Mapping[str, Any], account: str) -> Pushed:
    """The end of charging (tJEQNrtM). Whether it was a normal one is not said: energy or else the end type tells."""
    order = read_as(Order, fields, "end of charging")
    is_wanted = order.end_type is None or order.end_type in AS_WANTED
    status = NORMAL_END if is_wanted else ABNORMAL_END
    session = replace(charging_session(account, order.model_copy(update={"status": status})), raw_status=None)
    return _of_session(digest("end", order.order_num, order.end_type, order.end_time), session, fields)


def _swiped(fields: Mapping[str, Any], account: str) -> Pushed:
    """An order that a card made (ADZy0jQy)."""
    order = read_as(Order, fields, "swipe order")
    return _of_session(digest("swipe", order.order_num, order.status), charging_session(account, order), fields)


def _of_session(key: str, session: ChargingSession, fields: Mapping[str, Any]) -> Pushed:
    """Without `at`: whose clock its times are by is not said, and what is read back is never old."""
    return Pushed(
        key=key,
        happening=Happening(
            type=mapped(HAPPENINGS, session.status, EventType.UNMAPPED),
            account=session.ref.account,
            occurred_at=session.ended_at or session.started_at,
            device=session.device,
            slot=session.slot,
            charging_session=session.ref,
            raw=_shown(fields),
        ),
        session=session,
        proof=(session.ref,),
    )


def _ports(ports: Sequence[int | None], device: Ref) -> Pushed:
    """A cabinet's port status (EryZFOEu). The cabinet is read back where numbers or their places leave a doubt."""
    if not ports or len(ports) > MOST_SOCKETS:
        raise Malformed("port status: no ports that can be read")
    sockets = _without_padding(ports)
    is_clear = bool(sockets) and all(state in SOCKETS for state in sockets)
    slots = tuple(_slot(device, index, state) for index, state in enumerate(sockets, start=1))
    return Pushed(
        key=digest("ports", device.native_id, *ports),
        happening=Happening(
            type=EventType.DEVICE_UPDATED,
            account=device.account,
            device=device,
            raw={"deviceId": device.native_id, "ports": list(ports)},
        ),
        repeats_within=REPEATS_WITHIN,
        said=Said(device=device, slots=slots) if is_clear else None,
        proof=() if is_clear else (device,),
    )


def _without_padding(ports: Sequence[int | None]) -> Sequence[int | None]:
    """The sockets from number 1 on; none when that cannot be told.

    The callback does not say how many sockets there are, but a cabinet has an even number of them ("8+2"). So one
    number too many is the padding in front that /deviceStatus has too, and the padding is 0.
    """
    if len(ports) % 2 == 0:
        return ports
    return ports[1:] if ports[0] == 0 else ()


def _slot(device: Ref, index: int, state: int | None) -> Slot:
    status, detail, label = mapped(SOCKETS, state, (SlotStatus.UNKNOWN, SlotStatusDetail.UNKNOWN, None))
    return Slot(
        ref=slot_ref(device, index),
        index=index,
        kind=SlotKind.SOCKET,
        status=status,
        status_detail=detail,
        raw_status=RawCode(str(state), label),
    )


def _unknown(fields: Mapping[str, Any], callback: Callback, account: str) -> Pushed:
    """A callback of a kind that no page has: nothing is changed by it."""
    if not callback.device_id and not callback.order_num:
        raise Malformed("callback: about no device and no order")
    return Pushed(
        key=digest("unknown", orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)),
        happening=Happening(
            type=EventType.UNMAPPED,
            account=account,
            device=device_ref(account, callback.device_id) if callback.device_id else None,
            charging_session=session_ref(account, callback.order_num) if callback.order_num else None,
            raw={**_shown(fields), "fields": _names(fields)},
        ),
        repeats_within=REPEATS_WITHIN,
    )


def _shown(fields: Mapping[str, Any]) -> Json:
    return {name: value for name, value in fields.items() if name in SHOWN and _is_plain(value)}


def _names(fields: Collection[str]) -> list[str]:
    return sorted(name for name in fields if _FIELD_NAME.fullmatch(name))[:MOST_NAMES]


def _is_plain(value: object) -> bool:
    """A number, or a short text of a line."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and value.isprintable()
    return value is None or isinstance(value, int | float)
