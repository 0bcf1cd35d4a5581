"""Sites: lists, single ones, and which device stands where."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hub import reads
from hub.member import Member
from hub.shelves import Place, Row, Shelf
from model.records import Device, Problem, Reading, Site
from model.refs import Ref
from resolvers.batching import by_account, refs_by_account
from resolvers.filters import SiteFilter
from resolvers.gathering import from_accounts
from resolvers.matching import contains, is_near
from resolvers.merging import completed
from resolvers.paging import Page, PageArgs, changed, page_of
from resolvers.roster import Roster, known_devices, roster
from resolvers.scope import Scope
from vendors.contract import DeviceReading


@dataclass(frozen=True, slots=True)
class SiteBook:
    """One account's sites, and what each says of its devices. `stale`: how a site is known where not freshly."""

    sites: Mapping[Ref, Site]
    by_device: Mapping[str, Ref]
    by_name: Mapping[str, Ref]
    stale: Callable[[Site], Reading | None]
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
        reading = self.stale(site)
        return site if reading is None else replace(site, reading=reading)


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
    """Sites by ref: each read by itself where the vendor allows it, else from the list; None for what nobody knows."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[Site | None]:
        details = [read for ref in some if (read := reads.site(member, ref)) is not None]
        found = {
            snapshot.value.ref: replace(snapshot.value, reading=snapshot.reading or snapshot.value.reading)
            for snapshot in await scope.read_many(member, details, max_age)
            if snapshot.value is not None
        }
        if all(ref in found for ref in some):
            return [found[ref] for ref in some]
        book = await site_book(scope, member, max_age)
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
    if not member.manifest.has_sites:
        return _book(scope, member, _shelf(scope, member), lambda _: None, ())
    read = None if _devices_tell(scope, member) else reads.sites(member)
    if read is None:
        return await _book_of_devices(scope, member, max_age)
    listing = await scope.read(member, read, max_age)
    shelf = _shelf(scope, member)
    shelf.fill((listing.value,), {site.ref: site for site in listing.value or ()}.values, scope.clock.now())
    stale = listing.reading if listing.reading and listing.reading.is_stale else None
    problems = [listing.problem] if listing.problem else []
    return _book(scope, member, shelf, lambda _: stale, problems)


async def _book_of_devices(scope: Scope, member: Member, max_age: int | None) -> SiteBook:
    """The sites of a vendor that has no list of them: what its devices say, first of all by themselves."""
    known = await roster(scope, member, max_age)
    own = await known_devices(scope, member, list(known.listed))
    shelf = _shelf(scope, member)
    sources = (known.listed, *known.alone_values(), *own)
    shelf.fill(sources, lambda: _told((*known.alone_values(), *own), known.listed.values()), scope.clock.now())
    stale = _stale_sites(known)
    return _book(scope, member, shelf, lambda site: stale.get(site.ref), known.problems)


def _book(
    scope: Scope,
    member: Member,
    shelf: Shelf[Site],
    stale: Callable[[Site], Reading | None],
    problems: Sequence[Problem],
) -> SiteBook:
    index = scope.fleet.indexes.of(("site index", member.key), (shelf.newest_rows,), lambda: _index(shelf.newest_rows))
    return SiteBook(index.sites, index.by_device, index.by_name, stale, problems, shelf)


def _shelf(scope: Scope, member: Member) -> Shelf[Site]:
    return scope.fleet.shelves.of(("sites", member.key), place_of_site)


def _told(own: Iterable[DeviceReading | None], listed: Iterable[DeviceReading]) -> Collection[Site]:
    """Each site once: as a device's own reading tells it, completed by the listing."""
    sites: dict[Ref, Site] = {}
    for reading in (*own, *listed):
        if reading is not None and reading.site is not None:
            site = reading.site
            sites[site.ref] = completed(sites[site.ref], site) if site.ref in sites else site
    return sites.values()


def _stale_sites(known: Roster) -> dict[Ref, Reading]:
    """How sites are known of which no device was read freshly."""
    stale: dict[Ref, Reading] = {}
    fresh: set[Ref] = set()
    for reading in known.listed.values() if known.stale else ():
        if reading.site is not None and known.stale is not None:
            stale[reading.site.ref] = known.stale
    for snapshot in known.alone.values():
        if snapshot.value is None or snapshot.value.site is None or snapshot.reading is None:
            continue
        if snapshot.reading.is_stale:
            stale[snapshot.value.site.ref] = snapshot.reading
        else:
            fresh.add(snapshot.value.site.ref)
    return {ref: reading for ref, reading in stale.items() if ref not in fresh}


class _Index(NamedTuple):
    sites: Mapping[Ref, Site]
    by_device: Mapping[str, Ref]
    by_name: Mapping[str, Ref]


def _index(rows: Sequence[Row[Site]]) -> _Index:
    sites = {row.record.ref: row.record for row in rows}
    names = Counter(site.name for site in sites.values())
    return _Index(
        sites=sites,
        by_device={native: site.ref for site in sites.values() for native in site.device_ids},
        by_name={site.name: site.ref for site in sites.values() if names[site.name] == 1},
    )


def _devices_tell(scope: Scope, member: Member) -> bool:
    """Whether the listing of devices is needed anyway and names the sites too."""
    return member.manifest.listing_names_sites and scope.asks_for("Site.devices", "Query.devices", "Query.device")


def place_of_site(site: Site) -> Place:
    """Sites stand by name, then id."""
    return (site.name, site.ref.id)


def _keep(where: SiteFilter) -> Callable[[Site], bool]:
    def keep(site: Site) -> bool:
        return (where.near is None or is_near(site.location, where.near)) and contains(
            where.search, site.name, site.address, site.city, site.ref.native_id
        )

    return keep
