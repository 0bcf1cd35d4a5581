"""One mode for two hundred and fifty chargers of three accounts, some of which refuse, are silent or obey late."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from graph.context import GraphContext
from graph.engine import execute
from model.commands import Command, whole
from model.refs import Ref, device_ref
from model.states import CommandStatus
from tests.acceptance.asking import schema
from tests.support.fleets import World, WorldClock, world
from vendors.kit.simulator import Switch
from vendors.solax.simulated_fleet import Mode
from vendors.solax.simulator import SolaxSimulator

SET_MODE = """mutation ($chargers: [ID!]!, $mode: ChargerMode!, $key: String!) {
  setChargerMode(input: {deviceIds: $chargers, mode: $mode, idempotencyKey: $key}) {
    command { id status targets { device { nativeId } status } }
    userErrors { code message }
  }
}"""
LIST = "{ devices(first: 100, maxAge: 0) { nodes { nativeId freshness { isStale } } } }"
CALLS = {"POST /proxyApp/proxy/api/pileCmd", "GET /proxyApp/proxy/api/getPileInfo"}
ALLOWED_IN_A_MINUTE = 9
QUERIES, EVERY_S = 10, 30.0
OBEYS_AFTER_S = 200.0
"""Whoever is late: the vendor has given it up, and the deadline is over."""
OVER_AFTER_S = 3000.0


@dataclass(frozen=True)
class Yard:
    """One account's chargers, by what will become of them."""

    count: int
    refuse: int
    are_silent: int
    are_late: int

    @property
    def serials(self) -> list[str]:
        return _serials(self.count)

    @property
    def late(self) -> list[str]:
        """The simulator's switch hits the first that are told."""
        return self.serials[: self.are_late]

    @property
    def silent(self) -> list[str]:
        return self.serials[-self.are_silent :]

    @property
    def refusing(self) -> list[str]:
        return self.serials[-self.are_silent - self.refuse : -self.are_silent]

    def expected(self) -> dict[str, CommandStatus]:
        return {
            **dict.fromkeys(self.serials, CommandStatus.CONFIRMED),
            **dict.fromkeys(self.refusing, CommandStatus.FAILED),
            **dict.fromkeys(self.silent, CommandStatus.TIMED_OUT),
        }


YARDS = {
    "north": Yard(130, refuse=6, are_silent=4, are_late=3),
    "south": Yard(70, refuse=4, are_silent=2, are_late=1),
    "east": Yard(50, refuse=3, are_silent=2, are_late=1),
}
"""Thirteen of 250 fail, and thirteen time out, of which five obey after all."""


@cache
def _serials(count: int) -> list[str]:
    return list(_simulator(count, WorldClock()).fleet.chargers)


def _simulator(count: int, clock: WorldClock) -> SolaxSimulator:
    simulator = SolaxSimulator(clock=clock)
    simulator.fleet.add(count - len(simulator.fleet.chargers), simulator.now)
    for charger in simulator.fleet.chargers.values():
        charger.is_online = True
        simulator.fleet.set_mode(charger, Mode.ECO, simulator.now)
    return simulator


@asynccontextmanager
async def yards(planned: Mapping[str, Yard]) -> AsyncIterator[tuple[World, dict[str, SolaxSimulator]]]:
    clock = WorldClock()
    simulators = {name: _simulator(yard.count, clock) for name, yard in planned.items()}
    for name, yard in planned.items():
        simulators[name].switches |= {
            "device_refuses": Switch(value=",".join(yard.refusing)),
            "partial_timeout": Switch(value=",".join(yard.silent)),
            "timeout_but_done": Switch(value=OBEYS_AFTER_S, times=yard.are_late),
        }
    with patch("vendors.kit.simulator.MOVES_EVERY_S", 1.0):
        async with world(clock=clock, simulators={**simulators}, moves=True) as stage:
            yield stage, simulators


async def set_mode(stage: World, mode: Mode, chargers: Sequence[Ref]) -> Ref:
    """Give the command as a client does; its answer is here within the time that clients are given."""
    variables = {"chargers": [ref.id for ref in chargers], "mode": mode.name, "key": f"all to {mode.name}"}
    answering = asyncio.ensure_future(execute(schema(), SET_MODE, variables, None, GraphContext(stage.scope())))
    await stage.pass_time(12)
    result = await answering
    assert result.errors is None
    assert result.data is not None
    given = result.data["setChargerMode"]
    assert given["userErrors"] == []
    assert Counter(target["status"] for target in given["command"]["targets"]) == {"SENT": len(chargers)}
    return Ref.parse(given["command"]["id"])


