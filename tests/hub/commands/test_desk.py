"""The desk's other side: commands found again, by id, in pages and by what they began; old ones forgotten."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hub.commands.desk import KEEP_DAYS, Desk
from hub.commands.orders import CommandQuery
from hub.commands.waiting import until, until_ended
from hub.parts import Key, Part
from hub.store.tables import command_callbacks, command_calls, command_locks, command_targets, commands
from model.commands import Command, Instruction
from model.faults import Unsupported
from model.records import Reading
from model.refs import Ref, command_ref, device_ref, session_ref
from model.states import CommandKind, CommandStatus, FreshnessSource
from tests.hub.commands.toy import Toy, chargers, modes, nothing, order, refs, slot, statuses, toy, whole
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.support.clock import START
from vendors.acting import Evidence

SENT, CONFIRMED, UNKNOWN = CommandStatus.SENT, CommandStatus.CONFIRMED, CommandStatus.OUTCOME_UNKNOWN
TABLES = (commands, command_calls, command_targets, command_callbacks, command_locks)


async def give_all(one: Toy, count: int) -> list[Command]:
    """On slots of one device, a second apart."""
    given = []
    for number in range(count):
        given.append(await one.desk.give(order(slot(number), key=f"k{number}")))
        await one.clock.advance(1)  # type: ignore[attr-defined]
    return given


async def test_what_its_vendor_cannot_do_is_not_written_down(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        with pytest.raises(Unsupported, match="Toy cannot do START_CHARGING"):
            await one.desk.give(order(kind=CommandKind.START_CHARGING))
        assert await one.desk.given_before("tester", "k1", order().request) is None


async def test_commands_by_ref(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        first, second = await give_all(one, 2)
        found = await one.desk.by_refs([second.ref, command_ref("f" * 32), first.ref, second.ref])
        assert [command and command.ref for command in found] == [second.ref, None, first.ref, second.ref]
        assert await one.desk.by_refs([]) == []


async def test_a_repeat_waits_for_the_same_answer(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        given = await asyncio.gather(*(one.desk.give(order()) for _ in range(50)))
        assert [command.status for command in given] == [SENT] * 50
        assert len(set(refs(*given))) == 1
        assert one.procedure.done["send"] == 1
        assert await one.desk.given_before("tester", "k1", order().request) == given[0]


async def test_pages_go_from_the_newest_to_the_oldest_and_back(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        newest_first = (await give_all(one, 7))[::-1]
        ids = [command.ref.account for command in newest_first]
        found: list[Ref] = []
        after: str | None = None
        for has_next in (True, True, False):
            page = await one.desk.page(CommandQuery(), 3, after=after, backwards=False)
            assert (page.has_next, page.has_previous) == (has_next, bool(found))
            found += refs(*page.rows)
            after = found[-1].account
        assert found == refs(*newest_first)
        last = await one.desk.page(CommandQuery(), 3, backwards=True)
        assert (refs(*last.rows), last.has_next, last.has_previous) == (found[4:], False, True)
        before = await one.desk.page(CommandQuery(), 9, before=ids[4], backwards=True)
        assert (refs(*before.rows), before.has_next, before.has_previous) == (found[:4], True, False)
        between = await one.desk.page(CommandQuery(), 9, after=ids[1], before=ids[4], backwards=False)
        assert (refs(*between.rows), between.has_next, between.has_previous) == (found[2:4], False, True)


async def test_pages_of_some(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock, "a", "b", evidence=nothing) as one:
        ejected = await one.desk.give(order(slot(1, "D1", "a")))
        both = await one.desk.give(modes(*chargers(1, "a"), *chargers(1, "b"), key="k2"))
        other = await one.desk.give(order(whole("D2", "b"), kind=CommandKind.PUBLISH_ADVERTISEMENT, key="k3"))
        one.procedures["b"].evidence = None
        one.procedures["a"].evidence = lambda task: [
            Evidence(position=target.position, status=CONFIRMED) for target in task.targets if target.slot is None
        ]
        await clock.advance(5)

        async def found(where: CommandQuery) -> set[Ref]:
            return set(refs(*(await one.desk.page(where, 10, backwards=False)).rows))

        assert await found(CommandQuery(accounts=["a"])) == {ejected.ref, both.ref}
        assert await found(CommandQuery(devices=[device_ref("b", "D2"), device_ref("a", "D1")])) == {
            ejected.ref,
            other.ref,
        }
        assert await found(CommandQuery(kinds=[CommandKind.SET_CHARGER_MODE])) == {both.ref}
        assert await found(CommandQuery(statuses=[SENT])) == {ejected.ref, other.ref}
        assert await found(CommandQuery(statuses=[CONFIRMED, UNKNOWN])) == {both.ref}
        assert await found(CommandQuery(visible=["b"])) == {other.ref}
        assert await found(CommandQuery(visible=["a", "b"], accounts=["b"])) == {both.ref, other.ref}
        assert await found(CommandQuery(visible=[])) == set()


async def test_the_status_of_the_whole_is_kept_for_finding(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = lambda _: [Evidence(position=0, status=CommandStatus.FAILED)]
        command = await one.desk.give(modes(*chargers(2)))
        await clock.advance(5)
        assert statuses(await one.now(command)) == [CommandStatus.FAILED, SENT]
        page = await one.desk.page(CommandQuery(statuses=[SENT]), 1, backwards=False)
        assert refs(*page.rows) == [command.ref]


async def test_a_rental_is_known_by_the_id_that_its_command_gave(memory: WatchedStore, clock: StoreClock) -> None:
    rental, other = session_ref("toys", "R1"), session_ref("toys", "R2")
    async with toy(memory, clock) as one:
        one.procedure.evidence = lambda _: [Evidence(position=0, status=CONFIRMED, session=rental)]
        instruction = Instruction(external_id="order 66")
        await one.desk.give(order(whole(), kind=CommandKind.RENT_BATTERY, instruction=instruction))
        await clock.advance(5)
        assert await one.desk.sessions_known_as([rental, other]) == {rental: "order 66"}
        assert await one.desk.sessions_known_as([]) == {}


async def test_nobody_looks_for_a_command_that_is_not_known(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        assert await one.desk.look_now(command_ref("0" * 32)) is None
        assert await one.desk.history(command_ref("0" * 32)) == []


async def test_what_is_not_sent_yet_is_not_looked_at(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=1) as one:
        await one.desk.give(order())
        waiting = asyncio.create_task(one.desk.give(order(slot(2), key="k2")))
        await clock.advance(1)
        command = await one.desk.given_before("nobody", "k2", "")
        assert command is None
        (row,) = (await one.desk.page(CommandQuery(statuses=[CommandStatus.PENDING]), 2, backwards=False)).rows
        assert await one.desk.look_now(row.ref) == row
        assert one.procedure.done["look"] == 0
        await clock.advance(60)
        assert (await one.now(await waiting)).status is SENT


async def test_what_a_command_changed_is_read_anew(memory: WatchedStore, clock: StoreClock) -> None:
    keys = [Key("toys", Part.DEVICE, "D1"), Key("toys", Part.DEVICE, "D2")]
    async with toy(memory, clock) as one:
        for key in keys:
            await one.snapshots.put(key, (), Reading(clock.now(), FreshnessSource.POLL))
        doubted: list[Key] = []
        one.snapshots.doubt = doubted.extend  # type: ignore[method-assign, assignment]
        await one.desk.give(order())
        assert doubted == []
        await clock.advance(5)
        assert keys[0] in doubted
        assert keys[1] not in doubted


async def count_rows(store: WatchedStore) -> list[int]:
    async with store.reading() as connection:
        return [(await connection.execute(select(func.count()).select_from(table))).scalar_one() for table in TABLES]


async def test_old_commands_are_forgotten_with_all_that_is_theirs_but_for_open_ones(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        one.procedure.evidence = lambda task: [
            Evidence(position=target.position, status=CONFIRMED) for target in task.targets if target.slot is None
        ]
        done = await one.desk.give(modes(*chargers(4)))
        token = str(one.procedure.sent[0].callback_url).rpartition("/")[2]
        await one.desk.hear(
            "toys", token, b'{"key": "c", "positions": [0], "status": "ACKNOWLEDGED"}', "application/json"
        )
        open_one = await one.desk.give(order(slot(1, "D9"), key="open"))
        await clock.advance(5)
        assert await count_rows(store) == [2, 3, 5, 1, 5]
        before = clock.now() + timedelta(seconds=1)
        assert await one.desk._journal.forget(done.created_at) == 0
        assert await one.desk._journal.forget(before) == 1
        assert await count_rows(store) == [1, 1, 1, 0, 0]
        assert await one.desk.by_refs(refs(done, open_one)) == [None, await one.now(open_one)]
        again = await one.desk.give(modes(*chargers(1)))
        assert again.ref != done.ref
        assert len(await one.desk.history(done.ref)) == 13


async def test_whoever_is_on_duty_forgets_what_is_old(
    memory: WatchedStore, clock: StoreClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.commands.desk.FORGET_EVERY_S", 60.0)
    async with toy(memory, clock) as one:
        command = await one.desk.give(order())
        await clock.advance(5)
    later = StoreClock(START + timedelta(days=KEEP_DAYS, seconds=-30))
    async with toy(memory, later) as one:
        await later.advance(59)
        assert await one.status(command) is CONFIRMED
        await later.advance(1)
        assert await one.desk.by_refs([command.ref]) == [None]


async def test_a_desk_that_was_never_started_can_be_closed(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, starts=False) as one:
        assert isinstance(one.desk, Desk)
        assert one.desk.open_calls() == 0


async def test_waiting_ends_with_whatever_comes_first(clock: StoreClock) -> None:
    word = asyncio.Event()
    waiting = asyncio.create_task(until(clock, 10, word))
    await clock.advance(9)
    assert not waiting.done()
    word.set()
    await clock.settle()
    assert waiting.done()
    await until(clock, -1, asyncio.Event())
    tasks = [asyncio.create_task(clock.sleep(seconds)) for seconds in (1, 20)]
    ended = asyncio.create_task(until_ended(clock, 10, tasks))
    await clock.advance(9)
    assert not ended.done()
    await clock.advance(1)
    assert ended.done()
    assert [task.done() for task in tasks] == [True, False]
    ended = asyncio.create_task(until_ended(clock, 1000, tasks))
    await clock.advance(10)
    assert ended.done()
    await until_ended(clock, 10, [])
