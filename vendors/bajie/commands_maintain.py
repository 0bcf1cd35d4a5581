"""Maintenance of cabinets: slots are locked and unlocked, cabinets restarted and asked for a sign of life.

The slot list tells what is locked; the row in the list of devices counts handshakes and has the time of the last.
"""

from collections.abc import AsyncIterator
from datetime import timezone

from model.faults import Rejected
from model.records import Json
from model.states import CommandStatus, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.bajie.cabinet_reads import CabinetReads
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs, CabinetOperation, SlotOperation
from vendors.bajie.device_rows import device_row
from vendors.bajie.slot_number import slot_number
from vendors.bajie.translate_evidence import is_locked
from vendors.kit.wire import instant_of_text

TAKEN: Json = {"taken": True}
"""The vendor's answer, as it is kept: lost answers leave nothing."""


class LockSlot:
    """Takes a slot out of use, or back into use."""

    def __init__(self, acts: BajieActs, client: BajieClient, cabinets: CabinetReads, operation: SlotOperation) -> None:
        """`operation`: anything but `pop`."""
        self._acts = acts
        self._client = client
        self._cabinets = cabinets
        self._operation = operation

    async def prepare(self, task: Task) -> Prepared:
        """Refuses a slot that the cabinet does not have."""
        (target,) = task.targets
        slot = slot_number(target)
        size = (await self._cabinets.ready(target.device)).stock.size
        if slot > size:
            raise Rejected(f"the cabinet has {size} slots; choose one of them", resolution=Resolution.USER_ACTION)
        return Prepared()

    async def send(self, task: Task) -> Accepted:
        """Do it to that slot."""
        (target,) = task.targets
        reason = task.instruction.reason or ""
        await self._acts.operate_slot(target.device.native_id, slot_number(target), self._operation, reason)
        return Accepted()

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the slot list: the slot is locked by hand, or is not."""
        (target,) = task.targets
        rows = await self._client.slots(target.device.native_id) or []
        if is_locked(rows, slot_number(target)) is (self._operation is not SlotOperation.UNLOCK):
            yield Evidence(position=target.position, status=CommandStatus.CONFIRMED)


class WakeCabinet:
    """Restarts a cabinet, or asks it for a report or a sign of life."""

    def __init__(
        self,
        acts: BajieActs,
        client: BajieClient,
        cabinets: CabinetReads,
        zone: timezone,
        operation: CabinetOperation,
    ) -> None:
        """`zone` is where the time of the last handshake lives."""
        self._acts = acts
        self._client = client
        self._cabinets = cabinets
        self._zone = zone
        self._operation = operation

    async def prepare(self, task: Task) -> Prepared:
        """Note the cabinet's handshakes so far."""
        (target,) = task.targets
        await self._cabinets.ready(target.device)
        return Prepared(before=await self._signs(task))

    async def send(self, task: Task) -> Accepted:
        """Do it to the whole cabinet."""
        (target,) = task.targets
        reason = task.instruction.reason or ""
        await self._acts.operate_cabinet(target.device.native_id, self._operation, reason)
        return Accepted(answer=TAKEN)

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """Read the row again: one handshake more proves a restart, a later one that the cabinet answered.

        A later one only of what the vendor took: cabinets give signs of life by themselves too.
        """
        is_restart = self._operation is CabinetOperation.RESTART
        if not is_restart and task.answer != TAKEN:
            return
        (target,) = task.targets
        sign = "handshakes" if is_restart else "last_s"
        before, now = task.before.get(sign), (await self._signs(task)).get(sign)
        if before is not None and now is not None and now > before:
            yield Evidence(position=target.position, status=CommandStatus.CONFIRMED)

    async def _signs(self, task: Task) -> Json:
        """`handshakes` so far, and `last_s`, the time of the last in seconds since 1970."""
        (target,) = task.targets
        row = await device_row(self._client, target.device)
        last = instant_of_text(row.last_handshake, self._zone) if row else None
        return {"handshakes": row.handshakes if row else None, "last_s": last.timestamp() if last else None}
