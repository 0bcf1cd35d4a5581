"""Devices by ref: with the fewest calls, and never made up."""

from dataclasses import replace
from datetime import timedelta

from hub.parts import Key, Part
from model.faults import NotFound, TimedOut, Unreachable
from model.records import CONFIGURED, Device
from model.refs import Ref, device_ref
from model.states import FreshnessSource, ProblemCode
from resolvers.lookup import by_refs, known_by_refs, newest_known
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import POLLED, device, reading, site
from tests.support.clock import START
from vendors.contract import ListsDevices, ReadsDevices

L1, L2, C1, NOBODY = (device_ref("a", native) for native in ("L1", "L2", "C1", "NOBODY"))
SHOP = site("S")
LISTED = (reading("L1", name="one", site=SHOP), reading("L2", name="two"))


async def find(world: World, *refs: Ref, max_age: int | None = None) -> list[Device | None]:
    return await by_refs(world.scope(), list(refs), max_age)


def names(found: list[Device | None]) -> list[str | None]:
    return [None if one is None else one.name or "?" for one in found]


async def test_several_cost_one_listing_and_what_it_does_not_name_is_nobody() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        assert names(await find(world, L2, NOBODY, L1, L2)) == ["two", None, "one", "two"]
        assert world["a"].heard() == ["list_devices"]


async def test_a_fresh_listing_answers_without_any_call_and_with_what_devices_said_themselves() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        await world.recall(Key("a", Part.DEVICES), LISTED)
        await world.recall(Key("a", Part.DEVICE, "L1"), reading("L1", model="X8"))
        (found,) = await find(world, L1)
        assert found is not None
        assert (found.name, found.model, world["a"].heard()) == ("one", "X8", [])


async def test_a_listing_that_was_read_answers_until_it_is_too_old() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers |= {"list_devices": LISTED, "read_device L1": reading("L1", model="X8")}
        await find(world, L1, L2)
        world["a"].heard()
        assert names(await find(world, L1)) == ["one"]
        assert names(await find(world, L2, L1)) == ["two", "one"]
        assert world["a"].heard() == []
        await world.clock.advance(61)
        (alone,) = await find(world, L1)
        assert alone is not None
        assert (alone.name, alone.model, alone.site) == ("one", "X8", SHOP.ref)
        assert world["a"].heard() == ["read_device L1"]
        assert world["a"].arguments[-1] == (L1, SHOP.ref)


async def test_one_device_is_read_by_itself_where_nothing_is_known() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["read_device L1"] = reading("L1", name="alone")
        assert names(await find(world, L1)) == ["alone"]
        assert world["a"].heard() == ["read_device L1"]


async def test_one_device_that_cannot_be_read_by_itself_is_looked_for_in_the_listing() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        assert names(await find(world, L1)) == ["one"]
        assert world["a"].heard() == ["list_devices", "read_device L1"]
        assert names(await find(world, NOBODY)) == [None]


async def test_a_vendor_that_only_lists_is_asked_for_the_listing() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        assert names(await find(world, L1)) == ["one"]
        await world.clock.advance(3600)
        world["a"].answers["list_devices"] = Unreachable("down")
        (stale,) = await find(world, L1)
        assert stale is not None
        assert (stale.name, stale.reading.is_stale) == ("one", True)
        world["a"].answers["list_devices"] = (reading("L1", name="new"),)
        assert names(await find(world, L1)) == ["new"]


async def test_while_the_vendor_is_down_one_device_is_shown_as_it_was_listed() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = LISTED
        await find(world, L1, L2)
        await world.clock.advance(3600)
        world["a"].answers |= {"list_devices": Unreachable("down"), "read_device L1": TimedOut("slow")}
        (found,) = await find(world, L1)
        assert found is not None
        assert found.reading.problem is not None
        assert (found.name, found.reading.is_stale, found.reading.problem.code) == (
            "one",
            True,
            ProblemCode.VENDOR_TIMED_OUT,
        )


async def test_a_configured_device_is_read_or_shown_as_unread_with_the_reason() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1",))) as world:
        world["a"].answers["read_device C1"] = Unreachable("down")
        (unread, nobody) = await find(world, C1, NOBODY)
        assert nobody is None
        assert unread is not None
        assert unread.reading.problem is not None
        assert (unread.name, unread.reading.source, unread.reading.problem.code) == (
            None,
            FreshnessSource.CONFIGURED,
            ProblemCode.VENDOR_UNREACHABLE,
        )
        world["a"].answers["read_device C1"] = reading("C1", name="back")
        assert names(await find(world, C1)) == ["back"]


