"""Every try of a request is stamped and signed anew, over what is really sent."""

from collections.abc import Mapping

import httpx

from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.kit.signing import NONCE_LETTERS, RequestSigning, Signable, hmac_sha256


async def test_a_try_that_is_repeated_has_another_nonce() -> None:
    signed: list[Signable] = []
    sent: list[str] = []

    def strategy(request: Signable) -> Mapping[str, str]:
        signed.append(request)
        return {"X-Proof": request.nonce}

    def answered(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["X-Proof"])
        if len(sent) == 1:
            raise httpx.ReadError("broke")
        return httpx.Response(200, json={})

    clock = FakeClock()
    async with httpx.AsyncClient(transport=httpx.MockTransport(answered), base_url="http://vendor.test") as client:
        http = VendorHttp(client, OpenGate(), clock)
        signing = RequestSigning(clock, strategy, nonce_length=6)
        await http.read("try", "POST", "/a/b", query={"q": 1}, json={"c": 1}, auth=signing)

    first, second = signed
    assert first.nonce != second.nonce
    assert all(len(it.nonce) == 6 and set(it.nonce) <= set(NONCE_LETTERS) for it in signed)
    assert (second.method, second.path, second.body) == ("POST", "/a/b", b'{"c":1}')
    assert second.timestamp_ms == int(clock.now().timestamp() * 1000)
    assert sent == [first.nonce, second.nonce]


def test_hmac_sha256_is_that_of_rfc_4231() -> None:
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

    assert hmac_sha256("Jefe", b"what do ya want for nothing?") == digest
