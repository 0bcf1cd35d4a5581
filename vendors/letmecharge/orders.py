"""The contract's orders as they are listed: newest first, a hundred a call, as far back as somebody needs them."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from vendors.kit.paging import Page, every
from vendors.letmecharge.client import LetMeChargeClient
from vendors.letmecharge.translate_orders import made_at, named, orders_of
from vendors.letmecharge.wire import Order

PAGE_SIZE = 100
MOST_ORDERS = 5000
"""How many orders are looked at, newest first, before giving up: fifty calls, most of a minute's budget."""


class Orders:
    """Reads the list of orders. Every method raises only faults."""

    def __init__(self, client: LetMeChargeClient) -> None:
        """Nothing is remembered between reads."""
        self._client = client

    async def newest(self, is_enough: Callable[[list[object]], bool], status: str | None = None) -> list[object]:
        """Orders as they came, page by page until one is enough, or the last page, or the cap."""

        async def fetch(offset: int) -> Page[object, int]:
            orders = await self._client.orders(limit=PAGE_SIZE, offset=offset, status=status)
            following = offset + PAGE_SIZE
            is_last = len(orders) != PAGE_SIZE or following >= MOST_ORDERS or is_enough(orders)
            return Page(orders, None if is_last else following)

        return [order async for order in every(0, fetch, "list orders")]

    async def made_since(self, since: datetime | None, ids: Collection[str] = ()) -> list[Order]:
        """Orders back to that time, or to the page that has one of these ids."""

        def is_enough(page: list[object]) -> bool:
            orders = orders_of(page)
            return bool(named(orders, ids)) or (since is not None and reach_back(map(made_at, orders), since))

        return orders_of(await self.newest(is_enough))


def reach_back(times: Iterable[datetime | None], since: datetime) -> bool:
    """Whether a page with these times goes back beyond `since`; an ascending one does not tell where the end is."""
    known = [time for time in times if time is not None]
    return bool(known) and known[0] >= known[-1] and min(known) < since
