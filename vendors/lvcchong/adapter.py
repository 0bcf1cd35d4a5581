"""LVCC as capabilities: devices near configured places, sockets, orders and prices, and what sockets can be told."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast

from model.faults import Fault, Malformed, NotFound, Rejected
from model.records import ChargingSession, Tariff
from model.refs import Ref
from model.states import ChargingSessionStatus, CommandKind
from vendors.acting import Procedure
from vendors.contract import DeviceReading
from vendors.kit.paging import Page, every
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.codes import BY_ENERGY, BY_POWER, CAR, CUSTOM_TIME
from vendors.lvcchong.commands import procedures_of
from vendors.lvcchong.orders import Orders
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.translate import device_reading, info_reading, nearby_readings, price_standards, refusal_of
from vendors.lvcchong.translate_orders import (
    charging_session,
    charging_sessions,
    is_charge,
    is_of_car,
    with_power,
    with_record,
)
from vendors.manifest import Connection

LONGEST_CHARGE: Final = timedelta(days=1)
"""A running order was updated within this time, so that one window finds it with those that changed."""

STANDARDS: Final = ((CUSTOM_TIME, 0), (BY_POWER, 0), (BY_ENERGY, CAR))
"""Price standards asked for: type and the family that is billed by it."""

_OVER: Final = (ChargingSessionStatus.COMPLETED, ChargingSessionStatus.FAILED)


class LvccAdapter:
    """One account on the open or the OEM platform."""

    def __init__(self, connection: Connection) -> None:
        self._settings = cast("LvccSettings", connection.settings)
        self._clock = connection.clock
        self._client = LvccClient(connection.http, self._settings)
        self._orders = Orders(self._client, self._settings, self._clock)
        self._account = self._settings.id

    async def aclose(self) -> None:
        """Nothing is held."""

    async def list_devices(self) -> Sequence[DeviceReading]:
        """The devices around the configured areas, without sockets. One call an area."""
        found = await gather(*(self._client.nearby(area.latitude, area.longitude) for area in self._settings.areas))
        return nearby_readings(self._account, [item for items in found for item in items])

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:  # noqa: ARG002 - one call has it all
        """Device, sockets, estate and prices. One call; a second one when the device part of the answer failed."""
        status = await self._client.device_status(device.native_id)
        refusal = refusal_of(status)
        if refusal is None:
            return device_reading(device, status)
        try:
            info = await self._client.device_info(device.native_id)
            return info_reading(device, info, status)
        except Fault:
            raise refusal from None

    async def list_sessions(self, since: datetime) -> Sequence[ChargingSession]:
        """Orders that run or were updated since then. One call per hundred orders."""
        now = self._clock.now()
        items = await self._orders.updated_since(min(since, now - LONGEST_CHARGE))
        sessions = charging_sessions(self._account, items)
        return [item for item in sessions if item.status not in _OVER or (item.updated_at or now) >= since]

    async def read_session(self, session: Ref) -> ChargingSession:
        """One order: one call, and one more for the power of a running one. The OEM platform tells no power."""
        order = await self._orders.one(session.native_id)
        if not is_charge(order):
            raise NotFound("order: not a charge")
        found = charging_session(self._account, order)
        if found.ref != session:
            raise Malformed("order: the answer is about another one")
        if found.status is not ChargingSessionStatus.ACTIVE or self._settings.dialect == "oem":
            return found
        try:
            if is_of_car(order):
                return with_record(found, await self._client.realtime_record(session.native_id))
            return with_power(found, await self._client.charging_power(session.native_id))
        except (NotFound, Rejected, Malformed):
            # No reading yet: the order itself is known all the same.
            return found

    async def list_tariffs(self) -> Sequence[Tariff]:
        """All price standards: three calls, on the OEM platform one per hundred."""
        if self._settings.dialect == "oem":
            items = [item async for item in every(1, self._oem_standards, "price standards")]
        else:
            items = [
                item
                for standard_type, family in STANDARDS
                for item in await self._client.price_standards(standard_type, family)
            ]
        return list({tariff.ref: tariff for tariff in price_standards(self._account, items)}.values())

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        """Start and stop charging."""
        return procedures_of(self._client, self._orders, self._clock)

    async def _oem_standards(self, page_number: int) -> Page[object, int]:
        page = await self._client.oem_price_standards(page_number)
        return Page(page.items, page_number + 1 if page_number < page.pages else None)
