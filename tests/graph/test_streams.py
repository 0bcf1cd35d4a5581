"""Streams: what is known first, then each change; each answer executed once for all who ask the same."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

import orjson
import pytest

from graph.engine import execute
from graph.streaming import answers, running
from graph.streaming.streams import End
from graph.streaming.subscription import Refused
from hub.member import Member
from model.records import Device
from model.refs import Ref
from model.states import Connectivity, EventType
from resolvers import lookup
from resolvers.scope import Scope
from tests.graph.following import Reader, context, happen, opened, reading
from tests.graph.world import schema
from tests.support.fleets import World, world

EVENTS = "subscription ($after: String) { events(after: $after) { type cursor device { id } } }"
DEVICES = "subscription { deviceChanged { id connectivity } }"
ONLINE = "subscription { deviceChanged(filter: {connectivity: [ONLINE]}) { id connectivity } }"


async def all_known(fleet: World) -> list[Ref]:
    """The simulators' devices as they are listed."""
    result = await execute(schema(), "{ devices(first: 100) { nodes { id } } }", None, None, context(fleet))
    return [Ref.parse(node["id"]) for node in (result.data or {})["devices"]["nodes"]]


async def known(fleet: World) -> tuple[Ref, Ref]:
    """Two devices that are online."""
    source = "{ devices(first: 2, filter: {connectivity: [ONLINE]}) { nodes { id } } }"
    result = await execute(schema(), source, None, None, context(fleet))
    one, other = [Ref.parse(node["id"]) for node in (result.data or {})["devices"]["nodes"]]
    return one, other


@contextmanager
def offline(ref: Ref) -> Iterator[None]:
    """As if this gateway had learnt that the device is offline."""
    known_by_refs = lookup.known_by_refs

    async def changed(scope: Scope, refs: Sequence[Ref]) -> list[Device | None]:
        return [
            replace(device, connectivity=Connectivity.OFFLINE) if device and device.ref == ref else device
            for device in await known_by_refs(scope, refs)
        ]

    with patch.object(lookup, "known_by_refs", changed):
        yield


async def give(fleet: World) -> Ref:
    """A charge is started."""
    source = "{ devices(filter: {connectivity: [ONLINE]}) { nodes { slots { id status } } } }"
    found = await execute(schema(), source, None, None, context(fleet))
    nodes = (found.data or {})["devices"]["nodes"]
    slot = next(slot["id"] for node in nodes for slot in node["slots"] if slot["status"] == "AVAILABLE")
    source = """mutation Start($slot: ID!) { startCharging(input: {slotId: $slot, idempotencyKey: "k", minutes: 60}) {
        command { id } userErrors { message } } }"""
    given = await execute(schema(), source, {"slot": slot}, None, context(fleet))
    return Ref.parse((given.data or {})["startCharging"]["command"]["id"])


@dataclass(slots=True, kw_only=True)
class Narrowed(Scope):
    """Sees the accounts that a test lets it see."""

    hidden: set[str] = field(default_factory=set)

    def members(self, accounts: frozenset[str] | None = None, vendors: frozenset[str] | None = None) -> list[Member]:
        found = Scope.members(self, accounts, vendors)
        return [member for member in found if member.key not in self.hidden]

    def member(self, account: str) -> Member | None:
        return None if account in self.hidden else self.fleet.members.get(account)


async def test_events_begin_with_the_next_one_and_leave_none_out() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        await happen(fleet, one)
        async with reading(streams, context(fleet), EVENTS) as reader:
            await fleet.clock.settle()
            assert reader.sent() == []
            await happen(fleet, one, None, type=EventType.DEVICE_CONNECTED)
            assert reader.sent("events") == [
                {"cursor": "2", "type": "DEVICE_CONNECTED", "device": {"id": one.id}},
                {"cursor": "3", "type": "DEVICE_CONNECTED", "device": None},
            ]


