from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from app import graphiql_page
from app.metrics import Metrics
from hub.fleet import Fleet
from model.states import CommandKind, CommandStatus
from tests.app.conftest import OpenGateway
from tests.app.scripted_desk import ScriptedDesk

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def without_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphiql_page, "_FOLDER", tmp_path / "none")


@pytest.fixture
def with_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Built</title>", encoding="utf-8")
    (folder / "assets" / "main-1.js").write_text("run()", encoding="utf-8")
    monkeypatch.setattr(graphiql_page, "_FOLDER", folder)
    graphiql_page._built.cache_clear()


@pytest.mark.usefixtures("with_a_page")
async def test_a_browser_gets_graphiql_and_only_what_is_ours(open_gateway: OpenGateway) -> None:
    async with open_gateway() as client:
        page = await client.get("/graphql", headers=BROWSER)
        assert page.text == "<title>Built</title>"
        assert "default-src 'none'; script-src 'self'; connect-src 'self'" in page.headers["content-security-policy"]
        script = await client.get("/graphiql/assets/main-1.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-security-policy"] == graphiql_page.PAGE_POLICY
        assert (await client.get("/graphiql/assets/none.js")).status_code == 404
    graphiql_page._built.cache_clear()


@pytest.mark.usefixtures("without_a_page")
async def test_without_npm_a_page_says_how_to_get_graphiql_and_the_api_works(open_gateway: OpenGateway) -> None:
    async with open_gateway() as client:
        page = await client.get("/graphql", headers=BROWSER)
        assert page.status_code == 200
        assert "make setup" in page.text
        assert "Node.js 20.19 or newer" in page.text
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=BROWSER)
        assert answer.json() == {"data": {"__typename": "Query"}}


async def test_alive_and_ready(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get("/healthz")).json()["status"] == "ok"
    ready = await gateway.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["store"] == "ok"
    assert set(ready.json()["accounts"].values()) == {"UNKNOWN"}


async def test_not_ready_without_the_store(gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(_: object) -> bool:
        return False

    monkeypatch.setattr("hub.store.database.Store.is_reachable", unreachable)
    ready = await gateway.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["store"]) == (503, "not ready", "unreachable")


async def test_metrics_tell_queries_and_accounts(gateway: httpx.AsyncClient) -> None:
    await gateway.post("/graphql", json={"query": "{ devices { totalCount } }"})
    await gateway.post("/graphql", json={"query": "{ nothing }"})
    await gateway.post("/graphql", content=b"")
    lines = (await gateway.get("/metrics")).text.splitlines()
    assert 'chargegraph_queries_total{outcome="ok"} 1.0' in lines
    assert 'chargegraph_queries_total{outcome="refused"} 2.0' in lines
    assert "chargegraph_query_seconds_count 2.0" in lines
    assert 'chargegraph_account_status{account="cabinets-eu",status="UP",vendor="bajie"} 1.0' in lines
    assert 'chargegraph_account_status{account="cabinets-eu",status="DOWN",vendor="bajie"} 0.0' in lines
    limits = [line for line in lines if line.startswith('chargegraph_account_quota_limit{account="chargers"')]
    assert limits == [
        'chargegraph_account_quota_limit{account="chargers",budget="minute",vendor="solax"} 9.0',
        'chargegraph_account_quota_limit{account="chargers",budget="day",vendor="solax"} 9999.0',
    ]


async def test_metrics_tell_commands() -> None:
    desk = ScriptedDesk(
        counted={
            (CommandKind.SET_CHARGER_MODE, CommandStatus.SENT): 3,
            (CommandKind.EJECT_BATTERY, CommandStatus.CONFIRMED): 2,
        },
        open_now=4,
    )
    metrics = Metrics()
    metrics.watch(cast("Fleet", SimpleNamespace(desk=desk, members={})))
    lines = metrics.exposition().decode().splitlines()
    assert [line for line in lines if line.startswith("chargegraph_commands")] == [
        'chargegraph_commands_total{kind="EJECT_BATTERY",status="CONFIRMED"} 2.0',
        'chargegraph_commands_total{kind="SET_CHARGER_MODE",status="SENT"} 3.0',
        "chargegraph_commands_open 4.0",
    ]


async def test_every_answer_carries_a_request_id_and_careful_headers(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/healthz")
    assert len(answer.headers["x-request-id"]) == 16
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["cache-control"] == "no-store"


async def test_a_usable_request_id_is_kept(gateway: httpx.AsyncClient) -> None:
    kept = await gateway.get("/healthz", headers={"x-request-id": "frontend-7.a"})
    assert kept.headers["x-request-id"] == "frontend-7.a"
    unusable = await gateway.get("/healthz", headers={"x-request-id": "a b"})
    assert unusable.headers["x-request-id"] != "a b"
