"""In place of the command desk and the event log: what was asked of them, and what a test makes them answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.commands.orders import CommandQuery, KeyReused, Order
from hub.store.pages import KeysetPage
from model.commands import Aim, Command, CommandTarget
from model.events import Event, EventQuery
from model.records import Problem
from model.refs import Ref, command_ref
from model.states import CommandStatus
from tests.support.clock import FakeClock


@dataclass
class ScriptedDesk:
    """Takes every order, unless it is told to refuse. `orders`: what it took, in order."""

    clock: FakeClock
    orders: list[Order] = field(default_factory=list)
    kept: dict[tuple[str, str], tuple[str, Command]] = field(default_factory=dict)
    refuses: Exception | None = None
    status: CommandStatus = CommandStatus.SENT
    problem: Problem | None = None
    session: Ref | None = None
    asked: list[str] = field(default_factory=list)
    queries: list[tuple[CommandQuery, int, Mapping[str, Any]]] = field(default_factory=list)
    known_as: dict[Ref, str] = field(default_factory=dict)
    late: list[Command] = field(default_factory=list)
    """Commands that another process keeps, one for each time that a key is looked for."""

    async def given_before(self, caller: str, key: str, request: str) -> Command | None:
        self.asked.append(key)
        if len(self.asked) > 1 and self.late:
            return self.late.pop()
        if (caller, key) not in self.kept:
            return None
        first_request, first = self.kept[caller, key]
        if first_request != request:
            raise KeyReused(first.ref)
        return first

    async def give(self, order: Order) -> Command:
        if self.refuses is not None:
            raise self.refuses
        self.orders.append(order)
        command = self.command(order)
        self.kept[order.caller, order.idempotency_key] = (order.request, command)
        return command

    async def by_refs(self, refs: Sequence[Ref]) -> list[Command | None]:
        found = {command.ref: command for _, command in self.kept.values()}
        return [found.get(ref) for ref in refs]

    async def page(self, where: CommandQuery, rows: int, **between: Any) -> KeysetPage[Command]:
        self.queries.append((where, rows, between))
        return KeysetPage([command for _, command in self.kept.values()], has_next=True, has_previous=False)

    async def sessions_known_as(self, sessions: Sequence[Ref]) -> Mapping[Ref, str]:
        return {session: self.known_as[session] for session in sessions if session in self.known_as}

    def command(self, order: Order) -> Command:
        now = self.clock.now()
        return Command(
            ref=command_ref(f"{len(self.orders):032x}"),
            kind=order.kind,
            caller=order.caller,
            idempotency_key=order.idempotency_key,
            instruction=order.instruction,
            is_absolute=False,
            created_at=now,
            sent_at=now,
            deadline=None,
            targets=tuple(self._target(position, aim) for position, aim in enumerate(order.aims)),
        )

    def _target(self, position: int, aim: Aim) -> CommandTarget:
        return CommandTarget(
            device=aim.device,
            slot=aim.slot,
            battery=aim.battery,
            session=self.session or aim.session,
            position=position,
            status=self.status,
            problem=self.problem,
            updated_at=self.clock.now(),
        )


@dataclass
class ScriptedEvents:
    """Has the events that a test puts there."""

    events: list[Event] = field(default_factory=list)
    queries: list[tuple[EventQuery, int, Mapping[str, Any]]] = field(default_factory=list)

    async def page(self, where: EventQuery, rows: int, **between: Any) -> KeysetPage[Event]:
        self.queries.append((where, rows, between))
        return KeysetPage(self.events, has_next=False, has_previous=True)

    async def by_numbers(self, numbers: Sequence[int]) -> list[Event | None]:
        found = {event.number: event for event in self.events}
        return [found.get(number) for number in numbers]