async def test_events_continue_after_a_cursor_and_then_with_what_happens() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        await happen(fleet, *[None] * 40)
        async with reading(streams, context(fleet), EVENTS, {"after": "3"}) as reader:
            await fleet.clock.settle()
            await happen(fleet, None)
            assert [sent["cursor"] for sent in reader.sent("events")] == [str(number) for number in range(4, 42)]


async def test_a_filter_lets_only_some_events_through() -> None:
    source = """subscription ($ids: [ID!]) {
        events(filter: {deviceIds: $ids, types: [SLOT_STATUS_CHANGED], accountIds: ["sockets"]}) { cursor } }"""
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, other = await known(fleet)
        async with reading(streams, context(fleet), source, {"ids": [one.id]}) as reader:
            await happen(fleet, one, other, type=EventType.SLOT_STATUS_CHANGED)
            await happen(fleet, one, None)
            await happen(fleet, one, type=EventType.SLOT_STATUS_CHANGED)
            assert [sent["cursor"] for sent in reader.sent("events")] == ["1", "5"]


async def test_a_cursor_older_than_what_is_kept_begins_with_a_gap() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with patch("hub.live.tail.REMEMBERED", 1):
            await happen(fleet, *[None] * 9)
        assert await fleet.fleet.events.trim(before=fleet.clock.now(), most=3) == 6
        source = EVENTS.replace("after: $after", "after: $after, filter: {types: [DEVICE_CONNECTED]}")
        async with reading(streams, context(fleet), source, {"after": "2"}) as reader:
            await happen(fleet, None, type=EventType.DEVICE_CONNECTED)
            assert [(sent["type"], sent["cursor"]) for sent in reader.sent("events")] == [
                ("GAP", "6"),
                ("DEVICE_CONNECTED", "10"),
            ]
        async with reading(streams, context(fleet), EVENTS, {"after": "6"}) as reader:
            await fleet.clock.settle()
            assert [sent["cursor"] for sent in reader.sent("events")] == ["7", "8", "9", "10"]


async def test_a_cursor_of_a_log_that_was_lost_begins_with_a_gap() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        await happen(fleet, None)
        async with reading(streams, context(fleet), EVENTS, {"after": "77"}) as reader:
            await fleet.clock.settle()
            await happen(fleet, None)
            assert [(sent["type"], sent["cursor"]) for sent in reader.sent("events")] == [
                ("GAP", "1"),
                ("DEVICE_UPDATED", "2"),
            ]


async def test_a_slow_reader_of_events_is_sent_every_one_of_them() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with patch("hub.live.tail.REMEMBERED", 10):
            async with reading(streams, context(fleet), EVENTS) as reader:
                await fleet.clock.settle()
                reader.may_read.clear()
                for _ in range(6):
                    await happen(fleet, *[None] * 10)
                assert [sent["cursor"] for sent in reader.sent("events")] == ["1"]
                reader.may_read.set()
                await fleet.clock.settle()
                await fleet.clock.settle()
                assert [sent["cursor"] for sent in reader.sent("events")] == [str(number) for number in range(2, 61)]


async def test_devices_begin_with_all_that_are_known_then_come_as_they_change() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, other = await known(fleet)
        async with reading(streams, context(fleet), DEVICES) as reader:
            await fleet.clock.settle()
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [ref.id for ref in await all_known(fleet)]
            await happen(fleet, one, None)
            await happen(fleet, other, type=EventType.SLOT_STATUS_CHANGED)
            await happen(fleet, one, type=EventType.UNMAPPED)
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [one.id, other.id]


async def test_only_the_devices_that_are_named() -> None:
    source = "subscription ($ids: [ID!]) { deviceChanged(ids: $ids) { id } }"
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, other = await known(fleet)
        async with reading(streams, context(fleet), source, {"ids": [one.id, "Device:sockets:gone"]}) as reader:
            await happen(fleet, other, one)
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [one.id, one.id]
        async with reading(streams, context(fleet), source, {"ids": []}) as reader:
            await happen(fleet, one)
            assert reader.sent() == []


