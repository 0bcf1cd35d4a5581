"""Commands at the simulator: what the chargers do, what the callbacks tell, and every switch that makes them differ."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from tests.support.clock import FakeClock
from vendors.kit.simulator import Switch
from vendors.solax.simulated_fleet import Mode, Status
from vendors.solax.simulated_tasks import Fate
from vendors.solax.simulator import TOKEN_ID, SolaxSimulator

URL = "http://gateway.test/webhooks/chargers/a-token"
FIRST, SECOND, THIRD = "C107SIM0000001", "C107SIM0000002", "C107SIM0000003"
THREE = [FIRST, SECOND, THIRD]
OFFLINE = "C311SIM0000005"


@pytest.fixture
def simulator() -> SolaxSimulator:
    made = SolaxSimulator(clock=FakeClock())
    for charger in made.fleet.chargers.values():
        charger.mode = Mode.STOP
    return made


async def call(simulator: SolaxSimulator, **changes: Any) -> dict[str, Any]:
    """The answer to one pileCmd, FAST for three chargers unless something else is said."""
    body = {"tokenId": TOKEN_ID, "rwType": "2", "cmdType": "1", "cmdValue": "1", "sns": THREE, "callbackUrl": URL}
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        answer = await client.post("/proxyApp/proxy/api/pileCmd", json={**body, **changes})
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


async def command(simulator: SolaxSimulator, **changes: Any) -> str:
    """The taskId of one pileCmd that is taken."""
    answer = await call(simulator, **changes)
    assert (answer["success"], answer["exception"]) == (True, "accept success")
    task_id: str = answer["result"]["taskId"]
    return task_id


def told(simulator: SolaxSimulator) -> list[dict[str, Any]]:
    """The callbacks that were to be sent since the last time."""
    calls = list(simulator._outgoing)
    simulator._outgoing.clear()
    assert {(call.url, call.media_type, call.retries_s) for call in calls} <= {(URL, "application/json", ())}
    return [orjson.loads(call.content) for call in calls]


def in_short(callbacks: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(callback["rspType"], callback["code"]) for callback in callbacks]


def acts(simulator: SolaxSimulator) -> Counter[tuple[str, str]]:
    return Counter((act.what, act.subject) for act in simulator.acts)


def modes(simulator: SolaxSimulator, serials: list[str] = THREE) -> list[Mode]:
    return [simulator.fleet.chargers[serial].mode for serial in serials]


async def after_a_command(simulator: SolaxSimulator, seconds: float = 40, **changes: Any) -> list[dict[str, Any]]:
    """The callbacks of a command once so many seconds have passed."""
    await command(simulator, **changes)
    simulator.advance(seconds)
    return told(simulator)


# A command without faults.


async def test_each_charger_obeys_once_and_says_so(simulator: SolaxSimulator) -> None:
    task_id = await command(simulator)
    assert (len(task_id), modes(simulator), acts(simulator)) == (32, [Mode.STOP] * 3, Counter())

    simulator.advance(0.4)
    assert told(simulator) == []
    simulator.advance(0.2)
    result: dict[str, object] = {"ack": "issue successfully"}
    assert told(simulator) == [{"success": True, "result": result, "rspType": 1, "taskId": task_id, "code": "0"}]

    simulator.advance(5.5)
    *answers, last = told(simulator)
    assert sorted(answer["result"]["sn"] for answer in answers) == THREE
    for answer in answers:
        result = {"ack": "success", "sn": answer["result"]["sn"]}
        assert answer == {"success": True, "result": result, "rspType": 2, "taskId": task_id, "code": "0"}
    result = {"ack": "all handled"}
    assert last == {"success": True, "result": result, "rspType": 3, "taskId": task_id, "code": "0"}

    simulator.advance(60)
    assert told(simulator) == []
    assert modes(simulator) == [Mode.FAST] * 3
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in THREE}
    assert {act.cause for act in simulator.acts} == {task_id}


async def test_no_charger_acts_before_a_second_and_all_within_five(simulator: SolaxSimulator) -> None:
    await command(simulator)
    simulator.advance(0.99)
    assert acts(simulator) == Counter()
    simulator.advance(4.02)
    assert len(simulator.acts) == 3


@pytest.mark.parametrize("mode", Mode)
async def test_every_mode(simulator: SolaxSimulator, mode: Mode) -> None:
    await after_a_command(simulator, cmdValue=str(int(mode)))

    assert modes(simulator) == [mode] * 3
    assert acts(simulator) == {(f"mode {mode.name}", serial): 1 for serial in THREE}


async def test_stop_ends_charging(simulator: SolaxSimulator) -> None:
    charger = simulator.fleet.chargers["C311SIM0000007"]
    simulator.fleet.unplug(charger)
    simulator.fleet.plug_in(charger, simulator.now, wanted_kwh=30, hours=8)
    await after_a_command(simulator, 120, sns=[charger.serial])
    assert charger.status is Status.CHARGING

    await after_a_command(simulator, 60, sns=[charger.serial], cmdValue="0")
    assert (charger.status, charger.power_w) == (Status.FINISHING, 0)


async def test_a_charger_named_twice_is_told_once(simulator: SolaxSimulator) -> None:
    assert in_short(await after_a_command(simulator, sns=[FIRST, FIRST])) == [(1, "0"), (2, "0"), (3, "0")]
    assert acts(simulator) == {("mode FAST", FIRST): 1}


async def test_strangers_and_the_offline_are_failures(simulator: SolaxSimulator) -> None:
    issued, *others = await after_a_command(simulator, sns=[FIRST, "C322FOREIGN001", OFFLINE])

    assert (issued["success"], issued["code"]) == (True, "1")
    assert issued["result"] == {"ack": "issue successfully", "failureList": ["C322FOREIGN001", OFFLINE]}
    assert in_short(others) == [(2, "0"), (3, "0")]
    assert acts(simulator) == {("mode FAST", FIRST): 1}


async def test_when_nobody_can_be_told_there_is_nothing_to_complete(simulator: SolaxSimulator) -> None:
    (issued,) = await after_a_command(simulator, sns=[OFFLINE])

    assert (issued["success"], issued["code"], issued["result"]["failureList"]) == (False, "2", [OFFLINE])
    assert acts(simulator) == Counter()


async def test_a_charger_that_goes_offline_meanwhile_neither_obeys_nor_answers(simulator: SolaxSimulator) -> None:
    await command(simulator)
    simulator.fleet.chargers[SECOND].is_online = False
    simulator.advance(29.9)
    assert in_short(told(simulator)) == [(1, "0"), (2, "0"), (2, "0")]

    simulator.advance(0.2)
    (completed,) = told(simulator)
    assert completed["result"]["timeoutList"] == [SECOND]
    assert modes(simulator) == [Mode.FAST, Mode.STOP, Mode.FAST]


async def test_callbacks_are_sent_once_and_not_tried_again() -> None:
    received: list[Any] = []

    def outside(request: httpx.Request) -> httpx.Response:
        received.append((str(request.url), request.headers["content-type"], orjson.loads(request.content)["rspType"]))
        return httpx.Response(503)

    clock = FakeClock()
    simulator = SolaxSimulator(clock=clock, outside=httpx.MockTransport(outside))
    moving = asyncio.create_task(simulator.keep_moving())
    await command(simulator, sns=[FIRST])
    await clock.advance(8)
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)

    assert received == [(URL, "application/json", kind) for kind in (1, 2, 3)]
    assert [status for _, _, status in simulator.calls_back] == [503] * 3


# What is refused.


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"rwType": 2}, "rwType"),
        ({"rwType": "1"}, "rwType"),
        ({"cmdType": "2"}, "cmdType"),
        ({"cmdValue": 1}, "cmdValue"),
        ({"cmdValue": "4"}, "cmdValue"),
        ({"cmdValue": ["1"]}, "cmdValue"),
        ({"sns": []}, "sns"),
        ({"sns": FIRST}, "sns"),
        ({"sns": [1]}, "sns"),
        ({"sns": ["SN"] * 101}, "sns"),
        ({"callbackUrl": None}, "callbackUrl"),
        ({"callbackUrl": "gateway"}, "callbackUrl"),
    ],
)
async def test_a_wrong_parameter(simulator: SolaxSimulator, change: dict[str, Any], name: str) -> None:
    answer = await call(simulator, **change)

    assert answer == {"success": False, "exception": f"parameter error: {name}", "result": None}
    simulator.advance(60)
    assert (acts(simulator), told(simulator)) == (Counter(), [])


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"{}"])
async def test_a_body_without_a_token(simulator: SolaxSimulator, body: bytes) -> None:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        answer = await client.post("/proxyApp/proxy/api/pileCmd", content=body)

    assert answer.json() == {"success": False, "exception": "token invalid!", "result": None, "code": 103}


@pytest.mark.parametrize(
    ("switch", "code", "text"),
    [
        ("quota_104", 104, "Request calls within the current minute > threshold"),
        ("quota_3", 3, "Request calls within 5 minutes exceed the maximum call threshold limit!"),
        ("quota_daily", 104, "Request calls within the current day > threshold"),
        ("token_invalid", 103, "token invalid!"),
        ("no_rights", 1003, "no auth!"),
        ("busy", 11500, "System busy"),
    ],
)
async def test_a_refused_command_does_nothing(simulator: SolaxSimulator, switch: str, code: int, text: str) -> None:
    simulator.switches[switch] = Switch()
    answer = await call(simulator)

    assert answer == {"success": False, "exception": text, "result": None, "code": code}
    simulator.advance(60)
    assert (acts(simulator), told(simulator)) == (Counter(), [])


async def test_reads_and_commands_share_the_quota(simulator: SolaxSimulator) -> None:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        for _ in range(5):
            await client.get("/proxyApp/proxy/api/getPileInfo", params={"tokenId": TOKEN_ID, "pileSn": FIRST})
    for _ in range(4):
        await command(simulator)

    assert (await call(simulator))["code"] == 104
    simulator.advance(60)
    await command(simulator)


# Switches: what chargers do.


async def test_all_failed(simulator: SolaxSimulator) -> None:
    simulator.switches["all_failed"] = Switch()
    (issued,) = await after_a_command(simulator)

    assert (issued["success"], issued["code"], issued["result"]["failureList"]) == (False, "2", THREE)
    assert acts(simulator) == Counter()


async def test_partial_failure(simulator: SolaxSimulator) -> None:
    simulator.switches["partial_failure"] = Switch()
    issued, *others = await after_a_command(simulator)

    assert (issued["success"], issued["code"], issued["result"]["failureList"]) == (True, "1", [SECOND, THIRD])
    assert [callback["result"].get("sn") for callback in others] == [FIRST, None]
    assert acts(simulator) == {("mode FAST", FIRST): 1}


async def test_partial_failure_by_name(simulator: SolaxSimulator) -> None:
    simulator.switches["partial_failure"] = Switch(value=f"{FIRST},{THIRD}")
    issued, *_ = await after_a_command(simulator)

    assert issued["result"]["failureList"] == [FIRST, THIRD]
    assert acts(simulator) == {("mode FAST", SECOND): 1}


@pytest.mark.parametrize(("switch", "code"), [("device_refuses", "2"), ("device_no_receive", "1")])
async def test_a_charger_that_says_no(simulator: SolaxSimulator, switch: str, code: str) -> None:
    simulator.switches[switch] = Switch(value=SECOND)
    callbacks = await after_a_command(simulator)

    answers = {callback["result"]["sn"]: callback for callback in callbacks if callback["rspType"] == 2}
    assert {serial: answer["code"] for serial, answer in answers.items()} == {FIRST: "0", SECOND: code, THIRD: "0"}
    assert (answers[SECOND]["success"], answers[SECOND]["result"]["ack"]) == (False, "failed")
    assert in_short(callbacks)[-1] == (3, "0")
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in (FIRST, THIRD)}


async def test_partial_timeout(simulator: SolaxSimulator) -> None:
    simulator.switches["partial_timeout"] = Switch(value=SECOND)
    *_, completed = await after_a_command(simulator)

    assert (completed["success"], completed["code"]) == (False, "1")
    assert completed["result"] == {"ack": "all handled", "timeoutList": [SECOND]}
    simulator.advance(900)
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in (FIRST, THIRD)}


@pytest.mark.parametrize(("value", "seconds"), [(None, 45), (200, 200)])
async def test_timeout_but_done(simulator: SolaxSimulator, value: float | None, seconds: float) -> None:
    simulator.switches["timeout_but_done"] = Switch(value=value)
    callbacks = await after_a_command(simulator)
    assert in_short(callbacks) == [(1, "0"), (3, "1")]
    assert callbacks[-1]["result"]["timeoutList"] == THREE

    simulator.advance(seconds - 41)
    assert acts(simulator) == Counter()
    simulator.advance(2)
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in THREE}


async def test_ack_but_ignored(simulator: SolaxSimulator) -> None:
    simulator.switches["ack_but_ignored"] = Switch()
    callbacks = await after_a_command(simulator, 900)

    assert in_short(callbacks) == [(1, "0"), (2, "0"), (2, "0"), (2, "0"), (3, "0")]
    assert (modes(simulator), acts(simulator)) == ([Mode.STOP] * 3, Counter())


@pytest.mark.parametrize(("value", "seconds"), [(None, 90), (300, 300)])
async def test_acts_late(simulator: SolaxSimulator, value: float | None, seconds: float) -> None:
    simulator.switches["acts_late"] = Switch(value=value)
    assert in_short(await after_a_command(simulator, seconds - 1)) == [(1, "0"), *[(2, "0")] * 3, (3, "0")]
    assert acts(simulator) == Counter()

    simulator.advance(2)
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in THREE}


async def test_acts_twice(simulator: SolaxSimulator) -> None:
    simulator.switches["acts_twice"] = Switch(value=FIRST)
    callbacks = await after_a_command(simulator)

    assert in_short(callbacks) == [(1, "0"), *[(2, "0")] * 3, (3, "0")]
    assert acts(simulator) == {("mode FAST", FIRST): 2, ("mode FAST", SECOND): 1, ("mode FAST", THIRD): 1}
    times = [act.at for act in simulator.acts if act.subject == FIRST]
    assert (times[1] - times[0]).total_seconds() == 10


async def test_offline_by_a_switch(simulator: SolaxSimulator) -> None:
    simulator.switches["offline"] = Switch(value=SECOND)
    issued, *_ = await after_a_command(simulator)

    assert issued["result"]["failureList"] == [SECOND]
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in (FIRST, THIRD)}


async def test_the_probability_is_each_chargers_own(simulator: SolaxSimulator) -> None:
    simulator.fleet.add(88, simulator.now)
    simulator.fleet.chargers[OFFLINE].is_online = True
    everybody = list(simulator.fleet.chargers)
    simulator.switches["device_refuses"] = Switch(probability=0.05)
    simulator.switches["partial_timeout"] = Switch(probability=0.05)
    *answers, completed = (await after_a_command(simulator, sns=everybody))[1:]

    refused = [answer["result"]["sn"] for answer in answers if answer["code"] == "2"]
    silent = completed["result"]["timeoutList"]
    assert (len(everybody), len(answers)) == (100, 100 - len(silent))
    assert 1 <= len(refused) <= 12
    assert 1 <= len(silent) <= 12
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in {*everybody} - {*refused} - {*silent}}


async def test_a_fault_for_one_charger_only(simulator: SolaxSimulator) -> None:
    simulator.switches["device_refuses"] = Switch(times=1)
    callbacks = await after_a_command(simulator)

    assert sorted(in_short(callbacks)) == [(1, "0"), (2, "0"), (2, "0"), (2, "2"), (3, "0")]
    assert simulator.switches == {}


# Switches: what callbacks tell.


@pytest.mark.parametrize(
    ("value", "kinds"),
    [(None, []), ("1", [2, 3]), (2.0, [1, 3]), ("3", [1, 2]), ("1,3", [2]), ("1,2,3", [])],
)
async def test_callback_drop(simulator: SolaxSimulator, value: str | float | None, kinds: list[int]) -> None:
    simulator.switches["callback_drop"] = Switch(value=value)
    callbacks = await after_a_command(simulator, sns=[FIRST])

    assert [callback["rspType"] for callback in callbacks] == kinds
    assert acts(simulator) == {("mode FAST", FIRST): 1}


async def test_callback_duplicate(simulator: SolaxSimulator) -> None:
    simulator.switches["callback_duplicate"] = Switch()
    callbacks = await after_a_command(simulator)

    said = Counter(orjson.dumps(callback) for callback in callbacks)
    assert [*said.values()] == [2] * 5


async def test_callback_reorder(simulator: SolaxSimulator) -> None:
    simulator.switches["callback_reorder"] = Switch()
    callbacks = await after_a_command(simulator)

    assert in_short(callbacks) == [(3, "0"), (2, "0"), (2, "0"), (2, "0"), (1, "0")]


async def test_reordered_callbacks_come_even_when_nobody_can_be_told(simulator: SolaxSimulator) -> None:
    simulator.switches["callback_reorder"] = Switch()

    assert in_short(await after_a_command(simulator, sns=[OFFLINE])) == [(1, "2")]


async def test_callback_forged(simulator: SolaxSimulator) -> None:
    simulator.switches["callback_forged"] = Switch()
    task_id = await command(simulator, sns=[FIRST])
    simulator.advance(40)

    said = [(callback["taskId"], callback["result"].get("sn"), callback["code"]) for callback in told(simulator)]
    assert [word for word in said if word[0] != task_id] == [("f" * 32, FIRST, "2")]
    assert [word for word in said if word[1] == "C322FOREIGN001"] == [(task_id, "C322FOREIGN001", "0")]
    assert len(said) == 5


@pytest.mark.parametrize("fault", ["partial_failure", "partial_timeout"])
async def test_list_at_root(simulator: SolaxSimulator, fault: str) -> None:
    simulator.switches |= {"list_at_root": Switch(), fault: Switch(value=SECOND)}
    callbacks = await after_a_command(simulator)

    lists = [(callback.get("failureList"), callback.get("timeoutList")) for callback in callbacks]
    wanted = ([SECOND], None) if fault == "partial_failure" else (None, [SECOND])
    assert [found for found in lists if found != (None, None)] == [wanted]
    assert not [callback for callback in callbacks if {"failureList", "timeoutList"} & set(callback["result"])]


async def test_code_as_int(simulator: SolaxSimulator) -> None:
    simulator.switches["code_as_int"] = Switch()

    assert [callback["code"] for callback in await after_a_command(simulator)] == [0] * 5


async def test_results_as_text(simulator: SolaxSimulator) -> None:
    simulator.switches["result_as_string"] = Switch()
    answer = await call(simulator, sns=[FIRST])
    simulator.advance(40)

    assert set(orjson.loads(answer["result"])) == {"taskId"}
    results = [orjson.loads(callback["result"]) for callback in told(simulator)]
    assert results == [{"ack": "issue successfully"}, {"ack": "success", "sn": FIRST}, {"ack": "all handled"}]


async def test_callback_before_reply() -> None:
    received: list[int] = []

    def outside(request: httpx.Request) -> httpx.Response:
        received.append(orjson.loads(request.content)["rspType"])
        return httpx.Response(200)

    clock = FakeClock()
    simulator = SolaxSimulator(clock=clock, outside=httpx.MockTransport(outside))
    simulator.switches["callback_before_reply"] = Switch()
    moving = asyncio.create_task(simulator.keep_moving())
    calling = asyncio.create_task(command(simulator, sns=[FIRST]))
    await clock.advance(0.9)
    assert (received, calling.done()) == ([1], False)

    await clock.advance(0.2)
    assert len(await calling) == 32
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)


# Switches of any call.


@pytest.mark.parametrize("switch", ["reply_lost", "reply_late"])
async def test_a_command_without_an_answer_is_carried_out(simulator: SolaxSimulator, switch: str) -> None:
    simulator.switches[switch] = Switch()
    calling = asyncio.create_task(call(simulator))
    clock = simulator.clock
    assert isinstance(clock, FakeClock)
    await clock.advance(31)
    assert isinstance(calling.exception(), httpx.ReadError if switch == "reply_lost" else type(None))

    simulator.advance(40)
    assert in_short(told(simulator)) == [(1, "0"), *[(2, "0")] * 3, (3, "0")]
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in THREE}


async def test_a_null_result_hides_the_task_but_does_not_stop_it(simulator: SolaxSimulator) -> None:
    simulator.switches["result_null"] = Switch()
    answer = await call(simulator)

    assert answer == {"success": True, "exception": "accept success", "result": None}
    simulator.advance(40)
    assert acts(simulator) == {("mode FAST", serial): 1 for serial in THREE}


async def test_text_variants(simulator: SolaxSimulator) -> None:
    simulator.switches["text_variants"] = Switch()
    texts = {(await call(simulator))["exception"] for _ in range(9)}

    assert texts == {"accept success", "Accept success!", "Accept success !"}


# More chargers.


async def test_more_chargers_by_hand(simulator: SolaxSimulator) -> None:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        statuses = [
            (await client.post("/_control/actions/add_chargers", json=given)).status_code
            for given in ({"count": 28}, {"count": 0}, {"count": 1001}, {})
        ]
        account = (await client.get("/_control")).json()["account"]

    assert statuses == [200, 422, 422, 422]
    assert len(account["devices"]) == len(set(account["devices"])) == 40
    added = [simulator.fleet.chargers[serial] for serial in account["devices"][12:]]
    assert {(charger.is_online, charger.status, charger.car) for charger in added} == {(True, Status.AVAILABLE, None)}
    assert {charger.serial[:4] for charger in added} == {"C107", "C311", "C322"}

    await after_a_command(simulator, sns=[added[-1].serial])
    assert added[-1].mode is Mode.FAST


def test_the_same_seed_is_the_same_fate() -> None:
    fates: list[list[Fate]] = []
    for seed in (3, 3, 4):
        simulator = SolaxSimulator(clock=FakeClock(), seed=seed)
        simulator.switches["device_refuses"] = Switch(probability=0.5)
        fates.append([simulator.tasks._fate(serial) for serial in THREE])

    assert fates[0] == fates[1] != fates[2]