async def found(stage: World, ref: Ref) -> Command:
    (command,) = await stage.fleet.desk.by_refs([ref])
    assert command is not None
    return command


def statuses(command: Command, account: str) -> dict[str, CommandStatus]:
    return {target.device.native_id: target.status for target in command.targets if target.device.account == account}


def most_in_a_minute(simulator: SolaxSimulator) -> int:
    """The largest number of requests that the vendor saw in any sixty seconds."""
    times = [call.at for call in simulator.calls]
    return max(sum(0 <= (later - first).total_seconds() < 60 for later in times) for first in times)


def acts(simulator: SolaxSimulator) -> Counter[tuple[str, str]]:
    return Counter((act.what, act.subject) for act in simulator.acts)


async def ask_for_all_now(stage: World) -> list[Any]:
    """Clients who want to see every charger as it is at this moment."""
    answers = []
    for _ in range(QUERIES):
        answers.append(await execute(schema(), LIST, None, None, GraphContext(stage.scope())))
        await stage.clock.sleep(EVERY_S)
    return answers


async def test_each_charger_ends_as_it_really_is_within_the_quota_of_every_account() -> None:
    async with yards(YARDS) as (stage, simulators):
        chargers = [device_ref(name, serial) for name, yard in YARDS.items() for serial in yard.serials]
        assert len(chargers) == 250
        command = await set_mode(stage, Mode.FAST, chargers)
        asking = asyncio.ensure_future(ask_for_all_now(stage))

        await stage.pass_time(OBEYS_AFTER_S - 20)
        early = await found(stage, command)
        for name, yard in YARDS.items():
            late = statuses(early, name)
            assert {late[serial] for serial in yard.late} == {CommandStatus.TIMED_OUT}

        await stage.pass_time(OVER_AFTER_S)
        assert [answer.errors for answer in await asking] == [None] * QUERIES
        end = await found(stage, command)
        for name, yard in YARDS.items():
            simulator = simulators[name]
            assert statuses(end, name) == yard.expected()
            obeyed = {serial for serial, one in simulator.fleet.chargers.items() if one.mode is Mode.FAST}
            assert obeyed == {serial for serial, to in yard.expected().items() if to is CommandStatus.CONFIRMED}
            assert acts(simulator) == {("mode FAST", serial): 1 for serial in obeyed}
            assert simulator.counts["POST /proxyApp/proxy/api/pileCmd"] == -(-yard.count // 100)
            assert simulator.counts.keys() == CALLS
            assert most_in_a_minute(simulator) <= ALLOWED_IN_A_MINUTE
        assert end.status is whole(target.status for target in end.targets) is CommandStatus.TIMED_OUT


async def test_a_newer_mode_replaces_the_older_one_wherever_that_was_still_open() -> None:
    yard = Yard(30, refuse=2, are_silent=2, are_late=1)
    async with yards({"yard": yard}) as (stage, simulators):
        simulator, serials = simulators["yard"], yard.serials
        older = await set_mode(stage, Mode.FAST, [device_ref("yard", serial) for serial in serials])
        await stage.pass_time(60)
        before = statuses(await found(stage, older), "yard")
        simulator.switches.clear()
        again = [*serials[yard.are_late : 12], *yard.refusing]
        newer = await set_mode(stage, Mode.GREEN, [device_ref("yard", serial) for serial in again])

        final = {CommandStatus.CONFIRMED, CommandStatus.FAILED}
        replaced = {serial for serial in again if before[serial] not in final}
        assert {before[serial] for serial in again} == {*final, CommandStatus.ACKNOWLEDGED}
        await stage.pass_time(OVER_AFTER_S)
        assert statuses(await found(stage, newer), "yard") == dict.fromkeys(again, CommandStatus.CONFIRMED)
        assert statuses(await found(stage, older), "yard") == {
            **yard.expected(),
            **dict.fromkeys(replaced, CommandStatus.CANCELLED),
        }
        obeyed = set(serials) - {*yard.refusing, *yard.silent}
        assert acts(simulator) == {
            **{("mode FAST", serial): 1 for serial in obeyed},
            **{("mode GREEN", serial): 1 for serial in again},
        }
        assert simulator.counts["POST /proxyApp/proxy/api/pileCmd"] == 2
        assert most_in_a_minute(simulator) <= ALLOWED_IN_A_MINUTE
