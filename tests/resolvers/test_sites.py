"""Sites: where a device stands, by its own word, by the site's list, or by a name that only one site has."""

import pytest

from hub.parts import Key, Part
from model.faults import Unreachable
from model.records import Device, Site
from model.refs import site_ref
from model.states import FreshnessSource, ProblemCode
from resolvers.filters import Near, SiteFilter
from resolvers.paging import PageArgs
from resolvers.sites import by_refs, of_devices, page, site_book
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import at, codes, device, natives, reading, site
from tests.support.clock import START
from vendors.contract import ListsDevices, ListsSites, ReadsDevices, ReadsSites

SHOPS = (
    site("S2", name="Bar", city="Donostia", location=at(43.30, -2.00), device_ids=("D2", "D3")),
    site("S1", name="Café", address="Calle Mayor 1", location=at(40.40, -3.70)),
    site("S3", name="Kiosk"),
    site("S4", name="Kiosk"),
)


async def listed(world: World, where: SiteFilter | None = None) -> list[str]:
    return natives(await page(world.scope(), PageArgs(), where or SiteFilter(), None))


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (SiteFilter(), ["S2", "S1", "S3", "S4", "B1"]),
        (SiteFilter(accounts=frozenset({"b"})), ["B1"]),
        (SiteFilter(accounts=frozenset()), []),
        (SiteFilter(accounts=frozenset({"nowhere"})), []),
        (SiteFilter(search="café"), ["S1"]),
        (SiteFilter(search="MAYOR calle"), ["S1"]),
        (SiteFilter(search="donostia"), ["S2"]),
        (SiteFilter(search="s3"), ["S3"]),
        (SiteFilter(search="kiosk"), ["S3", "S4"]),
        (SiteFilter(near=Near(43.30, -2.00, 1000)), ["S2"]),
        (SiteFilter(near=Near(43.30, -2.00, 1_000_000)), ["S2", "S1"]),
        (SiteFilter(near=Near(43.30, -2.00, 1_000_000), search="bar"), ["S2"]),
    ],
)
async def test_filters(where: SiteFilter, found: list[str]) -> None:
    async with fleet_of(account("a", ListsSites), account("b", ListsSites)) as world:
        world["a"].answers["list_sites"] = SHOPS
        world["b"].answers["list_sites"] = (site("B1", "b", name="Zoo"),)
        assert await listed(world, where) == found


async def place_of(world: World, *devices: Device) -> list[str | None]:
    return [None if one is None else one.ref.native_id for one in await of_devices(world.scope(), devices, None)]


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (device("D1", site=site_ref("a", "S1")), "S1"),
        (device("D2"), "S2"),
        (device("D2", site=site_ref("a", "S1")), "S1"),
        (device("D2", site=site_ref("a", "unknown")), "S2"),
        (device("D9", site=site_ref("a", "unknown"), site_name="Café"), "S1"),
        (device("D9", site_name="Café"), "S1"),
        (device("D2", site_name="Café"), "S2"),
        (device("D9", site_name="Kiosk"), None),
        (device("D9", site_name="nowhere"), None),
        (device("D9", site_name=""), None),
        (device("D9"), None),
        (device("D2", "nowhere"), None),
    ],
)
async def test_a_device_stands_where_it_says_else_where_the_site_says_else_at_the_only_site_of_that_name(
    one: Device, place: str | None
) -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        world["a"].answers["list_sites"] = SHOPS
        assert await place_of(world, one) == [place]


async def test_many_devices_cost_one_listing_of_sites() -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        world["a"].answers["list_sites"] = SHOPS
        assert await place_of(world, *(device(f"D{number}") for number in range(5))) == [None, None, "S2", "S2", None]
        assert world["a"].heard() == ["list_sites"]


async def test_a_site_that_is_listed_twice_stands_there_once() -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        world["a"].answers["list_sites"] = (SHOPS[0], SHOPS[0])
        assert await listed(world) == ["S2"]


async def test_a_vendor_without_sites_is_asked_for_none() -> None:
    async with fleet_of(account("a", ListsDevices, ListsSites, has_sites=False)) as world:
        assert await listed(world) == []
        assert await place_of(world, device("D1", site=site_ref("a", "S1"))) == [None]
        assert world["a"].heard() == []


async def test_without_a_listing_of_sites_the_devices_tell_them_each_completed_by_the_others() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1",))) as world:
        world["a"].answers |= {
            "list_devices": (
                reading("D1", site=site("S1", name="Listed", city="Donostia")),
                reading("D2", site=site("S2", name="Second")),
                reading("D3"),
            ),
            "read_device C1": reading("C1", site=site("S1", name="Own", address="Street 1")),
        }
        found = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert [(edge.node.name, edge.node.address, edge.node.city) for edge in found.edges] == [
            ("Own", "Street 1", "Donostia"),
            ("Second", None, None),
        ]
        assert await place_of(world, device("D2", site=site_ref("a", "S2"))) == ["S2"]


