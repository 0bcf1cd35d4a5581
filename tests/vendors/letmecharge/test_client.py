"""What goes on the wire, and what answers and failures become."""

import json
from collections.abc import Awaitable, Callable
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
    Uncertain,
    Unreachable,
)
from model.records import Customer
from tests.support.clock import FakeClock
from tests.vendors.letmecharge.replies import KEY, sample, settings
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.letmecharge.client import LetMeChargeClient

AREA = settings().areas[0]


async def asked(
    method: str,
    answer: Callable[[httpx.Request], httpx.Response],
    **changes: Any,
) -> tuple[Any, list[httpx.Request]]:
    requests: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(request)

    transport = httpx.MockTransport(answered)
    async with httpx.AsyncClient(transport=transport, base_url="https://letmecharge.test/api") as http:
        client = LetMeChargeClient(VendorHttp(http, OpenGate(), FakeClock()), settings(**changes))
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "filter": lambda: client.chargers_in(AREA),
            "updated": lambda: client.charger("63712f794e8aaa51a939339b"),
            "orders": lambda: client.orders(limit=100, offset=200),
            "start": lambda: client.start_charge("../p?b", Customer(email="a@example.com", license_plate="1234BCD")),
            "stop": lambda: client.stop_charge("../o?b"),
        }
        return await calls[method](), requests


def replying(content: Any, status: int = 200, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(status, json=content, headers=headers)


async def test_chargers_are_asked_for_by_position() -> None:
    chargers, (request,) = await asked("filter", replying(sample("chargers-filter")))
    assert chargers == sample("chargers-filter")
    assert (request.method, str(request.url)) == ("POST", "https://letmecharge.test/api/v3/chargers/filter")
    assert json.loads(request.content) == {"lat": 43.29, "lon": -2.07, "distance": 5000}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["content-type"] == "application/json"


async def test_a_charger_is_asked_for_by_its_id() -> None:
    charger, (request,) = await asked("updated", replying(sample("chargers-updated")), auth_header="X-Api-Key")
    assert charger == sample("chargers-updated")
    expected = "https://letmecharge.test/api/chargers/63712f794e8aaa51a939339b/updated"
    assert (request.method, str(request.url)) == ("GET", expected)
    assert request.headers["x-api-key"] == KEY
    assert "authorization" not in request.headers


async def test_orders_are_asked_for_page_by_page_without_a_status() -> None:
    orders, (request,) = await asked("orders", replying(sample("contracts-orders")))
    assert orders == sample("contracts-orders")
    expected = "https://letmecharge.test/api/contracts/orders?limit=100&offset=200"
    assert (request.method, str(request.url)) == ("GET", expected)


async def test_a_charge_is_started_with_what_is_known_of_its_driver() -> None:
    reply, (request,) = await asked("start", replying(sample("start")))
    assert reply == sample("start")
    assert (request.method, request.url.raw_path) == ("POST", b"/api/v3/chargers/startcharge/..%2Fp%3Fb")
    assert json.loads(request.content) == {"user_email": "a@example.com", "plate": "1234BCD"}
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_an_order_is_stopped_by_its_id() -> None:
    _, (request,) = await asked("stop", replying({}))
    assert (request.method, request.url.raw_path) == ("POST", b"/api/v3/chargers/stopcharge/..%2Fo%3Fb")
    assert request.content == b""
    assert request.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("method", ["start", "stop"])
async def test_a_call_that_acts_is_not_tried_again(method: str) -> None:
    sent: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadError("reset")

    with pytest.raises(Uncertain):
        await asked(method, answered)
    assert len(sent) == 1


@pytest.mark.parametrize("charger_id", ["", ".", "..", "..."])
async def test_an_id_cannot_climb_up_the_path(charger_id: str) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(replying({})), base_url="https://x.test") as http:
        client = LetMeChargeClient(VendorHttp(http, OpenGate(), FakeClock()), settings())
        with pytest.raises(NotFound):
            await client.charger(charger_id)


async def test_an_id_stays_inside_its_part_of_the_path() -> None:
    requests: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="https://x.test") as http:
        client = LetMeChargeClient(VendorHttp(http, OpenGate(), FakeClock()), settings())
        await client.charger("../a?b#c")
    assert requests[0].url.raw_path == b"/chargers/..%2Fa%3Fb%23c/updated"


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answered(request: httpx.Request) -> httpx.Response:
        raise error

    return answered


ENVELOPE = sample("error")
FAULTS = {
    "no connection": (raising(httpx.ConnectError("refused")), Unreachable),
    "no answer in time": (raising(httpx.ReadTimeout("slow")), TimedOut),
    "connection broken twice": (raising(httpx.ReadError("reset")), TimedOut),
    "401": (replying(ENVELOPE, 401), Unauthorised),
    "403": (replying(ENVELOPE, 403), Unauthorised),
    "400": (replying(ENVELOPE, 400), Rejected),
    "404": (replying(ENVELOPE, 404), NotFound),
    "429": (replying(ENVELOPE, 429), RateLimited),
    "500": (replying(ENVELOPE, 500), Unreachable),
    "502": (replying(ENVELOPE, 502), Unreachable),
    "not JSON": (lambda _: httpx.Response(200, text="<html>"), Malformed),
    "empty": (lambda _: httpx.Response(200), Malformed),
}


@pytest.mark.parametrize("method", ["filter", "updated", "orders"])
@pytest.mark.parametrize("case", FAULTS)
async def test_every_failure_is_its_fault(case: str, method: str) -> None:
    answer, kind = FAULTS[case]
    with pytest.raises(Fault) as raised:
        await asked(method, answer)
    assert type(raised.value) is kind
    assert KEY not in str(raised.value)
    assert ENVELOPE["message"] not in str(raised.value)


@pytest.mark.parametrize("method", ["filter", "orders"])
@pytest.mark.parametrize("payload", [{}, ENVELOPE, "text", 5, True])
async def test_anything_but_a_list_is_malformed(payload: Any, method: str) -> None:
    with pytest.raises(Malformed, match="expected a list"):
        await asked(method, replying(payload))


async def test_the_vendor_says_how_long_to_wait() -> None:
    with pytest.raises(RateLimited) as raised:
        await asked("orders", replying(ENVELOPE, 429, **{"retry-after": "30"}))
    assert raised.value.retry_after_s == 30
    assert raised.value.raw_code == "429"


async def test_a_connection_that_breaks_once_is_tried_again() -> None:
    answers = [raising(httpx.ReadError("reset")), replying([])]

    def answered(request: httpx.Request) -> httpx.Response:
        return answers.pop(0)(request)

    orders, requests = await asked("orders", answered)
    assert (orders, len(requests)) == ([], 2)
