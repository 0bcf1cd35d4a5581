"""The database as commands see it: does it answer, is it up to date, bring it there; failures as sentences."""

import asyncio

from hub.store.database import Store, StoreError, migrated

SETTLE_S = 0.1
"""A SQLite file that cannot be opened leaves a thread that still reports its end to the event loop: let it."""


async def problem_of_database(url: str) -> str | None:
    """What has to be done before this database can be used; None when it can. SQLite is migrated on the way."""
    try:
        store = await Store.open(url)
    except StoreError as error:
        await asyncio.sleep(SETTLE_S)
        message = str(error)
        return message[:1].upper() + message[1:]
    await store.aclose()
    return None


async def upgraded(url: str) -> list[str]:
    """Apply what is missing; the names of what was applied. Raises StoreError."""
    try:
        return await migrated(url)
    except StoreError:
        await asyncio.sleep(SETTLE_S)
        raise
