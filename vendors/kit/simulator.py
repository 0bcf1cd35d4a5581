"""What the simulators share: a moving world, faults on a switch, a log of calls, and the control API over them.

A simulator is a real HTTP server with the vendor's documented behaviour under the vendor's own paths, and
`/_control` beside them for whoever drives it (docs/simulators.md). Its world moves by itself: before every request,
and several times a second while it is served, it catches up with its clock, times `speed`, in steps of at most a
minute. What hardware does when told to is written down as an Act, whatever the vendor's answer says.
"""

import asyncio
import contextlib
import heapq
import json
import random
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from model.clock import Clock, SystemClock

LONGEST_STEP_S = 60.0
REMEMBERED_CALLS = 1000
REMEMBERED_ACTS = 10_000
MOVES_EVERY_S = 0.1
CALL_BACK_TIMEOUT_S = 5.0


class Switch(BaseModel):
    """How a fault is switched on: for which share of calls, for which path, how often, and with what value."""

    model_config = ConfigDict(extra="forbid")

    value: str | float | None = Field(default=None, description="What the fault takes, such as seconds or a code.")
    path: str | None = Field(default=None, description="Only calls whose path contains this text.")
    probability: float = Field(default=1.0, ge=0, le=1, description="Share of matching calls that it hits.")
    times: int | None = Field(default=None, ge=1, description="How many calls it hits before it switches itself off.")


