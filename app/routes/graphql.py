"""`/graphql`: POST for everything, GET for queries and streams, and GraphiQL for a browser."""

from collections.abc import Mapping
from typing import TypeAlias

import orjson
from fastapi import APIRouter
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response

from app.gateway import gateway_of
from app.graphiql_page import page
from app.graphql_request import (
    JSON,
    BadRequest,
    Operation,
    accepts_json,
    media_type_for,
    operation_of_body,
    operation_of_query_string,
    status_for,
    wants_a_page,
)
from app.request_body import LARGEST_BODY_BYTES, BodyEndedEarly, BodyTooLarge, body_of
from app.streamed_response import StreamedResponse, framing_for
from graph.engine import kind_of

Answer: TypeAlias = dict[str, object]

router = APIRouter()


@router.get("/graphql")
async def get(request: Request) -> Response:
    """A query or a stream in the address, or GraphiQL for a browser that brings none."""
    accept = request.headers.get("accept", "")
    if "query" not in request.query_params and wants_a_page(accept):
        return page()
    try:
        _refuse_other_sites(request)
        operation = operation_of_query_string(request.query_params)
        _refuse_changes(operation, streams=framing_for(accept) is not None)
        return await _answered(request, operation)
    except BadRequest as bad:
        return _refused(request, bad)


@router.post("/graphql")
async def post(request: Request) -> Response:
    """Any operation as JSON."""
    try:
        operation = operation_of_body(request.headers.get("content-type", ""), await _body(request))
        return await _answered(request, operation)
    except BadRequest as bad:
        return _refused(request, bad)


async def _answered(request: Request, operation: Operation) -> Response:
    """As JSON; a stream as the client can take it, and so is everything for a client that takes nothing else."""
    gateway, accept = gateway_of(request), request.headers.get("accept", "")
    framing = framing_for(accept)
    if framing is not None and (_is_stream(operation) or not accepts_json(accept)):
        return StreamedResponse(gateway, operation, framing)
    media_type = media_type_for(accept)
    result = await gateway.execute(operation)
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
        if result.data is None:
            del answer["data"]
    return _json(answer, status_for(media_type, has_data=result.data is not None), media_type)


def _is_stream(operation: Operation) -> bool:
    return kind_of(operation.query, operation.operation_name) is OperationType.SUBSCRIPTION


def _refuse_changes(operation: Operation, *, streams: bool) -> None:
    """A GET changes nothing: browsers, caches and crawlers repeat it as they like."""
    kind = kind_of(operation.query, operation.operation_name)
    served = (None, OperationType.QUERY, *([OperationType.SUBSCRIPTION] if streams else []))
    if kind not in served:  # None: its execution will say what is wrong
        raise BadRequest(405, "Only queries are served over GET: use POST.", allow="POST")


def _refuse_other_sites(request: Request) -> None:
    """A GET needs no leave from the browser, so a page elsewhere could spend the vendors' quota with a picture."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        raise BadRequest(403, "Queries over GET are not for pages of other sites; use POST with JSON.")


async def _body(request: Request) -> bytes:
    try:
        return await body_of(request)
    except BodyTooLarge:
        raise BadRequest(413, f"The body is larger than {LARGEST_BODY_BYTES} bytes.") from None
    except BodyEndedEarly:
        raise BadRequest(400, "The body ended early.") from None


def _refused(request: Request, bad: BadRequest) -> Response:
    """The one shape of an error, also where GraphQL was never reached."""
    gateway_of(request).metrics.queries.labels("refused").inc()
    extensions = {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}
    headers = {"allow": bad.allow} if bad.allow else None
    return _json({"errors": [{"message": bad.message, "extensions": extensions}]}, bad.status, JSON, headers)


def _json(answer: Answer, status: int, media_type: str, headers: Mapping[str, str] | None = None) -> Response:
    content = orjson.dumps(answer, option=orjson.OPT_NON_STR_KEYS)
    return Response(content, status, headers, media_type=f"{media_type}; charset=utf-8")
