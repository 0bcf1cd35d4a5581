"""What came of a change, or why nothing did."""

from collections.abc import Awaitable

from resolvers.complaints import Complaint, Refused
from resolvers.managing.change import Changed


async def complaints(change: Awaitable[Changed]) -> list[Complaint]:
    """Why it was not made."""
    try:
        await change
    except Refused as refused:
        return list(refused.complaints)
    raise AssertionError("it was made")


async def complaint(change: Awaitable[Changed]) -> tuple[str, str | None, str]:
    """The one reason why it was not made: code, path and what helps."""
    (one,) = await complaints(change)
    return one.code.value, None if one.field is None else ".".join(one.field), one.resolution.value
