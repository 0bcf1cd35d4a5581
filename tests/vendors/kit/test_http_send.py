"""A call that acts goes out once at most, and its faults tell whether it may have acted."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
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
from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp
from vendors.kit.quota import Ticket, current_ticket


class Door:
    """A VendorHttp whose vendor answers the same for ever; `steps` is what happened, in order."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer
        self.steps: list[str] = []
        self.heard: list[tuple[str, str]] = []
        self.requests: list[httpx.Request] = []
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._answered), base_url="https://vendor.test")
        self.http = VendorHttp(self.client, self, FakeClock(), on_call=lambda *call: self.heard.append(call))

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        self.steps.append("enter")
        try:
            yield
        finally:
            self.steps.append("leave")

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.steps.append("sent")
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def send(self, path: str = "/act", **parameters: Any) -> Any:
        return (await self.http.send("do it", "POST", path, **parameters)).payload

    async def fault(self, path: str = "/act", **parameters: Any) -> Fault:
        with pytest.raises(Fault) as raised:
            await self.send(path, **parameters)
        return raised.value


@pytest.fixture
def ticket() -> Iterator[Ticket]:
    """The ticket of the work that the test does."""
    made = Ticket()
    token = current_ticket.set(made)
    yield made
    current_ticket.reset(token)


async def test_an_answer_is_its_json() -> None:
    door = Door(httpx.Response(200, json={"done": True}, headers={"x-request": "7"}))

    reply = await door.http.send("do it", "POST", "/act", json={"slot": 3}, headers={"x-key": "k"})

    assert (reply.payload, reply.headers["X-Request"]) == ({"done": True}, "7")
    (request,) = door.requests
    assert (request.method, str(request.url), request.content) == ("POST", "https://vendor.test/act", b'{"slot":3}')
    assert request.headers["x-key"] == "k"
    assert door.heard == [("do it", "OK")]


ERRORS: dict[type[httpx.RequestError], type[Fault]] = {
    httpx.ConnectError: Unreachable,
    httpx.ConnectTimeout: Unreachable,
    httpx.PoolTimeout: Unreachable,
    httpx.ProxyError: Unreachable,
    httpx.UnsupportedProtocol: Unreachable,
    httpx.LocalProtocolError: Uncertain,
    httpx.ReadTimeout: Uncertain,
    httpx.WriteTimeout: Uncertain,
    httpx.ReadError: Uncertain,
    httpx.WriteError: Uncertain,
    httpx.CloseError: Uncertain,
    httpx.RemoteProtocolError: Uncertain,
    httpx.DecodingError: Uncertain,
}


def leaves(error: type[Exception]) -> set[type[Exception]]:
    below = error.__subclasses__()
    return set().union(*map(leaves, below)) if below else {error}


def test_every_error_of_the_http_library_has_its_fault() -> None:
    never_raised_here = {httpx.TooManyRedirects, httpx.HTTPStatusError}

    assert set(ERRORS) == leaves(httpx.HTTPError) - never_raised_here


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_before_the_first_byte_is_known_and_any_later_one_is_uncertain(
    error: type[httpx.RequestError],
) -> None:
    door = Door(error("hush"))

    fault = await door.fault(query={"token": "hush"})

    assert type(fault) is ERRORS[error]
    assert door.steps == ["enter", "sent", "leave"]
    assert "hush" not in fault.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Rejected),
        (400, Rejected),
        (401, Unauthorised),
        (403, Unauthorised),
        (404, NotFound),
        (408, Uncertain),
        (418, Rejected),
        (429, RateLimited),
        (500, Uncertain),
        (502, Uncertain),
        (503, Uncertain),
        (599, Uncertain),
    ],
)
async def test_every_status(status: int, kind: type[Fault]) -> None:
    door = Door(httpx.Response(status, text="hush", headers={"retry-after": "17"}))

    fault = await door.fault()

    assert type(fault) is kind
    assert fault.raw_code == str(status)
    assert fault.retry_after_s == (17 if status == 429 else None)
    assert "hush" not in fault.message
    assert len(door.requests) == 1


async def test_a_vendor_may_mean_something_else_by_a_status() -> None:
    door = Door(httpx.Response(503))
    door.http = door.http.judging({503: Rejected, 403: TimedOut, 409: Malformed})
    assert type(await door.fault()) is Rejected

    for status in (403, 409):
        door.answer = httpx.Response(status)
        assert type(await door.fault()) is Uncertain


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b'{"done": tru'])
async def test_a_yes_that_cannot_be_read_is_uncertain(body: bytes) -> None:
    door = Door(httpx.Response(200, content=body))

    fault = await door.fault()

    assert (type(fault), fault.message) == (Uncertain, "do it: the answer is not JSON; it may have been done")
    assert len(door.requests) == 1


async def test_a_yes_with_a_broken_encoding_is_uncertain() -> None:
    broken = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))

    assert type(await Door(broken).fault()) is Uncertain


async def test_a_yes_that_breaks_off_is_uncertain() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b'{"done"'
        raise httpx.ReadError("r")

    door = Door(httpx.Response(200, content=half()))

    assert type(await door.fault()) is Uncertain
    assert len(door.requests) == 1


@pytest.mark.parametrize("path", ["/act/\x00", "/act/" + "x" * 70_000, "/act/\ud800"])
async def test_what_cannot_be_written_is_never_sent(path: str, ticket: Ticket) -> None:
    async def begin() -> None:
        pytest.fail("nothing is about to be sent")

    ticket.on_sending = begin
    door = Door(httpx.Response(200, json={}))

    assert type(await door.fault(path)) is Rejected
    assert door.steps == []


# Word that it is about to be sent.


@pytest.fixture
def told(ticket: Ticket) -> Door:
    """A door that hears from the ticket that a call is about to be sent."""
    door = Door(httpx.Response(200, json={}))

    async def begin() -> None:
        door.steps.append("begin")

    ticket.on_sending = begin
    return door


async def test_it_is_told_after_the_gate_and_before_the_first_byte(told: Door) -> None:
    await told.send()

    assert told.steps == ["enter", "begin", "sent", "leave"]


async def test_it_is_told_once_whatever_happens(told: Door) -> None:
    told.answer = httpx.ReadError("r")

    await told.fault()

    assert told.steps == ["enter", "begin", "sent", "leave"]


async def test_it_is_told_of_no_read(told: Door) -> None:
    await told.http.read("read it", "GET", "/thing")

    assert told.steps == ["enter", "sent", "leave"]


class NotWritten(Exception):
    """The store could not be written."""


async def test_when_it_cannot_be_written_down_nothing_is_sent(ticket: Ticket) -> None:
    async def begin() -> None:
        raise NotWritten

    ticket.on_sending = begin
    door = Door(httpx.Response(200, json={}))

    with pytest.raises(NotWritten):
        await door.send()
    assert door.steps == ["enter", "leave"]
    assert door.heard == []


async def test_nobody_needs_to_be_told(ticket: Ticket) -> None:
    assert ticket.on_sending is None
    door = Door(httpx.Response(200, json=[1]))

    assert await door.send() == [1]
