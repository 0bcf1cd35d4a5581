"""The contract suite for acting: what every vendor keeps whose hardware can be told something.

No vendor is named here, and none is left out: what to act on is found by the adapter's own reads at its simulator.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, cast

import httpx
import orjson
import pytest

from model.commands import FINAL, Aim, Media
from model.faults import Fault, RateLimited, Rejected, Unauthorised, Uncertain
from model.records import Battery, Slot
from model.refs import device_ref, session_ref, slot_ref
from model.states import ChargerMode, ChargingSessionStatus, CommandKind, CommandStatus, DeviceOperation
from tests.support.acting import knowing, looked, prepared, procedure, task_for
from tests.support.clock import FakeClock
from tests.support.contract import BudgetGate, simulator_of
from vendors.acting import Evidence, HearsCallbacks, PerformsCommands, Procedure, Task
from vendors.contract import Adapter, DeviceReading, ListsDevices, ListsSessions, ReadsDevices
from vendors.kit.http import VendorHttp
from vendors.kit.quota import Priority, Ticket, current_ticket
from vendors.kit.simulator import Simulator, Switch
from vendors.manifest import CommandRule, Connection, Manifest
from vendors.registry import manifests

VENDORS = manifests()
TIMEOUT_S = 10.0
LOOKS_EVERY_S = 30.0
MOST_TRIES = 120
DEVICES_READ = 12
STORED_LIMIT = 20_000
"""More characters than any procedure has reason to keep."""

LOST_AFTER_THE_EFFECT = ("reply_lost", "reply_late", "hang", "not_json", "empty_body", "truncated")
LOST_BEFORE_THE_EFFECT = ("reset", "http_500", "http_503")
REFUSED: Mapping[str, tuple[type[Fault], ...]] = {
    "http_401": (Unauthorised,),
    "http_403": (Unauthorised, Rejected),
    "http_429": (RateLimited,),
}

DEVICE_WIDE = {
    CommandKind.EJECT_ALL_BATTERIES,
    CommandKind.RENT_BATTERY,
    CommandKind.SET_CHARGER_MODE,
    CommandKind.PUBLISH_ADVERTISEMENT,
}
IN_A_SLOT = {CommandKind.EJECT_BATTERY, CommandKind.START_CHARGING}
OF_A_SESSION = {CommandKind.STOP_CHARGING, CommandKind.COMPLETE_RENTAL}
SLOT_OPERATIONS = {
    DeviceOperation.LOCK_SLOT,
    DeviceOperation.UNLOCK_SLOT,
    DeviceOperation.LOCK_STOP_CHARGE,
    DeviceOperation.POP_SLOT,
}
NEVER_BY_ITSELF = {
    CommandKind.EJECT_BATTERY,
    CommandKind.EJECT_ALL_BATTERIES,
    CommandKind.RENT_BATTERY,
    CommandKind.START_CHARGING,
}
"""What is never seen unless it was commanded: a charge may end, and a slot may be unlocked already, by themselves."""
RUNNING = {ChargingSessionStatus.ACTIVE, ChargingSessionStatus.PENDING}


@dataclass(frozen=True)
class Case:
    """One kind of command at one vendor; of the operations each is one."""

    manifest: Manifest
    rule: CommandRule
    operation: DeviceOperation | None = None

    def __str__(self) -> str:
        what = self.rule.kind.value if self.operation is None else self.operation.value
        return f"{self.manifest.slug}-{what}"


CASES = [
    Case(manifest, rule, operation)
    for manifest in VENDORS.values()
    for rule in manifest.commands
    for operation in rule.operations or (None,)
]
vendor = pytest.mark.parametrize("manifest", VENDORS.values(), ids=VENDORS)
case = pytest.mark.parametrize("case", CASES, ids=str)


class Impatient(httpx.AsyncBaseTransport):
    """Gives up on an answer after a while of the fake clock, as a client does; the vendor goes on all the same."""

    def __init__(self, app: Any, clock: FakeClock) -> None:
        self.sent: list[str] = []
        self._inner = httpx.ASGITransport(app)
        self._clock = clock
        self._going_on: set[asyncio.Task[httpx.Response]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(f"{request.method} {request.url.path}")
        answering = asyncio.ensure_future(self._inner.handle_async_request(request))
        giving_up = asyncio.ensure_future(self._clock.sleep(TIMEOUT_S))
        await asyncio.wait({answering, giving_up}, return_when=asyncio.FIRST_COMPLETED)
        giving_up.cancel()
        if answering.done():
            return answering.result()
        self._going_on.add(answering)
        raise httpx.ReadTimeout("no answer in time", request=request)

    async def aclose(self) -> None:
        for answering in self._going_on:
            answering.cancel()
        await asyncio.gather(*self._going_on, return_exceptions=True)


@dataclass
class Bench:
    """One vendor's adapter on one of its simulators, behind a gate that keeps the manifest's budgets."""

    manifest: Manifest
    world: Simulator
    clock: FakeClock
    account: str
    connection: Connection
    adapter: Adapter
    transport: Impatient
    acting: list[str] = field(default_factory=list)
    """The requests of calls that act: all that went out once one was announced."""

    async def done(self, work: Any) -> Any:
        """The work's result, moving time on for as long as it waits."""
        task = asyncio.ensure_future(work)
        for _ in range(2000):
            await self.clock.settle()
            if task.done():
                return task.result()
            await self.clock.advance(1)
        task.cancel()
        pytest.fail("the work never ends")

    async def sent(self, how: Procedure, task: Task, fault: str | None = None) -> Task:
        """The task once the vendor has taken it. Raises the fault of the call; `fault` hits only the call that acts."""
        reads: list[int] = []

        async def about_to_send() -> None:
            reads.append(len(self.transport.sent))
            if fault:
                self.world.switches[fault] = Switch()

        token = current_ticket.set(Ticket(priority=Priority.COMMAND, on_sending=about_to_send))
        started_at = self.clock.now()
        try:
            answer = await self.done(how.send(task))
        finally:
            current_ticket.reset(token)
            self.world.switches.clear()
            if reads:
                self.acting += self.transport.sent[reads[0] :]
        taken = replace(task, sent_at=started_at, answer=answer.answer, vendor_task_id=answer.vendor_task_id)
        return knowing(taken, answer.learnt)

    def reopened(self) -> Adapter:
        """Another adapter for the same account, as after a restart."""
        return _made(self.manifest, self.connection)


