from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.commands import Media
from model.faults import (
    DeviceOffline,
    Fault,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorised,
    Uncertain,
    Unreachable,
    Unsupported,
)
from tests.support.clock import FakeClock
from vendors.bajie.client_acts import BajieActs, CabinetOperation, SlotOperation
from vendors.bajie.door import Door
from vendors.bajie.settings import BajieSettings
from vendors.bajie.slot_number import SlotNumber
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate

Answer = Callable[[httpx.Request], httpx.Response]
Call = Callable[[BajieActs], Any]

ROOT = "/cdb-open-api/v1"
URL = "https://gateway.test/webhooks/cabinets-eu/a-token"


@asynccontextmanager
async def acts_on(answer: Answer, seen: list[httpx.Request]) -> AsyncIterator[BajieActs]:
    keys = {"id": "cabinets-eu", "vendor": "bajie", "username": "agent-example", "password": "a-long-password"}
    settings = BajieSettings.model_validate({**keys, "not_found_codes": [404]})

    def counted(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer(request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(counted), base_url=f"https://bajie.test{ROOT}") as http:
        yield BajieActs(Door(VendorHttp(http, OpenGate(), FakeClock()), settings))


def always(payload: Any) -> Answer:
    return lambda _: httpx.Response(200, json=payload)


def raising(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


DONE = always({"code": 0, "msg": "Successful operation"})

CALLS: dict[str, tuple[Call, str, dict[str, str], bytes]] = {
    "pop": (
        lambda it: it.operate_slot("XYZ00001", 3, SlotOperation.POP, "stuck"),
        "POST /cabinet/operation",
        {"cabinetid": "XYZ00001", "slotNum": "3", "operationType": "pop", "reason": "stuck"},
        b"",
    ),
    "restart": (
        lambda it: it.operate_cabinet("XYZ00001", CabinetOperation.RESTART),
        "POST /cabinet/operation",
        {"cabinetid": "XYZ00001", "slotNum": "0", "operationType": "restart", "reason": ""},
        b"",
    ),
    "eject_all": (
        lambda it: it.eject_all("XYZ00001"),
        "POST /cabinet/ejectByRepair",
        {"cabinetid": "XYZ00001", "slotNum": "0"},
        b"",
    ),
    "publish": (
        lambda it: it.publish_advertisement(["XYZ00001"], [Media("top", "image", "https://a/b.png")], restart=True),
        "POST /cabinet/publishAd",
        {},
        (
            b'{"cabinetIdList":["XYZ00001"],"restart":true,'
            b'"adConfigList":[{"code":"top","mediaType":"image","mediaPath":"https://a/b.png"}]}'
        ),
    ),
    "bind": (lambda it: it.bind("XYZ00001", "5ee0000001"), "POST /cabinet/bind2shop/XYZ00001/5ee0000001", {}, b""),
    "unbind": (lambda it: it.unbind("XYZ00001"), "POST /cabinet/unbindShop", {}, b'["XYZ00001"]'),
    "create_order": (
        lambda it: it.create_order("XYZ00001", URL),
        "POST /rent/order/create",
        {"deviceId": "XYZ00001", "callbackURL": URL},
        b"",
    ),
    "create_order_without_callback": (
        lambda it: it.create_order("XYZ00001", None),
        "POST /rent/order/create",
        {"deviceId": "XYZ00001"},
        b"",
    ),
    "close_order": (lambda it: it.close_order("26010112"), "POST /rent/order/close", {"tradeNo": "26010112"}, b""),
    "create_shop": (lambda it: it.create_shop({"pName": "a"}), "POST /shop/create", {}, b'{"pName":"a"}'),
    "update_shop": (lambda it: it.update_shop({"pName": "a"}), "PUT /shop/update", {}, b'{"pName":"a"}'),
    "delete_shop": (lambda it: it.delete_shop("5ee0000001"), "DELETE /shop/delete/5ee0000001", {}, b""),
    "save_price": (
        lambda it: it.save_price({"price": 1.5}),
        "POST /shop/priceStrategy/saveOrUpdate",
        {},
        b'{"price":1.5}',
    ),
    "delete_price": (lambda it: it.delete_price(101), "POST /shop/priceStrategy/delete", {}, b"[101]"),
    "bind_price": (
        lambda it: it.bind_price(101, "5ee0000001"),
        "POST /shop/priceStrategy/bindShop",
        {},
        b'{"shopId":"5ee0000001","priceId":101,"customType":0}',
    ),
    "set_push_config": (
        lambda it: it.set_push_config({"pushUrl": URL}),
        "POST /cabinet/eventPush/config",
        {},
        b'{"pushUrl":"https://gateway.test/webhooks/cabinets-eu/a-token"}',
    ),
    "unbind_price": (
        lambda it: it.unbind_price("5ee0000001"),
        "POST /shop/priceStrategy/unbindShop",
        {},
        b'{"shopId":"5ee0000001","customType":0}',
    ),
}
every_call = pytest.mark.parametrize("name", CALLS)


@every_call
async def test_each_act_goes_where_the_vendor_wants_it(name: str) -> None:
    call, where, query, body = CALLS[name]
    seen: list[httpx.Request] = []

    async with acts_on(DONE, seen) as acts:
        await call(acts)

    (request,) = seen
    assert f"{request.method} {request.url.path.removeprefix(ROOT)}" == where
    assert dict(request.url.params) == query
    assert request.content == body
    assert request.headers["authorization"].startswith("Basic ")


@every_call
@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(raising(httpx.ConnectError("no route")), Unreachable, id="connect"),
        pytest.param(raising(httpx.ReadError("cut")), Uncertain, id="cut"),
        pytest.param(raising(httpx.ReadTimeout("slow")), Uncertain, id="timeout"),
        pytest.param(lambda _: httpx.Response(401), Unauthorised, id="401"),
        pytest.param(lambda _: httpx.Response(404), Unsupported, id="404"),
        pytest.param(lambda _: httpx.Response(429), RateLimited, id="429"),
        pytest.param(lambda _: httpx.Response(500), Uncertain, id="500"),
        pytest.param(lambda _: httpx.Response(200, text="<html>"), Uncertain, id="not-json"),
        pytest.param(always({"msg": "x", "code": 2004}), DeviceOffline, id="2004"),
        pytest.param(always({"msg": "x", "code": "2002"}), Rejected, id="2002"),
        pytest.param(always({"msg": "x", "code": 404}), NotFound, id="unknown-thing"),
        pytest.param(always({"msg": "x", "code": 800}), Uncertain, id="800"),
        pytest.param(always({"msg": "x", "code": 1055}), Uncertain, id="1055"),
        pytest.param(always({"msg": "x", "code": 1}), Uncertain, id="unknown-code"),
        pytest.param(always({"msg": "x"}), Uncertain, id="no-code"),
        pytest.param(always([]), Uncertain, id="no-object"),
    ],
)
async def test_the_fault_table_of_acts(name: str, answer: Answer, fault: type[Fault]) -> None:
    seen: list[httpx.Request] = []
    async with acts_on(answer, seen) as acts:
        with pytest.raises(Fault) as raised:
            await CALLS[name][0](acts)

    assert type(raised.value) is fault
    assert len(seen) == 1


