"""HanChuESS Connect, a method an endpoint: https://docs.hanchuess.com/home/api-reference.

Raises nothing but faults: Unreachable, TimedOut, RateLimited, Unauthorised, NotFound, Rejected and Malformed; what
acts raises Uncertain where others raise TimedOut and Malformed. The prefixes /api and /portal are the account's
defaults.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from model.clock import Clock
from model.faults import Malformed, NotFound, Uncertain
from vendors.hanchuess.door import HanchuessDoor
from vendors.hanchuess.envelope import data_of, records_of, subscriptions_of
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.wire import (
    AssetsWire,
    AssetWire,
    DeviceWire,
    EnergyRecordWire,
    InverterWire,
    PageWire,
    StationWire,
    SubscriptionWire,
)
from vendors.kit.http import VendorHttp, segment
from vendors.kit.paging import Page, every
from vendors.kit.wire import Wire, each, items_of, read_as

PAGE_SIZE = 100

W = TypeVar("W", bound=Wire)


class HanchuessClient:
    """One partner's calls."""

    def __init__(self, http: VendorHttp, clock: Clock, settings: HanchuessSettings) -> None:
        """Makes no call."""
        self._door = HanchuessDoor(http, clock, settings)
        self._settings = settings

    async def aclose(self) -> None:
        """Stop a sign-in that still runs."""
        await self._door.aclose()

    async def list_stations(self, external_user_id: str) -> list[StationWire]:
        """`POST /api/v1/station/list`: the stations of one linked user, by the partner's own id of that user."""
        operation = "list stations"
        data = await self._data(operation, "/v1/station/list", {"externalUserId": external_user_id})
        return _read_each(StationWire, records_of(data, operation), operation)

    async def read_station(self, station_id: str) -> StationWire:
        """`POST /api/v1/station/detail`: one station."""
        operation = "read station"
        return read_as(
            StationWire, await self._data(operation, "/v1/station/detail", {"stationId": station_id}), operation
        )

    async def list_devices(self, station_id: str) -> list[DeviceWire]:
        """`POST /api/v1/device/list`: the inverters of a station, every page."""
        return await self._every_page(DeviceWire, "list devices", "/v1/device/list", {"stationId": station_id})

    async def read_device(self, sn: str) -> DeviceWire:
        """`POST /api/v1/device/detail`: one inverter and the serials of its batteries."""
        operation = "read device"
        return read_as(DeviceWire, await self._data(operation, "/v1/device/detail", {"sn": sn}), operation)

    async def read_inverter(self, sn: str) -> InverterWire:
        """`POST /api/v1/device/inverter/realtime`: what an inverter measures now."""
        operation = "read inverter"
        return read_as(InverterWire, await self._data(operation, "/v1/device/inverter/realtime", {"sn": sn}), operation)

    async def list_energy_records(self, sn: str, start: datetime, end: datetime) -> list[EnergyRecordWire]:
        """`POST /api/v1/device/battery/charge-discharge-records`: half hours between two instants, every page.

        At most 90 days; the records name the batteries of the inverter.
        """
        path = "/v1/device/battery/charge-discharge-records"
        window = {"sn": sn, "start": _instant(start), "end": _instant(end)}
        return await self._every_page(EnergyRecordWire, "list energy records", path, window)

    async def list_assets(self, organisation_id: str) -> list[AssetWire]:
        """`GET /api/{orgId}/v1/devices`: onboarded assets with their ratings. The reply has no envelope."""
        operation = "list assets"
        path = f"{self._settings.api_prefix}/{quote(organisation_id, safe='')}/v1/devices"
        payload = read_as(AssetsWire, await self._door.ask(operation, "GET", path), operation)
        return _read_each(AssetWire, items_of(payload.devices, operation), operation)

    async def list_subscriptions(self) -> list[SubscriptionWire]:
        """`POST /portal/v1/oem/subscriptions`: the partner's registrations for pushes."""
        operation = "list subscriptions"
        payload = await self._door.ask(operation, "POST", self._oem("subscriptions"), {"oem": self._settings.oem})
        return _read_each(SubscriptionWire, subscriptions_of(payload, operation), operation)

    async def subscribe(self, registration: Mapping[str, object]) -> str:
        """`POST /portal/v1/oem/subscribe`: register, once; the id of the subscription, which is inactive at first.

        Raises Uncertain when it may have been made: two of them would push everything twice.
        """
        operation = "subscribe"
        body = {"oem": self._settings.oem, **registration}
        reply = await self._door.act(operation, "POST", self._oem("subscribe"), body)
        try:
            made = read_as(SubscriptionWire, data_of(reply, operation), operation)
        except Malformed as fault:
            raise Uncertain(f"{fault.message}; it may have been done") from fault
        if made.subscription_id is None:
            raise Uncertain(f"{operation}: the reply has no subscriptionId; it may have been done")
        return made.subscription_id

    async def resubscribe(self, subscription_id: str, registration: Mapping[str, object]) -> None:
        """`POST /portal/v1/oem/resubscribe`: change a subscription, once."""
        body = {"oem": self._settings.oem, "subscriptionId": subscription_id, **registration}
        await self._door.act("resubscribe", "POST", self._oem("resubscribe"), body)

    async def unsubscribe(self, subscription_id: str) -> None:
        """`DELETE /portal/v1/oem/{oem}/unsubscribe/{subscriptionId}`; one that is gone already is fine."""
        path = self._oem(f"{segment(self._settings.oem)}/unsubscribe/{segment(subscription_id)}")
        try:
            await self._door.act("unsubscribe", "DELETE", path)
        except NotFound:
            return

    async def test_subscription(self, subscription_id: str) -> None:
        """`POST /portal/v1/oem/subscriptions/test`: activates once the test event was answered. May be repeated."""
        body = {"oem": self._settings.oem, "subscriptionId": subscription_id}
        await self._door.ask("test subscription", "POST", self._oem("subscriptions/test"), body)

    # How a call is made.

    def _oem(self, call: str) -> str:
        return f"{self._settings.portal_prefix}/v1/oem/{call}"

    async def _data(self, operation: str, path: str, body: Mapping[str, object]) -> object:
        """What the envelope of a POST under the API prefix wraps."""
        return data_of(await self._door.ask(operation, "POST", self._settings.api_prefix + path, body), operation)

    async def _every_page(self, model: type[W], operation: str, path: str, body: Mapping[str, object]) -> list[W]:
        async def page(number: int) -> Page[object, int]:
            data = await self._data(operation, path, {**body, "current": number, "size": PAGE_SIZE})
            records = records_of(data, operation)
            pages = read_as(PageWire, data, operation).pages
            more = number < pages if pages is not None else len(records) >= PAGE_SIZE
            return Page(records, number + 1 if more and records else None)

        return _read_each(model, [record async for record in every(1, page, operation)], operation)


def _read_each(model: type[W], items: list[object], operation: str) -> list[W]:
    return list(each(lambda item: read_as(model, item, operation), items))


def _instant(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
