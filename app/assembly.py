"""Puts the gateway together: store, fleet, schema and routes as one ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from app import graphiql_page
from app.callbacks import out_of_reach
from app.envelope import REQUEST_ID, Envelope
from app.gateway import Gateway
from app.metrics import Metrics
from app.routes import graphql, graphql_socket, health, metrics, webhooks
from app.serving import LOOPBACK_HOSTS
from app.settings import AuthMode, Settings
from app.socket_origins import SocketOrigins
from graph.schema import build_schema
from graph.streaming.streams import Streams
from hub.fleet import Fleet
from hub.live.retention import Retention
from hub.store.database import Store
from model.clock import Clock, SystemClock

log = structlog.get_logger("app")


def build_app(
    settings: Settings,
    *,
    address: str = "",
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The gateway. Nothing is opened before its lifespan begins, and everything is closed when that ends.

    `address`: the URL at which it will listen; vendors call back there where the settings name no public URL.
    `transport` replaces the network to the vendors.
    """
    time = clock or SystemClock()
    public_url = settings.server.public_url or address
    schema = build_schema()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store = await Store.open(settings.storage.database_url.get_secret_value())
        try:
            async with Fleet.open(
                settings.accounts,
                store=store,
                clock=time,
                transport=transport,
                public_url=public_url,
                keep_commands=timedelta(days=settings.commands.keep_days),
                keep_letters=timedelta(days=settings.inbox.keep_days),
            ) as fleet:
                counted = Metrics()
                counted.watch(fleet)
                streams = Streams(schema, time, max_age_s=settings.live.max_stream_age_s)
                counted.watch_streams(streams)
                app.state.gateway = Gateway(
                    store=store, fleet=fleet, schema=schema, clock=time, metrics=counted, streams=streams
                )
                log.info("open", accounts=list(fleet.members))
                _warn_of_callbacks(fleet, public_url)
                async with _kept_in_shape(streams, _retention(fleet, time, settings)):
                    yield
        finally:
            await store.aclose()
            log.info("closed")

    app = FastAPI(title="ChargeGraph", lifespan=lifespan, openapi_url=None)
    for module in (graphql, graphql_socket, health, metrics, webhooks):
        app.include_router(module.router)
    app.mount(graphiql_page.ASSETS, graphiql_page.assets())
    _guard(app, settings, public_url)
    return app


def say_goodbye(app: FastAPI) -> None:
    """End every stream, with the reason: the gateway is about to be closed."""
    app.state.gateway.streams.close()


def _retention(fleet: Fleet, clock: Clock, settings: Settings) -> Retention:
    keep = timedelta(days=settings.events.keep_days)
    return Retention(fleet.events, clock, keep=keep, keep_most=settings.events.keep_most)


@asynccontextmanager
async def _kept_in_shape(streams: Streams, retention: Retention) -> AsyncIterator[None]:
    """Streams end by their age and events are forgotten, until all of that ends."""
    streams.start()
    retention.start()
    try:
        yield
    finally:
        await streams.aclose()
        await retention.aclose()


def _warn_of_callbacks(fleet: Fleet, public_url: str) -> None:
    for member in out_of_reach(fleet.members.values(), public_url):
        log.warning(
            "callbacks cannot arrive", account=member.key, remedy="set server.public_url; see chargegraph doctor"
        )


def _guard(app: FastAPI, settings: Settings, public_url: str) -> None:
    """Middleware, from the innermost to the outermost."""
    if settings.auth.mode is AuthMode.NONE:
        # A page elsewhere could point its own name at 127.0.0.1 and so reach what has no sign-in: it can't fake Host.
        public = urlsplit(public_url).hostname
        hosts = [*LOOPBACK_HOSTS, "[::1]", *([public] if public else [])]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    if settings.server.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.server.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["content-type", "authorization", REQUEST_ID],
            expose_headers=[REQUEST_ID],
            max_age=600,
        )
    app.add_middleware(SocketOrigins, public_url=public_url, origins=settings.server.cors_origins)
    app.add_middleware(Envelope)
