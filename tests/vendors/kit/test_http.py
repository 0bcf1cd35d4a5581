"""What leaves the one door to a vendor: JSON or a fault, and nothing that should have stayed inside."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

import vendors.kit.http
from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.states import Resolution
from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp, segment

Answer = Callable[[httpx.Request], httpx.Response]


class CountingGate:
    def __init__(self) -> None:
        self.entered = 0
        self.inside = 0

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        self.entered += 1
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


class Door:
    """A VendorHttp whose vendor answers with one thing after the other, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.gate = CountingGate()
        self.client = httpx.AsyncClient(
            transport=httpx.MockTransport(self._answered), base_url="https://vendor.test/v1"
        )
        self.http = VendorHttp(self.client, self.gate, FakeClock())

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def read(self, path: str = "/thing", **parameters: Any) -> Any:
        return (await self.http.read("read thing", "GET", path, **parameters)).payload

    async def fault(self, path: str = "/thing", **parameters: Any) -> Fault:
        with pytest.raises(Fault) as raised:
            await self.read(path, **parameters)
        assert self.gate.inside == 0
        return raised.value


async def test_an_answer_is_its_json_and_its_headers() -> None:
    door = Door(httpx.Response(200, json={"a": [1, None]}, headers={"x-request": "7"}))

    reply = await door.http.read("read thing", "GET", "/thing")

    assert reply.payload == {"a": [1, None]}
    assert reply.headers["X-Request"] == "7"
    assert door.gate.entered == 1


@pytest.mark.parametrize(
    ("parameters", "url", "body"),
    [
        ({"query": {"a": 1, "b": "x y"}}, "https://vendor.test/v1/thing?a=1&b=x+y", b""),
        ({"form": {"a": 1}}, "https://vendor.test/v1/thing", b"a=1"),
        ({"json": {"a": 1}}, "https://vendor.test/v1/thing", b'{"a":1}'),
        ({"content": b"raw"}, "https://vendor.test/v1/thing", b"raw"),
    ],
)
async def test_what_is_sent(parameters: dict[str, Any], url: str, body: bytes) -> None:
    door = Door(httpx.Response(200, json={}))

    await door.http.read("read thing", "POST", "/thing", headers={"x-key": "k"}, **parameters)

    (request,) = door.requests
    assert (request.method, str(request.url), request.content) == ("POST", url, body)
    assert request.headers["x-key"] == "k"


@pytest.mark.parametrize(
    ("status", "kind", "resolution"),
    [
        (301, Rejected, Resolution.CONTACT_SUPPORT),
        (400, Rejected, Resolution.CONTACT_SUPPORT),
        (401, Unauthorised, Resolution.REAUTHENTICATE),
        (403, Unauthorised, Resolution.REAUTHENTICATE),
        (404, NotFound, Resolution.USER_ACTION),
        (408, TimedOut, Resolution.RETRY_LATER),
        (418, Rejected, Resolution.CONTACT_SUPPORT),
        (429, RateLimited, Resolution.RETRY_LATER),
        (500, Unreachable, Resolution.RETRY_LATER),
        (503, Unreachable, Resolution.RETRY_LATER),
        (599, Unreachable, Resolution.RETRY_LATER),
    ],
)
async def test_every_status(status: int, kind: type[Fault], resolution: Resolution) -> None:
    door = Door(httpx.Response(status, text="a secret in a body"))

    fault = await door.fault(query={"token": "a secret in a query"})

    assert type(fault) is kind
    assert (fault.message, fault.raw_code) == (f"read thing: HTTP {status}", str(status))
    assert (fault.resolution, fault.retry_after_s) == (resolution, None)
    assert len(door.requests) == 1


