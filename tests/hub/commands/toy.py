"""A vendor made for these tests: its hardware does what the test says, and every call to it is counted."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import orjson
from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer

from hub.commands.desk import Desk
from hub.commands.orders import Order
from hub.health import Health
from hub.member import Member
from hub.quota import Turnstile, Window
from hub.snapshots import Snapshots
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.last_known import LastKnownStore
from model.clock import Clock
from model.commands import Aim, Instruction
from model.faults import Fault, Malformed
from model.records import Account, Vendor
from model.refs import Ref, account_ref, device_ref, slot_ref, vendor_ref
from model.states import ChargerMode, CommandKind, CommandStatus
from vendors.acting import Accepted, Evidence, Heard, Prepared, Procedure, Task
from vendors.kit.quota import Budget, current_ticket
from vendors.manifest import AccountSettings, CommandRule
from vendors.registry import manifests

RULES = (
    CommandRule(
        kind=CommandKind.EJECT_BATTERY, call="eject", proof="it is gone", deadline_s=60, looks_s=(5, 10), patience_s=300
    ),
    CommandRule(
        kind=CommandKind.SET_CHARGER_MODE,
        call="mode",
        proof="the mode is read",
        deadline_s=60,
        looks_s=(5, 10),
        patience_s=300,
        is_absolute=True,
        most_targets=3,
    ),
    CommandRule(
        kind=CommandKind.PUBLISH_ADVERTISEMENT, call="show", proof="", deadline_s=60, looks_s=(5,), patience_s=60
    ),
)


@dataclass
class ToyProcedure:
    """Every step can be made to fail, wait or say something; by default all goes well at the first look."""

    callback_answer: ClassVar[Mapping[str, object]] = {"heard": True}
    clock: Clock
    gate: Turnstile
    refuses: Fault | None = None
    fails: Fault | Exception | None = None
    answers: Callable[[Task], Awaitable[Accepted]] | None = None
    prepared: Prepared = field(default_factory=Prepared)
    evidence: Callable[[Task], list[Evidence]] | None = None
    unreadable: Fault | None = None
    tasks: list[Task] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    looks: list[Task] = field(default_factory=list)

    async def prepare(self, task: Task) -> Prepared:
        self.done["prepare"] += 1
        if self.refuses is not None:
            raise self.refuses
        return self.prepared

    async def send(self, task: Task) -> Accepted:
        async with self.gate.passage():
            ticket = current_ticket.get()
            assert ticket is not None
            assert ticket.on_sending is not None
            await ticket.on_sending()
            self.done["send"] += 1
            self.tasks.append(task)
            if self.fails is not None:
                raise self.fails
            if self.answers is not None:
                return await self.answers(task)
            return Accepted(answer={"ok": 1}, vendor_task_id=f"task-{self.done['send']}")

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        self.done["look"] += 1
        self.looks.append(task)
        if self.unreadable is not None:
            raise self.unreadable
        found = (
            [Evidence(position=target.position, status=CommandStatus.CONFIRMED) for target in task.targets]
            if self.evidence is None
            else self.evidence(task)
        )
        for one in found:
            yield one

    def hear(self, task: Task, body: bytes, media_type: str) -> Heard:
        del task, media_type
        try:
            said = orjson.loads(body)
            learnt = [Evidence(position=one, status=CommandStatus[said["status"]]) for one in said["positions"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed("no callback") from error
        return Heard(key=said["key"], vendor_task_id=said.get("task"), learnt=learnt, look_now=said.get("look", False))


@dataclass
class ToyAdapter:
    procedure: ToyProcedure

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        return {rule.kind: self.procedure for rule in RULES}

    async def aclose(self) -> None:
        """Nothing to let go of."""


@dataclass
class Toy:
    """A desk over toy accounts."""

    desk: Desk
    store: Store
    events: EventLog
    snapshots: Snapshots
    members: dict[str, Member]
    procedures: dict[str, ToyProcedure]

    @property
    def procedure(self) -> ToyProcedure:
        return next(iter(self.procedures.values()))


@asynccontextmanager
async def toy(
    store: Store,
    clock: Clock,
    *accounts: str,
    starts: bool = True,
    limit: int = 1000,
    public_url: str = "http://gw.test",
) -> AsyncIterator[Toy]:
    """A desk, started; it ends with the context."""
    members: dict[str, Member] = {}
    procedures: dict[str, ToyProcedure] = {}
    vendor = Vendor(
        ref=vendor_ref("toy"), slug="toy", name="Toy", documentation_url=None, device_kinds=(), capabilities=()
    )
    manifest = replace(manifests()["bajie"], slug="toy", name="Toy", commands=RULES)
    for key in accounts or ("toys",):
        gate = Turnstile([Window(Budget(name="minute", limit=limit, window_s=60), clock)], clock)
        procedures[key] = ToyProcedure(clock, gate)
        members[key] = Member(
            settings=AccountSettings(id=key, vendor="toy"),
            manifest=manifest,
            adapter=ToyAdapter(procedures[key]),
            capabilities=frozenset(),
            health=Health(key, clock),
            gate=gate,
            account=Account(ref=account_ref(key), key=key, name=key, vendor=vendor),
            calls=Counter(),
        )
    cache = SimpleMemoryCache(serializer=NullSerializer(), timeout=0)
    snapshots = Snapshots(cache, LastKnownStore(store, clock), clock)
    events = EventLog(store, clock)
    desk = Desk(store, events, members, snapshots, clock, public_url=public_url)
    if starts:
        await desk.start()
    try:
        yield Toy(desk, store, events, snapshots, members, procedures)
    finally:
        await desk.aclose()


def slot(index: int = 1, device: str = "D1", account: str = "toys") -> Aim:
    return Aim(device=device_ref(account, device), slot=slot_ref(device_ref(account, device), index))


def order(*aims: Aim, kind: CommandKind = CommandKind.EJECT_BATTERY, key: str = "k1", **changes: Any) -> Order:
    instruction = Instruction(mode=ChargerMode.FAST) if kind is CommandKind.SET_CHARGER_MODE else Instruction()
    request = changes.pop("request", ",".join(str(aim.slot or aim.device) for aim in aims))
    return Order(
        kind=kind,
        caller=changes.pop("caller", "tester"),
        idempotency_key=key,
        request=request,
        aims=aims or (slot(),),
        instruction=instruction,
    )


def chargers(count: int, account: str = "toys") -> tuple[Aim, ...]:
    return tuple(Aim(device=device_ref(account, f"C{number:03}")) for number in range(count))


async def settled(clock: Any, task: "asyncio.Task[Any]", seconds: float = 0.0) -> Any:
    """The task's result, after so much virtual time at most."""
    await clock.advance(seconds)
    return await asyncio.wait_for(task, 5)


__all__ = ["RULES", "Ref", "Toy", "ToyAdapter", "ToyProcedure", "chargers", "order", "settled", "slot", "toy"]
