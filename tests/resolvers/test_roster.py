"""Which devices an account has: listed, configured, never read, and known no more."""

from collections.abc import Mapping

import pytest

from hub.parts import Key, Part
from model.faults import Fault, NotFound, RateLimited, Rejected, Unreachable
from model.records import CONFIGURED
from model.states import DeviceKind, FreshnessSource, ProblemCode
from resolvers.paging import PageArgs, page_of
from resolvers.roster import Roster, count_of_devices, ever_listed, known_devices, listed_now, placeholder, roster
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import codes, device, natives, reading
from tests.support.clock import START
from vendors.contract import ListsDevices, ReadsDevices

LISTED = (reading("L2", name="b"), reading("L1", name="a"))


async def roster_of(world: World, max_age: int | None = None) -> Roster:
    member = world.fleet.members["a"]
    return await roster(world.scope(), member, max_age)


def shown(found: Roster) -> Mapping[str, FreshnessSource]:
    rows = found.shelf.newest_rows
    return {row.record.ref.native_id: found.known_as(row.record).reading.source for row in rows}


async def test_listed_devices_stand_by_name_and_share_the_listings_reading() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        found = await roster_of(world)
        assert shown(found) == {"L1": FreshnessSource.POLL, "L2": FreshnessSource.POLL}
        assert list(shown(found)) == ["L1", "L2"]
        one = found.reading_of("L1")
        assert one is not None
        assert one.device.reading.fetched_at == START
        assert (found.stale, found.problems, found.reading_of("X")) == (None, [], None)
        assert world["a"].heard() == ["list_devices"]


async def test_configured_devices_that_no_listing_names_are_read_by_themselves_once_each() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1", "L1", "C1", "C2"))) as world:
        world["a"].answers |= {"list_devices": LISTED, "read_device C1": reading("C1", name="c")}
        found = await roster_of(world)
        assert shown(found) == {
            "C2": FreshnessSource.CONFIGURED,
            "L1": FreshnessSource.POLL,
            "L2": FreshnessSource.POLL,
            "C1": FreshnessSource.POLL,
        }
        assert world["a"].heard() == ["list_devices", "read_device C1", "read_device C2"]
        assert [one and one.device.name for one in found.alone_values()] == ["c", None]


async def test_a_device_that_the_vendor_does_not_know_says_so_itself_and_is_no_problem_of_the_account() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1",))) as world:
        found = await roster_of(world)
        (row,) = found.shelf.newest_rows
        known = found.known_as(row.record)
        assert known.reading.problem is not None
        assert (known.reading.problem.code, known.reading.source) == (ProblemCode.NOT_FOUND, FreshnessSource.CONFIGURED)
        assert found.problems == []


@pytest.mark.parametrize("fault", [Unreachable("down"), RateLimited("enough"), Fault("?")])
async def test_what_is_wrong_with_the_account_is_told(fault: Fault) -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1", "C2"))) as world:
        world["a"].answers |= {"read_device C1": fault, "read_device C2": reading("C2")}
        assert codes((await roster_of(world)).problems) == [("a", fault.code)]


@pytest.mark.parametrize("fault", [NotFound("gone"), Rejected("no")])
async def test_a_listing_that_fails_is_the_accounts_problem_whatever_it_says(fault: Fault) -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = fault
        assert codes((await roster_of(world)).problems) == [("a", fault.code)]


