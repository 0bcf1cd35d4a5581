"""The account's token: issued by the vendor's staff, or fetched with user name and password (OEM platform)."""

import asyncio

from model.faults import Malformed
from vendors.kit.http import VendorHttp
from vendors.kit.wire import read_as
from vendors.lvcchong.envelope import data_of
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.wire import Token


class SignIn:
    """Holds one token and fetches another when the vendor refuses it; callers that wait together share one fetch."""

    def __init__(self, http: VendorHttp, settings: LvccSettings) -> None:
        self._http = http
        self._settings = settings
        self._token = settings.token.get_secret_value() if settings.token else None
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        """The token to send. Raises Unauthorised when user name or password are wrong."""
        async with self._turn:
            if self._token is None:
                self._token = await self._fetched()
            return self._token

    def forget(self, token: str) -> bool:
        """Drop a token that the vendor refused; whether another one can be had."""
        form = self._settings.sign_in_form()
        if form and self._token == token:
            self._token = None
        return bool(form)

    async def _fetched(self) -> str:
        path, form = self._settings.token_path, self._settings.sign_in_form()
        reply = await self._http.read("sign in", "POST", path, form=form)
        token = read_as(Token, data_of("sign in", reply.payload), "sign in").token
        if token is None or not (token.isascii() and token.isprintable()):
            raise Malformed("sign in: the answer holds no token")
        return token