async def test_code_200_is_success_where_the_account_says_so() -> None:
    seen: list[httpx.Request] = []
    async with acts_on(always({"code": "200"}), seen) as acts:
        await acts.delete_shop("5ee0000001")
        with pytest.raises(Uncertain):
            await acts.eject_all("XYZ00001")


@pytest.mark.parametrize(
    ("data", "trade_no"),
    [({"tradeNo": "1"}, "1"), ({"orderId": 2}, "2"), ({}, None), (None, None), ([], None), ("x", None)],
)
async def test_the_trade_number_where_there_is_one(data: object, trade_no: str | None) -> None:
    async with acts_on(always({"code": 0, "data": data}), []) as acts:
        assert await acts.create_order("XYZ00001", None) == trade_no


@pytest.mark.parametrize(
    ("data", "shop_id"),
    [
        ({"newID": "5ee0000009"}, "5ee0000009"),
        ({"pNewid": "5ee0000009"}, "5ee0000009"),
        ({"id": 7}, None),
        (None, None),
    ],
)
async def test_the_shop_id_where_there_is_one(data: object, shop_id: str | None) -> None:
    async with acts_on(always({"code": 0, "data": data}), []) as acts:
        assert await acts.create_shop({}) == shop_id


# Slot 0.


@pytest.mark.parametrize("slot", [0, -1, None, True, False, 1.0, "1", ""])
async def test_slot_0_cannot_be_sent_for_one_slot(slot: object) -> None:
    seen: list[httpx.Request] = []
    async with acts_on(DONE, seen) as acts:
        for operation in SlotOperation:
            with pytest.raises(ValueError, match="1 or more"):
                await acts.operate_slot("XYZ00001", cast("int", slot), operation)

    assert seen == []


@pytest.mark.parametrize("operation", ["pop", "popall", "", "lock"])
async def test_nothing_that_is_for_one_slot_can_be_sent_for_all(operation: str) -> None:
    seen: list[httpx.Request] = []
    async with acts_on(DONE, seen) as acts:
        with pytest.raises(ValueError, match="not a valid CabinetOperation"):
            await acts.operate_cabinet("XYZ00001", cast("CabinetOperation", operation))

    assert seen == []


@given(st.integers())
def test_a_slot_number_is_1_or_more(number: int) -> None:
    if number >= 1:
        assert SlotNumber(number) == number
    else:
        with pytest.raises(ValueError, match="1 or more"):
            SlotNumber(number)
