"""Lists of devices: filters, the devices of sites, what their own readings add, and recorded energy."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hub.parts import Key, Part
from model.faults import Rejected, TimedOut, Unreachable
from model.records import EnergyRecord, StorageReading
from model.refs import battery_ref, site_ref
from model.states import AccountStatus, Connectivity, DeviceKind, ProblemCode, Resolution
from resolvers.devices import LONGEST_ENERGY, energy_records, page, pages_of_sites, storage_of
from resolvers.filters import DeviceFilter, Near
from resolvers.paging import PageArgs
from resolvers.scope import BadInput, Unanswered
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import at, codes, device, natives, reading, site, slot
from tests.support.clock import START
from vendors.contract import (
    ListsDevices,
    ListsSites,
    ReadsDevices,
    ReadsEnergy,
    ReadsStorage,
    StorageState,
)

BAR = site("S2", name="Bar", location=at(43.30, -2.00), device_ids=("D2",))
CAFE = site("S1", name="Café", location=at(40.40, -3.70))
OF_B = reading("B1", "b", name="delta", site_name="Nowhere")
LISTING = ("Query.devices", "Device.name")


async def filled(world: World) -> World:
    world["a"].answers |= {
        "list_devices": (
            reading("D1", name="alpha", model="X8", connectivity=Connectivity.ONLINE),
            reading("D2", name="beta", kind=DeviceKind.INVERTER, connectivity=Connectivity.OFFLINE),
            replace(reading("D3", name="gamma", site=CAFE), site=None),
        ),
        "list_sites": (BAR, CAFE),
    }
    world["b"].answers["list_devices"] = (OF_B,)
    return world


FLEET = (
    account("a", ListsDevices, ListsSites),
    account("b", ListsDevices, slug="other", has_sites=False),
)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (DeviceFilter(), ["D1", "D2", "B1", "D3"]),
        (DeviceFilter(accounts=frozenset({"a"})), ["D1", "D2", "D3"]),
        (DeviceFilter(accounts=frozenset()), []),
        (DeviceFilter(vendors=frozenset({"other"})), ["B1"]),
        (DeviceFilter(vendors=frozenset({"acme"}), accounts=frozenset({"b"})), []),
        (DeviceFilter(kinds=frozenset({DeviceKind.INVERTER})), ["D2"]),
        (DeviceFilter(kinds=frozenset()), []),
        (DeviceFilter(connectivity=frozenset({Connectivity.ONLINE})), ["D1"]),
        (DeviceFilter(connectivity=frozenset({Connectivity.ONLINE, Connectivity.OFFLINE})), ["D1", "D2"]),
        (DeviceFilter(sites=frozenset({BAR.ref})), ["D2"]),
        (DeviceFilter(sites=frozenset({BAR.ref, CAFE.ref})), ["D2", "D3"]),
        (DeviceFilter(sites=frozenset({site_ref("a", "unknown")})), []),
        (DeviceFilter(sites=frozenset({site_ref("nowhere", "S1")})), []),
        (DeviceFilter(near=Near(43.30, -2.00, 1000)), ["D2"]),
        (DeviceFilter(search="ALPHA"), ["D1"]),
        (DeviceFilter(search="x8"), ["D1"]),
        (DeviceFilter(search="d3"), ["D3"]),
        (DeviceFilter(search="café"), ["D3"]),
        (DeviceFilter(search="nowhere"), ["B1"]),
        (DeviceFilter(search="gamma bar"), []),
        (DeviceFilter(search=""), ["D1", "D2", "B1", "D3"]),
        (DeviceFilter(search="a", kinds=frozenset({DeviceKind.EV_CHARGER}), sites=frozenset({CAFE.ref})), ["D3"]),
    ],
)
async def test_filters(where: DeviceFilter, found: list[str]) -> None:
    async with fleet_of(*FLEET) as world:
        await filled(world)
        shown = await page(world.scope(*LISTING), PageArgs(), where, None)
        assert (natives(shown), shown.total_count, shown.problems) == (found, len(found), [])


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        (DeviceFilter(kinds=frozenset({DeviceKind.INVERTER})), ["list_devices"]),
        (DeviceFilter(search="a"), ["list_devices", "list_sites"]),
        (DeviceFilter(near=Near(0, 0, 1)), ["list_devices", "list_sites"]),
        (DeviceFilter(sites=frozenset({BAR.ref})), ["list_devices", "list_sites"]),
        (DeviceFilter(sites=frozenset({site_ref("b", "S")})), []),
        (DeviceFilter(accounts=frozenset({"b"})), []),
    ],
)
async def test_nobody_is_asked_for_what_the_filter_does_not_need(where: DeviceFilter, asked: list[str]) -> None:
    async with fleet_of(*FLEET) as world:
        await filled(world)
        await page(world.scope(*LISTING), PageArgs(), where, None)
        assert world["a"].heard() == asked


async def test_each_site_has_its_own_page_of_devices_at_the_cost_of_one() -> None:
    async with fleet_of(*FLEET) as world:
        await filled(world)
        unknown, elsewhere = site("S9"), site("S1", "nowhere")
        pages = await pages_of_sites(
            world.scope(*LISTING), [CAFE, BAR, unknown, elsewhere, BAR], PageArgs(), DeviceFilter(), None
        )
        assert [natives(one) for one in pages] == [["D3"], ["D2"], [], [], ["D2"]]
        assert world["a"].heard() == ["list_devices", "list_sites"]
        assert world["b"].heard() == []


async def test_the_devices_of_sites_can_be_filtered_and_paged() -> None:
    async with fleet_of(account("a", ListsDevices)) as world:
        world["a"].answers["list_devices"] = tuple(
            reading(f"D{number}", site=CAFE, name=f"{number}", kind=kind)
            for number, kind in enumerate([DeviceKind.EV_CHARGER, DeviceKind.INVERTER] * 3)
        )
        where, scope = DeviceFilter(kinds=frozenset({DeviceKind.INVERTER})), world.scope(*LISTING)
        (first,) = await pages_of_sites(scope, [CAFE], PageArgs(first=2), where, None)
        assert (natives(first), first.has_next, first.total_count) == (["D1", "D3"], True, 3)
        rest = PageArgs(after=first.edges[-1].cursor)
        (second,) = await pages_of_sites(world.scope(*LISTING), [CAFE], rest, where, None)
        assert (natives(second), second.has_next, second.has_previous) == (["D5"], False, True)


async def test_a_page_is_completed_by_what_devices_said_when_they_were_read() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = (reading("D1", name="listed"),)
        await world.recall(Key("a", Part.DEVICE, "D1"), reading("D1", model="X8"))
        shown = await page(world.scope(*LISTING), PageArgs(), DeviceFilter(), None)
        assert [(edge.node.name, edge.node.model) for edge in shown.edges] == [("listed", "X8")]
        assert world["a"].heard() == ["list_devices"]


async def test_a_page_whose_slots_are_wanted_reads_its_devices_and_tells_what_was_in_the_way_once() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers |= {
            "list_devices": (reading("D1"), reading("D2"), reading("D3"), reading("D4")),
            "read_device D1": reading("D1", power_w=7.0, slots=(slot("D1"),)),
            "read_device D2": TimedOut("slow"),
            "read_device D3": TimedOut("slow"),
            "read_device D4": Rejected("not bound"),
        }
        shown = await page(world.scope("Device.slots"), PageArgs(first=4), DeviceFilter(), None)
        assert [edge.node.power_w for edge in shown.edges] == [7.0, None, None, None]
        assert codes(shown.problems) == [("a", ProblemCode.VENDOR_TIMED_OUT)]


async def test_only_the_devices_of_the_page_are_read() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices)) as world:
        world["a"].answers["list_devices"] = tuple(reading(f"D{number}") for number in range(9))
        await page(world.scope("Device.slots"), PageArgs(first=2), DeviceFilter(), None)
        assert world["a"].heard() == ["list_devices", "read_device D0", "read_device D1"]


async def test_a_slow_account_keeps_nobody_waiting_longer_than_its_deadline() -> None:
    async with fleet_of(account("a", ListsDevices), account("b", ListsDevices)) as world:
        world["a"].answers["list_devices"] = (reading("D1"),)
        world["a"].takes_s = 60
        world["b"].answers["list_devices"] = (OF_B,)
        asking = asyncio.ensure_future(page(world.scope(*LISTING), PageArgs(), DeviceFilter(), None))
        await world.clock.advance(1.9)
        assert not asking.done()
        await world.clock.advance(0.1)
        shown = await asking
        assert (natives(shown), codes(shown.problems)) == (["B1"], [("a", ProblemCode.VENDOR_TIMED_OUT)])
        await world.clock.advance(60)
        assert natives(await page(world.scope(*LISTING), PageArgs(), DeviceFilter(), None)) == ["D1", "B1"]


async def test_storage_is_the_devices_own_and_nothing_for_others() -> None:
    async with fleet_of(account("a", ReadsDevices, ReadsStorage)) as world:
        state = StorageState(storage=StorageReading(state_of_charge=0.4), power_w=5.0, energy_kwh=9.0)
        world["a"].answers |= {"read_device D1": reading("D1"), "read_storage D1": state}
        found = await storage_of(world.scope("Device.storage"), [device("D1"), device("D2")], None)
        assert found == [StorageReading(state_of_charge=0.4), None]


# Recorded energy.

HOUR = timedelta(hours=1)
INVERTER = device("D1", kind=DeviceKind.INVERTER)


def recorded(*minutes: int) -> tuple[EnergyRecord, ...]:
    """Records of so many minutes after the start."""
    return tuple(
        EnergyRecord(battery=battery_ref("a", "B"), measured_at=START + timedelta(minutes=minute), charged_kwh=minute)
        for minute in minutes
    )


def minutes(records: Sequence[EnergyRecord]) -> list[float | None]:
    return [record.charged_kwh for record in records]


async def test_recorded_energy_is_that_of_the_time_asked_about() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = recorded(0, 30, 60, 90, 120)
        start, end = START + timedelta(minutes=30), START + timedelta(minutes=90)
        assert minutes(await energy_records(world.scope(), INVERTER, start, end)) == [30, 60]


@pytest.mark.parametrize(
    ("start", "end", "asked"),
    [
        (START, START + HOUR, (START, START + HOUR)),
        (START + timedelta(minutes=1), START + timedelta(minutes=2), (START, START + HOUR)),
        (START + timedelta(minutes=59), START + timedelta(minutes=61), (START, START + 2 * HOUR)),
        (START, START + LONGEST_ENERGY, (START, START + LONGEST_ENERGY)),
        (
            START + timedelta(minutes=1),
            START + timedelta(minutes=1) + LONGEST_ENERGY,
            (START + timedelta(minutes=1), START + timedelta(minutes=1) + LONGEST_ENERGY),
        ),
        (
            datetime(9999, 12, 31, 23, 30, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 45, tzinfo=UTC),
            (datetime(9999, 12, 31, 23, 30, tzinfo=UTC), datetime(9999, 12, 31, 23, 45, tzinfo=UTC)),
        ),
    ],
)
async def test_whole_hours_are_asked_for_where_they_are_not_too_many(
    start: datetime, end: datetime, asked: tuple[datetime, datetime]
) -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = ()
        assert list(await energy_records(world.scope(), INVERTER, start, end)) == []
        assert world["a"].arguments == [(INVERTER.ref, *asked)]


async def test_who_asks_within_the_same_hour_shares_one_call() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = recorded(0, 30)
        world["a"].takes_s = 1
        asking = [
            asyncio.ensure_future(
                energy_records(world.scope(), INVERTER, START + timedelta(seconds=second), START + HOUR)
            )
            for second in range(20)
        ]
        await world.clock.advance(1)
        assert [minutes(await one) for one in asking] == [[0, 30]] + [[30]] * 19
        assert minutes(await energy_records(world.scope(), INVERTER, START, START + HOUR)) == [0, 30]
        assert world["a"].heard() == ["read_energy D1"]
        await world.clock.advance(1)
        anew = asyncio.ensure_future(energy_records(world.scope(), INVERTER, START, START + HOUR, 0))
        await world.clock.advance(1)
        assert (minutes(await anew), world["a"].heard()) == ([0, 30], ["read_energy D1"])


async def test_recorded_energy_is_not_waited_for_beyond_the_accounts_deadline_and_then_is_there() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = recorded(0)
        world["a"].takes_s = 5
        asking = asyncio.ensure_future(energy_records(world.scope(), INVERTER, START, START + HOUR))
        await world.clock.advance(2)
        with pytest.raises(Unanswered, match="no answer within this account's deadline") as late:
            await asking
        assert (late.value.code, late.value.resolution) == (ProblemCode.VENDOR_TIMED_OUT, Resolution.RETRY_LATER)
        await world.clock.advance(3)
        assert minutes(await energy_records(world.scope(), INVERTER, START, START + HOUR)) == [0]
        assert world["a"].heard() == ["read_energy D1"]


async def test_recorded_energy_counts_for_the_breaker_and_is_held_back_by_it() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = Unreachable("down")
        for _ in range(8):
            with pytest.raises(Unanswered, match="down") as refused:
                await energy_records(world.scope(), INVERTER, START, START + HOUR)
            assert refused.value.code is ProblemCode.VENDOR_UNREACHABLE
        assert world["a"].heard() == ["read_energy D1"] * 5
        assert world.fleet.members["a"].state().status is AccountStatus.DOWN
        world["a"].answers["read_energy D1"] = recorded(0)
        await world.clock.advance(5)
        assert minutes(await energy_records(world.scope(), INVERTER, START, START + HOUR)) == [0]
        assert world.fleet.members["a"].state().status is AccountStatus.UP


async def test_while_the_vendor_is_down_what_it_last_said_of_that_time_is_shown() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = recorded(0)
        await energy_records(world.scope(), INVERTER, START, START + HOUR)
        await world.clock.advance(3600)
        world["a"].answers["read_energy D1"] = Unreachable("down")
        assert minutes(await energy_records(world.scope(), INVERTER, START, START + HOUR)) == [0]
        with pytest.raises(Unanswered):
            await energy_records(world.scope(), INVERTER, START, START + 2 * HOUR)


async def test_recorded_energy_is_not_stored() -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        world["a"].answers["read_energy D1"] = recorded(0)
        await energy_records(world.scope(), INVERTER, START, START + HOUR)
        assert world.store.kept == {}


async def test_who_records_no_energy_has_none() -> None:
    async with fleet_of(account("a", ReadsDevices)) as world:
        assert await energy_records(world.scope(), INVERTER, START, START + HOUR) == ()
        assert await energy_records(world.scope(), device("D1", "nowhere"), START, START + HOUR) == ()
        assert world["a"].heard() == []


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (START, "`end` must be after `start`"),
        (START - HOUR, "`end` must be after `start`"),
        (START + LONGEST_ENERGY + timedelta(microseconds=1), "`start` to `end` may span 90 days at most"),
    ],
)
async def test_a_time_that_cannot_be_meant_is_refused_with_the_remedy(end: datetime, message: str) -> None:
    async with fleet_of(account("a", ReadsEnergy)) as world:
        with pytest.raises(BadInput) as refused:
            await energy_records(world.scope(), INVERTER, START, end)
        assert (str(refused.value), world["a"].heard()) == (message, [])
