"""A vendor made for these tests: it pushes JSON, and shows what a test says when it is read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, cast

import orjson
from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer

from hub.health import Health
from hub.inbox.inbox import Inbox
from hub.ingest.ingest import Ingest
from hub.member import Member
from hub.parts import Key, Part, stamped
from hub.quota import Turnstile, Window
from hub.snapshots import Snapshots
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.last_known import LastKnownStore
from model.clock import Clock
from model.events import Event, EventQuery, Happening
from model.faults import Fault, Malformed, NotFound, Unauthorised
from model.records import Account, ChargingSession, Device, Reading, Slot, Vendor
from model.refs import Ref, account_ref, battery_ref, device_ref, session_ref, slot_ref
from model.states import (
    ChargingSessionKind,
    ChargingSessionStatus,
    Connectivity,
    DeviceKind,
    EventType,
    FreshnessSource,
    SlotKind,
    SlotOccupancy,
)
from tests.support.clock import START
from vendors.contract import DeviceReading
from vendors.kit.quota import Budget, Priority, current_ticket
from vendors.manifest import AccountSettings, Cadence, Manifest
from vendors.receiving import Push, Pushed, Receiver, Said, Unreadable

KEY = "cabinets"
CABINET = device_ref(KEY, "C1")
OTHER = device_ref(KEY, "C2")
RENTAL = session_ref(KEY, "R1")
SETTINGS = AccountSettings(id=KEY, vendor="toy")


class ToyReceiver:
    """Items of a list: `key`, `type`, `device`, `session`, `online`, `slot`, `battery`, `status`, `at`, `proof`."""

    answer: ClassVar[Mapping[str, object]] = {"code": 0}

    def __init__(self, settings: AccountSettings) -> None:
        self.account = settings.id

    def verify(self, push: Push) -> None:
        if push.headers.get("x-signature") == "forged":
            raise Unauthorised("the signature is wrong")

    def read(self, push: Push) -> Sequence[Pushed | Unreadable]:
        try:
            items = orjson.loads(push.body)
        except orjson.JSONDecodeError:
            raise Malformed("push: not JSON") from None
        if items == "a bug":
            raise KeyError("driver@example.com")
        return [_pushed(self.account, item) if item else Unreadable("an item says nothing") for item in items]


def _pushed(account: str, item: Mapping[str, Any]) -> Pushed:
    device = device_ref(account, item["device"]) if "device" in item else None
    session = session_ref(account, item["session"]) if "session" in item else None
    at = START + timedelta(seconds=item["at"]) if "at" in item else None
    return Pushed(
        key=item["key"],
        happening=Happening(
            type=EventType[item.get("type", "DEVICE_UPDATED")],
            account=account,
            occurred_at=at,
            device=device,
            charging_session=session,
            raw={"key": item["key"]},
        ),
        at=at,
        repeats_within=timedelta(seconds=item["window"]) if "window" in item else None,
        said=None if device is None else _said(device, item),
        session=ChargingSession(
            ref=session,
            kind=ChargingSessionKind.RENTAL,
            status=ChargingSessionStatus[item.get("status", "UNKNOWN")],
            energy_kwh=item.get("kwh"),
        )
        if session is not None
        else None,
        proof=tuple(Ref.parse(ref) for ref in item.get("proof", ())),
    )


def _said(device: Ref, item: Mapping[str, Any]) -> Said:
    slots: tuple[Slot, ...] = ()
    if "slot" in item:
        battery = item.get("battery")
        slots = (slot(device, item["slot"], battery),)
    return Said(
        device=device,
        connectivity=Connectivity[item["online"]] if "online" in item else None,
        slots=slots,
    )


def slot(device: Ref, index: int, battery: str | None) -> Slot:
    """A slot with this battery in it, or an empty one."""
    return Slot(
        ref=slot_ref(device, index),
        index=index,
        kind=SlotKind.BATTERY_SLOT,
        occupancy=SlotOccupancy.OCCUPIED if battery else SlotOccupancy.EMPTY,
        battery=None if battery is None else battery_ref(device.account, battery),
    )


def cabinet(ref: Ref = CABINET, *, connectivity: str = "ONLINE", **batteries: str | None) -> DeviceReading:
    """A cabinet; `s1="B1"` puts a battery into slot 1, None leaves it empty."""
    slots = tuple(slot(ref, int(name[1:]), battery) for name, battery in batteries.items())
    device = Device(ref=ref, kind=DeviceKind.POWER_BANK_CABINET, connectivity=Connectivity[connectivity])
    return DeviceReading(device=device, slots=slots)


def rental(status: str, ref: Ref = RENTAL, **changes: Any) -> ChargingSession:
    return ChargingSession(
        ref=ref, kind=ChargingSessionKind.RENTAL, status=ChargingSessionStatus[status], device=CABINET, **changes
    )


@dataclass
class ToyVendor:
    """What its records show when somebody reads them; what is not here is not found."""

    shows: dict[Ref, DeviceReading | ChargingSession | Fault] = field(default_factory=dict)
    reads: Counter[Ref] = field(default_factory=Counter)
    priorities: list[Priority] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Readers wait for it."""

    async def answer(self, ref: Ref) -> Any:
        self.reads[ref] += 1
        ticket = current_ticket.get()
        assert ticket is not None
        self.priorities.append(ticket.priority)
        if self.gate is not None:
            await self.gate.wait()
        shown = self.shows.get(ref, NotFound("it is not known"))
        if isinstance(shown, Fault):
            raise shown
        return shown


