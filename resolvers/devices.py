"""Devices: lists, single ones, those of a site, and the storage in them."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from hub import reads
from hub.member import Member
from hub.shelves import Rows
from model.records import Device, EnergyRecord, Site, StorageReading
from model.refs import Ref
from resolvers.filters import DeviceFilter
from resolvers.gathering import from_accounts
from resolvers.lookup import by_refs, newest_known
from resolvers.matching import contains, is_near
from resolvers.paging import Page, PageArgs, changed, page_of
from resolvers.roster import Roster, roster
from resolvers.scope import ANY_AGE, BadInput, Scope, Unanswered
from resolvers.sites import SiteBook, site_book
from resolvers.states import BATTERIES, SLOTS, STORAGE, states_of

__all__ = ["by_refs", "energy_records", "lets_through", "page", "pages_of_sites", "storage_of"]

INSIDE = (*SLOTS, *BATTERIES, *STORAGE, "Device.tariff")
"""What makes a page of devices read the devices themselves, where a listing does not say it."""
LONGEST_ENERGY = timedelta(days=90)
_LAST = datetime.max.replace(tzinfo=UTC)


async def page(scope: Scope, args: PageArgs, where: DeviceFilter, max_age: int | None) -> Page[Device]:
    """One page of devices by name then id, with the accounts whose part is missing or stale."""
    members = scope.members(where.accounts, where.vendors)
    if where.sites is not None:
        members = [member for member in members if any(site.account == member.key for site in where.sites)]
    rosters = await _rosters(scope, members, max_age)
    books = await _books(scope, members, where, max_age)
    found = _page(scope, rosters, [one.shelf for one in rosters], args, _keep(where, books))
    return (await _hydrated(scope, [found], max_age))[0]


async def pages_of_sites(
    scope: Scope, sites: Sequence[Site], args: PageArgs, where: DeviceFilter, max_age: int | None
) -> list[Page[Device]]:
    """For each site one page of its devices."""
    members = [member for member in scope.members() if any(site.ref.account == member.key for site in sites)]
    rosters = {found.member.key: found for found in await _rosters(scope, members, max_age)}
    books = {key: await site_book(scope, found.member, max_age) for key, found in rosters.items()}
    places = {key: _places(scope, found, books[key]) for key, found in rosters.items()}
    pages = []
    for site in sites:
        found = rosters.get(site.ref.account)
        section = places.get(site.ref.account, {}).get(site.ref)
        pages.append(_page(scope, [found] if found else [], [section] if section else [], args, _keep(where, books)))
    return await _hydrated(scope, pages, max_age)


async def lets_through(scope: Scope, where: DeviceFilter, device: Device) -> bool:
    """Whether a list with this filter would show the device, by the sites as they were last known."""
    members = [member for member in scope.members(where.accounts, where.vendors) if member.key == device.ref.account]
    keep = _keep(where, await _books(scope, members, where, ANY_AGE))
    return bool(members) and (keep is None or keep(device))


async def storage_of(scope: Scope, devices: Sequence[Device], max_age: int | None) -> list[StorageReading | None]:
    """What is stored in each device and how it flows; None for devices that store nothing."""
    return [state.storage for state in await states_of(scope, devices, max_age)]


async def energy_records(
    scope: Scope, device: Device, start: datetime, end: datetime, max_age: int | None = None
) -> Sequence[EnergyRecord]:
    """The recorded energy of a storage device, oldest first; empty for devices without such records.

    While the vendor does not answer, what it last said of this time is shown. Raises Unanswered when that is nothing.
    """
    if end <= start:
        raise BadInput("`end` must be after `start`")
    if end - start > LONGEST_ENERGY:
        raise BadInput(f"`start` to `end` may span {LONGEST_ENERGY.days} days at most")
    member = scope.member(device.ref.account)
    read = None if member is None else reads.energy(member, device.ref, *_whole_hours(start, end))
    if member is None or read is None:
        return ()
    snapshot = await scope.read(member, read, max_age)
    if snapshot.value is None and snapshot.problem is not None:
        raise Unanswered(snapshot.problem)
    return [record for record in snapshot.value or () if start <= record.measured_at < end]


def _whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The hours that this time touches, so that clients who ask within an hour share one snapshot.

    The time itself where the hours would be too many.
    """
    since = start.replace(minute=0, second=0, microsecond=0)
    hours = -(-(end - since) // timedelta(hours=1))
    wide = timedelta(hours=hours) <= min(LONGEST_ENERGY, _LAST - since)
    return (since, since + timedelta(hours=hours)) if wide else (start, end)


async def _rosters(scope: Scope, members: Sequence[Member], max_age: int | None) -> list[Roster]:
    return await from_accounts(members, lambda member: roster(scope, member, max_age))


def _page(
    scope: Scope,
    rosters: Sequence[Roster],
    rows: Sequence[Rows[Device]],
    args: PageArgs,
    keep: Callable[[Device], bool] | None,
) -> Page[Device]:
    problems = [problem for one in rosters for problem in one.problems]
    by_key = {one.member.key: one for one in rosters}
    found = page_of(rows, args, scope.started_at, keep=keep, problems=problems)
    return changed(found, lambda device: by_key[device.ref.account].known_as(device))


def _places(scope: Scope, found: Roster, book: SiteBook) -> Mapping[Hashable, Rows[Device]]:
    """The account's devices by site, sorted out once for each change of either."""

    def place(device: Device) -> Ref | None:
        site = book.of(device)
        return site.ref if site else None

    sources = (found.shelf.newest_rows, book.sites)
    return scope.fleet.indexes.of(("devices by site", found.member.key), sources, lambda: found.shelf.sections(place))


async def _hydrated(scope: Scope, pages: Sequence[Page[Device]], max_age: int | None) -> list[Page[Device]]:
    """The pages with the newest that is known of their devices, and with what was in the way of reading them."""
    devices = [edge.node for page in pages for edge in page.edges]
    if scope.asks_for(*INSIDE):
        states = await states_of(scope, devices, max_age)
        newer = {device.ref: state.device or device for device, state in zip(devices, states, strict=True)}
        problems = {device.ref: state.problems for device, state in zip(devices, states, strict=True)}
    else:
        newer, problems = await newest_known(scope, devices), {}
    return [
        changed(
            page,
            lambda device: newer.get(device.ref, device),
            (problem for edge in page.edges for problem in problems.get(edge.node.ref, ())),
        )
        for page in pages
    ]


async def _books(
    scope: Scope, members: Sequence[Member], where: DeviceFilter, max_age: int | None
) -> dict[str, SiteBook]:
    """The sites of these accounts, where the filter asks about sites."""
    if where.sites is None and where.near is None and not where.search:
        return {}
    return {member.key: await site_book(scope, member, max_age) for member in members}


def _keep(where: DeviceFilter, books: dict[str, SiteBook]) -> Callable[[Device], bool] | None:
    if where == DeviceFilter(accounts=where.accounts, vendors=where.vendors):
        return None

    def keep(device: Device) -> bool:
        book = books.get(device.ref.account)
        site = book.of(device) if book else None
        return (
            (where.kinds is None or device.kind in where.kinds)
            and (where.connectivity is None or device.connectivity in where.connectivity)
            and (where.sites is None or (site is not None and site.ref in where.sites))
            and (where.near is None or (site is not None and is_near(site.location, where.near)))
            and contains(
                where.search, device.name, device.model, device.ref.native_id, site.name if site else device.site_name
            )
        )

    return keep
