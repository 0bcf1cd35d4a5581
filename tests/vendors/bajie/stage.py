"""A quiet town: nobody rents by themselves, so that whatever leaves a cabinet left because it was told to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from model.commands import Aim
from model.refs import Ref, device_ref, slot_ref
from model.states import CommandKind, CommandStatus
from tests.support.acting import looked, prepared, procedure, sent, task_for
from tests.support.clock import FakeClock
from tests.support.vendors import opened
from vendors.acting import Evidence, Task
from vendors.bajie.adapter import BajieAdapter
from vendors.bajie.simulator import BajieSimulator
from vendors.kit.simulator import Switch

ROOT = "/cdb-open-api/v1"
ACCOUNT = "cabinets-eu"
FIRST, SECOND, OFFLINE, UNBOUND = (device_ref(ACCOUNT, f"XYZ{number:05}") for number in (1, 2, 14, 99))


@dataclass
class Stage:
    clock: FakeClock
    simulator: BajieSimulator
    adapter: BajieAdapter

    def task(self, kind: CommandKind, *aims: Aim, **instruction: Any) -> Task:
        return task_for(kind, *aims, clock=self.clock, **instruction)

    async def prepared(self, task: Task) -> Task:
        return await prepared(procedure(self.adapter, task.kind), task)

    async def sent(self, task: Task) -> Task:
        """Prepared and sent; the counts are of the sending alone."""
        ready = await self.prepared(task)
        self.simulator.counts.clear()
        return await sent(procedure(self.adapter, task.kind), ready, self.clock)

    async def looked(self, task: Task) -> Evidence | None:
        """What one look says of the outcome; None when it says nothing."""
        found = await looked(procedure(self.adapter, task.kind), task)
        told = [evidence for evidence in found if evidence.status is not None]
        assert len(told) <= 1
        return told[0] if told else None

    async def status(self, task: Task) -> CommandStatus | None:
        evidence = await self.looked(task)
        return evidence.status if evidence else None

    def switch(self, name: str, **how: Any) -> None:
        self.simulator.switches[name] = Switch(**how)

    def acts(self, what: str = "battery out") -> list[str]:
        """The subjects of what hardware did."""
        return [act.subject for act in self.simulator.acts if act.what == what]

    def occupied(self, device: Ref = FIRST) -> dict[int, str]:
        return {bay.number: battery.id for bay, battery in self.simulator.fleet.cabinets[device.native_id].batteries()}


@asynccontextmanager
async def staged(**settings: Any) -> AsyncIterator[Stage]:
    clock = FakeClock()
    simulator = BajieSimulator(clock=clock)
    simulator.actions()["set_eagerness"]({"factor": 0})
    for order in simulator.fleet.running.values():
        order.due_at = order.due_at.replace(year=2030)  # nobody brings anything back either
    async with opened(simulator, **settings) as adapter:
        yield Stage(clock, simulator, cast("BajieAdapter", adapter))


def on(device: Ref, *slots: int) -> Sequence[Aim]:
    """Aims at a cabinet, or at some of its slots."""
    return [Aim(device=device, slot=slot_ref(device, slot)) for slot in slots] or [Aim(device=device)]
