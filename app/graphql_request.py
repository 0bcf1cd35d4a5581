"""GraphQL over HTTP: what a request asks for, and which media type and status its answer has. Pure, no I/O.

https://graphql.github.io/graphql-over-http/draft/
"""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"


class BadRequest(Exception):
    """A request that is not GraphQL over HTTP; the message says how to mend it."""

    def __init__(self, status: int, message: str, *, allow: str | None = None) -> None:
        """`allow`: the methods that would have been right."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.allow = allow


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be executed."""

    query: str
    variables: Mapping[str, object] | None = None
    operation_name: str | None = None


def operation_of_body(content_type: str, body: bytes) -> Operation:
    """The operation of a POST. Raises BadRequest."""
    if content_type.partition(";")[0].strip().lower() != JSON:
        raise BadRequest(415, f"Send the query as JSON, with the header Content-Type: {JSON}.")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, 'The body is not JSON. Send {"query": "...", "variables": {...}}.') from None
    if isinstance(content, list):
        raise BadRequest(
            400, "Batching is not supported: send one operation a request, with several root fields in it."
        )
    if not isinstance(content, dict):
        raise BadRequest(400, 'The body must be a JSON object: {"query": "...", "variables": {...}}.')
    return operation_of(content)


def operation_of_query_string(parameters: Mapping[str, str]) -> Operation:
    """The operation of a GET. Raises BadRequest."""
    content: dict[str, object] = dict(parameters)
    for name in ("variables", "extensions"):
        if text := parameters.get(name):
            try:
                content[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise BadRequest(400, f"The parameter {name} is not JSON.") from None
        else:
            content.pop(name, None)
    return operation_of(content)


def operation_of(content: Mapping[str, object]) -> Operation:
    """The operation that these parameters of a request describe. Raises BadRequest."""
    query, variables, name = content.get("query"), content.get("variables"), content.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "There is no query: send its text under the name query.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest(400, "variables must be a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest(400, "operationName must be text.")
    return Operation(query, variables, name or None)


def media_type_for(accept: str) -> str:
    """The media type that the client accepts; a client that says nothing gets JSON. Raises BadRequest."""
    if GRAPHQL_RESPONSE in media_types_of(accept):
        return GRAPHQL_RESPONSE
    if accepts_json(accept):
        return JSON
    raise BadRequest(406, f"This answers with {GRAPHQL_RESPONSE} or {JSON}; accept one of them.")


def accepts_json(accept: str) -> bool:
    """Whether JSON will do, by either of its media types."""
    accepted = media_types_of(accept)
    return not accepted or not accepted.isdisjoint({GRAPHQL_RESPONSE, JSON, "application/*", "*/*"})


def media_types_of(accept: str) -> set[str]:
    """What the header Accept names, parameters left out."""
    return {part.partition(";")[0].strip().lower() for part in accept.split(",")} - {""}


def status_for(media_type: str, *, has_data: bool) -> int:
    """The HTTP status of an executed operation.

    Old clients take anything but 200 for a broken network, so that plain JSON is always 200; under its own media type
    a request of which nothing was executed is 400.
    """
    return 200 if media_type == JSON or has_data else 400


def wants_a_page(accept: str) -> bool:
    """Whether a browser asks, rather than a program."""
    return "text/html" in accept
