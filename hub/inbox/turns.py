"""Which process takes in the letters of which account: one at a time, so that they keep their order.

A process says again and again that it lives; whoever falls silent loses its turns to those who do. What it still tries
to settle then is refused in the very transaction.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.database import Store
from hub.store.tables import inbox_turns
from model.clock import Clock

TURN_S = 15.0
"""A process that has not said for so long that it lives is taken for dead."""


class TurnLost(Exception):
    """Another process takes in this account's letters now."""


class Turns:
    """The turns of a process `me`."""

    def __init__(self, store: Store, clock: Clock, me: str) -> None:
        """Over a store that is open."""
        self._store = store
        self._clock = clock
        self._me = me

    async def keep(self, accounts: Collection[str], *, everything: bool = False) -> set[str]:
        """Keep our turns at these accounts and take those that nobody has; with `everything` those of others too.

        The accounts whose turn is ours.
        """
        if not accounts:
            return set()
        now = self._clock.now()
        until = now + timedelta(seconds=TURN_S)
        rows = [{"account": account, "owner": self._me, "owned_until": until} for account in sorted(accounts)]
        async with self._store.writing() as connection:
            for row in rows:
                await connection.execute(self._upsert(now, everything=everything), row)
            mine = select(inbox_turns.c.account).where(inbox_turns.c.owner == self._me)
            return set((await connection.execute(mine)).scalars()) & set(accounts)

    async def check(self, connection: AsyncConnection, account: str) -> None:
        """Hold the turn until the transaction ends. Raises TurnLost when it is not ours."""
        query = select(inbox_turns.c.owner).where(inbox_turns.c.account == account).with_for_update()
        if (await connection.execute(query)).scalar_one_or_none() != self._me:
            raise TurnLost(account)

    async def release(self) -> None:
        """Let whoever lives go on at once: this process ends."""
        async with self._store.writing() as connection:
            mine = inbox_turns.c.owner == self._me
            await connection.execute(update(inbox_turns).where(mine).values(owned_until=self._clock.now()))

    def _upsert(self, now: datetime, *, everything: bool) -> Insert:
        insert = postgresql.insert if self._store.dialect == "postgresql" else sqlite.insert
        statement: Any = insert(inbox_turns)
        free = (inbox_turns.c.owner == self._me) | (inbox_turns.c.owned_until <= now)
        upsert: Insert = statement.on_conflict_do_update(
            index_elements=["account"],
            set_={"owner": statement.excluded.owner, "owned_until": statement.excluded.owned_until},
            where=None if everything else free,
        )
        return upsert
