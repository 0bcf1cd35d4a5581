"""The simulated registrations for pushes: what they hold, and when they begin and cease to be active.

https://docs.hanchuess.com/home/events/subscriptions-api; the share of failures that ends one is our choice.
"""

import random
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vendors.hanchuess.simulated_fleet import NoSuchThing

REMEMBERED_DELIVERIES = 20
MOST_FAILED = 0.5
EVERYTHING = "*"


def _outcomes() -> deque[bool]:
    return deque(maxlen=REMEMBERED_DELIVERIES)


@dataclass(slots=True, kw_only=True)
class Subscription:
    """A registration. With `is_scenery` nobody lives at its URL: nothing is sent, and that counts as delivered."""

    id: str
    oem: str
    webhook_url: str
    secret: str
    devices: tuple[str, ...]
    created_at: datetime
    events: tuple[str, ...] = (EVERYTHING,)
    version: str | None = None
    is_active: bool = False
    is_scenery: bool = False
    last_success_at: datetime | None = None
    secret_before: str | None = None
    outcomes: deque[bool] = field(default_factory=_outcomes)
    """Of its last deliveries, whether they were answered with 2xx."""

    def wants(self, event: str) -> bool:
        """Whether events of this type are pushed to it."""
        return event in self.events or EVERYTHING in self.events

    def heard(self, status: int, now: datetime) -> None:
        """A delivery was answered so, with 0 for not at all: too many failures of late end it without a word."""
        is_success = 200 <= status < 300
        self.outcomes.append(is_success)
        if is_success:
            self.last_success_at = now
        if self.outcomes.count(False) >= REMEMBERED_DELIVERIES * MOST_FAILED:
            self.is_active = False

    def activate(self) -> None:
        """Its test was answered."""
        self.is_active = True
        self.outcomes.clear()


class SubscriptionBook:
    """All registrations of the one partner; a body that lacks something raises KeyError, TypeError or ValueError."""

    def __init__(self, oem: str, luck: random.Random) -> None:
        """None at first."""
        self._oem = oem
        self._luck = luck
        self._by_id: dict[str, Subscription] = {}

    def all(self) -> list[Subscription]:
        """In the order in which they were made."""
        return list(self._by_id.values())

    def keep(self, subscription: Subscription) -> Subscription:
        """Add one."""
        self._by_id[subscription.id] = subscription
        return subscription

    def find(self, subscription_id: object) -> Subscription:
        """One by its id. Raises NoSuchThing."""
        found = self._by_id.get(str(subscription_id))
        if found is None:
            raise NoSuchThing("Subscription Does Not Exist")
        return found

    def subscribe(self, body: Mapping[str, Any], assets: Collection[str], now: datetime) -> Subscription:
        """A new one, inactive."""
        events = body.get("events")
        return self.keep(
            Subscription(
                id=f"RD{self._luck.getrandbits(40):010X}",
                oem=self._oem,
                webhook_url=_url(body["webhookUrl"]),
                secret=_text(body["secret"]),
                devices=_known(body["devices"], assets),
                created_at=now,
                events=(EVERYTHING,) if events is None else _texts(events),
                version=None if body.get("version") is None else _text(body["version"]),
            )
        )

    def resubscribe(self, body: Mapping[str, Any], assets: Collection[str], *, replaces: bool) -> Subscription:
        """Change one. What is left out stays; with `replaces` it is lost, and the whole has to be tested again."""
        found = self.find(body["subscriptionId"])
        said = {name: value for name, value in body.items() if value is not None}
        url = _url(said["webhookUrl"]) if "webhookUrl" in said else found.webhook_url
        secret = _text(said["secret"]) if "secret" in said else found.secret
        left_out_devices, left_out_events = ((), (EVERYTHING,)) if replaces else (found.devices, found.events)
        devices = _known(said["devices"], assets) if "devices" in said else left_out_devices
        events = _texts(said["events"]) if "events" in said else left_out_events
        version = _text(said["version"]) if "version" in said else None if replaces else found.version
        if secret != found.secret:
            found.secret_before = found.secret
        found.webhook_url, found.secret, found.devices = url, secret, devices
        found.events, found.version, found.is_scenery = events, version, False
        if replaces:
            found.is_active = False
        return found

    def unsubscribe(self, subscription_id: str) -> None:
        """Forget one."""
        del self._by_id[self.find(subscription_id).id]

    def deactivate_all(self) -> None:
        """Without a word."""
        for subscription in self._by_id.values():
            subscription.is_active = False


def _url(value: object) -> str:
    """HTTPS is asked for; plain HTTP is taken too, since a simulator's receivers are mostly next door."""
    text = _text(value)
    if not text.startswith(("https://", "http://")):
        message = "webhookUrl"
        raise ValueError(message)
    return text


def _known(value: object, assets: Collection[str]) -> tuple[str, ...]:
    devices = _texts(value)
    if any(device not in assets for device in devices):
        raise NoSuchThing("Device Does Not Exist")
    return devices


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        message = "a list of texts"
        raise ValueError(message)
    return tuple(dict.fromkeys(_text(item) for item in value))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        message = "a text"
        raise ValueError(message)
    return value
