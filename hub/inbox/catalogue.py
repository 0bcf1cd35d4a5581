"""Letters as an operator looks at them, and the way back for those that are dead."""

from collections.abc import Collection

from sqlalchemy import select, update

from hub.inbox.letters import Content, Letter, State
from hub.inbox.rows import OF_A_LETTER, content_of, letter_of
from hub.store.database import Store
from hub.store.tables import inbox


class Catalogue:
    """The `inbox` table, beside whoever works on it."""

    def __init__(self, store: Store) -> None:
        """Over a store that is open."""
        self._store = store

    async def letters(self, states: Collection[State], accounts: Collection[str] | None, most: int) -> list[Letter]:
        """Letters in these states, the newest first; None: of every account."""
        query = select(*OF_A_LETTER).where(inbox.c.state.in_([state.value for state in states]))
        if accounts is not None:
            query = query.where(inbox.c.account.in_(accounts))
        async with self._store.reading() as connection:
            return [
                letter_of(row) for row in await connection.execute(query.order_by(inbox.c.number.desc()).limit(most))
            ]

    async def letter(self, number: int) -> tuple[Letter, Content | None] | None:
        """One letter and what stands in it, which is gone once it is done; None when there is no such letter."""
        async with self._store.reading() as connection:
            row = (await connection.execute(select(inbox).where(inbox.c.number == number))).one_or_none()
        return None if row is None else (letter_of(row), content_of(row))

    async def replay(self, numbers: Collection[int] | None) -> list[int]:
        """Let these dead letters be taken in anew, None: all; what was taken in of them is not taken in twice."""
        dead = inbox.c.state == State.DEAD.value
        if numbers is not None:
            dead &= inbox.c.number.in_(numbers)
        anew = {"state": State.WAITING.value, "reason": None, "attempts": 0, "try_at": None, "settled_at": None}
        async with self._store.writing() as connection:
            replayed = await connection.execute(update(inbox).where(dead).values(**anew).returning(inbox.c.number))
            return sorted(replayed.scalars())
