"""What a client sees of what went wrong, and what the log keeps."""

from typing import Any

import pytest
from graphql import GraphQLError
from structlog.testing import capture_logs

from graph.engine import execute
from graph.errors import shown
from model.faults import RateLimited
from resolvers import accounts, sites
from tests.graph.world import complaint, schema, world


async def _broken(*_: Any) -> Any:
    try:
        dict[str, str]()["ada@example.com"]
    except KeyError as cause:
        raise RuntimeError("secret") from cause


async def test_the_unexpected_is_masked_by_a_number_that_the_log_has() -> None:
    with capture_logs() as logs:
        error = await complaint("{ sites { totalCount } }", context=world({sites.page: _broken}))

    (entry,) = logs
    assert error["message"] == f"Internal error, report number {entry['report']}"
    assert len(entry["report"]) == 8
    assert error["extensions"] == {"code": "INTERNAL", "resolution": "CONTACT_SUPPORT"}
    assert error["path"] == ["sites"]
    assert entry["log_level"] == "error"
    assert entry["error"] == "RuntimeError"
    assert any(line.endswith("_broken") for line in entry["frames"])
    assert "KeyError" in entry["frames"]


async def test_neither_client_nor_log_sees_what_the_exception_says() -> None:
    with capture_logs() as logs:
        error = await complaint("{ sites { totalCount } }", context=world({sites.page: _broken}))
    for text in (str(error), str(logs)):
        assert "ada@example.com" not in text
        assert "secret" not in text


async def test_a_promise_that_we_break_is_masked_too() -> None:
    with capture_logs():
        error = await complaint(
            "{ sites { nodes { account { key } } } }", context=world({accounts.by_keys: _no_account})
        )
    assert error["message"].startswith("Internal error")


def _no_account(*_: Any) -> list[None]:
    return [None]


async def test_a_fault_that_gets_here_keeps_its_own_words() -> None:
    async def refused(*_: Any) -> Any:
        raise RateLimited("60 calls a minute are used up")

    error = await complaint("{ sites { totalCount } }", context=world({sites.page: refused}))
    assert error["message"] == "60 calls a minute are used up"
    assert error["extensions"] == {"code": "QUOTA_EXHAUSTED", "resolution": "RETRY_LATER"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{ sites { ", "Syntax Error: Expected Name, found <EOF>."),
        ("{ nonsense }", "Cannot query field 'nonsense' on type 'Query'."),
        ('{ sites(first: "one") { totalCount } }', 'Int cannot represent non-integer value: "one"'),
        (
            "query Q($n: Int!) { sites(first: $n) { totalCount } }",
            "Variable '$n' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
        ),
        ("", "there is no query in the request"),
        ("query A { __typename } query B { __typename }", "2 operations in the request: operationName says which"),
        (
            '{ chargingSessions(filter: {startedAfter: "2026-06-01T10:00:00"}) { nodes { id } } }',
            "DateTime is an RFC 3339 instant",
        ),
        ('{ device(id: "Device:a:b") { storageRecords(start: "soon", end: "later") { measuredAt } } }', None),
    ],
)
async def test_wrong_requests_are_told_why(source: str, message: str | None) -> None:
    with capture_logs() as logs:
        result = await execute(schema(), source, None, None, world())
    assert result.errors
    if message:
        assert message in result.errors[0].message
    assert logs == []


async def test_a_wrong_scalar_in_a_variable_is_told_why() -> None:
    source = "query Q($at: DateTime) { chargingSessions(filter: {startedAfter: $at}) { nodes { id } } }"
    error = await complaint(source, {"at": "yesterday"})
    assert "DateTime is an RFC 3339 instant with its offset" in error["message"]


def test_an_error_for_clients_is_shown_as_it_is() -> None:
    error = GraphQLError("yours")
    assert shown(error) is error
