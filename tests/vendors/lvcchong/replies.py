"""A vendor that answers whatever a test says, and the vendor's own samples."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import orjson

from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.lvcchong import MANIFEST
from vendors.lvcchong.adapter import LvccAdapter
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.settings import LvccSettings
from vendors.manifest import Connection

SAMPLES = Path(__file__).parents[3] / "vendors" / MANIFEST.slug / "samples"
BASE_URL = "http://lvcc.test/openapi"
OPEN = {"id": "sockets", "vendor": "lvcchong", "base_url": BASE_URL, "token": "open-secret-token"}
OEM = {**OPEN, "dialect": "oem", "token": "oem-secret-token"}
SIGNING_IN = {
    **{key: value for key, value in OEM.items() if key != "token"},
    "username": "demo",
    "password": "secret-password",
    "token_path": "/getToken",
}


def sample(name: str) -> Any:
    return orjson.loads((SAMPLES / f"{name}.json").read_bytes())


def form_of(request: httpx.Request) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(request.content.decode()).items()}


class Vendor:
    """Gives the answers in turn, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def paths(self) -> list[str]:
        return [request.url.path.removeprefix("/openapi") for request in self.requests]


def _http(vendor: Vendor) -> tuple[httpx.AsyncClient, VendorHttp]:
    client = httpx.AsyncClient(transport=httpx.MockTransport(vendor), base_url=BASE_URL)
    return client, VendorHttp(client, OpenGate(), FakeClock())


@asynccontextmanager
async def client_of(vendor: Vendor, account: Mapping[str, Any] = OPEN) -> AsyncIterator[LvccClient]:
    client, http = _http(vendor)
    async with client:
        yield LvccClient(http, LvccSettings.model_validate(account))


@asynccontextmanager
async def adapter_of(vendor: Vendor, account: Mapping[str, Any] = OPEN) -> AsyncIterator[LvccAdapter]:
    client, http = _http(vendor)
    settings = LvccSettings.model_validate(account)
    async with client:
        yield LvccAdapter(Connection(settings=settings, http=http, clock=FakeClock()))
