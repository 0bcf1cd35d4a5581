"""Changes of what a vendor keeps, such as its sites and prices: one call each, never repeated."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from hub.asking import asking
from hub.fleet import Fleet
from hub.member import Member
from hub.parts import Key
from vendors.kit.quota import Priority, Ticket

T = TypeVar("T")


async def change(fleet: Fleet, member: Member, work: Callable[[], Awaitable[T]], outdated: Collection[Key]) -> T:
    """Do it, before any read; the parts that it outdates are read anew when somebody wants them next.

    Raises Uncertain when it may have been done, any other fault when it was not.
    """
    async with asking(member, Ticket(priority=Priority.COMMAND)):
        try:
            return await work()
        finally:
            fleet.snapshots.doubt(outdated)
