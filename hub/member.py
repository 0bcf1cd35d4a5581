"""One account of the fleet, open: its adapter, its link to the vendor and what it can do."""

from collections import Counter
from dataclasses import dataclass

from hub.health import Health
from hub.quota import Turnstile
from model.records import Account, AccountHealth, Quota
from model.states import Capability
from vendors.contract import Adapter
from vendors.manifest import AccountSettings, Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One account of the fleet."""

    settings: AccountSettings
    manifest: Manifest
    adapter: Adapter
    capabilities: frozenset[Capability]
    health: Health
    gate: Turnstile
    account: Account
    calls: Counter[tuple[str, str]]
    """Vendor calls so far, by operation and outcome: `OK` or the code of the fault."""

    @property
    def key(self) -> str:
        """The account's `id` in the configuration."""
        return self.settings.id

    def quotas(self) -> list[Quota]:
        """Every budget of the account as it stands now."""
        return [window.state() for window in self.gate.windows]

    def state(self) -> AccountHealth:
        """The account's link to its vendor."""
        return self.health.state()
