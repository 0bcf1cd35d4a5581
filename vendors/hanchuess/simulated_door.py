"""What a request to the simulated HanChuESS has to pass: the rate, the token, and the headers that sign it.

Tokens, rate and signatures live by the clock of the machine, not by that of the simulated world, which may run faster.
"""

import hashlib
import hmac
import random
import string
from collections.abc import Mapping
from datetime import timedelta

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from model.clock import Clock

CALLS_PER_MINUTE = 60
ACCESS_LIFETIME_S = 3599
REFRESH_LIFETIME_S = 30 * 86_400
OLDEST_TIMESTAMP = timedelta(minutes=5)
SIGNING_HEADERS = ("X-Signature", "X-Timestamp", "X-Nonce")


class TokenBucket:
    """So many calls a minute, refilled all the time; a refused call costs nothing."""

    def __init__(self, clock: Clock) -> None:
        """Full at first."""
        self._clock = clock
        self._left = float(CALLS_PER_MINUTE)
        self._counted_at = clock.monotonic()

    def take(self) -> bool:
        """Whether one more call is allowed now."""
        now = self._clock.monotonic()
        self._left = min(CALLS_PER_MINUTE, self._left + (now - self._counted_at) * CALLS_PER_MINUTE / 60)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class TokenDesk:
    """Gives out access and refresh tokens; a refresh token can be used again until it is 30 days old."""

    def __init__(self, clock: Clock, luck: random.Random) -> None:
        """No tokens yet."""
        self._clock = clock
        self._luck = luck
        self._access: dict[str, float] = {}
        self._refresh: dict[str, float] = {}

    def issue(self) -> Mapping[str, object]:
        """A new pair."""
        now = self._clock.monotonic()
        access, refresh = (f"{kind}-{self._luck.getrandbits(64):016x}" for kind in ("access", "refresh"))
        self._access[access] = now + ACCESS_LIFETIME_S
        self._refresh[refresh] = now + REFRESH_LIFETIME_S
        return {
            "access_token": access,
            "token_type": "bearer",
            "expires_in": ACCESS_LIFETIME_S,
            "refresh_token": refresh,
        }

    def takes(self, authorization: str) -> bool:
        """Whether a header holds a token that lives."""
        return self._access.get(authorization.removeprefix("Bearer "), 0) > self._clock.monotonic()

    def takes_refresh(self, token: str) -> bool:
        """Whether a refresh token lives."""
        return self._refresh.get(token, 0) > self._clock.monotonic()

    def revoke(self, token: str) -> None:
        """Let an access token live no longer."""
        self._access.pop(token.removeprefix("Bearer "), None)


class SignatureDesk:
    """Looks at the three signing headers; only when it is strict does it read them."""

    def __init__(self, clock: Clock, key: str) -> None:
        """`key`: the client secret."""
        self._clock = clock
        self._key = key
        self._nonces: set[str] = set()

    async def refusal(self, request: Request, *, strict: bool) -> Response | None:
        """The answer to a request that is not signed as it should be."""
        headers = request.headers
        if any(not headers.get(name) for name in SIGNING_HEADERS):
            return refused(400, "Bad Request")
        if not strict:
            return None
        timestamp, nonce = headers["X-Timestamp"], headers["X-Nonce"]
        age_ms = abs(self._clock.now().timestamp() * 1000 - int(timestamp)) if timestamp.isdecimal() else float("inf")
        if age_ms > OLDEST_TIMESTAMP.total_seconds() * 1000 or nonce in self._nonces or not _is_nonce(nonce):
            return refused(401, "Unauthorized")
        self._nonces.add(nonce)
        head = f"{request.method}\n{request.url.path}\n{timestamp}\n{nonce}\n"
        expected = hmac.new(self._key.encode(), head.encode() + await request.body(), hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(headers["X-Signature"], expected) else refused(401, "Unauthorized")


def _is_nonce(text: str) -> bool:
    return len(text) == 6 and all(letter in string.ascii_letters + string.digits for letter in text)


def refused(status: int, message: str) -> Response:
    """An HTTP refusal, whose body says the same."""
    return JSONResponse({"errno": status, "msg": message}, status)


class LostReply(Response):
    """The answer to a call that was carried out and whose connection breaks before anybody can read it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Promise a body, send its first byte and break off."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise httpx.ReadError("cut by the simulator")
