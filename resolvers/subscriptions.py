"""Registrations at vendors for their pushes: lists and single ones."""

from collections.abc import Sequence
from dataclasses import replace

from hub import reads
from hub.member import Member
from hub.shelves import Place, Shelf
from hub.snapshots import Snapshot
from model.records import VendorSubscription
from model.refs import Ref
from resolvers.batching import refs_by_account
from resolvers.gathering import from_accounts
from resolvers.paging import Page, PageArgs, page_of
from resolvers.scope import Scope


async def page(scope: Scope, args: PageArgs, account: str | None) -> Page[VendorSubscription]:
    """One page of registrations by URL then id, with the accounts whose part is missing or stale."""
    members = scope.members(None if account is None else frozenset({account}))
    snapshots = await from_accounts(members, lambda member: _registrations(scope, member))
    shelf: Shelf[VendorSubscription] = Shelf(_place)
    shelf.fill((snapshots,), lambda: [one for snapshot in snapshots for one in _known(snapshot)], scope.started_at)
    problems = [snapshot.problem for snapshot in snapshots if snapshot.problem]
    return page_of([shelf], args, scope.started_at, problems=problems)


async def by_refs(scope: Scope, refs: Sequence[Ref]) -> list[VendorSubscription | None]:
    """Registrations by ref; None for what the vendor does not list."""

    async def of_account(member: Member, some: Sequence[Ref]) -> list[VendorSubscription | None]:
        listed = {one.ref: one for one in _known(await _registrations(scope, member))}
        return [listed.get(ref) for ref in some]

    return await refs_by_account(scope, refs, of_account, None)


async def _registrations(scope: Scope, member: Member) -> Snapshot[Sequence[VendorSubscription]]:
    read = reads.subscriptions(member)
    return Snapshot((), None) if read is None else await scope.read(member, read)


def _known(snapshot: Snapshot[Sequence[VendorSubscription]]) -> list[VendorSubscription]:
    """The registrations with the reading that holds now."""
    reading = snapshot.reading
    return [replace(one, reading=reading or one.reading) for one in snapshot.value or ()]


def _place(subscription: VendorSubscription) -> Place:
    return (subscription.webhook_url, subscription.ref.id)
