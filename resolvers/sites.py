"""Sites: lists, single ones, and which device stands where."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from hub import reads
from hub.fleet import Member
from hub.shelves import Place, Shelf
from hub.snapshots import Snapshot
from model.records import Device, Problem, Reading, Site
from model.refs import Ref
from resolvers.batching import by_account, refs_by_account
from resolvers.filters import SiteFilter
from resolvers.gathering import from_accounts
from resolvers.matching import contains, is_near
from resolvers.paging import Page, PageArgs, changed, page_of
from resolvers.roster import Roster, roster
from resolvers.scope import Scope


@dataclass(frozen=True, slots=True)
class SiteBook:
    """One account's sites, and what each says of its devices. `stale`: how they are known where not freshly."""

    sites: Mapping[Ref, Site]
    by_device: Mapping[str, Ref]
    by_name: Mapping[str, Ref]
    stale: Reading | None
    problems: Sequence[Problem]
    shelf: Shelf[Site]

    def of(self, device: Device) -> Site | None:
        """Where a device stands: by its own word, by the site's, or by the site's name where that is unique."""
        ref = (
            (device.site if device.site in self.sites else None)
            or self.by_device.get(device.ref.native_id)
            or (self.by_name.get(device.site_name) if device.site_name else None)
        )
        return None if ref is None else self.sites.get(ref)

    def known_as(self, site: Site) -> Site:
        """The site with the reading that holds now."""
        return site if self.stale is None else replace(site, reading=self.stale)


async def page(scope: Scope, args: PageArgs, where: SiteFilter, max_age: int | None) -> Page[Site]:
    """One page of sites by name then id, with the accounts whose part is missing or stale."""
    members = scope.members(where.accounts)
    books = dict(
        zip(
            (member.key for member in members),
            await from_accounts(members, lambda member: site_book(scope, member, max_age)),
            strict=True,
        )
    )
    found = page_of(
        [book.shelf for book in books.values()],
        args,
        scope.started_at,
        keep=_keep(where),
        problems=[problem for book in books.values() for problem in book.problems],
    )
    return changed(found, lambda site: books[site.ref.account].known_as(site))


async def by_refs(scope: Scope, refs: Sequence[Ref], max_age: int | None) -> list[Site | None]:
    """Sites by ref, with all that the vendor says of one; None for what nobody knows."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[Site | None]:
        book = await site_book(scope, member, max_age)
        details = [reads.site(member, ref) for ref in some if ref in book.sites]
        wanted = [read for read in details if read is not None]
        found = {
            snapshot.value.ref: replace(snapshot.value, reading=snapshot.reading or snapshot.value.reading)
            for snapshot in await scope.read_many(member, wanted, max_age)
            if snapshot.value is not None
        }
        listed = (book.sites.get(ref) for ref in some)
        return [
            found.get(ref) or (book.known_as(site) if site else None) for ref, site in zip(some, listed, strict=True)
        ]

    return await refs_by_account(scope, refs, of_account, None)


async def of_devices(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[Site | None]:
    """The site of each device; None where nobody says."""

    async def of_account(member: Member, some: Sequence[Device]) -> list[Site | None]:
        book = await site_book(scope, member, max_age)
        return [book.known_as(site) if (site := book.of(device)) else None for device in some]

    return await by_account(scope, devices, of_account, None)


async def site_book(scope: Scope, member: Member, max_age: int | None) -> SiteBook:
    """The account's sites now; asked once within an operation."""
    return await scope.once(("sites", member.key, max_age), lambda: _site_book(scope, member, max_age))


async def _site_book(scope: Scope, member: Member, max_age: int | None) -> SiteBook:
    """Sites that the vendor lists, and those that its devices name: the listing wins where both know a site."""
    read = None if _devices_tell(scope, member) else reads.sites(member)
    listing: Snapshot[Sequence[Site]] = Snapshot((), None)
    known: Roster | None = None
    if read is None:
        known = await roster(scope, member, max_age)
    else:
        listing = await scope.read(member, read, max_age)
    named = _named_by_devices(known)
    sources = (listing.value, *((known.listed, *known.alone_values()) if known else ()))
    shelf = scope.fleet.shelves.of(("sites", member.key), place_of_site)
    shelf.fill(sources, lambda: _each_once([*named, *(listing.value or ())]), scope.clock.now())
    sites = {row.record.ref: row.record for row in shelf.rows(scope.clock.now())}
    stale = known.stale if known else listing.reading
    return SiteBook(
        sites=sites,
        by_device={native: site.ref for site in sites.values() for native in site.device_ids},
        by_name=_unique_names(sites.values()),
        stale=stale if stale and stale.is_stale else None,
        problems=[*([listing.problem] if listing.problem else []), *(known.problems if known else ())],
        shelf=shelf,
    )


def _devices_tell(scope: Scope, member: Member) -> bool:
    """Whether the listing of devices is needed anyway and names the sites too."""
    return member.manifest.listing_names_sites and scope.asks_for("Site.devices", "Query.devices", "Query.device")


def _named_by_devices(known: Roster | None) -> list[Site]:
    if known is None:
        return []
    values = (*known.listed.values(), *known.alone_values())
    return [reading.site for reading in values if reading is not None and reading.site is not None]


def _each_once(sites: Sequence[Site]) -> list[Site]:
    """The last word on each site."""
    return list({site.ref: site for site in sites}.values())


def _unique_names(sites: Collection[Site]) -> dict[str, Ref]:
    """Sites by name, without the names that several have."""
    names = Counter(site.name for site in sites)
    return {site.name: site.ref for site in sites if names[site.name] == 1}


def place_of_site(site: Site) -> Place:
    """Sites stand by name, then id."""
    return (site.name, site.ref.id)


def _keep(where: SiteFilter) -> Callable[[Site], bool]:
    def keep(site: Site) -> bool:
        return (where.near is None or is_near(site.location, where.near)) and contains(
            where.search, site.name, site.address, site.city, site.ref.native_id
        )

    return keep
