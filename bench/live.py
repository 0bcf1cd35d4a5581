"""A thousand WebSocket subscribers: from an event to the last of them, beside a bare broadcast of the same bytes."""

import asyncio
import json
from asyncio import gather
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson

from bench.children import started
from bench.cold import accounts
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
    has_come: Callable[[], None] = lambda: None
    _buffer: bytearray = field(default_factory=bytearray)
    _is_open: bool = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        key = b64encode(b"0123456789abcdef").decode()
        transport.write(
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
            self.has_come()

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
        plan = Path(folder, "plan.json")
        plan.write_text(json.dumps(await accounts(vendors)))
        async with started("bench.live_servers", str(plan)) as urls, httpx.AsyncClient(trust_env=False) as client:
            device = await _device(client, urls["gateway"])
            subscribe = {"id": "1", "type": "subscribe", "payload": {"query": OPERATION}}
            says = ('{"type":"connection_init"}', orjson.dumps(subscribe).decode())
            async with _subscribers(urls["gateway"], says) as readers:
                await _when(readers, 1)  # each is acknowledged
                ours, before, after = await _rounds(client, urls["gateway"], readers, {"device": device})
                text = readers[0].messages[-1].decode()
                whole = _whole(readers)
            async with _subscribers(urls["broadcast"], ()) as readers:
                bare, _, _ = await _rounds(client, urls["broadcast"], readers, {"text": text})
    executions = (after["executions"] - before["executions"]) / EVENTS
    return [
        Row(f"{SUBSCRIBERS} subscribers, {len(text)} bytes: median", f"{ms(median(ours))}, bare {ms(median(bare))}"),
        Row("  p99", f"{ms(_p99(ours))}, bare {ms(_p99(bare))}"),
        Row("  subscribers that got every event once, in order", ratio=whole, at_least=SUBSCRIBERS),
        Row("  executions an event", ratio=executions, at_most=1),
        Row("  median, gateway / bare broadcast", ratio=median(ours) / median(bare)),
        Row("  p99, gateway / bare broadcast", ratio=_p99(ours) / _p99(bare), at_most=4),
    ]


async def _rounds(
    client: httpx.AsyncClient, url: str, readers: list[Subscriber], what: Mapping[str, str]
) -> tuple[list[float], dict[str, Any], dict[str, Any]]:
    """How long each event took to each reader; what the server said of the first event, and of the last."""
    said: list[dict[str, Any]] = []
    took: list[float] = []
    first = len(readers[0].messages)
    for number in range(EVENTS + 1):
        had = first + number
        said.append((await client.post(f"{url}/happen", json=what)).json())
        await _when(readers, had + 1)
        if number:  # the first one warms up
            took += [reader.came_at[had] - said[-1]["at"] for reader in readers]
    return took, said[0], said[-1]


async def _when(readers: list[Subscriber], messages: int) -> None:
    """Once everybody has so many."""
    async with asyncio.timeout(PATIENCE_S):
        while any(len(reader.messages) < messages for reader in readers):
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
    address = urlsplit(url)
    loop = asyncio.get_running_loop()
    readers = [Subscriber(address.netloc, says) for _ in range(SUBSCRIBERS)]
    try:
        for start in range(0, SUBSCRIBERS, 50):
            some = readers[start : start + 50]
            for reader in some:
                await loop.create_connection(lambda reader=reader: reader, address.hostname, address.port)  # type: ignore[misc]
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


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1]
