"""Batteries are pushed out: one by its slot, or all of them. Device info before and after proves what left."""

from collections.abc import AsyncIterator
from dataclasses import replace

from model.clock import Clock
from model.faults import Rejected
from model.refs import battery_ref
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.bajie.cabinet_reads import CabinetReads
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs, CabinetOperation, SlotOperation
from vendors.bajie.pace import DEADLINE_S, JUDGED_AFTER_S, since_sent_s
from vendors.bajie.slot_number import slot_number
from vendors.bajie.translate_evidence import Stock, Verdict, authentic, ejection, emptying


class EjectBattery:
    """Pushes the battery of one slot out; makes no order at the vendor."""

    def __init__(self, acts: BajieActs, cabinets: CabinetReads, clock: Clock) -> None:
        """`clock` tells how long ago it was sent."""
        self._acts = acts
        self._cabinets = cabinets
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """See which battery is in which slot. Refuses an empty slot, and one that the cabinet does not have."""
        (target,) = task.targets
        slot = slot_number(target)
        stock = (await self._cabinets.ready(target.device)).stock
        if slot > stock.size:
            raise _refused(f"the cabinet has {stock.size} slots; choose one of them")
        battery = stock.batteries.get(slot)
        if battery is None:
            raise _refused(f"slot {slot} is empty; choose one with a battery")
        held = battery_ref(target.device.account, battery)
        learnt = Evidence(position=target.position, status=CommandStatus.PENDING, battery=held)
        return Prepared(before=stock.written(), learnt=[learnt])

    async def send(self, task: Task) -> Accepted:
        """Push it out."""
        (target,) = task.targets
        reason = task.instruction.reason or ""
        await self._acts.operate_slot(target.device.native_id, slot_number(target), SlotOperation.POP, reason)
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the cabinet: the battery that is gone from its slot was pushed out."""
        (target,) = task.targets
        sight = await self._cabinets.glance(target.device)
        seen = Evidence(position=target.position, status=None, seen=sight.reading)
        before = Stock.parse(task.before)
        verdict = None if sight.stock is None else ejection(before, sight.stock, slot_number(target))
        is_early = since_sent_s(task, self._clock.now()) < JUDGED_AFTER_S
        yield _judged(seen, verdict, believed=_is_good(verdict) or not is_early)


class EmptyCabinet:
    """Pushes out every battery."""

    def __init__(self, acts: BajieActs, cabinets: CabinetReads, clock: Clock) -> None:
        """`clock` tells how long ago it was sent."""
        self._acts = acts
        self._cabinets = cabinets
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """See what is in the cabinet. Refuses an empty one."""
        (target,) = task.targets
        stock = (await self._cabinets.ready(target.device)).stock
        if not stock.batteries:
            raise _refused("the cabinet is empty: there is nothing to push out")
        return Prepared(before=stock.written())

    async def send(self, task: Task) -> Accepted:
        """Empty it."""
        (target,) = task.targets
        await self._acts.eject_all(target.device.native_id)
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the cabinet: done when all that was in it is gone; past the deadline what stayed is told."""
        (target,) = task.targets
        sight = await self._cabinets.glance(target.device)
        seen = Evidence(position=target.position, status=None, seen=sight.reading)
        verdict = None if sight.stock is None else emptying(Stock.parse(task.before), sight.stock)
        is_early = since_sent_s(task, self._clock.now()) <= DEADLINE_S
        yield _judged(seen, verdict, believed=_is_good(verdict) or not is_early)


class PopAll(EmptyCabinet):
    """Pushes out every battery that passed authentication, or every one that failed it."""

    def __init__(
        self, acts: BajieActs, cabinets: CabinetReads, clock: Clock, client: BajieClient, *, is_authentic: bool
    ) -> None:
        """`is_authentic`: those that passed."""
        super().__init__(acts, cabinets, clock)
        self._client = client
        self._is_authentic = is_authentic

    async def prepare(self, task: Task) -> Prepared:
        """See what is in the cabinet, and which of it is meant. Refuses when nothing is."""
        (target,) = task.targets
        stock = (await self._cabinets.ready(target.device)).stock
        rows = await self._client.batteries(target.device.native_id) or []
        meant = stock.only(authentic(rows, is_authentic=self._is_authentic))
        if not meant.batteries:
            raise _refused("the cabinet has no battery of that kind: there is nothing to push out")
        return Prepared(before=meant.written())

    async def send(self, task: Task) -> Accepted:
        """Push them out."""
        (target,) = task.targets
        passed, failed = CabinetOperation.POP_ALL_FOR_AUTH, CabinetOperation.POP_ALL_FOR_NO_AUTH
        operation, reason = passed if self._is_authentic else failed, task.instruction.reason or ""
        await self._acts.operate_cabinet(target.device.native_id, operation, reason)
        return Accepted()


def _judged(seen: Evidence, verdict: Verdict | None, *, believed: bool) -> Evidence:
    """The verdict as evidence, or only what was seen while it is too early for one."""
    if verdict is None or not believed:
        return seen
    return replace(seen, status=verdict.status, fault=verdict.fault)


def _is_good(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.status is CommandStatus.CONFIRMED


def _refused(message: str) -> Rejected:
    return Rejected(message, resolution=Resolution.USER_ACTION)
