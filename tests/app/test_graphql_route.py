from collections import Counter
from pathlib import Path

import httpx
import pytest

from app.graphql_request import GRAPHQL_RESPONSE
from app.request_body import LARGEST_BODY_BYTES
from tests.app.conftest import OpenGateway
from vendors.registry import manifests

EXAMPLES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[2] / "app" / "graphiql" / "examples").glob("*.graphql"))
    if path.stem != "9-live"  # see tests/app/test_streams.py
}
VENDORS = "{ vendors { slug } }"
REFUSED = {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_example_runs(gateway: httpx.AsyncClient, name: str) -> None:
    answer = (await gateway.post("/graphql", json={"query": EXAMPLES[name]})).json()
    assert "errors" not in answer
    assert all(answer["data"].values())


@pytest.mark.parametrize("name", [name for name, text in EXAMPLES.items() if "\nmutation " in text])
async def test_every_example_that_acts_gives_a_command_once(gateway: httpx.AsyncClient, name: str) -> None:
    first, again = [
        (await gateway.post("/graphql", json={"query": EXAMPLES[name]})).json()["data"].popitem()[1] for _ in range(2)
    ]
    assert first["userErrors"] == []
    assert first["command"]["status"] == "SENT"
    assert again["command"]["id"] == first["command"]["id"]


async def test_the_command_in_the_readme_acts(gateway: httpx.AsyncClient) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    body = readme.split("-d @- <<'END'\n", 1)[1].split("\nEND\n", 1)[0]
    answer = await gateway.post("/graphql", content=body, headers={"content-type": "application/json"})
    given = answer.json()["data"]["setChargerMode"]
    assert (given["userErrors"], given["command"]["status"]) == ([], "SENT")


async def test_the_first_example_shows_every_vendor_with_slots_batteries_and_freshness(
    gateway: httpx.AsyncClient,
) -> None:
    devices = (await gateway.post("/graphql", json={"query": EXAMPLES["1-fleet"]})).json()["data"]["devices"]

    assert {node["vendor"]["name"] for node in devices["nodes"]} == {each.name for each in manifests().values()}
    assert devices["totalCount"] == len(devices["nodes"])
    assert all(node["freshness"]["source"] in {"POLL", "CONFIGURED"} for node in devices["nodes"])
    found = Counter(bool(node["slots"]) for node in devices["nodes"] if node["kind"] == "POWER_BANK_CABINET")
    assert found[True] == sum(found.values())
    assert any(battery["stateOfCharge"] for node in devices["nodes"] for battery in node["batteries"])


async def test_a_query_by_get(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/graphql", params={"query": VENDORS})
    assert answer.json() == {"data": {"vendors": [{"slug": slug} for slug in manifests()]}}
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_the_new_media_type_tells_refusals_by_the_status(gateway: httpx.AsyncClient) -> None:
    for query, status in ((VENDORS, 200), ("{ nothing }", 400), ("{", 400)):
        answer = await gateway.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL_RESPONSE})
        assert (answer.status_code, answer.headers["content-type"]) == (status, f"{GRAPHQL_RESPONSE}; charset=utf-8")
        assert ("data" in answer.json()) == (status == 200)


async def test_plain_json_is_always_200(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": "{ nothing }"})
    assert answer.status_code == 200
    assert [error["message"] for error in answer.json()["errors"]] == ["Cannot query field 'nothing' on type 'Query'."]


async def test_get_changes_nothing(gateway: httpx.AsyncClient) -> None:
    mutation = 'mutation { deleteSite(input: {siteId: "x"}) { userErrors { message } } }'
    for query in (mutation, 'subscription { commandChanged(id: "x") { id } }'):
        answer = await gateway.get("/graphql", params={"query": query})
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert answer.json() == {
            "errors": [{"message": "Only queries are served over GET: use POST.", "extensions": REFUSED}]
        }


async def test_a_page_of_another_site_cannot_query_by_get(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/graphql", params={"query": VENDORS}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


async def test_batching_is_refused(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json=[{"query": VENDORS}])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("Batching is not supported")


async def test_a_form_is_refused(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.post("/graphql", data={"query": VENDORS})).status_code == 415


async def test_a_large_body_is_refused(gateway: httpx.AsyncClient) -> None:
    body = b'{"query": "' + b"#" * LARGEST_BODY_BYTES + b'"}'
    answer = await gateway.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


async def test_a_client_that_accepts_no_json_is_refused(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": VENDORS}, headers={"accept": "text/plain"})
    assert answer.status_code == 406


async def test_several_operations_need_a_name(gateway: httpx.AsyncClient) -> None:
    query = "query A { vendors { slug } } query B { accounts { key } }"
    assert "errors" in (await gateway.post("/graphql", json={"query": query})).json()
    named = (await gateway.post("/graphql", json={"query": query, "operationName": "A"})).json()
    assert list(named["data"]) == ["vendors"]


async def test_a_subscription_by_post_is_refused(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/graphql", json={"query": 'subscription { commandChanged(id: "x") { id } }'})
    assert "data" not in answer.json() or answer.json()["data"] is None
    assert answer.json()["errors"]


async def test_the_host_must_be_this_machine_or_the_public_one(open_gateway: OpenGateway) -> None:
    async with open_gateway(public_url="https://charge.example.com") as client:
        for host, status in (
            ("localhost:8000", 200),
            ("[::1]:8000", 200),
            ("charge.example.com", 200),
            ("evil.example", 400),
        ):
            answer = await client.get("/healthz", headers={"host": host})
            assert (host, answer.status_code) == (host, status)


async def test_other_origins_are_let_in_by_name_only(open_gateway: OpenGateway) -> None:
    origin = "https://app.example.com"
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    async with open_gateway() as client:
        answer = await client.options("/graphql", headers=preflight)
        assert "access-control-allow-origin" not in answer.headers
    async with open_gateway(cors_origins=[origin]) as client:
        answer = await client.options("/graphql", headers=preflight)
        assert answer.headers["access-control-allow-origin"] == origin
        other = await client.options("/graphql", headers={**preflight, "origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers
