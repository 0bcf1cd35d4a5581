"""Batteries: lists, single ones, those in a device and the one in a slot."""

from collections.abc import Callable, Sequence
from itertools import chain

from hub.member import Member
from hub.shelves import Place, Shelf
from model.records import Battery, ChargingSession, Device, Problem, Slot
from model.refs import Ref
from model.states import BatteryStatus, Capability, ChargingSessionStatus
from resolvers.batching import refs_by_account
from resolvers.filters import BatteryFilter
from resolvers.gathering import from_accounts
from resolvers.lookup import by_refs as devices_by_refs
from resolvers.paging import Page, PageArgs, distinct, page_of
from resolvers.roster import Roster, ever_listed, known_devices, roster
from resolvers.scope import Scope
from resolvers.sessions import journal
from resolvers.states import DeviceState, states_of


async def page(scope: Scope, args: PageArgs, where: BatteryFilter, max_age: int | None) -> Page[Battery]:
    """One page of batteries by id, with the accounts whose part is missing or stale. Batteries have no names.

    Every device that may hold one is read; of a fleet larger than its quota the oldest known part is read first and
    the rest is shown as last known.
    """
    members = [member for member in scope.members(where.accounts) if Capability.READ_BATTERIES in member.capabilities]
    if where.devices is not None:
        members = [member for member in members if any(ref.account == member.key for ref in where.devices)]
    rosters = await from_accounts(members, lambda member: roster(scope, member, max_age))
    devices = [
        found.known_as(row.record)
        for found in rosters
        for row in found.shelf.rows(scope.started_at)
        if where.devices is None or row.record.ref in where.devices
    ]
    states = await states_of(scope, devices, max_age)
    batteries: Shelf[Battery] = Shelf(_place)
    batteries.fill((states,), lambda: _each_once(states), scope.started_at)
    problems = chain(_roster_problems(rosters), (problem for state in states for problem in state.problems))
    return page_of([batteries], args, scope.started_at, keep=_keep(where), problems=distinct(problems))


async def of_devices(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[list[Battery]]:
    """The batteries in each device."""
    return [list(state.batteries.values()) for state in await states_of(scope, devices, max_age)]


async def of_slots(scope: Scope, slots: Sequence[Slot], max_age: int | None) -> list[Battery | None]:
    """The battery in each slot; None where none is, or nobody says."""
    owners = list(dict.fromkeys(slot.ref.device for slot in slots if slot.battery is not None))
    known = [scope.states.get((owner, max_age)) for owner in owners]
    missing = [owner for owner, state in zip(owners, known, strict=True) if state is None]
    devices = [device for device in await devices_by_refs(scope, missing, max_age) if device is not None]
    await states_of(scope, devices, max_age)
    states: dict[Ref, DeviceState] = {
        owner: scope.states[owner, max_age] for owner in owners if (owner, max_age) in scope.states
    }
    return [
        state.batteries.get(slot.battery) if slot.battery and (state := states.get(slot.ref.device)) else None
        for slot in slots
    ]


async def by_refs(scope: Scope, refs: Sequence[Ref], max_age: int | None) -> list[Battery | None]:
    """Batteries by ref, wherever they are: where they were last, in another device, or out on a rental."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[Battery | None]:
        inside = await _inside(scope, await _last_places(scope, member, frozenset(some)), max_age)
        if all(ref in inside for ref in some):
            return [inside[ref] for ref in some]
        found = await roster(scope, member, max_age)
        devices = [found.known_as(row.record) for row in found.shelf.rows(scope.started_at)]
        inside = await _inside(scope, devices, max_age)
        if all(ref in inside for ref in some):
            return [inside[ref] for ref in some]
        out = _rented((await journal(scope, member, None, max_age)).sessions)
        return [inside.get(ref) or out.get(ref) for ref in some]

    return await refs_by_account(scope, refs, of_account, None)


async def _last_places(scope: Scope, member: Member, refs: frozenset[Ref]) -> list[Device]:
    """The devices in which these batteries were when it was last read what is in them; nobody is asked for it."""
    listed = await ever_listed(scope, member)
    names = list(dict.fromkeys((*listed, *member.settings.devices)))
    known = (one for one in (*listed.values(), *await known_devices(scope, member, names)) if one is not None)
    holders = (one.device for one in known if any(battery.ref in refs for battery in one.batteries or ()))
    return list({device.ref: device for device in holders}.values())


async def _inside(scope: Scope, devices: Sequence[Device], max_age: int | None) -> dict[Ref, Battery]:
    """The batteries in these devices now."""
    return {battery.ref: battery for battery in _each_once(await states_of(scope, devices, max_age))}


def _rented(sessions: Sequence[ChargingSession]) -> dict[Ref, Battery]:
    """Batteries of which only their rental is known."""
    return {
        session.battery: Battery(ref=session.battery, status=BatteryStatus.RENTED, reading=session.reading)
        for session in sessions
        if session.battery is not None and session.status is ChargingSessionStatus.ACTIVE
    }


def _each_once(states: Sequence[DeviceState]) -> list[Battery]:
    """A battery that moved while devices were read is where it was read last."""
    found: dict[Ref, Battery] = {}
    for state in states:
        for ref, battery in state.batteries.items():
            other = found.get(ref)
            if other is None or _later(battery, other):
                found[ref] = battery
    return list(found.values())


def _later(battery: Battery, other: Battery) -> bool:
    mine, theirs = battery.reading.fetched_at, other.reading.fetched_at
    return mine is not None and (theirs is None or mine > theirs)


def _roster_problems(rosters: Sequence[Roster]) -> list[Problem]:
    return [problem for found in rosters for problem in found.problems]


def _place(battery: Battery) -> Place:
    return (battery.ref.id,)


def _keep(where: BatteryFilter) -> Callable[[Battery], bool]:
    least = where.min_state_of_charge

    def keep(battery: Battery) -> bool:
        charge = battery.state_of_charge
        return (where.statuses is None or battery.status in where.statuses) and (
            least is None or (charge is not None and charge >= least)
        )

    return keep
