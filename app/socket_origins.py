"""Which web pages may open a WebSocket here: a browser asks nobody's leave for one, whatever page it shows."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

FORBIDDEN = 4403


class SocketOrigins:
    """Middleware. Programs send no origin; a page may connect to where it came from, and the pages that are named."""

    def __init__(self, app: ASGIApp, *, public_url: str, origins: Collection[str]) -> None:
        """`public_url`: where our own pages come from when a proxy stands before us."""
        self._app = app
        self._public_host = urlsplit(public_url).netloc
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket" and not self._may_connect(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": FORBIDDEN, "reason": "not for pages of this origin"})
            return
        await self._app(scope, receive, send)

    def _may_connect(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin in self._origins:
            return True
        host = urlsplit(origin).netloc
        return bool(host) and host in (headers.get("host"), self._public_host)
