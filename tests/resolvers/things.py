"""Small records for the fleets of these tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from model.records import Battery, ChargingSession, Device, GeoPoint, Problem, Reading, Site, Slot, Tariff
from model.refs import battery_ref, device_ref, session_ref, site_ref, slot_ref, tariff_ref
from model.states import (
    ChargingSessionKind,
    ChargingSessionStatus,
    DeviceKind,
    FreshnessSource,
    ProblemCode,
    SlotKind,
)
from resolvers.paging import Page
from tests.support.clock import START
from vendors.contract import DeviceReading

POLLED = Reading(START, FreshnessSource.POLL)


def device(native: str, account: str = "a", **said: Any) -> Device:
    return Device(ref=device_ref(account, native), **{"kind": DeviceKind.EV_CHARGER, **said})


def reading(native: str, account: str = "a", *, site: Site | None = None, **said: Any) -> DeviceReading:
    """What a vendor says of a device; slots and batteries by keyword, everything else is the device's own."""
    inside = {name: said.pop(name) for name in ("slots", "batteries", "tariffs") if name in said}
    named = {"site": site.ref, **said} if site else said
    return DeviceReading(device=device(native, account, **named), site=site, **inside)


def site(native: str, account: str = "a", name: str | None = None, **said: Any) -> Site:
    return Site(ref=site_ref(account, native), name=native if name is None else name, **said)


def at(latitude: float, longitude: float) -> GeoPoint:
    return GeoPoint(latitude, longitude)


def slot(device_id: str, index: int = 1, account: str = "a", **said: Any) -> Slot:
    return Slot(ref=slot_ref(device_ref(account, device_id), index), index=index, **{"kind": SlotKind.SOCKET, **said})


def battery(native: str, account: str = "a", **said: Any) -> Battery:
    return Battery(ref=battery_ref(account, native), **said)


def session(native: str, account: str = "a", *, hours_ago: float | None = 1, **said: Any) -> ChargingSession:
    started: datetime | None = None if hours_ago is None else START - timedelta(hours=hours_ago)
    usual = {"kind": ChargingSessionKind.CHARGE, "status": ChargingSessionStatus.ACTIVE, "started_at": started}
    return ChargingSession(ref=session_ref(account, native), **{**usual, **said})


def tariff(native: str, account: str = "a", name: str | None = None) -> Tariff:
    return Tariff(ref=tariff_ref(account, native), name=name or native)


def natives(page: Page[Any]) -> list[str]:
    return [edge.node.ref.native_id for edge in page.edges]


def codes(problems: Sequence[Problem]) -> list[tuple[str | None, ProblemCode]]:
    return [(problem.account, problem.code) for problem in problems]
