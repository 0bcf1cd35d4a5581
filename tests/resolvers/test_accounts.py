"""Vendors and accounts: what is known of them without asking anybody."""

from model.faults import Unauthorised
from model.states import AccountStatus, Capability, DeviceKind
from resolvers import accounts
from tests.resolvers.scripted import account, fleet_of
from tests.resolvers.things import device, reading
from vendors.contract import ListsDevices, ReadsDevices, ReadsStorage


async def test_vendors_and_accounts_stand_in_the_order_of_the_configuration() -> None:
    async with fleet_of(account("z", slug="acme"), account("a", slug="other")) as world:
        scope = world.scope()
        assert [one.slug for one in await accounts.vendors(scope)] == ["acme", "other"]
        assert [(one.key, one.vendor.slug) for one in await accounts.accounts(scope)] == [("z", "acme"), ("a", "other")]
        found = accounts.vendor_by_slug(scope, "other")
        assert found is not None
        assert (found.slug, accounts.vendor_by_slug(scope, "nobody")) == ("other", None)
        assert [one and one.key for one in accounts.by_keys(scope, ["a", "nowhere", "z"])] == ["a", None, "z"]


async def test_health_and_quotas_are_those_of_the_link() -> None:
    async with fleet_of(account("a", ListsDevices, limit=10)) as world:
        scope = world.scope()
        assert accounts.health(scope, "a").status is AccountStatus.UNKNOWN
        world["a"].answers["list_devices"] = Unauthorised("refused")
        assert await accounts.device_counts(scope, ["a"]) == [0]
        assert accounts.health(scope, "a").status is AccountStatus.AUTH_FAILED
        assert [(quota.limit, quota.remaining) for quota in accounts.quotas(scope, "a")] == [(10, 9)]
        assert accounts.health(scope, "nowhere").status is AccountStatus.UNKNOWN
        assert accounts.quotas(scope, "nowhere") == []


async def test_devices_are_counted_by_account() -> None:
    async with fleet_of(account("a", ListsDevices), account("b", devices=("C1", "C2"))) as world:
        world["a"].answers["list_devices"] = (reading("D1"),)
        assert await accounts.device_counts(world.scope(), ["b", "nowhere", "a", "b"]) == [2, 0, 1, 2]


async def test_what_can_be_done_with_a_device_is_what_its_account_can() -> None:
    async with fleet_of(account("a", ListsDevices, ReadsDevices, ReadsStorage)) as world:
        scope = world.scope()
        inverter = device("D1", kind=DeviceKind.INVERTER)
        assert accounts.capabilities_of(scope, inverter) == (Capability.READ_STORAGE,)
        assert accounts.capabilities_of(scope, device("D2")) == ()
        assert accounts.capabilities_of(scope, device("D2", "nowhere")) == ()