@asynccontextmanager
async def bench(manifest: Manifest) -> AsyncIterator[Bench]:
    clock = FakeClock()
    world = simulator_of(manifest, clock)
    base_url = f"http://vendor.test{world.base_path}"
    settings = manifest.settings.model_validate({**world.account(), "base_url": base_url})
    transport = Impatient(world.app, clock)
    async with httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        http = VendorHttp(client, BudgetGate(manifest.budgets, clock), clock)
        connection = Connection(settings=settings, http=http, clock=clock)
        adapter = _made(manifest, connection)
        try:
            yield Bench(manifest, world, clock, settings.id, connection, adapter, transport)
        finally:
            await adapter.aclose()


def _made(manifest: Manifest, connection: Connection) -> Adapter:
    return cast("Callable[[Connection], Adapter]", manifest.adapter)(connection)


# What there is to act on.


async def readings(it: Bench) -> list[DeviceReading]:
    """Devices with all that can be read of them."""
    adapter: Any = it.adapter
    found: list[DeviceReading] = []
    if isinstance(adapter, ListsDevices):
        found = list(await it.done(_of(adapter.list_devices())))
    if isinstance(adapter, ReadsDevices):
        known = [(reading.device.ref, reading.device.site) for reading in found]
        known += [(device_ref(it.account, name), None) for name in it.connection.settings.devices]
        for device, site in dict(known[:DEVICES_READ]).items():
            with suppress(Fault):
                found.append(await it.done(_of(adapter.read_device(device, site))))
    return found[::-1]


