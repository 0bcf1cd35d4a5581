"""Pushes over HTTP: kept before they are answered, refused when unsigned, and nothing told to whoever guesses."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from app.assembly import build_app
from app.gateway import Gateway
from app.metrics import Metrics
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings
from graph.schema import Schema
from graph.streaming.streams import Streams
from hub.fleet import Fleet
from hub.inbox.addresses import Addresses
from hub.inbox.catalogue import Catalogue
from hub.inbox.letters import State
from tests.app.scripted_desk import ScriptedDesk
from tests.hub.commands.watched import WatchedStore
from tests.hub.ingest.toy import KEY, ToyVendor, gateway, toy_member
from tests.support.clock import FakeClock

PUBLIC = "https://charge.example.com"
PATH = f"/webhooks/{KEY}/the-secret"


@pytest.fixture
async def store() -> AsyncIterator[WatchedStore]:
    opened = await WatchedStore.open("sqlite+aiosqlite:///:memory:")
    yield opened
    await opened.aclose()


@pytest.fixture
async def vendor(store: WatchedStore) -> AsyncIterator[httpx.AsyncClient]:
    """A vendor elsewhere, and a gateway with an account of it whose letters nobody takes in."""
    settings = Settings(server=ServerSettings(public_url=PUBLIC), auth=AuthSettings(mode=AuthMode.NONE))
    app, clock, metrics = build_app(settings), FakeClock(), Metrics()
    async with gateway(store, clock, starts=False) as here:
        fleet = SimpleNamespace(
            desk=ScriptedDesk(),
            members={KEY: toy_member(clock, ToyVendor())},
            addresses=Addresses({KEY: "the-secret", "silent": "another"}, PUBLIC),
            inbox=here.inbox,
            ingest=here.ingest,
        )
        app.state.gateway = Gateway(
            store=store,
            fleet=cast("Fleet", fleet),
            schema=cast("Schema", None),
            clock=clock,
            metrics=metrics,
            streams=cast("Streams", None),
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
            yield client


async def test_a_push_is_on_the_disk_when_its_vendor_is_answered(
    vendor: httpx.AsyncClient, store: WatchedStore
) -> None:
    headers = {"content-type": "application/json", "authorization": "Bearer x"}
    answer = await vendor.post(PATH, content=b"<anything>", headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"code": 0})
    letter, content = await Catalogue(store).letter(1) or (None, None)
    assert letter is not None
    assert content is not None
    assert (letter.account, letter.state, content.body) == (KEY, State.WAITING, b"<anything>")
    assert content.headers["content-type"] == "application/json"
    assert "authorization" not in content.headers


async def test_a_wrong_signature_is_refused_without_detail_and_keeps_nothing(
    vendor: httpx.AsyncClient, store: WatchedStore
) -> None:
    answer = await vendor.post(PATH, content=b"[]", headers={"x-signature": "forged"})
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})
    assert await Catalogue(store).letter(1) is None


@pytest.mark.parametrize("path", [f"/webhooks/{KEY}/guess", "/webhooks/nobody/the-secret", "/webhooks/silent/another"])
async def test_a_wrong_path_is_one_that_does_not_exist(
    vendor: httpx.AsyncClient, store: WatchedStore, path: str
) -> None:
    answer = await vendor.post(path, content=b"[]")
    assert (answer.status_code, answer.content) == (404, b'{"detail":"Not Found"}')
    assert await Catalogue(store).letter(1) is None


async def test_what_cannot_be_kept_is_not_said_to_be(vendor: httpx.AsyncClient, store: WatchedStore) -> None:
    store.is_away = True
    answer = await vendor.post(PATH, content=b"[]")
    store.is_away = False
    assert answer.status_code == 503
    assert await Catalogue(store).letter(1) is None


async def test_a_push_that_is_too_large_is_refused(vendor: httpx.AsyncClient) -> None:
    assert (await vendor.post(PATH, content=b"x" * (1024 * 1024))).status_code == 200
    assert (await vendor.post(PATH, content=b"x" * (1024 * 1024 + 1))).status_code == 413
