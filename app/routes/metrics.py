"""`/metrics`, for Prometheus."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from app.gateway import gateway_of

router = APIRouter()


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Everything that is counted, in the text format of Prometheus."""
    return Response(gateway_of(request).metrics.exposition(), headers={"content-type": CONTENT_TYPE_LATEST})
