"""Sites are made, changed and deleted with one call each, and what that outdates is read anew."""

from typing import Any

import pytest

from hub.parts import Key, Part
from model.faults import Rejected, Uncertain, Unreachable
from model.records import GeoPoint, Site
from model.refs import device_ref, site_ref
from model.states import Resolution
from resolvers import devices, sites
from resolvers.managing.sites import assign_device, create_site, delete_site, update_site
from tests.resolvers.managing.changing import complaint, complaints
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import reading, site
from vendors.acting import ManagesSites, SiteDraft
from vendors.contract import ListsDevices, ListsSites, ReadsSites

SHOPS = account("a", ListsSites, ListsDevices, ManagesSites)
S1, S2, D1 = site_ref("a", "S1"), site_ref("a", "S2"), device_ref("a", "D1")
HERE = GeoPoint(43.3, -2.0)


async def stocked(world: World) -> World:
    """Known since long ago."""
    await world.recall(Key("a", Part.SITES), (site("S1"), site("S2")))
    await world.recall(Key("a", Part.DEVICES), (reading("D1", site=site("S1")),), age_s=100_000)
    return world


async def shown(world: World, ref: Any) -> Site | None:
    (found,) = await sites.by_refs(world.scope(), [ref], None)
    return found


async def test_a_site_is_made_and_read_anew() -> None:
    async with fleet_of(SHOPS) as world:
        world["a"].answers["list_sites"] = ()
        assert await shown(world, S1) is None
        await world.clock.advance(1)
        world["a"].answers["create_site"] = S1
        made = await create_site(world.scope(), account="a", name="Station", location=HERE, opening_hours="always")
        assert made.ref == S1
        assert isinstance(made.otherwise, Site)
        assert (made.otherwise.name, made.otherwise.location) == ("Station", HERE)
        assert world["a"].arguments[-1] == (SiteDraft(name="Station", location=HERE, opening_hours="always"),)
        world["a"].answers["list_sites"] = (site("S1", name="Station 1"),)
        found = await shown(world, S1)
        assert found is not None
        assert found.name == "Station 1"
        assert world["a"].heard() == ["create_site", "list_sites", "list_sites"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "input.name"),
        ({"name": "  "}, "input.name"),
        ({"name": "x" * 121}, "input.name"),
        ({"name": "a\nb"}, "input.name"),
        ({"address": "x" * 256}, "input.address"),
        ({"opening_hours": "x" * 256}, "input.openingHours"),
        ({"location": GeoPoint(90.1, 0)}, "input.location.latitude"),
        ({"location": GeoPoint(0, -180.1)}, "input.location.longitude"),
        ({"location": GeoPoint(float("nan"), 0)}, "input.location.latitude"),
    ],
)
async def test_what_cannot_be_is_not_sent(said: dict[str, Any], field: str) -> None:
    async with fleet_of(SHOPS) as world:
        wrong = ("INVALID_INPUT", field, "USER_ACTION")
        assert await complaint(create_site(world.scope(), **{"account": "a", "name": "x", **said})) == wrong
        assert await complaint(update_site(world.scope(), **{"site": S1, **said})) == wrong
        assert world["a"].heard() == []


async def test_a_site_as_far_as_can_be_is_made() -> None:
    async with fleet_of(SHOPS) as world:
        world["a"].answers["create_site"] = S1
        await create_site(world.scope(), account="a", name="x" * 120, location=GeoPoint(-90, 180))


async def test_what_is_left_out_stays() -> None:
    async with fleet_of(SHOPS) as world:
        (await stocked(world))["a"].answers["update_site S1"] = None
        changed = await update_site(world.scope(), site=S1, name="New")
        assert changed.ref == S1
        assert world["a"].arguments == [(S1, SiteDraft(name="New"))]


async def test_nothing_to_change_is_a_mistake() -> None:
    async with fleet_of(SHOPS) as world:
        assert await complaint(update_site(world.scope(), site=S1)) == ("INVALID_INPUT", "input", "USER_ACTION")


async def test_a_deleted_site_is_shown_as_it_was() -> None:
    async with fleet_of(SHOPS) as world:
        (await stocked(world))["a"].answers["delete_site S1"] = None
        deleted = await delete_site(world.scope(), site=S1)
        assert deleted.ref is None
        assert isinstance(deleted.otherwise, Site)
        assert deleted.otherwise.ref == S1
        world["a"].answers["list_sites"] = (site("S2"),)
        assert await complaint(delete_site(world.scope(), site=S1)) == ("NOT_FOUND", "input.siteId", "USER_ACTION")


