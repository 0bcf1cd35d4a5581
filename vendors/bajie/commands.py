"""How each kind of command is done. There is no idempotency key: a call is made once, and then only looked after."""

from collections.abc import AsyncIterator, Mapping
from datetime import timezone

from model.clock import Clock
from model.faults import Unsupported
from model.states import CommandKind, DeviceOperation
from vendors.acting import Accepted, Evidence, Prepared, Procedure, Task
from vendors.bajie.cabinet_reads import CabinetReads
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs, CabinetOperation, SlotOperation
from vendors.bajie.commands_close import CompleteRental
from vendors.bajie.commands_eject import EjectBattery, EmptyCabinet, PopAll
from vendors.bajie.commands_maintain import LockSlot, WakeCabinet
from vendors.bajie.commands_publish import PublishAdvertisement
from vendors.bajie.commands_rent import RentBattery

SLOT_OPERATIONS: Mapping[DeviceOperation, SlotOperation] = {
    DeviceOperation.LOCK_SLOT: SlotOperation.LOCK,
    DeviceOperation.UNLOCK_SLOT: SlotOperation.UNLOCK,
    DeviceOperation.LOCK_STOP_CHARGE: SlotOperation.LOCK_STOP_CHARGE,
}
CABINET_OPERATIONS: Mapping[DeviceOperation, CabinetOperation] = {
    DeviceOperation.RESTART: CabinetOperation.RESTART,
    DeviceOperation.REPORT: CabinetOperation.REPORT,
    DeviceOperation.HEARTBEAT: CabinetOperation.HEARTBEAT,
}


def procedures(
    acts: BajieActs, client: BajieClient, clock: Clock, zone: timezone, rental_minimum: float
) -> Mapping[CommandKind, Procedure]:
    """A procedure for each kind. `zone`: where the vendor's times live; `rental_minimum`: a charge, 0 to 1."""
    cabinets = CabinetReads(client, rental_minimum)
    eject = EjectBattery(acts, cabinets, clock)
    operations: dict[DeviceOperation, Procedure] = {
        DeviceOperation.POP_SLOT: eject,
        DeviceOperation.POP_ALL_AUTHORIZED: PopAll(acts, cabinets, clock, client, is_authentic=True),
        DeviceOperation.POP_ALL_UNAUTHORIZED: PopAll(acts, cabinets, clock, client, is_authentic=False),
    }
    for asked, slot_operation in SLOT_OPERATIONS.items():
        operations[asked] = LockSlot(acts, client, cabinets, slot_operation)
    for asked, cabinet_operation in CABINET_OPERATIONS.items():
        operations[asked] = WakeCabinet(acts, client, cabinets, zone, cabinet_operation)
    return {
        CommandKind.EJECT_BATTERY: eject,
        CommandKind.EJECT_ALL_BATTERIES: EmptyCabinet(acts, cabinets, clock),
        CommandKind.RENT_BATTERY: RentBattery(acts, client, cabinets, clock, zone),
        CommandKind.COMPLETE_RENTAL: CompleteRental(acts, client),
        CommandKind.OPERATE_DEVICE: OperateDevice(operations),
        CommandKind.PUBLISH_ADVERTISEMENT: PublishAdvertisement(acts),
    }


class OperateDevice:
    """Does each operation in its own way."""

    def __init__(self, operations: Mapping[DeviceOperation, Procedure]) -> None:
        """`operations`: the ways."""
        self._operations = operations

    async def prepare(self, task: Task) -> Prepared:
        """As the operation wants it. Raises Unsupported for one that the vendor does not have."""
        return await self._how(task).prepare(task)

    async def send(self, task: Task) -> Accepted:
        """The operation's one call."""
        return await self._how(task).send(task)

    def look(self, task: Task) -> AsyncIterator[Evidence]:
        """The operation's own proof."""
        return self._how(task).look(task)

    def _how(self, task: Task) -> Procedure:
        how = None if task.instruction.operation is None else self._operations.get(task.instruction.operation)
        if how is None:
            raise Unsupported("these cabinets have no such operation")
        return how
