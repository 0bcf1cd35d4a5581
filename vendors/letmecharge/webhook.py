"""What LetMeCharge pushes: its orders, as they are made, begin, go on and end. Pure; raises nothing but Malformed.

A push is not signed, not numbered, may come twice and out of order. So its URL must not be guessable, an order is known
again by (id, status, updatedAt), updatedAt tells which word is newer, and whatever starts, ends or bills a charge is
read back; only how a running charge goes on is believed. Source: https://docs.letmecharge.net/docs/letmecharge, WebHook
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import orjson

from model.events import Happening
from model.faults import Malformed
from model.records import ChargingSession, Json
from model.states import ChargingSessionStatus, EventType
from vendors.kit.wire import items_of, mapped, read_as
from vendors.letmecharge.translate_orders import session_of
from vendors.letmecharge.wire import Order
from vendors.manifest import AccountSettings
from vendors.receiving import Push, Pushed, Unreadable, digest

ANSWER: Mapping[str, object] = {}

HAPPENINGS: Mapping[ChargingSessionStatus, EventType] = MappingProxyType(
    {
        ChargingSessionStatus.PENDING: EventType.SESSION_UPDATED,
        ChargingSessionStatus.ACTIVE: EventType.SESSION_UPDATED,
        ChargingSessionStatus.COMPLETED: EventType.SESSION_COMPLETED,
        ChargingSessionStatus.FAILED: EventType.SESSION_FAILED,
    }
)
"""An order that waits is made, not yet running: no session has started."""

CLOCKS_DIFFER_BY = timedelta(minutes=2)
"""How far the vendor's clock may be ahead of ours; a later time is none to go by."""

# fmt: off
SHOWN = frozenset((
    "id", "_id", "orderId", "status", "amount", "commision_price", "tax_price", "provider", "plug_id", "started",
    "finished", "plug_price", "price_unit", "currency", "charged_kwh", "co2_saved", "battery_level", "createdAt",
    "updatedAt", "outlet_number", "power_kw",
))
# fmt: on
"""What `raw` shows of an order: fields known to be about the charge, never about who charges."""
LONGEST_TEXT = 200


class OrderReceiver:
    """Reads the orders that are pushed to one contract's webhook."""

    answer: Mapping[str, object] = ANSWER

    def __init__(self, settings: AccountSettings) -> None:
        self._account = settings.id

    def verify(self, push: Push) -> None:
        """Nothing to look at: the vendor signs nothing."""

    def read(self, push: Push) -> Sequence[Pushed | Unreadable]:
        """Each order of a list, or the single one, each on its own. Raises Malformed when none can be read."""
        items = _items(push.body)
        found = [self._read(item, push.received_at) for item in items]
        if items and not any(isinstance(item, Pushed) for item in found):
            raise Malformed("webhook: not one order of it can be read")
        return found

    def _read(self, item: object, received_at: datetime) -> Pushed | Unreadable:
        try:
            return _pushed(item, self._account, received_at)
        except Malformed as fault:
            return Unreadable(fault.message)


def _items(body: bytes) -> list[object]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("webhook: it is not JSON") from None
    return [payload] if isinstance(payload, Mapping) else items_of(payload, "webhook")


def _pushed(item: object, account: str, received_at: datetime) -> Pushed:
    order, session = read_as(Order, item, "order"), session_of(item, account, received_at)
    _refuse_odd_ids(session)
    at = _past(session.updated_at, received_at)
    is_active = session.status is ChargingSessionStatus.ACTIVE
    has_begun = is_active and session.energy_kwh == 0
    # Whoever is in progress and has an end, or cannot be put in order, is not believed either.
    is_progress = is_active and not has_begun and at is not None and order.finished is None
    # A charge begins once, however often it is said before energy flows.
    version = (session.started_at if has_begun else None) or session.updated_at or orjson.dumps(item)
    return Pushed(
        key=digest(session.ref.native_id, order.status, version),
        happening=Happening(
            type=EventType.SESSION_STARTED if has_begun else mapped(HAPPENINGS, session.status, EventType.UNMAPPED),
            account=account,
            occurred_at=_past(session.started_at if has_begun else session.ended_at, received_at) or at,
            device=session.device,
            slot=session.slot,
            charging_session=session.ref,
            raw=_shown(item),
        ),
        at=at,
        session=_readings(session) if is_progress else session,
        proof=() if is_progress else (session.ref,),
    )


def _past(moment: datetime | None, received_at: datetime) -> datetime | None:
    return moment if moment and moment <= received_at + CLOCKS_DIFFER_BY else None


def _refuse_odd_ids(session: ChargingSession) -> None:
    """Ids become part of names that last; strangers must not choose them freely."""
    for ref in filter(None, (session.ref, session.device, session.slot, session.site)):
        if not all(map(_is_plain, ref.parts)):
            raise Malformed("order: an id that cannot be one")


def _readings(session: ChargingSession) -> ChargingSession:
    """How the charge goes on, without money and names: those are read back."""
    return replace(session, billing=None, customer=None, external_id=None)


def _shown(item: object) -> Json:
    fields = item.items() if isinstance(item, Mapping) else ()
    return {name: value for name, value in fields if name in SHOWN and _is_plain(value)}


def _is_plain(value: object) -> bool:
    """A number, or a text of a line."""
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and value.isprintable()
    return value is None or isinstance(value, int | float)
