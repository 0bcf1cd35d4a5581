import pytest

from app.graphql_request import (
    GRAPHQL_RESPONSE,
    JSON,
    BadRequest,
    Operation,
    media_type_for,
    operation_of_body,
    operation_of_query_string,
    status_for,
)


def test_a_body_is_an_operation() -> None:
    body = b'{"query": "{ a }", "variables": {"x": 1}, "operationName": "", "extensions": {}}'
    assert operation_of_body("application/json; charset=utf-8", body) == Operation("{ a }", {"x": 1}, None)


def test_a_query_string_is_an_operation() -> None:
    parameters = {"query": "query Q { a }", "variables": '{"x": [1]}', "operationName": "Q", "extensions": ""}
    assert operation_of_query_string(parameters) == Operation("query Q { a }", {"x": [1]}, "Q")


@pytest.mark.parametrize(
    ("_case", "content_type", "body", "status", "words"),
    [
        ("no content type", "", b"{}", 415, "Content-Type: application/json"),
        ("a form", "application/x-www-form-urlencoded", b"query=x", 415, "Content-Type"),
        ("GraphQL as text", "application/graphql", b"{ a }", 415, "Content-Type"),
        ("not JSON", JSON, b"{", 400, "not JSON"),
        ("a batch", JSON, b'[{"query": "{ a }"}]', 400, "Batching is not supported"),
        ("a number", JSON, b"7", 400, "JSON object"),
        ("no query", JSON, b"{}", 400, "no query"),
        ("an empty query", JSON, b'{"query": " "}', 400, "no query"),
        ("a query that is no text", JSON, b'{"query": 7}', 400, "no query"),
        ("variables that are no object", JSON, b'{"query": "{ a }", "variables": []}', 400, "variables"),
        ("a name that is no text", JSON, b'{"query": "{ a }", "operationName": 7}', 400, "operationName"),
    ],
)
def test_what_is_wrong_with_a_body_is_said(_case: str, content_type: str, body: bytes, status: int, words: str) -> None:
    with pytest.raises(BadRequest, match=words) as bad:
        operation_of_body(content_type, body)
    assert bad.value.status == status


def test_variables_in_a_query_string_must_be_json() -> None:
    with pytest.raises(BadRequest, match="variables is not JSON"):
        operation_of_query_string({"query": "{ a }", "variables": "{"})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/json, application/graphql-response+json;q=0.9", GRAPHQL_RESPONSE),
        ("text/html, application/*;q=0.8", JSON),
    ],
)
def test_the_client_chooses_the_media_type(accept: str, media_type: str) -> None:
    assert media_type_for(accept) == media_type


def test_a_client_that_accepts_neither_is_told() -> None:
    with pytest.raises(BadRequest) as bad:
        media_type_for("text/html")
    assert bad.value.status == 406


def test_only_the_new_media_type_has_a_status_of_its_own() -> None:
    assert status_for(JSON, has_data=False) == 200
    assert status_for(GRAPHQL_RESPONSE, has_data=True) == 200
    assert status_for(GRAPHQL_RESPONSE, has_data=False) == 400
