"""`/webhooks/{account}/{secret}`: where vendors call back, each task at a path of its own.

The path is all that tells the vendor from anybody else, so nothing here logs, counts or repeats it.
"""

import orjson
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.gateway import gateway_of
from app.request_body import LARGEST_BODY_BYTES, BodyEndedEarly, BodyTooLarge, body_of
from hub.commands.orders import UnknownCallback, UnreadableCallback

router = APIRouter()


@router.post("/webhooks/{account}/{secret}")
async def receive(request: Request, account: str, secret: str) -> Response:
    """Hand a callback to the command desk, and answer as its vendor expects.

    Where nobody waits for one this is a path like any other that does not exist: the desk finds a task by the hash of
    its secret, so that neither the answer nor its time tells how near a guess was.
    """
    gateway = gateway_of(request)
    count = gateway.metrics.webhook_requests
    media_type = request.headers.get("content-type", "")
    try:
        body = await body_of(request)
        answer = await gateway.fleet.desk.hear(account, secret, body, media_type)
    except BodyTooLarge:
        count.labels("too_large").inc()
        return _json({"error": f"The body is larger than {LARGEST_BODY_BYTES} bytes."}, 413)
    except UnknownCallback:
        count.labels("unknown").inc()
        raise HTTPException(404) from None
    except BodyEndedEarly:
        count.labels("unreadable").inc()
        return _json({"error": "The body ended early."}, 400)
    except UnreadableCallback:
        count.labels("unreadable").inc()
        return _json({"error": "This is no callback that its vendor documents."}, 400)
    count.labels("taken").inc()
    return _json(dict(answer), 200)


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