async def test_while_the_vendor_is_down_the_last_listing_is_shown_as_stale_and_mends() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        await roster_of(world)
        await world.clock.advance(3600)
        world["a"].answers["list_devices"] = Unreachable("down")
        stale = await roster_of(world)
        assert stale.stale is not None
        assert {stale.known_as(row.record).reading.is_stale for row in stale.shelf.newest_rows} == {True}
        assert codes(stale.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        world["a"].answers["list_devices"] = LISTED[:1]
        mended = await roster_of(world)
        assert (shown(mended), mended.stale, mended.problems) == ({"L2": FreshnessSource.POLL}, None, [])


async def test_an_account_that_can_neither_list_nor_read_shows_what_the_configuration_names() -> None:
    async with fleet_of(account("a", devices=("C1",))) as world:
        found = await roster_of(world)
        (row,) = found.shelf.newest_rows
        assert found.known_as(row.record) == device("C1", reading=CONFIGURED)
        assert found.problems == []


async def test_a_placeholder_has_the_vendors_kind_where_it_makes_only_one() -> None:
    two = (DeviceKind.EV_CHARGER, DeviceKind.INVERTER)
    async with fleet_of(account("a"), account("b", device_kinds=two)) as world:
        made = [placeholder(member, "C1").kind for member in world.fleet.members.values()]
        assert made == [DeviceKind.EV_CHARGER, DeviceKind.UNKNOWN]


async def test_counting_reads_no_device_by_itself() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1", "L1"))) as world:
        world["a"].answers["list_devices"] = LISTED
        assert await count_of_devices(world.scope(), world.fleet.members["a"]) == 3
        assert world["a"].heard() == ["list_devices"]


async def test_within_an_operation_the_roster_is_asked_for_once_for_each_age() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        scope, member = world.scope(), world.fleet.members["a"]
        assert await roster(scope, member, 0) is await roster(scope, member, 0)
        assert await roster(scope, member, 0) is not await roster(scope, member, 5)
        assert world["a"].heard() == ["list_devices"]


async def test_what_the_listing_says_is_looked_up_without_asking_anybody() -> None:
    async with fleet_of(account("a", ListsDevices), account("b")) as world:
        member, without = world.fleet.members.values()
        assert (await listed_now(world.scope(), without, None)).devices == {}
        assert (await listed_now(world.scope(), member, None)).devices == {}
        await world.recall(Key("a", Part.DEVICES), LISTED, age_s=30)
        assert set((await listed_now(world.scope(), member, None)).devices) == {"L1", "L2"}
        assert (await listed_now(world.scope(), member, 29)).devices == {}
        assert set(await ever_listed(world.scope(), member)) == {"L1", "L2"}
        assert await ever_listed(world.scope(), without) == {}
        assert world["a"].heard() == []


async def test_within_an_operation_the_listing_that_was_read_is_the_one_that_counts() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        scope, member = world.scope(), world.fleet.members["a"]
        await roster(scope, member, 0)
        assert set((await listed_now(scope, member, 0)).devices) == {"L1", "L2"}


async def test_within_an_operation_a_listing_that_failed_is_known_to_be_stale() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        await world.recall(Key("a", Part.DEVICES), LISTED, age_s=3600)
        world["a"].answers["list_devices"] = Unreachable("down")
        scope, member = world.scope(), world.fleet.members["a"]
        await roster(scope, member, None)
        found = await listed_now(scope, member, None)
        assert set(found.devices) == {"L1", "L2"}
        assert found.stale is not None
        assert found.stale.is_stale


async def test_a_device_not_found_while_the_listing_fails_may_well_exist() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1",))) as world:
        world["a"].answers["list_devices"] = Unreachable("down")
        found = await roster_of(world)
        (row,) = found.shelf.newest_rows
        problem = found.known_as(row.record).reading.problem
        assert problem is not None
        assert problem.code is ProblemCode.VENDOR_UNREACHABLE


async def test_what_was_last_read_of_devices_is_looked_up_without_asking_anybody() -> None:
    async with fleet_of(account("a", ReadsDevices)) as world:
        await world.recall(Key("a", Part.DEVICE, "D1"), reading("D1", name="x"), age_s=10**6)
        one, other = await known_devices(world.scope(), world.fleet.members["a"], ["D1", "D2"])
        assert one is not None
        assert (one.device.name, other, world["a"].heard()) == ("x", None, [])


async def test_names_that_come_while_somebody_pages_lose_and_repeat_nobody() -> None:
    names = tuple(f"C{number}" for number in range(9))
    async with fleet_of(account("a", ReadsDevices, devices=names, limit=3)) as world:
        member = world.fleet.members["a"]
        world["a"].answers |= {
            f"read_device {name}": reading(name, name=f"{9 - number}") for number, name in enumerate(names)
        }
        seen: list[str] = []
        args = PageArgs(first=2)
        for _ in range(5):
            scope = world.scope()
            found = page_of([(await roster(scope, member, None)).shelf], args, scope.started_at)
            seen += natives(found)
            args = PageArgs(first=2, after=found.edges[-1].cursor)
            await world.clock.advance(60)
        assert sorted(seen) == list(names)
        assert {row.record.name for row in (await roster(world.scope(), member, None)).shelf.newest_rows} == {
            f"{number}" for number in range(1, 10)
        }
