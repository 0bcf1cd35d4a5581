"""A push as it is kept, and where it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vendors.receiving import Push


class State(StrEnum):
    """Where a letter stands; the value is stored and never changes."""

    WAITING = "waiting"
    """Not all that it says was taken in yet."""
    DONE = "done"
    """All was taken in; its body is gone."""
    DEAD = "dead"
    """Something of it could not be taken in; the rest was. It can be replayed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One request that came to an account's webhook. `digest`: SHA-256 of the body, `size` in bytes."""

    number: int
    account: str
    received_at: datetime
    state: State
    reason: str | None
    attempts: int
    try_at: datetime | None
    settled_at: datetime | None
    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What stood in a letter that is not done. Personal data may be in it: it is never logged."""

    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Nothing of it."""
        return f"Content({len(self.body)} bytes)"

    def as_push(self, letter: Letter) -> Push:
        """The request as it came."""
        return Push(headers=self.headers, body=self.body, received_at=letter.received_at)