async def aims(it: Bench, case: Case) -> list[Aim]:
    kind = case.rule.kind
    if kind in OF_A_SESSION:
        adapter = cast("ListsSessions", it.adapter)
        sessions = await it.done(_of(adapter.list_sessions(it.world.now - timedelta(days=1))))
        return [
            Aim(device=session.device, slot=session.slot, battery=session.battery, session=session.ref)
            for session in sessions
            if session.status in RUNNING and session.device is not None
        ]
    found = await readings(it)
    if kind in DEVICE_WIDE or (kind is CommandKind.OPERATE_DEVICE and case.operation not in SLOT_OPERATIONS):
        return [Aim(device=reading.device.ref) for reading in found]
    return [
        Aim(device=reading.device.ref, slot=slot.ref)
        for reading in found
        for slot in sorted(reading.slots or (), key=lambda slot: not _holds(slot, reading.batteries or ()))
    ]


def _holds(slot: Slot, batteries: tuple[Battery, ...]) -> bool:
    return any(battery.slot == slot.ref for battery in batteries)


def instructions(case: Case) -> list[dict[str, Any]]:
    """Ways to say it: vendors differ in what a charge is bought by, and in which modes they have."""
    match case.rule.kind:
        case CommandKind.START_CHARGING:
            paid = {"prepaid": Decimal(10)}
            return [{}, {"minutes": 60}, {"minutes": 60, **paid}, paid]
        case CommandKind.SET_CHARGER_MODE:
            return [{"mode": mode} for mode in ChargerMode if mode is not ChargerMode.UNKNOWN]
        case CommandKind.PUBLISH_ADVERTISEMENT:
            return [{"media": (Media("1", "image/jpeg", "https://media.example/1.jpg"),)}]
        case CommandKind.OPERATE_DEVICE:
            return [{"operation": case.operation}]
    return [{}]


async def acceptable(it: Bench, case: Case) -> tuple[Task | None, set[str]]:
    """A task that the vendor has nothing against, right before it is sent; and why others were refused."""
    how = procedure(it.adapter, case.rule.kind)
    refusals: set[str] = set()
    tries = ((aim, instruction) for aim in await aims(it, case) for instruction in instructions(case))
    for aim, instruction in islice(tries, MOST_TRIES):
        try:
            task = await it.done(prepared(how, task_for(case.rule.kind, aim, clock=it.clock, **instruction)))
        except Fault as fault:
            refusals.add(fault.message)
            continue
        if task.targets:
            return task, refusals
    return None, refusals


async def ready(it: Bench, case: Case) -> tuple[Procedure, Task]:
    """The procedure, and a task right before it is sent."""
    task, refusals = await acceptable(it, case)
    if task is None:
        pytest.skip(f"nothing at the simulator can take {case}: {sorted(refusals)}")
    return procedure(it.adapter, case.rule.kind), task


async def seen_until(it: Bench, how: Procedure, task: Task, seconds: float) -> list[Evidence]:
    """What looks find, from now until the target's outcome is known or the time is over."""
    found: list[Evidence] = []
    until = it.clock.now() + timedelta(seconds=seconds)
    while it.clock.now() < until and not any(evidence.status in FINAL for evidence in found):
        await it.clock.advance(LOOKS_EVERY_S)
        found += await it.done(looked(how, task))
    return found


async def _of(awaitable: Any) -> Any:
    return await awaitable


# The rules.


@vendor
async def test_there_is_a_procedure_for_each_rule_and_no_other(manifest: Manifest) -> None:
    kinds = [rule.kind for rule in manifest.commands]

    assert len(kinds) == len(set(kinds))
    assert issubclass(manifest.adapter, PerformsCommands) == bool(kinds)
    async with bench(manifest) as it:
        offered = it.adapter.procedures() if isinstance(it.adapter, PerformsCommands) else {}
        assert set(offered) == set(kinds)
        assert it.transport.sent == []


@vendor
async def test_procedures_have_the_shape_that_the_desk_expects(manifest: Manifest) -> None:
    async with bench(manifest) as it:
        offered = it.adapter.procedures() if isinstance(it.adapter, PerformsCommands) else {}
        for how in offered.values():
            assert inspect.iscoroutinefunction(how.prepare)
            assert inspect.iscoroutinefunction(how.send)
            assert not inspect.iscoroutinefunction(how.look)
            for name in ("prepare", "send", "look"):
                assert list(inspect.signature(getattr(how, name)).parameters) == ["task"]
            if isinstance(how, HearsCallbacks):
                assert list(inspect.signature(how.hear).parameters) == ["task", "body", "media_type"]
                orjson.dumps(dict(how.callback_answer))


