"""What all simulators share: the door that breaks things, the log of calls, motion, and the control API."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, timedelta
from typing import Any, ClassVar

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.clock import FakeClock
from vendors.kit.simulator import TRANSPORT_FAULTS, CallBack, Simulator, Switch

BODY = {"number": 7, "text": "seven", "flag": True, "list": [1, {"half": 0.5}], "nothing": None}


class ToySimulator(Simulator):
    slug = "toy"
    default_port = 9198
    faults: ClassVar[Mapping[str, str]] = {"sulk": "It says no."}

    def build(self) -> None:
        self.steps: list[float] = []
        self.luck = self.random.random()

    def routes(self) -> Sequence[Route]:
        return [
            Route("/things/{id}", self._thing, methods=["GET"]),
            Route("/list", self._list, methods=["GET", "POST"]),
            Route("/broken", self._broken, methods=["GET"]),
            Route("/ring", self._ring, methods=["POST"]),
        ]

    def account(self) -> Mapping[str, object]:
        return {"id": "toys", "vendor": "toy"}

    def step(self, seconds: float) -> None:
        self.steps.append(seconds)

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        return {"poke": lambda given: {"poked": given["who"]}, "pat": lambda _: None}

    async def _thing(self, request: Request) -> Response:
        if self.switched("sulk") and self.struck("sulk", request.url.path):
            return JSONResponse({"no": True})
        return JSONResponse(BODY)

    async def _list(self, _: Request) -> Response:
        return JSONResponse([1, 2])

    async def _broken(self, _: Request) -> Response:
        return Response("not here", 404)

    async def _ring(self, request: Request) -> Response:
        self.act("ring", "bell", (await request.body()).decode())
        return JSONResponse({"rung": True})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def toy(clock: FakeClock) -> ToySimulator:
    return ToySimulator(clock=clock)


@pytest.fixture
async def client(toy: ToySimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(toy.app), base_url="http://toy.test") as client:
        yield client


async def test_a_whole_answer(client: httpx.AsyncClient) -> None:
    assert (await client.get("/things/1")).json() == BODY


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
async def test_statuses(client: httpx.AsyncClient, toy: ToySimulator, status: int) -> None:
    toy.switches[f"http_{status}"] = Switch()
    answer = await client.get("/things/1")

    assert answer.status_code == status
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize(("value", "sent"), [(17, "17"), (1.5, "1.5"), ("later", "later")])
async def test_a_429_can_ask_for_patience(
    client: httpx.AsyncClient, toy: ToySimulator, value: str | float, sent: str
) -> None:
    toy.switches["http_429"] = Switch(value=value)

    assert (await client.get("/things/1")).headers["retry-after"] == sent


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("not_json", b"<html><body>Bad gateway</body></html>"),
        ("empty_body", b""),
        ("wrong_types", None),
        ("nulls", None),
        ("truncated", None),
    ],
)
async def test_damaged_bodies(client: httpx.AsyncClient, toy: ToySimulator, fault: str, body: bytes | None) -> None:
    whole = (await client.get("/things/1")).content
    toy.switches[fault] = Switch()
    answer = await client.get("/things/1")

    assert answer.status_code == 200
    assert answer.content != whole
    assert body is None or answer.content == body


async def test_wrong_types_and_nulls_and_halves(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    whole = (await client.get("/things/1")).content
    toy.switches["wrong_types"] = Switch(times=1)
    assert (await client.get("/things/1")).json() == {
        "number": "about 7",
        "text": 5,
        "flag": "True",
        "list": {"0": "about 1", "1": {"half": "about 0.5"}},
        "nothing": None,
    }
    toy.switches["nulls"] = Switch(times=2)
    assert (await client.get("/things/1")).json() == dict.fromkeys(BODY)
    assert (await client.get("/list")).json() is None
    toy.switches["truncated"] = Switch(times=1)
    assert (await client.get("/things/1")).content == whole[: len(whole) // 2]


async def test_damage_keeps_the_status(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    toy.switches["empty_body"] = Switch()

    assert (await client.get("/broken")).status_code == 404


async def test_a_reset_is_a_read_error(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    toy.switches["reset"] = Switch(times=1)

    with pytest.raises(httpx.ReadError):
        await client.get("/things/1")
    assert (await client.get("/things/1")).json() == BODY


@pytest.mark.parametrize(("fault", "value", "seconds"), [("latency", None, 1), ("latency", 5, 5), ("hang", None, 30)])
async def test_slow_answers(
    client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock, fault: str, value: float | None, seconds: float
) -> None:
    toy.switches[fault] = Switch(value=value)
    call = asyncio.create_task(client.get("/things/1"))
    await clock.advance(seconds - 0.1)
    assert not call.done()

    await clock.advance(0.2)
    assert (await call).json() == BODY


async def test_a_lost_reply_comes_after_the_effect(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    toy.switches["reply_lost"] = Switch(times=1)
    with pytest.raises(httpx.ReadError):
        await client.post("/ring", content=b"one")
    assert [act.cause for act in toy.acts] == ["one"]

    assert (await client.post("/ring", content=b"two")).json() == {"rung": True}
    assert [act.cause for act in toy.acts] == ["one", "two"]
    assert dict(toy.counts) == {"POST /ring": 2}


@pytest.mark.parametrize(("value", "seconds"), [(None, 30), (5, 5)])
async def test_a_late_reply_comes_long_after_the_effect(
    client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock, value: float | None, seconds: float
) -> None:
    toy.switches["reply_late"] = Switch(value=value)
    call = asyncio.create_task(client.post("/ring", content=b"one"))
    await clock.advance(seconds - 0.1)
    assert [act.cause for act in toy.acts] == ["one"]
    assert not call.done()

    await clock.advance(0.2)
    assert (await call).json() == {"rung": True}
    assert len(toy.acts) == 1


def test_all_transport_faults_are_tested_here() -> None:
    named = {"latency", "hang", "reset", "not_json", "empty_body", "wrong_types", "nulls", "truncated"}
    named |= {"reply_lost", "reply_late"}

    assert set(TRANSPORT_FAULTS) == named | {f"http_{status}" for status in (401, 403, 429, 500, 503)}


async def test_a_switch_can_hit_one_path_some_times_and_some_calls(
    client: httpx.AsyncClient, toy: ToySimulator
) -> None:
    toy.switches["http_500"] = Switch(path="/list", times=2)
    statuses = [(await client.get(path)).status_code for path in ("/things/1", "/list", "/list", "/list")]
    assert statuses == [200, 500, 500, 200]
    assert toy.switches == {}

    toy.switches["http_503"] = Switch(probability=0.3)
    statuses = [(await client.get("/list")).status_code for _ in range(200)]
    assert 30 < statuses.count(503) < 90

    toy.switches["http_503"] = Switch(probability=0)
    assert (await client.get("/list")).status_code == 200


async def test_a_fault_of_the_vendors_own(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    toy.switches["sulk"] = Switch(times=1)

    assert (await client.get("/things/1")).json() == {"no": True}
    assert (await client.get("/things/1")).json() == BODY


async def test_calls_are_counted_by_route_and_logged_by_path(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    for path in ("/things/1", "/things/2", "/nowhere"):
        await client.get(path)
    await client.post("/list")
    toy.switches["http_500"] = Switch()
    await client.get("/list")

    assert dict(toy.counts) == {"GET /things/{id}": 2, "GET /nowhere": 1, "POST /list": 1, "GET /list": 1}
    assert [(call.method, call.path, call.status) for call in toy.calls] == [
        ("GET", "/things/1", 200),
        ("GET", "/things/2", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/list", 200),
        ("GET", "/list", 500),
    ]


async def test_a_broken_call_is_counted_too(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    toy.switches["reset"] = Switch()
    with pytest.raises(httpx.ReadError):
        await client.get("/list")

    assert dict(toy.counts) == {"GET /list": 1}


async def test_the_world_catches_up_before_each_call(
    client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock
) -> None:
    start = toy.now
    await clock.advance(150)
    assert toy.steps == []

    await client.get("/list")
    assert toy.steps == [60, 60, 30]
    assert toy.now == start + timedelta(seconds=150)
    assert toy.now.tzinfo is UTC


async def test_a_faster_world(client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock) -> None:
    assert (await client.put("/_control/speed", json={"factor": 10})).status_code == 204
    await clock.advance(9)
    await client.get("/list")

    assert toy.steps == [60, 30]


# What it does by itself: later, and to others.


def test_what_is_due_is_done_at_its_time_and_in_its_order(toy: ToySimulator) -> None:
    start = toy.now
    done: list[tuple[str, float]] = []

    def note(what: str) -> Callable[[], None]:
        return lambda: done.append((what, (toy.now - start).total_seconds()))

    toy.later(90, note("last"))
    toy.later(5, note("first"))
    toy.later(5, note("second"))
    toy.later(0, note("at once"))
    toy.later(7, lambda: toy.later(3, note("then")))
    for seconds, count in ((4, 1), (80, 4), (6, 5)):
        toy.advance(seconds)
        assert len(done) == count
    assert done == [("at once", 0), ("first", 5), ("second", 5), ("then", 10), ("last", 90)]
    assert sum(toy.steps) == 90
    assert max(toy.steps) <= 60


def test_a_time_that_has_passed_is_now(toy: ToySimulator) -> None:
    done: list[float] = []
    toy.later(-5, lambda: done.append(toy.now.timestamp()))
    before = toy.now.timestamp()

    toy.advance(1)

    assert done == [before]


async def test_acts_are_shown_with_their_cause(client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock) -> None:
    await clock.advance(2)
    await client.post("/ring", content=b"order-1")
    toy.act("stop", "bell")
    at = toy.now.isoformat()

    assert (await client.get("/_control/acts")).json() == {
        "acts": [
            {"at": at, "what": "ring", "subject": "bell", "cause": "order-1"},
            {"at": at, "what": "stop", "subject": "bell", "cause": ""},
        ],
        "calls_back": [],
    }
    assert (await client.get("/_control/calls")).json()["total"] == 1


class Listener:
    """Whom the vendor calls back: answers with one thing after the other, the last one for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[str, str, bytes]] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        self.heard.append((str(request.url), request.headers["content-type"], request.content))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def moving(toy: ToySimulator) -> AsyncIterator[None]:
    task = asyncio.create_task(toy.keep_moving())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def called_back(toy: ToySimulator) -> list[tuple[float, str, int]]:
    """After how many seconds, where, and what came back."""
    start = toy.clock.now() - timedelta(seconds=toy.clock.monotonic())
    return [((at - start).total_seconds(), path, status) for at, path, status in toy.calls_back]


