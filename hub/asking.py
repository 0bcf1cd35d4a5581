"""A conversation with a vendor that fills no snapshot: through the breaker, at a priority, its outcome noted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.health import DEFAULT_RATE_HOLD_S
from hub.member import Member
from model.faults import Fault, RateLimited
from vendors.kit.quota import Ticket, current_ticket


@asynccontextmanager
async def asking(member: Member, ticket: Ticket) -> AsyncIterator[None]:
    """Entered when the account may be asked. Raises the fault that holds its breaker open, and what the body raises."""
    await member.health.admit()
    outer = current_ticket.set(ticket)
    try:
        yield
    except Fault as fault:
        member.health.failed(fault)
        if isinstance(fault, RateLimited):
            member.gate.shut(fault.retry_after_s or DEFAULT_RATE_HOLD_S)
        raise
    except BaseException:
        member.health.abandon()
        raise
    else:
        member.health.succeeded()
    finally:
        current_ticket.reset(outer)
