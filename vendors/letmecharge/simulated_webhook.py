"""The simulated vendor's webhook: every change of an order is pushed to the contract's URL, and may go astray."""

import json
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from vendors.kit.simulator import CallBack, Simulator, Switch
from vendors.letmecharge.simulated_documents import (
    MISSHAPEN,
    SHAPE_FAULTS,
    Document,
    order_document,
    reshaped,
    with_z,
)
from vendors.letmecharge.simulated_orders import Order

RETRIES_S = (5.0, 30.0, 300.0)
FIRST_AFTER_S = 1.0
"""How long after an order was made it is pushed for the first time."""
SOON_S = 1.0
LATE_PROGRESS_S = 5.0
DELAY_S = 60.0


class Webhook:
    """One contract's URL; nothing is sent while there is none."""

    def __init__(self, simulator: Simulator) -> None:
        """The simulator gives time, luck and faults, and sends."""
        self.url: str | None = None
        self._simulator = simulator
        self._held: dict[str, Document] = {}

    def register(self, url: object) -> None:
        """Push to this URL from now on, or to none. Raises ValueError for what is no URL."""
        if url is not None and not str(url).startswith(("http://", "https://")):
            message = "url must start with http:// or https://, or be null"
            raise ValueError(message)
        self.url = None if url is None else str(url)

    def tell(self, order: Order) -> None:
        """Push the order as it is now; one that was only just made as it is a second from now."""
        if self.url is None:
            return
        if order.status == "ORDER_INIT_AND_WAITING":
            self._simulator.later(FIRST_AFTER_S, lambda: self._push(order_document(order)))
            return
        document = order_document(order)
        self._push(document)
        if order.finished_at and self._struck("late_progress"):
            self._simulator.later(LATE_PROGRESS_S, lambda: self._push(_late_progress(document, self._simulator.now)))
        if order.status == "IN_PROGRESS" and self._struck("forged_webhook"):
            self._simulator.later(SOON_S, lambda: self._send([_forged(document, self._simulator.now)]))

    def _push(self, document: Document) -> None:
        """Send it, unless a fault that is on has other plans for it."""
        if self._struck("drop"):
            return
        if delayed := self._struck("delay"):
            self._simulator.later(float(delayed.value or DELAY_S), partial(self._deliver, document))
        elif document["id"] in self._held:
            self._deliver(document)
            self._simulator.later(SOON_S, partial(self._deliver, self._held.pop(document["id"])))
        elif document["finished"] is None and self._struck("reorder"):
            self._held[document["id"]] = document
        else:
            self._deliver(document)

    def _deliver(self, document: Document) -> None:
        for name, change in SHAPE_FAULTS.items():
            if self._struck(name):
                document = reshaped(document, change)
        body: object = [document]
        if self._struck("single_object"):
            body = document
        elif self._struck("batch_with_bad_item"):
            body = [MISSHAPEN, document]
        self._send(body)
        if self._struck("duplicate"):
            self._simulator.later(SOON_S, partial(self._send, body))

    def _send(self, body: object) -> None:
        if self.url:
            content = json.dumps(body).encode()
            self._simulator.call_back(CallBack(self.url, content, "application/json", retries_s=RETRIES_S))

    def _struck(self, name: str) -> Switch | None:
        return self._simulator.struck(name, urlsplit(self.url or "").path)


def _late_progress(document: Document, now: datetime) -> Document:
    return document | {"status": "IN_PROGRESS", "updatedAt": with_z(now)}


def _forged(document: Document, now: datetime) -> Document:
    """What a stranger might send who has learnt the URL: that a charge has ended, and was dear."""
    return document | {
        "status": "FINISHED",
        "finished": with_z(now),
        "updatedAt": with_z(now + timedelta(seconds=1)),
        "amount": 999.0,
        "charged_kwh": 99.9,
    }
