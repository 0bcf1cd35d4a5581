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
from model.commands import Aim, Command, Instruction
from model.faults import Malformed
from model.records import Account, Vendor
from model.refs import Ref, account_ref, device_ref, slot_ref, vendor_ref
from model.states import ChargerMode, CommandKind, CommandStatus
from vendors.acting import Accepted, Evidence, Heard, Prepared, Procedure, Task
from vendors.kit.quota import Budget, current_ticket
from vendors.manifest import AccountSettings, CommandRule
from vendors.registry import manifests

EJECT = CommandRule(
    kind=CommandKind.EJECT_BATTERY, call="eject", proof="it is gone", deadline_s=60, looks_s=(5, 10), patience_s=300
)
EJECT_ALL = replace(EJECT, kind=CommandKind.EJECT_ALL_BATTERIES, call="eject all")
RENT = replace(EJECT, kind=CommandKind.RENT_BATTERY, call="rent")
SET_MODE = replace(
    EJECT, kind=CommandKind.SET_CHARGER_MODE, call="mode", proof="the mode is read", is_absolute=True, most_targets=3
)
PUBLISH = CommandRule(
    kind=CommandKind.PUBLISH_ADVERTISEMENT, call="show", proof="", deadline_s=60, looks_s=(5,), patience_s=60
)
RULES = (EJECT, EJECT_ALL, RENT, SET_MODE, PUBLISH)


@dataclass
class ToyProcedure:
    """Every step can be made to fail, wait or say something; by default all goes well at the first look."""

    callback_answer: ClassVar[Mapping[str, object]] = {"heard": True}
    clock: Clock
    gate: Turnstile
    prepares: Callable[[Task], Awaitable[Prepared]] | None = None
    fails: Exception | None = None
    answers: Callable[[Task], Awaitable[Accepted]] | None = None
    evidence: Callable[[Task], list[Evidence]] | None = None
    looking: Callable[[], Awaitable[None]] | None = None
    unreadable: Exception | None = None
    done: Counter[str] = field(default_factory=Counter)
    sent: list[Task] = field(default_factory=list)
    looks: list[Task] = field(default_factory=list)
    looked_at: list[float] = field(default_factory=list)
    """Seconds of the clock."""

    async def prepare(self, task: Task) -> Prepared:
        self.done["prepare"] += 1
        return await self.prepares(task) if self.prepares else Prepared()

    async def send(self, task: Task) -> Accepted:
        async with self.gate.passage():
            ticket = current_ticket.get()
            assert ticket is not None
            assert ticket.on_sending is not None
            await ticket.on_sending()
            self.done["send"] += 1
            self.sent.append(task)
            if self.fails is not None:
                raise self.fails
            if self.answers is not None:
                return await self.answers(task)
            return Accepted(answer={"ok": 1}, vendor_task_id=f"task-{self.done['send']}")

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        self.done["look"] += 1
        self.looks.append(task)
        self.looked_at.append(self.clock.monotonic())
        if self.looking is not None:
            await self.looking()
        if self.unreadable is not None:
            raise self.unreadable
        for one in (self.evidence or everything_confirmed)(task):
            yield one

    def hear(self, task: Task, body: bytes, media_type: str) -> Heard:
        assert media_type == "application/json"
        try:
            said = orjson.loads(body)
            learnt = [Evidence(position=one, status=CommandStatus[said["status"]]) for one in said["positions"]]
        except (ValueError, KeyError, TypeError) as error:
            raise Malformed("no callback") from error
        return Heard(key=said["key"], vendor_task_id=said.get("task"), learnt=learnt, look_now=said.get("look", False))


def everything(status: CommandStatus) -> Callable[[Task], list[Evidence]]:
    return lambda task: [Evidence(position=target.position, status=status) for target in task.targets]


def nothing(_: Task) -> list[Evidence]:
    return []


everything_confirmed = everything(CommandStatus.CONFIRMED)


@dataclass
class ToyAdapter:
    procedure: ToyProcedure

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        return {rule.kind: self.procedure for rule in RULES}

    async def aclose(self) -> None:
        """Nothing to let go of."""


