"""One change of what a vendor keeps: who can make it, how it is made once, and what is shown of it."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from hub.capabilities import offered
from hub.changes import change
from hub.member import Member
from hub.parts import Key
from model.faults import Fault, NotFound, Uncertain
from model.records import Device, Site, Tariff
from model.refs import Ref
from model.states import Capability, ProblemCode, Resolution
from resolvers.complaints import INPUT, Complaint, Refused, not_found, of_fault
from resolvers.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change was about. `ref`: to be read anew, where it is still there; `otherwise`: to be shown if not."""

    ref: Ref | None
    otherwise: Site | Device | Tariff | None


def manager(scope: Scope, account: str, protocol: type[T], capability: Capability, *field: str) -> tuple[Member, T]:
    """The account and its adapter, as one that can make such changes. Raises Refused where there is none."""
    member = scope.member(account)
    if member is None:
        raise Refused(not_found(f"there is no account {account}", *field))
    adapter = offered(member.adapter, protocol)
    if adapter is None:
        message = f"{member.account.vendor.name} does not offer {capability.value}: do it where the vendor lets you"
        raise Refused(Complaint(ProblemCode.UNSUPPORTED, message, (INPUT, *field), Resolution.NONE))
    return member, adapter


async def once(
    scope: Scope, member: Member, work: Callable[[], Awaitable[T]], outdated: Collection[Key], *field: str
) -> T:
    """Make the change. Raises Refused when it was not made, or when nobody knows. `field`: what may not be found."""
    try:
        return await change(scope.fleet, member, work, outdated)
    except Uncertain as fault:
        message = f"{fault.message}. It may have been done: look at the list before you repeat it"
        raise Refused(Complaint(fault.code, message, None, Resolution.USER_ACTION)) from fault
    except NotFound as fault:
        raise Refused(of_fault(fault, *field)) from fault
    except Fault as fault:
        raise Refused(of_fault(fault)) from fault
