"""Tariffs: lists, single ones, and the one of a device or a site."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub import reads
from hub.member import Member
from hub.parts import Key, Part
from hub.shelves import Place, Shelf
from model.records import Device, Problem, Reading, Site, Tariff
from model.refs import Ref
from resolvers.batching import refs_by_account
from resolvers.gathering import from_accounts
from resolvers.paging import Page, PageArgs, changed, page_of
from resolvers.scope import Scope
from resolvers.states import states_of


@dataclass(frozen=True, slots=True)
class PriceList:
    """One account's tariffs. `stale`: how they are known where not freshly."""

    tariffs: Sequence[Tariff]
    stale: Reading | None
    problem: Problem | None
    shelf: Shelf[Tariff]

    def known_as(self, tariff: Tariff) -> Tariff:
        """The tariff with the reading that holds now."""
        return tariff if self.stale is None else replace(tariff, reading=self.stale)


async def page(scope: Scope, args: PageArgs, account: str | None) -> Page[Tariff]:
    """One page of tariffs by name then id, with the accounts whose part is missing or stale."""
    members = scope.members(None if account is None else frozenset({account}))
    lists = dict(
        zip(
            (member.key for member in members),
            await from_accounts(members, lambda member: price_list(scope, member)),
            strict=True,
        )
    )
    found = page_of(
        [one.shelf for one in lists.values()],
        args,
        scope.started_at,
        problems=[one.problem for one in lists.values() if one.problem],
    )
    return changed(found, lambda tariff: lists[tariff.ref.account].known_as(tariff))


async def by_refs(scope: Scope, refs: Sequence[Ref]) -> list[Tariff | None]:
    """Tariffs by ref; None for what the vendor does not list."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[Tariff | None]:
        own = await price_list(scope, member)
        listed = {tariff.ref: own.known_as(tariff) for tariff in own.tariffs}
        return [listed.get(ref) for ref in some]

    return await refs_by_account(scope, refs, of_account, None)


async def last_known(scope: Scope, ref: Ref) -> Tariff | None:
    """A tariff as it was last listed, however long ago; nobody is asked for it."""
    if scope.member(ref.account) is None:
        return None
    (entry,) = await scope.fleet.snapshots.peek([Key(ref.account, Part.TARIFFS)])
    return next((tariff for tariff in entry.value if tariff.ref == ref), None) if entry else None


async def of_devices(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[Tariff | None]:
    """The price at each device, as the device's own reading tells."""
    return [state.tariffs[0] if state.tariffs else None for state in await states_of(scope, devices, max_age)]


async def of_sites(scope: Scope, sites: Sequence[Site]) -> list[Tariff | None]:
    """The price at each site, where the vendor ties prices to sites."""
    refs = [site.tariff for site in sites if site.tariff is not None]
    found = dict(zip(refs, await by_refs(scope, refs), strict=True))
    return [found.get(site.tariff) if site.tariff is not None else None for site in sites]


async def price_list(scope: Scope, member: Member) -> PriceList:
    """The account's tariffs now; asked once within an operation."""
    return await scope.once(("tariffs", member.key), lambda: _price_list(scope, member))


async def _price_list(scope: Scope, member: Member) -> PriceList:
    shelf = scope.fleet.shelves.of(("tariffs", member.key), place_of_tariff)
    read = reads.tariffs(member)
    if read is None:
        return PriceList((), None, None, shelf)
    snapshot = await scope.read(member, read)
    shelf.fill((snapshot.value,), lambda: snapshot.value or (), scope.clock.now())
    stale = snapshot.reading if snapshot.reading and snapshot.reading.is_stale else None
    return PriceList(snapshot.value or (), stale, snapshot.problem, shelf)


def place_of_tariff(tariff: Tariff) -> Place:
    """Tariffs stand by name, then id."""
    return (tariff.name, tariff.ref.id)
