"""HanChuESS Connect, a method an endpoint: https://docs.hanchuess.com/home/api-reference.

Every call is signed and carries a bearer token; replies are judged by status, then by their envelope. Raises nothing
but faults: Unreachable, TimedOut, RateLimited, Unauthorised, NotFound, Rejected and Malformed. The prefixes /api and
/portal are the account's defaults.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from model.clock import Clock
from model.faults import Malformed, NotFound, Rejected, Unauthorised
from vendors.hanchuess.envelope import check, data_of, records_of, subscriptions_of
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.signature import NONCE_LENGTH, HanchuessSignature
from vendors.hanchuess.wire import (
    AssetsWire,
    AssetWire,
    DeviceWire,
    EnergyRecordWire,
    InverterWire,
    PageWire,
    StationWire,
    SubscriptionWire,
    TokenWire,
)
from vendors.kit.auth import FixedToken, Token, TokenKeeper, Tokens
from vendors.kit.http import VendorHttp
from vendors.kit.paging import Page, every
from vendors.kit.signing import RequestSigning
from vendors.kit.wire import Wire, each, items_of, read_as

PAGE_SIZE = 100
TOKEN_LIFETIME_S = 3599

W = TypeVar("W", bound=Wire)


class HanchuessClient:
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

    async def list_stations(self, external_user_id: str) -> list[StationWire]:
        """`POST /api/v1/station/list`: the stations of one linked user, by the partner's own id of that user."""
        operation = "list stations"
        data = await self._data(operation, "/v1/station/list", {"externalUserId": external_user_id})
        return _read_each(StationWire, records_of(data, operation), operation)

    async def read_station(self, station_id: str) -> StationWire:
        """`POST /api/v1/station/detail`: one station."""
        operation = "read station"
        return read_as(
            StationWire, await self._data(operation, "/v1/station/detail", {"stationId": station_id}), operation
        )

    async def list_devices(self, station_id: str) -> list[DeviceWire]:
        """`POST /api/v1/device/list`: the inverters of a station, every page."""
        return await self._every_page(DeviceWire, "list devices", "/v1/device/list", {"stationId": station_id})

    async def read_device(self, sn: str) -> DeviceWire:
        """`POST /api/v1/device/detail`: one inverter and the serials of its batteries."""
        operation = "read device"
        return read_as(DeviceWire, await self._data(operation, "/v1/device/detail", {"sn": sn}), operation)

    async def read_inverter(self, sn: str) -> InverterWire:
        """`POST /api/v1/device/inverter/realtime`: what an inverter measures now."""
        operation = "read inverter"
        return read_as(InverterWire, await self._data(operation, "/v1/device/inverter/realtime", {"sn": sn}), operation)

    async def list_energy_records(self, sn: str, start: datetime, end: datetime) -> list[EnergyRecordWire]:
        """`POST /api/v1/device/battery/charge-discharge-records`: half hours between two instants, every page.

        At most 90 days; the records name the batteries of the inverter.
        """
        path = "/v1/device/battery/charge-discharge-records"
        window = {"sn": sn, "start": _instant(start), "end": _instant(end)}
        return await self._every_page(EnergyRecordWire, "list energy records", path, window)

    async def list_assets(self, organisation_id: str) -> list[AssetWire]:
        """`GET /api/{orgId}/v1/devices`: onboarded assets with their ratings. The reply has no envelope."""
        operation = "list assets"
        path = f"{self._settings.api_prefix}/{quote(organisation_id, safe='')}/v1/devices"
        payload = read_as(AssetsWire, await self._call(operation, "GET", path), operation)
        return _read_each(AssetWire, items_of(payload.devices, operation), operation)

    async def list_subscriptions(self) -> list[SubscriptionWire]:
        """`POST /portal/v1/oem/subscriptions`: the partner's registrations for pushes."""
        operation = "list subscriptions"
        path = f"{self._settings.portal_prefix}/v1/oem/subscriptions"
        payload = await self._call(operation, "POST", path, {"oem": self._settings.oem})
        return _read_each(SubscriptionWire, subscriptions_of(payload, operation), operation)

    # How a call is made.

    async def _data(self, operation: str, path: str, body: Mapping[str, object]) -> object:
        """What the envelope of a POST under the API prefix wraps."""
        return data_of(await self._call(operation, "POST", self._settings.api_prefix + path, body), operation)

    async def _every_page(self, model: type[W], operation: str, path: str, body: Mapping[str, object]) -> list[W]:
        async def page(number: int) -> Page[object, int]:
            data = await self._data(operation, path, {**body, "current": number, "size": PAGE_SIZE})
            records = records_of(data, operation)
            pages = read_as(PageWire, data, operation).pages
            more = number < pages if pages is not None else len(records) >= PAGE_SIZE
            return Page(records, number + 1 if more and records else None)

        return _read_each(model, [record async for record in every(1, page, operation)], operation)

    async def _call(
        self,
        operation: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
    ) -> object:
        async def send(token: str) -> object:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            reply = await self._http.read(operation, method, path, json=body, headers=headers, auth=self._signing)
            if isinstance(reply.payload, dict):
                check(reply.payload, operation)
            return reply.payload

        return await self._tokens.using(send)

    # Signing in: https://docs.hanchuess.com/home/easy-connect/authentication

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


def _read_each(model: type[W], items: list[object], operation: str) -> list[W]:
    return list(each(lambda item: read_as(model, item, operation), items))


def _instant(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