async def test_what_a_listed_device_said_of_its_site_when_it_was_read_counts_first() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = (reading("D1", site=site("S1", name="Listed")),)
        await world.recall(Key("a", Part.DEVICE, "D1"), reading("D1", site=site("S1", name="Own", city="Donostia")))
        found = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert [(edge.node.name, edge.node.city) for edge in found.edges] == [("Own", "Donostia")]


async def test_a_site_is_as_fresh_as_the_freshest_device_there() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1", "C2", "C3"))) as world:
        shop, kiosk = site("S1", name="Shop"), site("S2", name="Kiosk")
        world["a"].answers |= {
            "read_device C1": reading("C1", site=shop),
            "read_device C2": reading("C2", site=shop),
            "read_device C3": reading("C3", site=kiosk),
        }
        await listed(world)
        await world.clock.advance(3600)
        down = Unreachable("down")
        world["a"].answers |= {"read_device C2": down, "read_device C3": down}
        found = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert {edge.node.name: edge.node.reading.is_stale for edge in found.edges} == {"Shop": False, "Kiosk": True}
        assert codes(found.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]


async def test_sites_of_a_stale_listing_of_devices_are_stale_unless_a_device_there_was_read() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1",))) as world:
        shop, kiosk = site("S1", name="Shop"), site("S2", name="Kiosk")
        world["a"].answers |= {
            "list_devices": (reading("D1", site=shop), reading("D2", site=kiosk), reading("D3")),
            "read_device C1": reading("C1", site=shop),
        }
        await listed(world)
        await world.clock.advance(3600)
        world["a"].answers["list_devices"] = Unreachable("down")
        found = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert {edge.node.name: edge.node.reading.is_stale for edge in found.edges} == {"Shop": False, "Kiosk": True}


async def test_while_the_vendor_is_down_the_last_list_is_shown_as_stale_and_mends() -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        world["a"].answers["list_sites"] = SHOPS
        await listed(world)
        await world.clock.advance(3600)
        world["a"].answers["list_sites"] = Unreachable("down")
        found = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert natives(found) == ["S2", "S1", "S3", "S4"]
        assert {edge.node.reading.is_stale for edge in found.edges} == {True}
        assert codes(found.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        (of_device,) = await of_devices(world.scope(), [device("D2")], None)
        assert of_device is not None
        assert of_device.reading.is_stale
        world["a"].answers["list_sites"] = SHOPS[:1]
        mended = await page(world.scope(), PageArgs(), SiteFilter(), None)
        assert (natives(mended), mended.problems, mended.edges[0].node.reading.is_stale) == (["S2"], [], False)


@pytest.mark.parametrize(
    ("wants", "asked"),
    [
        (("Query.sites", "Site.devices"), ["list_devices"]),
        (("Query.device", "Device.site"), ["list_devices"]),
        (("Query.devices",), ["list_devices"]),
        (("Query.sites",), ["list_sites"]),
    ],
)
async def test_a_listing_of_devices_that_is_needed_anyway_and_names_the_sites_is_enough(
    wants: tuple[str, ...], asked: list[str]
) -> None:
    async with fleet_of(account("a", ListsDevices, ListsSites, listing_names_sites=True)) as world:
        world["a"].answers |= {"list_sites": SHOPS, "list_devices": (reading("D1", site=SHOPS[0]),)}
        await site_book(world.scope(*wants), world.fleet.members["a"], None)
        assert world["a"].heard() == asked


async def found(world: World, *natives: str) -> list[Site | None]:
    return await by_refs(world.scope(), [site_ref("a", native) for native in natives], None)


def names(sites: list[Site | None]) -> list[str | None]:
    return [None if one is None else one.name for one in sites]


async def test_sites_by_ref_are_read_by_themselves_where_the_vendor_can() -> None:
    async with fleet_of(account("a", ListsSites, ReadsSites)) as world:
        world["a"].answers |= {"read_site S1": site("S1", name="Detail"), "list_sites": SHOPS}
        (one,) = await found(world, "S1")
        assert one is not None
        assert (one.name, one.reading.source, one.reading.fetched_at) == ("Detail", FreshnessSource.POLL, START)
        assert world["a"].heard() == ["read_site S1"]
        assert names(await found(world, "S2", "S1", "S9")) == ["Bar", "Detail", None]
        assert world["a"].heard() == ["list_sites", "read_site S2", "read_site S9"]


async def test_sites_by_ref_are_looked_for_in_the_list_where_the_vendor_has_nothing_better() -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        world["a"].answers["list_sites"] = SHOPS
        assert names(await found(world, "S2", "S9")) == ["Bar", None]
        assert await by_refs(world.scope(), [site_ref("nowhere", "S1")], None) == [None]


async def test_a_site_that_cannot_be_read_now_is_shown_as_it_was() -> None:
    async with fleet_of(account("a", ReadsSites)) as world:
        world["a"].answers["read_site S1"] = site("S1", name="Detail")
        await found(world, "S1")
        await world.clock.advance(3600)
        world["a"].answers["read_site S1"] = Unreachable("down")
        (one,) = await found(world, "S1")
        assert one is not None
        assert one.reading.problem is not None
        assert (one.name, one.reading.is_stale, one.reading.problem.code) == (
            "Detail",
            True,
            ProblemCode.VENDOR_UNREACHABLE,
        )
