"""Fleets of which something can be wished, and what came of it."""

from typing import Any

from model.refs import Ref, device_ref, session_ref, slot_ref
from model.states import CommandKind, SlotKind
from resolvers.complaints import Complaint, Refused
from resolvers.ordering.desk import Given, give
from resolvers.ordering.wish import Wish
from tests.resolvers.scripted import Given as GivenAccount
from tests.resolvers.scripted import World, account
from tests.resolvers.things import reading, slot
from vendors.contract import DeviceReading, ListsDevices
from vendors.manifest import CommandRule

D1, D2 = device_ref("a", "D1"), device_ref("a", "D2")
SLOT = slot_ref(D1, 1)
R1, R2 = session_ref("a", "R1"), session_ref("a", "R2")


def rule(kind: CommandKind, **said: Any) -> CommandRule:
    """How one kind of command is done by a vendor of whom nothing else matters."""
    return CommandRule(kind=kind, call="", proof="", **{"deadline_s": 60, "looks_s": (1, 2), "patience_s": 600, **said})


def acting(
    key: str, *kinds: CommandKind, protocols: tuple[type, ...] = (ListsDevices,), **manifest: Any
) -> GivenAccount:
    """An account whose devices can be told so."""
    rules = {"commands": tuple(rule(kind) for kind in kinds)}
    return account(key, *protocols, **{"slot_kind": SlotKind.SOCKET, **rules, **manifest})


def device(native: str = "D1", account_key: str = "a", **said: Any) -> DeviceReading:
    """A device with one slot."""
    return reading(native, account_key, **{"slots": (slot(native, 1, account_key),), **said})


async def complaints(world: World, wish: Wish, key: str = "k") -> list[Complaint]:
    """Why nothing came of it. Nothing may have been ordered."""
    try:
        await give(world.scope(), wish, key)
    except Refused as refused:
        assert world.desk.orders == []
        return list(refused.complaints)
    raise AssertionError("it was given")


async def complaint(world: World, wish: Wish, key: str = "k") -> tuple[str, str, str]:
    """The one reason why nothing came of it: code, path and what helps."""
    (one,) = await complaints(world, wish, key)
    return one.code.value, ".".join(one.field or ()), one.resolution.value


async def given(world: World, wish: Wish, key: str = "k") -> Given:
    """What was given, with nothing against it."""
    found = await give(world.scope(), wish, key)
    assert found.complaints == ()
    return found


def aimed(world: World) -> list[tuple[Ref, Ref | None, Ref | None]]:
    """What the only order is about: device, slot and session."""
    (order,) = world.desk.orders
    return [(aim.device, aim.slot, aim.session) for aim in order.aims]
