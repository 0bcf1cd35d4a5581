"""Stores that are watched while they work, and the clock that stands still for them."""

from tests.hub.commands.conftest import clock, memory, store

__all__ = ["clock", "memory", "store"]
