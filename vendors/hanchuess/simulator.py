"""HanChuESS Connect as its pages describe it (https://docs.hanchuess.com/home/), over real HTTP: what can be read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vendors.hanchuess import simulated_documents as documents
from vendors.hanchuess.simulated_documents import Document, Stamps, Subscription
from vendors.hanchuess.simulated_door import SignatureDesk, TokenBucket, TokenDesk, refused
from vendors.hanchuess.simulated_fleet import HOMES_OF_USERS, Fleet, Inverter, Station
from vendors.hanchuess.translate import instant
from vendors.kit.simulator import Simulator

OEM = "H03ZSIMULATED0SY37"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - opens the simulator only
DEFAULT_ENERGY_WINDOW = timedelta(days=7)
LONGEST_ENERGY_WINDOW = timedelta(days=90)

Body: TypeAlias = Mapping[str, Any]


class NoSuchThing(ValueError):
    """The vendor does not know what was asked for; the message is the vendor's."""


class HanchuessSimulator(Simulator):
    """One partner, two linked users with five homes, eight inverters with batteries, two subscriptions."""

    slug = "hanchuess"
    default_port = 9104
    faults: ClassVar[Mapping[str, str]] = {
        "errno_form": "`errno` comes as `value`: int, string or absent, everywhere.",
        "errno": "HTTP 200 with `errno` of `value` (default 500) and no data.",
        "list_form": "The subscription list comes as `value`: plain (a bare list) or data (a list under `data`).",
        "time_form": "Every instant comes as `value`: iso or ms (default iso), whatever the field's own form is.",
        "clock_skew": "Instants of readings are `value` seconds ahead (default 900).",
        "soc_out_of_range": "The state of charge comes as a percentage, 29 for 0.29.",
        "null_readings": "Every value that an inverter measures is null.",
        "token_expired_early": "The access token of the call is refused from now on: 401.",
        "refresh_refused": "Refresh tokens are refused: 400.",
        "prefix_only": "Only calls under `value` (/portal or /api) are known, others answer 404; sign-in is not hit.",
        "strict_signature": "A wrong signature, an old timestamp and a used nonce are refused: 401.",
        "small_pages": "No page holds more than `value` records (default 5), however many were asked for.",
        "silent_deactivation": "Every active subscription becomes inactive without a word.",
    }

    def build(self) -> None:
        """A fleet that has lived for a week, and no tokens yet."""
        self.fleet = Fleet(self.random, self.now)
        self.tokens = TokenDesk(self.clock, self.random)
        self.signatures = SignatureDesk(self.clock, CLIENT_SECRET)
        self.bucket = TokenBucket(self.clock)
        serials = tuple(self.fleet.inverters)
        created_at = self.now - timedelta(days=3)
        self.subscriptions = [
            Subscription("RDSIM0001ZrWO", OEM, serials[:6], created_at, is_active=True, last_success_at=self.now),
            Subscription("RDSIM0002ZrWO", OEM, serials[6:], created_at, is_active=False),
        ]

    def account(self) -> Mapping[str, object]:
        """The partner's credentials and its linked users."""
        return {
            "id": "storage",
            "vendor": self.slug,
            "name": "Home storage",
            "oem": OEM,
            "client_id": OEM,
            "client_secret": CLIENT_SECRET,
            "external_user_ids": list(HOMES_OF_USERS),
        }

    def step(self, seconds: float) -> None:
        """The sun moves on, homes use power, and active subscriptions get their telemetry."""
        self.fleet.move(seconds, self.now)
        for subscription in self.subscriptions:
            if subscription.is_active:
                subscription.last_success_at = self.now

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """Hands on an inverter, by its `sn`."""
        return {"disconnect": self._disconnect, "connect": self._connect, "set_charge": self._set_charge}

    def state(self) -> Mapping[str, object]:
        """Every inverter in a few words."""
        return {
            "subscriptions": {it.id: "active" if it.is_active else "inactive" for it in self.subscriptions},
            "inverters": {
                it.sn: {"online": it.online, "soc": round(it.soc, 3), "solar_w": it.solar_w, "load_w": it.load_w}
                for it in self.fleet.inverters.values()
            },
        }

    def routes(self) -> Sequence[Route]:
        """Sign-in under /portal; everything else under both prefixes."""
        answers: Mapping[str, Callable[[Body], object]] = {
            "/v1/station/list": self._stations,
            "/v1/station/detail": self._station,
            "/v1/device/list": self._devices,
            "/v1/device/detail": self._device,
            "/v1/device/inverter/realtime": self._realtime,
            "/v1/device/battery/charge-discharge-records": self._energy_records,
        }
        found = [Route("/portal/oauth/token", self._token, methods=["POST"])]
        for prefix in ("/portal", "/api"):
            for path, answer in answers.items():
                found.append(Route(prefix + path, self._behind_the_door(self._wrapped(answer)), methods=["POST"]))
            subscriptions = self._behind_the_door(self._subscriptions)
            found.append(Route(f"{prefix}/v1/oem/subscriptions", subscriptions, methods=["POST"]))
            found.append(Route(prefix + "/{org}/v1/devices", self._behind_the_door(self._assets), methods=["GET"]))
        return found

    # What every call passes.

    def _behind_the_door(self, answer: Callable[[Request, Body], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            refusal = await self._refusal(request)
            if refusal is not None:
                return refusal
            try:
                body = await request.json() if await request.body() else {}
            except ValueError:
                return refused(400, "Bad Request")
            if not isinstance(body, dict):
                return refused(400, "Bad Request")
            try:
                return answer(request, body)
            except NoSuchThing as missing:
                return refused(404, str(missing))
            except (KeyError, ValueError, TypeError):
                return refused(400, "Bad Request")

        return endpoint

    async def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        only = self.struck("prefix_only", path)
        if only is not None and not path.startswith(f"{only.value}/"):
            return refused(404, "Not Found")
        if not self.bucket.take():
            return refused(429, "Too Many Requests")
        authorization = request.headers.get("authorization", "")
        if self.struck("token_expired_early", path):
            self.tokens.revoke(authorization)
        if not self.tokens.takes(authorization):
            return refused(401, "Unauthorized")
        strict = self.struck("strict_signature", path) is not None
        return await self.signatures.refusal(request, strict=strict)

    async def _token(self, request: Request) -> Response:
        if not self.bucket.take():
            return refused(429, "Too Many Requests")
        asked = dict(parse_qsl(request.url.query) + parse_qsl((await request.body()).decode(errors="replace")))
        if (asked.get("client_id"), asked.get("client_secret")) != (OEM, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        match asked.get("grant_type"):
            case "client_credentials":
                return JSONResponse(self.tokens.issue())
            case "refresh" if not self.struck("refresh_refused") and self.tokens.takes_refresh(
                str(asked.get("refresh_token"))
            ):
                return JSONResponse(self.tokens.issue())
            case "refresh":
                return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"error": "unsupported_grant_type"}, 400)

    def _wrapped(self, answer: Callable[[Body], object]) -> Callable[[Request, Body], Response]:
        def enveloped(request: Request, body: Body) -> Response:
            path = request.url.path
            if wrong := self.struck("errno", path):
                return JSONResponse({**self._errno(wrong.value or 500, path), "msg": "refused by a switch"})
            return JSONResponse({**self._errno(200, path), "msg": "success", "data": answer(body)})

        return enveloped

    def _errno(self, number: str | float, path: str, *, as_text: bool = False) -> Mapping[str, object]:
        switch = self.struck("errno_form", path)
        form = switch.value if switch else "string" if as_text else "int"
        if form == "absent":
            return {}
        return {"errno": str(number) if form == "string" else int(number)}

    # What the endpoints answer.

    def _stations(self, body: Body) -> object:
        user = str(body["externalUserId"])
        return [self._station_document(it) for it in self.fleet.stations.values() if it.external_user_id == user]

    def _station(self, body: Body) -> object:
        return self._station_document(self._home(body))

    def _station_document(self, home: Station) -> Document:
        capacity_kwh = sum(it.module_kwh * len(it.modules) for it in self.fleet.of(home))
        return documents.station(home, capacity_kwh, self._stamps())

    def _devices(self, body: Body) -> object:
        found = [documents.listed_device(it) for it in self.fleet.of(self._home(body))]
        return self._page(found, body)

    def _device(self, body: Body) -> object:
        return documents.device(self._inverter(body), self._stamps())

    def _realtime(self, body: Body) -> object:
        document = documents.realtime(self._inverter(body), self._stamps())
        if self.struck("soc_out_of_range"):
            document["soc"] = round(document["soc"] * 100)
        if self.struck("null_readings"):
            return dict.fromkeys(document)
        return document

    def _energy_records(self, body: Body) -> object:
        inverter = self._inverter(body)
        end = instant(str(body.get("end", ""))) or self.now
        start = instant(str(body.get("start", ""))) or end - DEFAULT_ENERGY_WINDOW
        if end - start > LONGEST_ENERGY_WINDOW:
            message = "at most 90 days"
            raise ValueError(message)
        found = [documents.energy(it, self._stamps()) for it in inverter.records if start <= it.ended_at <= end]
        return self._page(found, body)

    def _page(self, records: Sequence[Document], body: Body) -> object:
        current, size = int(body.get("current", 1)), int(body.get("size", documents.SMALLEST_PAGE))
        if current < 1 or size < documents.SMALLEST_PAGE:
            message = f"current starts at 1, size at {documents.SMALLEST_PAGE}"
            raise ValueError(message)
        return documents.page(records, current, self.page_size(size))

    def _assets(self, request: Request, _: Body) -> Response:
        if request.path_params["org"] != OEM:
            raise NoSuchThing("Partner Does Not Exist")
        return JSONResponse({"devices": [documents.asset(it) for it in self.fleet.inverters.values()]})

    def _subscriptions(self, request: Request, body: Body) -> Response:
        """In the odd wrapping of the reference's sample, unless a switch asks for another."""
        if body["oem"] != OEM:
            raise NoSuchThing("Partner Does Not Exist")
        if self.struck("silent_deactivation"):
            for subscription in self.subscriptions:
                subscription.is_active = False
        path = request.url.path
        if wrong := self.struck("errno", path):
            return JSONResponse({**self._errno(wrong.value or 500, path), "msg": "refused by a switch"})
        found = [documents.subscription(it, self._stamps()) for it in self.subscriptions]
        form = self.struck("list_form", path)
        if form is not None and form.value == "plain":
            return JSONResponse(found)
        errno = self._errno(200, path, as_text=True)
        if form is not None and form.value == "data":
            return JSONResponse({**errno, "msg": "success", "data": found})
        return JSONResponse({"devices": [{**errno, "msg": "success", "data": it} for it in found]})

    # What they look things up with.

    def _home(self, body: Body) -> Station:
        home = self.fleet.stations.get(str(body["stationId"]))
        if home is None:
            raise NoSuchThing("Station Does Not Exist")
        return home

    def _inverter(self, body: Body) -> Inverter:
        inverter = self.fleet.inverters.get(str(body["sn"]))
        if inverter is None:
            raise NoSuchThing("Device Does Not Exist")
        return inverter

    def _stamps(self) -> Stamps:
        form, skew = self.switched("time_form"), self.switched("clock_skew")
        ahead_s = float(skew.value if skew.value is not None else 900) if skew else 0.0
        return Stamps(str(form.value or "iso") if form else None, timedelta(seconds=ahead_s))

    # What hands do.

    def _disconnect(self, asked: Mapping[str, Any]) -> object:
        self._inverter(asked).online = False
        return None

    def _connect(self, asked: Mapping[str, Any]) -> object:
        self._inverter(asked).online = True
        return None

    def _set_charge(self, asked: Mapping[str, Any]) -> object:
        self._inverter(asked).soc = min(1.0, max(0.0, float(asked["soc"])))
        return None


SIMULATOR = HanchuessSimulator