@vendor
def test_rules_can_be_kept(manifest: Manifest) -> None:
    for rule in manifest.commands:
        assert rule.looks_s
        assert list(rule.looks_s) == sorted(set(rule.looks_s))
        assert rule.looks_s[0] > 0
        assert 0 < rule.deadline_s <= rule.patience_s
        assert rule.looks_s[-1] <= rule.patience_s
        assert rule.most_targets >= 1
        assert (rule.kind is CommandKind.OPERATE_DEVICE) == bool(rule.operations)
        assert len(set(rule.operations)) == len(rule.operations)
        assert set(rule.not_for) < set(manifest.device_kinds)


@vendor
def test_what_operators_read_of_a_rule_is_there(manifest: Manifest) -> None:
    paths = [endpoint.path for endpoint in manifest.endpoints]
    for rule in manifest.commands:
        assert any(path in rule.call for path in paths), f"{rule.call} is no listed endpoint"
        for text in (rule.call, rule.proof):
            assert text == text.strip()
            assert "  " not in text
        assert not rule.proof or len(rule.proof) > 10


@vendor
async def test_every_kind_of_command_finds_something_to_act_on(manifest: Manifest) -> None:
    able: set[CommandKind] = set()
    for case in CASES:
        if case.manifest is manifest and case.rule.kind not in able:
            async with bench(manifest) as it:
                task, _ = await acceptable(it, case)
                able |= {case.rule.kind} if task else set()

    assert able == {rule.kind for rule in manifest.commands}


# Preparing.


@case
async def test_preparing_acts_on_nothing(case: Case) -> None:
    async with bench(case.manifest) as it:
        await ready(it, case)
        await it.clock.advance(180)
        it.world.catch_up()
        assert list(it.world.acts) == []


def made_up(it: Bench, case: Case, native_id: str) -> Aim:
    device = device_ref(it.account, native_id)
    slot = slot_ref(device, native_id)
    return Aim(
        device=device,
        slot=slot if case.rule.kind in IN_A_SLOT or case.operation in SLOT_OPERATIONS else None,
        session=session_ref(it.account, native_id) if case.rule.kind in OF_A_SESSION else None,
    )


@case
@pytest.mark.parametrize("native_id", ["NOBODYS00000001", "a/b", "../x", "a?b=c", "\x00", "\ud800", " ", "ü,1"])
async def test_what_somebody_made_up_is_refused_or_harmless(case: Case, native_id: str) -> None:
    async with bench(case.manifest) as it:
        how = procedure(it.adapter, case.rule.kind)
        aim = made_up(it, case, native_id)
        for instruction in instructions(case):
            with suppress(Fault):
                task = await it.done(prepared(how, task_for(case.rule.kind, aim, clock=it.clock, **instruction)))
                if task.targets:
                    await it.sent(how, task)
        await it.clock.advance(120)
        it.world.catch_up()
        assert list(it.world.acts) == []


@case
@pytest.mark.parametrize("fault", ["http_500", "http_401", "http_429", "reset", "not_json", "nulls", "wrong_types"])
async def test_whoever_cannot_prepare_says_that_nothing_happened(case: Case, fault: str) -> None:
    async with bench(case.manifest) as it:
        how, task = await ready(it, case)
        it.world.switches[fault] = Switch()
        raised = await fault_of(it.done(how.prepare(replace(task, before={}))))
        assert raised is None or (raised.message and not isinstance(raised, Uncertain))
        assert list(it.world.acts) == []


# Sending.