class BlindAdapter:
    """It can be asked nothing."""

    def __init__(self, vendor: ToyVendor) -> None:
        self.vendor = vendor

    async def aclose(self) -> None:
        """Nothing to let go of."""


class ToyAdapter(BlindAdapter):
    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:
        return cast("DeviceReading", await self.vendor.answer(device))

    async def read_session(self, session: Ref) -> ChargingSession:
        return cast("ChargingSession", await self.vendor.answer(session))


def toy_member(clock: Clock, vendor: ToyVendor, *, key: str = KEY, sees: bool = True) -> Member:
    kind = ToyAdapter if sees else BlindAdapter
    settings = SETTINGS.model_copy(update={"id": key})
    manifest = Manifest(
        slug="toy",
        name="Toy",
        documentation_url=None,
        default_base_url=None,
        device_kinds=(DeviceKind.POWER_BANK_CABINET,),
        slot_kind=SlotKind.BATTERY_SLOT,
        has_batteries=True,
        settings=AccountSettings,
        adapter=kind,
        budgets=(),
        cadence=Cadence(),
        endpoints=(),
        receiver=cast("type[Receiver]", ToyReceiver),
    )
    return Member(
        settings=settings,
        manifest=manifest,
        adapter=kind(vendor),
        capabilities=frozenset(),
        health=Health(key, clock),
        gate=Turnstile([Window(Budget(name="minute", limit=1000, window_s=60), clock)], clock),
        account=Account(ref=account_ref(key), key=key, name=key, vendor=cast("Vendor", None)),
        calls=Counter(),
    )


@dataclass
class Gateway:
    """One process: its inbox, its ingest and what it knows."""

    store: Store
    clock: Clock
    inbox: Inbox
    ingest: Ingest
    snapshots: Snapshots
    events: EventLog
    vendor: ToyVendor
    heard: list[Ref]
    cache: SimpleMemoryCache

    async def push(self, *items: Mapping[str, Any] | None, account: str = KEY) -> int:
        return await self.push_raw(orjson.dumps(items), account)

    async def push_raw(self, body: bytes, account: str = KEY) -> int:
        push = Push(headers={"content-type": "application/json"}, body=body, received_at=self.clock.now())
        return await self.inbox.keep(account, push)

    async def know(self, *readings: DeviceReading, at: Reading | None = None) -> None:
        """These devices were read."""
        reading = at or Reading(self.clock.now(), FreshnessSource.POLL)
        for one in readings:
            ref = one.device.ref
            await self.snapshots.put(Key(ref.account, Part.DEVICE, ref.native_id), stamped(one, reading), reading)

    async def know_session(self, session: ChargingSession) -> None:
        reading = Reading(self.clock.now(), FreshnessSource.POLL)
        key = Key(KEY, Part.SESSION, session.ref.native_id)
        await self.snapshots.put(key, stamped(session, reading), reading)

    async def device(self, ref: Ref = CABINET) -> DeviceReading | None:
        (entry,) = await self.snapshots.peek([Key(ref.account, Part.DEVICE, ref.native_id)])
        return None if entry is None else entry.value

    async def session(self, ref: Ref = RENTAL) -> ChargingSession | None:
        (entry,) = await self.snapshots.peek([Key(ref.account, Part.SESSION, ref.native_id)])
        return None if entry is None else entry.value

    async def log(self) -> list[Event]:
        return (await self.events.page(EventQuery(), 1000, backwards=False)).rows

    async def keys(self) -> list[str]:
        """Which pushes made events, in the order of the log."""
        return [one.raw["key"] for one in await self.log() if one.raw is not None]


@asynccontextmanager
async def gateway(
    store: Store,
    clock: Clock,
    *,
    vendor: ToyVendor | None = None,
    accounts: Collection[str] = (KEY,),
    sees: bool = True,
    starts: bool = True,
) -> AsyncIterator[Gateway]:
    """A process over this store; it goes at the end without saying so when a test has it killed."""
    vendor = vendor or ToyVendor()
    cache = SimpleMemoryCache(serializer=NullSerializer(), timeout=0)
    cache._cache = {}  # aiocache shares one among all by default
    snapshots = Snapshots(cache, LastKnownStore(store, clock), clock)
    events, inbox = EventLog(store, clock), Inbox(store)
    members = {key: toy_member(clock, vendor, key=key, sees=sees) for key in accounts}
    heard: list[Ref] = []

    async def hear(refs: Collection[Ref]) -> None:
        heard.extend(sorted(refs))

    ingest = Ingest(store, events, inbox, members, snapshots, clock, hear)
    if starts:
        await ingest.start()
    try:
        yield Gateway(store, clock, inbox, ingest, snapshots, events, vendor, heard, cache)
    finally:
        await inbox.aclose()
        await ingest.aclose()
        await snapshots.aclose()
        for member in members.values():
            await member.gate.aclose()
