"""Fleets of made-up vendors whose every answer a test writes, on the real hub."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer

from hub.capabilities import capabilities_of
from hub.commands.desk import Desk
from hub.fleet import Fleet
from hub.health import Health
from hub.inbox.addresses import Addresses
from hub.inbox.inbox import Inbox
from hub.ingest.ingest import Ingest
from hub.live.tail import Tail
from hub.member import Member
from hub.parts import Key, stamped
from hub.quota import Turnstile, Window
from hub.snapshots import Snapshots
from hub.store.event_log import EventLog
from model.faults import Fault, NotFound
from model.records import Account, Reading, Vendor
from model.refs import Ref, account_ref, vendor_ref
from model.states import DeviceKind, FreshnessSource
from resolvers.scope import Scope
from tests.resolvers.scripted_desk import ScriptedDesk, ScriptedEvents
from tests.support.clock import FakeClock
from vendors import acting, contract
from vendors.contract import Adapter
from vendors.kit.quota import Budget, Gate, OpenGate
from vendors.manifest import AccountSettings, Cadence, Manifest

PLENTY = 10_000
METHODS: dict[type, tuple[str, ...]] = {
    contract.ListsDevices: ("list_devices",),
    contract.ReadsDevices: ("read_device",),
    contract.ListsSites: ("list_sites",),
    contract.ReadsSites: ("read_site",),
    contract.ReadsSlotHealth: ("read_slot_health",),
    contract.ReadsBatteryHealth: ("read_battery_health",),
    contract.ReadsStorage: ("read_storage",),
    contract.ReadsEnergy: ("read_energy",),
    contract.ListsSessions: ("list_sessions",),
    contract.ListsActiveSessions: ("list_active_sessions",),
    contract.ReadsSessions: ("read_session",),
    contract.ListsTariffs: ("list_tariffs",),
    contract.ListsSubscriptions: ("list_subscriptions",),
    acting.ManagesSites: ("create_site", "update_site", "delete_site", "place_device"),
    acting.ManagesTariffs: ("save_tariff", "delete_tariff", "assign_tariff", "unassign_tariff"),
}


@dataclass
class Script:
    """What one account's vendor answers: by question, such as `list_devices` or `read_device D1`."""

    clock: FakeClock
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    arguments: list[tuple[Any, ...]] = field(default_factory=list)
    takes_s: float = 0.0
    gate: Gate = field(default_factory=OpenGate)

    async def answer(self, method: str, *arguments: Any) -> Any:
        """The scripted answer, raised if it is a fault. What no test wrote an answer for is not found."""
        about = [argument.native_id for argument in arguments[:1] if isinstance(argument, Ref)]
        question = " ".join([method, *about])
        async with self.gate.passage():
            self.asked.append(question)
            self.arguments.append(arguments)
            await self.clock.sleep(self.takes_s)
            answer = self.answers.get(question, NotFound(f"{question}: nothing there"))
        if isinstance(answer, Fault):
            raise answer
        return answer

    def heard(self) -> list[str]:
        """What was asked since the last time, in alphabetical order."""
        heard, self.asked[:] = sorted(self.asked), []
        return heard


class ScriptedAdapter:
    def __init__(self, script: Script) -> None:
        self.script = script

    async def aclose(self) -> None:
        """Nothing to let go of."""


def adapter_class(*protocols: type) -> type[Adapter]:
    """A class of adapters with these capabilities, each asking its script."""
    methods = {method: _asking(method) for protocol in protocols for method in METHODS[protocol]}
    return cast("type[Adapter]", type("Offering", (ScriptedAdapter,), methods))


def _asking(method: str) -> Any:
    async def ask(self: ScriptedAdapter, *arguments: Any) -> Any:
        return await self.script.answer(method, *arguments)

    return ask


