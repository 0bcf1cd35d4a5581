"""The envelope `{errno, msg, data}` of https://docs.hanchuess.com/home/api-reference, and what its codes mean.

A reply succeeds when `errno` is absent or 200, as a number or as text. The vendor's table of numbers is not known:
they are read like HTTP statuses, and the three texts that the pages name are recognised.
"""

from collections.abc import Mapping

from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from vendors.hanchuess.wire import EnvelopeWire
from vendors.kit.wire import items_of, kind_of, read_as

OK = "200"

FAULT_OF_ERRNO: Mapping[str, type[Fault]] = {
    "400": Rejected,
    "401": Unauthorised,
    "403": Unauthorised,
    "404": NotFound,
    "408": TimedOut,
    "429": RateLimited,
    "500": Unreachable,
    "502": Unreachable,
    "503": Unreachable,
    "504": Unreachable,
}

FAULT_OF_TEXT: Mapping[str, type[Fault]] = {
    "device does not exist": NotFound,
    "partner does not exist": NotFound,
    "internal error": Unreachable,
    "too many requests": RateLimited,
}


def data_of(payload: object, operation: str) -> object:
    """What a successful reply wraps; any other reply's fault."""
    if not isinstance(payload, Mapping):
        raise Malformed(f"{operation}: expected an object, got {kind_of(payload)}")
    check(payload, operation)
    if payload.get("data") is None:
        raise Malformed(f"{operation}: the reply has no data")
    return payload["data"]


def check(payload: Mapping[str, object], operation: str) -> None:
    """Raise what the envelope says went wrong. The vendor's text is repeated only where it is a known one."""
    envelope = read_as(EnvelopeWire, payload, operation)
    text = (envelope.msg or "").lower()
    if envelope.errno == OK or "errno" not in payload:
        return
    if envelope.errno is None:
        raise Malformed(f"{operation}: errno cannot be read")
    errno = envelope.errno[:16]
    fault = FAULT_OF_ERRNO.get(errno, Rejected)
    if text in FAULT_OF_TEXT:
        raise FAULT_OF_TEXT[text](f"{operation}: {text} (errno {errno})", raw_code=errno)
    raise fault(f"{operation}: errno {errno}", raw_code=errno)


def records_of(data: object, operation: str) -> list[object]:
    """A list that comes bare or as a page's `records`."""
    return items_of(data["records"] if isinstance(data, Mapping) and "records" in data else data, operation)


def subscriptions_of(payload: object, operation: str) -> list[object]:
    """The subscriptions of a list reply in any of its forms: bare, under `data`, or each wrapped under `devices`.

    The reference's own sample has the third form. A wrapped refusal is left out while others are well.
    """
    if isinstance(payload, list):
        return payload
    if not isinstance(payload, Mapping) or "devices" not in payload:
        return records_of(data_of(payload, operation), operation)
    check(payload, operation)
    found: list[object] = []
    refusal: Fault | None = None
    for item in items_of(payload["devices"], operation):
        try:
            found.append(data_of(item, operation))
        except Fault as fault:
            refusal = fault
    if refusal is not None and not found:
        raise refusal
    return found