async def test_a_vendor_may_mean_something_else_by_a_status() -> None:
    door = Door(httpx.Response(404))
    door.http = door.http.judging({404: Malformed}).judging({403: NotFound})
    assert type(await door.fault()) is Malformed

    door.answers = [httpx.Response(403)]
    assert type(await door.fault()) is NotFound

    door.answers = [httpx.Response(401)]
    assert type(await door.fault()) is Unauthorised


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("Mon, 01 Jun 2026 10:01:30 GMT", 90.0),
        ("Mon, 01 Jun 2026 09:00:00 GMT", 0.0),
        ("9" * 400, 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("Mon, 01 Jun 2026 10:01:30 +99999999999999999999", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
async def test_every_form_of_retry_after(status: int, value: str, wait_s: float | None) -> None:
    door = Door(httpx.Response(status, headers={"retry-after": value}))

    assert (await door.fault()).retry_after_s == wait_s


async def test_retry_after_says_nothing_about_other_refusals() -> None:
    door = Door(httpx.Response(404, headers={"retry-after": "17"}))

    assert (await door.fault()).retry_after_s is None


LOST = [httpx.ReadError("r"), httpx.WriteError("w"), httpx.CloseError("c"), httpx.RemoteProtocolError("p")]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
async def test_a_lost_connection_is_tried_once_more(error: Exception) -> None:
    door = Door(error, httpx.Response(200, json=[1]))

    assert await door.read() == [1]
    assert (len(door.requests), door.gate.entered) == (2, 2)


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
async def test_a_connection_lost_twice_is_a_read_without_an_answer(error: Exception) -> None:
    door = Door(error)

    fault = await door.fault()

    assert (type(fault), fault.message) == (TimedOut, "read thing: the connection broke before an answer")
    assert (len(door.requests), door.gate.entered) == (2, 2)


async def test_a_fault_on_the_second_try_is_that_fault() -> None:
    assert type(await Door(httpx.ReadError("r"), httpx.Response(404)).fault()) is NotFound


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout("t"), Unreachable),
        (httpx.ReadTimeout("t"), TimedOut),
        (httpx.WriteTimeout("t"), TimedOut),
        (httpx.PoolTimeout("t"), Unreachable),
        (httpx.ConnectError("c"), Unreachable),
        (httpx.ProxyError("x"), Unreachable),
        (httpx.UnsupportedProtocol("u"), Unreachable),
        (httpx.LocalProtocolError("l"), Unreachable),
        (httpx.DecodingError("d"), Malformed),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_what_else_can_go_wrong_is_not_tried_again(error: Exception, kind: type[Fault]) -> None:
    door = Door(error)

    assert type(await door.fault()) is kind
    assert len(door.requests) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff\xfe", b"NaN", b"[" * 5000])
async def test_what_is_not_json_is_malformed(body: bytes) -> None:
    fault = await Door(httpx.Response(200, content=body)).fault()

    assert (type(fault), fault.message) == (Malformed, "read thing: the answer is not JSON")


async def test_a_body_with_a_broken_encoding_is_malformed() -> None:
    headers = {"content-encoding": "gzip"}
    chunks = httpx.ByteStream(b"not gzip")

    assert type(await Door(httpx.Response(200, headers=headers, stream=chunks)).fault()) is Malformed


async def test_a_body_beyond_all_measure_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendors.kit.http, "LARGEST_BODY_BYTES", 1000)
    bomb = httpx.ByteStream(gzip.compress(b'"' + b"x" * 100_000 + b'"'))

    fault = await Door(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=bomb)).fault()

    assert (type(fault), fault.message) == (Malformed, "read thing: the answer is larger than 1000 bytes")


async def test_the_largest_body_that_fits_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendors.kit.http, "LARGEST_BODY_BYTES", 12)

    assert await Door(httpx.Response(200, content=b'"' + b"x" * 10 + b'"')).read() == "x" * 10


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/thing/\x00", {}),
        ("/thing/" + "x" * 70_000, {}),
        ("/thing/\ud800", {}),
        ("/thing", {"query": {"id": "\ud800"}}),
        ("/thing", {"json": {"id": "\ud800"}}),
    ],
)
async def test_an_id_that_no_url_can_hold_is_rejected(path: str, parameters: dict[str, Any]) -> None:
    door = Door(httpx.Response(200, json={}))

    fault = await door.fault(path, **parameters)

    assert (type(fault), fault.message) == (Rejected, "read thing: cannot be written as a request")
    assert fault.__cause__ is None
    assert (door.requests, door.gate.entered) == ([], 0)


async def test_no_fault_tells_the_query_or_the_body() -> None:
    answers: list[httpx.Response | Exception] = [
        httpx.Response(500, text="hush-body"),
        httpx.Response(200, text="hush-body"),
        httpx.ConnectError("c"),
        httpx.ReadError("r"),
    ]
    for answer in answers:
        fault: BaseException | None = await Door(answer).fault(query={"token": "hush-query"})
        while fault is not None:
            assert "hush" not in str(fault)
            fault = fault.__cause__


@pytest.mark.parametrize(
    ("native_id", "written"),
    [
        ("XB3233HC225009", "XB3233HC225009"),
        ("a/b?c#d%e f", "a%2Fb%3Fc%23d%25e%20f"),
        ("ü", "%C3%BC"),
        ("\ud800", "%3F"),
        ("..", "%2E%2E"),
        ("1.2", "1.2"),
    ],
)
def test_an_id_stays_one_segment_of_a_path(native_id: str, written: str) -> None:
    assert segment(native_id) == written
