"""Making, changing and deleting prices, and saying which holds where."""

from collections.abc import Iterator
from decimal import Decimal

from hub.member import Member
from hub.parts import Key, Part
from model.records import Site, Tariff
from model.refs import Ref
from model.states import Capability, PriceUnit
from resolvers import tariffs
from resolvers.complaints import Complaint, Refused, invalid, not_found, refuse_if
from resolvers.managing.change import Changed, manager, once
from resolvers.managing.sites import LONGEST_NAME, known_site
from resolvers.money import flaws_of_amount
from resolvers.scope import Scope
from resolvers.texts import flaws_of_text
from vendors.acting import ManagesTariffs, TariffDraft

PRICE_DECIMALS = 6
"""A kilowatt-hour is priced finer than a coin."""


async def save_tariff(
    scope: Scope,
    *,
    account: str,
    name: str,
    unit_price: Decimal,
    unit: PriceUnit,
    tariff: Ref | None = None,
    unit_count: int = 1,
    free_minutes: int | None = None,
    daily_cap: Decimal | None = None,
    deposit: Decimal | None = None,
) -> Changed:
    """Make a tariff, or change one."""
    draft = TariffDraft(
        name=name,
        unit_price=unit_price,
        unit=unit,
        unit_count=unit_count,
        free_minutes=free_minutes,
        daily_cap=daily_cap,
        deposit=deposit,
    )
    refuse_if(_flaws(draft))
    if tariff is not None and tariff.account != account:
        raise Refused(invalid("this is a tariff of another account than accountId names", "tariffId"))
    member, adapter = manager(scope, account, ManagesTariffs, Capability.MANAGE_TARIFFS, "accountId")
    known = None if tariff is None else await _tariff(scope, tariff)
    ref = await once(scope, member, lambda: adapter.save_tariff(tariff, draft), _outdated(member), "tariffId")
    return Changed(ref, known or Tariff(ref=ref, name=name))


async def delete_tariff(scope: Scope, *, tariff: Ref) -> Changed:
    """Delete a tariff, and show it as it was."""
    member, adapter = manager(scope, tariff.account, ManagesTariffs, Capability.MANAGE_TARIFFS, "tariffId")
    known = await _tariff(scope, tariff)
    outdated = [*_outdated(member), Key(member.key, Part.SITES)]
    await once(scope, member, lambda: adapter.delete_tariff(tariff), outdated, "tariffId")
    return Changed(None, known)


async def assign_tariff(scope: Scope, *, tariff: Ref, site: Ref) -> Changed:
    """Let a tariff hold at a site."""
    if site.account != tariff.account:
        raise Refused(invalid("this is a site of another account than the tariff's", "siteId"))
    member, adapter = manager(scope, tariff.account, ManagesTariffs, Capability.MANAGE_TARIFFS, "tariffId")
    known = await _tariff(scope, tariff)
    at = await known_site(scope, site)
    await once(scope, member, lambda: adapter.assign_tariff(tariff, site), _outdated(member, at), "tariffId")
    return Changed(tariff, known)


async def unassign_tariff(scope: Scope, *, site: Ref) -> Changed:
    """Let no tariff of its own hold at a site, and show the one that did, where the vendor names it."""
    member, adapter = manager(scope, site.account, ManagesTariffs, Capability.MANAGE_TARIFFS, "siteId")
    at = await known_site(scope, site)
    held = None if at.tariff is None else await tariffs.last_known(scope, at.tariff)
    await once(scope, member, lambda: adapter.unassign_tariff(site), _outdated(member, at), "siteId")
    return Changed(None, held)


async def _tariff(scope: Scope, ref: Ref) -> Tariff:
    """A tariff, as it was last known; its vendor is asked only when nobody knows it."""
    found = await tariffs.last_known(scope, ref)
    if found is None:
        (found,) = await tariffs.by_refs(scope, [ref])
    if found is None:
        raise Refused(not_found(f"there is no tariff {ref.id}", "tariffId"))
    return found


def _outdated(member: Member, *at: Site) -> list[Key]:
    """What no longer says how things are: the prices, and the sites where one holds now or held before."""
    places = [Key(member.key, Part.SITE, site.ref.native_id) for site in at]
    return [Key(member.key, Part.TARIFFS), *places, *([Key(member.key, Part.SITES)] if at else [])]


def _flaws(draft: TariffDraft) -> Iterator[Complaint]:
    yield from flaws_of_text(draft.name, LONGEST_NAME, "name")
    yield from flaws_of_amount(draft.unit_price, "unitPrice", decimals=PRICE_DECIMALS)
    yield from flaws_of_amount(draft.daily_cap, "dailyCap")
    yield from flaws_of_amount(draft.deposit, "deposit")
    if draft.unit_count < 1:
        yield invalid("unitCount is 1 or more", "unitCount")
    if draft.free_minutes is not None and draft.free_minutes < 0:
        yield invalid("freeMinutes is 0 or more", "freeMinutes")
