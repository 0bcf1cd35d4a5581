"""What the simulated vendor pushes to whom, signed by each registration's secret, and what goes wrong on the way."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from vendors.hanchuess import simulated_pushes as pushes
from vendors.hanchuess.simulated_documents import stamps_of
from vendors.hanchuess.simulated_fleet import Fleet
from vendors.hanchuess.simulated_post import Parcel, Post
from vendors.hanchuess.simulated_pushes import Item
from vendors.hanchuess.simulated_subscriptions import Subscription, SubscriptionBook
from vendors.kit.simulator import Simulator

MOST_ITEMS = 100
TOO_MANY_BYTES = 10 * 1024 * 1024 + 1


class Deliveries:
    """Everything that leaves this vendor by itself."""

    def __init__(self, world: Simulator, fleet: Fleet, book: SubscriptionBook, post: Post) -> None:
        """Nothing is on the way."""
        self._world = world
        self._fleet = fleet
        self._book = book
        self._post = post
        self._held: dict[str, Parcel] = {}

    def tell_telemetry(self) -> None:
        """A batch for each active registration, of all its devices."""
        if self._world.struck("silent_deactivation"):
            self._book.deactivate_all()
        if self._world.struck("telemetry_silence"):
            return
        for subscription in self._book.all():
            if subscription.is_active:
                self._send(subscription, self._telemetry(subscription))

    def tell(self, item: Item, *, to_everybody: bool = False) -> None:
        """One event, to those who want such events of this asset, or of any."""
        for subscription in self._book.all():
            is_concerned = to_everybody or item["assetId"] in subscription.devices
            if subscription.is_active and is_concerned and subscription.wants(item["type"]):
                self._send(subscription, [item])

    async def test(self, subscription: Subscription) -> bool:
        """Push the test event and wait for its answer: a 2xx activates the registration."""
        if self._world.struck("test_never_arrives"):
            return False
        asset = next(iter(subscription.devices), "")
        item = pushes.event(pushes.SUBSCRIPTION_TEST, asset, self._world.now, stamps_of(self._world))
        if subscription.is_scenery:
            subscription.heard(200, self._world.now)
        elif not 200 <= await self._post.deliver(self._parcel(subscription, [item])) < 300:
            return False
        subscription.activate()
        if late := self._world.struck("test_before_reply"):
            await self._world.clock.sleep(float(late.value or 3))
        return True

    # What is in a batch.

    def _telemetry(self, subscription: Subscription) -> list[Item]:
        now, stamps = self._world.now, stamps_of(self._world)
        items: list[Item] = []
        for sn in subscription.devices:
            inverter, holder = self._fleet.inverters.get(sn), self._fleet.holder_of(sn)
            if inverter is not None and subscription.wants(pushes.INVERTER_TELEMETRY):
                items.append(pushes.telemetry_of_inverter(inverter, now, stamps))
            elif holder is not None and subscription.wants(pushes.BATTERY_TELEMETRY):
                items.append(pushes.telemetry_of_battery(holder, sn, now, stamps))
        for item in items:
            self._spoil(item["data"])
        return self._with_strangers(items)

    def _spoil(self, data: dict[str, Any]) -> None:
        state = data.get("batteryState")
        if state and self._world.struck("soc_out_of_range"):
            state["soc"] = round(state["soc"] * 100)
        if self._world.struck("null_readings"):
            data.update(dict.fromkeys(data))

    def _with_strangers(self, items: list[Item]) -> list[Item]:
        """Items that nobody asked for, where a switch asks for them."""
        now, stamps = self._world.now, stamps_of(self._world)
        if items and self._world.struck("batch_100"):
            for number in range(MOST_ITEMS - len(items)):
                measured_at = now - timedelta(seconds=number + 1) + stamps.ahead
                items.append({**items[number % len(items)], "timestamp": stamps.iso(measured_at)})
        if self._world.struck("unknown_type"):
            items.insert(0, pushes.event("inverter:data:forecast", "H01SIM0001G1H", now, stamps, {"hours": [1, 2]}))
        if self._world.struck("unknown_device"):
            items.insert(0, pushes.event(pushes.INVERTER_TELEMETRY, "H01NOBODYG1H", now, stamps, {"isOnline": True}))
        if self._world.struck("oversize"):
            padding = {"padding": "x" * TOO_MANY_BYTES}
            items.insert(0, pushes.event("inverter:data:padding", "H01SIM0001G1H", now, stamps, padding))
        return items

    # How it leaves.

    def _send(self, subscription: Subscription, items: Sequence[Item]) -> None:
        for first in range(0, len(items), MOST_ITEMS):
            if subscription.is_scenery:
                subscription.heard(200, self._world.now)
            else:
                self._put(subscription, self._parcel(subscription, items[first : first + MOST_ITEMS]))

    def _put(self, subscription: Subscription, parcel: Parcel) -> None:
        path = urlsplit(subscription.webhook_url).path
        if self._world.struck("drop", path):
            return
        if late := self._world.struck("late", path):
            self._world.later(float(late.value or 90), lambda: self._post.put(parcel))
            return
        held = self._held.pop(subscription.id, None)
        if held is None and self._world.struck("reorder", path):
            self._held[subscription.id] = parcel
            return
        self._post.put(parcel)
        if self._world.struck("duplicate", path):
            self._post.put(parcel)
        if held is not None:
            self._post.put(held)

    def _parcel(self, subscription: Subscription, items: Sequence[Item]) -> Parcel:
        path = urlsplit(subscription.webhook_url).path
        told: list[object] = list(items)
        if self._world.struck("corrupt_item", path):
            told = [*told[: len(told) // 2], "corrupt", *told[len(told) // 2 :]][:MOST_ITEMS]
        content = json.dumps(pushes.batch(told, self._world.now, stamps_of(self._world))).encode()
        headers = {"Content-Type": "application/json", **self._signature(subscription, content, path)}
        if subscription.version is not None:
            headers["X-Api-Version"] = subscription.version

        def heard(status: int) -> None:
            subscription.heard(status, self._world.now)
            self._world.calls_back.append((self._world.now, path, status))

        return Parcel(subscription.webhook_url, content, headers, heard)

    def _signature(self, subscription: Subscription, content: bytes, path: str) -> dict[str, str]:
        if self._world.struck("no_signature", path):
            return {}
        secret = subscription.secret
        if self._world.struck("bad_signature", path):
            secret = f"not {secret}"
        elif self._world.struck("old_secret", path):
            secret = subscription.secret_before or secret
        return {"X-Signature": hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}
