"""What the vendor pushes, and what one account's receiver makes of it."""

import json
from datetime import UTC, datetime
from typing import Any

from tests.vendors.bajie.samples import ACCOUNT
from vendors.bajie.settings import BajieSettings
from vendors.bajie.webhook import BajieReceiver
from vendors.receiving import Push, Pushed

RECEIVED = datetime(2026, 1, 1, 5, 0, tzinfo=UTC)
"""One o'clock in China."""


def receiver(**keys: Any) -> BajieReceiver:
    own = {"id": ACCOUNT, "vendor": "bajie", "username": "agent-example", "password": "a-long-password"}
    return BajieReceiver(BajieSettings.model_validate({**own, **keys}))


def push(body: Any, media_type: str = "application/json") -> Push:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Push(headers={"content-type": media_type}, body=content, received_at=RECEIVED)


def read(body: Any, media_type: str = "application/json", **keys: Any) -> Pushed:
    (found,) = receiver(**keys).read(push(body, media_type))
    assert isinstance(found, Pushed)
    return found


def event(name: Any, **data: Any) -> dict[str, Any]:
    return {"agentAccount": "agent-example", "event": name, "eventData": data}
