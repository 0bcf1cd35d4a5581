"""The simulated world: what is in it, that it moves by itself, and what it refuses."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock
from vendors.kit.simulator import Switch
from vendors.lvcchong.simulated_fleet import CABINET
from vendors.lvcchong.simulator import PASSWORD, TOKEN, USERNAME, LvccSimulator

DEVICE = "867000000000001"
OFFLINE = "867000000000012"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(clock: FakeClock) -> LvccSimulator:
    return LvccSimulator(clock=clock)


@pytest.fixture
async def client(simulator: LvccSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app), base_url="http://lvcc.test") as client:
        yield client


async def ask(client: httpx.AsyncClient, path: str, **form: Any) -> Any:
    response = await client.post(f"/openapi/{path}", data={"token": TOKEN, **form})
    assert response.status_code == 200
    return response.json()


def test_the_fleet(simulator: LvccSimulator) -> None:
    stations = simulator.fleet.stations.values()

    assert len(stations) == 20
    assert len({station.estate.id for station in stations}) == 4
    assert [station.sim_id for station in stations if not station.is_online] == [OFFLINE]
    assert {1, 9, 12, 22, 121, 122, 11, 0, 21} <= {station.device_type for station in stations}
    assert {station.status for station in stations} == {1, 2, 5}
    assert len(simulator.fleet.orders) > 140
    assert all(len(number) == 20 for number in simulator.fleet.orders)


def test_the_same_seed_gives_the_same_day() -> None:
    worlds = [LvccSimulator(clock=FakeClock(), seed=seed) for seed in (7, 7, 8)]
    for world in worlds:
        world.advance(12 * 3600)
    first, second, other = (list(world.fleet.orders) for world in worlds)

    assert first == second
    assert first != other


def test_people_come_in_the_evening_and_not_at_night(simulator: LvccSimulator) -> None:
    def new_orders(hours: int) -> int:
        before = simulator.fleet.order_count
        simulator.advance(hours * 3600)
        return simulator.fleet.order_count - before

    evening, late, night = new_orders(3), new_orders(3), new_orders(3)

    assert evening > 10
    assert evening > late > night


def test_energy_flows_and_orders_end(simulator: LvccSimulator) -> None:
    order = simulator.fleet.running[0]
    socket = order.station.sockets[order.port - 1]
    before = order.energy_kwh
    simulator.advance(60)
    after = order.energy_kwh
    simulator.advance(15 * 3600)

    assert before < after
    assert order.is_over
    assert order.ended_at is not None
    assert socket.order is not order


def test_a_socket_is_taken_at_once_and_gives_power_later(simulator: LvccSimulator) -> None:
    station = simulator.fleet.stations[DEVICE]
    port = next(index for index, socket in enumerate(station.sockets, start=1) if socket.state == 0)
    order = simulator.people.plug_in(station, port, simulator.now)

    assert (station.sockets[port - 1].state, order.status) == (1, 1)
    simulator.advance(10)
    assert order.status == 2


def test_a_cabinet_stays_taken_for_a_minute(simulator: LvccSimulator) -> None:
    station = next(item for item in simulator.fleet.stations.values() if item.device_type == CABINET)
    port = next(index for index, socket in enumerate(station.sockets, start=1) if socket.order)
    socket = station.sockets[port - 1]
    simulator.actions()["unplug"]({"device": station.sim_id, "port": port})

    assert socket.order is None
    simulator.advance(30)
    assert socket.state == 1
    simulator.advance(31)
    assert socket.free_at is None


def test_old_orders_are_forgotten(simulator: LvccSimulator) -> None:
    first = next(iter(simulator.fleet.orders))
    simulator.advance(9 * 86_400)

    assert first not in simulator.fleet.orders
    assert simulator.fleet.running


async def test_hands_at_the_hardware(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    async def act(name: str, **what: object) -> httpx.Response:
        return await client.post(f"/_control/actions/{name}", json={"device": DEVICE, **what})

    sockets = simulator.fleet.stations[DEVICE].sockets
    port = next(index for index, socket in enumerate(sockets, start=1) if socket.state == 0)

    plugged = await act("plug_in", port=port)
    assert plugged.json()["order"] in simulator.fleet.orders
    assert (await act("plug_in", port=port)).status_code == 422
    assert (await act("unplug", port=port)).status_code == 200
    assert (await act("unplug", port=port)).status_code == 422
    assert (await act("unplug", port=99)).status_code == 422
    await act("pull_mains")
    assert (await ask(client, "deviceStatus", deviceId=DEVICE))["data"]["device"]["data"]["device"]["online"] == 0
    await act("restore_mains")
    assert simulator.fleet.stations[DEVICE].is_online


async def test_sixty_calls_in_sixty_seconds(client: httpx.AsyncClient, clock: FakeClock) -> None:
    for _ in range(60):
        assert (await ask(client, "deviceStatus", deviceId=DEVICE))["success"]

    throttled = {"code": "-1", "error": "请求过于频繁", "success": False}
    assert await ask(client, "deviceStatus", deviceId=DEVICE) == throttled
    assert (await ask(client, "nearby", lat=25.831, lng=114.93))["success"]
    await clock.advance(60)
    assert (await ask(client, "deviceStatus", deviceId=DEVICE))["success"]


async def test_the_other_shape_of_the_throttle(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    simulator.switches["throttle"] = Switch(value=429)
    response = await client.post("/openapi/deviceStatus", data={"token": TOKEN, "deviceId": DEVICE})

    assert response.status_code == 429


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        ("deviceStatus", {"deviceId": "1"}, "设备不存在"),
        ("deviceStatus", {}, "设备不存在"),
        ("deviceStatus", {"deviceId": DEVICE, "token": "wrong"}, "token无效"),
        ("nearby", {"lat": "north"}, "参数错误"),
        ("queryChargeOrder", {"pageSize": 101, "pageNum": 1, "beginUpdateTime": 0, "endUpdateTime": 1}, "参数错误"),
        ("queryChargeOrder", {"pageSize": 10, "pageNum": 2, "beginUpdateTime": 0, "endUpdateTime": 1}, "参数错误"),
        ("queryChargeOrderDetail", {"orderNum": "1"}, "查询无数据"),
        ("chargingWatt", {"orderNum": "1"}, "查询无数据"),
        ("getPriceStandardDetailInfo", {"priceStandardId": 1}, "查询无数据"),
    ],
)
async def test_refusals(client: httpx.AsyncClient, path: str, form: dict[str, object], error: str) -> None:
    assert await ask(client, path, **form) == {"code": "-1", "error": error, "success": False}


async def test_a_finished_order_has_no_power(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    finished = next(order for order in simulator.fleet.orders.values() if order.is_over)

    assert not (await ask(client, "chargingWatt", orderNum=finished.number))["success"]
    assert (await ask(client, "queryChargeOrderDetail", orderNum=finished.number))["data"]["endType"]


async def test_orders_by_status(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    window = {"beginUpdateTime": 0, "endUpdateTime": 9_999_999_999_999}
    answer = await ask(client, "queryChargeOrder", pageSize=100, pageNum=1, statusesStr="1,2", **window)

    assert {order["status"] for order in answer["data"]["list"]} == {2}
    assert answer["data"]["page"]["total"] == len(simulator.fleet.running)


async def test_the_window_of_orders_is_kept(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    window = {"beginUpdateTime": 0, "endUpdateTime": 1}
    answer = await ask(client, "queryChargeOrder", pageSize=100, pageNum=1, **window)

    assert answer["data"]["list"] == []
    assert answer["data"]["page"]["deepPageToken"] is None


async def test_price_standards(client: httpx.AsyncClient) -> None:
    of_device = await ask(client, "getPriceStandard", simId=DEVICE)
    detail = await ask(client, "getPriceStandardDetailInfo", priceStandardId=26)

    assert of_device["data"] == detail["data"]
    assert detail["data"]["priceStandardUniteList"][0]["startTime"] == -28_800_000


async def test_a_blip_lasts_a_minute_or_two(simulator: LvccSimulator, client: httpx.AsyncClient) -> None:
    async def faults() -> int:
        answer = await ask(client, "deviceStatus", deviceId="867000000000002")
        return list(answer["data"]["device"]["data"]["ports"]).count(-1)

    simulator.switches["blip"] = Switch(times=1)
    assert await faults() == 1
    simulator.advance(59)
    assert await faults() == 1
    simulator.advance(62)
    assert await faults() == 0


async def test_signing_in_at_the_oem_platform(client: httpx.AsyncClient) -> None:
    async def oem(path: str, token: str | None, **form: str) -> Any:
        headers = {"token": token} if token else {}
        return (await client.post(f"/open/oem/{path}", data=form, headers=headers)).json()

    refused = await oem("getToken", None, username=USERNAME, password="wrong")
    token = (await oem("getToken", None, username=USERNAME, password=PASSWORD))["data"]["token"]

    assert refused["error"] == "用户名或密码错误"
    assert (await oem("deviceStatus", token, deviceId=DEVICE))["success"]
    assert (await oem("deviceStatus", None, deviceId=DEVICE))["code"] == "10001"