async def test_a_callback_is_sent_once_and_its_answer_kept(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(204))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("http://us.test/hook/7?a=b", b'{"done": 1}', "application/json"))
    await clock.advance(1)
    assert listener.heard == []

    async with moving(toy):
        await clock.advance(60)
    assert listener.heard == [("http://us.test/hook/7?a=b", "application/json", b'{"done": 1}')]
    assert called_back(toy) == [(1, "/hook/7", 204)]


async def test_a_callback_is_tried_again_until_it_is_accepted(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(500), httpx.ConnectError("nobody"), httpx.Response(200))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("http://us.test/hook", b"x", "text/plain", retries_s=(5, 30, 300)))
    async with moving(toy):
        await clock.advance(600)

    assert [(round(after), path, status) for after, path, status in called_back(toy)] == [
        (0, "/hook", 500),
        (5, "/hook", 0),
        (35, "/hook", 200),
    ]


async def test_a_callback_that_nobody_accepts_is_given_up(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(200, text="no"))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(
        CallBack("http://us.test/hook", b"x", "text/plain", lambda answer: answer.text == "success", retries_s=(5, 30))
    )
    async with moving(toy):
        await clock.advance(600)

    assert [status for *_, status in toy.calls_back] == [200, 200, 200]
    assert len(listener.heard) == 3


