"""GraphQL errors are for our own faults and for wrong requests; what a vendor did wrong is data, as `problems`.

A client sees the message of an error that was meant for it. Anything else is replaced by a number, and the log has
the place under that number: frames and types, never messages, because a message may quote personal data.
"""

import secrets
import traceback
from collections.abc import Iterator

import structlog
from graphql import GraphQLError

from model.faults import Fault
from model.states import ProblemCode, Resolution
from resolvers.scope import BadInput

log = structlog.get_logger("graph")


def refusal(code: ProblemCode, message: str, resolution: Resolution) -> GraphQLError:
    """An error that a client is meant to read, with what a program needs to act on it."""
    return GraphQLError(message, extensions={"code": code.value, "resolution": resolution.value})


def bad_input(message: str) -> GraphQLError:
    """The request is wrong; `message` says how to mend it."""
    return refusal(ProblemCode.INVALID_INPUT, message, Resolution.USER_ACTION)


def shown(error: GraphQLError) -> GraphQLError:
    """What a client sees of an error."""
    origin = next((cause for cause in _origins(error) if not isinstance(cause, GraphQLError)), None)
    match origin:
        case None:
            return error
        case BadInput():
            replacement = bad_input(str(origin))
        case Fault():
            replacement = refusal(origin.code, origin.message, origin.resolution)
        case _:
            replacement = _masked(origin)
    return GraphQLError(
        replacement.message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=replacement.extensions,
    )


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.original_error if isinstance(error, GraphQLError) else None


def _masked(origin: BaseException) -> GraphQLError:
    number = secrets.token_hex(4)
    log.error("graph.internal_error", report=number, error=type(origin).__qualname__, frames=_frames(origin))
    message = f"Internal error, report number {number}"
    return refusal(ProblemCode.INTERNAL, message, Resolution.CONTACT_SUPPORT)


def _frames(origin: BaseException) -> list[str]:
    """Where it happened, and where its causes did, innermost last."""
    lines: list[str] = []
    cause: BaseException | None = origin
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = traceback.extract_tb(cause.__traceback__)
        lines[:0] = [type(cause).__qualname__, *(f"{at.filename}:{at.lineno} {at.name}" for at in frames)]
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return lines
