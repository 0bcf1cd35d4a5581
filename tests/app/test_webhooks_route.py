"""Callbacks over HTTP: who gets in, how large, what is answered, and that the secret of the path stays a secret."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import SimpleNamespace
from typing import TypeAlias, cast

import httpx
import pytest
from structlog.testing import capture_logs

from app.assembly import build_app
from app.gateway import Gateway
from app.metrics import Metrics
from app.request_body import LARGEST_BODY_BYTES
from app.settings import AuthMode, AuthSettings, ServerSettings, Settings
from graph.schema import Schema
from graph.streaming.streams import Streams
from hub.commands.orders import UnknownCallback, UnreadableCallback
from hub.fleet import Fleet
from hub.inbox.addresses import Addresses
from hub.store.database import Store
from tests.app.scripted_desk import ScriptedDesk
from tests.support.clock import FakeClock

SECRET = "the-secret-of-one-task"
PATH = f"/webhooks/chargers/{SECRET}"
PUBLIC = "https://Charge.example.com"
Vendor: TypeAlias = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def desk() -> ScriptedDesk:
    return ScriptedDesk(callbacks={("chargers", SECRET): {"success": True}})


@pytest.fixture
def vendor(desk: ScriptedDesk) -> Vendor:
    """A client that is a vendor elsewhere, and a gateway with that desk; its fleet has no accounts."""

    @asynccontextmanager
    async def opened(base_url: str = PUBLIC) -> AsyncIterator[httpx.AsyncClient]:
        settings = Settings(server=ServerSettings(public_url=PUBLIC), auth=AuthSettings(mode=AuthMode.NONE))
        app, metrics = build_app(settings), Metrics()
        fleet = cast("Fleet", SimpleNamespace(desk=desk, members={}, addresses=Addresses({}, "")))
        metrics.watch(fleet)
        app.state.gateway = Gateway(
            store=cast("Store", None),
            fleet=fleet,
            schema=cast("Schema", None),
            clock=FakeClock(),
            metrics=metrics,
            streams=cast("Streams", None),
        )
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url) as client:
            yield client

    return opened


async def counts(client: httpx.AsyncClient) -> dict[str, float]:
    lines = (await client.get("/metrics")).text.splitlines()
    found = [line for line in lines if line.startswith("chargegraph_webhook_requests_total")]
    return {line.split('"')[1]: float(line.split()[-1]) for line in found}


async def test_a_callback_goes_to_the_desk_as_it_came_and_is_answered_in_its_words(
    vendor: Vendor, desk: ScriptedDesk
) -> None:
    async with vendor() as client:
        answer = await client.post(PATH, content=b'{"rspType": 1}', headers={"content-type": "application/json"})
        others = dict.fromkeys(("unknown", "unreadable", "too_large", "unsigned", "unkept"), 0)
        assert await counts(client) == {"taken": 1, **others}
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["content-type"] == "application/json"
    assert desk.heard == [("chargers", SECRET, b'{"rspType": 1}', "application/json")]


async def test_a_form_and_a_bare_body_come_through_too(vendor: Vendor, desk: ScriptedDesk) -> None:
    async with vendor() as client:
        await client.post(PATH, data={"status": "1"})
        await client.post(PATH)
    assert [(body, media_type) for _, _, body, media_type in desk.heard] == [
        (b"status=1", "application/x-www-form-urlencoded"),
        (b"", ""),
    ]


@pytest.mark.parametrize("_case", [f"/webhooks/others/{SECRET}", "/webhooks/chargers/guess", "/webhooks/a/b%20c"])
async def test_a_wrong_address_is_answered_like_any_path_that_does_not_exist(vendor: Vendor, _case: str) -> None:
    async with vendor() as client:
        answer, nowhere = await client.post(_case, json={}), await client.post("/nowhere", json={})
        assert (await counts(client))["unknown"] == 1
    assert (answer.status_code, answer.content) == (404, b'{"detail":"Not Found"}')
    assert (nowhere.status_code, nowhere.content) == (answer.status_code, answer.content)
    assert set(answer.headers) == set(nowhere.headers)


async def test_what_cannot_be_read_is_told_without_repeating_it(vendor: Vendor, desk: ScriptedDesk) -> None:
    desk.callbacks = {("chargers", SECRET): UnreadableCallback(f"bad word of {SECRET}")}
    async with vendor() as client:
        answer = await client.post(PATH, content=b"<html>")
        assert (await counts(client))["unreadable"] == 1
    assert answer.status_code == 400
    assert answer.json() == {"error": "This is no callback that its vendor documents."}


@pytest.mark.parametrize("_method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
async def test_only_post_is_taken(vendor: Vendor, desk: ScriptedDesk, _method: str) -> None:
    async with vendor() as client:
        answer = await client.request(_method, PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert desk.heard == []


async def test_the_largest_body_is_taken_and_one_byte_more_is_not(vendor: Vendor, desk: ScriptedDesk) -> None:
    async with vendor() as client:
        assert (await client.post(PATH, content=b"x" * LARGEST_BODY_BYTES)).status_code == 200
        desk.heard.clear()
        answer = await client.post(PATH, content=b"x" * (LARGEST_BODY_BYTES + 1))
        assert (await counts(client))["too_large"] == 1
    assert (answer.status_code, desk.heard) == (413, [])
    assert answer.json() == {"error": "The body is larger than 1048576 bytes."}


async def test_a_body_of_unannounced_length_is_read_no_further_than_the_limit(
    vendor: Vendor, desk: ScriptedDesk
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 64:
            sent += 1
            yield b"x" * (LARGEST_BODY_BYTES // 8)

    async with vendor() as client:
        answer = await client.post(PATH, content=endless())
    assert "content-length" not in answer.request.headers
    assert (answer.status_code, desk.heard) == (413, [])
    assert sent == 9


async def test_an_announced_length_is_believed_before_anything_is_read(vendor: Vendor) -> None:
    async with vendor() as client:
        announced = {"content-length": str(LARGEST_BODY_BYTES + 1)}
        assert (await client.post(PATH, content=b"x", headers=announced)).status_code == 413


async def test_the_vendor_comes_by_the_public_name_and_strangers_do_not(vendor: Vendor, desk: ScriptedDesk) -> None:
    for base_url, status in (
        ("https://charge.example.com", 200),
        ("https://CHARGE.example.com", 200),
        ("http://127.0.0.1:8000", 200),
        ("https://evil.example", 400),
    ):
        async with vendor(base_url) as client:
            assert (base_url, (await client.post(PATH)).status_code) == (base_url, status)


async def test_what_guards_graphql_keeps_no_callback_out(vendor: Vendor) -> None:
    headers = {"sec-fetch-site": "cross-site", "origin": "https://vendor.example", "accept": "text/plain"}
    async with vendor() as client:
        assert (await client.post(PATH, content=b"a=1", headers=headers)).status_code == 200


async def test_the_secret_is_nowhere_in_logs_metrics_or_answers(
    vendor: Vendor, desk: ScriptedDesk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = ""
    with capture_logs() as logged:
        async with vendor() as client:
            for outcome in ({"ok": 1}, UnknownCallback(), UnreadableCallback("no")):
                desk.callbacks = {("chargers", SECRET): outcome}
                answer = await client.post(PATH, content=b"{}")
                shown += f"{answer.text}{dict(answer.headers)}"
            shown += (await client.get("/metrics")).text
    said_by_us = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    assert SECRET not in f"{shown}{logged}{said_by_us}"