def manifest_of(adapter: type[Adapter], **changes: Any) -> Manifest:
    """A vendor with an adapter of this class, and nothing else that could matter."""
    plain = Manifest(
        slug="acme",
        name="Acme",
        documentation_url=None,
        default_base_url=None,
        device_kinds=(DeviceKind.EV_CHARGER,),
        slot_kind=None,
        has_batteries=False,
        settings=AccountSettings,
        adapter=adapter,
        budgets=(Budget(name="minute", limit=PLENTY, window_s=60),),
        cadence=Cadence(),
        endpoints=(),
    )
    return replace(plain, **changes)


@dataclass
class LastKnown:
    """In place of the store: what was handed to it."""

    kept: dict[Key, object] = field(default_factory=dict)

    def remember(self, key: Key, value: object, fetched_at: datetime) -> None:
        self.kept[key] = value


@dataclass
class World:
    """One fleet, its scripts by account, and time."""

    clock: FakeClock
    fleet: Fleet
    scripts: dict[str, Script]
    store: LastKnown
    desk: ScriptedDesk
    events: ScriptedEvents

    def scope(self, *wants: str) -> Scope:
        return Scope(fleet=self.fleet, clock=self.clock, wants=frozenset(wants))

    def __getitem__(self, account: str) -> Script:
        return self.scripts[account]

    async def recall(self, key: Key, value: object, *, age_s: float = 0) -> Reading:
        """Know something from before this process, and let some time pass."""
        reading = Reading(self.clock.now(), FreshnessSource.STORED)
        await self.fleet.snapshots.recall(key, stamped(value, reading), reading)
        await self.clock.advance(age_s)
        return reading


@dataclass(frozen=True)
class Given:
    """One account of a fleet to be."""

    key: str
    protocols: Sequence[type]
    devices: tuple[str, ...] = ()
    limit: int = PLENTY
    deadline_s: float = 2.0
    manifest: dict[str, Any] = field(default_factory=dict)


def account(key: str, *protocols: type, devices: tuple[str, ...] = (), limit: int = PLENTY, **manifest: Any) -> Given:
    return Given(key, protocols, devices, limit, manifest=manifest)


@asynccontextmanager
async def fleet_of(*accounts: Given) -> AsyncIterator[World]:
    """The accounts in this order, over empty scripts."""
    clock, store = FakeClock(), LastKnown()
    snapshots = Snapshots(SimpleMemoryCache(serializer=NullSerializer(), timeout=0), store, clock)
    scripts = {given.key: Script(clock) for given in accounts}
    members = {given.key: _member(given, scripts[given.key], clock) for given in accounts}
    vendors = {member.manifest.slug: member.account.vendor for member in members.values()}
    desk, events = ScriptedDesk(clock), ScriptedEvents()
    fleet = Fleet(
        members,
        snapshots,
        vendors,
        cast("Desk", desk),
        cast("EventLog", events),
        cast("Tail", None),
        cast("Addresses", None),
        cast("Inbox", None),
        cast("Ingest", None),
    )
    yield World(clock, fleet, scripts, store, desk, events)
    await snapshots.aclose()
    for member in members.values():
        await member.gate.aclose()


def _member(given: Given, script: Script, clock: FakeClock) -> Member:
    manifest = manifest_of(adapter_class(*given.protocols), **given.manifest)
    vendor = Vendor(
        ref=vendor_ref(manifest.slug),
        slug=manifest.slug,
        name=manifest.name,
        documentation_url=None,
        device_kinds=manifest.device_kinds,
        capabilities=capabilities_of(manifest),
    )
    script.gate = gate = Turnstile([Window(Budget(name="minute", limit=given.limit, window_s=60), clock)], clock)
    return Member(
        settings=AccountSettings(id=given.key, vendor=manifest.slug, devices=given.devices),
        manifest=manifest,
        adapter=cast("Any", manifest.adapter)(script),
        capabilities=frozenset(vendor.capabilities),
        health=Health(given.key, clock),
        gate=gate,
        account=Account(ref=account_ref(given.key), key=given.key, name=given.key, vendor=vendor),
        calls=Counter(),
    )
