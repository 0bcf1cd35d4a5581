"""A quiet street of simulated sockets, where nobody comes by: an adapter on it, and what it is told step by step."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx
import orjson
import pytest

from model.commands import Aim
from model.refs import device_ref, session_ref, slot_ref
from model.states import CommandKind
from tests.support.acting import looked, prepared, procedure, sent, task_for
from tests.support.clock import FakeClock
from vendors.acting import Evidence, Task
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.kit.simulator import Switch
from vendors.lvcchong import simulated_people
from vendors.lvcchong.adapter import LvccAdapter
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.simulated_fleet import Order, Station
from vendors.lvcchong.simulator import PASSWORD, USERNAME, LvccSimulator
from vendors.manifest import Connection

T = TypeVar("T")

SOCKETS = "867000000000001"
SOCKETS_BY_POWER = "867000000000003"
CABINET = "867000000000004"
GATE = "867000000000005"
CAR = "867000000000007"
DISABLED = "867000000000015"
OFFLINE = "867000000000012"
OF_UNKNOWN_KIND = "432442363530484D0667FF33"
OEM = {"dialect": "oem", "areas": []}
SIGNING_IN = {**OEM, "token": None, "username": USERNAME, "password": PASSWORD, "token_path": "/getToken"}


@dataclass
class Street:
    """`account`: what the adapter is made with."""

    simulator: LvccSimulator
    clock: FakeClock
    client: httpx.AsyncClient
    account: dict[str, Any]

    @property
    def adapter(self) -> LvccAdapter:
        """A new one each time, as after a restart."""
        settings = LvccSettings.model_validate(self.account)
        http = VendorHttp(self.client, OpenGate(), self.clock)
        return LvccAdapter(Connection(settings=settings, http=http, clock=self.clock))

    @property
    def acts(self) -> list[tuple[str, str, str]]:
        return [(act.what, act.subject, act.cause) for act in self.simulator.acts]

    def calls(self) -> dict[str, int]:
        """What was called since this was asked last."""
        counted = {count.rpartition("/")[2]: number for count, number in self.simulator.counts.items()}
        self.simulator.counts.clear()
        return counted

    def switch(self, name: str, value: str | float | None = None, **how: Any) -> None:
        self.simulator.switches[name] = Switch(value=value, **how)

    def station(self, sim_id: str) -> Station:
        return self.simulator.fleet.stations[sim_id]

    def orders_at(self, aim: Aim) -> list[Order]:
        place = (aim.device.native_id, port_of(aim))
        orders = self.simulator.fleet.orders.values()
        return [order for order in orders if (order.station.sim_id, order.port) == place and order.status != 0]

    def last_order(self, aim: Aim) -> Order:
        return self.orders_at(aim)[-1]

    def free(self, sim_id: str = SOCKETS) -> Aim:
        """The first idle socket of a device."""
        sockets = self.station(sim_id).sockets
        return aim_at(sim_id, next(port for port, socket in enumerate(sockets, start=1) if socket.state == 0))

    def busy(self, sim_id: str = SOCKETS) -> Aim:
        """The first socket of a device where somebody charges, with the session."""
        station = self.station(sim_id)
        for port, socket in enumerate(station.sockets, start=1):
            if socket.order is not None:
                return replace(aim_at(sim_id, port), session=session_ref("sockets", socket.order.number))
        self.simulator.people.plug_in(station, port_of(self.free(sim_id)), self.simulator.now)
        self.simulator.advance(10)
        return self.busy(sim_id)

    async def start(self, aim: Aim, **instruction: Any) -> Task:
        """Prepared and sent."""
        return await self.send(await self.prepare_start(aim, **instruction))

    async def prepare_start(self, aim: Aim, **instruction: Any) -> Task:
        how = instruction or {"minutes": 60}
        return await self.prepare(task_for(CommandKind.START_CHARGING, aim, clock=self.clock, **how))

    async def stop(self, aim: Aim) -> Task:
        """Prepared and sent."""
        return await self.send(await self.prepare_stop(aim))

    async def prepare_stop(self, aim: Aim) -> Task:
        return await self.prepare(task_for(CommandKind.STOP_CHARGING, aim, clock=self.clock))

    async def prepare(self, task: Task) -> Task:
        return stored(await prepared(procedure(self.adapter, task.kind), task))

    async def send(self, task: Task) -> Task:
        return stored(await sent(procedure(self.adapter, task.kind), task, self.clock))

    async def look(self, task: Task, seconds: float = 0) -> list[Evidence]:
        """What is found so many seconds later by an adapter that knows nothing but the task."""
        await self.clock.advance(seconds)
        return await self.done(looked(procedure(self.adapter, task.kind), task))

    async def done(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result, moving time on when it sleeps."""
        running = asyncio.ensure_future(work)
        while not running.done():
            await asyncio.sleep(0)
            if self.clock._sleepers:
                await self.clock.advance(1)
        return running.result()


def port_of(aim: Aim) -> int:
    assert aim.slot
    return int(aim.slot.native_id)


def aim_at(sim_id: str, port: int | str) -> Aim:
    device = device_ref("sockets", sim_id)
    return Aim(device=device, slot=slot_ref(device, port))


def stored(task: Task) -> Task:
    """The task as it comes back from the store."""
    return replace(task, before=orjson.loads(orjson.dumps(task.before)), answer=orjson.loads(orjson.dumps(task.answer)))


def unanswered(task: Task, clock: FakeClock) -> Task:
    """The task as it is when the answer to its call was lost."""
    return replace(task, sent_at=clock.now(), answer={})


@asynccontextmanager
async def street(monkeypatch: pytest.MonkeyPatch, **account: Any) -> AsyncIterator[Street]:
    monkeypatch.setattr(simulated_people, "ARRIVALS_BY_HOUR", (0,) * 24)
    monkeypatch.setattr(simulated_people, "FAULTS_PER_HOUR", 0)
    clock = FakeClock()
    simulator = LvccSimulator(clock=clock)
    base_url = "http://lvcc.test" + ("/open/oem" if account.get("dialect") == "oem" else "/openapi")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app), base_url=base_url) as client:
        yield Street(simulator, clock, client, {**simulator.account(), "base_url": base_url, **account})
