import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from model.faults import (
    Fault,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Unreachable,
    Unsupported,
)
from model.states import Resolution
from tests.support.clock import FakeClock
from tests.vendors.bajie.samples import sample
from vendors.bajie.client import BajieClient
from vendors.bajie.door import Door
from vendors.bajie.settings import BajieSettings
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate

Answer = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def client(answer: Answer, **keys: Any) -> AsyncIterator[BajieClient]:
    settings = BajieSettings.model_validate(
        {"id": "cabinets-eu", "vendor": "bajie", "username": "agent-example", "password": "a-long-password", **keys}
    )
    base_url = "https://bajie.test/cdb-open-api/v1"
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=base_url) as http:
        yield BajieClient(Door(VendorHttp(http, OpenGate(), FakeClock()), settings))


def always(payload: Any) -> Answer:
    return lambda _: httpx.Response(200, json=payload)


def raising(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


Call = Callable[[BajieClient], Any]

CALLS: dict[str, Call] = {
    "device_info": lambda it: it.device_info("XYZ00001"),
    "device_detail": lambda it: it.device_detail("XYZ00001"),
    "all_devices": lambda it: it.all_devices(),
    "device_page": lambda it: it.device_page(1),
    "devices_of_shop": lambda it: it.devices_of_shop("5ee0000001"),
    "batteries": lambda it: it.batteries("XYZ00001"),
    "slots": lambda it: it.slots("XYZ00001"),
    "shops": lambda it: it.shops(),
    "shop": lambda it: it.shop("5ee0000001"),
    "price_strategy_page": lambda it: it.price_strategy_page(1),
    "price_strategy": lambda it: it.price_strategy("101"),
    "order_page": lambda it: it.order_page(1, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    "order": lambda it: it.order("26010112000000000001"),
    "order_state": lambda it: it.order_state("26010112000000000001"),
    "places_near": lambda it: it.places_near(48.1, 11.5),
    "push_config": lambda it: it.push_config(),
}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


# What goes out.


@pytest.mark.parametrize(
    ("call", "method", "path", "query"),
    [
        ("device_info", "GET", "/rent/cabinet/query", {"deviceId": "XYZ00001"}),
        ("device_detail", "GET", "/cabinet/detail/XYZ00001", {}),
        ("all_devices", "GET", "/cabinet/getAllDevice", {}),
        ("device_page", "GET", "/cabinet/getAllDevicePage", {"page": "1", "limit": "100"}),
        ("devices_of_shop", "GET", "/cabinet/getDeviceByShopId", {"shopid": "5ee0000001"}),
        ("batteries", "GET", "/cabinet/batteryListByCabinetId/XYZ00001", {}),
        ("slots", "GET", "/cabinet/slotByCabinetId/XYZ00001", {}),
        ("shops", "GET", "/shop/getShopList", {}),
        ("shop", "GET", "/shop/detail/5ee0000001", {}),
        ("price_strategy_page", "POST", "/shop/priceStrategy/page", {}),
        ("price_strategy", "GET", "/shop/priceStrategy/detail/101", {}),
        (
            "order_page",
            "GET",
            "/order/list",
            {"page": "1", "limit": "100", "sTime": "2026-01-01 08:00:00", "eTime": "2026-01-02 08:00:00"},
        ),
        ("order", "GET", "/rent/order/detail", {"tradeNo": "26010112000000000001"}),
        ("order_state", "POST", "/rent/order/query", {"tradeNo": "26010112000000000001"}),
        (
            "places_near",
            "POST",
            "/rent/cabinet/list",
            {"coordType": "WGS-84", "zoomLevel": "5", "lat": "48.1", "lng": "11.5", "showPrice": "true"},
        ),
        ("push_config", "GET", "/cabinet/eventPush/config/get", {}),
    ],
)
async def test_each_call_goes_where_the_vendor_wants_it(
    call: str, method: str, path: str, query: dict[str, str]
) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"code": 0, "data": [{}], "list": []})

    async with client(answer) as it:
        await CALLS[call](it)

    (request,) = seen
    assert request.method == method
    assert request.url.path == f"/cdb-open-api/v1{path}"
    assert dict(request.url.params) == query
    assert request.headers["authorization"] == "Basic YWdlbnQtZXhhbXBsZTphLWxvbmctcGFzc3dvcmQ="


async def test_price_strategies_are_asked_for_in_the_body() -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return httpx.Response(200, json=sample("price_strategies"))

    async with client(answer) as it:
        page = await it.price_strategy_page(2)

        await it.price_strategy_page(1, "standard")

    assert bodies == [b'{"size":100,"current":2}', b'{"size":100,"current":1,"name":"standard"}']
    assert page == (sample("price_strategies")["data"]["records"], None)


async def test_an_id_stays_one_segment_of_the_path() -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(200, json={"code": 0, "data": []})

    async with client(answer) as it:
        await it.slots("../shop?x")

    assert paths == [b"/cdb-open-api/v1/cabinet/slotByCabinetId/..%2Fshop%3Fx"]


async def test_places_come_as_a_list_at_the_root() -> None:
    async with client(always(sample("places"))) as it:
        assert await it.places_near(48.1, 11.5) == sample("places")["list"]


# What comes back, on every call.


