"""The adapter on its simulator: what it finds, how many calls it makes, and that only faults leave it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from model.faults import Fault, Malformed, NotFound, RateLimited, TimedOut, Unauthorised, Unreachable
from model.records import ChargingSession
from model.refs import Ref, device_ref, session_ref, site_ref
from model.states import ChargingSessionStatus, Connectivity, DeviceKind, SlotStatus
from tests.support.clock import START, FakeClock
from tests.support.vendors import opened, simulator
from tests.vendors.letmecharge.replies import answering, fleet
from vendors.contract import ListsDevices, ListsSessions, ListsSites, ListsTariffs, ReadsDevices, ReadsSessions
from vendors.kit.simulator import Switch
from vendors.letmecharge.adapter import LetMeChargeAdapter
from vendors.letmecharge.orders import MOST_ORDERS, PAGE_SIZE
from vendors.letmecharge.simulator import API_KEY, LetMeChargeSimulator

FILTER = "POST /v3/chargers/filter"
UPDATED = "GET /chargers/{charger}/updated"
ORDERS = "GET /contracts/orders"
PROTOCOLS: list[type] = [ListsDevices, ReadsDevices, ListsSites, ListsSessions, ReadsSessions, ListsTariffs]
WEEK = timedelta(days=7)


def made() -> LetMeChargeSimulator:
    return fleet(simulator("letmecharge"))


def site_of(world: LetMeChargeSimulator, number: int = 0) -> Ref:
    return site_ref("roaming", world.chargers[number].id)


def device_of(world: LetMeChargeSimulator, number: int = 0, station: int = 0) -> Ref:
    return device_ref("roaming", world.chargers[number].stations[station].id)


def session_at(world: LetMeChargeSimulator, back: int) -> Ref:
    return session_ref("roaming", world.traffic.orders[-back].id)


async def test_its_capabilities() -> None:
    async with opened(made()) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        served = [protocol for protocol in PROTOCOLS if isinstance(adapter, protocol)]
    assert served == [ListsDevices, ReadsDevices, ListsSessions, ReadsSessions]


async def listed(world: LetMeChargeSimulator, **settings: Any) -> list[Any]:
    async with opened(world, **settings) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        return list(await adapter.list_devices())


async def test_devices_take_one_call_an_area() -> None:
    world = made()
    readings = await listed(world)
    assert world.counts == {FILTER: 2}
    assert len(readings) == sum(len(charger.stations) for charger in world.chargers) == 36
    assert {reading.site.ref.native_id for reading in readings} == {charger.id for charger in world.chargers}
    assert {reading.device.kind for reading in readings} == {DeviceKind.EV_CHARGER}
    assert {reading.device.connectivity for reading in readings} == {Connectivity.UNKNOWN}
    assert {slot.status for reading in readings for slot in reading.slots} == {SlotStatus.UNKNOWN}
    assert all([slot.index for slot in reading.slots] == [1, 2, 3] for reading in readings)
    assert all(reading.batteries == () and reading.device.site == reading.site.ref for reading in readings)


async def test_a_device_in_two_areas_is_listed_once() -> None:
    world = made()
    area = world.account()["areas"][0]  # type: ignore[index]
    readings = await listed(world, areas=[area, area])
    assert world.counts == {FILTER: 2}
    assert len({reading.device.ref for reading in readings}) == len(readings) > 0


async def test_an_empty_area_is_an_empty_list() -> None:
    assert await listed(made(), areas=[{"latitude": 0, "longitude": 0, "distance_m": 10}]) == []


async def test_one_failing_area_fails_the_list_rather_than_hiding_its_chargers() -> None:
    world = made()
    world.switches["http_500"] = Switch(times=1)
    with pytest.raises(Unreachable):
        await listed(world)


async def test_a_device_takes_one_call() -> None:
    world = made()
    readings = {reading.device.ref: reading for reading in await listed(world)}
    world.counts.clear()
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        second = device_of(world, 0, 1)
        assert await adapter.read_device(second, site_of(world)) == readings[second]
    assert world.counts == {UPDATED: 1}


@pytest.mark.parametrize(
    ("site", "device", "calls"),
    [
        (None, "known", 0),
        ("unknown", "known", 1),
        ("known", "unknown", 1),
    ],
)
async def test_a_device_that_cannot_be_found(site: str | None, device: str, calls: int) -> None:
    world = made()
    where = None if site is None else site_of(world) if site == "known" else site_ref("roaming", "f" * 24)
    what = device_of(world) if device == "known" else device_ref("roaming", "f" * 24)
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        with pytest.raises(NotFound) as raised:
            await adapter.read_device(what, where)
    assert world.counts.total() == calls
    assert site is not None or "list the devices of the account first" in str(raised.value)


@pytest.mark.parametrize("answer", [{"_id": "s"}, {"_id": "s", "chargerDetails": {}}, {"_id": "t"}, {}, []])
async def test_an_answer_about_no_station_does_not_say_that_the_device_is_gone(answer: Any) -> None:
    async with answering(lambda _: httpx.Response(200, json=answer)) as adapter:
        with pytest.raises(Malformed):
            await adapter.read_device(device_ref("roaming", "d"), site_ref("roaming", "s"))


async def test_an_answer_about_another_charger_does_not_say_that_the_device_is_gone() -> None:
    other = {"_id": "t", "chargerDetails": [{"_id": "d"}]}
    async with answering(lambda _: httpx.Response(200, json=other)) as adapter:
        with pytest.raises(Malformed):
            await adapter.read_device(device_ref("roaming", "d"), site_ref("roaming", "s"))


async def sessions(world: LetMeChargeSimulator, since: timedelta) -> list[ChargingSession]:
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        return list(await adapter.list_sessions(world.now - since))


async def test_sessions_take_one_call_a_hundred_orders() -> None:
    world = made()
    orders = world.traffic.orders
    assert 200 < len(orders) < 300
    found = await sessions(world, WEEK)
    assert world.counts == {ORDERS: 3}
    assert [session.ref.native_id for session in found] == [order.id for order in reversed(orders)]


async def test_sessions_stop_where_they_are_old_enough() -> None:
    world = made()
    hour = timedelta(hours=1)
    found = await sessions(world, hour)
    assert world.counts == {ORDERS: 1}
    expected = {
        order.id for order in world.traffic.orders if order.finished_at is None or order.updated_at >= world.now - hour
    }
    assert {session.ref.native_id for session in found} == expected
    assert {session.status for session in found} >= {ChargingSessionStatus.PENDING, ChargingSessionStatus.ACTIVE}


async def test_a_session_names_the_listed_site_device_and_slot() -> None:
    world = made()
    readings = {reading.device.ref: reading for reading in await listed(world)}
    for session in await sessions(world, WEEK):
        assert session.device is not None
        reading = readings[session.device]
        assert session.site == reading.site.ref
        assert session.slot in {slot.ref for slot in reading.slots}


async def test_active_sessions_take_one_call() -> None:
    world = made()
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        found = await adapter.list_active_sessions()
    assert world.counts == {ORDERS: 1}
    active = [order.id for order in reversed(world.traffic.orders) if order.status == "IN_PROGRESS"]
    assert [session.ref.native_id for session in found] == active != []


@pytest.mark.parametrize(("back", "calls"), [(1, 1), (100, 1), (101, 2), (201, 3)])
async def test_a_session_takes_the_pages_down_to_it(back: int, calls: int) -> None:
    world = made()
    wanted = session_at(world, back)
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        assert (await adapter.read_session(wanted)).ref == wanted
    assert world.counts == {ORDERS: calls}


async def test_a_session_that_does_not_exist() -> None:
    world = made()
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        with pytest.raises(NotFound):
            await adapter.read_session(session_ref("roaming", "f" * 24))
    assert world.counts == {ORDERS: 3}


async def test_a_session_is_found_by_any_of_its_ids() -> None:
    order = {"id": "a", "orderId": "b", "_id": "c", "status": "FINISHED"}
    async with answering(lambda _: httpx.Response(200, json=[{"id": "z"}, order])) as adapter:
        for name in ("a", "b", "c"):
            assert (await adapter.read_session(session_ref("roaming", name))).ref == session_ref("roaming", "a")


def paged(times: list[str]) -> tuple[Callable[[httpx.Request], httpx.Response], list[int]]:
    """A vendor with an order for each time, in this order."""
    offsets: list[int] = []
    orders = [{"id": str(number), "status": "FINISHED", "updatedAt": time} for number, time in enumerate(times)]

    def answer(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        offsets.append(offset)
        return httpx.Response(200, json=orders[offset : offset + int(request.url.params["limit"])])

    return answer, offsets


def back(hours: int) -> str:
    return (START - timedelta(hours=hours)).isoformat()


async def test_orders_listed_oldest_first_are_read_to_the_end() -> None:
    answer, offsets = paged([back(hours) for hours in range(249, -1, -1)])
    async with answering(answer) as adapter:
        found = await adapter.list_sessions(START - timedelta(hours=10))
    assert offsets == [0, 100, 200]
    assert len(found) == 11


async def test_orders_without_times_are_read_to_the_end() -> None:
    answer, offsets = paged([""] * PAGE_SIZE * 2)
    async with answering(answer) as adapter:
        assert len(await adapter.list_sessions(START)) == PAGE_SIZE * 2
    assert offsets == [0, 100, 200]


async def test_a_vendor_that_ignores_the_limit_has_said_everything() -> None:
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json=[{"id": str(number)} for number in range(PAGE_SIZE + 50)])

    async with answering(answer) as adapter:
        assert len(await adapter.list_sessions(START)) == PAGE_SIZE + 50
    assert len(calls) == 1


async def test_pages_that_never_end_are_left() -> None:
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(200, json=[{"id": str(number)} for number in range(PAGE_SIZE)])

    async with answering(answer) as adapter:
        assert len(await adapter.list_sessions(START)) == PAGE_SIZE
        assert len(calls) == MOST_ORDERS // PAGE_SIZE
        with pytest.raises(NotFound):
            await adapter.read_session(session_ref("roaming", "f" * 24))


METHODS: dict[str, Callable[[LetMeChargeAdapter, LetMeChargeSimulator], Awaitable[object]]] = {
    "list_devices": lambda adapter, _: adapter.list_devices(),
    "read_device": lambda adapter, world: adapter.read_device(device_of(world), site_of(world)),
    "list_sessions": lambda adapter, world: adapter.list_sessions(world.now - WEEK),
    "read_session": lambda adapter, world: adapter.read_session(session_at(world, 1)),
}
KNOWN_FAULTS = sorted(LetMeChargeSimulator(clock=FakeClock()).known_faults())


async def called(method: str, world: LetMeChargeSimulator, **settings: Any) -> object:
    """The method's result or its fault, with time passing."""
    async with opened(world, **settings) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        task = asyncio.ensure_future(METHODS[method](adapter, world))
        clock = world.clock
        assert isinstance(clock, FakeClock)
        while not task.done():
            await clock.advance(60)
        try:
            return await task
        except Fault as fault:
            return fault


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", KNOWN_FAULTS)
async def test_only_faults_leave_and_it_recovers(fault: str, method: str) -> None:
    world = made()
    world.switches[fault] = Switch()
    assert await called(method, world) is not None
    world.switches.clear()
    assert not isinstance(await called(method, world), Fault)


