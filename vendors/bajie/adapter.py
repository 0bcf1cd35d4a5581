"""What ChargeGraph can ask of Bajie Charging, each with the fewest calls that its endpoints allow."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TypeVar, cast

from model.faults import Malformed, Unsupported
from model.records import Battery, ChargingSession, Site, Slot, Tariff, VendorSubscription
from model.refs import Ref
from model.states import CommandKind
from vendors.acting import Procedure, SiteDraft, SubscriptionDraft, TariffDraft
from vendors.bajie import translate, translate_rentals
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.commands import procedures
from vendors.bajie.device_rows import device_rows
from vendors.bajie.door import Door
from vendors.bajie.price_keeping import PriceKeeping
from vendors.bajie.push_keeping import PushKeeping
from vendors.bajie.settings import BajieSettings
from vendors.bajie.shop_keeping import ShopKeeping
from vendors.contract import DeviceReading
from vendors.kit.paging import every
from vendors.kit.wire import each
from vendors.manifest import Connection

T = TypeVar("T")

CLOCK_SLACK = timedelta(days=1)
"""How far beyond now orders are asked for, so that a clock of the vendor's that runs ahead hides none."""


class BajieAdapter:
    """One agent account. Device info is cheap and says little of health; health is two calls more, on demand."""

    def __init__(self, connection: Connection) -> None:
        """Makes no call."""
        settings = cast("BajieSettings", connection.settings)
        self._account = settings.id
        self._currency = settings.currency
        self._rental_minimum = settings.rental_minimum_percent / 100
        self._zone = timezone(timedelta(hours=settings.utc_offset_hours))
        self._clock = connection.clock
        door = Door(connection.http, settings)
        self._client = BajieClient(door)
        acts = BajieActs(door)
        self._procedures = procedures(acts, self._client, self._clock, self._zone, self._rental_minimum)
        self._shops = ShopKeeping(acts, self._client, self._account, self._currency)
        self._prices = PriceKeeping(acts, self._client, self._account)
        self._pushes = PushKeeping(acts, self._client, self._account)

    async def aclose(self) -> None:
        """Nothing to let go of."""

    async def list_devices(self) -> Sequence[DeviceReading]:
        """A call for each 100 cabinets; the older list of all devices where paging is not offered."""
        items = await device_rows(self._client)
        readings = _read("devices", lambda item: translate.listed_device(self._account, item, self._zone), items)
        return list({reading.device.ref: reading for reading in readings}.values())

    async def list_sites(self) -> Sequence[Site]:
        """One call."""
        sites = _read("shops", lambda item: translate.shop(self._account, item), await self._client.shops())
        return list({site.ref: site for site in sites}.values())

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:
        """One call: the cabinet with shop, slots, batteries and price; only its connectivity while it is offline."""
        payload = await self._client.device_info(device.native_id)
        if payload is None:
            return translate.offline_device(device, site)
        return translate.device_info(device, payload, self._rental_minimum)

    async def read_slot_health(self, device: Ref) -> Sequence[Slot]:
        """One call; nothing while the cabinet is offline."""
        items = await self._client.slots(device.native_id) or []
        slots = _read("slots", lambda item: translate.slot_health(device, item), items)
        return list({slot.ref: slot for slot in slots}.values())

    async def read_battery_health(self, device: Ref) -> Sequence[Battery]:
        """One call; nothing while the cabinet is offline."""
        items = await self._client.batteries(device.native_id) or []
        batteries = _read("batteries", lambda item: translate.battery_health(device, item, self._rental_minimum), items)
        return list({battery.ref: battery for battery in batteries}.values())

    async def list_sessions(self, since: datetime) -> Sequence[ChargingSession]:
        """A call for each 100 rentals that began since then."""
        until = self._clock.now() + CLOCK_SLACK
        pages = every(1, lambda page: self._client.order_page(page, since, until), "order list")
        items = [item async for item in pages]
        sessions = _read(
            "orders", lambda item: translate_rentals.listed_order(self._account, item, self._currency), items
        )
        return list({session.ref: session for session in sessions}.values())

    async def read_session(self, session: Ref) -> ChargingSession:
        """One call."""
        payload = await self._client.order(session.native_id)
        return translate_rentals.order_detail(session, payload, self._zone, self._currency)

    async def list_tariffs(self) -> Sequence[Tariff]:
        """A call for each 100 price strategies."""
        items = [item async for item in every(1, self._client.price_strategy_page, "price strategies")]
        tariffs = _read(
            "price strategies",
            lambda item: translate_rentals.price_strategy(self._account, item, self._currency),
            items,
        )
        return list({tariff.ref: tariff for tariff in tariffs}.values())

    async def list_subscriptions(self) -> Sequence[VendorSubscription]:
        """One call: the account's one push configuration, if it has any."""
        payload = await self._client.push_config()
        subscription = None if payload is None else translate_rentals.push_config(self._account, payload)
        return [subscription] if subscription else []

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        """Every kind of command that its cabinets know."""
        return self._procedures

    async def create_site(self, draft: SiteDraft) -> Ref:
        """Make a shop. Three calls: what there is, the shop itself, and what there is then."""
        return await self._shops.create(draft)

    async def update_site(self, site: Ref, draft: SiteDraft) -> None:
        """Change a shop. Two calls: the shop is read before, since whole shops are written."""
        await self._shops.update(site, draft)

    async def delete_site(self, site: Ref) -> None:
        """Delete a shop. One call."""
        await self._shops.delete(site)

    async def place_device(self, device: Ref, site: Ref | None) -> None:
        """Bind a cabinet to a shop, or unbind it. One call."""
        await self._shops.place(device, site)

    async def save_tariff(self, tariff: Ref | None, draft: TariffDraft) -> Ref:
        """Make a price strategy, with a read before and after, or change one, with a read before."""
        return await self._prices.save(tariff, draft)

    async def delete_tariff(self, tariff: Ref) -> None:
        """Delete a price strategy. One call."""
        await self._prices.delete(tariff)

    async def assign_tariff(self, tariff: Ref, site: Ref) -> None:
        """Let a price strategy hold at a shop. One call."""
        await self._prices.assign(tariff, site)

    async def unassign_tariff(self, site: Ref) -> None:
        """Let no price strategy of its own hold at a shop. One call."""
        await self._prices.unassign(site)

    async def create_subscription(self, draft: SubscriptionDraft) -> Ref:
        """Write the account's one push configuration. Three calls: before, the write itself, and what there is then."""
        return await self._pushes.create(draft)

    async def update_subscription(self, subscription: Ref, draft: SubscriptionDraft) -> None:
        """Write the push configuration anew. Three calls."""
        await self._pushes.update(subscription, draft)

    async def delete_subscription(self, subscription: Ref) -> None:
        """Switch every event of the push configuration off. Three calls."""
        await self._pushes.delete(subscription)

    async def test_subscription(self, subscription: Ref) -> None:  # noqa: ARG002 - there is no such call
        """Always Unsupported. No call."""
        raise Unsupported("the vendor has no test push: wait for a cabinet's report, which comes by itself")


def _read(what: str, translation: Callable[[object], T], items: Sequence[object]) -> list[T]:
    """Every item that can be read. Where none can, the whole is Malformed, lest a fleet seem to have vanished."""
    records = list(each(translation, items))
    if items and not records:
        raise Malformed(f"{what}: none of {len(items)} items can be read")
    return records
