"""Forty chargers behind nine calls a minute, and fifty clients who all want to know now."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest

from graph.context import GraphContext
from graph.engine import execute
from model.refs import Ref, device_ref
from tests.acceptance.asking import ask, patiently, schema
from tests.support import fleets
from tests.support.clock import FakeClock
from vendors.contract import DeviceReading, ReadsDevices
from vendors.solax.simulator import SolaxSimulator

CHARGERS = 40
CLIENTS = 50
PAUSE_S = 10.0
READS_A_MINUTE = 7
"""Nine are allowed; two are kept for commands."""

LIST = "{ devices(first: 100, maxAge: 0) { nodes { nativeId connectivity freshness { isStale } } } }"
ONE = "query ($id: ID!) { device(id: $id, maxAge: 0) { nativeId connectivity freshness { isStale } } }"
QUOTAS = "{ accounts { quotas { name limit windowSeconds remaining } health { status lastFailureAt } } }"


class Yard:
    """The world, and which charger was read when its turn came."""

    def __init__(self, world: fleets.World) -> None:
        self.world = world
        self.simulator = world.simulators["solax"]
        self.read: list[str] = []
        self._delays_s = count(0, 0.001)  # no two answers arrive at the very same moment

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        adapter = self.world.fleet.members["chargers"].adapter
        read_device = cast("ReadsDevices", adapter).read_device

        async def watched(device: Ref, site: Ref | None) -> DeviceReading:
            reading = await read_device(device, site)
            await self.world.clock.sleep(next(self._delays_s))
            self.read.append(device.native_id)
            return reading

        monkeypatch.setattr(adapter, "read_device", watched)

    async def besieged(self, clients: int, minutes: int) -> list[Any]:
        """So many clients for so long, half of them looking at the list, half of them at one charger each."""
        clock, times = self.world.clock, int(minutes * 60 / PAUSE_S)
        serials = self.world.fleet.members["chargers"].settings.devices
        answers: list[Any] = []

        async def client(number: int) -> None:
            await clock.sleep(PAUSE_S * number / clients)
            single = {"id": device_ref("chargers", serials[number % CHARGERS]).id}
            source, variables = (LIST, None) if number % 2 else (ONE, single)
            for _ in range(times):
                answers.append(await execute(schema(), source, variables, None, GraphContext(self.world.scope())))
                await clock.sleep(PAUSE_S)

        crowd = asyncio.gather(*(client(number) for number in range(clients)))
        await clock.advance(minutes * 60)
        await patiently(clock, crowd)
        return answers

    def most_in_a_minute(self) -> int:
        """The largest number of requests that the vendor saw in any sixty seconds."""
        times = [call.at for call in self.simulator.calls]
        return max(sum(0 <= (later - first).total_seconds() < 60 for later in times) for first in times)


@pytest.fixture
async def yard(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Yard]:
    async with _forty_chargers() as world:
        found = Yard(world)
        found.watch(monkeypatch)
        yield found


@asynccontextmanager
async def _forty_chargers() -> AsyncIterator[fleets.World]:
    clock = FakeClock()
    simulator = SolaxSimulator(clock=clock)
    chargers = simulator.fleet.chargers
    pattern = chargers["C107SIM0000001"]
    for number in range(len(chargers) + 1, CHARGERS + 1):
        serial = f"C107SIM{number:07d}"
        chargers[serial] = replace(pattern, serial=serial, car=None, history=pattern.history.copy())
    async with fleets.world(clock=clock, simulators={"solax": simulator}) as world:
        yield world


async def test_fifty_clients_who_ask_now_for_five_minutes_never_exceed_the_quota(yard: Yard) -> None:
    answers = await yard.besieged(CLIENTS, minutes=5)
    assert len(answers) == 1500
    assert [answer.errors for answer in answers if answer.errors] == []
    assert yard.most_in_a_minute() == READS_A_MINUTE
    assert yard.simulator.counts == {"GET /proxyApp/proxy/api/getPileInfo": 42}
    assert {call.status for call in yard.simulator.calls} == {200}
    data = await ask(yard.world, QUOTAS)
    assert data["accounts"][0]["health"] == {"status": "UP", "lastFailureAt": None}  # never code 104


async def test_every_charger_is_refreshed_in_its_turn_the_oldest_known_first(yard: Yard) -> None:
    await yard.besieged(4, minutes=20)
    assert len(yard.read) == 21 * READS_A_MINUTE
    assert len(set(yard.read[:CHARGERS])) == CHARGERS
    assert yard.read[CHARGERS:] == yard.read[:-CHARGERS]
    assert Counter(Counter(yard.read).values()) == {3: 13, 4: 27}


async def test_the_account_shows_what_is_left_of_its_quotas(yard: Yard) -> None:
    assert await quotas(yard.world) == {"minute": (9, 60, 9), "day": (9999, 86_400, 9999)}
    await ask(yard.world, LIST)
    assert await quotas(yard.world) == {"minute": (9, 60, 2), "day": (9999, 86_400, 9992)}
    await yard.world.clock.advance(59)
    assert await quotas(yard.world) == {"minute": (9, 60, 2), "day": (9999, 86_400, 9992)}
    await yard.world.clock.advance(1)
    assert await quotas(yard.world) == {"minute": (9, 60, 2), "day": (9999, 86_400, 9985)}


async def quotas(world: fleets.World) -> dict[str, tuple[int, int, int]]:
    (account,) = (await ask(world, QUOTAS))["accounts"]
    return {quota["name"]: (quota["limit"], quota["windowSeconds"], quota["remaining"]) for quota in account["quotas"]}
