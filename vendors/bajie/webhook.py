"""What the vendor sends: event pushes to the account's webhook, and the callbacks of rentals. Pure.

Neither is signed, so that the secret in the path is all that tells them from a stranger's, and what moves a battery is
read back. A callback may be JSON or a form, may be repeated under another message id, and may come before the answer to
its order; it goes to a URL of its own, and is understood at the account's as well.
Source: pages 67396395 and 136068784 of https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone
from hashlib import sha256
from typing import cast
from urllib.parse import parse_qsl

import orjson

from model.faults import Malformed
from vendors.bajie.push_words import kept, told
from vendors.bajie.settings import BajieSettings
from vendors.bajie.translate_callbacks import called_back
from vendors.bajie.translate_pushes import Report, pushed
from vendors.bajie.wire import EventData, EventPush, RentalCallback
from vendors.kit.wire import kind_of, read_as
from vendors.manifest import AccountSettings
from vendors.receiving import Push, Pushed, Unreadable

ANSWER: Mapping[str, object] = {"code": 0, "msg": "success"}

EVENTS = (
    "CABINET_ONLINE",
    "CABINET_OFFLINE",
    "CABINET_STATUS",
    "BATTERY_IN",
    "BATTERY_BORROW_OUT",
    "BATTERY_ABNORMAL_WARNING",
    "BATTERY_POPUP",
    "ADMIN_RENTAL_ORDER",
    "POS_INFO_STATUS",
)
"""All that can be subscribed to."""


class BajieReceiver:
    """Reads what is pushed to one agent account."""

    answer: Mapping[str, object] = ANSWER

    def __init__(self, settings: AccountSettings) -> None:
        own = cast("BajieSettings", settings)
        self._account = own.id
        self._zone = timezone(timedelta(hours=own.utc_offset_hours))

    def verify(self, push: Push) -> None:
        """Nothing to look at: the vendor signs nothing."""

    def read(self, push: Push) -> Sequence[Pushed | Unreadable]:
        """The one thing that a push says: an event, or what became of a rental."""
        fields = _fields(push.body, push.media_type)
        event = read_as(EventPush, fields, "push")
        if event.event is None:
            status, word = _callback(fields)
            return [called_back(self._account, status, word, kept(fields), push.received_at)]
        data = event.event_data or {}
        report = Report(
            account=self._account,
            event=event.event.upper(),
            data=read_as(EventData, data, "event push"),
            raw=told(event.event, data),
            mark=sha256(push.body).hexdigest(),
            received_at=push.received_at,
            zone=self._zone,
        )
        return [pushed(report)]


@dataclass(frozen=True, slots=True)
class RentalWord:
    """What one callback says. `status` 0 failed, 1 released, 2 returned; `trade_no` may be another's on a return."""

    status: str
    trade_no: str | None
    battery: str | None

    @property
    def key(self) -> str:
        """The same for a callback that is the same: a repeated one may carry another message id."""
        return f"{self.trade_no}|{self.status}|{self.battery}"


def rental_word(body: bytes, media_type: str) -> RentalWord:
    """A callback's body. Raises Malformed for what is none."""
    status, said = _callback(_fields(body, media_type))
    return RentalWord(status, said.trade_no or said.order_id, said.battery_id)


def _callback(fields: Mapping[str, object]) -> tuple[str, RentalCallback]:
    """A callback and its status."""
    said = read_as(RentalCallback, fields, "rental callback")
    if said.status is None:
        raise Malformed("push: neither an event nor the status of a rental")
    return said.status, said


def _fields(body: bytes, media_type: str) -> Mapping[str, object]:
    """The content type is not documented and not believed: JSON is whatever begins like an object."""
    text = body.decode(errors="replace").strip()
    if "json" not in media_type.lower() and not text.startswith("{"):
        return dict(parse_qsl(text))
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("push: not JSON") from None
    if not isinstance(payload, Mapping):
        raise Malformed(f"push: expected an object, got {kind_of(payload)}")
    return payload