async def test_a_callback_to_an_address_that_is_none_does_no_harm(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(200))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("nowhere/at all", b"x", "text/plain"))
    toy.call_back(CallBack("http://us.test/hook", b"x", "text/plain"))
    async with moving(toy):
        await clock.advance(10)

    assert [status for *_, status in toy.calls_back] == [0, 200]


async def test_one_slow_listener_does_not_hold_up_the_others(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(500), httpx.Response(200))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("http://us.test/slow", b"x", "text/plain", retries_s=(60,)))
    toy.call_back(CallBack("http://us.test/quick", b"x", "text/plain"))
    async with moving(toy):
        await clock.advance(1)
        assert [path for _, path, _ in called_back(toy)] == ["/slow", "/quick"]


async def test_a_faster_world_tries_again_sooner(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(500))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.speed = 10
    toy.call_back(CallBack("http://us.test/hook", b"x", "text/plain", retries_s=(30,)))
    async with moving(toy):
        await clock.advance(2.9)
        assert len(listener.heard) == 1
        await clock.advance(0.2)
        assert len(listener.heard) == 2


async def test_it_moves_while_nobody_calls(clock: FakeClock) -> None:
    toy = ToySimulator(clock=clock, outside=Listener(httpx.Response(200)).transport)
    done: list[str] = []
    toy.later(5, lambda: done.append("done"))
    await clock.advance(10)
    assert (toy.steps, done) == ([], [])

    async with moving(toy):
        await clock.advance(1)
        assert done == ["done"]
        assert sum(toy.steps) == pytest.approx(11)
        assert len(toy.steps) > 5


async def test_what_is_on_the_way_when_it_stops_is_dropped(clock: FakeClock) -> None:
    listener = Listener(httpx.Response(500))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("http://us.test/hook", b"x", "text/plain", retries_s=(60,)))
    async with moving(toy):
        await clock.advance(1)
    await clock.advance(120)

    assert len(listener.heard) == 1


# The control API.


