"""Starts and stops at the simulated sockets: what they do, when, and what each switch makes of it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.vendors.lvcchong.streets import CABINET, CAR, OFFLINE, SOCKETS, SOCKETS_BY_POWER, Street, port_of, street
from vendors.lvcchong.simulated_fleet import Order
from vendors.lvcchong.simulator import TOKEN

NO_DATA = {"code": "-1", "error": "查询无数据", "success": False}


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    async with street(monkeypatch) as made:
        yield made


async def ask(here: Street, path: str, **form: Any) -> Any:
    response = await here.client.post(path, data={"token": TOKEN, **form})
    assert response.status_code == 200
    return response.json()


async def charge(here: Street, sim_id: str = SOCKETS, **form: Any) -> Any:
    """By time, at an idle socket."""
    what = {"deviceId": sim_id, "portNum": port_of(here.free(sim_id)), "payMoney": 0, "workTime": 60}
    return await ask(here, "charge", **what, **form)


async def result(here: Street, started: Any) -> Any:
    return await ask(here, "queryChargeResult", resultKey=started["data"]["resultKey"])


def order_of(here: Street, started: Any) -> Order:
    return here.simulator.fleet.orders[started["data"]["orderNum"]]


def socket_state(here: Street, order: Order) -> int:
    return order.station.sockets[order.port - 1].state


async def stop(here: Street, order: Order) -> Any:
    return await ask(here, "stopCharge", deviceId=order.station.sim_id, portNum=order.port)


async def test_a_start_reserves_and_powers_some_seconds_later(here: Street) -> None:
    started = await charge(here)
    order = order_of(here, started)

    assert started == {
        "data": {
            "portNum": order.port,
            "domain": "device-domain-01",
            "simId": SOCKETS,
            "resultKey": f"charge_{SOCKETS}_{order.port}_1_",
            "orderNum": order.number,
        },
        "success": True,
    }
    assert (socket_state(here, order), order.status, order.minutes) == (1, 1, 60)
    assert await result(here, started) == {"data": {"result": 0}, "success": True}
    here.simulator.advance(2.9)
    assert order.status == 1
    here.simulator.advance(5.2)
    assert (order.status, order.started_at is not None) == (2, True)
    assert await result(here, started) == {"data": {"result": 1}, "success": True}
    assert here.acts == [("power on", f"{SOCKETS}/{order.port}", order.number)]


async def test_a_result_is_forgotten(here: Street) -> None:
    started = await charge(here)
    here.simulator.advance(44)
    assert (await result(here, started))["success"]
    here.simulator.advance(1)

    assert await result(here, started) == NO_DATA
    assert await ask(here, "queryChargeResult", resultKey="nobody's") == NO_DATA


async def test_a_charge_goes_on_as_any_other(here: Street) -> None:
    order = order_of(here, await charge(here))
    here.simulator.advance(3700)

    assert order.is_over
    assert order.energy_kwh > 0
    assert socket_state(here, order) == 0


async def test_by_a_price_standard(here: Street) -> None:
    form = {"infoPriceId": 311, "param": 2000, "selectPriceType": 0, "payMoney": 20}
    started = await ask(here, "newPriceStandardCharge", simId=CAR, portNum=port_of(here.free(CAR)), **form)
    here.simulator.advance(8)

    assert order_of(here, started).status == 2


@pytest.mark.parametrize(
    ("path", "form", "error"),
    [
        ("charge", {"deviceId": "1"}, "设备不存在"),
        ("charge", {"deviceId": OFFLINE}, "设备离线"),
        ("charge", {"portNum": 11}, "参数错误"),
        ("charge", {"portNum": "two"}, "参数错误"),
        ("charge", {"portNum": 3}, "端口占用"),
        ("charge", {"workTime": 0}, "参数错误"),
        ("charge", {"payMoney": -1}, "参数错误"),
        ("charge", {"deviceId": CAR}, "参数错误"),
        ("charge", {"token": "wrong"}, "token无效"),
        ("newPriceStandardCharge", {"infoPriceId": 26}, "参数错误"),
        ("newPriceStandardCharge", {"param": 7}, "参数错误"),
        ("newPriceStandardCharge", {"simId": CAR, "infoPriceId": 311, "param": 2000, "payMoney": 0}, "参数错误"),
        ("newPriceStandardCharge", {"payMoney": -1}, "参数错误"),
        ("stopCharge", {"deviceId": OFFLINE}, "设备离线"),
        ("stopCharge", {"deviceId": "1"}, "设备不存在"),
    ],
)
async def test_what_is_refused_does_nothing(here: Street, path: str, form: dict[str, object], error: str) -> None:
    good = {
        "charge": {"deviceId": SOCKETS, "workTime": 60},
        "newPriceStandardCharge": {"simId": SOCKETS_BY_POWER, "infoPriceId": 285, "param": 100, "selectPriceType": 0},
        "stopCharge": {},
    }
    before = here.simulator.fleet.order_count
    answer = await ask(here, path, **{"portNum": 1, "payMoney": 0, **good[path], **form})
    here.simulator.advance(100)

    assert answer == {"code": "-1", "error": error, "success": False}
    assert here.acts == []
    assert here.simulator.fleet.order_count == before


async def test_a_stop_cuts_the_power_two_seconds_later(here: Street) -> None:
    order = here.last_order(here.busy())
    stopped = await stop(here, order)
    assert not order.is_over
    assert await result(here, stopped) == {"data": {"result": 0}, "success": True}
    here.simulator.advance(2)

    assert (order.status, order.end_type, socket_state(here, order)) == (3, 3, 0)
    assert await result(here, stopped) == {"data": {"result": 1}, "success": True}
    assert here.acts == [("power off", f"{SOCKETS}/{order.port}", order.number)]


async def test_a_stop_where_nobody_charges_does_nothing(here: Street) -> None:
    answer = await ask(here, "stopCharge", deviceId=SOCKETS, portNum=port_of(here.free()))
    here.simulator.advance(5)

    assert answer["success"]
    assert here.acts == []


async def test_a_start_that_is_stopped_before_its_power_never_gets_any(here: Street) -> None:
    here.switch("acts_late", path="/charge")
    order = order_of(here, await charge(here))
    await stop(here, order)
    here.simulator.advance(200)

    assert order.is_over
    assert here.acts == []


async def test_a_cabinet_stays_taken_after_a_stop(here: Street) -> None:
    order = order_of(here, await charge(here, CABINET))
    here.simulator.advance(10)
    await stop(here, order)
    here.simulator.advance(30)
    assert (order.is_over, socket_state(here, order)) == (True, 1)

    here.simulator.advance(40)
    assert socket_state(here, order) == 0


async def test_a_reset_forgets_results(here: Street) -> None:
    started = await charge(here)
    await here.client.post("http://lvcc.test/_control/reset")

    assert await result(here, started) == NO_DATA
    assert (await charge(here))["data"]["resultKey"].endswith("_1_")


# Switches.


@pytest.mark.parametrize(
    ("switch", "error"),
    [("balance", "余额不足"), ("port_busy", "端口占用"), ("device_offline", "设备离线"), ("throttle", "请求过于频繁")],
)
async def test_refused_by_a_switch(here: Street, switch: str, error: str) -> None:
    here.switch(switch)

    assert await charge(here) == {"code": "-1", "error": error, "success": False}
    here.simulator.advance(10)
    assert here.acts == []


async def test_throttled_by_a_status(here: Street) -> None:
    here.switch("throttle", 429)
    form = {"token": TOKEN, "deviceId": SOCKETS, "portNum": 1}

    assert (await here.client.post("stopCharge", data=form)).status_code == 429


@pytest.mark.parametrize(("value", "is_on"), [(None, True), ("on", True), ("off", False)])
async def test_a_result_that_never_comes(here: Street, value: str | None, *, is_on: bool) -> None:
    here.switch("result_never", value)
    started = await charge(here)
    here.simulator.advance(40)

    assert await result(here, started) == {"data": {"result": 0}, "success": True}
    assert len(here.acts) == is_on
    order = order_of(here, started)
    assert (order.status, socket_state(here, order)) == ((2, 1) if is_on else (1, 0))


@pytest.mark.parametrize(("value", "is_on"), [(None, False), ("on", True), ("off", False)])
async def test_a_stops_result_that_never_comes(here: Street, value: str | None, *, is_on: bool) -> None:
    order = here.last_order(here.busy())
    here.switch("result_never", value)
    stopped = await stop(here, order)
    here.simulator.advance(10)

    assert (await result(here, stopped))["data"] == {"result": 0}
    assert order.is_over is not is_on


async def test_a_result_that_says_no(here: Street) -> None:
    here.switch("result_fail")
    started = await charge(here)
    here.simulator.advance(10)
    order = order_of(here, started)

    assert (await result(here, started))["data"] == {"result": 2}
    assert (order.status, order.energy_kwh, socket_state(here, order)) == (4, 0, 0)
    assert here.acts == []


async def test_a_stops_result_that_says_no(here: Street) -> None:
    order = here.last_order(here.busy())
    here.switch("result_fail")
    stopped = await stop(here, order)
    here.simulator.advance(10)

    assert (await result(here, stopped))["data"] == {"result": 2}
    assert not order.is_over


@pytest.mark.parametrize("path", ["charge", "newPriceStandardCharge"])
async def test_a_start_whose_reply_is_lost_is_carried_out(here: Street, path: str) -> None:
    aim = here.free(SOCKETS_BY_POWER)
    price = {"infoPriceId": 285, "param": 100, "selectPriceType": 0}
    here.switch("start_lost_reply")
    what = {"deviceId": SOCKETS_BY_POWER, "simId": SOCKETS_BY_POWER, "workTime": 60, "payMoney": 0, **price}
    with pytest.raises(httpx.ReadError):
        await ask(here, path, portNum=port_of(aim), **what)
    here.simulator.advance(10)

    assert len(here.acts) == 1


async def test_a_start_that_acts_twice(here: Street) -> None:
    here.switch("start_double")
    order = order_of(here, await charge(here))
    here.simulator.advance(10)

    assert [what for what, _, _ in here.acts] == ["power on", "power on"]
    assert len({cause for _, _, cause in here.acts}) == 2
    assert order.status == 2


async def test_two_orders_at_one_socket_end_with_one_stop(here: Street) -> None:
    here.switch("start_double")
    order = order_of(here, await charge(here))
    here.simulator.advance(10)
    await stop(here, order)
    here.simulator.advance(3)

    assert [what for what, _, _ in here.acts] == ["power on", "power on", "power off"]
    assert socket_state(here, order) == 0


@pytest.mark.parametrize(("value", "seconds"), [(None, 90), (20, 20)])
async def test_acting_late(here: Street, value: float | None, seconds: float) -> None:
    here.switch("acts_late", value)
    order = order_of(here, await charge(here))
    here.simulator.advance(seconds - 1)
    assert here.acts == []
    assert socket_state(here, order) == 1

    here.simulator.advance(1)
    assert len(here.acts) == 1


async def test_a_stop_that_hits_the_next_customer(here: Street) -> None:
    order = here.last_order(here.busy())
    here.switch("stop_race")
    await stop(here, order)
    here.simulator.advance(2)
    (act,) = here.acts
    hit = here.simulator.fleet.orders[act[2]]

    assert (order.status, order.end_type) == (3, 2)
    assert (hit.port, hit.status, hit.end_type) == (order.port, 3, 3)
    assert hit is not order


async def test_a_code_beside_success(here: Street) -> None:
    here.switch("stop_code_minus1")
    stopped = await stop(here, here.last_order(here.busy()))

    assert (stopped["code"], stopped["success"]) == ("-1", True)
    assert "code" not in await charge(here)


async def test_the_oem_platform_takes_the_same_calls(here: Street) -> None:
    form = {"deviceId": SOCKETS, "portNum": port_of(here.free()), "payMoney": 0, "workTime": 5}
    refused = await here.client.post("http://lvcc.test/open/oem/charge", data=form)
    started = await here.client.post("http://lvcc.test/open/oem/charge", data=form, headers={"token": TOKEN})

    assert refused.json()["code"] == "10001"
    assert started.json()["success"]


async def test_orders_of_one_estate(here: Street) -> None:
    window = {"pageSize": 100, "pageNum": 1, "beginUpdateTime": 0, "endUpdateTime": 9_999_999_999_999}
    answer = await ask(here, "queryChargeOrder", estateId=129, **window)

    assert {order["estateId"] for order in answer["data"]["list"]} == {129}
