"""Every turnstile of the fleet: one an account, or one for all accounts at a vendor's host that counts addresses.

What was called within the windows is remembered across restarts: to the vendor it is still the same caller.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

from hub.quota import Turnstile, Window
from hub.store.call_log import CallLog
from hub.store.database import Store
from model.clock import Clock
from vendors.kit.quota import Budget, Scope
from vendors.manifest import AccountSettings, Manifest
from vendors.registry import manifests


class Turnstiles:
    """Made as accounts ask for theirs; `recall` once all have asked."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """None yet."""
        windows = (budget.window_s for manifest in manifests().values() for budget in manifest.budgets)
        self.log = CallLog(store, clock, timedelta(seconds=max(windows)))
        self._clock = clock
        self._made: dict[str, Turnstile] = {}

    def of(self, settings: AccountSettings, manifest: Manifest, base_url: str) -> Turnstile:
        """The account's turnstile. Where accounts share one, the limits of the first in the configuration hold."""
        shared = any(budget.scope is Scope.ADDRESS for budget in manifest.budgets)
        who = f"{manifest.slug}@{urlsplit(base_url).netloc}" if shared else settings.id
        if who not in self._made:
            budgets = _with_limits(manifest.budgets, settings.quotas)
            windows = [Window(budget, self._clock) for budget in budgets]
            self._made[who] = Turnstile(windows, self._clock, partial(self.log.note, who))
        return self._made[who]

    async def recall(self) -> None:
        """Count what an earlier process called."""
        async for who, answered_at in self.log.load(self._made):
            for window in self._made[who].windows:
                window.recall(answered_at)

    async def aclose(self) -> None:
        """Stop waking waiters, and write down the last calls."""
        for turnstile in self._made.values():
            await turnstile.aclose()
        await self.log.flush()


def _with_limits(budgets: Iterable[Budget], limits: Mapping[str, int]) -> list[Budget]:
    """The vendor's budgets with the operator's own limits; the reserve never takes more than half of one."""
    adjusted = [replace(budget, limit=limits.get(budget.name, budget.limit)) for budget in budgets]
    return [replace(budget, reserve=min(budget.reserve, budget.limit // 2)) for budget in adjusted]