async def test_a_device_that_does_not_meet_the_filter_any_more_is_shown_once_more() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        async with reading(streams, context(fleet), ONLINE) as reader, reading(streams, context(fleet), ONLINE) as slow:
            await fleet.clock.settle()
            assert {sent["connectivity"] for sent in reader.sent("deviceChanged")} == {"ONLINE"}
            slow.may_read.clear()
            await happen(fleet, one)
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [one.id]
            slow.sent()
            with offline(one):
                await happen(fleet, one, type=EventType.DEVICE_DISCONNECTED)
                await happen(fleet, one)
                assert reader.sent("deviceChanged") == [{"id": one.id, "connectivity": "OFFLINE"}]
                slow.may_read.set()
                await fleet.clock.settle()
                assert slow.sent("deviceChanged") == [{"id": one.id, "connectivity": "OFFLINE"}]
            await happen(fleet, one, type=EventType.DEVICE_CONNECTED)
            assert reader.sent("deviceChanged") == [{"id": one.id, "connectivity": "ONLINE"}]


async def test_a_slow_reader_is_sent_the_latest_state_of_each_device_once() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, other = await known(fleet)
        async with reading(streams, context(fleet), DEVICES) as reader:
            await fleet.clock.settle()
            reader.sent()
            reader.may_read.clear()
            for _ in range(20):
                await happen(fleet, one, other)
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [one.id]
            with offline(one):
                await happen(fleet, one)
                reader.may_read.set()
                await fleet.clock.settle()
            sent = [(sent["id"], sent["connectivity"]) for sent in reader.sent("deviceChanged")]
            assert sorted(sent) == sorted([(one.id, "OFFLINE"), (other.id, "ONLINE")])


async def test_sessions_begin_with_those_that_are_known_then_come_as_they_change() -> None:
    source = "subscription { chargingSessionChanged(filter: {statuses: [ACTIVE]}) { id status device { id } } }"
    async with world("lvcchong") as fleet, opened(fleet) as streams, reading(streams, context(fleet), source) as reader:
        await fleet.clock.settle()
        first, *_ = begun = reader.sent("chargingSessionChanged")
        assert {sent["status"] for sent in begun} == {"ACTIVE"}
        await happen(fleet, charging_session=Ref.parse(first["id"]), account="sockets", type=EventType.SESSION_UPDATED)
        assert reader.sent("chargingSessionChanged") == [first]


async def test_only_the_sessions_that_are_named() -> None:
    source = "subscription ($ids: [ID!]) { chargingSessionChanged(ids: $ids) { id } }"
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        result = await execute(schema(), "{ chargingSessions { nodes { id } } }", None, None, context(fleet))
        one, other, *_ = [node["id"] for node in (result.data or {})["chargingSessions"]["nodes"]]
        async with reading(streams, context(fleet), source, {"ids": [one]}) as reader:
            for session in (other, one):
                said = {"charging_session": Ref.parse(session), "account": "sockets"}
                await happen(fleet, type=EventType.SESSION_COMPLETED, **said)
            assert reader.sent("chargingSessionChanged", "id") == [one, one]


async def test_a_command_is_shown_as_it_moves() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        command = await give(fleet)
        source = f'subscription {{ commandChanged(id: "{command.id}") {{ id status }} }}'
        events = "subscription { events(filter: {types: [COMMAND_UPDATED]}) { command { status } } }"
        async with (
            reading(streams, context(fleet), source) as reader,
            reading(streams, context(fleet), events) as other,
        ):
            await fleet.pass_time(60)
            moved = [sent["status"] for sent in reader.sent("commandChanged")]
            assert moved == ["SENT", "CONFIRMED"]
            assert [sent["command"]["status"] for sent in other.sent("events")] == moved[1:]


