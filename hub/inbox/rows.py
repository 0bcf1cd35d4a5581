"""Letters as rows of the `inbox` table."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Row

from hub.inbox.letters import Content, Letter, State
from hub.store.database import as_utc
from hub.store.tables import inbox
from vendors.receiving import Push

OF_A_LETTER = tuple(column for column in inbox.c if column not in {inbox.c.headers, inbox.c.body})
"""The columns that `letter_of` reads."""
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
"""Whoever reads a letter needs none of these: it was verified before it was kept."""


def written(account: str, push: Push) -> Mapping[str, object]:
    """A new letter, waiting."""
    headers = {name: value for name, value in push.headers.items() if name not in _SECRET_HEADERS}
    return {
        "account": account,
        "received_at": push.received_at,
        "state": State.WAITING.value,
        "attempts": 0,
        "size": len(push.body),
        "digest": sha256(push.body).hexdigest(),
        "headers": orjson.dumps(headers),
        "body": push.body,
    }


def letter_of(row: Row[Any]) -> Letter:
    """A row of `OF_A_LETTER`."""
    return Letter(
        number=row.number,
        account=row.account,
        received_at=as_utc(row.received_at),
        state=State(row.state),
        reason=row.reason,
        attempts=row.attempts,
        try_at=None if row.try_at is None else as_utc(row.try_at),
        settled_at=None if row.settled_at is None else as_utc(row.settled_at),
        size=row.size,
        digest=row.digest,
    )


def content_of(row: Row[Any]) -> Content | None:
    """What stood in it; None once it is done."""
    return None if row.body is None else Content(headers=orjson.loads(row.headers), body=row.body)
