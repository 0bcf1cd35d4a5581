"""Tariffs and registrations for pushes: lists, single ones, and the price of a device or a site."""

from dataclasses import replace

from model.faults import Unreachable
from model.records import VendorSubscription
from model.refs import subscription_ref, tariff_ref
from model.states import ProblemCode
from resolvers import subscriptions, tariffs
from resolvers.paging import PageArgs
from tests.resolvers.scripted import account, fleet_of
from tests.resolvers.things import codes, device, natives, reading, site, slot, tariff
from vendors.contract import ListsSubscriptions, ListsTariffs, ReadsDevices

PRICES = (tariff("T1", name="b"), tariff("T2", name="a"), tariff("T3", name="a"))


def registration(native: str, url: str, account: str = "a") -> VendorSubscription:
    return VendorSubscription(ref=subscription_ref(account, native), webhook_url=url)


REGISTRATIONS = (registration("W1", "https://b"), registration("W2", "https://a"))


async def test_tariffs_stand_by_name_and_cost_one_listing() -> None:
    async with fleet_of(account("a", ListsTariffs), account("b")) as world:
        world["a"].answers["list_tariffs"] = PRICES
        scope = world.scope()
        assert natives(await tariffs.page(scope, PageArgs(), None)) == ["T2", "T3", "T1"]
        assert natives(await tariffs.page(scope, PageArgs(), "a")) == ["T2", "T3", "T1"]
        assert natives(await tariffs.page(scope, PageArgs(), "b")) == []
        assert natives(await tariffs.page(scope, PageArgs(), "nowhere")) == []
        refs = [tariff_ref(key, native) for key, native in (("a", "T1"), ("a", "T9"), ("b", "T1"), ("nowhere", "T1"))]
        assert [one and one.name for one in await tariffs.by_refs(scope, refs)] == ["b", None, None, None]
        assert world["a"].heard() == ["list_tariffs"]


async def test_tariffs_of_a_vendor_that_is_down_are_shown_as_stale_and_mend() -> None:
    async with fleet_of(account("a", ListsTariffs)) as world:
        world["a"].answers["list_tariffs"] = PRICES
        await tariffs.page(world.scope(), PageArgs(), None)
        await world.clock.advance(3600)
        world["a"].answers["list_tariffs"] = Unreachable("down")
        stale = await tariffs.page(world.scope(), PageArgs(), None)
        assert {edge.node.reading.is_stale for edge in stale.edges} == {True}
        assert codes(stale.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        (one,) = await tariffs.by_refs(world.scope(), [PRICES[0].ref])
        assert one is not None
        assert one.reading.is_stale
        world["a"].answers["list_tariffs"] = PRICES[:1]
        mended = await tariffs.page(world.scope(), PageArgs(), None)
        assert (natives(mended), mended.problems, mended.edges[0].node.reading.is_stale) == (["T1"], [], False)


async def test_the_price_at_a_device_is_the_first_that_it_names_itself() -> None:
    async with fleet_of(account("a", ReadsDevices)) as world:
        world["a"].answers |= {
            "read_device D1": reading("D1", slots=(slot("D1"),), tariffs=PRICES),
            "read_device D2": reading("D2"),
        }
        devices = [device("D2"), device("D1"), device("D1", "nowhere")]
        found = await tariffs.of_devices(world.scope("Device.tariff"), devices, None)
        assert [one and one.ref.native_id for one in found] == [None, "T1", None]


async def test_the_price_at_a_site_is_the_one_that_it_names() -> None:
    async with fleet_of(account("a", ListsTariffs)) as world:
        world["a"].answers["list_tariffs"] = PRICES
        sites = [site("S1", tariff=PRICES[1].ref), site("S2"), site("S3", tariff=tariff_ref("a", "T9"))]
        assert [one and one.name for one in await tariffs.of_sites(world.scope(), sites)] == ["a", None, None]
        assert await tariffs.of_sites(world.scope(), [site("S2")]) == [None]


async def test_registrations_stand_by_url() -> None:
    async with fleet_of(account("a", ListsSubscriptions), account("b", ListsSubscriptions), account("c")) as world:
        world["a"].answers["list_subscriptions"] = REGISTRATIONS
        world["b"].answers["list_subscriptions"] = (registration("W3", "https://aa", "b"),)
        assert natives(await subscriptions.page(world.scope(), PageArgs(), None)) == ["W2", "W3", "W1"]
        assert natives(await subscriptions.page(world.scope(), PageArgs(), "b")) == ["W3"]
        refs = [REGISTRATIONS[0].ref, subscription_ref("a", "W9"), subscription_ref("c", "W1")]
        found = await subscriptions.by_refs(world.scope(), refs)
        assert [one and one.webhook_url for one in found] == ["https://b", None, None]
        assert world["a"].heard() == ["list_subscriptions"]


async def test_registrations_of_a_vendor_that_is_down_are_shown_as_stale_and_mend() -> None:
    async with fleet_of(account("a", ListsSubscriptions)) as world:
        world["a"].answers["list_subscriptions"] = REGISTRATIONS
        await subscriptions.page(world.scope(), PageArgs(), None)
        await world.clock.advance(3600)
        world["a"].answers["list_subscriptions"] = Unreachable("down")
        stale = await subscriptions.page(world.scope(), PageArgs(), None)
        assert {edge.node.reading.is_stale for edge in stale.edges} == {True}
        assert codes(stale.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        world["a"].answers["list_subscriptions"] = (replace(REGISTRATIONS[0], webhook_url="https://c"),)
        mended = await subscriptions.page(world.scope(), PageArgs(), None)
        assert [edge.node.webhook_url for edge in mended.edges] == ["https://c"]
        assert mended.problems == []
