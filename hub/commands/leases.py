"""Which process sees to which calls: each to its own, for as long as it says again and again that it lives."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, select, update

from hub.commands.calls import Phase
from hub.store.database import Store
from hub.store.tables import command_calls
from model.clock import Clock

LEASE_S = 15.0
"""A process that has not renewed its calls for so long is taken for dead."""

_LIVE = command_calls.c.phase.in_([phase.value for phase in Phase if phase is not Phase.OVER])
"""Calls that somebody has to see to: asked for by name, so that an index finds them among all that are over."""


class Leases:
    """The owners of calls, as one process `me` sees them."""

    def __init__(self, store: Store, clock: Clock, me: str) -> None:
        """Over a store that is open."""
        self._store = store
        self._clock = clock
        self._me = me

    async def renew(self) -> Mapping[str, bool]:
        """Say that this process still lives. Its calls, and whether somebody wants each looked at now."""
        mine = _locked(command_calls.c.owner == self._me)
        async with self._store.writing() as connection:
            calls = {row.id: row.wants_look for row in await connection.execute(mine)}
            values = {"owned_until": self._clock.now() + timedelta(seconds=LEASE_S), "wants_look": False}
            await connection.execute(update(command_calls).where(command_calls.c.id.in_(calls)).values(**values))
        return calls

    async def take_over(self, *, everything: bool) -> list[str]:
        """Take the calls of processes that died; with `everything` those of all others. Their ids."""
        now = self._clock.now()
        orphaned = command_calls.c.owner != self._me
        if not everything:
            orphaned &= command_calls.c.owned_until < now
        async with self._store.writing() as connection:
            taken = [row.id for row in await connection.execute(_locked(orphaned))]
            values = {"owner": self._me, "owned_until": now + timedelta(seconds=LEASE_S)}
            await connection.execute(update(command_calls).where(command_calls.c.id.in_(taken)).values(**values))
        return taken

    async def release(self) -> None:
        """Let whoever lives take the calls of this process at once: it ends."""
        async with self._store.writing() as connection:
            calls = [row.id for row in await connection.execute(_locked(command_calls.c.owner == self._me))]
            values = {"owned_until": self._clock.now()}
            await connection.execute(update(command_calls).where(command_calls.c.id.in_(calls)).values(**values))


def _locked(which: ColumnElement[bool]) -> Select[tuple[str, bool]]:
    """Live calls, locked one after the other in the order in which everybody locks them, so that nobody deadlocks."""
    query = select(command_calls.c.id, command_calls.c.wants_look).where(which, _LIVE)
    return query.order_by(command_calls.c.id).with_for_update()
