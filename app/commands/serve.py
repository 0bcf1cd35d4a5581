"""`chargegraph serve`: the gateway over the accounts of a configuration."""

import asyncio
from typing import Annotated

import typer

from app.assembly import build_app, say_goodbye
from app.commands.configuration import ConfigFile, settings_from
from app.commands.ending import Exit, fail
from app.database import problem_of_database
from app.serving import CannotListen, Served, is_loopback, listen, run, serve_until_stopped, url_of
from app.settings import AuthMode, Settings
from app.telemetry import configure_logging


def serve(
    config: ConfigFile,
    host: Annotated[
        str | None, typer.Option(help="The address to listen on.", show_default="server.host, else 127.0.0.1")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port; 0 takes any free one.", show_default="server.port, else 8000"),
    ] = None,
) -> None:
    """Serve the accounts of a configuration as one GraphQL API, until Ctrl-C or SIGTERM.

    Requests in flight are finished first. Ends with 2 when the configuration or the database must be mended first.
    """
    settings = settings_from(config)
    address = host or settings.server.host
    if refusal := refusal_to_serve(settings, address):
        fail(*refusal, code=Exit.USAGE)
    configure_logging()
    try:
        opened = listen(address, settings.server.port if port is None else port)
    except CannotListen as error:
        fail(str(error))
    with opened:
        app = build_app(settings, address=url_of(opened))
        if not run(_serve(settings, Served(app, opened, before_stopping=lambda: say_goodbye(app)))):
            fail("The gateway could not start; the log above says why.")


def refusal_to_serve(settings: Settings, host: str) -> tuple[str, str] | None:
    """Why these settings, right as they are, cannot be served; and what helps."""
    if settings.auth.mode is AuthMode.KEYS:
        return (
            'auth.mode is "keys", and API keys are not there yet in this version.',
            'Until they are, set mode = "none" under [auth], listen on 127.0.0.1, and sign people in before it.',
        )
    if not is_loopback(host):
        return (
            f'auth.mode is "none", so anybody who reaches {host} could query everything: refused.',
            "Listen on 127.0.0.1, and sign people in before it.",
        )
    if settings.storage.redis_url.get_secret_value():
        return (
            "storage.redis_url is set, and sharing between replicas is not there yet in this version.",
            "Leave redis_url out and run one process.",
        )
    return None


async def _serve(settings: Settings, served: Served) -> bool:
    if problem := await problem_of_database(settings.storage.database_url.get_secret_value()):
        fail(f"{problem}.", "See storage.database_url in docs/configuration.md.", Exit.USAGE)
    return await serve_until_stopped([served], stopping=asyncio.Event())
