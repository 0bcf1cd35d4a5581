"""Who the data comes from."""

from datetime import datetime

from graph.context import Info
from graph.types.fields import batched, edge, graph_type, node_type, plain
from graph.types.freshness import Problem
from graph.types.node import Node
from model import records
from model.states import AccountStatus, Capability, DeviceKind
from resolvers import accounts


@node_type(records.Vendor)
class Vendor(Node):
    """A maker of hardware, or a platform, that this gateway speaks to."""

    slug: str = plain("Its short name in the configuration and in filters.")
    name: str = plain("What people call it.")
    documentation_url: str | None = plain("Where it documents its API.")
    device_kinds: list[DeviceKind] = plain("What kinds of device it has.")
    capabilities: list[Capability] = plain("What this gateway can do with it.")


def _health(root: records.Account, info: Info) -> records.AccountHealth:
    return info.context.ask(accounts.health, root.key)


def _quotas(root: records.Account, info: Info) -> list[records.Quota]:
    return info.context.ask(accounts.quotas, root.key)


@graph_type()
class AccountHealth:
    """Our link to the vendor for one account."""

    status: AccountStatus = plain("How the link is.")
    last_success_at: datetime | None = plain("When a call last succeeded; null when none did since the start.")
    last_failure_at: datetime | None = plain("When a call last failed; null when none did since the start.")
    problem: Problem | None = plain("What is wrong, unless the link is well.")


@graph_type()
class Quota:
    """A budget of vendor calls as it stands now, shared by everything that reads with the account."""

    name: str = plain("Which of the vendor's limits it is.")
    limit: int = plain("Calls in a window.")
    window_seconds: int = plain("Length of the window.", "window_s")
    remaining: int = plain("Calls left in this window.")
    resets_at: datetime | None = plain("When calls come back.")


@node_type(records.Account)
class Account(Node):
    """One set of credentials at one vendor."""

    key: str = plain("Its `id` in the configuration; filters take it too.")
    name: str = plain("What people call it.")
    vendor: Vendor = plain("The vendor at which it is an account.")
    health: AccountHealth = edge("How the link to the vendor is.", _health)
    quotas: list[Quota] = edge("What is left of the vendor's limits.", _quotas)
    device_count: int = batched(
        "How many devices it has.",
        accounts.device_counts,
        lambda account: account.key,
        ages=False,
    )
