"""Plays the matrix: every case at a simulator and an account of its own, all in one world and at the same time."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unittest.mock import patch

from structlog.testing import capture_logs

from hub.commands.orders import Order
from model.commands import Command, CommandTarget
from tests.acceptance.commands.matrix import Case, When
from tests.acceptance.commands.scenes import Place, calm
from tests.support.fleets import World, WorldClock, world
from vendors.kit.simulator import Act, Simulator
from vendors.registry import simulator_class

LIVELY_S, QUIET_S = 0.25, 5.0
"""How often the vendors' worlds move by themselves: while callbacks and answers cross each other, and later."""
LIVELY_FOR_S = 60.0
CLEARED_AFTER_S = 200.0
"""Every deadline is over, and what acts late has acted."""
OVER_AFTER_S = 1200.0
"""Every rule's patience is over."""
NEVER_S = 10 * OVER_AFTER_S
GRAVE = ("error", "critical", "exception")


@dataclass(frozen=True)
class Deed:
    """One target: what was said of it while the fault was on and at the end, and what was done to it."""

    during: CommandTarget
    end: CommandTarget
    asked: frozenset[str]
    done: frozenset[str]

    @property
    def is_done(self) -> bool:
        return self.done == self.asked

    @property
    def is_untouched(self) -> bool:
        return not self.done


@dataclass(frozen=True)
class Outcome:
    """What became of a command and what the hardware did."""

    deeds: Sequence[Deed]
    surplus: Sequence[Act]
    """What was done that nobody had asked for, or once more than asked."""
    calls: int
    """Calls that act which reached the vendor."""
    was_struck: bool
    """Of a fault that is on for one call: whether there was such a call."""


@dataclass(frozen=True)
class Played:
    """All outcomes, and what the gateway logged that it should not have."""

    outcomes: Mapping[Case, Outcome]
    log: Sequence[object]


@dataclass(frozen=True)
class Actor:
    """A case at its own simulator."""

    case: Case
    account: str
    simulator: Simulator
    place: Place

    async def give(self, stage: World) -> Command:
        case, scene = self.case, self.case.scene
        if case.when in (When.ONCE, When.ALWAYS):
            self.simulator.switches[case.fault] = case.switch
        order = Order(
            kind=scene.kind,
            caller="an operator",
            idempotency_key=f"key of {self.account}",
            request="{}",
            aims=tuple(target.aim for target in self.place.targets),
            instruction=scene.instruction,
        )
        command = await stage.fleet.desk.give(order)
        if case.when is When.AFTER:
            self.simulator.switches[case.fault] = case.switch
        return command

    def outcome(self, during: Command, end: Command, *, was_struck: bool) -> Outcome:
        left, surplus = {subject for target in self.place.targets for subject in target.subjects}, []
        for act in self.simulator.acts:
            subject = next((one for one in left if self._is_asked(act, one)), None)
            if subject is None:
                surplus.append(act)
            else:
                left.remove(subject)
        asked = [frozenset(target.subjects) for target in self.place.targets]
        deeds = [
            Deed(before, after, subjects, subjects - left)
            for before, after, subjects in zip(during.targets, end.targets, asked, strict=True)
        ]
        calls = sum(count for endpoint, count in self.simulator.counts.items() if self.case.scene.is_call(endpoint))
        return Outcome(deeds, surplus, calls, was_struck)

    def _is_asked(self, act: Act, subject: str) -> bool:
        place = self.place
        return act.what == place.act and act.subject.startswith(subject) and place.cause in (None, act.cause)


async def played(cases: Sequence[Case]) -> Played:
    """All of them."""
    clock = WorldClock()
    # Nobody pushes anything here: to look into many hundred empty inboxes each second would be most of the work.
    with calm(), patch("hub.ingest.ingest.POLL_EVERY_S", NEVER_S), capture_logs() as log:
        actors = [_actor(case, f"case-{number}", clock) for number, case in enumerate(cases)]
        simulators = {actor.account: actor.simulator for actor in actors}
        async with world(clock=clock, simulators=simulators, moves=True) as stage:
            outcomes = await _acted(actors, stage)
    grave = [entry for entry in log if entry["log_level"] in GRAVE]
    return Played({actor.case: outcome for actor, outcome in zip(actors, outcomes, strict=True)}, grave)


def _actor(case: Case, account: str, clock: WorldClock) -> Actor:
    simulator = simulator_class(case.scene.vendor)(clock=clock)
    return Actor(case, account, simulator, case.scene.arranged(simulator, account))


async def _acted(actors: Sequence[Actor], stage: World) -> list[Outcome]:
    with patch("vendors.kit.simulator.MOVES_EVERY_S", LIVELY_S):
        giving = asyncio.gather(*(actor.give(stage) for actor in actors))
        await stage.pass_time(LIVELY_FOR_S)
        given = giving.result()
    with patch("vendors.kit.simulator.MOVES_EVERY_S", QUIET_S):
        await stage.pass_time(CLEARED_AFTER_S - LIVELY_FOR_S, step=60)
        during = await _commands(stage, given)
        was_struck = [actor.case.fault not in actor.simulator.switches for actor in actors]
        for actor in actors:
            actor.simulator.switches.clear()
        await stage.pass_time(OVER_AFTER_S - CLEARED_AFTER_S, step=60)
    ends = await _commands(stage, given)
    return [
        actor.outcome(before, after, was_struck=struck)
        for actor, before, after, struck in zip(actors, during, ends, was_struck, strict=True)
    ]


async def _commands(stage: World, given: Sequence[Command]) -> list[Command]:
    found = await stage.fleet.desk.by_refs([command.ref for command in given])
    return [command for command in found if command is not None]
