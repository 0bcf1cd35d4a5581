"""Where each account's vendor sends its pushes: a path with a secret, the only proof that many vendors have.

A secret that the configuration does not give is made once and kept in the store, as it is: it must be told to vendors
again, and a key to seal it with would lie beside it. Whoever can read this store could read the pushes themselves.
Who wants it elsewhere gives `webhook_secret`. It is in no log, no fault and no `repr`.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from hmac import compare_digest
from secrets import token_bytes, token_urlsafe

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.database import Store
from hub.store.tables import webhook_secrets
from model.clock import Clock
from vendors.manifest import AccountSettings

SECRET_BYTES = 32


class Addresses:
    """The webhook of every account. `Addresses.open` it."""

    def __init__(self, secrets: Mapping[str, str], public_url: str) -> None:
        """`secrets` by account; `public_url`: what vendors reach this gateway by, empty where they cannot."""
        self._secrets = secrets
        self._public_url = public_url
        self._digests = {account: _digest(secret) for account, secret in secrets.items()}
        self._nobodys = token_bytes(SECRET_BYTES)

    @classmethod
    async def open(
        cls, store: Store, clock: Clock, accounts: Collection[AccountSettings], public_url: str
    ) -> "Addresses":
        """The addresses of these accounts; secrets that nobody gave are made and kept."""
        given = {one.id: one.webhook_secret.get_secret_value() for one in accounts if one.webhook_secret is not None}
        without = [one.id for one in accounts if not given.get(one.id)]
        return cls({**given, **await _kept(store, clock, without)}, public_url)

    def url(self, account: str) -> str | None:
        """What to tell the account's vendor; None where nobody could reach it. It holds the secret."""
        secret = self._secrets.get(account)
        return f"{self._public_url}/webhooks/{account}/{secret}" if self._public_url and secret else None

    def matches(self, account: str, secret: str) -> bool:
        """Whether this is the account's own secret; an account that does not exist takes as long to deny."""
        return compare_digest(self._digests.get(account, self._nobodys), _digest(secret))


async def _kept(store: Store, clock: Clock, accounts: Collection[str]) -> dict[str, str]:
    """The secrets in the store, those made that were not there. Another process may have been sooner."""
    if not accounts:
        return {}
    dialect = postgresql if store.dialect == "postgresql" else sqlite
    made = [{"account": one, "secret": token_urlsafe(SECRET_BYTES), "made_at": clock.now()} for one in accounts]
    async with store.writing() as connection:
        await connection.execute(dialect.insert(webhook_secrets).on_conflict_do_nothing(), made)
        rows = await connection.execute(select(webhook_secrets).where(webhook_secrets.c.account.in_(accounts)))
        return {row.account: row.secret for row in rows}


def _digest(secret: str) -> bytes:
    """Of one length for all, so that comparing takes as long for each."""
    return sha256(secret.encode(errors="surrogatepass")).digest()
