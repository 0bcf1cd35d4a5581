"""Stores that are watched while they work, and the clock that stands still for them: those of the command tests."""

from tests.hub.commands.conftest import clock, memory, other_store, store

__all__ = ["clock", "memory", "other_store", "store"]
