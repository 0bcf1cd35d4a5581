"""`/graphql`: POST for everything, GET for queries, and GraphiQL for a browser."""

from collections.abc import Mapping
from time import perf_counter
from typing import TypeAlias

import orjson
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from app.gateway import gateway_of
from app.graphiql_page import page
from app.graphql_request import (
    JSON,
    LARGEST_BODY_BYTES,
    BadRequest,
    Operation,
    media_type_for,
    operation_of_body,
    operation_of_query_string,
    status_for,
    wants_a_page,
)

Answer: TypeAlias = dict[str, object]

router = APIRouter()

_BY_GET = frozenset({OperationType.QUERY})
_BY_POST = frozenset({OperationType.QUERY, OperationType.MUTATION})


@router.get("/graphql")
async def get(request: Request) -> Response:
    """A query in the address, or GraphiQL for a browser that brings none."""
    accept = request.headers.get("accept", "")
    if "query" not in request.query_params and wants_a_page(accept):
        return page()
    try:
        _refuse_other_sites(request)
        return await _answered(request, operation_of_query_string(request.query_params), accept, _BY_GET)
    except BadRequest as bad:
        return _refused(request, bad)


@router.post("/graphql")
async def post(request: Request) -> Response:
    """A query or a mutation as JSON."""
    try:
        accept = media_type_for(request.headers.get("accept", ""))
        operation = operation_of_body(request.headers.get("content-type", ""), await _body(request))
        return await _answered(request, operation, accept, _BY_POST)
    except BadRequest as bad:
        return _refused(request, bad)


async def _answered(request: Request, operation: Operation, accept: str, allowed: frozenset[OperationType]) -> Response:
    media_type = media_type_for(accept)
    gateway = gateway_of(request)
    began = perf_counter()
    try:
        result = await gateway.schema.execute(
            operation.query,
            variable_values=dict(operation.variables) if operation.variables else None,
            context_value=gateway.context(),
            operation_name=operation.operation_name,
            allowed_operation_types=allowed,
        )
    except InvalidOperationTypeError as error:
        raise _not_this_way(error.operation_type) from None
    except CannotGetOperationTypeError:
        raise BadRequest(400, "There are several operations: say in operationName which one is meant.") from None
    gateway.metrics.query_seconds.observe(perf_counter() - began)
    gateway.metrics.queries.labels("refused" if result.data is None else "errors" if result.errors else "ok").inc()
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
        if result.data is None:
            del answer["data"]
    return _json(answer, status_for(media_type, has_data=result.data is not None), media_type)


def _not_this_way(kind: OperationType) -> BadRequest:
    if kind is OperationType.SUBSCRIPTION:
        return BadRequest(400, "Subscriptions are not served over this transport.")
    return BadRequest(405, "Mutations are refused over GET: use POST.", allow="POST")


def _refuse_other_sites(request: Request) -> None:
    """A GET needs no leave from the browser, so a page elsewhere could spend the vendors' quota with a picture."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise BadRequest(403, "Queries over GET are not for pages of other sites; use POST with JSON.")


async def _body(request: Request) -> bytes:
    """The body. Raises BadRequest as soon as it is too large, without reading the rest."""
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_BODY_BYTES:
                raise BadRequest(413, f"The body is larger than {LARGEST_BODY_BYTES} bytes.")
            chunks.append(chunk)
    except ClientDisconnect:
        raise BadRequest(400, "The body ended early.") from None
    return b"".join(chunks)


def _refused(request: Request, bad: BadRequest) -> Response:
    """The one shape of an error, also where GraphQL was never reached."""
    gateway_of(request).metrics.queries.labels("refused").inc()
    extensions = {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}
    headers = {"allow": bad.allow} if bad.allow else None
    return _json({"errors": [{"message": bad.message, "extensions": extensions}]}, bad.status, JSON, headers)


def _json(answer: Answer, status: int, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers, media_type=f"{media_type}; charset=utf-8")
