"""A page in headless Chromium, driven over its DevTools protocol: enough to open, run, look and list what it loaded."""

import asyncio
import base64
import json
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import websockets

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1500,950",
    "--remote-debugging-port=0",
)


class Page:
    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._sent = 0
        self._posted: set[str] = set()
        self._finished: list[str] = []
        self.requested: list[str] = []
        """Every address that the page or its workers asked for."""
        self.complaints: list[str] = []
        """What the page wrote as an error, among it everything that its policy refused."""

    async def listen(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
                continue
            details = message["params"]
            match message["method"]:
                case "Network.requestWillBeSent":
                    self.requested.append(details["request"]["url"])
                    if details["request"]["method"] == "POST":
                        self._posted.add(details["requestId"])
                case "Network.loadingFinished" if details["requestId"] in self._posted:
                    self._finished.append(details["requestId"])
                case "Log.entryAdded" if details["entry"]["level"] == "error":
                    self.complaints.append(details["entry"]["text"])
                case "Runtime.exceptionThrown":
                    self.complaints.append(details["exceptionDetails"]["text"])

    async def send(self, method: str, **params: object) -> dict[str, Any]:
        self._sent += 1
        number = self._sent
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(self._answers[number], 30)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    async def evaluate(self, script: str) -> Any:
        answer = await self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str, patience_s: float = 30) -> Any:
        """What the script answers, once that is truthy."""
        async with asyncio.timeout(patience_s):
            while not (value := await self.evaluate(script)):  # noqa: ASYNC110 - the page tells nobody
                await asyncio.sleep(0.1)
        return value

    async def answers(self) -> list[str]:
        """The bodies that came back for what the page posted, in their order."""
        return [
            (await self.send("Network.getResponseBody", requestId=request))["body"] for request in list(self._finished)
        ]

    async def screenshot(self) -> bytes:
        """A PNG, for somebody to look at."""
        return base64.b64decode((await self.send("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def opened(url: str, profile: Path) -> AsyncIterator[Page]:
    """The page at this address, in a browser of its own."""
    process = await asyncio.create_subprocess_exec(
        "chromium", *FLAGS, f"--user-data-dir={profile}", "about:blank", stdout=DEVNULL, stderr=PIPE
    )
    try:
        assert process.stderr is not None
        port = await asyncio.wait_for(_port(process.stderr), 30)
        async with websockets.connect(await _address(port), max_size=None, proxy=None) as socket:
            page = Page(socket)
            listening = asyncio.create_task(page.listen())
            try:
                for domain in ("Network", "Page", "Runtime", "Log"):
                    await page.send(f"{domain}.enable")
                await page.send("Page.navigate", url=url)
                yield page
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
    finally:
        process.terminate()
        await process.communicate()


async def _port(stderr: asyncio.StreamReader) -> int:
    async for line in stderr:
        if b"DevTools listening on ws://" in line:
            return int(line.split(b"/devtools/")[0].rpartition(b":")[2])
    raise AssertionError("Chromium did not start")


async def _address(port: int) -> str:
    """The address of the one open page, asked of the browser itself."""
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            items = (await client.get(f"http://127.0.0.1:{port}/json/list")).json()
            if pages := [item for item in items if item["type"] == "page"]:
                return str(pages[0]["webSocketDebuggerUrl"])
            await asyncio.sleep(0.1)
