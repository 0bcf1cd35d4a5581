"""Signing requests: what goes into a signature and into which headers is a strategy that a vendor gives.

Every try of a request is stamped and signed anew, since a vendor may refuse a nonce that it has seen before.
"""

import hashlib
import hmac
import secrets
import string
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import httpx

from model.clock import Clock

NONCE_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Signable:
    """What of one try of a request can be signed. `path`: as on the wire, without the query."""

    method: str
    path: str
    timestamp_ms: int
    nonce: str
    body: bytes


SigningStrategy: TypeAlias = Callable[[Signable], Mapping[str, str]]
"""The headers that prove who sends this request."""


class RequestSigning(httpx.Auth):
    """Adds a strategy's headers to every try of a request."""

    requires_request_body = True

    def __init__(self, clock: Clock, strategy: SigningStrategy, *, nonce_length: int) -> None:
        """Nonces are random letters and digits."""
        self._clock = clock
        self._strategy = strategy
        self._nonce_length = nonce_length

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Stamp, sign, send."""
        signable = Signable(
            method=request.method,
            path=request.url.path,
            timestamp_ms=int(self._clock.now().timestamp() * 1000),
            nonce="".join(secrets.choice(NONCE_LETTERS) for _ in range(self._nonce_length)),
            body=request.content,
        )
        request.headers.update(self._strategy(signable))
        yield request


def hmac_sha256(key: str, message: bytes) -> str:
    """HMAC-SHA256 in lower-case hexadecimal digits."""
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
