"""Two cabinets, a charger and who uses them, in place of `resolvers`; every question is written down."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast

from graph.context import GraphContext
from graph.engine import execute
from graph.schema import Schema, build_schema
from hub.fleet import Fleet
from model import records
from model.commands import Command, CommandTarget, Instruction
from model.events import Event
from model.refs import (
    account_ref,
    battery_ref,
    command_ref,
    device_ref,
    event_ref,
    session_ref,
    site_ref,
    slot_ref,
    subscription_ref,
    tariff_ref,
    vendor_ref,
)
from model.states import (
    AccountStatus,
    BatteryStatus,
    BillingStatus,
    Capability,
    ChargingSessionKind,
    ChargingSessionStatus,
    CommandKind,
    CommandStatus,
    DeviceKind,
    EventType,
    FreshnessSource,
    PriceUnit,
    ProblemCode,
    Resolution,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
    VendorSubscriptionStatus,
)
from resolvers import (
    accounts,
    batteries,
    commands,
    devices,
    events,
    lookup,
    sessions,
    sites,
    slots,
    subscriptions,
    tariffs,
)
from resolvers.paging import Edge, Page, PageArgs, Stretch, page_of, rows_of
from resolvers.scope import Scope
from tests.support.clock import START, FakeClock

KEY = "cabinets"
FETCHED = START - timedelta(seconds=30)
PROBLEM = records.Problem(ProblemCode.VENDOR_TIMED_OUT, "no answer in time", Resolution.RETRY_LATER, KEY)
READING = records.Reading(FETCHED, FreshnessSource.POLL)
STALE = records.Reading(FETCHED, FreshnessSource.STORED, is_stale=True, problem=PROBLEM)

VENDOR = records.Vendor(
    ref=vendor_ref("bajie"),
    slug="bajie",
    name="Bajie",
    documentation_url=None,
    device_kinds=(DeviceKind.POWER_BANK_CABINET,),
    capabilities=(Capability.LIST_DEVICES,),
)
ACCOUNT = records.Account(ref=account_ref(KEY), key=KEY, name="Cabinets", vendor=VENDOR)
TARIFF = records.Tariff(
    ref=tariff_ref(KEY, "T1"),
    name="Hourly",
    unit_price=records.Money(Decimal("1.50"), "EUR"),
    unit=PriceUnit.HOUR,
    raw={"price": 150},
)
SITE = records.Site(
    ref=site_ref(KEY, "S1"),
    name="Station",
    location=records.GeoPoint(43.3, -2.0),
    time_zone="Europe/Madrid",
    observed_at=FETCHED,
    reading=READING,
)


def _device(native_id: str, reading: records.Reading) -> records.Device:
    return records.Device(
        ref=device_ref(KEY, native_id),
        kind=DeviceKind.POWER_BANK_CABINET,
        name=f"Cabinet {native_id}",
        site=SITE.ref,
        raw={"sn": native_id},
        raw_status=records.RawCode("1", "on"),
        reading=reading,
    )


DEVICES = (_device("D1", READING), _device("D2", STALE))


def _slot(device: records.Device, index: int) -> records.Slot:
    return records.Slot(
        ref=slot_ref(device.ref, index),
        index=index,
        kind=SlotKind.BATTERY_SLOT,
        status=SlotStatus.AVAILABLE,
        status_detail=SlotStatusDetail.IDLE,
        occupancy=SlotOccupancy.OCCUPIED,
        battery=battery_ref(KEY, f"{device.ref.native_id}-B{index}"),
        reading=device.reading,
    )


SLOTS = {device.ref: [_slot(device, index) for index in (1, 2, 3)] for device in DEVICES}
BATTERIES = {
    slot.battery: records.Battery(
        ref=slot.battery,
        device=slot.ref.device,
        slot=slot.ref,
        state_of_charge=0.5,
        status=BatteryStatus.READY,
        reading=READING,
    )
    for found in SLOTS.values()
    for slot in found
    if slot.battery is not None
}
SESSION = records.ChargingSession(
    ref=session_ref(KEY, "R1"),
    kind=ChargingSessionKind.RENTAL,
    status=ChargingSessionStatus.ACTIVE,
    device=DEVICES[0].ref,
    slot=SLOTS[DEVICES[0].ref][0].ref,
    site=SITE.ref,
    billing=records.Billing(status=BillingStatus.PENDING, amount=records.Money(Decimal("1E+2"), "EUR")),
    customer=records.Customer(email="ada@example.com", license_plate=None),
    reading=READING,
)
SUBSCRIPTION = records.VendorSubscription(
    ref=subscription_ref(KEY, "W1"),
    webhook_url="https://charge.example.com/webhooks/cabinets",
    event_types=("CABINET_ONLINE",),
    devices=(DEVICES[0].ref, device_ref(KEY, "gone")),
    status=VendorSubscriptionStatus.ACTIVE,
    reading=STALE,
)

TARGET = CommandTarget(
    position=0,
    device=DEVICES[0].ref,
    slot=SLOTS[DEVICES[0].ref][0].ref,
    battery=SLOTS[DEVICES[0].ref][0].battery,
    session=SESSION.ref,
    status=CommandStatus.REJECTED,
    problem=PROBLEM,
    raw=records.RawCode("2004", "offline"),
    vendor_task_id="task-1",
    updated_at=START,
)
COMMAND = Command(
    ref=command_ref("01"),
    kind=CommandKind.RENT_BATTERY,
    caller="operator",
    idempotency_key="k",
    instruction=Instruction(external_id="mine-1", reason="because"),
    is_absolute=False,
    created_at=START,
    sent_at=START,
    deadline=START + timedelta(seconds=60),
    targets=(TARGET,),
)
EVENT = Event(
    ref=event_ref("7"),
    number=7,
    type=EventType.COMMAND_UPDATED,
    account=KEY,
    device=DEVICES[0].ref,
    slot=TARGET.slot,
    battery=TARGET.battery,
    charging_session=SESSION.ref,
    command=COMMAND.ref,
    vendor_subscription=SUBSCRIPTION.ref,
    recorded_at=START,
    raw={"to": "REJECTED"},
)

KNOWN: Mapping[object, Any] = {
    record.ref: record
    for record in cast(
        "tuple[records.Record | Command | Event, ...]",
        (
            SITE,
            *DEVICES,
            *(slot for found in SLOTS.values() for slot in found),
            *BATTERIES.values(),
            SESSION,
            TARIFF,
            SUBSCRIPTION,
            COMMAND,
            EVENT,
        ),
    )
}


@dataclass
class Asked:
    """A question to `resolvers`."""

    of: str
    keys: Any
    arguments: tuple[Any, ...]


@dataclass
class World(GraphContext):
    """A context whose questions the world answers, unless `answers` does."""

    answers: Mapping[Callable[..., Any], Callable[..., Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    wanted: list[frozenset[str]] = field(default_factory=list)

    def ask(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = f"{function.__module__.removeprefix('resolvers.')}.{function.__name__}"
        keys = args[0] if args else None
        self.asked.append(Asked(name, keys, args[1:]))
        self.wanted.append(self.scope.wants)
        answer = self.answers.get(function) or ANSWERS[function]
        return answer(self.scope, *args, **kwargs)

    def count(self) -> Counter[str]:
        return Counter(asked.of for asked in self.asked)

    def arguments(self, name: str) -> list[tuple[Any, ...]]:
        return [asked.arguments for asked in self.asked if asked.of == name]


async def _by_refs(_: Scope, refs: Sequence[object], *__: object) -> list[Any]:
    return [KNOWN.get(ref) for ref in refs]


def _page_of(rows: Sequence[Any], *problems: records.Problem) -> Page[Any]:
    edges = [Edge(row, f"cursor-{index}") for index, row in enumerate(rows)]
    return Page(edges, has_next=True, has_previous=False, total_count=len(rows), problems=list(problems))


def _always(*rows: Any) -> Callable[..., Any]:
    async def page(scope: Scope, args: Any, *_: object) -> Page[Any]:
        page_of((), args, scope.started_at)  # whoever pages checks the arguments
        return _page_of(rows, PROBLEM)

    return page


def _recorded(*rows: Any) -> Callable[..., Any]:
    async def stretch(_: Scope, *arguments: Any) -> Stretch[Any]:
        rows_of(next(one for one in arguments if isinstance(one, PageArgs)))  # whoever pages checks the arguments
        edges = [Edge(row, f"cursor-{index}") for index, row in enumerate(rows)]
        return Stretch(edges, has_next=True, has_previous=False)

    return stretch


def _each(answer: Callable[[Any], Any]) -> Callable[..., Any]:
    async def answers(_: Scope, keys: Sequence[Any], *__: object) -> list[Any]:
        return [answer(key) for key in keys]

    return answers


async def _listed(rows: list[Any]) -> list[Any]:
    return rows


ANSWERS: dict[Callable[..., Any], Callable[..., Any]] = {
    accounts.vendors: lambda _: _listed([VENDOR]),
    accounts.accounts: lambda _: _listed([ACCOUNT]),
    accounts.vendor_by_slug: lambda _, slug: VENDOR if slug == VENDOR.slug else None,
    accounts.by_keys: lambda _, keys: [ACCOUNT if key == KEY else None for key in keys],
    accounts.health: lambda *_: records.AccountHealth(status=AccountStatus.UP, last_success_at=FETCHED),
    accounts.quotas: lambda *_: [records.Quota(name="minute", limit=60, window_s=60, remaining=59)],
    accounts.device_counts: _each(lambda _: 2),
    accounts.capabilities_of: lambda *_: (Capability.READ_SLOTS,),
    sites.page: _always(SITE),
    sites.by_refs: _by_refs,
    sites.of_devices: _each(lambda _: SITE),
    devices.page: _always(*DEVICES),
    devices.by_refs: _by_refs,
    devices.pages_of_sites: _each(lambda _: _page_of(DEVICES)),
    devices.storage_of: _each(lambda _: records.StorageReading(state_of_charge=0.25)),
    slots.of_devices: _each(lambda device: SLOTS[device.ref]),
    slots.by_refs: _by_refs,
    batteries.page: _always(*BATTERIES.values()),
    batteries.of_devices: _each(lambda device: [KNOWN.get(slot.battery) for slot in SLOTS[device.ref]]),
    batteries.of_slots: _each(lambda slot: KNOWN.get(slot.battery)),
    batteries.by_refs: _by_refs,
    sessions.page: _always(SESSION),
    sessions.by_refs: _by_refs,
    sessions.pages_of_devices: _each(lambda _: _page_of([SESSION])),
    sessions.active_of_slots: _each(lambda slot: SESSION if slot.ref == SESSION.slot else None),
    tariffs.page: _always(TARIFF),
    tariffs.by_refs: _by_refs,
    tariffs.of_sites: _each(lambda _: TARIFF),
    tariffs.of_devices: _each(lambda _: TARIFF),
    sessions.known_as: _each(lambda ref: "mine-1" if ref == SESSION.ref else None),
    lookup.known_by_refs: _by_refs,
    commands.page: _recorded(COMMAND),
    commands.of_device: _recorded(COMMAND),
    commands.by_refs: _by_refs,
    events.page: _recorded(EVENT),
    events.by_refs: _by_refs,
    subscriptions.page: _always(SUBSCRIPTION),
    subscriptions.by_refs: _by_refs,
}


@cache
def schema() -> Schema:
    return build_schema()


def world(
    answers: Mapping[Callable[..., Any], Callable[..., Any]] | None = None,
    *,
    may_see_personal_data: bool = False,
) -> World:
    scope = Scope(
        fleet=cast("Fleet", None),
        clock=FakeClock(),
        may_see_personal_data=may_see_personal_data,
    )
    return World(scope, answers=answers or {})


async def answer(source: str, variables: Mapping[str, Any] | None = None, context: World | None = None) -> Any:
    """The data of an operation that has no errors."""
    result = await execute(schema(), source, variables, None, context or world())
    assert result.errors is None, result.errors
    return result.data


async def complaint(source: str, variables: Mapping[str, Any] | None = None, context: World | None = None) -> Any:
    """The one error of an operation, as a client sees it."""
    result = await execute(schema(), source, variables, None, context or world())
    assert result.errors is not None
    (error,) = result.errors
    return error.formatted
