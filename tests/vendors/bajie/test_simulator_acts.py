"""What the simulated vendor does when it is told to, and each of its ways of doing it wrongly."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.support.clock import FakeClock
from vendors.bajie.simulator import PASSWORD, USERNAME, BajieSimulator
from vendors.kit.simulator import Switch

ROOT = "/cdb-open-api/v1"
URL = "http://gateway.test/webhooks/cabinets-eu/a-token"


@dataclass
class World:
    clock: FakeClock
    simulator: BajieSimulator
    http: httpx.AsyncClient
    received: list[httpx.Request] = field(default_factory=list)

    async def post(self, path: str, json: object = None, **query: Any) -> Any:
        return (await self.http.post(path, params=query, json=json)).json()

    async def get(self, path: str, **query: Any) -> Any:
        return (await self.http.get(path, params=query)).json()

    def switch(self, name: str, **how: Any) -> None:
        self.simulator.switches[name] = Switch(**how)

    def acts(self) -> list[tuple[str, str]]:
        return [(act.what, act.subject) for act in self.simulator.acts]

    def out(self) -> list[int]:
        """The slots of the first cabinet whose battery left, in order."""
        return [int(act.subject.split("/")[1]) for act in self.simulator.acts if act.what == "battery out"]

    async def told(self) -> list[dict[str, str]]:
        """What the callbacks so far said."""
        await self.clock.settle()
        return [
            json.loads(request.content)
            if request.headers["content-type"] == "application/json"
            else {key: values[0] for key, values in parse_qs(request.content.decode()).items()}
            for request in self.received
        ]

    async def pop(self, slot: int = 1) -> Any:
        return await self.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=slot, operationType="pop")

    async def rent(self, url: str = URL) -> str:
        answer = await self.post("/rent/order/create", deviceId="XYZ00001", callbackURL=url)
        trade_no: str = answer["data"]["tradeNo"]
        return trade_no

    async def pass_time(self, seconds: float) -> None:
        """With the world moving by itself, as while it is served."""
        for _ in range(round(seconds)):
            await self.clock.advance(1)


@asynccontextmanager
async def world(status: int = 200) -> AsyncIterator[World]:
    clock = FakeClock()
    received: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        received.append(request)
        return httpx.Response(status, json={"code": 0})

    simulator = BajieSimulator(clock=clock, outside=httpx.MockTransport(receive))
    simulator.actions()["set_eagerness"]({"factor": 0})
    transport = httpx.ASGITransport(simulator.app)
    moving = asyncio.create_task(simulator.keep_moving())
    async with httpx.AsyncClient(transport=transport, base_url=f"http://b{ROOT}", auth=(USERNAME, PASSWORD)) as http:
        yield World(clock, simulator, http, received)
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)


@pytest.fixture
async def town() -> AsyncIterator[World]:
    async with world() as it:
        yield it


# Ejecting.


async def test_a_pop_takes_1_to_8_seconds(town: World) -> None:
    assert await town.pop(2) == {"msg": "Successful operation", "code": 0}
    assert town.acts() == []
    await town.pass_time(9)

    (act,) = town.simulator.acts
    assert act.what == "battery out"
    assert act.subject.startswith("XYZ00001/2/FEED")
    assert act.cause == "pop-1"
    assert 1 <= (act.at - town.clock.now()).total_seconds() + 9 <= 8


async def test_an_empty_slot_gives_nothing(town: World) -> None:
    await town.pop(2)
    await town.pass_time(9)
    await town.pop(2)
    await town.pass_time(9)

    assert town.out() == [2]


async def test_what_was_pushed_out_is_put_back_after_half_an_hour(town: World) -> None:
    await town.pop(2)
    await town.pass_time(9)
    assert town.simulator.state()["batteries_loose"] == 1

    town.simulator.advance(1900)

    assert town.simulator.state()["batteries_loose"] == 0


@pytest.mark.parametrize("slot", [{"slotNum": 0}, {}])
@pytest.mark.parametrize("path", ["/cabinet/ejectByRepair", "/cabinet/operation"])
async def test_slot_0_or_none_empties_the_cabinet(town: World, path: str, slot: dict[str, int]) -> None:
    await town.post(path, cabinetid="XYZ00001", operationType="pop", **slot)
    await town.pass_time(20)

    assert sorted(town.out()) == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("operation", "left"), [("popall", [1, 2, 3]), ("popallForAuth", [1, 3]), ("popallForNoAuth", [2])]
)
async def test_popping_all_of_a_kind(town: World, operation: str, left: list[int]) -> None:
    cabinet = town.simulator.fleet.cabinets["XYZ00001"]
    for bay in cabinet.bays[3:]:
        town.simulator.fleet.rent(cabinet, bay)
    assert cabinet.bays[1].battery is not None
    cabinet.bays[1].battery.fault = 6

    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=0, operationType=operation)
    await town.pass_time(20)

    assert town.out() == left


async def test_one_slot_by_repair_and_one_more_for_an_order(town: World) -> None:
    await town.post("/cabinet/ejectByRepair", cabinetid="XYZ00001", slotNum=4)
    trade_no = await town.rent()
    await town.post("/cabinet/ejectByRent", cabinetid="XYZ00001", rentOrderId=trade_no, slotNum=5)
    await town.pass_time(9)

    causes = {act.subject.split("/")[1]: act.cause for act in town.simulator.acts}
    assert causes["4"] == "ejectByRepair-1"
    assert causes["5"] == trade_no
    assert len(causes) == 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"cabinetid": "XYZ00014", "slotNum": 1, "operationType": "pop"}, 2004),
        ({"cabinetid": "XYZ00099", "slotNum": 1, "operationType": "pop"}, 2002),
        ({"cabinetid": "NOBODY", "slotNum": 1, "operationType": "pop"}, 404),
        ({"cabinetid": "XYZ00001", "slotNum": 9, "operationType": "pop"}, 400),
        ({"cabinetid": "XYZ00001", "slotNum": "x", "operationType": "pop"}, 400),
        ({"cabinetid": "XYZ00001", "slotNum": 1, "operationType": "dance"}, 400),
        ({"cabinetid": "XYZ00001", "slotNum": 1}, 400),
    ],
)
async def test_what_it_refuses(town: World, query: dict[str, Any], code: int) -> None:
    assert (await town.post("/cabinet/operation", **query))["code"] == code


async def test_an_order_must_exist_for_one_more_battery(town: World) -> None:
    asked = {"cabinetid": "XYZ00001", "slotNum": 1}
    trade_no = await town.rent()

    assert (await town.post("/cabinet/ejectByRent", **asked, rentOrderId="1"))["code"] == 404
    assert (await town.post("/cabinet/ejectByRent", cabinetid="XYZ00001", rentOrderId=trade_no))["code"] == 400


async def test_double_eject(town: World) -> None:
    town.switch("double_eject", times=1)
    await town.pop(2)
    await town.pop(3)
    await town.pass_time(9)

    assert sorted(town.out()) == [1, 2, 3]


async def test_wrong_slot(town: World) -> None:
    town.switch("wrong_slot")
    await town.pop(2)
    await town.pass_time(9)

    assert town.out() == [1]


async def test_eject_nothing(town: World) -> None:
    town.switch("eject_nothing")
    assert (await town.pop(2))["code"] == 0
    assert (await town.post("/cabinet/ejectByRepair", cabinetid="XYZ00001", slotNum=0))["code"] == 0
    await town.rent()
    await town.pass_time(20)

    assert town.acts() == []


async def test_acts_late(town: World) -> None:
    town.switch("acts_late", times=1)
    await town.pop(2)
    await town.pass_time(89)
    assert town.out() == []
    await town.pass_time(2)
    assert town.out() == [2]

    town.switch("acts_late", value=3)
    await town.pop(3)
    await town.pass_time(4)
    assert town.out() == [2, 3]


@pytest.mark.parametrize("name", ["code_2004", "code_2002", "code_800", "unknown_code"])
async def test_a_refusal_does_nothing(town: World, name: str) -> None:
    town.switch(name)
    await town.pop(2)
    await town.pass_time(9)

    assert town.acts() == []


@pytest.mark.parametrize(("value", "left"), [(None, []), (0, []), (1, [2])])
async def test_code_1055(town: World, value: float | None, left: list[int]) -> None:
    town.switch("code_1055", value=value)
    assert (await town.pop(2))["code"] == 1055
    await town.pass_time(9)

    assert town.out() == left


async def test_a_slot_that_cannot_eject_does_not(town: World) -> None:
    town.simulator.actions()["set_slot_fault"]({"cabinet": "XYZ00001", "slot": 2, "fault": 2})
    await town.pop(2)
    await town.pass_time(9)

    assert town.acts() == []


# Other operations.


async def test_locking_and_signs_of_life(town: World) -> None:
    for operation, slot in (("lock", 2), ("lockStopCharge", 3), ("report", 0), ("heartbeat", 0)):
        await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=slot, operationType=operation)
    await town.pass_time(9)
    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=2, operationType="unlock")
    await town.pass_time(9)

    assert sorted(town.acts()) == [
        ("gave a sign of life", "XYZ00001"),
        ("reported", "XYZ00001"),
        ("slot locked", "XYZ00001/2"),
        ("slot locked", "XYZ00001/3"),
        ("slot unlocked", "XYZ00001/2"),
    ]
    assert [bay.fault for bay in town.simulator.fleet.cabinets["XYZ00001"].bays[1:3]] == [0, 8]


async def test_an_empty_slot_can_be_locked(town: World) -> None:
    town.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": 2})
    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=2, operationType="lock")
    await town.pass_time(9)

    assert town.acts() == [("slot locked", "XYZ00001/2")]


async def test_a_restart_takes_half_a_minute(town: World) -> None:
    cabinet = town.simulator.fleet.cabinets["XYZ00001"]
    handshakes = cabinet.handshakes
    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=0, operationType="restart")
    was_online = []
    for seconds in (9, 31):
        await town.pass_time(seconds)
        was_online.append(cabinet.is_online)

    assert was_online == [False, True]
    assert cabinet.handshakes == handshakes + 1
    assert town.acts() == [("restarted", "XYZ00001")]


async def test_advertisements_are_taken(town: World) -> None:
    for path in ("bindAd", "publishAd"):
        await town.post(f"/cabinet/{path}", json={"cabinetIdList": ["XYZ00001"]})

    assert town.acts() == [("advertisement taken", "XYZ00001")] * 2


# Rentals.


async def test_a_rental_and_its_callbacks(town: World) -> None:
    trade_no = await town.rent()
    assert (await town.post("/rent/order/query", tradeNo=trade_no))["data"] == {"tradeNo": trade_no}
    pending = (await town.get("/rent/order/detail", tradeNo=trade_no))["data"]
    assert (pending["batteryId"], pending["borrowTime"], pending["borrowStatus"]) == ("", "", 0)
    await town.pass_time(9)

    assert (await town.post("/rent/order/query", tradeNo=trade_no))["data"]["status"] == 1
    detail = (await town.get("/rent/order/detail", tradeNo=trade_no))["data"]
    assert town.acts() == [("battery out", f"XYZ00001/{detail['borrowSlot']}/{detail['batteryId']}")]
    town.simulator.actions()["bring_back"]({"order": trade_no, "cabinet": "XYZ00001"})
    await town.pass_time(2)

    assert (await town.post("/rent/order/query", tradeNo=trade_no))["data"]["status"] == 2
    left, back = await town.told()
    assert {**left, "messageId": ""} == {
        "messageId": "",
        "tradeNo": trade_no,
        "status": "1",
        "batteryId": detail["batteryId"],
        "deviceId": "XYZ00001",
        "slotNum": detail["borrowSlot"],
    }
    assert (back["tradeNo"], back["status"], back["batteryId"]) == (trade_no, "2", detail["batteryId"])


async def test_no_battery_no_rental(town: World) -> None:
    for slot in range(1, 9):
        town.simulator.actions()["set_slot_fault"]({"cabinet": "XYZ00001", "slot": slot, "fault": 1})
    trade_no = await town.rent()
    await town.pass_time(9)

    assert (await town.post("/rent/order/query", tradeNo=trade_no))["data"]["status"] == 0
    assert [word["status"] for word in await town.told()] == ["0"]


async def test_two_orders_get_two_batteries(town: World) -> None:
    await town.rent()
    await town.rent()
    await town.pass_time(9)

    assert len(set(town.out())) == 2


async def test_a_battery_that_is_taken_first_cannot_be_rented(town: World) -> None:
    town.switch("acts_late", value=20, path="/rent/order/create")
    await town.rent()
    await town.post("/cabinet/ejectByRepair", cabinetid="XYZ00001", slotNum=0)
    await town.pass_time(30)

    assert [word["status"] for word in await town.told()] == ["0"]


async def test_orders_are_closed_once(town: World) -> None:
    rented: Any = town.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    for _ in range(2):
        assert (await town.post("/rent/order/close", tradeNo=rented["order"]))["code"] == 0
    await town.pass_time(9)
    await town.post("/rent/order/close", tradeNo=rented["order"])
    await town.pass_time(9)

    assert town.acts() == [("order closed", f"XYZ00001/{rented['slot']}/{rented['battery']}")]
    assert (await town.post("/rent/order/query", tradeNo=rented["order"]))["data"]["status"] == 2
    assert (await town.get("/rent/order/detail", tradeNo=rented["order"]))["data"]["returnTime"]
    town.simulator.actions()["bring_back"]({"order": rented["order"]})
    for path in ("close", "query"):
        assert (await town.post(f"/rent/order/{path}", tradeNo="1"))["code"] == 404


async def test_eject_fault(town: World) -> None:
    town.switch("eject_fault")
    trade_no = await town.rent()
    await town.pass_time(9)

    assert town.acts() == []
    assert [(word["tradeNo"], word["status"]) for word in await town.told()] == [(trade_no, "0")]


async def test_amp_mangling(town: World) -> None:
    town.switch("amp_mangling")
    await town.rent(f"{URL}?a=1&b=2")
    await town.pass_time(9)

    assert [str(request.url) for request in town.received] == [f"{URL}?a=1&amp;b=2"]


async def test_callback_early(town: World) -> None:
    town.switch("callback_early")
    asking = asyncio.create_task(town.rent())
    await town.pass_time(1)
    assert [word["status"] for word in await town.told()] == ["1"]
    assert not asking.done()
    await town.pass_time(2)

    assert await asking == (await town.told())[0]["tradeNo"]


async def test_callback_form(town: World) -> None:
    town.switch("callback_form")
    trade_no = await town.rent()
    await town.pass_time(9)

    assert town.received[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert (await town.told())[0]["tradeNo"] == trade_no


async def test_duplicate(town: World) -> None:
    town.switch("duplicate")
    await town.rent()
    await town.pass_time(9)

    first, second = await town.told()
    assert first.pop("messageId") != second.pop("messageId")
    assert first == second


async def test_reorder(town: World) -> None:
    town.switch("reorder", times=1, value=60)
    trade_no = await town.rent()
    await town.pass_time(9)
    town.simulator.actions()["bring_back"]({"order": trade_no})
    await town.pass_time(60)

    assert [word["status"] for word in await town.told()] == ["2", "1"]


async def test_drop(town: World) -> None:
    town.switch("drop")
    await town.rent()
    await town.pass_time(9)

    assert len(town.out()) == 1
    assert await town.told() == []


@pytest.mark.parametrize("name", ["return_other_order", "return_no_order"])
async def test_returns_with_another_order_or_none(town: World, name: str) -> None:
    town.switch(name)
    trade_no = await town.rent()
    await town.pass_time(9)
    town.simulator.actions()["bring_back"]({"order": trade_no})
    await town.pass_time(2)

    left, back = await town.told()
    assert left["tradeNo"] == trade_no
    assert back["batteryId"] == left["batteryId"]
    assert ("tradeNo" in back) is (name == "return_other_order")
    assert back.get("tradeNo") != trade_no


async def test_a_callback_is_tried_four_times() -> None:
    async with world(status=503) as town:
        await town.rent()
        await town.pass_time(9)
        for _ in range(80):
            await town.clock.advance(5)

        assert len(town.received) == 4
        assert len({request.content for request in town.received}) == 1


async def test_without_a_url_nobody_is_called(town: World) -> None:
    await town.rent("")
    await town.pass_time(9)

    assert len(town.out()) == 1
    assert town.received == []


# Shops and prices.


async def test_what_the_console_refuses(town: World) -> None:
    terms = town.simulator.fleet.prices[101].terms
    refused = [
        await town.post("/shop/create", json={"pNewid": "5ee0000001", "pName": "a"}),
        await town.post("/shop/create", json={"pNewid": "5ee0000009"}),
        await town.post("/cabinet/bind2shop/XYZ00001/5ee0000009"),
        await town.post("/cabinet/unbindShop", json=["NOBODY"]),
        await town.post("/shop/priceStrategy/saveOrUpdate", json={"name": "a"}),
        await town.post("/shop/priceStrategy/saveOrUpdate", json={**terms, "priceId": 9}),
        await town.post("/shop/priceStrategy/delete", json=["101"]),
        await town.post("/shop/priceStrategy/delete", json=[101, 102, 103]),
        await town.post("/shop/priceStrategy/bindShop", json={"shopId": "5ee0000001", "priceId": 9}),
        await town.post("/shop/priceStrategy/unbindShop", json=[]),
    ]

    assert [answer["code"] for answer in refused] == [800, 400, 404, 404, 400, 404, 404, 400, 404, 404]


async def test_a_shop_without_id_or_place_gets_an_id(town: World) -> None:
    await town.post("/shop/create", json={"pName": "Kiosk"})
    places = await town.post("/rent/cabinet/list", zoomLevel=1, lat=48.1, lng=11.5)

    (new,) = [row for row in (await town.get("/shop/getShopList"))["data"] if row["shopName"] == "Kiosk"]
    assert (new["newID"], new["latitude"], new["longitude"]) == ("5ee0000005", "", "")
    assert len(places["list"]) == 4


async def test_the_cabinets_of_a_deleted_shop_are_bound_to_none(town: World) -> None:
    await town.http.delete("/shop/delete/5ee0000001")

    assert (await town.get("/rent/cabinet/query", deviceId="XYZ00001"))["code"] == 2002
    assert town.acts() == [("shop deleted", "5ee0000001")]


async def test_a_price_costs_what_its_terms_say(town: World) -> None:
    terms = {**town.simulator.fleet.prices[101].terms, "price": 2, "priceUnit": 0, "priceTime": 30, "freeMinutes": 0}
    del terms["dailyMaxPrice"]
    await town.post("/shop/priceStrategy/saveOrUpdate", json={**terms, "priceId": 101})
    rented: Any = town.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    town.simulator.advance(31 * 60)
    order = town.simulator.fleet.orders[rented["order"]]
    if order.returned_at is None:
        await town.post("/rent/order/close", tradeNo=order.id)
        await town.pass_time(9)

    assert order.amount == 2 * -(-((order.ended_at or order.due_at) - order.borrowed_at).total_seconds() // 1800)


async def test_a_reset_forgets_everything(town: World) -> None:
    await town.rent()
    await town.http.post("http://b/_control/reset")
    await town.pass_time(20)

    assert town.simulator.fleet.rentals == {}
    assert town.acts() == []
    assert (await town.pop())["code"] == 0