@every_call
@pytest.mark.parametrize(
    ("answer", "fault", "resolution"),
    [
        pytest.param(raising(httpx.ConnectError("no route")), Unreachable, Resolution.RETRY_LATER, id="connect"),
        pytest.param(raising(httpx.ReadError("cut")), TimedOut, Resolution.RETRY_LATER, id="cut"),
        pytest.param(raising(httpx.ReadTimeout("slow")), TimedOut, Resolution.RETRY_LATER, id="timeout"),
        pytest.param(lambda _: httpx.Response(401), Unauthorised, Resolution.REAUTHENTICATE, id="401"),
        pytest.param(lambda _: httpx.Response(403), Unauthorised, Resolution.REAUTHENTICATE, id="403"),
        pytest.param(lambda _: httpx.Response(404), Unsupported, Resolution.NONE, id="404"),
        pytest.param(lambda _: httpx.Response(429), RateLimited, Resolution.RETRY_LATER, id="429"),
        pytest.param(lambda _: httpx.Response(500), Unreachable, Resolution.RETRY_LATER, id="500"),
        pytest.param(lambda _: httpx.Response(503), Unreachable, Resolution.RETRY_LATER, id="503"),
        pytest.param(always({"msg": "x", "code": 2002}), Rejected, Resolution.USER_ACTION, id="2002"),
        pytest.param(always({"msg": "x", "code": 800}), Rejected, Resolution.RETRY_LATER, id="800"),
        pytest.param(always({"msg": "x", "code": "1055"}), Rejected, Resolution.CONTACT_SUPPORT, id="1055"),
        pytest.param(always({"msg": "x", "code": 4711}), Rejected, Resolution.CONTACT_SUPPORT, id="unknown-code"),
        pytest.param(always({"msg": "x", "code": 404}), NotFound, Resolution.USER_ACTION, id="unknown-thing"),
        pytest.param(always({"msg": "x"}), Malformed, Resolution.CONTACT_SUPPORT, id="no-code"),
        pytest.param(always({"code": "fine", "data": []}), Malformed, Resolution.CONTACT_SUPPORT, id="code-of-words"),
        pytest.param(always([]), Malformed, Resolution.CONTACT_SUPPORT, id="no-object"),
        pytest.param(always({"msg": "x", "code": 0}), Malformed, Resolution.CONTACT_SUPPORT, id="no-payload"),
        pytest.param(
            lambda _: httpx.Response(200, text="<html>"), Malformed, Resolution.CONTACT_SUPPORT, id="not-json"
        ),
    ],
)
async def test_the_fault_table(call: Call, answer: Answer, fault: type[Fault], resolution: Resolution) -> None:
    async with client(answer, not_found_codes=[404]) as it:
        with pytest.raises(Fault) as raised:
            await call(it)

    assert type(raised.value) is fault
    assert raised.value.resolution is resolution


async def test_a_refusal_keeps_the_vendors_code_and_not_its_words() -> None:
    async with client(always({"msg": "user@example.com was refused", "code": "1055"})) as it:
        with pytest.raises(Rejected) as raised:
            await it.shops()

    assert raised.value.raw_code == "1055"
    assert raised.value.message == "shops: refused with code 1055"


@pytest.mark.parametrize("call", ["device_info", "device_detail", "batteries", "slots"])
async def test_an_offline_cabinet_is_none_and_no_fault(call: str) -> None:
    async with client(always(sample("refused_offline"))) as it:
        assert await CALLS[call](it) is None


async def test_elsewhere_code_2004_is_a_refusal() -> None:
    async with client(always(sample("refused_offline"))) as it:
        with pytest.raises(Rejected) as raised:
            await it.order("26010112000000000001")

    assert raised.value.raw_code == "2004"


@pytest.mark.parametrize("call", ["all_devices", "devices_of_shop", "batteries", "slots", "shops", "device_page"])
@pytest.mark.parametrize("data", [{"0": {}}, "none", 7])
async def test_a_list_that_is_none_is_malformed(call: str, data: object) -> None:
    async with client(always({"code": 0, "data": data})) as it:
        with pytest.raises(Malformed):
            await CALLS[call](it)


# Code 200.


async def test_code_200_is_success_on_shop_calls_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with client(always(sample("shops"))) as it:
        assert await it.shops() == sample("shops")["data"]
        assert await it.shops() == sample("shops")["data"]

    assert [record.message for record in caplog.records if record.name.startswith("vendors.bajie")] == [
        "shops: bajie answered code 200, a success by code_200_paths; said once"
    ]


async def test_code_200_is_a_refusal_elsewhere_and_where_the_account_says_so() -> None:
    async with client(always({"code": 200, "data": []})) as it:
        with pytest.raises(Rejected):
            await it.slots("XYZ00001")
    async with client(always({"code": 200, "data": []}), code_200_paths=[]) as it:
        with pytest.raises(Rejected):
            await it.shops()


# Pages.


@pytest.mark.parametrize(
    ("envelope", "following"),
    [
        ({"page": {"total": 101, "current": 1, "size": 100, "pages": 2, "records": [{}]}}, 2),
        ({"page": {"total": 1, "current": 1, "size": 100, "pages": 1, "records": [{}]}}, None),
        ({"data": {"total": 101, "page": 1, "limit": 100, "list": [{}]}}, 2),
        ({"data": {"total": "51", "page": 1, "limit": "50", "list": [{}]}}, 2),
        ({"data": {"total": 100, "records": [{}]}}, None),
        ({"data": {"total": 0, "pages": 0, "records": [{}] * 100}}, 2),
        ({"data": {"records": [{}] * 99}}, None),
        ({"data": [{}] * 100}, 2),
        ({"list": [{}]}, None),
        ({"page": {"pages": 9, "records": []}}, None),
    ],
)
async def test_where_the_next_page_is(envelope: dict[str, Any], following: int | None) -> None:
    async with client(always({"code": 0, **envelope})) as it:
        assert (await it.device_page(1)).following == following


# The push configuration.


@pytest.mark.parametrize("nothing", [None, {}, []])
async def test_an_account_may_have_no_push_configuration(nothing: object) -> None:
    async with client(always({"code": 0, "data": nothing})) as it:
        assert await it.push_config() is None
