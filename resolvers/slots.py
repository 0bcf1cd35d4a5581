"""Slots: those of devices, and single ones."""

from collections.abc import Sequence
from dataclasses import replace

from hub.member import Member
from model.records import ChargingSession, Device, Slot
from model.refs import Ref
from model.states import SlotStatus, SlotStatusDetail
from resolvers.batching import by_account
from resolvers.lookup import by_refs as devices_by_refs
from resolvers.scope import Scope
from resolvers.sessions import active_by_slot
from resolvers.states import states_of

STATUS = ("Slot.status", "Slot.statusDetail")


async def of_devices(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[list[Slot]]:
    """The slots of each device, by index; a device that was never read may have none yet."""

    async def of_account(member: Member, some: Sequence[Device]) -> list[list[Slot]]:
        states = await states_of(scope, some, max_age)
        slots = [list(state.slots) for state in states]
        if not member.manifest.slot_status_from_sessions or not scope.asks_for(*STATUS):
            return slots
        active = await active_by_slot(scope, member, max_age)
        return [[_in_use(slot, active) for slot in own] for own in slots]

    return await by_account(scope, devices, of_account, [])


async def by_refs(scope: Scope, refs: Sequence[Ref], max_age: int | None) -> list[Slot | None]:
    """Slots by ref; None for what nobody knows."""
    owners = list(dict.fromkeys(ref.device for ref in refs))
    devices = [device for device in await devices_by_refs(scope, owners, max_age) if device is not None]
    found = {slot.ref: slot for slots in await of_devices(scope, devices, max_age) for slot in slots}
    return [found.get(ref) for ref in refs]


def _in_use(slot: Slot, active: dict[Ref, ChargingSession]) -> Slot:
    """A vendor that does not tell the status of its slots still tells which sessions run on them."""
    if slot.status is not SlotStatus.UNKNOWN or slot.ref not in active:
        return slot
    return replace(slot, status=SlotStatus.CHARGING, status_detail=SlotStatusDetail.CHARGING)
