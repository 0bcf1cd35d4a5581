"""The vendor's samples, and a transport that answers as a test says."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx

from tests.support.clock import FakeClock
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate
from vendors.letmecharge.adapter import LetMeChargeAdapter
from vendors.letmecharge.settings import LetMeChargeSettings
from vendors.letmecharge.simulator import LetMeChargeSimulator
from vendors.manifest import Connection

SAMPLES = Path(__file__).parents[3] / "vendors" / "letmecharge" / "samples"
KEY = "a-key-nobody-may-see"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


def settings(**changes: Any) -> LetMeChargeSettings:
    account: dict[str, Any] = {
        "id": "roaming",
        "vendor": "letmecharge",
        "base_url": "https://letmecharge.test/api",
        "api_key": KEY,
        "areas": [{"latitude": 43.29, "longitude": -2.07, "distance_m": 5000}],
    }
    return LetMeChargeSettings.model_validate({**account, **changes})


@asynccontextmanager
async def answering(
    answer: Callable[[httpx.Request], httpx.Response],
    **changes: Any,
) -> AsyncIterator[LetMeChargeAdapter]:
    account = settings(**changes)
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=account.base_url) as http:
        clock = FakeClock()
        yield LetMeChargeAdapter(
            Connection(settings=account, http=VendorHttp(http, OpenGate(), clock), clock=clock),
        )


def fleet(simulator: object) -> LetMeChargeSimulator:
    return cast("LetMeChargeSimulator", simulator)
