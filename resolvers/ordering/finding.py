"""What a wish names, looked for where it is known already; a vendor is asked only where a refusal would follow."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hub.member import Member
from model.records import ChargingSession, Device, Slot
from model.refs import Ref
from model.states import Capability, CommandKind, Connectivity, ProblemCode, Resolution
from resolvers import accounts, lookup, sessions, slots
from resolvers.complaints import INPUT, Complaint, Refused, invalid, not_found, of_problem, refuse_if
from resolvers.roster import roster
from resolvers.scope import ANY_AGE, NOW, Scope

WANTS = frozenset({"Query.slot"})
"""Of the fleet only slots are looked at, and not their health."""


class Finder:
    """Looks for one command, once; every method raises Refused for what is not there or cannot be told to do it."""

    def __init__(self, scope: Scope, kind: CommandKind) -> None:
        """Under a scope of its own: what the client selects has nothing to do with what must be known."""
        self._scope = replace(scope, wants=WANTS)
        self._kind = kind
        self._capability = Capability[kind.value]

    async def device(self, ref: Ref, *field: str) -> Device:
        """A device that can be told so and is not known to be away."""
        (device,) = await lookup.known_by_refs(self._scope, [ref])
        if device is None:
            raise Refused(await self._unknown_device(ref, field))
        refuse_if((*self._unable(device, field), *self._away(device, field)))
        return device

    async def devices(self, refs: Sequence[Ref], field: str) -> list[Device]:
        """Devices that can all be told so. One that is away is left to the vendor: the others need not wait for it."""
        if len(refs) == 1:
            return [await self.device(refs[0], field, "0")]
        devices: list[Device] = []
        complaints: list[Complaint] = []
        for index, device in enumerate(await lookup.known_by_refs(self._scope, refs)):
            place = (field, str(index))
            if device is None:
                complaints.append(await self._unknown_device(refs[index], place))
            else:
                complaints.extend(self._unable(device, place))
                devices.append(device)
        refuse_if(complaints)
        return devices

    async def slot(self, ref: Ref, *field: str) -> Slot:
        """A slot, counted from 1, of a device that can be told so."""
        device = await self.device(ref.device, *field)
        found = await self._slots(device, ANY_AGE) or await self._slots(device, NOW)
        slot = next((slot for slot in found if slot.ref == ref), None)
        if slot is None:
            state = self._scope.states.get((device.ref, NOW))
            if state is not None and state.problems:
                raise Refused(of_problem(state.problems[0], *field))
            raise Refused(not_found(f"{device.ref.native_id} has no slot {ref.native_id}", *field))
        if slot.index < 1:
            raise Refused(invalid("slots are counted from 1: slot 0 would mean all of them", *field))
        return slot

    async def session(self, ref: Ref, *field: str) -> ChargingSession:
        """A session, as it was last known."""
        found = await sessions.last_known(self._scope, ref) or await self.session_now(ref)
        if found is None:
            raise Refused(await self._unknown_session(ref, field))
        return found

    async def session_now(self, ref: Ref) -> ChargingSession | None:
        """A session as its vendor tells it now."""
        (found,) = await sessions.by_refs(self._scope, [ref], NOW)
        return found

    async def running(self, slot: Slot, max_age: int | None = None) -> ChargingSession | None:
        """The session that runs on a slot, as far as is known."""
        (found,) = await sessions.active_of_slots(self._scope, [slot], max_age)
        return found

    def able(self, account: str, *field: str) -> Member:
        """An account whose vendor can be told so, whatever becomes of the device."""
        member = self._scope.member(account)
        if member is None:
            raise Refused(not_found(f"there is no account {account}", *field))
        if self._capability not in member.capabilities:
            raise Refused(self._lacking(member, f"account {account}", field))
        return member

    async def _slots(self, device: Device, max_age: int) -> list[Slot]:
        (found,) = await slots.of_devices(self._scope, [device], max_age)
        return found

    def _unable(self, device: Device, field: Sequence[str]) -> Iterator[Complaint]:
        member = self._scope.member(device.ref.account)
        if member is not None and self._capability not in accounts.capabilities_of(self._scope, device):
            yield self._lacking(member, device.ref.native_id, field)

    def _lacking(self, member: Member, whom: str, field: Sequence[str]) -> Complaint:
        message = (
            f"{member.account.vendor.name} does not offer {self._capability.value} for {whom}: "
            "ask for `capabilities` to see what it offers"
        )
        return Complaint(ProblemCode.UNSUPPORTED, message, (INPUT, *field), Resolution.NONE)

    def _away(self, device: Device, field: Sequence[str]) -> Iterator[Complaint]:
        """By a fresh reading only: an old one says nothing of now, and the vendor is asked before the act anyway."""
        member = self._scope.member(device.ref.account)
        if member is None or device.connectivity is not Connectivity.OFFLINE or device.reading.is_stale:
            return
        if self._scope.is_recent(device.reading, member.manifest.cadence.device, None):
            message = (
                f"{device.ref.native_id} is not connected to {member.account.vendor.name}; nothing was sent. "
                "Ask again once it is online"
            )
            yield Complaint(ProblemCode.DEVICE_OFFLINE, message, (INPUT, *field), Resolution.RETRY_LATER)

    async def _unknown_device(self, ref: Ref, field: Sequence[str]) -> Complaint:
        """While its account cannot be read a device may exist without anybody knowing."""
        member = self._scope.member(ref.account)
        if member is not None and self._scope.has(("roster", member.key, None)):
            problems = (await roster(self._scope, member, None)).problems
            if problems:
                return of_problem(problems[0], *field)
        return not_found(f"there is no device {ref.id}", *field)

    async def _unknown_session(self, ref: Ref, field: Sequence[str]) -> Complaint:
        member = self._scope.member(ref.account)
        problem = None if member is None else (await sessions.journal(self._scope, member, None, NOW)).problem
        return of_problem(problem, *field) if problem else not_found(f"there is no session {ref.id}", *field)
