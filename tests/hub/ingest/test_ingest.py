"""Ingest: each thing once, in order, the newest wins, proof before belief, and nothing lost on the way."""

from typing import Any

import pytest

from hub.inbox.catalogue import Catalogue
from hub.inbox.letters import State
from hub.ingest.intake import MOST_LOOKS
from model.faults import Unreachable
from model.refs import session_ref
from model.states import ChargingSessionStatus, Connectivity, FreshnessSource
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.hub.ingest.toy import CABINET, KEY, OTHER, RENTAL, ToyVendor, cabinet, gateway, rental, slot

OFFLINE = {"key": "off", "type": "DEVICE_DISCONNECTED", "device": "C1", "online": "OFFLINE"}
RENTED: dict[str, Any] = {"key": "out", "type": "BATTERY_RENTED", "session": "R1", "status": "ACTIVE"}
RETURNED: dict[str, Any] = {"key": "in", "type": "SESSION_COMPLETED", "session": "R1", "status": "COMPLETED"}
PROVEN = {**RETURNED, "proof": [RENTAL.id]}


async def states(store: WatchedStore) -> list[State]:
    letters = await Catalogue(store).letters(list(State), None, 1000)
    return [letter.state for letter in reversed(letters)]


async def reasons(store: WatchedStore) -> list[str | None]:
    return [letter.reason for letter in reversed(await Catalogue(store).letters([State.DEAD], None, 1000))]


async def test_what_is_pushed_becomes_known_recorded_and_told(store: WatchedStore, clock: StoreClock) -> None:
    async with gateway(store, clock) as here:
        await here.know(cabinet(s1="B1", s2=None))
        await clock.advance(5)
        number = await here.push(OFFLINE)
        await clock.settle()
        known = await here.device()
        assert known is not None
        assert known.device.connectivity is Connectivity.OFFLINE
        assert (known.device.reading.source, known.device.reading.fetched_at) == (FreshnessSource.PUSH, clock.now())
        assert known.slots is not None
        assert [one.reading.source for one in known.slots] == [FreshnessSource.POLL, FreshnessSource.POLL]
        assert await here.keys() == ["off"]
        assert here.heard == [CABINET]
        letter, content = await Catalogue(store).letter(number) or (None, None)
        assert letter is not None
        assert (letter.state, letter.settled_at, content) == (State.DONE, clock.now(), None)


async def test_a_repeat_makes_no_second_event(store: WatchedStore, clock: StoreClock) -> None:
    async with gateway(store, clock) as here:
        await here.push(OFFLINE, OFFLINE)
        await here.push(OFFLINE)
        await clock.settle()
        await clock.advance(30)
        await here.push(OFFLINE)
        await clock.settle()
        assert await here.keys() == ["off"]
        assert await states(store) == [State.DONE] * 3


async def test_what_may_be_true_twice_is_recorded_again_after_its_window(
    memory: WatchedStore, clock: StoreClock
) -> None:
    again = {**OFFLINE, "window": 60}
    async with gateway(memory, clock) as here:
        for wait_s in (0, 60, 61):
            await clock.advance(wait_s)
            await here.push(again)
            await clock.settle()
        assert await here.keys() == ["off", "off"]


async def test_a_corrupt_item_sinks_nothing_but_itself(memory: WatchedStore, clock: StoreClock) -> None:
    async with gateway(memory, clock) as here:
        await here.push(OFFLINE, None, RENTED)
        await here.push_raw(b"<html>")
        await here.push_raw(b'"a bug"')
        await clock.settle()
        assert await here.keys() == ["off", "out"]
        assert await states(memory) == [State.DEAD, State.DEAD, State.DEAD]
        assert await reasons(memory) == [
            "an item says nothing",
            "push: not JSON",
            "this gateway could not take it in (KeyError)",
        ]


async def test_a_replay_takes_in_what_was_not_and_nothing_twice(store: WatchedStore, clock: StoreClock) -> None:
    async with gateway(store, clock) as here:
        await here.push({**OFFLINE, "window": 1}, None)
        await clock.settle()
        await clock.advance(30)
        assert await Catalogue(store).replay(None) == [1]
        await clock.advance(1)
        assert await states(store) == [State.DEAD]
        assert await here.keys() == ["off"]


async def test_what_needs_proof_is_believed_as_it_is_read(store: WatchedStore, clock: StoreClock) -> None:
    vendor = ToyVendor({RENTAL: rental("COMPLETED", energy_kwh=0.4)})
    async with gateway(store, clock, vendor=vendor) as here:
        await here.push(PROVEN)
        await clock.settle()
        known = await here.session()
        assert known is not None
        assert (known.status, known.energy_kwh) == (ChargingSessionStatus.COMPLETED, 0.4)
        assert known.reading.source is FreshnessSource.POLL
        assert await here.keys() == ["in"]
        assert vendor.reads == {RENTAL: 1}
        assert [priority.name for priority in vendor.priorities] == ["EVIDENCE"]


async def test_a_forged_push_changes_nothing(store: WatchedStore, clock: StoreClock) -> None:
    vendor = ToyVendor({RENTAL: rental("ACTIVE")})
    async with gateway(store, clock, vendor=vendor) as here:
        await here.know_session(rental("ACTIVE"))
        await here.push(PROVEN, {**PROVEN, "key": "nobody", "session": "R9", "proof": [session_ref(KEY, "R9").id]})
        await clock.advance(60)
        known = await here.session()
        assert known is not None
        assert known.status is ChargingSessionStatus.ACTIVE
        assert await here.session(session_ref(KEY, "R9")) is None
        assert await here.keys() == []
        assert await reasons(store) == ["2 not borne out by the vendor's own records"]
        assert vendor.reads[RENTAL] == MOST_LOOKS


