"""Giving a wish to the command desk, and what is said when it comes to nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from hub.commands.orders import Conflict, KeyReused, Order
from model.commands import Aim, Command
from model.faults import Unsupported
from model.states import CommandStatus, ProblemCode, Resolution
from resolvers.complaints import INPUT, Complaint, Refused, of_fault, of_problem, refuse_if
from resolvers.ordering.finding import Finder
from resolvers.ordering.requests import request_text
from resolvers.ordering.wish import Wish
from resolvers.scope import Scope
from resolvers.texts import flaws_of_text

LONGEST_KEY = 255


@dataclass(frozen=True, slots=True)
class Given:
    """A command that was given. One that the vendor refused comes with complaints."""

    command: Command
    complaints: tuple[Complaint, ...]


async def give(scope: Scope, wish: Wish, idempotency_key: str) -> Given:
    """Give the command once: a repeat of the key returns the first one before anything else is looked at.

    Raises Refused when there is no command: then nothing was sent, and the key is free.
    """
    refuse_if((*flaws_of_text(idempotency_key, LONGEST_KEY, "idempotencyKey"), *wish.flaws()))
    try:
        command = await _given(scope, wish, idempotency_key)
    except KeyReused as reused:
        raise Refused(_reused(reused)) from reused
    except Unsupported as fault:
        raise Refused(of_fault(fault, *wish.field_of(0))) from fault
    return Given(command, tuple(_refusals(wish, command)))


async def _given(scope: Scope, wish: Wish, key: str) -> Command:
    desk, request = scope.fleet.desk, request_text(wish)
    first = await desk.given_before(scope.viewer, key, request)
    if first is not None:
        return first
    try:
        aims = await wish.aims(Finder(scope, wish.kind))
    except Refused:
        # The same request may have come twice at once, and its first copy may have changed what this one just saw.
        first = await desk.given_before(scope.viewer, key, request)
        if first is not None:
            return first
        raise
    order = Order(
        kind=wish.kind,
        caller=scope.viewer,
        idempotency_key=key,
        request=request,
        aims=aims,
        instruction=wish.instruction(),
    )
    try:
        return await desk.give(order)
    except Conflict as conflict:
        raise Refused(await _busy(scope, wish, aims, conflict)) from conflict


def _reused(reused: KeyReused) -> Complaint:
    message = (
        f"this key was used before, for another request: {reused.first.id}. "
        "Repeat that request as it was, or take a new key"
    )
    return Complaint(ProblemCode.CONFLICT, message, (INPUT, "idempotencyKey"), Resolution.USER_ACTION)


async def _busy(scope: Scope, wish: Wish, aims: tuple[Aim, ...], conflict: Conflict) -> Complaint:
    (first,) = await scope.fleet.desk.by_refs([conflict.first])
    deadline = first.deadline if first else None
    is_ahead = deadline is not None and deadline > scope.clock.now()
    when = f"ask again after {deadline:%Y-%m-%dT%H:%M:%SZ}" if is_ahead else "ask again once its outcome is known"
    message = f"{conflict.on.id} is still busy with {conflict.first.id}; {when}"
    position = next((index for index, aim in enumerate(aims) if conflict.on in (aim.slot, aim.device, aim.session)), 0)
    field = (INPUT, *wish.field_of(position))
    return Complaint(ProblemCode.CONFLICT, message, field, Resolution.RETRY_LATER)


def _refusals(wish: Wish, command: Command) -> Iterator[Complaint]:
    """Why the vendor refused, target by target."""
    for target in command.targets:
        if target.status is not CommandStatus.REJECTED:
            continue
        field = wish.field_of(target.position)
        if target.problem is not None:
            yield of_problem(target.problem, *field)
        else:
            yield Complaint(ProblemCode.REJECTED, "the vendor refused it", (INPUT, *field), Resolution.USER_ACTION)
