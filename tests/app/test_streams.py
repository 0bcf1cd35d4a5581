"""Streams as clients receive them: over WebSocket, server-sent events and multipart, from a real server."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from app.graphql_socket import INIT_WAIT_S, MOST_OPERATIONS
from app.streamed_response import HEARTBEAT_S
from tests.app.live import PATIENCE_S, Live, opened

pytestmark = pytest.mark.sockets

PROTOCOL = Subprotocol("graphql-transport-ws")
EVENTS = "subscription ($after: String) { events(after: $after) { cursor } }"
SSE = {"accept": "text/event-stream"}
MULTIPART = {"accept": "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"}
MAX_AGE_S = 600


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    async with opened(tmp_path, max_age_s=MAX_AGE_S) as gateway:
        yield gateway


# WebSocket.


@asynccontextmanager
async def socket(live: Live, *, init: bool = True, **options: Any) -> AsyncIterator[ClientConnection]:
    url = f"{live.url.replace('http', 'ws', 1)}/graphql"
    async with connect(url, **{"subprotocols": [PROTOCOL], "proxy": None, **options}) as opened:
        if init:
            await say(opened, type="connection_init", payload={"any": "thing"})
            assert await hear(opened) == {"type": "connection_ack"}
        yield opened


async def say(opened: ClientConnection, **message: Any) -> None:
    await opened.send(orjson.dumps(message).decode())


async def hear(opened: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return orjson.loads(await opened.recv())


async def subscribe(opened: ClientConnection, name: str, query: str = EVENTS, **variables: Any) -> None:
    await say(opened, type="subscribe", id=name, payload={"query": query, "variables": variables})


async def closing(opened: ClientConnection) -> tuple[int, str]:
    """The code and the reason with which the server closes it."""
    async with asyncio.timeout(PATIENCE_S):
        await opened.wait_closed()
    assert opened.close_code is not None
    return opened.close_code, opened.close_reason or ""


def cursor(name: str, number: int) -> dict[str, object]:
    return {"id": name, "type": "next", "payload": {"data": {"events": {"cursor": str(number)}}}}


async def test_a_socket_carries_streams_queries_and_pings_side_by_side(live: Live) -> None:
    async with socket(live) as opened:
        await subscribe(opened, "one")
        await live.until_streams(1)
        await live.happen()
        assert await hear(opened) == cursor("one", 1)
        await subscribe(opened, 'with "quotes"', after="0")
        assert await hear(opened) == cursor('with "quotes"', 1)
        await subscribe(opened, "query", "{ vendors { slug } }")
        answer = await hear(opened)
        assert (answer["id"], answer["type"], answer["payload"]["data"]["vendors"][0]) == (
            "query",
            "next",
            {"slug": "bajie"},
        )
        assert await hear(opened) == {"id": "query", "type": "complete"}
        await say(opened, type="ping")
        assert await hear(opened) == {"type": "pong"}
        await say(opened, type="pong")
        await say(opened, type="complete", id="one")
        await live.until_streams(1)
        await say(opened, type="complete", id="one")
        await live.happen()
        assert await hear(opened) == cursor('with "quotes"', 2)
    await live.until_streams(0)


async def test_the_example_shows_every_device(live: Live) -> None:
    example = Path(__file__).parents[2] / "app" / "graphiql" / "examples" / "9-live.graphql"
    async with socket(live) as opened:
        await subscribe(opened, "1", example.read_text(encoding="utf-8"))
        for _ in live.gateway.fleet.members["chargers"].settings.devices:
            shown = (await hear(opened))["payload"]["data"]["deviceChanged"]
            assert (shown["kind"], shown["vendor"]) == ("EV_CHARGER", {"name": "SolaX"})


async def test_an_operation_that_is_wrong_ends_alone(live: Live) -> None:
    async with socket(live) as opened:
        for name, query, said in (
            ("syntax", "subscription {", "Syntax Error: Expected Name, found <EOF>."),
            ("field", "subscription { events { nothing } }", "Cannot query field 'nothing' on type 'Event'."),
            ("query", "{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
            ("place", 'subscription { events(after: "x") { id } }', "`after` is not a cursor of this connection"),
            ("command", 'subscription { commandChanged(id: "Command:1") { id } }', "no such command is known"),
        ):
            await subscribe(opened, name, query)
            answer = await hear(opened)
            assert (answer["id"], answer["type"]) == (name, "error")
            assert answer["payload"][0]["message"].startswith(said)
        await subscribe(opened, "syntax")
        await live.until_streams(1)


async def test_too_many_operations_on_a_socket_are_refused(live: Live) -> None:
    async with socket(live) as opened:
        for number in range(MOST_OPERATIONS):
            await subscribe(opened, str(number))
        await live.until_streams(MOST_OPERATIONS)
        await subscribe(opened, "one too many")
        answer = await hear(opened)
        assert (answer["id"], answer["type"]) == ("one too many", "error")
        assert answer["payload"][0]["message"] == "100 operations run on this socket: use another one"
        await say(opened, type="complete", id="0")
        await subscribe(opened, "another", "{ __typename }")
        assert (await hear(opened))["id"] == "another"


@pytest.mark.parametrize(
    ("messages", "code", "reason"),
    [
        (["nonsense"], 4400, "WebSocket message must be valid JSON"),
        ([b"{}"], 4400, "WebSocket message type must be text"),
        (["[]"], 4400, "Invalid message"),
        (['{"type": "start"}'], 4400, "Invalid message"),
        (['{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}'], 4400, "Invalid message"),
        (['{"type": "subscribe", "id": "1", "payload": {}}'], 4400, "There is no query: send its text under"),
        (['{"type": "connection_init"}'], 4429, "Too many initialisation requests"),
        (
            ['{"type": "subscribe", "id": "1", "payload": {"query": "subscription { events { id } }"}}'] * 2,
            4409,
            "Subscriber for 1 already exists",
        ),
    ],
)
async def test_who_does_not_keep_to_the_protocol_is_closed(
    live: Live, messages: Sequence[str | bytes], code: int, reason: str
) -> None:
    async with socket(live) as opened:
        for message in messages:
            await opened.send(message)
        closed = await closing(opened)
        assert (closed[0], closed[1].startswith(reason)) == (code, True)
    await live.until_streams(0)


async def test_nothing_is_run_before_the_connection_is_initialised(live: Live) -> None:
    async with socket(live, init=False) as opened:
        await subscribe(opened, "1")
        assert await closing(opened) == (4401, "Unauthorized")


async def test_who_never_initialises_is_closed(live: Live) -> None:
    async with socket(live, init=False) as opened, socket(live) as other:
        await asyncio.sleep(0.05)
        await live.clock.advance(INIT_WAIT_S)
        assert await closing(opened) == (4408, "Connection initialisation timeout")
        await say(other, type="ping")
        assert await hear(other) == {"type": "pong"}


async def test_the_older_protocol_is_not_spoken(live: Live) -> None:
    async with socket(live, init=False, subprotocols=None) as opened:
        assert await closing(opened) == (4406, "Subprotocol not acceptable: use graphql-transport-ws")


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("https://app.example.com", True),
        ("same", True),
        ("https://evil.example", False),
        ("null", False),
        ("http://127.0.0.1:1", False),
    ],
)
async def test_only_pages_of_known_origins_may_connect(live: Live, origin: str, is_let_in: bool) -> None:
    origin = live.url if origin == "same" else origin
    if is_let_in:
        async with socket(live, origin=origin):
            pass
    else:
        with pytest.raises(InvalidStatus, match="403"):
            async with socket(live, origin=origin):
                pass


async def test_a_stream_that_is_too_old_is_completed_and_can_be_opened_again(live: Live) -> None:
    async with socket(live) as opened:
        await subscribe(opened, "1")
        await live.until_streams(1)
        await live.clock.advance(MAX_AGE_S + 1)
        assert await hear(opened) == {"id": "1", "type": "complete"}
        await subscribe(opened, "1")
        await live.until_streams(1)


async def test_a_gateway_that_stops_says_so(live: Live) -> None:
    async with socket(live) as opened:
        await subscribe(opened, "1")
        await live.until_streams(1)
        live.stopping.set()
        assert await closing(opened) == (1012, "the gateway is shutting down; subscribe again in a moment")


# Server-sent events and multipart.


@asynccontextmanager
async def streamed(live: Live, headers: dict[str, str], query: str = EVENTS, **variables: Any) -> AsyncIterator[Any]:
    """The response, and a function that waits for the next piece of its body."""
    body = {"query": query, "variables": variables}
    async with (
        httpx.AsyncClient(base_url=live.url, trust_env=False, timeout=PATIENCE_S) as client,
        client.stream("POST", "/graphql", json=body, headers=headers) as response,
    ):
        pieces = response.aiter_text()

        async def until(end: str) -> str:
            text = ""
            while not text.endswith(end):
                text += await anext(pieces)
            return text

        yield response, until


def event(number: int) -> str:
    return f'event: next\ndata: {{"data":{{"events":{{"cursor":"{number}"}}}}}}\n\n'


def part(content: str) -> str:
    return f"\r\ncontent-type: application/json\r\n\r\n{content}\r\n--graphql"


async def test_server_sent_events(live: Live) -> None:
    async with streamed(live, SSE) as (response, until):
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert (response.headers["cache-control"], response.headers["x-accel-buffering"]) == ("no-store", "no")
        assert "content-length" not in response.headers
        assert await until(":\n\n") == ":\n\n"
        await live.until_streams(1)
        await live.happen(2)
        assert await until(event(2)) == event(1) + event(2)
        await live.clock.advance(HEARTBEAT_S)
        assert await until(":\n\n") == ":\n\n"
        await live.clock.advance(MAX_AGE_S)
        assert (await until("complete\ndata:\n\n")).endswith("event: complete\ndata:\n\n")


async def test_server_sent_events_for_a_browser_that_gets_them(live: Live) -> None:
    await live.happen()
    params = {"query": EVENTS, "variables": '{"after": "0"}'}
    async with (
        httpx.AsyncClient(base_url=live.url, trust_env=False, timeout=PATIENCE_S) as client,
        client.stream("GET", "/graphql", params=params, headers=SSE) as response,
    ):
        assert response.status_code == 200
        text = ""
        async for piece in response.aiter_text():
            text += piece
            if len(text) >= len(event(1)):
                break
        assert text == ":\n\n" + event(1)
    await live.until_streams(0)


async def test_everything_for_a_client_that_takes_only_streams(live: Live) -> None:
    async with streamed(live, SSE, "{ vendors { slug } }") as (response, _):
        await response.aread()
        assert response.text.startswith(':\n\nevent: next\ndata: {"data":{"vendors":[{"slug":"bajie"}')
        assert response.text.endswith("event: complete\ndata:\n\n")
    async with streamed(live, SSE, "subscription { events { nothing } }") as (response, _):
        await response.aread()
        assert "Cannot query field 'nothing' on type 'Event'." in response.text
        assert response.text.endswith("event: complete\ndata:\n\n")


async def test_a_client_that_takes_both_gets_queries_as_json(live: Live) -> None:
    accept = {"accept": "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"}
    async with streamed(live, accept, "{ __typename }") as (response, _):
        assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    async with streamed(live, accept) as (response, _):
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    async with streamed(live, {"accept": "application/json"}) as (response, _):
        await response.aread()
        assert response.json()["errors"][0]["message"] == "a subscription needs a connection that streams"


async def test_multipart(live: Live) -> None:
    async with streamed(live, MULTIPART) as (response, until):
        media_type = 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
        assert (response.status_code, response.headers["content-type"]) == (200, media_type)
        assert await until("--graphql") == "--graphql"
        await live.until_streams(1)
        await live.happen()
        first = part('{"payload":{"data":{"events":{"cursor":"1"}}}}')
        assert await until(first) == first
        await live.clock.advance(HEARTBEAT_S)
        assert await until(part("{}")) == part("{}")
        await live.clock.advance(MAX_AGE_S)
        assert (await until("--\r\n")).endswith("--graphql--\r\n")


async def test_a_gateway_that_stops_says_so_over_http(live: Live) -> None:
    async with streamed(live, SSE) as (sse, _), streamed(live, MULTIPART) as (multipart, _):
        await live.until_streams(2)
        live.stopping.set()
        error = (
            '{"errors":[{"message":"the gateway is shutting down; subscribe again in a moment",'
            '"extensions":{"code":"INTERNAL","resolution":"RETRY_LATER"}}]}'
        )
        await asyncio.gather(sse.aread(), multipart.aread())
        assert sse.text == f":\n\nevent: next\ndata: {error}\n\nevent: complete\ndata:\n\n"
        assert multipart.text == "--graphql" + part(f'{{"payload":null,{error[1:]}') + "--\r\n"


async def test_a_client_that_goes_away_leaves_nothing_behind(live: Live) -> None:
    async with streamed(live, SSE), streamed(live, MULTIPART), socket(live) as opened:
        await subscribe(opened, "1")
        await live.until_streams(3)
    await live.until_streams(0)
