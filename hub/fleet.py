"""The accounts of the configuration, each with its adapter, its link to the vendor and what it can do."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import cast

import httpx
from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer

from hub.capabilities import capabilities_of
from hub.commands.desk import KEEP_DAYS, Desk
from hub.derived import Derived
from hub.health import Health
from hub.inbox.addresses import Addresses
from hub.inbox.inbox import Inbox
from hub.inbox.ledger import KEEP_DAYS as KEEP_LETTERS_DAYS
from hub.ingest.ingest import Ingest
from hub.live.tail import Tail
from hub.member import Member
from hub.shelves import Shelves
from hub.snapshots import Snapshots
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.last_known import LastKnownStore
from hub.turnstiles import Turnstiles
from model.clock import Clock
from model.records import Account, Vendor
from model.refs import account_ref, vendor_ref
from vendors.contract import Adapter
from vendors.kit.http import VendorHttp
from vendors.manifest import AccountSettings, Connection, Manifest
from vendors.registry import manifests

MOST_CONNECTIONS = 20
"""At one vendor for one account: enough to fan out, not enough to look like an attack."""


MOST_INDEXES = 10_000
"""A few for each account: its devices by id and by site, its sites by name."""
MOST_JOINS = 20_000
"""Devices whose joined state is kept: those that somebody looks at."""


class Fleet:
    """Every account, and the snapshots they share. Open it with `Fleet.open`."""

    def __init__(
        self,
        members: Mapping[str, Member],
        snapshots: Snapshots,
        vendors: Mapping[str, Vendor],
        desk: Desk,
        events: EventLog,
        tail: Tail,
        addresses: Addresses,
        inbox: Inbox,
        ingest: Ingest,
    ) -> None:
        """Members by account key, in the order of the configuration."""
        self.members = members
        self.snapshots = snapshots
        self.vendors = vendors
        self.desk = desk
        self.events = events
        self.tail = tail
        self.addresses = addresses
        self.inbox = inbox
        self.ingest = ingest
        self.shelves = Shelves()
        self.indexes = Derived(MOST_INDEXES)
        self.joins = Derived(MOST_JOINS)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        accounts: Collection[AccountSettings],
        *,
        store: Store,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        public_url: str = "",
        keep_commands: timedelta = timedelta(days=KEEP_DAYS),
        keep_letters: timedelta = timedelta(days=KEEP_LETTERS_DAYS),
        follows: bool = True,
    ) -> AsyncIterator["Fleet"]:
        """Open every account, recall what the store knows of it, and close all again at the end.

        `transport` replaces the network. `public_url`: what vendors reach this gateway by, for their callbacks. Without
        `follows` open commands and letters are left to whoever follows them. Nothing else is asked of any vendor yet.
        """
        last_known = LastKnownStore(store, clock)
        cache = SimpleMemoryCache(serializer=NullSerializer(), timeout=0)
        snapshots = Snapshots(cache, last_known, clock)
        vendors = {slug: _vendor(manifest) for slug, manifest in manifests().items()}
        async with AsyncExitStack() as stack:
            turnstiles = Turnstiles(store, clock)
            stack.push_async_callback(turnstiles.aclose)
            opening = partial(_member, stack, turnstiles, clock, transport)
            members = {settings.id: await opening(settings, vendors[settings.vendor]) for settings in accounts}
            await turnstiles.recall()
            async for key, value, reading in last_known.load(members):
                await snapshots.recall(key, value, reading)
            stack.push_async_callback(last_known.flush)
            for writing in (last_known.keep_writing(), turnstiles.log.keep_writing()):
                stack.push_async_callback(_ended, asyncio.get_running_loop().create_task(writing))
            stack.push_async_callback(snapshots.aclose)
            events = EventLog(store, clock)
            desk = Desk(store, events, members, snapshots, clock, public_url=public_url, keep=keep_commands)
            if follows:
                await desk.start()
            stack.push_async_callback(desk.aclose)
            tail = Tail(events, clock)
            if follows:
                await tail.start()
            stack.push_async_callback(tail.aclose)
            addresses = await Addresses.open(store, clock, accounts, public_url)
            inbox = Inbox(store)
            ingest = Ingest(store, events, inbox, members, snapshots, clock, desk.heard_of, keep=keep_letters)
            if follows:
                await ingest.start()
            stack.push_async_callback(ingest.aclose)
            stack.push_async_callback(inbox.aclose)
            yield cls(members, snapshots, vendors, desk, events, tail, addresses, inbox, ingest)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _member(
    stack: AsyncExitStack,
    turnstiles: Turnstiles,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None,
    settings: AccountSettings,
    vendor: Vendor,
) -> Member:
    manifest = manifests()[settings.vendor]
    base_url = settings.base_url or manifest.default_base_url or ""
    client = await stack.enter_async_context(
        httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(settings.timeout_s),
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
            transport=transport,
            trust_env=False,
        )
    )
    gate = turnstiles.of(settings, manifest, base_url)
    calls: Counter[tuple[str, str]] = Counter()
    http = VendorHttp(client, gate, clock, on_call=lambda operation, outcome: calls.update([(operation, outcome)]))
    connection = Connection(settings=settings, http=http, clock=clock)
    adapter = cast("Callable[[Connection], Adapter]", manifest.adapter)(connection)
    stack.push_async_callback(adapter.aclose)
    account = Account(ref=account_ref(settings.id), key=settings.id, name=settings.name or settings.id, vendor=vendor)
    return Member(
        settings=settings,
        manifest=manifest,
        adapter=adapter,
        capabilities=frozenset(vendor.capabilities),
        health=Health(settings.id, clock),
        gate=gate,
        account=account,
        calls=calls,
    )


def _vendor(manifest: Manifest) -> Vendor:
    return Vendor(
        ref=vendor_ref(manifest.slug),
        slug=manifest.slug,
        name=manifest.name,
        documentation_url=manifest.documentation_url,
        device_kinds=manifest.device_kinds,
        capabilities=capabilities_of(manifest),
    )
