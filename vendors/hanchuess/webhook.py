"""What HanChuESS pushes: batches of up to 100 items, each on its own. Pure; raises Malformed and Unauthorised only.

The vendor's pages do not say how a subscription's secret is used. Without a signature its secret URL tells a push from
a stranger's; what it says is telemetry and notices, which move neither rentals nor money nor commands, so nothing has
to be read back. Items may be repeated: they are known again by asset, type and time, whatever the batch's own time.
Source: https://docs.hanchuess.com/home/events
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson

from model.events import Happening
from model.faults import Malformed, Unauthorised
from model.records import Battery
from model.refs import Ref, battery_ref, device_ref
from model.states import EventType
from vendors.contract import StorageState
from vendors.hanchuess.events import BATTERY_TELEMETRY, EVENTS
from vendors.hanchuess.personal_data import without_personal_data
from vendors.hanchuess.settings import HanchuessSettings, WebhookSignature
from vendors.hanchuess.translate import instant, online, telemetry_state
from vendors.hanchuess.wire import BatchWire, ItemWire, TelemetryWire
from vendors.kit.signing import hmac_sha256
from vendors.kit.wire import items_of, mapped, read_as
from vendors.receiving import Push, Pushed, Said, Unreadable, digest

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far the clock of an asset may be ahead of ours; what it says of later than that is no time to go by."""

PLAIN_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
"""What an asset's id can be: it becomes part of names that last, and strangers must not choose those freely."""


class HanchuessReceiver:
    """Reads the pushes to one partner's webhook."""

    answer: Mapping[str, object] = {}
    """Any 2xx will do."""

    def __init__(self, settings: HanchuessSettings) -> None:
        self._settings = settings
        self._account = settings.id

    def verify(self, push: Push) -> None:
        """Compare the signature with that of the raw body by either of the account's secrets, in constant time."""
        if self._settings.webhook_signature is WebhookSignature.NONE:
            return
        given = (
            push.headers.get(self._settings.webhook_signature_header.lower(), "")
            .strip()
            .lower()
            .encode(errors="replace")
        )
        expected = (hmac_sha256(key, push.body).encode() for key in self._settings.webhook_keys)
        # All are compared whatever the first says, so that the time taken does not tell which secret it was.
        if sum(hmac.compare_digest(given, signature) for signature in expected) == 0:
            raise Unauthorised("webhook: the push does not carry the signature that the account asks for")

    def read(self, push: Push) -> Sequence[Pushed | Unreadable]:
        """Every item of the batch, in its order. Raises Malformed when it is no batch, or nothing in it can be read."""
        batch = _batch(push.body)
        found = [self._read(item, batch, push.received_at) for item in items_of(batch.data, "webhook")]
        if found and all(isinstance(item, Unreadable) for item in found):
            raise Malformed("webhook: not one item of it can be read")
        return found

    def _read(self, payload: object, batch: BatchWire, received_at: datetime) -> Pushed | Unreadable:
        try:
            item = read_as(ItemWire, payload, "item")
            return self._pushed(item, batch, received_at)
        except Malformed as fault:
            return Unreadable(fault.message)

    def _pushed(self, item: ItemWire, batch: BatchWire, received_at: datetime) -> Pushed:
        if item.type is None:
            raise Malformed("item: no type")
        name = item.type.lower()
        kind = mapped(EVENTS, name, EventType.UNMAPPED)
        at = instant(item.timestamp)
        measured_at = at if at is not None and at <= received_at + CLOCKS_DIFFER_BY else None
        raw = _shown(item)
        # Without a time of its own an item is the same only in a batch of the same time, and with the same words.
        moment = at or (batch.timestamp, orjson.dumps(raw, option=orjson.OPT_SORT_KEYS))
        happening = Happening(type=kind, account=self._account, occurred_at=measured_at, raw=raw)
        key = digest(item.asset_id, name, moment)
        asset = _asset(item, kind)
        if asset is None:
            return Pushed(key=key, happening=happening, at=measured_at)
        device = device_ref(self._account, asset)
        if kind is not EventType.TELEMETRY_RECEIVED:
            return Pushed(key=key, happening=replace(happening, device=device), at=measured_at)
        battery = battery_ref(self._account, asset) if name == BATTERY_TELEMETRY else None
        return Pushed(
            key=key,
            happening=replace(happening, device=device, battery=battery),
            at=measured_at,
            said=self._said(device, battery, item, measured_at),
        )

    def _said(self, device: Ref, battery: Ref | None, item: ItemWire, measured_at: datetime | None) -> Said:
        telemetry = read_as(TelemetryWire, item.data or {}, "item")
        raw = without_personal_data(item.data or {})
        state = telemetry_state(telemetry, self._settings.power_signs, raw, measured_at)
        batteries = (_battery(battery, state),) if battery is not None and state is not None else ()
        return Said(device=device, connectivity=online(telemetry), batteries=batteries, storage=state)


def _batch(body: bytes) -> BatchWire:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("webhook: it is not JSON") from None
    return read_as(BatchWire, payload, "webhook")


def _asset(item: ItemWire, kind: EventType) -> str | None:
    """The asset that an item is about. A test is about the registration, though it names one of its assets."""
    if kind is EventType.VENDOR_SUBSCRIPTION_CHANGED:
        return None
    if item.asset_id is not None and PLAIN_ID.fullmatch(item.asset_id):
        return item.asset_id
    if kind is EventType.UNMAPPED:
        return None
    raise Malformed("item: no assetId that can be one")


def _battery(battery: Ref, state: StorageState) -> Battery:
    return Battery(
        ref=battery,
        state_of_charge=state.storage.state_of_charge,
        state_of_health=state.state_of_health,
        observed_at=state.observed_at,
    )


def _shown(item: ItemWire) -> Mapping[str, object]:
    """The item in the vendor's words, without what could be about a person."""
    said = {"type": item.type, "timestamp": item.timestamp, "assetId": item.asset_id}
    return {**without_personal_data(said), "data": without_personal_data(item.data or {})}
