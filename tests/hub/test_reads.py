"""Every kind of read: offered where the adapter is able to, and kept under its own key for as long as it should."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from hub import reads
from hub.member import Member
from hub.parts import Key, Part
from model.refs import Ref, device_ref, session_ref, site_ref
from tests.resolvers.scripted import METHODS, account, fleet_of
from tests.support.clock import START
from vendors import contract
from vendors.manifest import Cadence

D1, S1, R1 = device_ref("a", "D1"), site_ref("a", "S1"), session_ref("a", "R1")
DAY = datetime(2026, 6, 1, tzinfo=UTC)
CADENCE = Cadence(devices=1, device=2, sites=3, health=4, storage=5, sessions=6, tariffs=7, subscriptions=8)
READS = {
    "list_devices": (reads.devices, (), Part.DEVICES, "", 1, ()),
    "read_device": (reads.device, (D1, S1, 3), Part.DEVICE, "D1", 2, (D1, S1)),
    "list_sites": (reads.sites, (), Part.SITES, "", 3, ()),
    "read_site": (reads.site, (S1,), Part.SITE, "S1", 3, (S1,)),
    "read_slot_health": (reads.slot_health, (D1,), Part.SLOT_HEALTH, "D1", 4, (D1,)),
    "read_battery_health": (reads.battery_health, (D1,), Part.BATTERY_HEALTH, "D1", 4, (D1,)),
    "read_storage": (reads.storage, (D1,), Part.STORAGE, "D1", 5, (D1,)),
    "read_energy": (
        reads.energy,
        (D1, DAY, START),
        Part.ENERGY,
        "D1/2026-06-01T00:00:00+00:00/2026-06-01T10:00:00+00:00",
        5,
        (D1, DAY, START),
    ),
    "list_active_sessions": (reads.active_sessions, (), Part.ACTIVE_SESSIONS, "", 6, ()),
    "list_sessions": (reads.sessions, (START,), Part.SESSIONS, "2026-06-01", 6, (DAY,)),
    "read_session": (reads.session, (R1,), Part.SESSION, "R1", 6, (R1,)),
    "list_tariffs": (reads.tariffs, (), Part.TARIFFS, "", 7, ()),
    "list_subscriptions": (reads.subscriptions, (), Part.SUBSCRIPTIONS, "", 8, ()),
}
READING = {protocol: name for protocol, (name, *_) in METHODS.items() if protocol.__module__ == contract.__name__}


@pytest.fixture
async def able() -> AsyncIterator[Member]:
    async with fleet_of(account("a", *READING, cadence=CADENCE)) as world:
        yield world.fleet.members["a"]


def test_every_part_and_every_method_of_the_contract_has_its_read() -> None:
    assert set(READS) == set(READING.values())
    assert {part for _, _, part, _, _, _ in READS.values()} == set(Part)


@pytest.mark.parametrize("method", READS)
async def test_each_asks_the_adapter_for_its_own_part(able: Member, method: str) -> None:
    make, arguments, part, native, fresh_s, asked = READS[method]
    read = make(able, *arguments)  # type: ignore[operator]
    assert (read.key, read.fresh_s) == (Key("a", part, native), fresh_s)
    script = able.adapter.script  # type: ignore[attr-defined]
    about = [one.native_id for one in asked[:1] if isinstance(one, Ref)]
    script.answers = {" ".join([method, *about]): "answer"}
    assert await read.fetch() == "answer"
    assert script.arguments == [asked]


@pytest.mark.parametrize("method", READS)
async def test_an_adapter_that_cannot_is_not_asked(method: str) -> None:
    make, arguments, *_ = READS[method]
    others = [protocol for protocol, name in READING.items() if name != method]
    async with fleet_of(account("a", *others)) as world:
        assert make(world.fleet.members["a"], *arguments) is None  # type: ignore[operator]


@pytest.mark.parametrize(("fleet_size", "fresh_s"), [(0, 60), (6, 60), (7, 70), (1000, 10_000)])
async def test_many_devices_on_one_quota_are_fresh_for_longer(fleet_size: int, fresh_s: float) -> None:
    cadence = Cadence(device=60, seconds_per_device=10)
    async with fleet_of(account("a", *METHODS, cadence=cadence)) as world:
        read = reads.device(world.fleet.members["a"], D1, None, fleet_size)
        assert read is not None
        assert read.fresh_s == fresh_s
