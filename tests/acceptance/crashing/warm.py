"""Imported by the process that gateways and vendors are forked from: whatever they need is there when they begin."""

import gc
from importlib import import_module

from tests.acceptance.crashing import clouds, gateway
from vendors.registry import manifests

__all__ = ["clouds", "gateway"]

IMPORTED_LATE = (
    "aiosqlite",
    "asyncpg",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)

for name in IMPORTED_LATE:
    import_module(name)
manifests()
gc.collect()
gc.freeze()  # so that collecting garbage in a child does not touch, and copy, every page that it shares
