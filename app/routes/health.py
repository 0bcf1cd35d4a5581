"""`/healthz` and `/readyz`: whether to restart this process, and whether to send it requests."""

from importlib.metadata import version

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from app.gateway import gateway_of

router = APIRouter()


@router.get("/healthz")
async def alive() -> JSONResponse:
    """The process runs and its event loop turns."""
    return JSONResponse({"status": "ok", "version": version("chargegraph")})


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """The store answers and the fleet is open.

    A vendor that is down does not make this gateway unready: it serves the others, and what it last knew.
    """
    gateway = gateway_of(request)
    is_reachable = await gateway.store.is_reachable()
    accounts = {key: member.state().status.value for key, member in gateway.fleet.members.items()}
    content = {
        "status": "ready" if is_reachable else "not ready",
        "store": "ok" if is_reachable else "unreachable",
        "accounts": accounts,
    }
    return JSONResponse(content, 200 if is_reachable else 503)
