"""The way every call to HanChuESS Connect goes: signed, with a bearer token, judged by status and then by envelope.

Signing in is the door's own business: https://docs.hanchuess.com/home/easy-connect/authentication
"""

from collections.abc import Mapping

from model.clock import Clock
from model.faults import Malformed, NotFound, Rejected, TimedOut, Unauthorised, Uncertain, Unreachable
from vendors.hanchuess.envelope import check
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.signature import NONCE_LENGTH, HanchuessSignature
from vendors.hanchuess.wire import TokenWire
from vendors.kit.auth import FixedToken, Token, TokenKeeper, Tokens
from vendors.kit.http import VendorHttp
from vendors.kit.signing import RequestSigning
from vendors.kit.wire import read_as

TOKEN_LIFETIME_S = 3599


class HanchuessDoor:
    """One partner's calls."""

    def __init__(self, http: VendorHttp, clock: Clock, settings: HanchuessSettings) -> None:
        """Signs in by itself when the first call needs it."""
        self._http = http
        self._settings = settings
        self._signing = RequestSigning(clock, HanchuessSignature(settings.signing_key), nonce_length=NONCE_LENGTH)
        self._tokens: Tokens = TokenKeeper(clock, self._sign_in, self._renew)
        if settings.token is not None:
            self._tokens = FixedToken(settings.token.get_secret_value())

    async def aclose(self) -> None:
        """Stop a sign-in that still runs."""
        await self._tokens.aclose()

    async def ask(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
    ) -> object:
        """What a call is answered that may be repeated. A refused token is renewed once, and the call made again."""

        async def asked(token: str) -> object:
            headers = _headers(token)
            reply = await self._http.read(operation, method, path, json=body, headers=headers, auth=self._signing)
            if isinstance(reply.payload, dict):
                check(reply.payload, operation)
            return reply.payload

        return await self._tokens.using(asked)

    async def act(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
    ) -> Mapping[str, object]:
        """What a call is answered that is made once, even when its token is refused: the next call has a new one.

        Raises Uncertain when it may have been done, where reads raise TimedOut, Malformed or Unreachable.
        """
        refusal: Unauthorised | None = None

        async def acted(token: str) -> Mapping[str, object]:
            nonlocal refusal
            if refusal is not None:
                raise refusal
            headers = _headers(token)
            try:
                reply = await self._http.send(operation, method, path, json=body, headers=headers, auth=self._signing)
                return _judged(reply.payload, operation)
            except Unauthorised as fault:
                refusal = fault
                raise

        return await self._tokens.using(acted)

    async def _sign_in(self) -> Token:
        """`POST /portal/oauth/token` with the client's credentials. Raises Unauthorised when they are refused."""
        try:
            return await self._token({"grant_type": "client_credentials"})
        except (Unauthorised, Rejected, NotFound) as refusal:
            remedy = "check client_id, client_secret, base_url and portal_prefix"
            raise Unauthorised(f"sign in: refused; {remedy}", raw_code=refusal.raw_code) from refusal

    async def _renew(self, refresh_token: str) -> Token:
        """A token for a refresh token."""
        return await self._token({"grant_type": "refresh", "refresh_token": refresh_token})

    async def _token(self, grant: Mapping[str, str]) -> Token:
        operation = "sign in"
        secret = self._settings.client_secret
        credentials = {
            "client_id": self._settings.client_id or "",
            "client_secret": secret.get_secret_value() if secret is not None else "",
        }
        path = f"{self._settings.portal_prefix}/oauth/token"
        reply = await self._http.read(operation, "POST", path, form={**grant, **credentials}, auth=self._signing)
        if isinstance(reply.payload, dict):
            check(reply.payload, operation)
        token = read_as(TokenWire, reply.payload, operation)
        if token.access_token is None:
            raise Malformed(f"{operation}: the reply has no access_token")
        lifetime_s = float(token.expires_in) if token.expires_in and token.expires_in > 0 else TOKEN_LIFETIME_S
        return Token(token.access_token, lifetime_s, token.refresh_token)


def _headers(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _judged(payload: object, operation: str) -> Mapping[str, object]:
    """The reply to a call that acted. An answer that is no clear yes or no leaves it open whether it was done."""
    if not isinstance(payload, dict):
        raise Uncertain(f"{operation}: the reply is not an object; it may have been done")
    try:
        check(payload, operation)
    except (Malformed, TimedOut, Unreachable) as fault:
        raise Uncertain(f"{fault.message}; it may have been done", raw_code=fault.raw_code) from fault
    return payload
