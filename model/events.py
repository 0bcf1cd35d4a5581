"""Things that happened, in the order in which this gateway recorded them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from model.records import Json
from model.refs import Ref
from model.states import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened, before it is recorded. `raw`: what the vendor sent or we noted, no personal data."""

    type: EventType
    account: str | None = None
    occurred_at: datetime | None = None
    device: Ref | None = None
    slot: Ref | None = None
    battery: Ref | None = None
    charging_session: Ref | None = None
    command: Ref | None = None
    vendor_subscription: Ref | None = None
    raw: Json | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Happening):
    """A happening as it was recorded. `number` rises in the order in which events became visible."""

    ref: Ref
    number: int
    recorded_at: datetime

    @property
    def cursor(self) -> str:
        """Where to continue from here."""
        return str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    """Which events: None lets everything through. `visible`: accounts that the viewer may see."""

    accounts: Collection[str] | None = None
    devices: Collection[Ref] | None = None
    types: Collection[EventType] | None = None
    visible: Collection[str] | None = None
