"""LetMeCharge through the contract: what it can serve, in the fewest calls that its endpoints allow."""

from asyncio import gather
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

from model.faults import Malformed, NotFound
from model.records import ChargingSession
from model.refs import Ref
from vendors.contract import DeviceReading
from vendors.kit.paging import Page, every
from vendors.letmecharge.client import LetMeChargeClient
from vendors.letmecharge.settings import LetMeChargeSettings
from vendors.letmecharge.translate import devices_of, devices_of_all, once_each
from vendors.letmecharge.translate_orders import MAY_STILL_RUN, order_ids, session_of, sessions_of, touched_at
from vendors.manifest import Connection

PAGE_SIZE = 100
MOST_ORDERS = 5000
"""How many orders are looked at, newest first, before giving up: fifty calls, most of a minute's budget."""


class LetMeChargeAdapter:
    """One contract. A site is a charger, a device one of its stations, a slot a physical plug, a session an order."""

    def __init__(self, connection: Connection) -> None:
        """Signs in with every call, so there is nothing to remember."""
        settings = cast("LetMeChargeSettings", connection.settings)
        self._account = settings.id
        self._areas = settings.areas
        self._clock = connection.clock
        self._client = LetMeChargeClient(connection.http, settings)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def list_devices(self) -> Sequence[DeviceReading]:
        """Every device in the configured areas, each once. One call an area; one failing area fails the list."""
        found = await gather(*(self._client.chargers_in(area) for area in self._areas))
        return once_each([reading for items in found for reading in devices_of_all(items, self._account)])

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:
        """The device with its plugs now, from its charger. One call.

        Raises NotFound when the charger answers and the device is not among its stations; an answer about no station
        at all, or about another charger, is Malformed and says nothing of the device.
        """
        if site is None:
            raise NotFound("read charger: its site is not known yet; list the devices of the account first")
        readings = devices_of(await self._client.charger(site.native_id), self._account)
        if not any(reading.device.site == site for reading in readings):
            raise Malformed("read charger: the answer is about another charger, or about none of its stations")
        for reading in readings:
            if reading.device.ref == device:
                return reading
        raise NotFound("read charger: the device is no longer at this charger; list the devices again")

    async def list_sessions(self, since: datetime) -> Sequence[ChargingSession]:
        """Sessions that run or were updated since then. One call for each hundred orders back to that time."""

        def reaches_back(orders: list[object]) -> bool:
            """Whether the page ends before `since`; a page in ascending order does not tell where the end is."""
            times = [time for time in map(touched_at, orders) if time is not None]
            return bool(times) and times[0] >= times[-1] and min(times) < since

        sessions = sessions_of(await self._orders(reaches_back), self._account, self._clock.now())
        return [session for session in sessions if session.status in MAY_STILL_RUN or _is_since(session, since)]

    async def list_active_sessions(self) -> Sequence[ChargingSession]:
        """Orders in progress, which is all that runs. One call for each hundred of them."""
        orders = await self._orders(lambda _: False, status="IN_PROGRESS")
        return sessions_of(orders, self._account, self._clock.now())

    async def read_session(self, session: Ref) -> ChargingSession:
        """The session now, by any of its order's ids; the vendor can't be asked for one order.

        One call for each hundred orders that are newer. The record's own ref holds the id that the order is listed
        under, also when it was asked for by another.
        """

        def is_it(order: object) -> bool:
            return session.native_id in order_ids(order)

        orders = await self._orders(lambda page: any(map(is_it, page)))
        for order in filter(is_it, orders):
            return session_of(order, self._account, self._clock.now())
        raise NotFound(f"list orders: no such order among the newest {MOST_ORDERS}")

    async def _orders(self, is_enough: Callable[[list[object]], bool], status: str | None = None) -> list[object]:
        """The contract's orders from the newest on, page by page until it is enough, or the last page, or the cap."""

        async def fetch(offset: int) -> Page[object, int]:
            orders = await self._client.orders(limit=PAGE_SIZE, offset=offset, status=status)
            following = offset + PAGE_SIZE
            is_last = len(orders) != PAGE_SIZE or following >= MOST_ORDERS or is_enough(orders)
            return Page(orders, None if is_last else following)

        return [order async for order in every(0, fetch, "list orders")]


def _is_since(session: ChargingSession, since: datetime) -> bool:
    touched = session.updated_at or session.started_at
    return touched is None or touched >= since