MALFORMED = {"not_json", "empty_body", "truncated", "wrong_types", "nulls"}
HARMLESS = {"latency", "hang", "stale_plug", "provider_case", "time_form", "string_numbers", "null_fields"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", ["http_401", "http_403", "http_429", "http_500", "http_503", "reset"])
async def test_transport_faults_by_kind(fault: str, method: str) -> None:
    world = made()
    world.switches[fault] = Switch()
    kinds: dict[str, type[Fault]] = {
        "http_401": Unauthorised,
        "http_403": Unauthorised,
        "http_429": RateLimited,
        "reset": TimedOut,
    }
    assert type(await called(method, world)) is kinds.get(fault, Unreachable)


@pytest.mark.parametrize("method", ["list_devices", "list_sessions", "read_device"])
@pytest.mark.parametrize("fault", sorted(MALFORMED))
async def test_damaged_answers_are_malformed(fault: str, method: str) -> None:
    world = made()
    world.switches[fault] = Switch()
    assert isinstance(await called(method, world), Malformed)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fault", sorted(HARMLESS))
async def test_odd_shapes_are_read_all_the_same(fault: str, method: str) -> None:
    world = made()
    world.switches[fault] = Switch()
    assert not isinstance(await called(method, world), Fault)


@pytest.mark.parametrize("fault", ["time_form", "string_numbers", "provider_case"])
async def test_shapes_do_not_change_what_is_read(fault: str) -> None:
    world = made()
    plain = await listed(world), await sessions(world, WEEK)
    world.switches[fault] = Switch()
    odd = await listed(world), await sessions(world, WEEK)
    assert odd[1] == plain[1]
    assert [(reading.site, reading.slots) for reading in odd[0]] == [
        (reading.site, reading.slots) for reading in plain[0]
    ]


async def test_a_bad_item_costs_only_itself() -> None:
    world = made()
    world.switches["batch_with_bad_item"] = Switch()
    # The first charger of each area has two stations; the first order of each of three pages is lost.
    assert len(await listed(world)) == 36 - 2 * 2
    assert len(await sessions(world, WEEK)) == len(world.traffic.orders) - 3


@pytest.mark.parametrize("method", METHODS)
async def test_a_wrong_key_is_unauthorised_and_not_repeated(method: str) -> None:
    fault = await called(method, made(), api_key="another-key")
    assert isinstance(fault, Unauthorised)
    assert fault.raw_code == ("403" if "session" in method else "401")
    assert "another-key" not in str(fault)
    assert API_KEY not in str(fault)
