"""The account's orders, on either platform: those updated lately, or one by its number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from model.clock import Clock
from model.faults import NotFound
from vendors.kit.paging import Page, every
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.notes import Place
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.translate_orders import orders_of
from vendors.lvcchong.wire import Order

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far the vendor's clock may be from ours."""


class Orders:
    """Reads orders; remembers none."""

    def __init__(self, client: LvccClient, settings: LvccSettings, clock: Clock) -> None:
        """`settings` say which platform it is, and how far back the OEM platform is asked for one order."""
        self._client = client
        self._settings = settings
        self._clock = clock

    async def updated_since(self, since: datetime, *, status: str = "", estate_id: str = "") -> list[object]:
        """Orders that were updated since then, as they came; of one status or estate only. One call per hundred."""
        until, page_numbers = self._clock.now() + CLOCK_SKEW, count(1)

        async def page(token: str) -> Page[object, str]:
            reply = await self._client.orders(
                since,
                until,
                page_number=next(page_numbers),
                page_token=token,
                status=status,
                estate_id=estate_id,
            )
            return Page(reply.items, reply.next_token)

        return [item async for item in every("", page, "orders")]

    async def at(self, place: Place, since: datetime, *, status: str = "") -> list[Order]:
        """A socket's charges that were updated since then, each once. One call per hundred orders of its estate."""
        items = await self.updated_since(since, status=status, estate_id=place.estate_id)
        return [
            order for order in orders_of(items) if (order.device_id, order.port_num) == (place.device_id, place.port)
        ]

    async def find(self, number: str, known: Sequence[Order] = ()) -> Order | None:
        """One order, among those already read or by one call; None when the vendor does not know it."""
        for order in known:
            if order.order_num == number:
                return order
        try:
            order = await self.one(number)
        except NotFound:
            return None
        return order if order.order_num == number else None

    async def one(self, number: str) -> Order:
        """One order. One call. Raises NotFound when there is none of that number."""
        if self._settings.dialect == "open":
            return await self._client.order_detail(number)
        now = self._clock.now()
        history = timedelta(days=self._settings.session_history_days)
        page = await self._client.orders(now - history, now + CLOCK_SKEW, order_number=number)
        for order in orders_of(page.items):
            if order.order_num == number:
                return order
        raise NotFound("order: not among those of the configured days")
