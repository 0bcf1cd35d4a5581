"""HanChuESS Connect as its pages describe it (https://docs.hanchuess.com/home/), over real HTTP: reads and pushes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from inspect import isawaitable
from typing import Any, ClassVar, TypeAlias
from urllib.parse import parse_qsl

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from model.clock import Clock
from vendors.hanchuess import simulated_documents as documents
from vendors.hanchuess import simulated_pushes as pushes
from vendors.hanchuess.simulated_deliveries import Deliveries
from vendors.hanchuess.simulated_documents import Document, instant, stamps_of
from vendors.hanchuess.simulated_door import SignatureDesk, TokenBucket, TokenDesk, refused
from vendors.hanchuess.simulated_envelopes import Envelopes
from vendors.hanchuess.simulated_fleet import HOMES_OF_USERS, Fleet, Inverter, NoSuchThing, Station
from vendors.hanchuess.simulated_hands import Hands
from vendors.hanchuess.simulated_post import Post
from vendors.hanchuess.simulated_registry import Registry
from vendors.hanchuess.simulated_subscriptions import Subscription, SubscriptionBook
from vendors.kit.simulator import Simulator

OEM = "H03ZSIMULATED0SY37"
CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - opens the simulator only
DEFAULT_ENERGY_WINDOW = timedelta(days=7)
LONGEST_ENERGY_WINDOW = timedelta(days=90)
TELEMETRY_EVERY_S = 60.0

Body: TypeAlias = Mapping[str, Any]
Answer: TypeAlias = Callable[[Request, Body], Response | Awaitable[Response]]


class HanchuessSimulator(Simulator):
    """One partner, two linked users with five homes, eight inverters with batteries, two subscriptions."""

    slug = "hanchuess"
    default_port = 9104
    faults: ClassVar[Mapping[str, str]] = {
        "errno_form": "`errno` comes as `value`: int, string or absent, everywhere.",
        "errno": "HTTP 200 with `errno` of `value` (default 500) and no data; nothing is done.",
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
        "subscribe_lost_reply": "A subscription is made, and the connection is cut instead of an answer.",
        "resubscribe_replaces": "What a change of a subscription leaves out is lost, and it becomes inactive.",
        "test_never_arrives": "The test event is not sent; the test is answered with 400.",
        "test_before_reply": "The test is answered `value` seconds (default 3) after its event was.",
        "telemetry_silence": "No telemetry is pushed, and the list still says active.",
        "batch_100": "A batch of telemetry is filled up to 100 items, with earlier ones.",
        "corrupt_item": "An item of the batch is no item.",
        "oversize": "A batch of telemetry is larger than 10 MB.",
        "unknown_type": "A batch of telemetry has an item of a type that no page names.",
        "unknown_device": "A batch of telemetry has an item of a device that is nobody's.",
        "duplicate": "A push is sent twice.",
        "reorder": "A push is sent after the one that follows it.",
        "drop": "A push is not sent.",
        "late": "A push is sent `value` seconds late (default 90).",
        "bad_signature": "A push is signed with a secret that is nobody's.",
        "no_signature": "A push is not signed.",
        "old_secret": "A push is signed with the subscription's secret before the last change.",
    }

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 1,
        speed: float = 1.0,
        outside: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """As every simulator; its pushes travel by a post of their own, since they carry headers."""
        self.post = Post(outside)
        super().__init__(clock=clock, seed=seed, speed=speed, outside=outside)

    def build(self) -> None:
        """A fleet that has lived for a week, no tokens yet, and two subscriptions of somebody else's."""
        self.fleet = Fleet(self.random, self.now)
        self.tokens = TokenDesk(self.clock, self.random)
        self.signatures = SignatureDesk(self.clock, CLIENT_SECRET)
        self.bucket = TokenBucket(self.clock)
        self.book = SubscriptionBook(OEM, self.random)
        serials = tuple(self.fleet.inverters)
        self.book.keep(self._scenery("RDSIM0001ZrWO", serials[:6], is_tested=True))
        self.book.keep(self._scenery("RDSIM0002ZrWO", serials[6:], is_tested=False))
        self.post.forget()
        self.deliveries = Deliveries(self, self.fleet, self.book, self.post)
        self.hands = Hands(self, self.fleet, self.deliveries)
        self.registry = Registry(self, OEM, self.fleet, self.book, self.deliveries)
        self.envelopes = Envelopes(self)
        self.later(TELEMETRY_EVERY_S, self._tell_telemetry)

    def _scenery(self, subscription_id: str, devices: tuple[str, ...], *, is_tested: bool) -> Subscription:
        return Subscription(
            id=subscription_id,
            oem=OEM,
            webhook_url=f"https://hooks.example.com/hanchuess/{subscription_id.lower()}",
            secret="scenery",  # noqa: S106 - nothing is ever sent there
            devices=devices,
            created_at=self.now - timedelta(days=3),
            events=(pushes.INVERTER_TELEMETRY, pushes.BATTERY_TELEMETRY, pushes.SUBSCRIPTION_TEST),
            version="1.0.0",
            is_active=is_tested,
            is_scenery=True,
            last_success_at=self.now if is_tested else None,
        )

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
        """The sun moves on, and homes use power."""
        self.fleet.move(seconds, self.now)

    def _tell_telemetry(self) -> None:
        self.deliveries.tell_telemetry()
        self.later(TELEMETRY_EVERY_S, self._tell_telemetry)

    async def keep_moving(self) -> None:
        """Move the world and carry its pushes until cancelled."""
        carrying = asyncio.create_task(self.post.carry(self.clock))
        try:
            await super().keep_moving()
        finally:
            carrying.cancel()
            with suppress(asyncio.CancelledError):
                await carrying

    def actions(self) -> Mapping[str, Callable[[Mapping[str, Any]], object]]:
        """What hands can do, mostly to an inverter by its `sn`."""
        return self.hands.actions()

    def state(self) -> Mapping[str, object]:
        """Every inverter in a few words."""
        return {
            "subscriptions": {it.id: "active" if it.is_active else "inactive" for it in self.book.all()},
            "inverters": {
                it.sn: {"online": it.online, "soc": round(it.soc, 3), "solar_w": it.solar_w, "load_w": it.load_w}
                for it in self.fleet.inverters.values()
            },
        }

    def routes(self) -> Sequence[Route]:
        """Sign-in under /portal; everything else under both prefixes."""
        readings: Mapping[str, Callable[[Body], object]] = {
            "/v1/station/list": self._stations,
            "/v1/station/detail": self._station,
            "/v1/device/list": self._devices,
            "/v1/device/detail": self._device,
            "/v1/device/inverter/realtime": self._realtime,
            "/v1/device/battery/charge-discharge-records": self._energy_records,
        }
        answers: Mapping[tuple[str, str], Answer] = {
            **{("POST", path): self._wrapped(reading) for path, reading in readings.items()},
            ("POST", "/v1/oem/subscriptions"): self._registered(Registry.list),
            ("POST", "/v1/oem/subscribe"): self._registered(Registry.subscribe),
            ("POST", "/v1/oem/resubscribe"): self._registered(Registry.resubscribe),
            ("POST", "/v1/oem/subscriptions/test"): self._registered(Registry.test),
            ("DELETE", "/v1/oem/{oem}/unsubscribe/{subscriptionId}"): self._registered(Registry.unsubscribe),
            ("GET", "/{org}/v1/devices"): self._assets,
        }
        found = [Route("/portal/oauth/token", self._token, methods=["POST"])]
        for prefix in ("/portal", "/api"):
            for (method, path), answer in answers.items():
                found.append(Route(prefix + path, self._behind_the_door(answer), methods=[method]))
        return found

    # What every call passes.

    def _behind_the_door(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
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
                answered = answer(request, body)
                return await answered if isawaitable(answered) else answered
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

    def _wrapped(self, reading: Callable[[Body], object]) -> Answer:
        def enveloped(request: Request, body: Body) -> Response:
            path = request.url.path
            return self.envelopes.refusal(path) or self.envelopes.success(path, reading(body))

        return enveloped

    def _registered(self, answer: Callable[[Registry, Request, Body], Response | Awaitable[Response]]) -> Answer:
        """Answered by the registry that there is since the last reset."""
        return lambda request, body: answer(self.registry, request, body)

    # What the endpoints answer.

    def _stations(self, body: Body) -> object:
        user = str(body["externalUserId"])
        return [self._station_document(it) for it in self.fleet.stations.values() if it.external_user_id == user]

    def _station(self, body: Body) -> object:
        return self._station_document(self._home(body))

    def _station_document(self, home: Station) -> Document:
        capacity_kwh = sum(it.module_kwh * len(it.modules) for it in self.fleet.of(home))
        return documents.station(home, capacity_kwh, stamps_of(self))

    def _devices(self, body: Body) -> object:
        found = [documents.listed_device(it) for it in self.fleet.of(self._home(body))]
        return self._page(found, body)

    def _device(self, body: Body) -> object:
        return documents.device(self._inverter(body), stamps_of(self))

    def _realtime(self, body: Body) -> object:
        document = documents.realtime(self._inverter(body), stamps_of(self))
        if self.struck("soc_out_of_range"):
            document["soc"] = round(document["soc"] * 100)
        if self.struck("null_readings"):
            return dict.fromkeys(document)
        return document

    def _energy_records(self, body: Body) -> object:
        inverter = self._inverter(body)
        end = instant(body.get("end")) or self.now
        start = instant(body.get("start")) or end - DEFAULT_ENERGY_WINDOW
        if end - start > LONGEST_ENERGY_WINDOW:
            message = "at most 90 days"
            raise ValueError(message)
        found = [documents.energy(it, stamps_of(self)) for it in inverter.records if start <= it.ended_at <= end]
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

    # What they look things up with.

    def _home(self, body: Body) -> Station:
        home = self.fleet.stations.get(str(body["stationId"]))
        if home is None:
            raise NoSuchThing("Station Does Not Exist")
        return home

    def _inverter(self, body: Body) -> Inverter:
        return self.fleet.inverter(body["sn"])


SIMULATOR = HanchuessSimulator