@case
async def test_one_call_acts_and_what_is_kept_of_it_survives_a_restart(case: Case) -> None:
    async with bench(case.manifest) as it:
        how, task = await ready(it, case)
        task = await it.sent(how, task)
        assert len(it.acting) == 1

        stored = orjson.dumps([dict(task.before), dict(task.answer)])
        assert len(stored) < STORED_LIMIT
        assert not _secrets(it) & set(_texts(orjson.loads(stored)))
        before, answer = orjson.loads(stored)
        again = procedure(it.reopened(), case.rule.kind)
        task = replace(task, before=before, answer=answer, callback_url=None)
        found = await seen_until(it, again, task, case.rule.patience_s)
        check(it, case, found)
        assert it.transport.sent.count(it.acting[0]) == 1


def check(it: Bench, case: Case, found: list[Evidence]) -> None:
    """Evidence is of the target, never takes anything back, and is of something that really happened."""
    for evidence in found:
        assert evidence.position == 0
        assert evidence.status not in {CommandStatus.PENDING, CommandStatus.SENT, CommandStatus.CANCELLED}
        if evidence.status in {CommandStatus.FAILED, CommandStatus.REJECTED, CommandStatus.OUTCOME_UNKNOWN}:
            assert evidence.fault is not None
            assert not list(it.world.acts) or evidence.status is CommandStatus.OUTCOME_UNKNOWN
    if any(evidence.status is CommandStatus.CONFIRMED for evidence in found):
        assert case.rule.proof
        assert list(it.world.acts) or case.rule.kind not in NEVER_BY_ITSELF


def _secrets(it: Bench) -> set[str]:
    settings = it.connection.settings
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return {value.get_secret_value() for value in values if hasattr(value, "get_secret_value")}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in (*value, *value.values()):
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


async def fault_of(work: Any) -> Fault | None:
    try:
        await work
    except Fault as fault:
        return fault
    return None


@asynccontextmanager
async def failing(case: Case, fault: str) -> AsyncIterator[tuple[Bench, Procedure, Task, Fault | None]]:
    """What a send comes to when the call that acts has this fault; the vendor is well again afterwards."""
    async with bench(case.manifest) as it:
        how, task = await ready(it, case)
        raised = await fault_of(it.sent(how, task, fault))
        assert len(it.acting) == 1, "it was not sent exactly once"
        yield it, how, replace(task, sent_at=it.clock.now()), raised


@case
@pytest.mark.parametrize("fault", [*LOST_AFTER_THE_EFFECT, *LOST_BEFORE_THE_EFFECT])
async def test_a_call_without_a_clear_answer_is_uncertain_and_found_out_by_reading(case: Case, fault: str) -> None:
    async with failing(case, fault) as (it, how, task, raised):
        assert isinstance(raised, Uncertain), f"it gave {raised!r}"
        found = await seen_until(it, how, task, case.rule.patience_s)
        check(it, case, found)
        assert it.transport.sent.count(it.acting[0]) == 1
        if fault in LOST_BEFORE_THE_EFFECT:
            assert list(it.world.acts) == []


@case
@pytest.mark.parametrize("fault", ["nulls", "wrong_types"])
async def test_a_yes_of_another_shape_is_never_a_no(case: Case, fault: str) -> None:
    async with failing(case, fault) as (_, _, _, raised):
        assert raised is None or isinstance(raised, Uncertain), f"it gave {raised!r}"


@case
@pytest.mark.parametrize("fault", REFUSED)
async def test_a_refused_call_did_nothing_and_says_so(case: Case, fault: str) -> None:
    async with failing(case, fault) as (it, _, _, raised):
        assert isinstance(raised, REFUSED[fault]), f"it gave {raised!r}"
        await it.clock.advance(180)
        it.world.catch_up()
        assert list(it.world.acts) == []


# Looking.


@case
@pytest.mark.parametrize("fault", ["http_500", "http_401", "http_429", "reset", "not_json", "nulls", "wrong_types"])
async def test_looking_at_a_broken_vendor_proves_nothing_against_the_command(case: Case, fault: str) -> None:
    async with bench(case.manifest) as it:
        how, task = await ready(it, case)
        task = await it.sent(how, task)
        await it.clock.advance(30)
        it.world.switches[fault] = Switch()
        found: list[Evidence] = []
        with suppress(Fault):
            found = await it.done(looked(how, task))
        assert not {evidence.status for evidence in found} & {CommandStatus.FAILED, CommandStatus.REJECTED}
