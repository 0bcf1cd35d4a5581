"""What can be wished of battery cabinets: their batteries, their rentals, their upkeep."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from model.commands import Aim, Instruction
from model.refs import Ref
from model.states import ChargingSessionKind, CommandKind, DeviceOperation, ProblemCode, Resolution
from resolvers.complaints import INPUT, Complaint, Refused, invalid, refuse_if
from resolvers.ordering.finding import Finder
from resolvers.ordering.wish import LONGEST_EXTERNAL_ID, LONGEST_REASON, Wish
from resolvers.texts import flaws_of_text

ON_ONE_SLOT = frozenset(
    {
        DeviceOperation.LOCK_SLOT,
        DeviceOperation.UNLOCK_SLOT,
        DeviceOperation.LOCK_STOP_CHARGE,
        DeviceOperation.POP_SLOT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EjectBattery(Wish):
    """Push out the battery of one named slot."""

    kind: ClassVar = CommandKind.EJECT_BATTERY
    about: ClassVar = "slotId"
    slot: Ref
    reason: str | None = None

    def flaws(self) -> Iterator[Complaint]:
        """A reason that cannot be kept."""
        return flaws_of_text(self.reason, LONGEST_REASON, "reason", least=0)

    def instruction(self) -> Instruction:
        """Why."""
        return Instruction(reason=self.reason)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The slot; which battery is in it is read right before the act."""
        slot = await find.slot(self.slot, "slotId")
        return (Aim(device=slot.ref.device, slot=slot.ref),)


@dataclass(frozen=True, slots=True, kw_only=True)
class EjectAllBatteries(Wish):
    """Empty a cabinet that is named twice."""

    kind: ClassVar = CommandKind.EJECT_ALL_BATTERIES
    about: ClassVar = "deviceId"
    device: Ref
    confirm_device_native_id: str
    reason: str | None = None

    def flaws(self) -> Iterator[Complaint]:
        """Another cabinet was confirmed than named."""
        if self.confirm_device_native_id != self.device.native_id:
            message = "this is not the nativeId of the cabinet that deviceId names; nothing was ejected"
            yield invalid(message, "confirmDeviceNativeId")
        yield from flaws_of_text(self.reason, LONGEST_REASON, "reason", least=0)

    def instruction(self) -> Instruction:
        """Why."""
        return Instruction(reason=self.reason)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The whole cabinet."""
        return (Aim(device=(await find.device(self.device, "deviceId")).ref),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RentBattery(Wish):
    """Start a rental."""

    kind: ClassVar = CommandKind.RENT_BATTERY
    about: ClassVar = "deviceId"
    device: Ref
    slot: Ref | None = None
    external_id: str | None = None

    def flaws(self) -> Iterator[Complaint]:
        """A slot of another cabinet, or an id that cannot be kept."""
        yield from _slot_elsewhere(self.slot, self.device)
        yield from flaws_of_text(self.external_id, LONGEST_EXTERNAL_ID, "externalId")

    def instruction(self) -> Instruction:
        """Under which id of the client's own."""
        return Instruction(external_id=self.external_id)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The cabinet, or one slot of it."""
        if self.slot is None:
            return (Aim(device=(await find.device(self.device, "deviceId")).ref),)
        slot = await find.slot(self.slot, "slotId")
        return (Aim(device=self.device, slot=slot.ref),)

    def field_of(self, position: int) -> tuple[str, ...]:
        """The slot where one was named."""
        del position
        return ("deviceId" if self.slot is None else "slotId",)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteRental(Wish):
    """Close a rental."""

    kind: ClassVar = CommandKind.COMPLETE_RENTAL
    about: ClassVar = "sessionId"
    session: Ref

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The rental. It is closed in the vendor's books: whether its cabinet is online makes no difference."""
        find.able(self.session.account, "sessionId")
        session = await find.session(self.session, "sessionId")
        if session.kind is not ChargingSessionKind.RENTAL:
            raise Refused(invalid("this is a charge and no rental: stopCharging ends it", "sessionId"))
        if session.device is None:
            message = "the vendor does not say from which cabinet this was rented, so that it cannot be closed here"
            field = (INPUT, "sessionId")
            raise Refused(Complaint(ProblemCode.REJECTED, message, field, Resolution.CONTACT_SUPPORT))
        return (Aim(device=session.device, battery=session.battery, session=session.ref),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperateDevice(Wish):
    """A maintenance operation."""

    kind: ClassVar = CommandKind.OPERATE_DEVICE
    about: ClassVar = "deviceId"
    device: Ref
    operation: DeviceOperation
    slot: Ref | None = None
    reason: str | None = None

    def flaws(self) -> Iterator[Complaint]:
        """A slot too many or too few, or one of another device."""
        if self.operation in ON_ONE_SLOT and self.slot is None:
            yield invalid(f"{self.operation.value} is done to one slot: name it", "slotId")
        if self.operation not in ON_ONE_SLOT and self.slot is not None:
            yield invalid(f"{self.operation.value} is done to the whole device: leave the slot out", "slotId")
        yield from _slot_elsewhere(self.slot, self.device)
        yield from flaws_of_text(self.reason, LONGEST_REASON, "reason", least=0)

    def instruction(self) -> Instruction:
        """What, and why."""
        return Instruction(operation=self.operation, reason=self.reason)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The device, or one slot of it."""
        refuse_if(self._unknown_to(find))
        if self.slot is None:
            return (Aim(device=(await find.device(self.device, "deviceId")).ref),)
        slot = await find.slot(self.slot, "slotId")
        return (Aim(device=self.device, slot=slot.ref),)

    def field_of(self, position: int) -> tuple[str, ...]:
        """The slot where one was named."""
        del position
        return ("deviceId" if self.slot is None else "slotId",)

    def _unknown_to(self, find: Finder) -> Iterator[Complaint]:
        member = find.able(self.device.account, "deviceId")
        rule = member.manifest.rule(self.kind)
        offered = rule.operations if rule else ()
        if self.operation not in offered:
            names = ", ".join(operation.value for operation in offered)
            message = f"{member.account.vendor.name} does not offer {self.operation.value}; it offers {names or 'none'}"
            yield Complaint(ProblemCode.UNSUPPORTED, message, (INPUT, "operation"), Resolution.NONE)


def _slot_elsewhere(slot: Ref | None, device: Ref) -> Iterator[Complaint]:
    if slot is not None and slot.device != device:
        yield invalid("this is a slot of another device than deviceId names", "slotId")
