"""`/webhooks/{account}/{secret}`: where vendors push what happens, and call back, each task at a path of its own.

The path is all that tells many vendors from anybody else, so nothing here logs, counts or repeats it.
"""

import orjson
from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.gateway import Gateway, gateway_of
from app.request_body import LARGEST_BODY_BYTES, BodyEndedEarly, BodyTooLarge, body_of
from hub.commands.orders import UnknownCallback, UnreadableCallback
from hub.inbox.inbox import NotKept
from model.faults import Unauthorised
from vendors.receiving import Push, Receiver

router = APIRouter()


@router.post("/webhooks/{account}/{secret}")
async def receive(request: Request, account: str, secret: str) -> Response:
    """Keep a push in the inbox, or hand a callback to the command desk, and answer as its vendor expects.

    Where nobody waits for one this is a path like any other that does not exist. An account's own secret is compared
    in constant time and a task is found by the hash of its secret, so that neither the answer nor its time tells how
    near a guess was.
    """
    gateway = gateway_of(request)
    is_own = gateway.fleet.addresses.matches(account, secret)
    receiver = gateway.fleet.ingest.receiver(account) if is_own else None
    most_bytes = gateway.fleet.members[account].manifest.largest_push_bytes if receiver else LARGEST_BODY_BYTES
    try:
        body = await body_of(request, most_bytes)
        if receiver is None:
            outcome, answer = await _call_back(request, gateway, account, secret, body)
        else:
            outcome, answer = await _keep(request, gateway, account, receiver, body)
    except BodyTooLarge:
        outcome, answer = "too_large", _json({"error": f"The body is larger than {most_bytes} bytes."}, 413)
    except BodyEndedEarly:
        outcome, answer = "unreadable", _json({"error": "The body ended early."}, 400)
    except UnknownCallback:
        gateway.metrics.webhook_requests.labels("unknown").inc()
        raise HTTPException(404) from None
    gateway.metrics.webhook_requests.labels(outcome).inc()
    return answer


async def _keep(
    request: Request, gateway: Gateway, account: str, receiver: Receiver, body: bytes
) -> tuple[str, Response]:
    """Whether it says what it should is found out later: the vendor is only told that it is kept."""
    push = Push(headers=dict(request.headers), body=body, received_at=gateway.clock.now())
    try:
        receiver.verify(push)
        await gateway.fleet.inbox.keep(account, push)
    except Unauthorised:
        return "unsigned", _json({"error": "Unauthorized"}, 401)
    except NotKept:
        return "unkept", _json({"error": "It could not be kept: send it again."}, 503)
    return "taken", _json(dict(receiver.answer), 200)


async def _call_back(
    request: Request, gateway: Gateway, account: str, secret: str, body: bytes
) -> tuple[str, Response]:
    media_type = request.headers.get("content-type", "")
    try:
        answer = await gateway.fleet.desk.hear(account, secret, body, media_type)
    except UnreadableCallback:
        return "unreadable", _json({"error": "This is no callback that its vendor documents."}, 400)
    return "taken", _json(dict(answer), 200)


def _json(content: dict[str, object], status: int) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
