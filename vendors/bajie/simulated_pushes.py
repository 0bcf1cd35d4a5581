"""The simulated event pushes: the account's one configuration, and what is sent to its receiver as things happen.

Nothing is sent while nobody is registered. A cabinet without a connection tells nothing, but for what the platform
itself notices; a cabinet in no shop belongs to nobody who could be told.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from vendors.bajie import simulated_documents as documents
from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_faults import disguised_push
from vendors.bajie.simulated_hands import Action
from vendors.bajie.simulated_things import Cabinet
from vendors.bajie.simulated_world import INCOMPLETE, RETRIES_S, Asked, Entry, Refusal, World
from vendors.kit.simulator import CallBack

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


class Pushes:
    """Its configuration is kept in the world."""

    def __init__(self, world: World, agent: str) -> None:
        """`agent`: whose account it is."""
        self._world = world
        self._agent = agent

    def table(self) -> tuple[Entry, ...]:
        """The endpoints."""
        return (
            ("POST", "/cabinet/eventPush/config", self._set_config),
            ("GET", "/cabinet/eventPush/config/get", self._config),
        )

    def actions(self) -> Mapping[str, Action]:
        """Another system that registers itself, and a stranger who pushes what never happened."""
        return {"set_push_url": self._set_push_url, "forge_push": self._forge}

    def tell(self, event: str, cabinet: Cabinet, special: Document) -> None:
        """Push what happened at a cabinet to whoever is registered for it."""
        url = self._receiver_of(event)
        is_known = cabinet.is_online or event == "CABINET_OFFLINE" or "faultType" in special
        if url and cabinet.shop is not None and is_known:
            data = {"cabinetId": cabinet.id, **self._circumstances(event, cabinet), **self._as_switched(special, url)}
            event, data = disguised_push(self._world, url, event, data)
            self._send(url, event, data)

    def _circumstances(self, event: str, cabinet: Cabinet) -> Document:
        now = self._world.fleet.now
        match event:
            case "CABINET_STATUS":
                return documents.cabinet_status(cabinet, now)
            case "CABINET_ONLINE":
                return {"onlineTime": documents.local(now)}
            case "CABINET_OFFLINE":
                return {"offlineTime": documents.local(now)}
        return {}

    def _as_switched(self, special: Document, url: str) -> Document:
        """The order of a return may be another, or missing."""
        if "returnSlot" not in special or "orderId" not in special:
            return special
        if self._world.struck("return_no_order", url):
            return {key: value for key, value in special.items() if key != "orderId"}
        if self._world.struck("return_other_order", url):
            return {**special, "orderId": self._world.fleet.trade_no()}
        return special

    def _send(self, url: str, event: object, data: object) -> None:
        body = json.dumps({"agentAccount": self._agent, "event": event, "eventData": data}).encode()
        self._world.deliver(url, partial(CallBack, url, body, "application/json", retries_s=RETRIES_S))

    def _receiver_of(self, event: str) -> str | None:
        """The event's own URL, else the common one; None while it is off."""
        config = self._world.push_config or {}
        switches = {item["event"]: item for item in config.get("eventSubscriptions", [])}
        switch = switches.get(event, {})
        return switch.get("pushUrl") or config.get("pushUrl") if switch.get("enable") else None

    def _config(self, _: Asked) -> Document:
        return {"data": self._world.push_config}

    def _set_config(self, asked: Asked) -> Document:
        """What is written replaces what there was, event by event only when that is switched on."""
        url, items = asked.fields.get("pushUrl"), asked.fields.get("eventSubscriptions")
        if not isinstance(url, str) or not url or not isinstance(items, list) or not all(map(_is_switch, items)):
            raise Refusal(INCOMPLETE)
        written = {item["event"]: item for item in items}
        if self._world.struck("push_config_merges", asked.url_path):
            before = (self._world.push_config or {}).get("eventSubscriptions", [])
            written = {**{item["event"]: item for item in before}, **written}
        self._world.push_config = {"pushUrl": url, "eventSubscriptions": list(written.values())}
        self._world.act("push configuration written", self._agent)
        return {"data": self._world.push_config}

    def _set_push_url(self, given: Mapping[str, Any]) -> object:
        off = given.get("off", [])
        self._world.push_config = documents.push_config(given["url"], {event: event not in off for event in EVENTS})
        return {}

    def _forge(self, given: Mapping[str, Any]) -> object:
        if self._world.push_config is None:
            raise ValueError("nobody is registered")
        self._send(self._world.push_config["pushUrl"], given["event"], given["data"])
        return {}


def _is_switch(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("event"), str) and isinstance(item.get("enable"), bool)
