"""Serves ASGI apps over sockets until asked to stop: sockets are taken first, so that a taken port is said in time.

Several apps share one process and one event loop (the simulators), so signals are handled here, once, instead of by
each server: the first asks everybody to finish, the second does not wait.
"""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import uvicorn
import uvloop
from starlette.types import ASGIApp

T = TypeVar("T")

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
LARGEST_MESSAGE_BYTES = 1024 * 1024
"""That a client may send over a WebSocket; as large as a body."""
GRACE_S = 5
"""How long requests in flight may go on after the first signal."""


class CannotListen(Exception):
    """The address cannot be listened on; the message says why and what helps."""


class _Server(uvicorn.Server):
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; an app that could not start leaves `started` false instead of ending the process."""
        try:
            await super().serve(sockets)
        except SystemExit:
            for opened in sockets or ():
                opened.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve_until_stopped`."""
        yield


@dataclass(frozen=True, slots=True)
class Served:
    """An app, the socket that it answers on, and how much its server says.

    `before_stopping` is called when the server is about to stop: what would never end by itself is to be ended then.
    """

    app: ASGIApp
    socket: socket.socket
    log_level: str = "info"
    before_stopping: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """The address that a client uses, without a slash at the end."""
        return url_of(self.socket)


def run(work: Coroutine[object, object, T]) -> T:
    """Run this on the fast event loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def url_of(opened: socket.socket) -> str:
    """The address of what answers on a listening socket, without a slash at the end."""
    host, port = opened.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there."""
    return host in LOOPBACK_HOSTS or host.startswith("127.")


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotListen(f"{host} is no address of this machine: {error.strerror}.") from None
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(2048)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} on {host} is taken by another program. Stop it, or choose another port."
            raise CannotListen(message) from None
        raise CannotListen(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    opened.setblocking(False)
    return opened


async def serve_until_stopped(
    everything: Sequence[Served],
    *,
    stopping: asyncio.Event,
    when_ready: Callable[[], None] = lambda: None,
) -> bool:
    """Serve until `stopping` is set or a signal comes. False when an app could not start; its log says why."""
    servers = [_server(served) for served in everything]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if stopping.is_set():
            for server in servers:
                server.force_exit = True
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    tasks = [
        asyncio.create_task(server.serve(sockets=[served.socket]))
        for server, served in zip(servers, everything, strict=True)
    ]
    try:
        if await _started(servers, tasks):
            _collect_seldom()
            when_ready()
            await _first_of(stopping, tasks)
        for server, served in zip(servers, everything, strict=True):
            if server.started:
                served.before_stopping()
            server.should_exit = True
        await asyncio.gather(*tasks)
        return all(server.started for server in servers)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _collect_seldom() -> None:
    """Look through what is there now for garbage once and never again, and through the rest seldom.

    Snapshots are hundreds of thousands of records that stay; going through them over and over makes the slowest
    queries several times slower.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _server(served: Served) -> _Server:
    return _Server(
        uvicorn.Config(
            served.app,
            loop="none",  # the caller's loop runs already
            http="httptools",
            lifespan="auto",
            log_config=None,
            log_level=served.log_level,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE_BYTES,
            # A thousand streams would compress every event a thousand times, each with a window of its own.
            ws_per_message_deflate=False,
        )
    )


async def _started(servers: Sequence[_Server], tasks: Sequence[asyncio.Task[None]]) -> bool:
    while not all(server.started for server in servers):
        if any(task.done() for task in tasks):
            return False
        await asyncio.sleep(0.01)
    return True


async def _first_of(stopping: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
