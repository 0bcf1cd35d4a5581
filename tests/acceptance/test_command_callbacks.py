"""Vendors' callbacks, from the simulator that sends them to the command that believes them: early, twice, forged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.commands.desk import ANSWER_WAIT_S
from hub.commands.orders import CommandQuery, Order
from model.commands import Command
from model.refs import Ref, battery_ref, session_ref
from model.states import CommandStatus
from tests.acceptance.commands.scenes import SCENES, Place, Scene, calm
from tests.support.fleets import Delivery, World, WorldClock, answered, world
from vendors.bajie.simulator import BajieSimulator
from vendors.kit.simulator import Simulator, Switch
from vendors.registry import simulator_class

SENT, ACKNOWLEDGED, CONFIRMED = CommandStatus.SENT, CommandStatus.ACKNOWLEDGED, CommandStatus.CONFIRMED
FAILED, REJECTED, TIMED_OUT = CommandStatus.FAILED, CommandStatus.REJECTED, CommandStatus.TIMED_OUT
ALL_SENT_AFTER_S = 40.0
SELDOM_S = 5.0
OVER_AFTER_S = 400.0
"""Every deadline is over, and all has been looked at more than once."""


@dataclass
class Stage:
    """One vendor that calls back, and one command given to it."""

    world: World
    scene: Scene
    place: Place
    simulator: Simulator

    @property
    def account(self) -> str:
        return self.world.account(self.scene.vendor)

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
        giving = asyncio.ensure_future(self.world.fleet.desk.give(order))
        await self.world.pass_time(seconds)
        assert giving.done() is (seconds >= ANSWER_WAIT_S)

    async def to_the_end(self) -> None:
        """Until all has been looked at. The vendor's world need not move so often for that."""
        with patch("vendors.kit.simulator.MOVES_EVERY_S", SELDOM_S):
            await self.world.pass_time(OVER_AFTER_S, step=60)

    async def found(self) -> Command:
        (command,) = (await self.world.fleet.desk.page(CommandQuery(), 1, backwards=False)).rows
        return command

    async def statuses(self) -> list[CommandStatus]:
        return [target.status for target in (await self.found()).targets]

    async def history(self) -> list[tuple[str, str]]:
        """Where the command went, and by whose word."""
        events = await self.world.fleet.desk.history((await self.found()).ref)
        return [(event.raw["to"], event.raw["by"]) for event in events if event.raw is not None]

    async def rented(self) -> tuple[Ref | None, Ref | None]:
        """The battery and the rental, as the command knows them."""
        (target,) = (await self.found()).targets
        return target.battery, target.session

    def lent(self) -> tuple[Ref, Ref]:
        """The battery that left, and its order, as the hardware knows them."""
        (act,) = self.simulator.acts
        return battery_ref(self.account, act.subject.rpartition("/")[2]), session_ref(self.account, act.cause)

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
    return (await answered(it.world.fleet.desk, delivery)).status_code


def said(delivery: Delivery, **changes: object) -> Delivery:
    """A callback that says something else."""
    return replace(delivery, body=orjson.dumps({**orjson.loads(delivery.body), **changes}))


async def ended(name: str, order: Sequence[int], **switches: Switch) -> tuple[Stage, list[CommandStatus]]:
    """How a command ends whose callbacks, counted as they were sent, come in this order after all were sent."""
    async with stage(name, **switches) as it:
        it.world.gateway.is_holding = True
        await it.give(ALL_SENT_AFTER_S)
        for number in order:
            assert await heard(it, it.deliveries[number]) == 200
            await it.world.pass_time(0.5)
        await it.to_the_end()
        return it, await it.statuses()


def deliveries_in_any_order(count: int) -> st.SearchStrategy[list[int]]:
    """Each of them once at least, and some of them again."""
    again = st.lists(st.integers(0, count - 1), max_size=3)
    return again.flatmap(lambda more: st.permutations([*range(count), *more]))


# SolaX.


async def test_what_comes_before_the_answer_waits_for_it_and_is_believed_then() -> None:
    async with stage("solax-mode", callback_before_reply=Switch(value=7), callback_drop=Switch(value="3")) as it:
        it.simulator.switches["no_rights"] = Switch(path="getPileInfo")
        await it.give(6.5)
        assert it.answers() == [200, 200]
        assert await it.history() == [("PENDING", "caller")]
        await it.world.pass_time(1)
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer"), ("ACKNOWLEDGED", "callback")]
        it.simulator.switches.clear()
        await it.to_the_end()
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
        await it.to_the_end()
        assert await it.statuses() == [CONFIRMED]


async def test_a_lie_at_the_right_path_proves_nothing() -> None:
    async with stage("solax-mode", partial_timeout=Switch()) as it:
        it.world.gateway.is_holding = True
        await it.give(10)
        issued = it.deliveries[0]
        yes = {"rspType": 2, "code": 0, "success": True, "result": {"ack": "success", "sn": "C107SIM0000001"}}
        assert await heard(it, said(issued, **yes)) == 200
        assert await it.statuses() == [ACKNOWLEDGED]
        await it.to_the_end()
        assert (await it.statuses(), list(it.simulator.acts)) == ([TIMED_OUT], [])


