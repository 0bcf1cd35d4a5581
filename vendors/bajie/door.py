"""One account's way into the vendor's API: the sign-in, and the `code` that says what became of a call.

HTTP 200 is not success: `code` decides, and failures carry no payload key at all. A read that is refused is refused; a
command has surely not happened for a few codes only.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

import logging
from collections.abc import Mapping
from typing import Any, TypeAlias

import httpx

from model.faults import DeviceOffline, Malformed, NotFound, Rejected, Uncertain, Unsupported
from model.states import Resolution
from vendors.bajie.settings import BajieSettings
from vendors.kit.http import VendorHttp
from vendors.kit.wire import Whole, Wire, read_as

Envelope: TypeAlias = Mapping[str, Any]

SUCCESS = 0
OFFLINE = 2004
UNBOUND = 2002
NOT_ONLINE = "the cabinet is not online (code 2004)"
NOT_BOUND = "the cabinet is not bound: bind it to a shop in ChargeNow (code 2002)"
REFUSALS: Mapping[int, tuple[str, Resolution]] = {
    800: ("the account is not ready yet, as in its first minutes (code 800)", Resolution.RETRY_LATER),
    UNBOUND: (NOT_BOUND, Resolution.USER_ACTION),
    OFFLINE: (NOT_ONLINE, Resolution.RETRY_LATER),
}

log = logging.getLogger(__name__)


class _Coded(Wire):
    code: Whole = None


class Door:
    """Signs in with Basic, and lets nothing but successes through."""

    def __init__(self, http: VendorHttp, settings: BajieSettings) -> None:
        """A path that answers 404 is one that the vendor has withdrawn."""
        self._http = http.judging({404: Unsupported})
        self._auth: httpx.Auth = httpx.BasicAuth(settings.username, settings.password.get_secret_value())
        self._code_200_paths = settings.code_200_paths
        self._not_found_codes = settings.not_found_codes
        self._has_told_of_200 = False

    async def ask(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        json: object = None,
    ) -> Envelope:
        """Read. Raises Rejected or NotFound with the vendor's code, and what `VendorHttp.read` raises."""
        reply = await self._http.read(operation, method, path, query=query, json=json, auth=self._auth)
        code = _code(operation, reply.payload)
        if not self._is_success(operation, code, path):
            self._refuse_unknown(operation, code)
            remedy, resolution = REFUSALS.get(code, (f"refused with code {code}", Resolution.CONTACT_SUPPORT))
            raise Rejected(f"{operation}: {remedy}", raw_code=str(code), resolution=resolution)
        envelope: Envelope = reply.payload
        return envelope

    async def tell(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        json: object = None,
    ) -> Envelope:
        """Act, once. Raises Uncertain for every answer but success and the few known refusals.

        Code 800, "the record already exists", may mean that it was done, and after code 1055 batteries have left.
        """
        reply = await self._http.send(operation, method, path, query=query, json=json, auth=self._auth)
        try:
            code = _code(operation, reply.payload)
        except Malformed as fault:
            raise Uncertain(f"{fault.message}; it may have been done") from fault
        if not self._is_success(operation, code, path):
            self._refuse_unknown(operation, code)
            if code == OFFLINE:
                raise DeviceOffline(f"{operation}: {NOT_ONLINE}", raw_code=str(code))
            if code == UNBOUND:
                raise Rejected(f"{operation}: {NOT_BOUND}", raw_code=str(code), resolution=Resolution.USER_ACTION)
            raise Uncertain(f"{operation}: answered with code {code}; it may have been done", raw_code=str(code))
        envelope: Envelope = reply.payload
        return envelope

    def _refuse_unknown(self, operation: str, code: int) -> None:
        if code in self._not_found_codes:
            raise NotFound(f"{operation}: the vendor does not know it (code {code})", raw_code=str(code))

    def _is_success(self, operation: str, code: int, path: str) -> bool:
        if code == SUCCESS:
            return True
        if code != 200 or not path.startswith(self._code_200_paths):
            return False
        if not self._has_told_of_200:
            self._has_told_of_200 = True
            log.info("%s: bajie answered code 200, a success by code_200_paths; said once", operation)
        return True


def _code(operation: str, payload: object) -> int:
    code = read_as(_Coded, payload, operation).code
    if code is None:
        raise Malformed(f"{operation}: an answer without a code")
    return code
