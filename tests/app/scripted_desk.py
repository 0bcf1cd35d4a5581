"""A command desk that says what a test tells it to, and commands to fill it with."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hub.commands.orders import CommandQuery, UnknownCallback
from hub.fleet import Fleet
from hub.member import Member
from hub.store.pages import KeysetPage
from model.commands import Command, CommandTarget, Instruction
from model.events import Event
from model.records import Problem
from model.refs import Ref, command_ref, device_ref, event_ref, slot_ref
from model.states import CommandKind, CommandStatus, EventType, ProblemCode, Resolution
from tests.support.clock import START

CABINET = device_ref("cabinets-eu", "XYZ00001")
TIMED_OUT = Problem(ProblemCode.VENDOR_TIMED_OUT, "no evidence came before the deadline", Resolution.USER_ACTION)


def target(position: int, status: CommandStatus, **changes: Any) -> CommandTarget:
    made = CommandTarget(
        position=position,
        device=CABINET,
        slot=slot_ref(CABINET, position + 1),
        status=status,
        updated_at=START + timedelta(seconds=61),
    )
    return replace(made, **changes)


def command(number: str, *targets: CommandTarget, **changes: Any) -> Command:
    made = Command(
        ref=command_ref(number),
        kind=CommandKind.EJECT_BATTERY,
        caller="operator",
        idempotency_key=f"key-{number}",
        instruction=Instruction(),
        is_absolute=False,
        created_at=START,
        sent_at=START + timedelta(seconds=1),
        deadline=START + timedelta(seconds=61),
        targets=targets,
    )
    return replace(made, **changes)


def moved(number: int, command: Command, before: str | None, after: str, by: str, message: str | None = None) -> Event:
    return Event(
        ref=event_ref(str(number)),
        number=number,
        type=EventType.COMMAND_UPDATED,
        recorded_at=START + timedelta(seconds=number),
        command=command.ref,
        raw={"position": 0, "from": before, "to": after, "by": by, "message": message},
    )


@dataclass
class ScriptedDesk:
    """Commands newest first; `looks` is what a look finds, `callbacks` what a path's callback is answered with."""

    commands: Sequence[Command] = ()
    looks: Mapping[Ref, Command] = field(default_factory=dict)
    timeline: Sequence[Event] = ()
    callbacks: Mapping[tuple[str, str], Mapping[str, object] | Exception] = field(default_factory=dict)
    counted: Mapping[tuple[CommandKind, CommandStatus], int] = field(default_factory=dict)
    open_now: int = 0
    heard: list[tuple[str, str, bytes, str]] = field(default_factory=list)
    looked_at: list[Ref] = field(default_factory=list)
    looking: int = 0
    busiest: int = 0
    """How many looks there were at one time."""

    async def hear(self, account: str, token: str, body: bytes, media_type: str) -> Mapping[str, object]:
        self.heard.append((account, token, body, media_type))
        answer = self.callbacks.get((account, token), UnknownCallback())
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def by_refs(self, refs: Sequence[Ref]) -> list[Command | None]:
        known = {one.ref: one for one in self.commands}
        return [known.get(ref) for ref in refs]

    async def page(
        self, where: CommandQuery, rows: int, *, after: str | None, before: str | None, backwards: bool
    ) -> KeysetPage[Command]:
        assert (before, backwards) == (None, False)
        found = [one for one in self.commands if _is_like(one, where)]
        begin = 0 if after is None else 1 + [one.ref.account for one in found].index(after)
        return KeysetPage(found[begin : begin + rows], has_next=begin + rows < len(found), has_previous=begin > 0)

    async def look_now(self, command: Ref) -> Command | None:
        self.looked_at.append(command)
        self.looking += 1
        self.busiest = max(self.busiest, self.looking)
        await asyncio.sleep(0)
        self.looking -= 1
        return self.looks.get(command)

    async def history(self, command: Ref) -> list[Event]:
        return [event for event in self.timeline if event.command == command]

    def counts(self) -> Mapping[tuple[CommandKind, CommandStatus], int]:
        return self.counted

    def open_calls(self) -> int:
        return self.open_now


def _is_like(command: Command, where: CommandQuery) -> bool:
    return all(
        (
            where.accounts is None or {target.device.account for target in command.targets} & set(where.accounts),
            where.devices is None or {target.device for target in command.targets} & set(where.devices),
            where.kinds is None or command.kind in where.kinds,
            where.statuses is None or command.status in where.statuses,
        )
    )


def put_in_place(
    desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, members: Mapping[str, Member] | None = None
) -> list[Mapping[str, object]]:
    """Let every fleet that is opened have this desk; with what each was opened."""
    openings: list[Mapping[str, object]] = []

    async def trim(**_: object) -> int:
        return 0

    @asynccontextmanager
    async def opened(_accounts: object, **given: object) -> AsyncIterator[SimpleNamespace]:
        openings.append(given)
        yield SimpleNamespace(desk=desk, members=members or {}, events=SimpleNamespace(trim=trim))

    monkeypatch.setattr(Fleet, "open", opened)
    return openings