REFUSED, SILENT, UNTOLD = "C107SIM0000002", "C107SIM0000002", "C107SIM0000003"
FATES = {
    FAILED: {"device_refuses": Switch(value=REFUSED), "partial_failure": Switch(value=UNTOLD)},
    TIMED_OUT: {"partial_timeout": Switch(value=SILENT), "partial_failure": Switch(value=UNTOLD)},
}
"""By what becomes of the second of three chargers; the first obeys, and the third is not told."""


@settings(max_examples=12, deadline=None)
@given(fate=st.sampled_from(list(FATES)), data=st.data())
def test_callbacks_of_several_chargers_end_in_the_same_in_any_order(fate: CommandStatus, data: st.DataObject) -> None:
    count = 4 if fate is FAILED else 3
    it, statuses = asyncio.run(ended("solax-modes", data.draw(deliveries_in_any_order(count)), **FATES[fate]))
    assert len(it.deliveries) == count
    assert statuses == [CONFIRMED, fate, REJECTED]


# Bajie: a rental.


@pytest.mark.parametrize("shape", ["", "callback_form", "amp_mangling", "duplicate"])
async def test_a_battery_that_left_is_told_and_then_seen(shape: str) -> None:
    async with stage("bajie-rent", **({shape: Switch()} if shape else {})) as it:
        await it.give(20)
        assert set(it.answers()) == {200}
        assert len(it.answers()) == (2 if shape == "duplicate" else 1)
        told = [("PENDING", "caller"), ("SENT", "answer"), ("ACKNOWLEDGED", "callback"), ("CONFIRMED", "read-back")]
        assert await it.history() == told
        assert await it.rented() == it.lent()


async def test_a_battery_that_left_before_the_answer_is_told_once_the_answer_is_here() -> None:
    async with stage("bajie-rent", callback_early=Switch(value=4)) as it:
        await it.give(3.5)
        assert (it.answers(), len(it.simulator.acts)) == ([200], 1)
        assert await it.history() == [("PENDING", "caller")]
        await it.world.pass_time(9)
        assert await it.statuses() == [CONFIRMED]


async def test_a_callback_finds_the_order_whose_answer_was_lost() -> None:
    async with stage("bajie-rent", reply_lost=Switch(path="/rent/order/create", times=1)) as it:
        await it.give(20)
        assert await it.rented() == it.lent()
        assert await it.history() == [
            ("PENDING", "caller"),
            ("OUTCOME_UNKNOWN", "answer"),
            ("ACKNOWLEDGED", "callback"),
            ("CONFIRMED", "read-back"),
        ]


async def test_a_failure_is_believed_once_the_cabinet_agrees() -> None:
    async with stage("bajie-rent", eject_fault=Switch()) as it:
        await it.give(20)
        assert it.answers() == [200]
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer")]
        await it.world.pass_time(30)
        assert await it.history() == [("PENDING", "caller"), ("SENT", "answer"), ("FAILED", "read-back")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 1, 0, 0), (1,), (0,), ()])
@pytest.mark.parametrize("confusion", ["", "return_other_order", "return_no_order"])
async def test_a_return_says_nothing_of_the_rental_in_any_order(order: Sequence[int], confusion: str) -> None:
    async with stage("bajie-rent", **({confusion: Switch()} if confusion else {})) as it:
        it.world.gateway.is_holding = True
        await it.give(12)
        battery, session = it.lent()
        it.simulator.actions()["bring_back"]({"order": session.native_id})
        await it.world.pass_time(2)
        assert len(it.deliveries) == 2
        for number in order:
            assert await heard(it, it.deliveries[number]) == 200
        await it.world.pass_time(120)
        assert (await it.statuses(), await it.rented()) == ([CONFIRMED], (battery, session))


@pytest.mark.parametrize(
    ("word", "said_then"),
    [
        ({"status": "1"}, ACKNOWLEDGED),
        ({"status": "0"}, SENT),
        ({"status": "2"}, SENT),
        ({"status": "1", "tradeNo": "somebody else's"}, SENT),
        ({"status": "1", "tradeNo": None}, SENT),
        ({"status": "9"}, SENT),
    ],
)
async def test_a_lie_about_a_rental_moves_no_battery_and_is_found_out(
    word: dict[str, object], said_then: CommandStatus
) -> None:
    async with stage("bajie-rent", eject_nothing=Switch()) as it:
        await it.give(12)
        assert it.deliveries == []
        assert isinstance(it.simulator, BajieSimulator)
        (rental,) = it.simulator.fleet.rentals.values()
        lie = {"messageId": "m", "tradeNo": rental.id, "batteryId": "FEED000001", "slotNum": 1, **word}
        token = rental.callback_url.rpartition("/")[2]
        assert await heard(it, Delivery(it.account, token, orjson.dumps(lie), "application/json")) == 200
        assert await it.statuses() == [said_then]
        await it.to_the_end()
        assert (await it.statuses(), list(it.simulator.acts)) == ([TIMED_OUT], [])
