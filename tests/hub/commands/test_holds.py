"""What commands keep for themselves: every kind beside every kind."""

from itertools import product

import pytest

from hub.commands.holds import NOTHING, SOMETHING, WHOLE_DEVICE, collide, hold_of
from model.commands import Aim, Instruction
from model.refs import device_ref, session_ref, slot_ref
from model.states import CommandKind, DeviceOperation

D1 = device_ref("a", "D1")
ONE, TWO = slot_ref(D1, 1).id, slot_ref(D1, 2).id
RENTAL = session_ref("a", "R1").id
AIMS = {
    "device": Aim(device=D1),
    "slot": Aim(device=D1, slot=slot_ref(D1, 1)),
    "session": Aim(device=D1, session=session_ref("a", "R1")),
    "slot and session": Aim(device=D1, slot=slot_ref(D1, 1), session=session_ref("a", "R1")),
}
NEVER_HELD = {CommandKind.SET_CHARGER_MODE, CommandKind.PUBLISH_ADVERTISEMENT}


@pytest.mark.parametrize("kind", CommandKind)
def test_every_kind_with_every_aim(kind: CommandKind) -> None:
    found = {name: hold_of(kind, aim, Instruction()) for name, aim in AIMS.items()}
    if kind in NEVER_HELD:
        assert set(found.values()) == {NOTHING}
        return
    without_slot = SOMETHING if kind is CommandKind.RENT_BATTERY else WHOLE_DEVICE
    assert found == {"device": without_slot, "slot": ONE, "session": RENTAL, "slot and session": ONE}


@pytest.mark.parametrize("operation", DeviceOperation)
def test_operations_that_only_ask_hold_nothing(operation: DeviceOperation) -> None:
    held = hold_of(CommandKind.OPERATE_DEVICE, AIMS["device"], Instruction(operation=operation))
    assert held == (NOTHING if operation.name in ("REPORT", "HEARTBEAT") else WHOLE_DEVICE)


@pytest.mark.parametrize(
    ("kind", "other"), [pair for pair in product(CommandKind, CommandKind) if not NEVER_HELD & set(pair)]
)
def test_every_kind_beside_every_kind(kind: CommandKind, other: CommandKind) -> None:
    plain = Instruction()
    whole, whole_other = hold_of(kind, AIMS["device"], plain), hold_of(other, AIMS["device"], plain)
    both_rent = kind is other is CommandKind.RENT_BATTERY
    assert collide(whole, whole_other) is not both_rent
    slot, same = hold_of(kind, AIMS["slot"], plain), hold_of(other, AIMS["slot"], plain)
    assert collide(slot, same)
    elsewhere = hold_of(other, Aim(device=D1, slot=slot_ref(D1, 2)), plain)
    assert not collide(slot, elsewhere)


HOLDS = (NOTHING, WHOLE_DEVICE, SOMETHING, ONE, TWO, RENTAL)
COLLIDING = {
    *((WHOLE_DEVICE, hold) for hold in HOLDS if hold != NOTHING),
    *((hold, WHOLE_DEVICE) for hold in HOLDS if hold != NOTHING),
    *((hold, hold) for hold in (ONE, TWO, RENTAL)),
}


@pytest.mark.parametrize(("held", "wanted"), list(product(HOLDS, HOLDS)))
def test_every_hold_beside_every_hold(held: str, wanted: str) -> None:
    assert collide(held, wanted) is ((held, wanted) in COLLIDING)
