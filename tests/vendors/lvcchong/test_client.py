"""What goes over the wire, and which fault comes of every way in which it can fail."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

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
from tests.vendors.lvcchong.replies import OEM, SIGNING_IN, Vendor, client_of, form_of, sample
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
    (refusal("设备离线"), Rejected, "-1"),
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

    assert rejected.value.message == "device status: 用户…余额不足, card …"


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
