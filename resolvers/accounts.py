"""Who the data comes from: vendors, accounts, their health and quotas."""

from collections.abc import Sequence

from hub.capabilities import capabilities_at
from model.records import Account, AccountHealth, Device, Quota, Vendor
from model.states import AccountStatus, Capability
from resolvers.gathering import from_accounts
from resolvers.roster import count_of_devices
from resolvers.scope import Scope


async def vendors(scope: Scope) -> list[Vendor]:
    """Every vendor that this gateway speaks to, with or without an account."""
    return list(scope.fleet.vendors.values())


async def accounts(scope: Scope) -> list[Account]:
    """Every account that the viewer may see, in the order of the configuration."""
    return [member.account for member in scope.members()]


def vendor_by_slug(scope: Scope, slug: str) -> Vendor | None:
    """A vendor by its slug."""
    return scope.fleet.vendors.get(slug)


def by_keys(scope: Scope, keys: Sequence[str]) -> list[Account | None]:
    """Accounts by the `id` of their configuration; None for those that the viewer may not see."""
    return [member.account if (member := scope.member(key)) else None for key in keys]


def health(scope: Scope, key: str) -> AccountHealth:
    """The account's link to its vendor, without asking the vendor."""
    member = scope.member(key)
    return member.state() if member else AccountHealth(status=AccountStatus.UNKNOWN)


def quotas(scope: Scope, key: str) -> list[Quota]:
    """Every budget of the account as it stands now."""
    member = scope.member(key)
    return member.quotas() if member else []


async def device_counts(scope: Scope, keys: Sequence[str]) -> list[int]:
    """How many devices each account has, as far as is known now."""
    members = [member for key in keys if (member := scope.member(key))]
    counted = await from_accounts(members, lambda member: count_of_devices(scope, member))
    counts = {member.key: count for member, count in zip(members, counted, strict=True)}
    return [counts.get(key, 0) for key in keys]


def capabilities_of(scope: Scope, device: Device) -> tuple[Capability, ...]:
    """What can be done with this device."""
    member = scope.member(device.ref.account)
    return capabilities_at(device, member.capabilities, member.manifest.commands) if member else ()
