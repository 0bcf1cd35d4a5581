"""What goes over the wire, and what every status, errno and text becomes."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vendors.hanchuess
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.states import Resolution
from tests.support.clock import START, FakeClock
from vendors.hanchuess.client import HanchuessClient
from vendors.hanchuess.envelope import subscriptions_of
from vendors.hanchuess.settings import HanchuessSettings
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.kit.signing import hmac_sha256

SAMPLES = Path(vendors.hanchuess.__file__).parent / "samples"
ACCOUNT = {"id": "storage", "vendor": "hanchuess", "oem": "H03PARTNER01"}
CREDENTIALS = {"client_id": "client", "client_secret": "client-secret"}
TOKEN = {"token": "fixed-token"}
OK: dict[str, Any] = {"errno": 200, "msg": "success"}

Answer = Callable[[httpx.Request], httpx.Response]


@asynccontextmanager
async def client_on(answer: Answer, **settings: Any) -> AsyncIterator[HanchuessClient]:
    clock = FakeClock()
    account = HanchuessSettings.model_validate({**ACCOUNT, **(settings or TOKEN)})
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://vendor.test") as http:
        client = HanchuessClient(VendorHttp(http, OpenGate(), clock), clock, account)
        yield client
        await client.aclose()


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


# What goes over the wire.


async def test_a_call_is_stamped_signed_and_authorised() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=sample("token" if "oauth" in request.url.path else "device_detail"))

    async with client_on(answer, **CREDENTIALS) as client:
        device = await client.read_device("H01EXAMPLE00G1H")

    login, read = sent
    timestamp = str(int(START.timestamp() * 1000))
    assert device.sn == "H01EXAMPLE00G1H"
    assert (login.method, login.url.path) == ("POST", "/portal/oauth/token")
    assert dict(parse_qsl(login.content.decode())) == {"grant_type": "client_credentials", **CREDENTIALS}
    assert "authorization" not in login.headers
    assert (read.method, read.url.path) == ("POST", "/api/v1/device/detail")
    assert read.headers["authorization"] == "Bearer example-access-token"
    assert read.headers["content-type"] == "application/json"
    assert json.loads(read.content) == {"sn": "H01EXAMPLE00G1H"}
    assert read.headers["x-timestamp"] == timestamp
    assert len(read.headers["x-nonce"]) == 6
    signed = f"POST\n/api/v1/device/detail\n{timestamp}\n{read.headers['x-nonce']}\n".encode() + read.content
    assert read.headers["x-signature"] == hmac_sha256("client-secret", signed)


async def test_a_fixed_token_needs_no_sign_in() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=sample("inverter_realtime"))

    async with client_on(answer) as client:
        await client.read_inverter("H01EXAMPLE00G1H")

    (read,) = sent
    assert read.headers["authorization"] == "Bearer fixed-token"
    assert {"x-timestamp", "x-nonce"} <= set(read.headers)


@pytest.mark.parametrize(
    ("call", "method", "path", "body", "reply"),
    [
        (lambda it: it.list_stations("u1"), "POST", "/a/v1/station/list", {"externalUserId": "u1"}, "station_list"),
        (lambda it: it.read_station("S1"), "POST", "/a/v1/station/detail", {"stationId": "S1"}, "station_detail"),
        (
            lambda it: it.list_devices("S1"),
            "POST",
            "/a/v1/device/list",
            {"stationId": "S1", "current": 1, "size": 100},
            "device_list",
        ),
        (lambda it: it.read_device("H01"), "POST", "/a/v1/device/detail", {"sn": "H01"}, "device_detail"),
        (
            lambda it: it.read_inverter("H01"),
            "POST",
            "/a/v1/device/inverter/realtime",
            {"sn": "H01"},
            "inverter_realtime",
        ),
        (
            lambda it: it.list_energy_records("H01", START, START),
            "POST",
            "/a/v1/device/battery/charge-discharge-records",
            {"sn": "H01", "start": "2026-06-01T10:00:00Z", "end": "2026-06-01T10:00:00Z", "current": 1, "size": 100},
            "charge_discharge_records",
        ),
        (lambda it: it.list_assets("o/1"), "GET", "/a/o%2F1/v1/devices", None, "assets"),
        (
            lambda it: it.list_subscriptions(),
            "POST",
            "/p/v1/oem/subscriptions",
            {"oem": "H03PARTNER01"},
            "subscriptions",
        ),
    ],
)
async def test_every_endpoint(call: Any, method: str, path: str, body: object, reply: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=sample(reply))

    async with client_on(answer, **TOKEN, api_prefix="/a", portal_prefix="/p") as client:
        assert await call(client)

    (request,) = sent
    assert (request.method, request.url.raw_path.decode()) == (method, path)
    assert (json.loads(request.content) if request.content else None) == body


async def test_every_page_is_read_once() -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        number = json.loads(request.content)["current"]
        asked.append(number)
        records = [{"sn": f"H{number}"}]
        return httpx.Response(200, json={**OK, "data": {"records": records, "current": number, "pages": 3}})

    async with client_on(answer) as client:
        assert [device.sn for device in await client.list_devices("S1")] == ["H1", "H2", "H3"]
    assert asked == [1, 2, 3]


@pytest.mark.parametrize("full_pages", [0, 2])
async def test_pages_end_without_a_count_of_them(full_pages: int) -> None:
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        number = json.loads(request.content)["current"]
        asked.append(number)
        size = 100 if number <= full_pages else 3
        return httpx.Response(200, json={**OK, "data": {"records": [{"sn": f"{number}-{it}"} for it in range(size)]}})

    async with client_on(answer) as client:
        assert len(await client.list_devices("S1")) == full_pages * 100 + 3
    assert asked == list(range(1, full_pages + 2))


async def test_an_empty_page_is_the_last_whatever_the_count_says() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**OK, "data": {"records": [], "pages": 10**9}})

    async with client_on(answer) as client:
        assert await client.list_devices("S1") == []


async def test_one_bad_item_does_not_sink_the_others() -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={**OK, "data": [{"stationId": "S1"}, "junk", None, 7, {"stationId": "S2"}]})

    async with client_on(answer) as client:
        assert [station.station_id for station in await client.list_stations("u1")] == ["S1", "S2"]


# The fault table.


async def fault_of(answer: Answer) -> Fault:
    async with client_on(answer) as client:
        with pytest.raises(Fault) as raised:
            await client.read_device("H01")
    assert "fixed-token" not in str(raised.value)
    return raised.value


def reply(status: int = 200, **body: Any) -> Answer:
    return lambda _: httpx.Response(status, json=body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthorised),
        (403, Unauthorised),
        (404, NotFound),
        (408, TimedOut),
        (418, Rejected),
        (429, RateLimited),
        (500, Unreachable),
        (503, Unreachable),
    ],
)
async def test_every_status(status: int, kind: type[Fault]) -> None:
    fault = await fault_of(reply(status, errno=status, msg="no"))

    assert type(fault) is kind
    assert fault.raw_code == str(status)


@pytest.mark.parametrize("as_written", [int, str])
@pytest.mark.parametrize(
    ("errno", "kind"),
    [
        (400, Rejected),
        (401, Unauthorised),
        (403, Unauthorised),
        (404, NotFound),
        (408, TimedOut),
        (429, RateLimited),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (10086, Rejected),
        (0, Rejected),
    ],
)
async def test_every_errno(errno: int, kind: type[Fault], as_written: type) -> None:
    fault = await fault_of(reply(errno=as_written(errno), msg="H01 of resident@example.com"))

    assert type(fault) is kind
    assert fault.raw_code == str(errno)
    assert fault.message == f"read device: errno {errno}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Device Does Not Exist", NotFound),
        ("partner does not exist", NotFound),
        ("Internal error", Unreachable),
        ("Too Many Requests", RateLimited),
    ],
)
async def test_every_known_text(text: str, kind: type[Fault]) -> None:
    fault = await fault_of(reply(errno=1, msg=text))

    assert type(fault) is kind
    assert fault.raw_code == "1"


@pytest.mark.parametrize("form", [{"errno": 200}, {"errno": "200"}, {}])
async def test_success_in_all_its_forms(form: dict[str, Any]) -> None:
    async with client_on(reply(**form, msg="success", data={"sn": "H01"})) as client:
        assert (await client.read_device("H01")).sn == "H01"


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        7,
        "text",
        {},
        {"errno": 200},
        {"errno": 200, "data": None},
        {"errno": 200, "data": []},
        {"errno": None},
    ],
)
async def test_what_cannot_be_read_is_malformed(body: object) -> None:
    assert type(await fault_of(lambda _: httpx.Response(200, json=body))) is Malformed


async def test_what_is_not_json_is_malformed() -> None:
    assert type(await fault_of(lambda _: httpx.Response(200, text="<html>"))) is Malformed


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("no"), Unreachable),
        (httpx.ReadTimeout("no"), TimedOut),
        (httpx.ReadError("no"), TimedOut),
    ],
)
async def test_every_transport_error(error: Exception, kind: type[Fault]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    assert type(await fault_of(answer)) is kind


# Signing in.


def desk(login: Answer) -> Answer:
    read = reply(**OK, data={"sn": "H01"})
    return lambda request: (login if request.url.path == "/portal/oauth/token" else read)(request)


@pytest.mark.parametrize(
    "login",
    [
        reply(401, error="invalid_client"),
        reply(400, error="invalid_client"),
        reply(404),
        reply(errno=401, msg="client-secret is wrong"),
        reply(errno=10086, msg="?"),
    ],
)
async def test_a_refused_sign_in_asks_for_new_credentials(login: Answer) -> None:
    async with client_on(desk(login), **CREDENTIALS) as client:
        with pytest.raises(Unauthorised) as raised:
            await client.read_device("H01")

    assert raised.value.resolution is Resolution.REAUTHENTICATE
    assert raised.value.message.startswith("sign in: refused; check client_id")
    assert "client-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        (reply(503), Unreachable),
        (reply(429), RateLimited),
        (reply(token_type="bearer"), Malformed),
        (lambda _: httpx.Response(200, json=[]), Malformed),
        (lambda _: httpx.Response(200, text="<html>"), Malformed),
    ],
)
async def test_a_sign_in_that_fails_otherwise_keeps_its_fault(login: Answer, kind: type[Fault]) -> None:
    async with client_on(desk(login), **CREDENTIALS) as client:
        with pytest.raises(kind):
            await client.read_device("H01")


@pytest.mark.parametrize("expires_in", [None, 0, -5, "soon"])
async def test_a_token_without_a_life_lives_an_hour(expires_in: object) -> None:
    logins = 0

    def login(_: httpx.Request) -> httpx.Response:
        nonlocal logins
        logins += 1
        return httpx.Response(200, json={"access_token": "a", "expires_in": expires_in})

    async with client_on(desk(login), **CREDENTIALS) as client:
        await client.read_device("H01")
        await client.read_device("H01")
    assert logins == 1


# The list of subscriptions.

ONE = {"subscriptionId": "S1"}
TWO = {"subscriptionId": "S2"}


@pytest.mark.parametrize(
    "payload",
    [
        [ONE, TWO],
        {**OK, "data": [ONE, TWO]},
        {"msg": "success", "data": {"records": [ONE, TWO]}},
        {"devices": [{"errno": "200", "data": ONE}, {"errno": 200, "data": TWO}]},
        {**OK, "devices": [{"data": ONE}, {"data": TWO}]},
        {"devices": [{"errno": "404", "msg": "Partner Does Not Exist"}, {"data": ONE}, "junk", {"data": TWO}]},
    ],
)
def test_every_form_of_the_subscription_list(payload: object) -> None:
    assert subscriptions_of(payload, "list") == [ONE, TWO]


@pytest.mark.parametrize("payload", [[], {**OK, "data": []}, {"devices": []}])
def test_no_subscriptions(payload: object) -> None:
    assert subscriptions_of(payload, "list") == []


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"devices": [{"errno": "404", "msg": "Partner Does Not Exist"}]}, NotFound),
        ({"errno": 404, "devices": []}, NotFound),
        ({"devices": {}}, Malformed),
        ({}, Malformed),
        (None, Malformed),
        ({**OK, "data": {}}, Malformed),
    ],
)
def test_a_refused_or_broken_subscription_list(payload: object, kind: type[Fault]) -> None:
    with pytest.raises(kind):
        subscriptions_of(payload, "list")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errno", "msg", "data", "devices", "records", "pages"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(payload=JSON)
def test_only_faults_leave_any_list(payload: object) -> None:
    with suppress(Fault):
        subscriptions_of(payload, "list")
