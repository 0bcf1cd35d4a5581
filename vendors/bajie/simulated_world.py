"""What the parts of the simulator share: the world that they act on, requests taken apart, and refusals."""

from abc import ABC
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_fleet import Fleet
from vendors.bajie.simulated_things import Cabinet, Order, Shop
from vendors.kit.simulator import CallBack, Simulator

NOT_ONLINE = 2004
NOT_BOUND = 2002
NOT_KNOWN = 404
EXISTS = 800
INCOMPLETE = 400
"""Its own choices: NOT_KNOWN and INCOMPLETE."""

SOONEST_S, LATEST_S = 1.0, 8.0
"""How long hardware takes to do what it is told."""

RETRIES_S = (5.0, 30.0, 300.0)
"""When what was sent is sent again, as long as nobody answers with a 2xx status."""


class Asked(NamedTuple):
    """A request, taken apart. `body`: its JSON, None without any. `url_path`: for the switches of faults."""

    query: Mapping[str, str]
    path: Mapping[str, str]
    body: Any
    url_path: str

    @property
    def fields(self) -> Mapping[str, Any]:
        """The body as an object; empty when it is none."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def items(self) -> Sequence[Any]:
        """The body as a list; empty when it is none."""
        return self.body if isinstance(self.body, list) else []


class Refusal(Exception):
    """A business failure: HTTP 200 and a code, with no payload key at all."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


Handler: TypeAlias = Callable[[Asked], Document]
Entry: TypeAlias = tuple[str, str, Handler]
"""Method, path and what answers."""


class World(Simulator, ABC):
    """A simulator with this vendor's fleet."""

    fleet: Fleet
    answer_after_s: float
    """How long the answer that is being made is to be held back."""
    calls_taken: int
    push_config: Document | None
    """As it was written: the URL with the events and whether each is on."""

    def cabinet(self, cabinet_id: object) -> Cabinet:
        """One cabinet. Raises Refusal for any other id."""
        cabinet = self.fleet.cabinets.get(str(cabinet_id))
        if cabinet is None:
            raise Refusal(NOT_KNOWN)
        return cabinet

    def ready_cabinet(self, cabinet_id: object) -> Cabinet:
        """One cabinet that is in a shop and connected. Raises Refusal."""
        cabinet = self.cabinet(cabinet_id)
        if cabinet.shop is None:
            raise Refusal(NOT_BOUND)
        if not cabinet.is_online:
            raise Refusal(NOT_ONLINE)
        return cabinet

    def shop(self, shop_id: object) -> Shop:
        """One shop. Raises Refusal for any other id."""
        shop = self.fleet.shops.get(str(shop_id))
        if shop is None:
            raise Refusal(NOT_KNOWN)
        return shop

    def order(self, trade_no: object) -> Order | None:
        """One order under which a battery left."""
        return self.fleet.orders.get(str(trade_no))

    def call_id(self, what: str) -> str:
        """What the acts of one call are told by: the vendor itself gives these calls no id."""
        self.calls_taken += 1
        return f"{what}-{self.calls_taken}"

    def deliver(self, url: str, call: Callable[[], CallBack]) -> None:
        """Send something to its receiver: once and now, unless that is switched. Every copy is made anew."""
        if not url or self.struck("drop", url):
            return
        for _ in range(2 if self.struck("duplicate", url) else 1):
            if switch := self.struck("reorder", url):
                self.later(float(switch.value or 600), partial(self.call_back, call()))
            else:
                self.call_back(call())

    def delay_s(self, asked: Asked) -> float:
        """How long it takes until hardware does what this call tells it."""
        if switch := self.struck("acts_late", asked.url_path):
            return float(switch.value or 90)
        return self.random.uniform(SOONEST_S, LATEST_S)
