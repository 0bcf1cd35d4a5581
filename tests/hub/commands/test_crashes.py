"""A process ends as if killed, at every phase of a call, and another opens the same database: nothing is sent twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from hub.commands.desk import RENEW_EVERY_S
from hub.commands.leases import LEASE_S, Leases
from hub.commands.orders import CommandQuery
from model.states import CommandKind, CommandStatus, ProblemCode
from tests.hub.commands.toy import Toy, chargers, modes, nothing, order, slot, statuses, toy
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.hub.databases import BOTH
from tests.support.clock import START
from vendors.acting import Accepted, Prepared, Task

PENDING, SENT, CONFIRMED = CommandStatus.PENDING, CommandStatus.SENT, CommandStatus.CONFIRMED
CANCELLED, TIMED_OUT, UNKNOWN = CommandStatus.CANCELLED, CommandStatus.TIMED_OUT, CommandStatus.OUTCOME_UNKNOWN


async def never(_: Task) -> Accepted:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def never_prepared(_: Task) -> Prepared:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_what_was_waiting_is_cancelled_and_never_sent(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        first.procedure.prepares = never_prepared
        giving = asyncio.create_task(first.desk.give(order()))
        await clock.settle()
        await first.die()
    await clock.advance(LEASE_S + 1)
    async with toy(store, clock) as one:
        await clock.advance(400)
        command = await one.now(await giving)
        assert (command.status, command.targets[0].was_sent, command.sent_at) == (CANCELLED, False, None)
        assert command.problem is not None
        assert (command.problem.code, command.problem.message) == (
            ProblemCode.INTERNAL,
            "the gateway stopped before anything was sent; give the command again, with a new key",
        )
        assert command.is_safe_to_retry
        assert (first.procedure.done, one.procedure.done) == ({"prepare": 1}, {})
        assert (await one.desk.give(order(key="k2"))).status is SENT


async def test_what_was_being_sent_is_found_by_reading_and_never_sent_again(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as first:
        first.procedure.answers = never
        giving = asyncio.create_task(first.desk.give(order()))
        await clock.settle()
        await first.die()
        assert await first.status(await giving) is PENDING
    await clock.advance(LEASE_S + 1)
    async with toy(store, clock, looking=lambda: clock.sleep(1)) as one:
        await clock.settle()
        command = await one.now(await giving)
        assert (command.status, command.sent_at, command.is_safe_to_retry) == (UNKNOWN, START, False)
        assert command.problem is not None
        assert command.problem.code is ProblemCode.OUTCOME_UNKNOWN
        assert one.desk.counts() == {(CommandKind.EJECT_BATTERY, UNKNOWN): 1}
        await clock.advance(1)
        assert await one.status(command) is CONFIRMED
        assert (first.procedure.done["send"], one.procedure.done) == (1, {"look": 1})
        (looked,) = one.procedure.looks
        assert (looked.answer, looked.sent_at, looked.instruction) == ({}, START, order().instruction)


async def test_what_was_answered_is_followed_on(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        first.procedure.evidence = nothing
        command = await first.desk.give(order())
        await clock.advance(12)
        await first.die()
    await clock.advance(LEASE_S + 1)
    async with toy(store, clock, evidence=nothing) as one:
        await clock.advance(LEASE_S + 17)
        assert (first.procedure.looked_at, one.procedure.looked_at) == ([5, 10], [28, 40])
        assert await one.status(command) is TIMED_OUT
        one.procedure.evidence = None
        await clock.advance(20)
        assert await one.status(command) is CONFIRMED
        assert one.procedure.looks[0].answer == {"ok": 1}


async def test_a_deadline_that_passed_meanwhile_is_kept_at_once(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        command = await first.desk.give(order())
        await first.die()
    await clock.advance(100)
    async with toy(store, clock, looking=lambda: clock.sleep(1)) as one:
        await clock.settle()
        assert await one.status(command) is TIMED_OUT


async def test_what_has_no_proof_is_not_followed_after_a_restart(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        first.procedure.answers = never
        giving = asyncio.create_task(first.desk.give(order(kind=CommandKind.PUBLISH_ADVERTISEMENT)))
        await clock.settle()
        await first.die()
    await clock.advance(LEASE_S + 1)
    async with toy(store, clock) as one:
        await clock.advance(100)
        assert (await one.status(await giving), one.procedure.done, one.desk.open_calls()) == (UNKNOWN, {}, 0)


async def test_of_several_calls_each_is_what_it_was(store: WatchedStore, clock: StoreClock) -> None:
    """Three in a call: one call is answered, one being sent, one waiting for quota."""
    async with toy(store, clock, limit=2, evidence=nothing) as first:

        async def answer(task: Task) -> Accepted:
            return Accepted() if first.procedure.done["send"] == 1 else await never(task)

        first.procedure.answers = answer
        giving = asyncio.create_task(first.desk.give(modes(*chargers(9))))
        await clock.settle()
        await first.die()
    await clock.advance(LEASE_S + 1)
    async with toy(store, clock, evidence=nothing) as one:
        await clock.settle()
        assert Counter(statuses(await one.now(await giving))) == {SENT: 3, UNKNOWN: 3, CANCELLED: 3}
        one.procedure.evidence = None
        await clock.advance(40)
        assert Counter(statuses(await one.now(await giving))) == {CONFIRMED: 6, CANCELLED: 3}
        assert one.procedure.done["send"] == 0


async def test_who_goes_away_while_a_command_is_written_down_leaves_nothing_lying(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        claim = one.desk._journal.claim

        async def claimed(*given: Any, **named: Any) -> Any:
            await claim(*given, **named)
            giving.cancel()
            await asyncio.sleep(0)

        one.desk._journal.claim = claimed  # type: ignore[method-assign]
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(RENEW_EVERY_S)
        assert giving.cancelled()
        command = await one.desk.given_before("tester", "k1", order().request)
        assert command is not None
        assert (command.status, one.procedure.done) == (CANCELLED, {})


async def test_what_could_not_be_gone_on_with_is_gone_on_with_later(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:

        async def answer(_: Task) -> Accepted:
            memory.is_away = True
            raise KeyError("surprise")

        one.procedure.answers = answer
        giving = asyncio.create_task(one.desk.give(order()))
        with capture_logs() as logs:
            await clock.advance(30)
            memory.is_away = False
            await clock.advance(RENEW_EVERY_S)
        assert {line["event"] for line in logs} >= {
            "a command could not be sent as it should",
            "the store of commands does not answer",
            "going on with a command that nobody saw to",
        }
        assert isinstance((await asyncio.gather(giving, return_exceptions=True))[0], Exception)
        command = await one.desk.given_before("tester", "k1", order().request)
        assert command is not None
        assert (command.status, one.procedure.done["send"]) == (CONFIRMED, 1)


async def test_one_call_that_cannot_be_read_keeps_no_other_from_being_followed(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with toy(memory, clock) as first:
        bad, good = [await first.desk.give(order(slot(number), key=f"k{number}")) for number in (1, 2)]
        await first.die()
    async with toy(memory, clock, starts=False) as one:
        go_on = one.desk._journal.recover

        async def recover(call: object) -> object:
            if call.command == bad.ref:  # type: ignore[attr-defined]
                raise KeyError("a kind of command that only a newer release knows")
            return await go_on(call)  # type: ignore[arg-type]

        one.desk._journal.recover = recover  # type: ignore[method-assign, assignment]
        with capture_logs() as logs:
            await one.desk.start()
            await clock.advance(1)
        assert (await one.status(bad), await one.status(good)) == (SENT, CONFIRMED)
        assert "cannot go on with a command" in {line["event"] for line in logs}


async def test_whoever_closes_leaves_the_rest_to_the_next_at_once(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        first.procedure.evidence = nothing
        command = await first.desk.give(order())
    await clock.advance(0.1)
    async with toy(store, clock) as one:
        await clock.settle()
        assert await one.status(command) is CONFIRMED


# Leases: several processes that live. SQLite serves one.

on_postgres = pytest.mark.parametrize("empty_url", BOTH[1:], indirect=True)


async def followed_by(*processes: Toy) -> list[int]:
    return [one.desk.open_calls() for one in processes]


@on_postgres
async def test_a_process_that_lives_keeps_its_calls(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as first, toy(other_store, clock) as other:
        first.procedure.evidence = nothing
        command = await first.desk.give(order())
        await clock.advance(LEASE_S * 3)
        assert await followed_by(first, other) == [1, 0]
        assert (await first.status(command), other.procedure.done) == (SENT, {})


@on_postgres
async def test_the_calls_of_a_dead_process_are_taken_after_its_lease(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as first, toy(other_store, clock) as other:
        first.procedure.evidence = other.procedure.evidence = nothing
        await first.desk.give(order())
        await clock.advance(1)
        await first.die()
        await clock.advance(LEASE_S - 1)
        assert await followed_by(other) == [0]
        await clock.advance(RENEW_EVERY_S)
        assert (await followed_by(other), other.procedure.looked_at) == ([1], [20])


@on_postgres
async def test_of_two_that_take_over_each_call_has_one(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as first:
        first.procedure.evidence = nothing
        commands = [await first.desk.give(order(slot(number), key=f"k{number}")) for number in range(10)]
        await first.die()
    await clock.advance(LEASE_S + 1)
    one, other = (Leases(store, clock, me) for store, me in zip((store, other_store), "ab", strict=True))
    taken = await asyncio.gather(*(leases.take_over(everything=False) for leases in (one, other, one, other)))
    calls = [call for calls in taken for call in calls]
    assert sorted(calls) == sorted(f"{command.ref.account}-0" for command in commands)
    assert set(await one.renew()) | set(await other.renew()) == set(calls)
    assert await one.take_over(everything=False) == []


@on_postgres
async def test_a_process_that_slept_through_its_lease_does_not_send(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    may_go_on = asyncio.Event()

    async def prepare(_: Task) -> Prepared:
        await may_go_on.wait()
        return Prepared()

    async with toy(store, clock) as sleeper, toy(other_store, clock) as other:
        sleeper.procedure.prepares = prepare
        giving = asyncio.create_task(sleeper.desk.give(order()))
        await clock.settle()
        assert sleeper.desk._duty is not None
        sleeper.desk._duty.cancel()
        await clock.advance(LEASE_S + RENEW_EVERY_S)
        command = await giving
        assert await other.status(command) is CANCELLED
        may_go_on.set()
        await clock.advance(1)
        assert (sleeper.procedure.done, other.procedure.done) == ({"prepare": 1}, {})
        sleeper.desk._duty = None


@on_postgres
async def test_the_answer_that_a_sleeper_brings_late_is_not_lost(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async def answer(_: Task) -> Accepted:
        await clock.sleep(LEASE_S + 20)
        return Accepted(vendor_task_id="T1")

    async with toy(store, clock) as sleeper, toy(other_store, clock) as other:
        sleeper.procedure.answers = answer
        sleeper.procedure.evidence = other.procedure.evidence = nothing
        giving = asyncio.create_task(sleeper.desk.give(order()))
        await clock.settle()
        assert sleeper.desk._duty is not None
        sleeper.desk._duty.cancel()
        await clock.advance(LEASE_S + RENEW_EVERY_S)
        command = await giving
        assert await other.status(command) is UNKNOWN
        await clock.advance(15)
        after = await other.now(command)
        assert (after.status, after.targets[0].vendor_task_id) == (SENT, "T1")
        assert after.deadline == START + timedelta(seconds=60)
        sleeper.desk._duty = None


@on_postgres
async def test_processes_that_supersede_and_answer_at_once_do_not_block_each_other(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one, toy(other_store, clock) as other:
        await clock.settle()
        wishes = [modes(*chargers(3), key=f"k{number}") for number in range(30)]
        with capture_logs() as logs:
            commands = await asyncio.gather(
                *((one, other)[number % 2].desk.give(wish) for number, wish in enumerate(wishes))
            )
        assert [line["event"] for line in logs if line["log_level"] != "info"] == []
        await clock.advance(5)
        ends = [statuses(await one.now(command)) for command in commands]
        assert sorted(ends, key=str) == [[CANCELLED] * 3] * 29 + [[CONFIRMED] * 3]


@on_postgres
async def test_the_whole_is_right_when_two_processes_move_its_targets_at_once(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one, toy(other_store, clock) as other:
        for round_number in range(4):
            command = await one.desk.give(modes(*chargers(9), key=f"k{round_number}"))
            tokens = {
                task.targets[0].position: str(task.callback_url).rpartition("/")[2] for task in one.procedure.sent[-3:]
            }
            await asyncio.gather(
                *(
                    (one, other)[position % 2].desk.hear(
                        "toys",
                        tokens[position - position % 3],
                        orjson.dumps({"key": str(position), "status": "CONFIRMED", "positions": [position]}),
                        "application/json",
                    )
                    for position in range(9)
                )
            )
            found = await one.desk.page(CommandQuery(statuses=[CONFIRMED]), 9, backwards=False)
            assert found.rows[0] == await one.now(command)
            assert len(found.rows) == round_number + 1
            await clock.advance(1)
