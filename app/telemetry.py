"""Logs: JSON lines for machines, coloured lines on a terminal; never a URL with its query, never a secret.

The HTTP library logs whole URLs at INFO, and vendors want tokens in theirs: it is silenced below WARNING. Access logs
are off: /metrics counts queries, and an address line for each says nothing that helps.
"""

import logging
import sys

import structlog
from structlog.typing import Processor

_QUIET = ("httpx", "httpcore", "uvicorn.access", "aiosqlite", "sqlalchemy.engine", "alembic")
"""Libraries that would log values of requests, statements or every connection."""


def configure_logging(level: str = "info") -> None:
    """Send the standard library's and structlog's records through one formatter to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    is_terminal = sys.stderr.isatty()
    rendered: list[Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if is_terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
