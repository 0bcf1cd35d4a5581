"""LetMeCharge through the contract: what it can serve, in the fewest calls that its endpoints allow."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from model.faults import Malformed, NotFound
from model.records import ChargingSession
from model.refs import Ref
from model.states import CommandKind
from vendors.acting import Procedure
from vendors.contract import DeviceReading
from vendors.letmecharge.client import LetMeChargeClient
from vendors.letmecharge.commands import StartCharging, StopCharging
from vendors.letmecharge.orders import MOST_ORDERS, Orders, reach_back
from vendors.letmecharge.settings import LetMeChargeSettings
from vendors.letmecharge.translate import devices_of, devices_of_all, once_each
from vendors.letmecharge.translate_orders import MAY_STILL_RUN, order_ids, session_of, sessions_of, touched_at
from vendors.manifest import Connection


class LetMeChargeAdapter:
    """One contract. A site is a charger, a device one of its stations, a slot a physical plug, a session an order."""

    def __init__(self, connection: Connection) -> None:
        """Signs in with every call, so there is nothing to remember."""
        settings = cast("LetMeChargeSettings", connection.settings)
        self._account = settings.id
        self._areas = settings.areas
        self._clock = connection.clock
        self._client = LetMeChargeClient(connection.http, settings)
        self._orders = Orders(self._client)

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
        orders = await self._orders.newest(lambda page: reach_back(map(touched_at, page), since))
        sessions = sessions_of(orders, self._account, self._clock.now())
        return [session for session in sessions if session.status in MAY_STILL_RUN or _is_since(session, since)]

    async def list_active_sessions(self) -> Sequence[ChargingSession]:
        """Orders in progress, which is all that runs. One call for each hundred of them."""
        orders = await self._orders.newest(lambda _: False, status="IN_PROGRESS")
        return sessions_of(orders, self._account, self._clock.now())

    async def read_session(self, session: Ref) -> ChargingSession:
        """The session now, by any of its order's ids; the vendor can't be asked for one order.

        One call for each hundred orders that are newer. The record's own ref holds the id that the order is listed
        under, also when it was asked for by another.
        """

        def is_it(order: object) -> bool:
            return session.native_id in order_ids(order)

        orders = await self._orders.newest(lambda page: any(map(is_it, page)))
        for order in filter(is_it, orders):
            return session_of(order, self._account, self._clock.now())
        raise NotFound(f"list orders: no such order among the newest {MOST_ORDERS}")

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        """A charge can be started at a plug, and stopped."""
        return {
            CommandKind.START_CHARGING: StartCharging(self._client, self._orders, self, self._clock),
            CommandKind.STOP_CHARGING: StopCharging(self._client, self._orders, self._clock),
        }


def _is_since(session: ChargingSession, since: datetime) -> bool:
    touched = session.updated_at or session.started_at
    return touched is None or touched >= since