async def test_a_vendor_whose_records_are_late_is_looked_at_again(memory: WatchedStore, clock: StoreClock) -> None:
    vendor = ToyVendor({RENTAL: rental("ACTIVE")})
    async with gateway(memory, clock, vendor=vendor) as here:
        await here.push(PROVEN)
        await clock.advance(1)
        assert await here.keys() == []
        vendor.shows[RENTAL] = rental("COMPLETED")
        await clock.advance(2)
        assert await here.keys() == ["in"]
        assert await states(memory) == [State.DONE]


async def test_while_a_vendor_is_away_only_what_is_said_of_the_same_things_waits(
    memory: WatchedStore, clock: StoreClock
) -> None:
    vendor = ToyVendor({CABINET: Unreachable("gone")})
    proven = {**OFFLINE, "proof": [CABINET.id]}
    async with gateway(memory, clock, vendor=vendor) as here:
        await here.know(cabinet(s1="B1"), cabinet(OTHER, s1="B2"))
        await here.push({**proven, "key": "1"}, {"key": "1b", "device": "C2", "online": "OFFLINE"})
        await clock.settle()
        await here.push({"key": "2", "device": "C1", "slot": 1})
        await here.push({"key": "3", "device": "C2", "slot": 1})
        await clock.settle()
        assert await here.keys() == ["1b", "3"]
        await clock.advance(20)
        assert await here.keys() == ["1b", "3"]
        vendor.shows[CABINET] = cabinet(connectivity="OFFLINE", s1="B1")
        await clock.advance(40)
        assert await here.keys() == ["1b", "3", "1", "2"]
        assert await states(memory) == [State.DONE] * 3
        known = await here.device()
        assert known is not None
        # What was read after the second push arrived is newer than it.
        assert known.slots is not None
        assert known.device.connectivity is Connectivity.OFFLINE


async def test_an_adapter_that_cannot_read_records_what_nothing_contradicts_and_moves_nothing(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with gateway(memory, clock, sees=False) as here:
        await here.know_session(rental("ACTIVE"))
        await here.push({**PROVEN, "key": "late", "status": "ACTIVE", "type": "SESSION_UPDATED"})
        await here.push({**PROVEN, "proof": [RENTAL.id]})
        await clock.advance(60)
        known = await here.session()
        assert known is not None
        assert known.status is ChargingSessionStatus.ACTIVE
        assert await here.keys() == ["late"]
        assert await states(memory) == [State.DONE, State.DEAD]


async def test_older_words_of_a_device_change_nothing_and_are_recorded(memory: WatchedStore, clock: StoreClock) -> None:
    async with gateway(memory, clock) as here:
        await here.know(cabinet(s1="B1"))
        await here.push({**OFFLINE, "at": 20})
        await here.push({**OFFLINE, "key": "on", "online": "ONLINE", "at": 10})
        await clock.settle()
        known = await here.device()
        assert known is not None
        assert known.device.connectivity is Connectivity.OFFLINE
        assert await here.keys() == ["off", "on"]


async def test_an_empty_slot_has_no_battery_any_more(memory: WatchedStore, clock: StoreClock) -> None:
    async with gateway(memory, clock) as here:
        await here.know(cabinet(s1="B1", s2="B2"))
        await here.push({"key": "out", "device": "C1", "slot": 1})
        await clock.settle()
        known = await here.device()
        assert known is not None
        assert known.slots is not None
        assert [one.battery for one in known.slots] == [None, slot(CABINET, 2, "B2").battery]


async def test_a_store_that_is_away_loses_nothing(memory: WatchedStore, clock: StoreClock) -> None:
    async with gateway(memory, clock) as here:
        memory.fails_at_commit = 0
        await here.push(OFFLINE)
        memory.is_away = True
        await clock.advance(10)
        memory.is_away = False
        await clock.advance(2)
        assert await here.keys() == ["off"]


@pytest.mark.parametrize("fails", [1, 2, 3])
async def test_a_transaction_that_is_undone_is_done_again(memory: WatchedStore, clock: StoreClock, fails: int) -> None:
    vendor = ToyVendor({RENTAL: rental("COMPLETED")})
    async with gateway(memory, clock, vendor=vendor) as here:
        await here.push(OFFLINE, PROVEN)
        memory.fails_at_commit = fails
        await clock.advance(20)
        assert await here.keys() == ["off", "in"]


async def test_another_process_takes_over_from_one_that_fell_silent(
    store: WatchedStore, clock: StoreClock, database_url: str
) -> None:
    other = await WatchedStore.open(database_url)
    async with gateway(store, clock) as here:
        await here.push(OFFLINE)
        await clock.settle()
        async with gateway(other, clock, starts=False) as there:
            store.is_away = True
            await there.ingest._take_turns(everything=False)
            assert there.ingest._intakes == {}
            await clock.advance(16)
            await there.push({**OFFLINE, "key": "second"})
            await there.ingest._take_turns(everything=False)
            assert list(there.ingest._intakes) == [KEY]
            await there.ingest._work()
            assert await there.keys() == ["off", "second"]
            store.is_away = False
            await clock.advance(6)
            assert here.ingest._intakes == {}
    await other.aclose()
