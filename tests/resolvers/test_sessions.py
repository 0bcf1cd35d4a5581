"""Sessions: lists newest first, single ones, those of devices, and the one that runs on a slot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.parts import Key, Part
from model.faults import Unreachable
from model.records import ChargingSession
from model.refs import battery_ref, device_ref, session_ref
from model.states import ChargingSessionKind, ChargingSessionStatus, ProblemCode
from resolvers.filters import SessionFilter
from resolvers.paging import PageArgs
from resolvers.sessions import (
    LONGEST_HISTORY_DAYS,
    active_of_slots,
    by_refs,
    known_as,
    last_known,
    page,
    pages_of_devices,
)
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import codes, device, natives, session, slot
from tests.support.clock import START
from vendors.contract import ListsActiveSessions, ListsSessions, ReadsSessions

DONE, RENTAL = ChargingSessionStatus.COMPLETED, ChargingSessionKind.RENTAL
D1, D2 = device_ref("a", "D1"), device_ref("a", "D2")
SESSIONS = (
    session("R1", hours_ago=1, device=D1, kind=RENTAL),
    session("R2", hours_ago=2, device=D2, status=DONE),
    session("R3", hours_ago=3, device=D1, status=DONE),
    session("R4", hours_ago=None, ended_at=START - timedelta(hours=1.5)),
    session("R5", hours_ago=None, updated_at=START - timedelta(hours=2.5)),
    session("R6", hours_ago=None, status=ChargingSessionStatus.PENDING),
)


async def listed(world: World, where: SessionFilter | None = None, *, args: PageArgs | None = None) -> Any:
    return await page(world.scope(), args or PageArgs(), where or SessionFilter(), None)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (SessionFilter(), ["R6", "R1", "R4", "R2", "R5", "R3"]),
        (SessionFilter(accounts=frozenset({"nowhere"})), []),
        (SessionFilter(devices=frozenset({D1})), ["R1", "R3"]),
        (SessionFilter(devices=frozenset({device_ref("nowhere", "D1")})), []),
        (SessionFilter(kinds=frozenset({RENTAL})), ["R1"]),
        (SessionFilter(statuses=frozenset({DONE, ChargingSessionStatus.PENDING})), ["R6", "R2", "R3"]),
        (SessionFilter(started_after=START - timedelta(hours=2)), ["R1", "R2"]),
        (SessionFilter(started_before=START - timedelta(hours=2)), ["R3"]),
        (
            SessionFilter(started_after=START - timedelta(hours=2), started_before=START - timedelta(hours=1)),
            ["R2"],
        ),
        (SessionFilter(devices=frozenset({D1, D2}), statuses=frozenset({DONE})), ["R2", "R3"]),
    ],
)
async def test_filters(where: SessionFilter, found: list[str]) -> None:
    async with fleet_of(account("a", ListsSessions), account("b")) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        shown = await listed(world, where)
        assert (natives(shown), shown.total_count, shown.problems) == (found, len(found), [])


@pytest.mark.parametrize(
    ("after", "since"),
    [
        (None, datetime(2026, 5, 25, tzinfo=UTC)),
        (START - timedelta(hours=1), datetime(2026, 5, 25, tzinfo=UTC)),
        (START - timedelta(days=30), datetime(2026, 5, 2, tzinfo=UTC)),
        (START - timedelta(days=LONGEST_HISTORY_DAYS), datetime(2026, 3, 1, tzinfo=UTC)),
        (START - timedelta(days=4000), datetime(2026, 3, 1, tzinfo=UTC)),
        (datetime.min.replace(tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
    ],
)
async def test_a_vendor_lists_whole_days_and_never_more_than_a_quarter(after: datetime | None, since: datetime) -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = ()
        await listed(world, SessionFilter(started_after=after))
        assert world["a"].arguments == [(since,)]


async def test_who_asks_within_a_day_shares_one_listing() -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        for minute in range(3):
            await listed(world, SessionFilter(started_after=START - timedelta(days=20, minutes=minute)))
        assert world["a"].heard() == ["list_sessions"]


async def test_while_the_vendor_is_down_the_last_list_is_shown_as_stale_and_mends() -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        await listed(world)
        await world.clock.advance(3600)
        world["a"].answers["list_sessions"] = Unreachable("down")
        stale = await listed(world)
        assert {edge.node.reading.is_stale for edge in stale.edges} == {True}
        assert codes(stale.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        (of_device,) = await pages_of_devices(world.scope(), [device("D1")], PageArgs(), SessionFilter(), None)
        assert {edge.node.reading.is_stale for edge in of_device.edges} == {True}
        assert codes(of_device.problems) == [("a", ProblemCode.VENDOR_UNREACHABLE)]
        world["a"].answers["list_sessions"] = SESSIONS[:1]
        mended = await listed(world)
        assert (natives(mended), mended.problems, mended.edges[0].node.reading.is_stale) == (["R1"], [], False)


async def test_each_device_has_its_own_page_at_the_cost_of_one_listing() -> None:
    async with fleet_of(account("a", ListsSessions), account("b")) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        devices = [device("D2"), device("D1"), device("D9"), device("D1", "b"), device("D1", "nowhere")]
        pages = await pages_of_devices(world.scope(), devices, PageArgs(first=1), SessionFilter(), None)
        assert [(natives(one), one.has_next, one.total_count) for one in pages] == [
            (["R2"], False, 1),
            (["R1"], True, 2),
            ([], False, 0),
            ([], False, 0),
            ([], False, 0),
        ]
        assert world["a"].heard() == ["list_sessions"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (SessionFilter(statuses=frozenset({DONE})), ["R3"]),
        (SessionFilter(devices=frozenset({D1, D2})), ["R1", "R3"]),
        (SessionFilter(devices=frozenset({D2})), []),
    ],
)
async def test_the_sessions_of_a_device_can_be_filtered(where: SessionFilter, found: list[str]) -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        (own,) = await pages_of_devices(world.scope(), [device("D1")], PageArgs(), where, None)
        assert natives(own) == found


async def find(world: World, *found: str) -> list[str | None]:
    """What each session has as its external id."""
    sessions = await by_refs(world.scope(), [session_ref("a", native) for native in found], None)
    return [None if one is None else one.external_id or "listed" for one in sessions]


async def test_single_sessions_are_read_by_themselves_and_else_looked_for_in_the_list() -> None:
    async with fleet_of(account("a", ListsSessions, ReadsSessions)) as world:
        world["a"].answers |= {"list_sessions": SESSIONS, "read_session R1": session("R1", external_id="detail")}
        assert await find(world, "R1") == ["detail"]
        assert world["a"].heard() == ["read_session R1"]
        assert await find(world, "R2", "R9", "R1") == ["listed", None, "detail"]
        assert world["a"].heard() == ["list_sessions", "read_session R2", "read_session R9"]


async def test_a_vendor_that_only_lists_is_asked_for_the_list() -> None:
    async with fleet_of(account("a", ListsSessions), account("b")) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        assert await find(world, "R2", "R9") == ["listed", None]
        refs = [session_ref("b", "R1"), session_ref("nowhere", "R1")]
        assert await by_refs(world.scope(), refs, None) == [None, None]
        await world.clock.advance(3600)
        world["a"].answers["list_sessions"] = Unreachable("down")
        (stale,) = await by_refs(world.scope(), [session_ref("a", "R1")], None)
        assert stale is not None
        assert stale.reading.is_stale


async def test_a_session_that_cannot_be_read_now_is_shown_as_it_was() -> None:
    async with fleet_of(account("a", ReadsSessions)) as world:
        world["a"].answers["read_session R1"] = session("R1", external_id="detail")
        await find(world, "R1")
        await world.clock.advance(3600)
        world["a"].answers["read_session R1"] = Unreachable("down")
        (one,) = await by_refs(world.scope(), [session_ref("a", "R1")], None)
        assert one is not None
        assert (one.external_id, one.reading.is_stale) == ("detail", True)


SLOT = slot("D1", 1)


@pytest.mark.parametrize(
    ("running", "found"),
    [
        (session("R1", slot=SLOT.ref), "R1"),
        (session("R1", slot=SLOT.ref, status=DONE), None),
        (session("R1", slot=slot("D1", 2).ref), None),
        (session("R1", slot=SLOT.ref, battery=battery_ref("a", "B")), None),
    ],
)
async def test_the_session_that_runs_on_a_slot(running: ChargingSession, found: str | None) -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = (running,)
        elsewhere = slot("D1", 1, "nowhere")
        shown = await active_of_slots(world.scope(), [SLOT, elsewhere], None)
        assert [one and one.ref.native_id for one in shown] == [found, None]


async def test_paging_goes_through_every_session_newest_first() -> None:
    async with fleet_of(account("a", ListsSessions)) as world:
        world["a"].answers["list_sessions"] = SESSIONS
        first = await listed(world, args=PageArgs(first=4))
        assert (natives(first), first.has_next) == (["R6", "R1", "R4", "R2"], True)
        rest = await listed(world, args=PageArgs(after=first.edges[-1].cursor))
        assert (natives(rest), rest.has_next, rest.has_previous) == (["R5", "R3"], False, True)


async def test_a_session_is_known_as_it_was_last_read_anywhere() -> None:
    async with fleet_of(account("a", ListsSessions, ListsActiveSessions, ReadsSessions)) as world:
        ref = session("R1").ref
        assert await last_known(world.scope(), ref) is None
        for key, power_w in (
            (Key("a", Part.SESSION, "R1"), 1),
            (Key("a", Part.SESSIONS, "2026-05-25"), 2),
            (Key("a", Part.ACTIVE_SESSIONS), 3),
        ):
            one = session("R1", power_w=power_w)
            await world.recall(key, one if key.native == "R1" else (session("R2"), one), age_s=3600)
            found = await last_known(world.scope(), ref)
            assert found is not None
            assert found.power_w == power_w
        assert world["a"].heard() == []
        assert await last_known(world.scope(), session("R1", "elsewhere").ref) is None


async def test_rentals_are_known_by_the_ids_that_were_given_with_them() -> None:
    async with fleet_of(account("a")) as world:
        one, other = session("R1").ref, session("R2").ref
        world.desk.known_as[other] = "mine"
        assert await known_as(world.scope(), [one, other]) == [None, "mine"]
