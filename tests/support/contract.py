"""Drives any adapter on its own simulator: what to call, on what, behind a gate that keeps the manifest's budgets."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from inspect import isclass
from typing import Any, TypeVar, cast

import httpx
from pydantic import SecretStr

import vendors.contract
from model.faults import Fault
from model.refs import Ref, device_ref
from tests.support.clock import FakeClock
from tests.support.wellformed import has_content
from vendors.contract import Adapter
from vendors.kit.http import VendorHttp
from vendors.kit.quota import Budget
from vendors.kit.simulator import Simulator
from vendors.manifest import AccountSettings, Connection, Manifest

T = TypeVar("T")

TURNS_BEFORE_TIME_MOVES = 300
"""How often the event loop turns before a call counts as one that waits for time to pass."""

CAPABILITIES: tuple[type, ...] = tuple(
    item
    for item in vars(vendors.contract).values()
    if isclass(item) and getattr(item, "_is_runtime_protocol", False) and item.__module__ == vendors.contract.__name__
)
"""Every Protocol of the contract that an adapter may satisfy."""


def methods_of(capability: type) -> list[str]:
    return [name for name, item in vars(capability).items() if callable(item) and not name.startswith("_")]


class BudgetGate:
    """Lets a call through when every budget has room, else waits: what the hub does, without its finer points."""

    def __init__(self, budgets: Sequence[Budget], clock: FakeClock) -> None:
        self._budgets = budgets
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=max((budget.limit for budget in budgets), default=1))

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        while (wait_s := max(map(self._wait_s, self._budgets), default=0.0)) > 0:
            await self._clock.sleep(wait_s)
        self._sent.append(self._clock.monotonic())
        yield

    def _wait_s(self, budget: Budget) -> float:
        now = self._clock.monotonic()
        recent = [moment for moment in self._sent if now - moment < budget.window_s]
        most = budget.limit - budget.reserve
        return 0.0 if len(recent) < most else recent[-most] + budget.window_s - now


@dataclass
class Bench:
    """One vendor's adapter, opened on one of its simulators."""

    manifest: Manifest
    simulator: Simulator
    clock: FakeClock
    settings: AccountSettings
    adapter: Adapter

    async def done(self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result, moving time on for as long as it waits."""
        task = asyncio.ensure_future(work)
        for turn in range(100_000):
            await asyncio.sleep(0)
            if task.done():
                return task.result()
            if turn % TURNS_BEFORE_TIME_MOVES == TURNS_BEFORE_TIME_MOVES - 1:
                await self.clock.advance(5)
        task.cancel()
        message = "the call never ends"
        raise AssertionError(message)

    def secrets(self) -> list[str]:
        """Every secret of the account's settings."""
        values = (getattr(self.settings, name) for name in type(self.settings).model_fields)
        return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


@asynccontextmanager
async def bench(manifest: Manifest) -> AsyncIterator[Bench]:
    clock = FakeClock()
    simulator = simulator_of(manifest, clock)
    base_url = f"http://vendor.test{simulator.base_path}"
    settings = manifest.settings.model_validate({**simulator.account(), "base_url": base_url})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app), base_url=base_url) as client:
        http = VendorHttp(client, BudgetGate(manifest.budgets, clock), clock)
        made = cast("Callable[[Connection], Adapter]", manifest.adapter)
        adapter = made(Connection(settings=settings, http=http, clock=clock))
        try:
            yield Bench(manifest, simulator, clock, settings, adapter)
        finally:
            await adapter.aclose()


def simulator_of(manifest: Manifest, clock: FakeClock | None = None, seed: int = 1) -> Simulator:
    folder = manifest.adapter.__module__.rpartition(".")[0]
    made: type[Simulator] = import_module(f"{folder}.simulator").SIMULATOR
    return made(clock=clock or FakeClock(), seed=seed)


@dataclass
class Subjects:
    """What there is to read at a healthy simulator."""

    devices: list[tuple[Ref, Ref | None]] = field(default_factory=list)
    sites: list[Ref] = field(default_factory=list)
    sessions: list[Ref] = field(default_factory=list)


async def discover(bench: Bench) -> Subjects:
    """The subjects, from the lists that the vendor gives and the devices of the configuration."""
    adapter: Any = bench.adapter
    found = Subjects()
    if isinstance(adapter, vendors.contract.ListsDevices):
        readings = await bench.done(_of(adapter.list_devices()))
        found.devices += [(reading.device.ref, reading.device.site) for reading in readings]
    known = {device for device, _ in found.devices}
    configured = (device_ref(bench.settings.id, native_id) for native_id in bench.settings.devices)
    found.devices += [(device, None) for device in configured if device not in known]
    if isinstance(adapter, vendors.contract.ListsSites):
        found.sites = [site.ref for site in await bench.done(_of(adapter.list_sites()))]
    if isinstance(adapter, vendors.contract.ListsSessions):
        since = bench.simulator.now - timedelta(days=7)
        found.sessions = [session.ref for session in await bench.done(_of(adapter.list_sessions(since)))]
    return found


Step = Callable[[], Coroutine[Any, Any, object]]


def steps_of(bench: Bench, method: str, subjects: Subjects) -> list[Step]:
    """Every way to call a read method: once for a list, once a subject for what reads one thing."""
    call = getattr(bench.adapter, method)
    now = bench.simulator.now

    def on(items: Sequence[tuple[Any, ...]]) -> list[Step]:
        return [lambda item=item: _of(call(*item)) for item in items]  # type: ignore[misc]

    devices = [(device,) for device, _ in subjects.devices]
    by_method: Mapping[str, Callable[[], list[Step]]] = {
        "list_devices": lambda: on([()]),
        "read_device": lambda: on(subjects.devices),
        "list_sites": lambda: on([()]),
        "read_site": lambda: on([(site,) for site in subjects.sites]),
        "read_slot_health": lambda: on(devices),
        "read_battery_health": lambda: on(devices),
        "read_storage": lambda: on(devices),
        "read_energy": lambda: on([(device, now - timedelta(days=1), now) for (device,) in devices]),
        "list_sessions": lambda: on([(now - timedelta(days=7),)]),
        "list_active_sessions": lambda: on([()]),
        "read_session": lambda: on([(session,) for session in subjects.sessions]),
        "list_tariffs": lambda: on([()]),
        "list_subscriptions": lambda: on([()]),
    }
    return by_method[method]()


def methods_claimed(adapter: object) -> list[str]:
    """The contract's methods that this adapter, or class of adapters, offers."""
    claims = issubclass if isinstance(adapter, type) else isinstance
    return [method for item in CAPABILITIES if claims(adapter, item) for method in methods_of(item)]  # type: ignore[arg-type]


async def first_that_works(bench: Bench, method: str, subjects: Subjects) -> tuple[int, object]:
    """The number of the first step that gives something, and what it gives. Raises the last fault if none does."""
    fault: Fault | None = None
    empty: tuple[int, object] | None = None
    for number, step in enumerate(steps_of(bench, method, subjects)):
        try:
            result = await bench.done(step())
        except Fault as raised:
            fault = raised
            continue
        if has_content(result):
            return number, result
        empty = empty or (number, result)
    if empty is None:
        message = f"{method} has nothing to read at a healthy simulator"
        raise fault or AssertionError(message)
    return empty


async def _of(work: Awaitable[T]) -> T:
    return await work
