"""The body of a request, read no further than it may be long."""

from starlette.requests import ClientDisconnect, Request

LARGEST_BODY_BYTES = 1024 * 1024


class BodyTooLarge(Exception):
    """The body is longer than it may be."""


class BodyEndedEarly(Exception):
    """The sender went away in the middle of it."""


async def body_of(request: Request, most_bytes: int = LARGEST_BODY_BYTES) -> bytes:
    """The body. Raises BodyTooLarge as soon as that is known, without reading the rest, and BodyEndedEarly."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise BodyTooLarge
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most_bytes:
                raise BodyTooLarge
            chunks.append(chunk)
    except ClientDisconnect:
        raise BodyEndedEarly from None
    return b"".join(chunks)
