"""Setting a mode, from the refusal before anything is sent to the proof by a read, on the vendor's simulator."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

import orjson
import pytest

from model.commands import Aim
from model.faults import Fault, NotFound, RateLimited, Rejected, Unauthorised, Uncertain, Unsupported
from model.records import RawCode
from model.refs import device_ref
from model.states import ChargerMode, CommandKind, CommandStatus, Resolution
from tests.support.acting import CALLBACK_URL, looked, prepared, procedure, sent, task_for
from tests.support.clock import FakeClock
from tests.support.vendors import opened
from tests.vendors.solax.callbacks import told
from vendors.acting import Evidence, HearsCallbacks, PerformsCommands, Prepared, Task
from vendors.contract import ReadsDevices
from vendors.kit.simulator import Switch
from vendors.registry import manifests
from vendors.solax.commands import SetChargerMode
from vendors.solax.simulated_fleet import Mode
from vendors.solax.simulator import SolaxSimulator

KIND = CommandKind.SET_CHARGER_MODE
FIRST, SECOND, THIRD = "C107SIM0000001", "C107SIM0000002", "C107SIM0000003"
THREE = (FIRST, SECOND, THIRD)
READ, SET = "GET /proxyApp/proxy/api/getPileInfo", "POST /proxyApp/proxy/api/pileCmd"
CONFIRMED, ACKNOWLEDGED, SENT = CommandStatus.CONFIRMED, CommandStatus.ACKNOWLEDGED, CommandStatus.SENT
FAILED, REJECTED, TIMED_OUT = CommandStatus.FAILED, CommandStatus.REJECTED, CommandStatus.TIMED_OUT


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def simulator(clock: FakeClock) -> SolaxSimulator:
    made = SolaxSimulator(clock=clock)
    for charger in made.fleet.chargers.values():
        charger.mode = Mode.STOP
    return made


@pytest.fixture
async def how(simulator: SolaxSimulator) -> AsyncIterator[SetChargerMode]:
    async with opened(simulator) as adapter:
        yield cast("SetChargerMode", procedure(adapter, KIND))


def task(clock: FakeClock, *serials: str, callback_url: str | None = CALLBACK_URL, **instruction: Any) -> Task:
    """A mode for chargers: FAST for three when nothing else is said."""
    aims = [Aim(device=device_ref("chargers", serial)) for serial in serials or THREE]
    return task_for(KIND, *aims, clock=clock, callback_url=callback_url, **({"mode": ChargerMode.FAST} | instruction))


def heard(how: SetChargerMode, of: Task, simulator: SolaxSimulator) -> Task:
    """The task after all callbacks that the simulator has sent so far, but for those of another task."""
    while simulator._outgoing:
        word = how.hear(of, simulator._outgoing.popleft().content, "application/json")
        if word.vendor_task_id == of.vendor_task_id:
            of = told(of, word.learnt)
    return of


def statuses(of: Task) -> list[CommandStatus]:
    return [target.status for target in of.targets]


def confirmed(learnt: Sequence[Evidence]) -> list[int]:
    """Who is proven to obey, in the order in which it was read."""
    return [evidence.position for evidence in learnt if evidence.status is CONFIRMED]


def standing(of: Task, *known: CommandStatus) -> Task:
    return replace(of, targets=tuple(map(lambda target, status: replace(target, status=status), of.targets, known)))


async def fault_of(how: SetChargerMode, of: Task, clock: FakeClock) -> Fault:
    with pytest.raises(Fault) as raised:
        await sent(how, of, clock)
    return raised.value


# The rule.


async def test_the_adapter_has_a_procedure_for_each_rule(simulator: SolaxSimulator) -> None:
    manifest = manifests()["solax"]
    async with opened(simulator) as adapter:
        assert isinstance(adapter, PerformsCommands)
        assert list(adapter.procedures()) == [rule.kind for rule in manifest.commands] == [KIND]
        assert isinstance(adapter.procedures()[KIND], HearsCallbacks)
    rule = manifest.rule(KIND)
    assert rule is not None
    assert (rule.most_targets, rule.is_absolute) == (100, True)
    assert (rule.deadline_s, rule.looks_s, rule.patience_s) == (120, (120, 180, 240, 330), 900)


# Before anything is sent.


async def test_nothing_is_read_beforehand(how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock) -> None:
    assert await how.prepare(task(clock)) == Prepared()
    assert dict(simulator.counts) == {}


async def test_without_a_url_to_call_back_it_is_refused(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    with pytest.raises(Rejected, match=r"set server\.public_url") as raised:
        await how.prepare(task(clock, callback_url=None))

    assert raised.value.resolution is Resolution.USER_ACTION
    assert dict(simulator.counts) == {}


@pytest.mark.parametrize("mode", [ChargerMode.UNKNOWN, None])
async def test_a_mode_that_the_vendor_does_not_have(
    how: SetChargerMode, clock: FakeClock, mode: ChargerMode | None
) -> None:
    with pytest.raises(Unsupported, match="STOP, FAST, ECO or GREEN"):
        await how.prepare(task(clock, mode=mode))


# The one call.


@pytest.mark.parametrize("mode", [ChargerMode.STOP, ChargerMode.FAST, ChargerMode.ECO, ChargerMode.GREEN])
async def test_one_call_sets_the_mode_of_all(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock, mode: ChargerMode
) -> None:
    taken = await sent(how, await prepared(how, task(clock, mode=mode)), clock)

    assert dict(simulator.counts) == {SET: 1}
    assert taken.vendor_task_id is not None
    assert taken.answer == {"taskId": taken.vendor_task_id}
    simulator.advance(10)
    assert [(act.what, act.subject, act.cause) for act in sorted(simulator.acts, key=lambda act: act.subject)] == [
        (f"mode {mode.name}", serial, taken.vendor_task_id) for serial in THREE
    ]
    assert {call.url for call in simulator._outgoing} == {CALLBACK_URL}


@pytest.mark.parametrize(
    ("switch", "kind", "wait_s", "resolution"),
    [
        ("token_invalid", Unauthorised, None, Resolution.REAUTHENTICATE),
        ("no_rights", Unauthorised, None, Resolution.USER_ACTION),
        ("quota_104", RateLimited, 60, Resolution.RETRY_LATER),
        ("quota_3", RateLimited, 300, Resolution.RETRY_LATER),
        ("quota_daily", RateLimited, 14 * 3600, Resolution.RETRY_LATER),
        ("busy", Rejected, None, Resolution.RETRY_LATER),
        ("failed", Rejected, None, Resolution.CONTACT_SUPPORT),
        ("http_401", Unauthorised, None, Resolution.REAUTHENTICATE),
        ("http_429", RateLimited, 60, Resolution.RETRY_LATER),
    ],
)
async def test_a_refusal_means_that_nothing_happened(
    how: SetChargerMode,
    simulator: SolaxSimulator,
    clock: FakeClock,
    switch: str,
    kind: type[Fault],
    wait_s: float | None,
    resolution: Resolution,
) -> None:
    simulator.switches[switch] = Switch()
    fault = await fault_of(how, task(clock), clock)

    assert type(fault) is kind
    assert (fault.retry_after_s, fault.resolution) == (wait_s, resolution)
    simulator.advance(900)
    assert list(simulator.acts) == []


@pytest.mark.parametrize(
    "switch", ["reply_lost", "result_null", "not_json", "empty_body", "truncated", "wrong_types", "nulls"]
)
async def test_an_answer_that_is_lost_or_unreadable_leaves_the_outcome_open(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock, switch: str
) -> None:
    simulator.switches[switch] = Switch()
    fault = await fault_of(how, task(clock), clock)

    assert type(fault) is Uncertain
    assert dict(simulator.counts) == {SET: 1}
    simulator.advance(60)
    assert len(simulator.acts) == 3


@pytest.mark.parametrize("switch", ["result_as_string", "code_as_text", "text_variants"])
async def test_another_way_to_write_the_answer_changes_nothing(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock, switch: str
) -> None:
    simulator.switches[switch] = Switch()

    taken = await sent(how, task(clock), clock)
    simulator.advance(10)
    assert {act.cause for act in simulator.acts} == {taken.vendor_task_id}


# What became of it.


async def test_a_read_confirms_whoever_shows_the_mode(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    simulator.switches["ack_but_ignored"] = Switch(value=SECOND)
    taken = await sent(how, task(clock), clock)
    assert confirmed(await looked(how, taken)) == []

    simulator.advance(10)
    found = await looked(how, taken)
    assert [(evidence.position, evidence.status, evidence.raw) for evidence in found] == [
        (0, CONFIRMED, RawCode("1", "FAST")),
        (1, None, None),
        (2, CONFIRMED, RawCode("1", "FAST")),
    ]
    assert simulator.counts[READ] == 6


async def test_what_was_read_for_proof_is_handed_on(simulator: SolaxSimulator, clock: FakeClock) -> None:
    simulator.switches["power_kw"] = Switch()
    async with opened(simulator, power_unit="kW") as adapter:
        found = await looked(procedure(adapter, KIND), task(clock))
        readings = [
            await cast("ReadsDevices", adapter).read_device(target.device, None) for target in task(clock).targets
        ]

    assert [evidence.seen for evidence in found] == readings


async def test_after_a_lost_reply_reading_alone_finds_the_truth(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    simulator.switches["reply_lost"] = Switch()
    asked = task(clock)
    await fault_of(how, asked, clock)
    simulator.switches.clear()
    simulator.advance(10)

    unknown = standing(asked, *[CommandStatus.OUTCOME_UNKNOWN] * 3)
    assert (unknown.answer, unknown.vendor_task_id) == ({}, None)
    assert confirmed(await looked(how, unknown)) == [0, 1, 2]


async def test_who_said_yes_is_read_first_and_the_silent_last(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    serials = list(simulator.fleet.chargers)[5:10]
    asked = task(clock, *serials)
    known = standing(asked, SENT, CommandStatus.OUTCOME_UNKNOWN, TIMED_OUT, SENT, ACKNOWLEDGED)
    for serial in serials:
        simulator.fleet.chargers[serial].mode = Mode.FAST

    assert confirmed(await looked(how, known)) == [4, 1, 2, 0, 3]


async def test_evidence_comes_as_it_is_read_and_the_quota_ends_the_look(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    serials = list(simulator.fleet.chargers)
    for charger in simulator.fleet.chargers.values():
        charger.mode, charger.is_online = Mode.FAST, True
    looking = how.look(task(clock, *serials))
    assert [(await anext(looking)).position for _ in range(9)] == list(range(9))

    with pytest.raises(RateLimited):
        await anext(looking)
    assert simulator.counts[READ] == 10


@pytest.mark.parametrize("switch", ["quota_104", "token_invalid", "busy", "http_503", "http_401", "reset"])
async def test_what_stands_against_the_account_ends_the_look(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock, switch: str
) -> None:
    simulator.switches[switch] = Switch()

    with pytest.raises(Fault):
        await looked(how, task(clock))


@pytest.mark.parametrize(
    "switch", ["offline", "result_null", "no_rights", "failed", "not_json", "wrong_types", "unknown_mode"]
)
async def test_what_stands_against_one_charger_does_not_hide_the_others(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock, switch: str
) -> None:
    for serial in THREE:
        simulator.fleet.chargers[serial].mode = Mode.FAST
    simulator.switches[switch] = Switch(times=1)

    assert confirmed(await looked(how, task(clock))) == [1, 2]
    assert dict(simulator.counts) == {READ: 3}


async def test_a_charger_that_the_vendor_does_not_know_is_passed_over(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    simulator.fleet.chargers[FIRST].mode = Mode.FAST

    assert confirmed(await looked(how, task(clock, "C322FOREIGN001", FIRST))) == [1]


async def test_a_late_reading_is_no_proof_against_it(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    simulator.advance(600)
    simulator.switches["lag"] = Switch()
    taken = await sent(how, task(clock, FIRST), clock)
    simulator.advance(120)
    assert confirmed(await looked(how, taken)) == []

    simulator.advance(210)
    assert confirmed(await looked(how, taken)) == [0]


async def test_somebody_at_the_charger_hides_what_the_command_did(
    how: SetChargerMode, simulator: SolaxSimulator, clock: FakeClock
) -> None:
    taken = await sent(how, task(clock, FIRST), clock)
    simulator.advance(10)
    simulator.switches["local_override"] = Switch(times=1)

    assert confirmed(await looked(how, taken)) == []


# Callbacks and reads together.


@pytest.mark.parametrize(
    ("switches", "after_callbacks", "after_reads"),
    [
        ({}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"callback_duplicate": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"callback_reorder": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"callback_forged": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"code_as_int": Switch(), "result_as_string": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"callback_drop": Switch()}, [SENT] * 3, [CONFIRMED] * 3),
        ({"callback_drop": Switch(value="2")}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"callback_drop": Switch(value="1,3")}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"acts_twice": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"acts_late": Switch()}, [ACKNOWLEDGED] * 3, [CONFIRMED] * 3),
        ({"ack_but_ignored": Switch()}, [ACKNOWLEDGED] * 3, [ACKNOWLEDGED] * 3),
        ({"timeout_but_done": Switch()}, [TIMED_OUT] * 3, [CONFIRMED] * 3),
        (
            {"partial_timeout": Switch(value=SECOND)},
            [ACKNOWLEDGED, TIMED_OUT, ACKNOWLEDGED],
            [CONFIRMED, TIMED_OUT, CONFIRMED],
        ),
        (
            {"partial_timeout": Switch(value=SECOND), "list_at_root": Switch()},
            [ACKNOWLEDGED, TIMED_OUT, ACKNOWLEDGED],
            [CONFIRMED, TIMED_OUT, CONFIRMED],
        ),
        ({"all_failed": Switch()}, [REJECTED] * 3, [REJECTED] * 3),
        ({"partial_failure": Switch()}, [ACKNOWLEDGED, REJECTED, REJECTED], [CONFIRMED, REJECTED, REJECTED]),
        (
            {"partial_failure": Switch(), "list_at_root": Switch()},
            [ACKNOWLEDGED, REJECTED, REJECTED],
            [CONFIRMED, REJECTED, REJECTED],
        ),
        (
            {"device_refuses": Switch(value=FIRST), "device_no_receive": Switch(value=THIRD)},
            [FAILED, ACKNOWLEDGED, FAILED],
            [FAILED, CONFIRMED, FAILED],
        ),
        ({"device_refuses": Switch(), "callback_reorder": Switch()}, [FAILED] * 3, [FAILED] * 3),
    ],
)
async def test_what_the_chargers_did_is_what_is_known(
    how: SetChargerMode,
    simulator: SolaxSimulator,
    clock: FakeClock,
    switches: dict[str, Switch],
    after_callbacks: list[CommandStatus],
    after_reads: list[CommandStatus],
) -> None:
    simulator.switches |= switches
    taken = await sent(how, await prepared(how, task(clock)), clock)
    simulator.advance(60)
    known = heard(how, taken, simulator)
    assert statuses(known) == after_callbacks

    simulator.advance(60)
    known = told(known, await looked(how, known))
    assert statuses(known) == after_reads
    assert {act.subject for act in simulator.acts} == {
        target.device.native_id for target in known.targets if target.status is CONFIRMED
    }


async def test_a_hundred_chargers_with_failing_and_silent_ones_end_in_the_truth(clock: FakeClock) -> None:
    simulator = SolaxSimulator(clock=clock, seed=5)
    simulator.fleet.add(88, simulator.now)
    for charger in simulator.fleet.chargers.values():
        charger.mode = Mode.STOP
    simulator.switches |= {
        "partial_failure": Switch(probability=0.05),
        "device_refuses": Switch(probability=0.05),
        "partial_timeout": Switch(probability=0.05),
        "timeout_but_done": Switch(probability=0.05),
    }
    async with opened(simulator) as adapter:
        how = cast("SetChargerMode", procedure(adapter, KIND))
        taken = await sent(how, task(clock, *simulator.fleet.chargers), clock)
        simulator.advance(120)
        known = heard(how, taken, simulator)
        awaited = {target.position for target in known.targets if target.status is ACKNOWLEDGED}
        known, minutes = await read_out(how, known, simulator)

    assert simulator.counts[SET] == 1
    assert minutes <= 12
    proven = {target.device.native_id for target in known.targets if target.status is CONFIRMED}
    assert proven == {act.subject for act in simulator.acts}
    assert {target.position for target in known.targets if target.status is CONFIRMED} > awaited
    assert {*statuses(known)} == {CONFIRMED, REJECTED, FAILED, TIMED_OUT}
    assert 70 <= len(proven) < 100


async def read_out(how: SetChargerMode, known: Task, simulator: SolaxSimulator) -> tuple[Task, int]:
    """Look at the open targets, a minute after each refusal by the quota, until all were read; and in how many."""
    for minute in range(1, 60):
        open_ones = [target for target in known.targets if target.status in (ACKNOWLEDGED, TIMED_OUT, SENT)]
        try:
            async for evidence in how.look(replace(known, targets=tuple(open_ones))):
                known = told(known, [evidence])
            return known, minute
        except RateLimited as limited:
            simulator.advance(limited.retry_after_s or 0)
    raise AssertionError("the look never ends")


# Without a simulator: what was answered decides, not what was sent.


@asynccontextmanager
async def answering(simulator: SolaxSimulator, answer: Any) -> AsyncIterator[SetChargerMode]:
    """The procedure at a vendor that answers every call with this."""
    simulator.app = _fixed(answer)
    async with opened(simulator) as adapter:
        yield cast("SetChargerMode", procedure(adapter, KIND))


def _fixed(answer: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": orjson.dumps(answer)})

    return app


async def test_an_unknown_serial_number_refuses_the_command(simulator: SolaxSimulator, clock: FakeClock) -> None:
    async with answering(simulator, {"success": False, "exception": "no", "code": 0, "result": None}) as how:
        assert type(await fault_of(how, task(clock), clock)) is NotFound


async def test_the_callback_url_is_no_ones_business(simulator: SolaxSimulator, clock: FakeClock) -> None:
    text = f"cannot reach {CALLBACK_URL}"
    async with answering(simulator, {"success": False, "exception": text, "result": None}) as how:
        fault = await fault_of(how, task(clock), clock)

    assert fault.message == "pileCmd: cannot reach ***"


def test_nothing_is_expected_in_answer_to_a_callback() -> None:
    assert dict(SetChargerMode.callback_answer) == {}
