"""A thousand WebSocket subscribers: from an event to the last of them, beside a bare broadcast of the same bytes."""

import asyncio
import json
from asyncio import gather
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, cast

import httpx
import orjson

from bench.children import started
from bench.cold import accounts
from bench.gateways import Table
from bench.report import Row, ms
from bench.simulators import Vendors

SUBSCRIBERS = 1_000
EVENTS = 40
PATIENCE_S = 30.0
OPERATION = "subscription { events { id cursor type recordedAt device { id name kind connectivity lifecycle } } }"
TEXT = 0x1


@dataclass(eq=False)
class Subscriber(asyncio.Protocol):
    """A WebSocket client that notes when each message came and looks no further: it must cost next to nothing."""

    host: str
    says: tuple[str, ...]
    opened: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    came_at: list[float] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    _buffer: bytearray = field(default_factory=bytearray)
    _is_open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        key = b64encode(b"0123456789abcdef").decode()
        self._transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: {self.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        self._buffer += data
        if not self._is_open and b"\r\n\r\n" in self._buffer:
            del self._buffer[: self._buffer.index(b"\r\n\r\n") + 4]
            self._is_open = True
            for text in self.says:
                self._send(text.encode())
            self.opened.set_result(None)
        while self._is_open and (message := self._message()) is not None:
            self.messages.append(message)
            self.came_at.append(now)

    def close(self) -> None:
        self._transport.abort()

    def _send(self, content: bytes) -> None:
        """With a mask of zeros, short or below 64 KiB."""
        size = bytes([0x80 | len(content)]) if len(content) < 126 else b"\xfe" + len(content).to_bytes(2)
        self._transport.write(bytes([0x80 | TEXT]) + size + bytes(4) + content)

    def _message(self) -> bytes | None:
        """The next text; pings are passed over, since nothing here lasts as long as their answers may take."""
        while len(self._buffer) >= 2:
            start, size = 2, self._buffer[1] & 0x7F
            if size == 126:
                start, size = 4, int.from_bytes(self._buffer[2:4])
            if len(self._buffer) < start + size:
                return None
            kind, content = self._buffer[0] & 0x0F, bytes(self._buffer[start : start + size])
            del self._buffer[: start + size]
            if kind == TEXT:
                return content
        return None


async def measure(vendors: Vendors) -> list[Row]:
    """The rows of this part."""
    with TemporaryDirectory(prefix="chargegraph-bench-") as folder:
        plan = written(folder, await accounts(vendors))
        async with started("bench.live_servers", plan) as urls, httpx.AsyncClient(trust_env=False) as client:
            subscribe = {"id": "1", "type": "subscribe", "payload": {"query": OPERATION}}
            says = ('{"type":"connection_init"}', orjson.dumps(subscribe).decode())
            device = await _device(client, urls["gateway"])
            async with _subscribers(urls["gateway"], says) as ours, _subscribers(urls["broadcast"], ()) as bare:
                await _when(ours, 1)  # each is acknowledged
                gateway = Server(client, f"{urls['gateway']}/happen", {"device": device}, ours)
                await gateway.happen()  # the first one warms up
                text = ours[0].messages[-1].decode()
                broadcast = Server(client, f"{urls['broadcast']}/happen", {"text": text}, bare)
                await broadcast.happen()
                for _ in range(EVENTS):
                    await gateway.happen()
                    await broadcast.happen()
    took, bare_took = gateway.took(), broadcast.took()
    executions = (gateway.said[-1]["executions"] - gateway.said[0]["executions"]) / EVENTS
    return [
        Row(
            f"{SUBSCRIBERS} subscribers, {len(text)} bytes: median", f"{ms(median(took))}, bare {ms(median(bare_took))}"
        ),
        Row("  p99", f"{ms(_p99(took))}, bare {ms(_p99(bare_took))}"),
        Row("  subscribers that got every event once, in order", ratio=_whole(ours), at_least=SUBSCRIBERS),
        Row("  executions an event", ratio=executions, at_most=1),
        Row("  median, gateway / bare broadcast", ratio=median(took) / median(bare_took), at_most=4),
        Row("  p99, gateway / bare broadcast", ratio=_p99(took) / _p99(bare_took), at_most=4),
    ]


@dataclass
class Server:
    """A server, how to tell it that something happened, and its readers. `said`: its answers to that."""

    client: httpx.AsyncClient
    url: str
    what: Mapping[str, str]
    readers: list[Subscriber]
    said: list[dict[str, Any]] = field(default_factory=list)

    async def happen(self) -> None:
        """Something happens, and everybody is told."""
        had = len(self.readers[0].messages)
        self.said.append((await self.client.post(self.url, json=self.what)).json())
        await _when(self.readers, had + 1)

    def took(self) -> list[float]:
        """How many seconds each event but the first took to each reader."""
        events = len(self.said) - 1
        began = [said["at"] for said in self.said[1:]]
        return [
            came_at - at for reader in self.readers for came_at, at in zip(reader.came_at[-events:], began, strict=True)
        ]


def written(folder: str, tables: Sequence[Table]) -> str:
    """The file that the servers read."""
    plan = Path(folder, "plan.json")
    plan.write_text(json.dumps(tables))
    return str(plan)


async def _when(readers: list[Subscriber], messages: int) -> None:
    """Once everybody has so many."""
    async with asyncio.timeout(PATIENCE_S):
        while any(len(reader.messages) < messages for reader in readers):  # noqa: ASYNC110 - a look costs least
            await asyncio.sleep(0.02)


def _whole(readers: list[Subscriber]) -> int:
    """How many were sent every event once and in order."""
    wanted: list[str] | None = None
    whole = 0
    for reader in readers:
        cursors = [orjson.loads(text)["payload"]["data"]["events"]["cursor"] for text in reader.messages[1:]]
        wanted = wanted or cursors
        whole += cursors == wanted == [str(number) for number in range(int(wanted[0]), int(wanted[0]) + EVENTS + 1)]
    return whole


@asynccontextmanager
async def _subscribers(url: str, says: tuple[str, ...]) -> AsyncIterator[list[Subscriber]]:
    address = httpx.URL(url)
    loop = asyncio.get_running_loop()
    readers = [Subscriber(f"{address.host}:{address.port}", says) for _ in range(SUBSCRIBERS)]
    try:
        for start in range(0, SUBSCRIBERS, 50):
            some = readers[start : start + 50]
            for reader in some:
                await loop.create_connection(partial(_same, reader), address.host, address.port or 80)
            await gather(*(reader.opened for reader in some))
        await asyncio.sleep(1)
        yield readers
    finally:
        for reader in readers:
            reader.close()


async def _device(client: httpx.AsyncClient, url: str) -> str:
    """Any device."""
    answer = await client.post(f"{url}/graphql", json={"query": "{ devices(first: 1) { nodes { id } } }"})
    return str(answer.json()["data"]["devices"]["nodes"][0]["id"])


def _same(reader: Subscriber) -> Subscriber:
    return reader


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1]