async def test_each_answer_is_executed_once_for_all_who_ask_the_same() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams, AsyncExitStack() as stack:
        one, other = await known(fleet)
        await happen(fleet, one)
        sources: list[tuple[str, dict[str, Any]]] = [
            *[(DEVICES, {})] * 20,
            *[(EVENTS, {"after": "1"})] * 10,
            *[(EVENTS, {})] * 10,
        ]
        readers: list[Reader] = [
            await stack.enter_async_context(reading(streams, context(fleet), source, variables))
            for source, variables in sources
        ]
        await fleet.clock.settle()
        assert (streams.count, streams.executions) == (40, len(await all_known(fleet)))
        before = streams.executions
        for reader in readers:
            reader.sent()
        await happen(fleet, one, other)
        assert streams.executions - before == 4
        assert {len(reader.sent()) for reader in readers} == {2}


async def test_what_an_answer_depends_on_is_not_shared() -> None:
    source = """subscription ($after: String, $no: Boolean = false, $first: Int = 1) {
        events(after: $after) { cursor @skip(if: $no) type
            device { commands(first: $first, after: $after) { nodes { id } } } } }"""
    async with world("lvcchong") as fleet, opened(fleet) as streams, AsyncExitStack() as stack:
        for variables in ({}, {"no": True}, {"after": "0"}):
            await stack.enter_async_context(reading(streams, context(fleet), source, variables))
        await happen(fleet, None)
        assert streams.executions == 3


async def test_who_may_see_more_or_less_shares_nothing() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        blind = context(fleet, Narrowed(fleet=fleet.fleet, clock=fleet.clock, hidden={"sockets"}))
        async with (
            reading(streams, context(fleet), EVENTS) as reader,
            reading(streams, blind, EVENTS) as other,
            reading(streams, blind, DEVICES) as devices,
        ):
            await happen(fleet, one, None)
            assert [sent["cursor"] for sent in reader.sent("events")] == ["1", "2"]
            assert [sent["cursor"] for sent in other.sent("events")] == ["2"]
            assert devices.sent() == []


async def test_rights_that_are_lost_count_from_the_next_event_on() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        scope = Narrowed(fleet=fleet.fleet, clock=fleet.clock)
        async with (
            reading(streams, context(fleet, scope), EVENTS) as reader,
            reading(streams, context(fleet, scope), DEVICES) as devices,
        ):
            await fleet.clock.settle()
            everything = devices.sent()
            await happen(fleet, one)
            assert (len(reader.sent()), len(devices.sent())) == (1, 1)
            scope.hidden.add("sockets")
            await happen(fleet, one)
            assert (reader.sent(), devices.sent()) == ([], [])
            scope.hidden.clear()
            await happen(fleet, one)
            assert (len(reader.sent()), devices.sent()) == (1, everything)


async def test_an_answer_that_fails_says_so_and_the_next_one_comes() -> None:
    async def fails(*_: object) -> Any:
        raise RuntimeError("secret")

    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        async with reading(streams, context(fleet), DEVICES) as reader:
            await fleet.clock.settle()
            reader.sent()
            with patch.object(lookup, "known_by_refs", fails):
                await happen(fleet, one)
            (answer,) = reader.answers
            assert answer["errors"][0]["extensions"]["code"] == "INTERNAL"
            assert "secret" not in orjson.dumps(answer).decode()
            reader.answers.clear()
            await happen(fleet, one)
            assert [sent["id"] for sent in reader.sent("deviceChanged")] == [one.id]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('subscription { events(after: "x") { id } }', "INVALID_INPUT"),
        ('subscription { events(after: "") { id } }', "INVALID_INPUT"),
        ('subscription { deviceChanged(ids: ["Site:a:1"]) { id } }', "INVALID_INPUT"),
        ('subscription { commandChanged(id: "Device:a:1") { id } }', "INVALID_INPUT"),
        (
            "subscription { deviceChanged(filter: {near: {latitude: 100, longitude: 0, radiusM: 1}}) { id } }",
            "INVALID_INPUT",
        ),
        ("subscription A { events { id } } subscription B { events { id } }", "INVALID_INPUT"),
        ("subscription { events { nothing } }", None),
        ("subscription {", "INVALID_INPUT"),
        ("{ vendors { slug } }", "INVALID_INPUT"),
        ("", "INVALID_INPUT"),
        ("subscription { events @skip(if: true) { id } }", None),
    ],
)
async def test_what_is_wrong_is_refused_before_anything_is_streamed(source: str, code: str | None) -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with pytest.raises(Refused) as refused:
            async with streams.open(source, None, None, context(fleet)):
                pass
        (error,) = refused.value.errors
        assert (error.extensions or {}).get("code") == code
        assert streams.count == 0


