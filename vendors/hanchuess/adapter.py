"""HanChuESS as an adapter: stations are sites, inverters are devices with storage behind them."""

from asyncio import gather
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import cast

from model.faults import Unsupported
from model.records import EnergyRecord, Site, VendorSubscription
from model.refs import Ref
from vendors.acting import SubscriptionDraft
from vendors.contract import DeviceReading, StorageState
from vendors.hanchuess import translate
from vendors.hanchuess.client import HanchuessClient
from vendors.hanchuess.registering import Registering
from vendors.hanchuess.settings import HanchuessSettings
from vendors.kit.wire import each
from vendors.manifest import Connection

LONGEST_ENERGY_WINDOW = timedelta(days=90)


class HanchuessAdapter:
    """One partner's stations, inverters and subscriptions."""

    def __init__(self, connection: Connection) -> None:
        """Nothing is sent before the first call."""
        self._settings = cast("HanchuessSettings", connection.settings)
        self._account = self._settings.id
        self._client = HanchuessClient(connection.http, connection.clock, self._settings)
        self._registering = Registering(self._client, self._settings)

    async def aclose(self) -> None:
        """Stop a sign-in that still runs."""
        await self._client.aclose()

    async def list_sites(self) -> Sequence[Site]:
        """The stations of every configured user: a call a user."""
        stations = await gather(*(self._client.list_stations(user) for user in self._settings.external_user_ids))
        sites = each(partial(translate.site, self._account), chain.from_iterable(stations))
        return list({site.ref: site for site in sites}.values())

    async def read_site(self, site: Ref) -> Site:
        """One station: a call."""
        return translate.site(self._account, await self._client.read_station(site.native_id))

    async def list_devices(self) -> Sequence[DeviceReading]:
        """The inverters of every station: a call a user and a call a station and page.

        None without configured users: the devices then come from the configuration.
        """
        found: dict[Ref, DeviceReading] = {}
        homes = await self.list_sites()
        lists = await gather(*(self._client.list_devices(home.ref.native_id) for home in homes))
        for home, devices in zip(homes, lists, strict=True):
            for reading in each(partial(translate.listed_device, self._account, home), devices):
                found.setdefault(reading.device.ref, reading)
        return list(found.values())

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:
        """One inverter and its batteries: a call."""
        return translate.device_reading(self._account, await self._client.read_device(device.native_id), site)

    async def read_storage(self, device: Ref) -> StorageState:
        """What the inverter measures: a call."""
        return translate.storage_state(await self._client.read_inverter(device.native_id), self._settings.power_signs)

    async def read_energy(self, device: Ref, start: datetime, end: datetime) -> Sequence[EnergyRecord]:
        """The half hours of `start <= measured_at < end`: a call a hundred records.

        Raises Unsupported for more than 90 days, which the vendor does not answer.
        """
        if end - start > LONGEST_ENERGY_WINDOW:
            raise Unsupported("energy records: at most 90 days at once; ask for a shorter time")
        records = await self._client.list_energy_records(device.native_id, start, end)
        found = {
            (record.measured_at, record.battery): record
            for record in each(partial(translate.energy_record, self._account), records)
            if start <= record.measured_at < end
        }
        return sorted(found.values(), key=lambda record: record.measured_at)

    async def list_subscriptions(self) -> Sequence[VendorSubscription]:
        """The partner's registrations: a call."""
        return await self._registering.listed()

    async def create_subscription(self, draft: SubscriptionDraft) -> Ref:
        """Register a URL, inactive until it was tested: a call, and Uncertain is to be followed by a list.

        Without devices in the draft for those of the configuration; without a secret with the account's own, or with
        one that nobody knows, where pushes are not signed.
        """
        return await self._registering.create(draft)

    async def update_subscription(self, subscription: Ref, draft: SubscriptionDraft) -> None:
        """Change a registration, every field sent: two calls. It may have to be tested again."""
        await self._registering.update(subscription, draft)

    async def delete_subscription(self, subscription: Ref) -> None:
        """Deregister: a call; what is gone already counts as done."""
        await self._client.unsubscribe(subscription.native_id)

    async def test_subscription(self, subscription: Ref) -> None:
        """Ask for the test event, which activates the registration once it was answered: a call.

        May be repeated, so raises TimedOut where acts raise Uncertain. Raises Rejected when the push did not arrive.
        """
        await self._registering.test(subscription)
