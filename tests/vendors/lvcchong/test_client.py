"""What goes over the wire, and which fault comes of every way in which it can fail."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from model.faults import (
    DeviceOffline,
    Fault,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Uncertain,
    Unreachable,
    Unsupported,
)
from model.states import Resolution
from tests.vendors.lvcchong.replies import OEM, OPEN, SIGNING_IN, Vendor, client_of, form_of, sample
from vendors.lvcchong.client import LvccClient

SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 2, tzinfo=UTC)


def refusal(error: str | None, code: str | None = "-1") -> dict[str, object]:
    return {"code": code, "error": error, "success": False}


Call = Callable[[LvccClient], Awaitable[object]]

OPEN_CALLS: dict[str, tuple[Call, dict[str, str]]] = {
    "/deviceStatus": (lambda client: client.device_status("86"), {"deviceId": "86"}),
    "/getDeviceInfoBySimId": (lambda client: client.device_info("86"), {"simId": "86"}),
    "/nearby": (lambda client: client.nearby(25.83, 114.93), {"lat": "25.83", "lng": "114.93"}),
    "/queryChargeOrder": (
        lambda client: client.orders(SINCE, UNTIL, page_number=2, page_token="p2"),
        {
            "pageSize": "100",
            "pageNum": "2",
            "beginUpdateTime": "1780272000000",
            "endUpdateTime": "1780358400000",
            "deepPageToken": "p2",
        },
    ),
    "/queryChargeOrderDetail": (lambda client: client.order_detail("20"), {"orderNum": "20"}),
    "/chargingWatt": (lambda client: client.charging_power("20"), {"orderNum": "20"}),
    "/getChargeOrderRealtimeRecord": (lambda client: client.realtime_record("20"), {"orderNum": "20"}),
    "/listPriceStandard": (lambda client: client.price_standards(2, 1), {"type": "2", "deviceFamily": "1"}),
    "/getPriceStandard": (lambda client: client.price_standard_of("86"), {"simId": "86"}),
    "/getPriceStandardDetailInfo": (lambda client: client.price_standard_detail("285"), {"priceStandardId": "285"}),
}
LISTS = ("/nearby", "/listPriceStandard")
PAGED = ("/queryChargeOrder",)


def empty(path: str) -> dict[str, object]:
    data: object = [] if path in LISTS else {"list": []} if path in PAGED else {}
    return {"data": data, "success": True}


@pytest.mark.parametrize("path", OPEN_CALLS)
async def test_the_open_platform_takes_a_form_with_the_token(path: str) -> None:
    vendor = Vendor(empty(path))
    call, form = OPEN_CALLS[path]
    async with client_of(vendor) as client:
        await call(client)

    (request,) = vendor.requests
    assert (request.method, request.url.path, request.url.query) == ("POST", f"/openapi{path}", b"")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "token" not in request.headers
    assert form_of(request) == {"token": "open-secret-token", **form}


@pytest.mark.parametrize(
    ("call", "form"),
    [
        (lambda client: client.device_status("86"), {"deviceId": "86"}),
        (lambda client: client.oem_price_standards(3), {"pageNum": "3", "pageSize": "100"}),
    ],
)
async def test_the_oem_platform_takes_the_token_in_a_header(call: Call, form: dict[str, str]) -> None:
    vendor = Vendor({"data": {"list": []}, "success": True})
    async with client_of(vendor, OEM) as client:
        await call(client)

    assert vendor.requests[0].headers["token"] == "oem-secret-token"
    assert form_of(vendor.requests[0]) == form


@pytest.mark.parametrize("path", [path for path in OPEN_CALLS if path not in ("/deviceStatus", "/queryChargeOrder")])
async def test_what_the_oem_platform_lacks_is_unsupported(path: str) -> None:
    vendor = Vendor(empty(path))
    async with client_of(vendor, OEM) as client:
        with pytest.raises(Unsupported):
            await OPEN_CALLS[path][0](client)

    assert vendor.requests == []


async def test_the_paged_price_standards_are_the_oem_platforms() -> None:
    async with client_of(Vendor({})) as client:
        with pytest.raises(Unsupported):
            await client.oem_price_standards(1)


FAULTS = [
    (httpx.ConnectError("no route"), Unreachable, None),
    (httpx.ReadError("cut"), TimedOut, None),
    (httpx.ReadTimeout("slow"), TimedOut, None),
    (refusal("token已过期", "10001"), Unauthorised, "10001"),
    ({"code": "10001"}, Unauthorised, "10001"),
    (httpx.Response(401), Unauthorised, "401"),
    (httpx.Response(403), Unauthorised, "403"),
    (refusal("token无效"), Unauthorised, "-1"),
    (refusal("用户名或密码错误"), Unauthorised, "-1"),
    (refusal("请求过于频繁"), RateLimited, "-1"),
    (httpx.Response(429), RateLimited, "429"),
    (sample("device_not_found"), NotFound, "-1"),
    (refusal("查询无数据"), NotFound, "-1"),
    (refusal("设备离线"), DeviceOffline, "-1"),
    (refusal("余额不足"), Rejected, "-1"),
    (refusal(None, None), Rejected, None),
    (httpx.Response(500), Unreachable, "500"),
    (httpx.Response(503), Unreachable, "503"),
    ({"success": True}, Malformed, None),
    ({"data": None, "success": True}, Malformed, None),
    ({"data": [1], "success": True}, Malformed, None),
    ({"data": None, "success": None}, Malformed, None),
    ([], Malformed, None),
    (httpx.Response(200, text="<html>"), Malformed, None),
    (httpx.Response(200, text='{"data":{"price":{} "device":{}},"success":true}'), Malformed, None),
]


@pytest.mark.parametrize(("answer", "fault", "raw_code"), FAULTS, ids=range(len(FAULTS)))
async def test_the_fault_table(answer: object, fault: type[Fault], raw_code: str | None) -> None:
    async with client_of(Vendor(answer)) as client:
        with pytest.raises(Fault) as raised:
            await client.device_status("860000000000001")

    assert isinstance(raised.value, fault)
    assert raised.value.raw_code == raw_code
    assert "secret" not in raised.value.message
    assert "860000000000001" not in raised.value.message


async def test_what_helps_is_said() -> None:
    async with client_of(Vendor(refusal("请求过于频繁"))) as client:
        with pytest.raises(RateLimited) as limited:
            await client.device_status("86")
    async with client_of(Vendor(refusal("用户名或密码错误"))) as client:
        with pytest.raises(Unauthorised) as refused:
            await client.device_status("86")

    assert limited.value.retry_after_s == 60
    assert refused.value.resolution is Resolution.REAUTHENTICATE


async def test_a_refusal_keeps_its_text_without_what_could_name_somebody() -> None:
    async with client_of(Vendor(refusal("用户13812345678余额不足, card A1B2C3D4"))) as client:
        with pytest.raises(Rejected) as rejected:
            await client.device_status("86")

    assert rejected.value.message == (
        "device status: payment: the balance is too low; top it up (用户…余额不足, card …)"
    )


async def test_no_data_is_an_empty_list_where_a_list_was_asked_for() -> None:
    async with client_of(Vendor(refusal("查询无数据"))) as client:
        assert await client.nearby(1, 1) == []
        assert await client.price_standards(0, 0) == []
        assert (await client.orders(SINCE, UNTIL)).items == []
    async with client_of(Vendor(refusal("查询无数据")), OEM) as client:
        assert (await client.oem_price_standards(1)).items == []


@pytest.mark.parametrize("data", [{}, {"list": {}}, {"list": None}, "none"])
async def test_a_list_that_is_none_is_malformed_and_not_empty(data: object) -> None:
    async with client_of(Vendor({"data": data, "success": True})) as client:
        with pytest.raises(Malformed):
            await client.orders(SINCE, UNTIL)
        with pytest.raises(Malformed):
            await client.nearby(1, 1)


async def test_minus_one_beside_success_is_success() -> None:
    async with client_of(Vendor({"code": "-1", **sample("charging_power")})) as client:
        assert (await client.charging_power("20")).watt == 186


TOKEN = {"data": {"token": "fetched-1"}, "success": True}
EXPIRED = refusal("token已过期", "10001")


async def test_signing_in_once_for_many_calls() -> None:
    vendor = Vendor(TOKEN, sample("device_status"))
    async with client_of(vendor, SIGNING_IN) as client:
        await client.device_status("86")
        await client.device_status("86")

    assert vendor.paths == ["/getToken", "/deviceStatus", "/deviceStatus"]
    assert form_of(vendor.requests[0]) == {"username": "demo", "password": "secret-password"}
    assert vendor.requests[1].headers["token"] == "fetched-1"


@pytest.mark.parametrize("expired", [EXPIRED, httpx.Response(401)])
async def test_an_expired_token_is_fetched_anew_once(expired: object) -> None:
    fresh = {"data": {"token": "fetched-2"}, "success": True}
    vendor = Vendor(TOKEN, expired, fresh, sample("device_status"))
    async with client_of(vendor, SIGNING_IN) as client:
        await client.device_status("86")

    assert vendor.paths == ["/getToken", "/deviceStatus", "/getToken", "/deviceStatus"]
    assert vendor.requests[3].headers["token"] == "fetched-2"


async def test_a_token_that_is_refused_again_is_not_fetched_for_ever() -> None:
    vendor = Vendor(TOKEN, EXPIRED, TOKEN, EXPIRED)
    async with client_of(vendor, SIGNING_IN) as client:
        with pytest.raises(Unauthorised):
            await client.device_status("86")

    assert len(vendor.requests) == 4


async def test_an_issued_token_that_is_refused_needs_a_person() -> None:
    vendor = Vendor(EXPIRED)
    async with client_of(vendor, OEM) as client:
        with pytest.raises(Unauthorised):
            await client.device_status("86")

    assert len(vendor.requests) == 1


@pytest.mark.parametrize("answer", [{"data": {}, "success": True}, {"data": {"token": "令"}, "success": True}])
async def test_a_sign_in_without_a_usable_token_is_malformed(answer: object) -> None:
    async with client_of(Vendor(answer), SIGNING_IN) as client:
        with pytest.raises(Malformed):
            await client.device_status("86")


async def test_wrong_credentials() -> None:
    async with client_of(Vendor(refusal("用户名或密码错误")), SIGNING_IN) as client:
        with pytest.raises(Unauthorised, match="sign in") as refused:
            await client.device_status("86")

    assert "secret" not in refused.value.message


# Calls that act.

PILE = "860000000000001"
ACTS: dict[str, tuple[Call, dict[str, str]]] = {
    "/charge": (
        lambda client: client.start_by_time(PILE, 2, 60, Decimal(0)),
        {"deviceId": PILE, "portNum": "2", "payMoney": "0", "workTime": "60"},
    ),
    "/newPriceStandardCharge": (
        lambda client: client.start_by_standard(PILE, 2, Decimal("1E+1"), standard_id="285", param="300", select="2"),
        {
            "simId": PILE,
            "portNum": "2",
            "param": "300",
            "payMoney": "10",
            "selectPriceType": "2",
            "infoPriceId": "285",
        },
    ),
    "/stopCharge": (lambda client: client.stop(PILE, 2), {"deviceId": PILE, "portNum": "2"}),
}
KEY = "charge_860000000000001_2_1_"


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize("account", [OPEN, OEM], ids=["open", "oem"])
async def test_each_platform_takes_an_act_with_the_token_in_its_place(path: str, account: dict[str, str]) -> None:
    vendor = Vendor(sample("started"))
    call, form = ACTS[path]
    async with client_of(vendor, account) as client:
        await call(client)

    (request,) = vendor.requests
    assert (request.method, request.url.path, request.url.query) == ("POST", f"/openapi{path}", b"")
    if account is OEM:
        assert (request.headers["token"], form_of(request)) == ("oem-secret-token", form)
    else:
        assert "token" not in request.headers
        assert form_of(request) == {"token": "open-secret-token", **form}


async def test_what_is_answered_to_an_act() -> None:
    async with client_of(Vendor(sample("started"))) as client:
        started = await client.start_by_time(PILE, 2, 60, Decimal(0))
    async with client_of(Vendor({**sample("stopped"), "code": "-1"})) as client:
        stopped = await client.stop(PILE, 2)

    assert (started.result_key, started.order_num) == (KEY, "20260101120000000001")
    assert (stopped.result_key, stopped.order_num) == ("charge_860000000000001_2_2_", None)


ACT_FAULTS = [
    (httpx.ConnectError("no route"), Unreachable, None),
    (httpx.ReadError("cut"), Uncertain, None),
    (httpx.ReadTimeout("slow"), Uncertain, None),
    (httpx.Response(500), Uncertain, "500"),
    (httpx.Response(503), Uncertain, "503"),
    (httpx.Response(200, text="<html>"), Uncertain, None),
    ({"success": True}, Uncertain, None),
    ({"data": None, "success": True}, Uncertain, None),
    ({"data": [1], "success": True}, Uncertain, None),
    ({"data": None, "success": None}, Uncertain, None),
    ([], Uncertain, None),
    (refusal("token已过期", "10001"), Unauthorised, "10001"),
    (httpx.Response(401), Unauthorised, "401"),
    (refusal("请求过于频繁"), RateLimited, "-1"),
    (httpx.Response(429), RateLimited, "429"),
    (sample("device_not_found"), NotFound, "-1"),
    (httpx.Response(404), NotFound, "404"),
    (refusal("设备离线"), DeviceOffline, "-1"),
    (refusal("余额不足"), Rejected, "-1"),
    (refusal("端口占用"), Rejected, "-1"),
    (refusal(None), Rejected, "-1"),
]


@pytest.mark.parametrize("path", ACTS)
@pytest.mark.parametrize(("answer", "fault", "raw_code"), ACT_FAULTS, ids=range(len(ACT_FAULTS)))
async def test_the_fault_table_of_acts(path: str, answer: object, fault: type[Fault], raw_code: str | None) -> None:
    vendor = Vendor(answer)
    async with client_of(vendor) as client:
        with pytest.raises(Fault) as raised:
            await ACTS[path][0](client)

    assert type(raised.value) is fault
    assert raised.value.raw_code == raw_code
    assert len(vendor.requests) == 1
    assert "secret" not in raised.value.message
    assert PILE not in raised.value.message


async def test_an_act_with_an_expired_token_did_nothing_and_is_sent_once_more() -> None:
    fresh = {"data": {"token": "fetched-2"}, "success": True}
    vendor = Vendor(TOKEN, EXPIRED, fresh, EXPIRED)
    async with client_of(vendor, SIGNING_IN) as client:
        with pytest.raises(Unauthorised):
            await client.stop(PILE, 2)

    assert vendor.paths == ["/getToken", "/stopCharge", "/getToken", "/stopCharge"]
    assert vendor.requests[3].headers["token"] == "fetched-2"


@pytest.mark.parametrize(
    ("answer", "fault"), [(httpx.ReadTimeout("slow"), TimedOut), ({"data": {}, "success": True}, Malformed)]
)
async def test_a_sign_in_that_fails_is_no_doubt_about_the_act(answer: object, fault: type[Fault]) -> None:
    vendor = Vendor(answer)
    async with client_of(vendor, SIGNING_IN) as client:
        with pytest.raises(fault):
            await client.stop(PILE, 2)

    assert set(vendor.paths) == {"/getToken"}


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (sample("power_up_result"), 1),
        ({"data": {"result": "0"}, "success": True}, 0),
        ({"data": {"result": None}, "success": True}, None),
        (refusal("查询无数据"), None),
    ],
)
async def test_the_power_up_result(answer: object, result: int | None) -> None:
    vendor = Vendor(answer)
    async with client_of(vendor, {**OPEN, "result_path": "/result"}) as client:
        assert await client.power_up_result(KEY) == result

    assert vendor.paths == ["/result"]
    assert form_of(vendor.requests[0]) == {"token": "open-secret-token", "resultKey": KEY}


async def test_orders_of_one_status_and_estate() -> None:
    vendor = Vendor(sample("orders"))
    async with client_of(vendor) as client:
        await client.orders(SINCE, UNTIL, status="2", estate_id="128")

    form = form_of(vendor.requests[0])
    assert (form["statusesStr"], form["estateId"]) == ("2", "128")
    assert {"orderNum", "deepPageToken"}.isdisjoint(form)
