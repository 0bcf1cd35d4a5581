"""Two gateways on one database are one gateway: a key is one command, a slot one act, and one goes on for the other."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from model.refs import Ref
from model.states import CommandStatus
from tests.acceptance.crashing import gateway
from tests.acceptance.crashing.cases import (
    DIES_WITHIN_S,
    FOLLOWED_WITHIN_S,
    READY_WITHIN_S,
    SLOWER,
    Case,
    reserved_port,
    stage,
)
from tests.acceptance.crashing.databases import postgresql
from tests.acceptance.crashing.gateway import Job
from tests.acceptance.crashing.in_process import SPEED, Replica, Together, together
from tests.acceptance.crashing.points import Point
from tests.acceptance.crashing.processes import started
from tests.acceptance.crashing.scenes import SCENES
from tests.acceptance.test_command_concurrency import pressed

pytestmark = [pytest.mark.postgres, pytest.mark.sockets]

PEOPLE = 20

SET_MODE = """mutation ($charger: ID!) {
  setChargerMode(input: { deviceIds: [$charger], mode: FAST, idempotencyKey: "the key" }) {
    command { id status }
    userErrors { message }
  }
}"""
RENT = """mutation ($cabinet: ID!) {
  rentBattery(input: { deviceId: $cabinet, idempotencyKey: "the key" }) { command { id } userErrors { message } }
}"""


@pytest.fixture
async def database_url() -> AsyncIterator[str]:
    async with postgresql() as open_database, open_database() as url:
        yield url


async def test_one_key_through_both_is_one_command(database_url: str) -> None:
    scene = SCENES["bajie-eject"]
    async with together(scene.simulator, database_url, replicas=2) as world:
        slot = scene.arranged(world.simulator).slot
        assert slot is not None
        payloads = await pressed(world, slot.id, ["the key"] * PEOPLE)
        (command,) = {payload["command"]["id"] for payload in payloads}
        assert [payload["userErrors"] for payload in payloads] == [[]] * PEOPLE

        world.clock.hurry(SPEED)
        await both_reached(world, command, "CONFIRMED")
        assert [what for what, _ in world.acts()] == ["battery out"]


async def test_a_slot_that_both_want_is_ejected_once(database_url: str) -> None:
    scene = SCENES["bajie-eject"]
    async with together(scene.simulator, database_url, replicas=2) as world:
        slot = scene.arranged(world.simulator).slot
        assert slot is not None
        payloads = await pressed(world, slot.id, [f"key {number}" for number in range(PEOPLE)])
        (command,) = [payload["command"] for payload in payloads if payload["command"]]
        refusals = [error for payload in payloads for error in payload["userErrors"]]
        assert Counter(error["code"] for error in refusals) == {"CONFLICT": PEOPLE - 1}
        assert all(command["id"] in error["message"] for error in refusals)

        world.clock.hurry(SPEED)
        await both_reached(world, command["id"], "CONFIRMED")
        assert [what for what, _ in world.acts()] == ["battery out"]


async def test_word_that_comes_to_the_other_replica_is_believed_by_both(database_url: str) -> None:
    scene = SCENES["solax-mode"]
    async with together(scene.simulator, database_url, replicas=2) as world:
        sender, other = world.replicas
        world.balancer.replica = other
        aim = scene.arranged(world.simulator)
        command = (await sender.ask(SET_MODE, charger=aim.device.id))["setChargerMode"]["command"]["id"]

        world.clock.hurry(SPEED)
        await sender.reached(command, "ACKNOWLEDGED")
        await both_reached(world, command, "CONFIRMED")
        assert [status for _, _, status in world.simulator.calls_back] == [200, 200, 200]
        assert await steps(sender, command) == [
            ("PENDING", "caller"),
            ("SENT", "answer"),
            ("ACKNOWLEDGED", "callback"),
            ("CONFIRMED", "read-back"),
        ]
        assert world.acts() == [("mode FAST", aim.device.native_id)]


async def test_word_that_the_other_cannot_judge_makes_the_sender_look(database_url: str) -> None:
    scene = SCENES["bajie-rent"]
    async with together(scene.simulator, database_url, replicas=2) as world:
        sender, other = world.replicas
        world.balancer.replica = other
        aim = scene.arranged(world.simulator)
        command = (await sender.ask(RENT, cabinet=aim.device.id))["rentBattery"]["command"]["id"]

        world.clock.hurry(SPEED)
        await both_reached(world, command, "CONFIRMED")
        assert [status for _, _, status in world.simulator.calls_back] == [200]
        assert [what for what, _ in world.acts()] == ["battery out"]


@pytest.mark.parametrize("point", [Point.AFTER_CLAIM, Point.BEFORE_SENDING, *(one for one in Point if one.is_sent)])
async def test_when_one_is_killed_the_other_goes_on_after_its_lease(point: Point, database_url: str) -> None:
    case = Case("bajie-eject", point, database="postgresql")
    async with stage() as vendors, vendors.cloud(case) as (account, order):
        clock = await vendors.hurry(case, SLOWER)
        with reserved_port() as port, reserved_port() as another_port:
            lasting, dying = (Job(order, account, database_url, one) for one in (port, another_port))
            async with started(gateway.follow, lasting, clock, commands=1) as other:
                assert await other.said(READY_WITHIN_S) == "ready"
                async with started(gateway.give, dying, point, clock) as killed:
                    exit_code = await killed.ended(DIES_WITHIN_S)
                report = await other.said(FOLLOWED_WITHIN_S)
        verdict = await vendors.verdict(case, exit_code, report)
    assert verdict.exit_code == -signal.SIGKILL
    assert report.log == []
    assert report.found == report.all == [report.again]
    acts = [what for (what, _), times in verdict.acts.items() for _ in range(times)]
    expected = (CommandStatus.CONFIRMED, ["battery out"]) if point.is_sent else (CommandStatus.CANCELLED, [])
    assert (report.again.status, acts) == expected


async def both_reached(world: Together, command: str, status: str) -> None:
    await asyncio.gather(*(replica.reached(command, status) for replica in world.replicas))


async def steps(replica: Replica, command: str) -> list[tuple[Any, Any]]:
    """What the command became, and who said so."""
    history = await replica.app.state.gateway.fleet.desk.history(Ref.parse(command))
    return [(event.raw["to"], event.raw["by"]) for event in history]
