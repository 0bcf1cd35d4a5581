"""How HanChuESS requests are signed.

https://docs.hanchuess.com/home/api-reference/specification asks for `X-Signature` ("HMAC256"), `X-Timestamp`
(milliseconds) and `X-Nonce` (six random characters) and does not say what is signed: `string_to_sign` is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vendors.kit.signing import Signable, hmac_sha256

NONCE_LENGTH = 6


def string_to_sign(request: Signable) -> bytes:
    """Method, path with prefix, timestamp, nonce and body, a line each. ASSUMED."""
    head = f"{request.method}\n{request.path}\n{request.timestamp_ms}\n{request.nonce}\n"
    return head.encode() + request.body


@dataclass(frozen=True, slots=True)
class HanchuessSignature:
    """The three headers, all of which the vendor requires."""

    key: str = field(repr=False)

    def __call__(self, request: Signable) -> Mapping[str, str]:
        """The headers of this try."""
        return {
            "X-Timestamp": str(request.timestamp_ms),
            "X-Nonce": request.nonce,
            "X-Signature": hmac_sha256(self.key, string_to_sign(request)),
        }