async def test_a_device_is_placed_and_read_anew() -> None:
    async with fleet_of(SHOPS) as world:
        (await stocked(world))["a"].answers["place_device D1"] = None
        changed = await assign_device(world.scope(), device=D1, site=S2)
        assert changed.ref == D1
        assert world["a"].arguments == [(D1, S2)]
        world["a"].answers["list_devices"] = (reading("D1", site=site("S2")),)
        (found,) = await devices.by_refs(world.scope(), [D1], None)
        assert found is not None
        assert found.site == S2


async def test_a_device_is_taken_away_from_where_it_stood() -> None:
    async with fleet_of(SHOPS) as world:
        (await stocked(world))["a"].answers["place_device D1"] = None
        await assign_device(world.scope(), device=D1)
        assert world["a"].arguments == [(D1, None)]


async def test_where_a_device_stood_is_read_anew_too() -> None:
    async with fleet_of(account("a", ListsSites, ReadsSites, ListsDevices, ManagesSites)) as world:
        await stocked(world)
        for native in ("S1", "S2"):
            await world.recall(Key("a", Part.SITE, native), site(native, name="before"))
            world["a"].answers[f"read_site {native}"] = site(native, name="after")
        await world.clock.advance(1)
        world["a"].answers["place_device D1"] = None
        await assign_device(world.scope(), device=D1, site=S2)
        found = await sites.by_refs(world.scope(), [S1, S2], None)
        assert [one.name for one in found if one] == ["after", "after"]


async def test_things_of_two_accounts_do_not_go_together() -> None:
    async with fleet_of(SHOPS, account("b", ListsSites, ManagesSites)) as world:
        wish = assign_device(world.scope(), device=D1, site=site_ref("b", "S1"))
        assert await complaint(wish) == ("INVALID_INPUT", "input.siteId", "USER_ACTION")


async def test_what_is_not_there_is_named() -> None:
    async with fleet_of(SHOPS) as world:
        await stocked(world)
        world["a"].answers |= {"list_sites": (site("S1"),), "list_devices": (reading("D1"),)}
        gone, nobody = site_ref("a", "gone"), device_ref("a", "gone")
        for change, field in (
            (update_site(world.scope(), site=gone, name="x"), "input.siteId"),
            (assign_device(world.scope(), device=nobody), "input.deviceId"),
            (assign_device(world.scope(), device=D1, site=gone), "input.siteId"),
            (create_site(world.scope(), account="nobody", name="x"), "input.accountId"),
        ):
            assert await complaint(change) == ("NOT_FOUND", field, "USER_ACTION")


async def test_a_vendor_whose_sites_cannot_be_managed() -> None:
    async with fleet_of(account("a", ListsSites)) as world:
        for change, field in (
            (create_site(world.scope(), account="a", name="x"), "input.accountId"),
            (update_site(world.scope(), site=S1, name="x"), "input.siteId"),
            (delete_site(world.scope(), site=S1), "input.siteId"),
            (assign_device(world.scope(), device=D1), "input.deviceId"),
        ):
            assert await complaint(change) == ("UNSUPPORTED", field, "NONE")
        assert world["a"].heard() == []


async def test_a_lost_answer_is_never_sent_again() -> None:
    async with fleet_of(SHOPS) as world:
        world["a"].answers["create_site"] = Uncertain("the connection broke")
        (found,) = await complaints(create_site(world.scope(), account="a", name="x"))
        assert found.message == "the connection broke. It may have been done: look at the list before you repeat it"
        assert (found.code, found.field, found.resolution) == ("OUTCOME_UNKNOWN", None, "USER_ACTION")
        assert world["a"].heard() == ["create_site"]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Rejected("a name is taken", resolution=Resolution.USER_ACTION), ("REJECTED", None, "USER_ACTION")),
        (Unreachable("the vendor is down"), ("VENDOR_UNREACHABLE", None, "RETRY_LATER")),
    ],
)
async def test_what_the_vendor_says_no_to(fault: Exception, expected: tuple[str, str | None, str]) -> None:
    async with fleet_of(SHOPS) as world:
        world["a"].answers["create_site"] = fault
        assert await complaint(create_site(world.scope(), account="a", name="x")) == expected


async def test_what_the_vendor_does_not_know_any_more_is_named() -> None:
    async with fleet_of(SHOPS) as world:
        await stocked(world)
        assert await complaint(delete_site(world.scope(), site=S1)) == ("NOT_FOUND", "input.siteId", "USER_ACTION")
        assert world["a"].heard() == ["delete_site S1"]


async def test_while_the_vendor_is_away_nobody_says_that_a_site_is_not_there() -> None:
    async with fleet_of(SHOPS) as world:
        world["a"].answers["list_sites"] = Unreachable("the vendor is down")
        assert await complaint(delete_site(world.scope(), site=S1)) == (
            "VENDOR_UNREACHABLE",
            "input.siteId",
            "RETRY_LATER",
        )