@dataclass
class Toy:
    """One process: a desk over toy accounts."""

    desk: Desk
    clock: Clock
    store: Store
    events: EventLog
    snapshots: Snapshots
    members: dict[str, Member]
    procedures: dict[str, ToyProcedure]
    is_dead: bool = False

    @property
    def procedure(self) -> ToyProcedure:
        return next(iter(self.procedures.values()))

    async def now(self, command: Command) -> Command:
        """The command as it is in the database."""
        (found,) = await self.desk.by_refs([command.ref])
        assert found is not None
        return found

    async def status(self, command: Command) -> CommandStatus:
        return (await self.now(command)).status

    async def story(self, command: Command) -> list[tuple[str, str]]:
        """Where the targets went, and who said so."""
        history = await self.desk.history(command.ref)
        return [(event.raw["to"], event.raw["by"]) for event in history if event.raw is not None]

    async def die(self) -> None:
        """End as a process does that is killed: nothing is said to anybody."""
        self.is_dead = True
        desk = self.desk
        tasks = [*desk._sending.values(), *desk._follower._following.values(), *([desk._duty] if desk._duty else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def toy(
    store: Store,
    clock: Clock,
    *accounts: str,
    starts: bool = True,
    limit: int = 1000,
    public_url: str = "http://gw.test",
    **behaviour: Any,
) -> AsyncIterator[Toy]:
    """A desk, started; it ends with the context. `behaviour`: of the hardware, from the beginning."""
    members: dict[str, Member] = {}
    procedures: dict[str, ToyProcedure] = {}
    for key in accounts or ("toys",):
        gate = Turnstile([Window(Budget(name="minute", limit=limit, window_s=60), clock)], clock)
        procedures[key] = ToyProcedure(clock, gate, **behaviour)
        members[key] = _member(key, procedures[key], clock)
    cache = SimpleMemoryCache(serializer=NullSerializer(), timeout=0)
    snapshots = Snapshots(cache, LastKnownStore(store, clock), clock)
    events = EventLog(store, clock)
    desk = Desk(store, events, members, snapshots, clock, public_url=public_url)
    if starts:
        await desk.start()
    one = Toy(desk, clock, store, events, snapshots, members, procedures)
    try:
        yield one
    finally:
        if not one.is_dead:
            await desk.aclose()
        for procedure in procedures.values():
            await procedure.gate.aclose()


def _member(key: str, procedure: ToyProcedure, clock: Clock) -> Member:
    vendor = Vendor(
        ref=vendor_ref("toy"), slug="toy", name="Toy", documentation_url=None, device_kinds=(), capabilities=()
    )
    return Member(
        settings=AccountSettings(id=key, vendor="toy"),
        manifest=replace(manifests()["bajie"], slug="toy", name="Toy", commands=RULES),
        adapter=ToyAdapter(procedure),
        capabilities=frozenset(),
        health=Health(key, clock),
        gate=procedure.gate,
        account=Account(ref=account_ref(key), key=key, name=key, vendor=vendor),
        calls=Counter(),
    )


def slot(index: int = 1, device: str = "D1", account: str = "toys") -> Aim:
    return Aim(device=device_ref(account, device), slot=slot_ref(device_ref(account, device), index))


def whole(device: str = "D1", account: str = "toys") -> Aim:
    return Aim(device=device_ref(account, device))


def chargers(count: int, account: str = "toys", first: int = 0) -> tuple[Aim, ...]:
    return tuple(whole(f"C{number:03}", account) for number in range(first, first + count))


def order(*aims: Aim, kind: CommandKind = CommandKind.EJECT_BATTERY, key: str = "k1", **changes: Any) -> Order:
    aims = aims or (slot(),)
    mode = ChargerMode.FAST if kind is CommandKind.SET_CHARGER_MODE else None
    given = {
        "caller": "tester",
        "request": ",".join(str(aim.slot or aim.device) for aim in aims),
        "instruction": Instruction(mode=mode),
        **changes,
    }
    return Order(kind=kind, idempotency_key=key, aims=aims, **given)


def modes(*aims: Aim, key: str = "k1", **changes: Any) -> Order:
    return order(*aims, kind=CommandKind.SET_CHARGER_MODE, key=key, **changes)


def statuses(command: Command) -> list[CommandStatus]:
    return [target.status for target in command.targets]


def refs(*commands: Command) -> list[Ref]:
    return [command.ref for command in commands]