TRANSPORT_FAULTS: Mapping[str, str] = {
    "latency": "Every answer takes `value` seconds longer (default 1).",
    "hang": "No answer for `value` seconds (default 30).",
    "reset": "The connection is cut before the answer is complete.",
    "http_401": "HTTP 401.",
    "http_403": "HTTP 403.",
    "http_429": "HTTP 429; `value` is sent as Retry-After.",
    "http_500": "HTTP 500.",
    "http_503": "HTTP 503.",
    "not_json": "HTTP 200 with a page of HTML.",
    "empty_body": "HTTP 200 with an empty body.",
    "wrong_types": "HTTP 200; every number becomes text, every text a number, every list an object.",
    "nulls": "HTTP 200; every value inside the payload is null.",
    "truncated": "HTTP 200 with only the first half of the body.",
    "reply_lost": "The call is carried out, and the connection is cut instead of an answer.",
    "reply_late": "The call is carried out at once and answered after `value` seconds (default 30).",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request that reached the vendor."""

    at: datetime
    method: str
    path: str
    status: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that hardware did because the API told it to. `cause`: the vendor's id of the call, if it has one."""

    at: datetime
    what: str
    subject: str
    cause: str = ""


@dataclass(order=True, slots=True)
class _Due:
    at: datetime
    order: int
    action: Callable[[], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class CallBack:
    """A request that the vendor sends. `accepts`: whether an answer ends the tries; `retries_s`: gaps between them."""

    url: str
    content: bytes
    media_type: str
    accepts: Callable[[httpx.Response], bool] = lambda answer: answer.is_success
    retries_s: tuple[float, ...] = ()


class Simulator(ABC):
    """One vendor's server. A subclass gives routes, state, motion, and the faults that are its own.

    `faults` documents every switch of the vendor (name -> what it does); a subclass asks `self.struck(name)`.
    `actions` are what a hand could do at the hardware: plug in, return a battery, pull the mains.
    """

    slug: ClassVar[str]
    faults: ClassVar[Mapping[str, str]] = {}
    default_port: ClassVar[int]
    base_path: ClassVar[str] = ""
    """What follows the host in the account's `base_url`."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 1,
        speed: float = 1.0,
        outside: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """The same seed gives the same fleet and the same luck. `outside` replaces the network for its callbacks."""
        self.clock = clock or SystemClock()
        self.random = random.Random(seed)
        self.speed = speed
        self.switches: dict[str, Switch] = {}
        self.calls: deque[Call] = deque(maxlen=REMEMBERED_CALLS)
        self.counts: Counter[str] = Counter()
        self.now = self.clock.now()
        self._real = self.clock.monotonic()
        self._seed = seed
        self._outside = outside
        self.acts: deque[Act] = deque(maxlen=REMEMBERED_ACTS)
        self.calls_back: deque[tuple[datetime, str, int]] = deque(maxlen=REMEMBERED_CALLS)
        """When a callback was answered, its path, and the status; 0 when nobody answered."""
        self._due: list[_Due] = []
        self._scheduled = count()
        self._outgoing: deque[CallBack] = deque()
        self._on_the_way: set[asyncio.Task[None]] = set()
        self.build()
        served = Starlette(routes=[*self.routes(), *self._control_routes()], lifespan=self._lifespan)
        self.app: ASGIApp = _Door(self, served)

    # What a subclass gives.

    @abstractmethod
    def build(self) -> None:
        """Make the fleet, from `self.random` and `self.now`."""

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """The vendor's endpoints."""

    @abstractmethod
    def account(self) -> Mapping[str, object]:
        """The `[[accounts]]` table that fits this simulator, without `base_url`."""

    @abstractmethod
    def step(self, seconds: float) -> None:
        """Move the world by at most a minute; `self.now` is already there."""

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """What can be done to the world by hand, by name; each takes the request's JSON object."""
        return {}

    def state(self) -> Mapping[str, object]:
        """A summary of the world, for `/_control`."""
        return {}

    # What a subclass uses.

    def switched(self, name: str) -> Switch | None:
        """The switch of a fault while it is on."""
        return self.switches.get(name)

    def page_size(self, asked: int) -> int:
        """How many records a page holds, for vendors whose own switch `small_pages` caps it."""
        switch = self.switched("small_pages")
        return asked if switch is None else min(asked, int(switch.value or 5))

    def struck(self, name: str, path: str = "") -> Switch | None:
        """The fault, when it is on and hits this call; uses up one of its `times`."""
        switch = self.switches.get(name)
        if switch is None or (switch.path and switch.path not in path) or self.random.random() >= switch.probability:
            return None
        if switch.times is not None:
            self.switches[name] = switch.model_copy(update={"times": switch.times - 1})
            if switch.times <= 1:
                del self.switches[name]
        return switch

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in so many seconds of this world's time."""
        heapq.heappush(self._due, _Due(self.now + timedelta(seconds=seconds), next(self._scheduled), action))

    def act(self, what: str, subject: str, cause: str = "") -> None:
        """Write down that hardware did something because the API told it to."""
        self.acts.append(Act(self.now, what, subject, cause))

    def call_back(self, call: CallBack) -> None:
        """Send a request of the vendor's own, soon."""
        self._outgoing.append(call)

    def advance(self, seconds: float) -> None:
        """Move the world, in steps of at most a minute and never past what is due."""
        end = self.now + timedelta(seconds=seconds)
        while self.now < end:
            until = min(end, self.now + timedelta(seconds=LONGEST_STEP_S))
            if self._due and self._due[0].at < until:
                until = max(self.now, self._due[0].at)
            passed_s = (until - self.now).total_seconds()
            self.now = until
            if passed_s:
                self.step(passed_s)
            self._do_what_is_due()

    def _do_what_is_due(self) -> None:
        while self._due and self._due[0].at <= self.now:
            heapq.heappop(self._due).action()

    async def keep_moving(self) -> None:
        """Move the world and send its callbacks until cancelled; without it the world moves when somebody calls."""
        async with httpx.AsyncClient(transport=self._outside, timeout=CALL_BACK_TIMEOUT_S, trust_env=False) as client:
            try:
                while True:
                    self.catch_up()
                    while self._outgoing:
                        sending = asyncio.create_task(self._send(client, self._outgoing.popleft()))
                        self._on_the_way.add(sending)
                        sending.add_done_callback(self._on_the_way.discard)
                    await self.clock.sleep(MOVES_EVERY_S)
            finally:
                for sending in self._on_the_way:
                    sending.cancel()
                await asyncio.gather(*self._on_the_way, return_exceptions=True)

    async def _send(self, client: httpx.AsyncClient, call: CallBack) -> None:
        for wait_s in (*call.retries_s, None):
            status = 0
            try:
                answer = await client.post(call.url, content=call.content, headers={"content-type": call.media_type})
                status = answer.status_code
                if call.accepts(answer):
                    return
            except (httpx.HTTPError, httpx.InvalidURL):
                pass
            finally:
                self.calls_back.append((self.now, urlsplit(call.url).path, status))
            if wait_s is not None:
                await self.clock.sleep(wait_s / self.speed if self.speed > 0 else wait_s)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        moving = asyncio.create_task(self.keep_moving())
        try:
            yield
        finally:
            moving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await moving

    def catch_up(self) -> None:
        """Move the world to where its clock is."""
        real = self.clock.monotonic()
        elapsed, self._real = real - self._real, real
        self.advance(elapsed * self.speed)

    # The control API.

    def _control_routes(self) -> Sequence[Route]:
        return [
            Route("/_control", self._show, methods=["GET"]),
            Route("/_control/calls", self._show_calls, methods=["GET"]),
            Route("/_control/calls", self._forget_calls, methods=["DELETE"]),
            Route("/_control/acts", self._show_acts, methods=["GET"]),
            Route("/_control/faults", self._show_faults, methods=["GET"]),
            Route("/_control/faults", self._clear_faults, methods=["DELETE"]),
            Route("/_control/faults/{name}", self._set_fault, methods=["PUT"]),
            Route("/_control/faults/{name}", self._clear_fault, methods=["DELETE"]),
            Route("/_control/advance", self._advance, methods=["POST"]),
            Route("/_control/speed", self._set_speed, methods=["PUT"]),
            Route("/_control/reset", self._reset, methods=["POST"]),
            Route("/_control/actions/{name}", self._act, methods=["POST"]),
        ]

    def known_faults(self) -> Mapping[str, str]:
        """Every fault that can be switched on, with what it does."""
        return {**TRANSPORT_FAULTS, **self.faults}

    async def _show(self, _: Request) -> Response:
        return JSONResponse(
            {
                "vendor": self.slug,
                "now": self.now.isoformat(),
                "speed": self.speed,
                "base_path": self.base_path,
                "account": self.account(),
                "state": self.state(),
                "faults": self.known_faults(),
                "actions": sorted(self.actions()),
            }
        )

    async def _show_calls(self, _: Request) -> Response:
        recent = [[call.at.isoformat(), call.method, call.path, call.status] for call in self.calls]
        return JSONResponse({"total": self.counts.total(), "by_endpoint": dict(self.counts), "recent": recent})

    async def _forget_calls(self, _: Request) -> Response:
        self.calls.clear()
        self.counts.clear()
        return Response(status_code=204)

    async def _show_acts(self, _: Request) -> Response:
        acts = [{**asdict(act), "at": act.at.isoformat()} for act in self.acts]
        calls_back = [[at.isoformat(), path, status] for at, path, status in self.calls_back]
        return JSONResponse({"acts": acts, "calls_back": calls_back})

    async def _show_faults(self, _: Request) -> Response:
        return JSONResponse({name: switch.model_dump() for name, switch in self.switches.items()})

    async def _set_fault(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.known_faults():
            return _refused(f"no fault named {name!r}; GET /_control lists them", 404)
        try:
            self.switches[name] = Switch.model_validate_json(await request.body() or b"{}")
        except ValidationError as error:
            return _refused(str(error), 422)
        return Response(status_code=204)

    async def _clear_fault(self, request: Request) -> Response:
        self.switches.pop(request.path_params["name"], None)
        return Response(status_code=204)

    async def _clear_faults(self, _: Request) -> Response:
        self.switches.clear()
        return Response(status_code=204)

    async def _advance(self, request: Request) -> Response:
        self.advance(float((await _json(request)).get("seconds", 60)))
        return JSONResponse({"now": self.now.isoformat()})

    async def _set_speed(self, request: Request) -> Response:
        self.speed = float((await _json(request)).get("factor", 1))
        return Response(status_code=204)

    async def _reset(self, _: Request) -> Response:
        self.switches.clear()
        self.random.seed(self._seed)
        self.acts.clear()
        self.calls_back.clear()
        self._due.clear()
        self._outgoing.clear()
        self.build()
        return Response(status_code=204)

    async def _act(self, request: Request) -> Response:
        action = self.actions().get(request.path_params["name"])
        if action is None:
            return _refused(f"no such action; there are {', '.join(sorted(self.actions())) or 'none'}", 404)
        try:
            return JSONResponse(action(await _json(request)) or {})
        except (KeyError, ValueError) as error:
            return _refused(f"cannot do that: {error}", 422)


class _Door:
    """In front of the vendor's routes: moves the world, breaks what is to be broken, and counts."""

    def __init__(self, simulator: Simulator, app: Starlette) -> None:
        self._simulator = simulator
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._simulator.catch_up()
        if scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._broken_or_whole(scope, receive, watched)
        finally:
            self._simulator.counts[f"{scope['method']} {_endpoint(scope)}"] += 1
            self._simulator.calls.append(Call(self._simulator.clock.now(), scope["method"], scope["path"], status))

    async def _broken_or_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        simulator, path = self._simulator, scope["path"]
        for name, seconds in (("latency", 1.0), ("hang", 30.0)):
            if switch := simulator.struck(name, path):
                await simulator.clock.sleep(float(switch.value if switch.value is not None else seconds))
        if simulator.struck("reset", path):
            await _cut(receive, send)
            return
        for name in ("http_401", "http_403", "http_429", "http_500", "http_503"):
            if switch := simulator.struck(name, path):
                headers = {"retry-after": _written(switch.value)} if name == "http_429" and switch.value else {}
                await JSONResponse({"error": name}, int(name[-3:]), headers)(scope, receive, send)
                return
        if simulator.struck("reply_lost", path):
            await _damaged(self._app, lambda _: b"", scope, receive, _nowhere)
            await _cut(_no_more, send)
            return
        if switch := simulator.struck("reply_late", path):
            await _late(self._app, simulator, float(switch.value or 30.0), scope, receive, send)
            return
        for name, damage in _DAMAGE.items():
            if simulator.struck(name, path):
                await _damaged(self._app, damage, scope, receive, send)
                return
        await self._app(scope, receive, send)


def _written(value: str | float) -> str:
    """A switch's value as text, whole numbers without a point."""
    return value if isinstance(value, str) else f"{value:g}"


def _endpoint(scope: Scope) -> str:
    """The route's template where a route matched, so that calls with ids in their path count together."""
    route = scope.get("route")
    return route.path if isinstance(route, Route) else scope["path"]


async def _cut(receive: Receive, send: Send) -> None:
    """Promise a body, send its first byte and break off: a reset over a socket, a ReadError in process."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    raise httpx.ReadError("cut by the simulator")


async def _nowhere(_: Message) -> None:
    """An answer that nobody will see."""


async def _no_more() -> Message:
    """The request was read already."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def _late(app: ASGIApp, simulator: Simulator, seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
    held: list[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await app(scope, receive, hold)
    await simulator.clock.sleep(seconds)
    for message in held:
        await send(message)


async def _damaged(app: ASGIApp, damage: Callable[[bytes], bytes], scope: Scope, receive: Receive, send: Send) -> None:
    body = bytearray()
    status = 200

    async def collect(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    await Response(damage(bytes(body)), status, media_type="application/json")(scope, receive, send)


def _wrong_types(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case dict():
            return {key: _wrong_types(item) for key, item in value.items()}
        case list():
            return {str(index): _wrong_types(item) for index, item in enumerate(value)}
        case bool():
            return str(value)
        case str():
            return len(value)
        case int() | float():
            return f"about {value}"
    return value


def _all_null(value: Any) -> Any:  # noqa: ANN401
    return dict.fromkeys(value) if isinstance(value, dict) else None


def _re_encoded(change: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    def damage(body: bytes) -> bytes:
        return json.dumps(change(json.loads(body))).encode()

    return damage


_DAMAGE: Mapping[str, Callable[[bytes], bytes]] = {
    "not_json": lambda _: b"<html><body>Bad gateway</body></html>",
    "empty_body": lambda _: b"",
    "truncated": lambda body: body[: len(body) // 2],
    "wrong_types": _re_encoded(_wrong_types),
    "nulls": _re_encoded(_all_null),
}


async def _json(request: Request) -> dict[str, Any]:
    body = await request.body()
    content = await request.json() if body else {}
    return content if isinstance(content, dict) else {}


def _refused(message: str, status: int) -> Response:
    return JSONResponse({"error": message}, status)
