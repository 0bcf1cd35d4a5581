"""However pushes are shuffled and repeated, what is known in the end is what the ordered ones say."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiocache import SimpleMemoryCache
from aiocache.serializers import NullSerializer
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.ingest.knowledge import Knowledge
from hub.ingest.patches import as_patch, patched_device, words_of
from hub.parts import Key, Part, Read, stamped
from hub.snapshots import Snapshots
from model.records import CONFIGURED, Battery, CabinetInventory, Device, Reading, Slot
from model.refs import battery_ref
from model.states import BatteryStatus, Connectivity, FreshnessSource, SlotStatus
from tests.hub.ingest.toy import CABINET, KEY, RENTAL, ToyVendor, _pushed, cabinet, rental, slot, toy_member
from tests.support.clock import START, FakeClock
from vendors.contract import DeviceReading
from vendors.receiving import Pushed, Said

READ = Reading(START, FreshnessSource.POLL)
KEY_OF_DEVICE = Key(KEY, Part.DEVICE, "C1")


class LastKnown:
    def remember(self, key: Key, value: object, fetched_at: object) -> None:
        """Nothing outlives these tests."""


class Known:
    def __init__(self) -> None:
        self.clock = FakeClock()
        cache = SimpleMemoryCache(serializer=NullSerializer(), timeout=0)
        cache._cache = {}
        self.snapshots = Snapshots(cache, LastKnown(), self.clock)
        self.member = toy_member(self.clock, ToyVendor())
        self.knowledge = Knowledge(self.member, self.snapshots, self.clock)

    async def begin(self) -> None:
        self.clock._elapsed = 1000.0
        await self.snapshots.put(KEY_OF_DEVICE, stamped(cabinet(s1="B1", s2=None), READ), READ)

    async def end(self) -> tuple[Any, Any]:
        """What is known, but for how."""
        device, session = await self.snapshots.peek([KEY_OF_DEVICE, Key(KEY, Part.SESSION, "R1")])
        return stamped(device.value, CONFIGURED) if device else None, replace(
            session.value, reading=CONFIGURED
        ) if session else None


def items(times: Sequence[int], words: Sequence[dict[str, Any]]) -> list[Pushed]:
    pairs = zip(times, words, strict=True)
    return [_pushed(KEY, {"key": str(at), "at": at, "device": "C1", "session": "R1", **said}) for at, said in pairs]


WORDS = st.fixed_dictionaries(
    {},
    optional={
        "online": st.sampled_from(["ONLINE", "OFFLINE", "DEGRADED"]),
        "slot": st.integers(1, 3),
        "battery": st.sampled_from(["B1", "B2"]),
        "status": st.sampled_from(["ACTIVE", "COMPLETED", "UNKNOWN"]),
        "kwh": st.floats(0, 10),
    },
)
HISTORIES = st.lists(WORDS, min_size=1, max_size=8).map(lambda words: items(range(1, len(words) + 1), words))


async def known_after(pushes: Sequence[Pushed]) -> tuple[Any, Any]:
    known = Known()
    await known.begin()
    for index, pushed in enumerate(pushes):
        await known.knowledge.hear(pushed, START + timedelta(seconds=1000 + index))
    return await known.end()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_shuffled_and_repeated_deliveries_end_where_ordered_ones_do(data: st.DataObject) -> None:
    ordered = data.draw(HISTORIES)
    repeated = ordered + data.draw(st.lists(st.sampled_from(ordered), max_size=6))
    shuffled = data.draw(st.permutations(repeated))

    async def compare() -> None:
        assert await known_after(shuffled) == await known_after(ordered)

    asyncio.run(compare())


BATTERIES = st.builds(
    Battery,
    ref=st.sampled_from(["B1", "B2", "B3"]).map(lambda native: battery_ref(KEY, native)),
    state_of_charge=st.none() | st.floats(0, 1),
    status=st.sampled_from(BatteryStatus),
)
SLOTS = st.builds(
    lambda index, battery, status: replace(slot(CABINET, index, battery), status=status),
    st.integers(1, 3),
    st.none() | st.sampled_from(["B1", "B2"]),
    st.sampled_from(SlotStatus),
)
SAID = st.builds(
    Said,
    device=st.just(CABINET),
    connectivity=st.none() | st.sampled_from(Connectivity),
    inventory=st.none()
    | st.builds(CabinetInventory, slots_total=st.just(3), batteries_available=st.none() | st.just(1)),
    slots=st.lists(SLOTS, max_size=3, unique_by=lambda one: one.ref).map(tuple),
    batteries=st.lists(BATTERIES, max_size=3, unique_by=lambda one: one.ref).map(tuple),
)
KNOWN = st.builds(
    DeviceReading,
    device=st.builds(
        Device, ref=st.just(CABINET), kind=st.just(cabinet().device.kind), name=st.none() | st.just("Lobby")
    ),
    slots=st.none() | st.lists(SLOTS, max_size=3, unique_by=lambda one: one.ref).map(tuple),
    batteries=st.none() | st.lists(BATTERIES, max_size=3, unique_by=lambda one: one.ref).map(tuple),
)


@given(KNOWN, SAID)
def test_a_patch_loses_nothing_that_is_not_said_and_says_it_once(known: DeviceReading, said: Said) -> None:
    patch = as_patch(said)
    once = patched_device(known, patch, READ)
    assert patched_device(once, patch, READ) == once
    assert once.device.name == known.device.name
    assert (once.slots is None, once.batteries is None) == (known.slots is None, known.batteries is None)
    after = {one.ref: one for one in once.slots or ()}
    words = {one.ref: words_of(one) for one in said.slots}
    for before in known.slots or ():
        _assert_kept(before, after[before.ref], words.get(before.ref, {}))


def _assert_kept(before: Slot, after: Slot, words: Any) -> None:
    for name in ("status", "occupancy", "battery", "can_dispense"):
        assert getattr(after, name) == words.get(name, getattr(before, name))


async def test_a_slow_fetch_that_began_before_a_push_does_not_undo_it() -> None:
    known = Known()
    await known.begin()
    answered = asyncio.Event()

    async def slowly() -> DeviceReading:
        await answered.wait()
        return cabinet(s1="B1", s2="B2")

    now = known.clock.now()
    read = Read(KEY_OF_DEVICE, slowly, 60)
    waiting = asyncio.ensure_future(known.snapshots.get(known.member, read, now, now + timedelta(seconds=5)))
    await known.clock.settle()
    pushed = items([999], [{"online": "OFFLINE", "slot": 1}])[0]
    await known.knowledge.hear(pushed, now)
    answered.set()
    snapshot = await waiting
    (entry,) = await known.snapshots.peek([KEY_OF_DEVICE])
    assert entry is not None
    assert snapshot.value == entry.value
    assert entry.value.device.connectivity is Connectivity.OFFLINE
    # What the push did not say is as the fetch says, and as fresh.
    assert [one.battery for one in entry.value.slots] == [None, battery_ref(KEY, "B2")]
    assert entry.reading == Reading(now, FreshnessSource.POLL)
    await known.snapshots.aclose()


async def test_what_was_read_after_a_push_was_heard_is_newer_than_the_push() -> None:
    known = Known()
    await known.begin()
    await known.knowledge.see_device(cabinet(connectivity="ONLINE", s1="B1"))
    late = items([1], [{"online": "OFFLINE"}])[0]
    await known.knowledge.hear(replace(late, at=None), START)
    await known.knowledge.hear(late, known.clock.now())
    (entry,) = await known.snapshots.peek([KEY_OF_DEVICE])
    assert entry is not None
    assert entry.value.device.connectivity is Connectivity.ONLINE


async def test_a_doubt_outlives_a_push_and_lists_follow_single_sessions() -> None:
    known = Known()
    await known.begin()
    known.snapshots.doubt([KEY_OF_DEVICE])
    await known.knowledge.hear(items([999], [{"online": "OFFLINE", "status": "ACTIVE"}])[0], known.clock.now())
    assert KEY_OF_DEVICE in known.snapshots._doubts
    await known.knowledge.see_session(rental("COMPLETED"))
    session = await known.knowledge.session(RENTAL)
    assert session is not None
    assert session.status.value == "COMPLETED"