async def test_too_many_devices_by_name_are_refused() -> None:
    source = "subscription ($ids: [ID!]) { deviceChanged(ids: $ids) { id } }"
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with pytest.raises(Refused, match="101 ids; a stream follows 100 by name"):
            async with streams.open(source, {"ids": [f"Device:a:{n}" for n in range(101)]}, None, context(fleet)):
                pass


async def test_a_command_that_is_not_known_ends_its_stream() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        async with streams.open(
            'subscription { commandChanged(id: "Command:ab") { id } }', None, None, context(fleet)
        ) as stream:
            with pytest.raises(Refused) as refused:
                await anext(stream.contents())
        assert [(error.message, error.extensions) for error in refused.value.errors] == [
            ("no such command is known", {"code": "NOT_FOUND", "resolution": "USER_ACTION"})
        ]


async def test_a_stream_ends_at_its_age() -> None:
    async with world("lvcchong") as fleet, opened(fleet, max_age_s=60) as streams:
        async with reading(streams, context(fleet), EVENTS) as reader:
            await fleet.clock.advance(59)
            await happen(fleet, None)
            assert (reader.is_over, len(reader.sent())) == (False, 1)
            await fleet.clock.advance(2)
            assert (reader.is_over, reader.stream.ended_by) == (True, End.TOO_OLD)
        assert streams.count == 0


async def test_all_streams_end_when_the_gateway_closes_also_those_that_come_then() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        async with (
            reading(streams, context(fleet), EVENTS) as reader,
            reading(streams, context(fleet), DEVICES) as other,
        ):
            await fleet.clock.settle()
            streams.close()
            await fleet.clock.settle()
            assert {(one.is_over, one.stream.ended_by) for one in (reader, other)} == {(True, End.SHUT_DOWN)}
        async with reading(streams, context(fleet), EVENTS) as late:
            await fleet.clock.settle()
            assert (late.is_over, late.stream.ended_by) == (True, End.SHUT_DOWN)


async def test_a_reader_that_is_slower_than_all_memory_is_given_a_new_picture() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        one, _ = await known(fleet)
        async with reading(streams, context(fleet), DEVICES) as reader:
            await fleet.clock.settle()
            everything = reader.sent("deviceChanged")
            reader.may_read.clear()
            with patch("hub.live.tail.REMEMBERED", 1):
                await happen(fleet, one)
                await happen(fleet, *[one] * 9)
            assert await fleet.fleet.events.trim(before=fleet.clock.now(), most=3) == 7
            reader.sent()
            reader.may_read.set()
            await fleet.clock.settle()
            await fleet.clock.settle()
            assert reader.sent("deviceChanged") == everything


async def test_answers_that_are_forgotten_are_executed_again() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams:
        with patch.object(answers, "MOST_BYTES", 100):
            async with (
                reading(streams, context(fleet), EVENTS) as reader,
                reading(streams, context(fleet), EVENTS) as slow,
            ):
                await fleet.clock.settle()
                slow.may_read.clear()
                await happen(fleet, *[None] * 5)
                assert streams.executions == 5
                slow.may_read.set()
                await fleet.clock.settle()
                assert (len(reader.sent()), len(slow.sent())) == (5, 5)


async def test_an_event_is_shown_anew_to_whoever_comes_much_later() -> None:
    async with world("lvcchong") as fleet, opened(fleet) as streams, reading(streams, context(fleet), EVENTS):
        await happen(fleet, None)
        for seconds, executions in ((running.SHARED_S - 1, 1), (2, 2)):
            await fleet.clock.advance(seconds)
            async with reading(streams, context(fleet), EVENTS, {"after": "0"}) as late:
                await fleet.clock.settle()
                assert (len(late.sent()), streams.executions) == (1, executions)
