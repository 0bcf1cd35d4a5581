"""The simulated vendor's callbacks: ends of charging, swiped cards and cabinets' ports, by form, and what befalls them.

They follow from watching the world: whatever is different since the last look is told.
"""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode, urlsplit

import httpx

from vendors.kit.simulator import CallBack, Simulator
from vendors.lvcchong.simulated_documents import millis, ports_of
from vendors.lvcchong.simulated_faults import recoded
from vendors.lvcchong.simulated_fleet import CABINET, Fleet, Order, Station
from vendors.lvcchong.simulated_people import FULL, STOPPED

RETRIES_S: Final = (5.0, 30.0, 300.0)
SOON_S: Final = 1.0
CARD_HOLDS_YUAN: Final = 20
FORGED_PRICE_YUAN: Final = 999.0
Document: TypeAlias = dict[str, Any]


class Callbacks:
    """The account's URL; nothing is sent while there is none."""

    def __init__(self, simulator: Simulator, fleet: Fleet) -> None:
        """The simulator gives time, luck and faults, and sends."""
        self.url: str | None = None
        self._simulator = simulator
        self._fleet = fleet
        self._told: set[str] = set()
        """Orders whose end was told, or was before the URL was given."""
        self._swiped: set[str] = set()
        self._ports: dict[str, list[int]] = {}
        self._held: dict[str, Document] = {}

    def register(self, url: object) -> None:
        """Call this URL from now on, or none. Raises ValueError for what is no URL."""
        if url is not None and not str(url).startswith(("http://", "https://")):
            message = "url must start with http:// or https://, or be null"
            raise ValueError(message)
        self.url = None if url is None else str(url)
        list(self._news())  # What happened before is not told.

    def tell(self) -> None:
        """Send whatever is new."""
        if self.url is None:
            return
        for document in self._news():
            self._push(document)
            if self._is_struck("callback_forged"):
                self._forge()

    def _news(self) -> Iterator[Document]:
        for order in list(self._fleet.orders.values()):
            if order.card and order.status >= 2 and order.number not in self._swiped:
                self._swiped.add(order.number)
                yield swipe_document(order)
            if order.is_over and order.number not in self._told:
                self._told.add(order.number)
                yield end_document(order)
        for station in self._fleet.stations.values():
            if station.device_type == CABINET and station.is_online:
                yield from self._news_of_ports(station)

    def _news_of_ports(self, cabinet: Station) -> Iterator[Document]:
        ports = ports_of(cabinet.sockets, self._simulator.now)
        if self._ports.get(cabinet.sim_id) != ports:
            self._ports[cabinet.sim_id] = ports
            yield ports_document(cabinet, ports)

    def _forge(self) -> None:
        """Say the first charge that goes on to have ended."""
        for order in self._fleet.running:
            if order.started_at:
                ended = {"endType": FULL, "payPrice": FORGED_PRICE_YUAN, "endTime": millis(self._simulator.now)}
                self._simulator.later(SOON_S, partial(self._send, end_document(order) | ended))
                return

    def _push(self, document: Document) -> None:
        """Send it, unless a fault that is on has other plans for it."""
        device = document["deviceId"]
        if self._is_struck("callback_drop"):
            return
        if device in self._held:
            self._deliver(document)
            self._simulator.later(SOON_S, partial(self._deliver, self._held.pop(device)))
        elif self._is_struck("callback_reorder"):
            self._held[device] = document
        else:
            self._deliver(document)

    def _deliver(self, document: Document) -> None:
        if "ports" in document and self._is_struck("callback_no_padding"):
            document = document | {"ports": document["ports"][1:]}
        self._send(document)
        if self._is_struck("callback_duplicate"):
            self._simulator.later(SOON_S, partial(self._send, document))

    def _send(self, document: Document) -> None:
        if self.url:
            fields = recoded(self._simulator, urlsplit(self.url).path, document)
            content = urlencode({name: _written(value) for name, value in fields.items()}).encode()
            form = "application/x-www-form-urlencoded"
            self._simulator.call_back(CallBack(self.url, content, form, _is_taken, RETRIES_S))

    def _is_struck(self, name: str) -> bool:
        return self._simulator.struck(name, urlsplit(self.url or "").path) is not None


def end_document(order: Order) -> Document:
    """The end of charging; what is billed by kWh in two parts, and its detail unless the end was forced."""
    document: Document = {
        "endType": order.end_type,
        "orderNum": order.number,
        "deviceId": order.station.sim_id,
        "portNum": order.port,
        "powerCount": round(order.energy_kwh, 3),
        "cardNum": order.card,
        "payPrice": order.price_yuan,
        "startTime": millis(order.started_at) if order.started_at else None,
        "endTime": millis(order.ended_at) if order.ended_at else None,
    }
    if order.station.family:
        energy_yuan = round(order.price_yuan * 0.6, 2)
        document |= {"totalElectricMoney": energy_yuan, "totalServiceFee": round(order.price_yuan - energy_yuan, 2)}
        if order.end_type != STOPPED:
            document["electricDetail"] = "[]"
    return document


def swipe_document(order: Order) -> Document:
    """An order that a card made. The price in fen, what is left on the card in yuan."""
    return {
        "orderNum": order.number,
        "workTime": order.minutes,
        "inTime": millis(order.made_at),
        "userId": order.user_id,
        "price": round(order.price_yuan * 100),
        "balance": round(CARD_HOLDS_YUAN - order.price_yuan, 2),
        "deviceId": order.station.sim_id,
        "portNum": order.port,
        "status": order.status,
        "cardNum": order.card,
    }


def ports_document(cabinet: Station, ports: list[int]) -> Document:
    """The state of a cabinet's ports, with the padding that /deviceStatus has."""
    return {"deviceId": cabinet.sim_id, "ports": ports}


def _written(value: object) -> str:
    """As in a form: lists as JSON text, nothing as nothing."""
    if isinstance(value, list):
        return json.dumps(value)
    return "" if value is None else str(value)


def _is_taken(answer: httpx.Response) -> bool:
    try:
        said = answer.json()
    except ValueError:
        return False
    return answer.is_success and isinstance(said, dict) and said.get("success") is True
