"""Vendors' callbacks, from the simulator that sends them to the command that believes them: early, twice, forged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.commands.orders import Order, UnknownCallback, UnreadableCallback
from model.commands import Aim, Command
from model.refs import Ref, battery_ref, device_ref, session_ref
from model.states import CommandStatus
from tests.acceptance.commands.scenes import SCENES, Place, Scene, calm
from tests.support.fleets import Delivery, World, WorldClock, world
from vendors.kit.simulator import Simulator, Switch
from vendors.registry import simulator_class

PENDING, SENT, ACKNOWLEDGED = CommandStatus.PENDING, CommandStatus.SENT, CommandStatus.ACKNOWLEDGED
CONFIRMED, FAILED, REJECTED = CommandStatus.CONFIRMED, CommandStatus.FAILED, CommandStatus.REJECTED
TIMED_OUT = CommandStatus.TIMED_OUT
ALL_SENT_AFTER_S = 40.0
READ_BY_S = 700.0
"""All has been looked at, by every rule."""


@dataclass
class Stage:
    """One vendor that calls back, and one command given to it."""

    world: World
    scene: Scene
    place: Place
    simulator: Simulator

    def __post_init__(self) -> None:
        self.command: Ref | None = None
        self._giving: asyncio.Future[Command] | None = None

    @property
    def account(self) -> str:
        return self.scene.vendor

    @property
    def deliveries(self) -> list[Delivery]:
        return self.world.gateway.deliveries

    async def give(self, seconds: float) -> None:
        """Give the command, and let so much time pass."""
        order = Order(
            kind=self.scene.kind,
            caller="an operator",
            idempotency_key="a key",
            request="{}",
            aims=tuple(target.aim for target in self.place.targets),
            instruction=self.scene.instruction,
        )
        self._giving = asyncio.ensure_future(self.world.fleet.desk.give(order))
        await self.world.pass_time(seconds, step=0.25)

    async def found(self) -> Command:
        assert self._giving is not None
        (command,) = await self.world.fleet.desk.by_refs([(await self._giving).ref])
        assert command is not None
        return command

    async def statuses(self) -> list[CommandStatus]:
        return [target.status for target in (await self.found()).targets]

    async def history(self) -> list[tuple[str, str]]:
        """Where the command went, and by whose word."""
        events = await self.world.fleet.desk.history((await self.found()).ref)
        return [(event.raw["to"], event.raw["by"]) for event in events if event.raw is not None]

    def answers(self) -> list[int]:
        """What the vendor was answered to its callbacks."""
        return [status for _, _, status in self.simulator.calls_back]


@asynccontextmanager
async def stage(name: str, **switches: Switch) -> AsyncIterator[Stage]:
    clock, scene = WorldClock(), SCENES[name]
    with calm():
        simulator = simulator_class(scene.vendor)(clock=clock)
        account = str(simulator.account()["id"])
        place = scene.arranged(simulator, account)
        simulator.switches |= switches
        async with world(clock=clock, simulators={scene.vendor: simulator}, moves=True) as opened:
            yield Stage(opened, scene, place, simulator)


async def heard(it: Stage, delivery: Delivery) -> int:
    """What the gateway's route answers to it."""
    try:
        await it.world.fleet.desk.hear(delivery.account, delivery.token, delivery.body, delivery.media_type)
    except UnknownCallback:
        return 404
    except UnreadableCallback:
        return 400
    return 200


def said(delivery: Delivery, **changes: object) -> Delivery:
    """A callback that says something else."""
    return replace(delivery, body=orjson.dumps({**orjson.loads(delivery.body), **changes}))


async def ended(name: str, order: Sequence[int], **switches: Switch) -> tuple[Stage, list[CommandStatus]]:
    """How a command ends whose callbacks, counted as they were sent, come in this order after all were sent."""
    async with stage(name, **switches) as it:
        it.world.gateway.is_holding = True
        await it.give(ALL_SENT_AFTER_S)
        for number in order:
            assert await heard(it, it.deliveries[number % len(it.deliveries)]) == 200
            await it.world.pass_time(0.5)
        await it.world.pass_time(READ_BY_S, step=60)
        return it, await it.statuses()


def deliveries_in_any_order(count: int) -> st.SearchStrategy[list[int]]:
    """Each of them once at least, and some of them again."""
    again = st.lists(st.integers(0, count - 1), max_size=3)
    return again.flatmap(lambda more: st.permutations([*range(count), *more]))


# SolaX.


FATES = {
    "device_refuses": Switch(value="C107SIM0000002"),
    "partial_failure": Switch(value="C107SIM0000003"),
}


async def test_what_comes_before_the_answer_waits_for_it_and_is_believed_then() -> None:
    async with stage("solax-mode", callback_before_reply=Switch(value=7), callback_drop=Switch(value="3")) as it:
        it.simulator.switches["no_rights"] = Switch(path="getPileInfo")
        await it.give(6.5)
        assert it.answers() == [200, 200]
        assert await it.history() == [("PENDING", "caller")]
        await it.world.pass_time(1)
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer"), ("ACKNOWLEDGED", "callback")]
        it.simulator.switches.clear()
        await it.world.pass_time(READ_BY_S, step=10)
        assert await it.statuses() == [CONFIRMED]


async def test_nobody_knows_another_task_or_another_path() -> None:
    async with stage("solax-mode", no_rights=Switch(path="getPileInfo")) as it:
        it.world.gateway.is_holding = True
        await it.give(10)
        real = it.deliveries[1]
        strange = [
            said(real, taskId="f" * 32),
            replace(real, token="x" * len(real.token)),
            replace(real, token=""),
            replace(real, account="somebody"),
        ]
        assert [await heard(it, one) for one in strange] == [404] * 4
        assert await heard(it, replace(real, body=b"<html>")) == 400
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer")]
        assert await heard(it, real) == 200
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer"), ("ACKNOWLEDGED", "callback")]


async def test_what_a_stranger_says_of_a_task_or_a_charger_changes_nothing() -> None:
    async with stage("solax-mode", callback_forged=Switch(), callback_drop=Switch()) as it:
        await it.give(30)
        assert it.answers() == [404, 200]
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer")]
        await it.world.pass_time(READ_BY_S, step=10)
        assert await it.statuses() == [CONFIRMED]


async def test_a_lie_at_the_right_path_proves_nothing() -> None:
    async with stage("solax-mode", partial_timeout=Switch()) as it:
        it.world.gateway.is_holding = True
        await it.give(10)
        issued = it.deliveries[0]
        yes = {"rspType": 2, "code": 0, "success": True, "result": {"ack": "success", "sn": "C107SIM0000001"}}
        assert await heard(it, said(issued, **yes)) == 200
        assert await it.statuses() == [ACKNOWLEDGED]
        await it.world.pass_time(2 * READ_BY_S, step=10)
        assert (await it.statuses(), list(it.simulator.acts)) == ([TIMED_OUT], [])


@settings(max_examples=20, deadline=None)
@given(deliveries_in_any_order(4))
def test_callbacks_of_three_chargers_end_in_the_same_in_any_order(order: list[int]) -> None:
    it, statuses = asyncio.run(ended("solax-modes", order, **FATES))
    assert len(it.deliveries) == 4
    assert statuses == [CONFIRMED, FAILED, REJECTED]
