"""Making, changing and deleting sites, and saying which device stands where."""

from collections.abc import Iterator
from dataclasses import replace

from hub.member import Member
from hub.parts import Key, Part
from model.records import GeoPoint, Site
from model.refs import Ref
from model.states import Capability
from resolvers import lookup, sites
from resolvers.complaints import Complaint, Refused, invalid, not_found, of_problem, refuse_if
from resolvers.managing.change import Changed, manager, once
from resolvers.scope import ANY_AGE, NOW, Scope
from resolvers.texts import flaws_of_text
from vendors.acting import ManagesSites, SiteDraft

LONGEST_NAME = 120
LONGEST_TEXT = 255
WANTS = frozenset({"Query.site"})


async def create_site(
    scope: Scope,
    *,
    account: str,
    name: str,
    address: str | None = None,
    location: GeoPoint | None = None,
    opening_hours: str | None = None,
) -> Changed:
    """Make a site."""
    draft = SiteDraft(name=name, address=address, location=location, opening_hours=opening_hours)
    refuse_if(_flaws(draft))
    member, adapter = manager(scope, account, ManagesSites, Capability.MANAGE_SITES, "accountId")
    ref = await once(scope, member, lambda: adapter.create_site(draft), _outdated(member))
    made = Site(ref=ref, name=name, address=address, location=location, opening_hours=opening_hours)
    return Changed(ref, made)


async def update_site(
    scope: Scope,
    *,
    site: Ref,
    name: str | None = None,
    address: str | None = None,
    location: GeoPoint | None = None,
    opening_hours: str | None = None,
) -> Changed:
    """Change what is given of a site."""
    draft = SiteDraft(name=name, address=address, location=location, opening_hours=opening_hours)
    if draft == SiteDraft():
        raise Refused(invalid("there is nothing to change: give name, address, location or openingHours"))
    refuse_if(_flaws(draft))
    member, adapter = manager(scope, site.account, ManagesSites, Capability.MANAGE_SITES, "siteId")
    known = await known_site(scope, site)
    await once(scope, member, lambda: adapter.update_site(site, draft), _outdated(member, site), "siteId")
    return Changed(site, known)


async def delete_site(scope: Scope, *, site: Ref) -> Changed:
    """Delete a site, and show it as it was."""
    member, adapter = manager(scope, site.account, ManagesSites, Capability.MANAGE_SITES, "siteId")
    known = await known_site(scope, site)
    await once(scope, member, lambda: adapter.delete_site(site), _outdated(member, site), "siteId")
    return Changed(None, known)


async def assign_device(scope: Scope, *, device: Ref, site: Ref | None = None) -> Changed:
    """Say where a device stands, or that it stands nowhere."""
    if site is not None and site.account != device.account:
        raise Refused(invalid("this is a site of another account than the device's", "siteId"))
    member, adapter = manager(scope, device.account, ManagesSites, Capability.MANAGE_SITES, "deviceId")
    (known,) = await lookup.known_by_refs(scope, [device])
    if known is None:
        raise Refused(not_found(f"there is no device {device.id}", "deviceId"))
    if site is not None:
        await known_site(scope, site)
    places = [place for place in (known.site, site) if place is not None]
    outdated = [*_outdated(member, *places), Key(member.key, Part.DEVICES), _key(member, Part.DEVICE, device)]
    await once(scope, member, lambda: adapter.place_device(device, site), outdated, "deviceId")
    return Changed(device, known)


async def known_site(scope: Scope, ref: Ref) -> Site:
    """A site, as it was last known; its vendor is asked only when nobody knows it."""
    looking = replace(scope, wants=WANTS)
    for max_age in (ANY_AGE, NOW):
        (found,) = await sites.by_refs(looking, [ref], max_age)
        if found is not None:
            return found
    member = scope.member(ref.account)
    problems = () if member is None else (await sites.site_book(looking, member, NOW)).problems
    raise Refused(of_problem(problems[0], "siteId") if problems else not_found(f"there is no site {ref.id}", "siteId"))


def _outdated(member: Member, *places: Ref) -> list[Key]:
    """What no longer says how things are: the list of sites, these sites, and where devices name them the devices."""
    told_by_devices = [Key(member.key, Part.DEVICES)] if member.manifest.listing_names_sites else []
    return [Key(member.key, Part.SITES), *(_key(member, Part.SITE, place) for place in places), *told_by_devices]


def _key(member: Member, part: Part, ref: Ref) -> Key:
    return Key(member.key, part, ref.native_id)


def _flaws(draft: SiteDraft) -> Iterator[Complaint]:
    yield from flaws_of_text(draft.name, LONGEST_NAME, "name")
    yield from flaws_of_text(draft.address, LONGEST_TEXT, "address", least=0)
    yield from flaws_of_text(draft.opening_hours, LONGEST_TEXT, "openingHours", least=0)
    if draft.location is not None and not -90 <= draft.location.latitude <= 90:
        yield invalid("latitude is -90 to 90, in degrees", "location", "latitude")
    if draft.location is not None and not -180 <= draft.location.longitude <= 180:
        yield invalid("longitude is -180 to 180, in degrees", "location", "longitude")