async def test_it_introduces_itself(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    shown = (await client.get("/_control")).json()

    assert shown == {
        "vendor": "toy",
        "now": toy.now.isoformat(),
        "speed": 1.0,
        "base_path": "",
        "account": {"id": "toys", "vendor": "toy"},
        "state": {},
        "faults": {**TRANSPORT_FAULTS, "sulk": "It says no."},
        "actions": ["pat", "poke"],
    }
    assert dict(toy.counts) == {}


async def test_calls_are_shown_and_forgotten(client: httpx.AsyncClient, toy: ToySimulator, clock: FakeClock) -> None:
    await client.get("/list")
    shown = (await client.get("/_control/calls")).json()
    assert shown == {
        "total": 1,
        "by_endpoint": {"GET /list": 1},
        "recent": [[clock.now().isoformat(), "GET", "/list", 200]],
    }

    assert (await client.delete("/_control/calls")).status_code == 204
    assert (await client.get("/_control/calls")).json() == {"total": 0, "by_endpoint": {}, "recent": []}


async def test_faults_are_switched(client: httpx.AsyncClient) -> None:
    assert (await client.put("/_control/faults/latency", json={"value": 2, "times": 3})).status_code == 204
    assert (await client.put("/_control/faults/sulk")).status_code == 204
    assert (await client.get("/_control/faults")).json() == {
        "latency": {"value": 2.0, "path": None, "probability": 1.0, "times": 3},
        "sulk": {"value": None, "path": None, "probability": 1.0, "times": None},
    }

    assert (await client.delete("/_control/faults/latency")).status_code == 204
    assert (await client.delete("/_control/faults/latency")).status_code == 204
    assert list((await client.get("/_control/faults")).json()) == ["sulk"]
    assert (await client.delete("/_control/faults")).status_code == 204
    assert (await client.get("/_control/faults")).json() == {}


@pytest.mark.parametrize(
    ("name", "switch", "status"),
    [
        ("dream", {}, 404),
        ("sulk", {"probability": 2}, 422),
        ("sulk", {"times": 0}, 422),
        ("sulk", {"speed": 1}, 422),
    ],
)
async def test_a_switch_that_cannot_be(
    client: httpx.AsyncClient, toy: ToySimulator, name: str, switch: dict[str, Any], status: int
) -> None:
    answer = await client.put(f"/_control/faults/{name}", json=switch)

    assert answer.status_code == status
    assert answer.json()["error"]
    assert toy.switches == {}


async def test_time_is_moved_by_hand(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    start = toy.now
    answer = await client.post("/_control/advance", json={"seconds": 90})
    await client.post("/_control/advance")

    assert answer.json() == {"now": (start + timedelta(seconds=90)).isoformat()}
    assert toy.steps == [60, 30, 60]


async def test_a_reset_world_is_the_first_world(client: httpx.AsyncClient, toy: ToySimulator) -> None:
    luck = toy.luck
    toy.luck = 2.0
    toy.switches["hang"] = Switch()
    toy.act("ring", "bell")
    toy.later(5, lambda: toy.act("ring", "bell"))

    assert (await client.post("/_control/reset")).status_code == 204
    assert (toy.luck, toy.switches) == (luck, {})
    toy.advance(60)
    assert list(toy.acts) == []


async def test_a_reset_world_calls_nobody_back(client: httpx.AsyncClient, clock: FakeClock) -> None:
    listener = Listener(httpx.Response(200))
    toy = ToySimulator(clock=clock, outside=listener.transport)
    toy.call_back(CallBack("http://us.test/hook", b"x", "text/plain"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(toy.app), base_url="http://toy.test") as http:
        await http.post("/_control/reset")
    async with moving(toy):
        await clock.advance(1)

    assert (listener.heard, list(toy.calls_back)) == ([], [])


async def test_hands(client: httpx.AsyncClient) -> None:
    assert (await client.post("/_control/actions/poke", json={"who": "me"})).json() == {"poked": "me"}
    assert (await client.post("/_control/actions/pat", json=[])).json() == {}
    assert (await client.post("/_control/actions/poke", json={})).status_code == 422
    unknown = await client.post("/_control/actions/dance")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "no such action; there are pat, poke")


def test_the_same_seed_is_the_same_luck() -> None:
    lucks = [ToySimulator(clock=FakeClock(), seed=seed).luck for seed in (1, 1, 2)]

    assert lucks[0] == lucks[1] != lucks[2]


def test_a_simulator_must_say_what_it_is() -> None:
    class Nothing(Simulator):
        pass

    with pytest.raises(TypeError, match=r"account.*build.*routes.*step"):
        Nothing(clock=FakeClock())  # type: ignore[abstract]


async def test_what_is_not_http_passes_the_door(toy: ToySimulator) -> None:
    """A server asks for the lifespan before it takes requests."""
    sent: list[Any] = []
    heard = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(heard)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await toy.app({"type": "lifespan", "app": toy.app, "state": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert toy.counts == {}
