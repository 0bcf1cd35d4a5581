"""Slots by their number, which is never 0: to the vendor that is the whole cabinet."""

from typing import Self

from model.commands import CommandTarget
from model.faults import Rejected
from model.states import Resolution


class SlotNumber(int):
    """A slot's number, 1 or more. There is no other object of this class."""

    def __new__(cls, number: object) -> Self:
        """Raises ValueError for everything else, True included."""
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise ValueError("a slot number is a whole number, 1 or more")
        return super().__new__(cls, number)


def slot_number(target: CommandTarget) -> SlotNumber:
    """The slot that a target names, as the vendor counts. Raises Rejected when it names none."""
    if target.slot is None:
        raise _refused("name the slot: this is done to one slot only")
    written = target.slot.native_id
    # One spelling for each slot: "03" would be another slot to whoever keeps two commands apart.
    if not (written.isascii() and written.isdecimal()) or written.startswith("0"):
        raise _refused("the slots of these cabinets are numbered 1, 2, 3 and so on")
    if target.slot.device != target.device:
        raise _refused("the slot is one of another cabinet")
    return SlotNumber(int(written))


def _refused(message: str) -> Rejected:
    return Rejected(message, resolution=Resolution.USER_ACTION)