async def test_a_configured_device_of_a_vendor_that_only_lists_is_shown_from_the_configuration() -> None:
    async with fleet_of(account("a", ListsDevices, devices=("C1",))) as world:
        world["a"].answers["list_devices"] = LISTED
        assert await find(world, C1) == [device("C1", reading=CONFIGURED)]


async def test_of_a_vendor_that_can_do_nothing_only_the_configured_devices_are_found() -> None:
    async with fleet_of(account("a", devices=("C1",))) as world:
        assert await find(world, C1, NOBODY) == [device("C1", reading=CONFIGURED), None]


async def test_accounts_that_are_not_there_find_nothing_and_the_order_is_the_clients() -> None:
    async with fleet_of(
        account("a", ReadsDevices, devices=("X",)), account("b", ReadsDevices, devices=("X",))
    ) as world:
        world["a"].answers["read_device X"] = reading("X", name="of a")
        world["b"].answers["read_device X"] = reading("X", "b", name="of b")
        refs = [device_ref(key, "X") for key in ("b", "nowhere", "a", "b")]
        assert names(await by_refs(world.scope(), refs, None)) == ["of b", None, "of a", "of b"]
        assert (world["a"].heard(), world["b"].heard()) == (["read_device X"], ["read_device X"])


async def test_made_up_ids_cost_no_call_where_the_fleet_is_known() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("C1",)), account("b", ListsDevices, ReadsDevices)) as world:
        world["b"].answers["list_devices"] = (reading("L1", "b"),)
        assert await find(world, NOBODY) == [None]
        assert await by_refs(world.scope(), [device_ref("b", "L1"), device_ref("b", "NOBODY")], None) != [None, None]
        world["b"].heard()
        assert await by_refs(world.scope(), [device_ref("b", "NOBODY")], None) == [None]
        assert (world["a"].heard(), world["b"].heard()) == ([], [])


async def test_a_device_that_the_vendor_does_not_find_any_more_is_shown_as_it_was_with_the_reason() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("X",))) as world:
        world["a"].answers["read_device X"] = reading("X", name="here")
        assert names(await find(world, device_ref("a", "X"))) == ["here"]
        world["a"].answers["read_device X"] = NotFound("gone")
        await world.clock.advance(61)
        (stale,) = await find(world, device_ref("a", "X"))
        assert stale is not None
        assert stale.reading.problem is not None
        assert (stale.name, stale.reading.problem.code) == ("here", ProblemCode.NOT_FOUND)


async def test_made_up_ids_cost_no_call() -> None:
    async with fleet_of(account("a", ReadsDevices, devices=("X",)), account("b", ListsDevices, ReadsDevices)) as world:
        await world.recall(Key("b", Part.DEVICES), (reading("L1", "b"),))
        assert await find(world, device_ref("a", "MADE UP")) == [None]
        assert await find(world, device_ref("b", "MADE UP")) == [None]
        assert (world["a"].heard(), world["b"].heard()) == ([], [])


async def test_listed_devices_are_completed_by_their_own_last_reading_without_a_call() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices), account("b")) as world:
        await world.recall(Key("a", Part.DEVICE, "L1"), reading("L1", model="X8"))
        later = replace(POLLED, fetched_at=START + timedelta(minutes=1))
        listed, other = device("L1", name="one", reading=later), device("L9", "b", name="nine")
        found = await newest_known(world.scope(), [listed, other])
        assert found == {listed.ref: replace(listed, model="X8"), other.ref: other}
        assert world["a"].heard() == []


async def known(world: World, *refs: Ref) -> list[str | None]:
    return names(await known_by_refs(world.scope(), list(refs)))


async def test_known_devices_are_shown_as_known_however_old_and_strangers_are_looked_for() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, devices=("C1",))) as world:
        await world.recall(Key("a", Part.DEVICE, "L2"), reading("L2", name="as it was"), age_s=1)
        await world.recall(Key("a", Part.DEVICES), LISTED, age_s=10**6)
        assert await known(world, L2, L1, C1, L2) == ["two", "one", "?", "two"]
        assert world["a"].heard() == []
        world["a"].answers["list_devices"] = (*LISTED, reading("NOBODY", name="new"))
        assert await known(world, NOBODY, L1) == ["new", "one"]
        assert world["a"].heard() == ["list_devices", "read_device C1"]


async def test_what_a_device_said_itself_since_it_was_listed_is_known() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        await world.recall(Key("a", Part.DEVICES), LISTED, age_s=1)
        await world.recall(Key("a", Part.DEVICE, "L2"), reading("L2", name="renamed"), age_s=10**6)
        assert await known(world, L2) == ["renamed"]


async def test_nobody_is_known_in_an_account_that_is_not_to_be_seen() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        assert await known(world, device_ref("elsewhere", "L1")) == [None]
