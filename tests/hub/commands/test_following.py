"""What became of it: looked for when its rule says, until it is known or nobody looks any more."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from hub.commands.journal import Journal
from hub.commands.orders import Conflict
from hub.commands.schedule import HOPELESS_AFTER_S, LONGEST_GAP_S
from hub.parts import Key, Part
from model.faults import NotFound, RateLimited, Rejected, Uncertain, Unreachable, Unsupported
from model.records import Device
from model.refs import battery_ref, device_ref, session_ref
from model.states import CommandKind, CommandStatus, DeviceKind, FreshnessSource, ProblemCode
from tests.hub.commands.toy import Toy, everything, modes, nothing, order, slot, statuses, toy
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.support.clock import START
from vendors.acting import Evidence, Task
from vendors.contract import DeviceReading

SENT, ACKNOWLEDGED, CONFIRMED = CommandStatus.SENT, CommandStatus.ACKNOWLEDGED, CommandStatus.CONFIRMED
TIMED_OUT, UNKNOWN, FAILED = CommandStatus.TIMED_OUT, CommandStatus.OUTCOME_UNKNOWN, CommandStatus.FAILED
TO_THE_END_OF_PATIENCE = [5, 10, 20, 40, 80, 160, 280, 300]


def after(looks: int, status: CommandStatus) -> Callable[[Task], list[Evidence]]:
    """Nothing can be said until it was looked at so many times."""
    seen = 0

    def evidence(task: Task) -> list[Evidence]:
        nonlocal seen
        seen += 1
        return everything(status)(task) if seen > looks else []

    return evidence


async def is_held(one: Toy) -> bool:
    """Whether a second command on the same slot is refused; if it is not it is given, and it fails at once."""
    one.procedure.fails = Rejected("not now")
    try:
        await one.desk.give(order(key=f"is it held at {one.clock.monotonic()}"))
    except Conflict:
        return True
    finally:
        one.procedure.fails = None
    return False


async def test_it_is_looked_at_when_the_rule_says_and_then_ever_less_often(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = after(6, CONFIRMED)
        command = await one.desk.give(order())
        await clock.advance(1000)
        assert one.procedure.looked_at == TO_THE_END_OF_PATIENCE[:7]
        assert await one.story(command) == [
            ("PENDING", "caller"),
            ("SENT", "answer"),
            ("TIMED_OUT", "deadline"),
            ("CONFIRMED", "read-back"),
        ]


async def test_only_what_is_open_is_looked_at(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = lambda task: [Evidence(position=task.targets[0].position, status=CONFIRMED)]
        command = await one.desk.give(modes(*(slot(number) for number in (1, 2, 3))))
        await clock.advance(20)
        looked_at = [[target.position for target in task.targets] for task in one.procedure.looks]
        assert looked_at == [[0, 1, 2], [1, 2], [2]]
        assert statuses(await one.now(command)) == [CONFIRMED] * 3
        assert one.desk.open_calls() == 0


async def test_at_its_deadline_it_has_timed_out_and_late_evidence_corrects_that(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        one.procedure.evidence = after(4, FAILED)
        command = await one.desk.give(order())
        await clock.advance(59.9)
        assert await one.status(command) is SENT
        await clock.advance(0.1)
        late = await one.now(command)
        assert late.problem is not None
        assert (late.status, late.problem.code) == (TIMED_OUT, ProblemCode.VENDOR_TIMED_OUT)
        assert (late.is_safe_to_retry, await is_held(one)) == (False, True)
        await clock.advance(20)
        assert (await one.status(command), await is_held(one)) == (FAILED, False)
        assert (await one.now(command)).problem is None


async def test_the_deadline_is_kept_while_a_look_takes_long(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.looking = lambda: clock.sleep(100)
        command = await one.desk.give(order())
        await clock.advance(60)
        assert (one.procedure.looked_at, await one.status(command)) == ([5], TIMED_OUT)
        await clock.advance(45)
        assert (one.procedure.looked_at, await one.status(command)) == ([5], CONFIRMED)


async def test_a_deadline_that_cannot_be_written_down_is_written_down_later(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(59)
        memory.is_away = True
        with capture_logs() as logs:
            await clock.advance(8)
        assert "cannot write that a deadline passed; trying again" in {line["event"] for line in logs}
        memory.is_away = False
        await clock.advance(3)
        assert await one.status(command) is TIMED_OUT


async def test_a_lost_answer_is_found_by_reading(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.fails = Uncertain("no answer")
        one.procedure.evidence = after(1, CONFIRMED)
        command = await one.desk.give(order())
        assert (command.status, command.is_safe_to_retry) == (UNKNOWN, False)
        await clock.advance(10)
        assert await one.status(command) is CONFIRMED
        assert [task.answer for task in one.procedure.looks] == [{}, {}]
        assert one.procedure.done["send"] == 1


async def test_of_a_lost_answer_no_trace_is_ever_found(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.fails = Uncertain("no answer")
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(299)
        assert await one.status(command) is UNKNOWN
        await clock.advance(1)
        assert one.procedure.looked_at == TO_THE_END_OF_PATIENCE
        late = await one.now(command)
        assert late.problem is not None
        assert (late.status, late.problem.code) == (TIMED_OUT, ProblemCode.VENDOR_TIMED_OUT)


@pytest.mark.parametrize("says", [UNKNOWN, ACKNOWLEDGED])
async def test_what_the_vendor_last_said_of_a_lost_answer_stands_unless_it_is_only_that_it_was_taken(
    memory: WatchedStore, clock: StoreClock, says: CommandStatus
) -> None:
    async with toy(memory, clock) as one:
        one.procedure.fails = Uncertain("no answer")
        one.procedure.evidence = after(7, says)
        command = await one.desk.give(order())
        await clock.advance(300)
        assert await one.status(command) is (UNKNOWN if says is UNKNOWN else TIMED_OUT)
        assert one.desk.open_calls() == 0


async def test_when_patience_is_over_nobody_looks_and_the_slot_is_free(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(299)
        assert (one.desk.open_calls(), await is_held(one)) == (1, True)
        await clock.advance(1)
        assert (one.desk.open_calls(), await is_held(one)) == (0, False)
        await clock.advance(500)
        assert one.procedure.looked_at == TO_THE_END_OF_PATIENCE
        assert await one.status(command) is TIMED_OUT


async def test_what_was_given_up_is_still_corrected_when_somebody_asks(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(1000)
        again = await one.desk.look_now(command.ref)
        assert again is not None
        assert again.status is TIMED_OUT
        one.procedure.evidence = None
        again = await one.desk.look_now(command.ref)
        assert again is not None
        assert (again.status, again.completed_at) == (CONFIRMED, START + timedelta(seconds=1000))
        looks = one.procedure.done["look"]
        assert await one.desk.look_now(command.ref) == again
        assert one.procedure.done == {"prepare": 1, "send": 1, "look": looks}


@pytest.mark.parametrize("fault", [Unreachable("down"), RateLimited("too much"), KeyError("surprise")])
async def test_a_vendor_that_cannot_be_asked_is_asked_until_it_answers(
    memory: WatchedStore, clock: StoreClock, fault: Exception
) -> None:
    async with toy(memory, clock) as one:
        one.procedure.unreadable = fault
        command = await one.desk.give(order())
        with capture_logs():
            await clock.advance(1000)
        assert (await one.status(command), one.desk.open_calls(), await is_held(one)) == (TIMED_OUT, 1, True)
        one.procedure.unreadable = None
        await clock.advance(LONGEST_GAP_S)
        assert (await one.status(command), one.desk.open_calls()) == (CONFIRMED, 0)


@pytest.mark.parametrize("fault", [NotFound("no such slot"), Rejected("no"), Unsupported("cannot tell")])
async def test_a_vendor_that_says_no_was_asked(memory: WatchedStore, clock: StoreClock, fault: Exception) -> None:
    async with toy(memory, clock) as one:
        one.procedure.unreadable = fault
        command = await one.desk.give(order())
        await clock.advance(300)
        assert (await one.status(command), one.desk.open_calls(), await is_held(one)) == (TIMED_OUT, 0, False)


async def test_after_a_day_it_is_hopeless(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.unreadable = Unreachable("down")
        command = await one.desk.give(order())
    clock = StoreClock(START + timedelta(seconds=HOPELESS_AFTER_S - 60))
    async with toy(memory, clock, unreadable=Unreachable("down")) as one:
        await clock.settle()
        assert (await one.status(command), one.desk.open_calls(), one.procedure.done) == (TIMED_OUT, 1, {"look": 1})
        await clock.advance(LONGEST_GAP_S)
        given_up = await one.now(command)
        assert given_up.problem is not None
        assert (given_up.status, given_up.problem.message) == (
            UNKNOWN,
            "the vendor could not be asked what became of it",
        )
        assert (one.desk.open_calls(), await is_held(one)) == (0, False)
        one.procedure.unreadable = None
        found = await one.desk.look_now(command.ref)
        assert found is not None
        assert found.status is CONFIRMED


async def test_what_has_no_proof_ends_as_sent(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        command = await one.desk.give(order(kind=CommandKind.PUBLISH_ADVERTISEMENT))
        assert (command.status, one.desk.open_calls()) == (SENT, 0)
        await clock.advance(1000)
        assert (await one.status(command), one.procedure.done) == (SENT, {"prepare": 1, "send": 1})


async def test_what_is_learnt_of_batteries_and_sessions_is_kept(memory: WatchedStore, clock: StoreClock) -> None:
    full, rental = battery_ref("toys", "B1"), session_ref("toys", "R1")
    async with toy(memory, clock) as one:
        one.procedure.evidence = lambda _: [Evidence(position=0, status=CONFIRMED, battery=full, session=rental)]
        command = await one.desk.give(order(slot(2)))
        await clock.advance(5)
        assert [(target.battery, target.session) for target in (await one.now(command)).targets] == [(full, rental)]
        last = (await one.desk.history(command.ref))[-1]
        assert (last.battery, last.charging_session, last.slot) == (full, rental, slot(2).slot)


async def test_a_device_that_was_read_to_find_out_is_shown_to_readers(memory: WatchedStore, clock: StoreClock) -> None:
    seen = DeviceReading(device=Device(ref=device_ref("toys", "D1"), kind=DeviceKind.POWER_BANK_CABINET))
    async with toy(memory, clock) as one:
        one.procedure.evidence = lambda _: [Evidence(position=0, status=None, seen=seen)]
        command = await one.desk.give(order())
        await clock.advance(5)
        (entry,) = await one.snapshots.peek([Key("toys", Part.DEVICE, "D1")])
        assert entry is not None
        assert entry.value.device.ref == seen.device.ref
        assert entry.reading.source is FreshnessSource.POLL
        assert entry.reading.fetched_at == START + timedelta(seconds=5)
        assert await one.status(command) is SENT


async def test_a_call_without_an_account_keeps_its_deadline(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await one.die()
    async with toy(memory, clock, "others") as one:
        await clock.advance(60)
        assert (await one.status(command), one.desk.open_calls(), one.procedure.done) == (TIMED_OUT, 1, {})
    async with toy(memory, clock) as one:
        await clock.settle()
        assert await one.status(command) is CONFIRMED


async def test_following_that_breaks_goes_on(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        command = await one.desk.give(order())

        async def call(*_: object, **__: object) -> None:
            raise KeyError("surprise")

        with capture_logs() as logs, pytest.MonkeyPatch.context() as patch:
            patch.setattr(Journal, "call", call)
            await clock.advance(5)
        assert [line["event"] for line in logs if line["log_level"] == "error"] == ["a command could not be followed"]
        await clock.advance(LONGEST_GAP_S + 40)
        assert (await one.status(command), one.procedure.looked_at) == (CONFIRMED, [160])


async def test_many_are_followed_at_once(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        giving = [one.desk.give(order(slot(number), key=f"k{number}")) for number in range(1, 21)]
        commands = await asyncio.gather(*giving)
        assert one.desk.open_calls() == 20
        await clock.advance(5)
        assert {await one.status(command) for command in commands} == {CONFIRMED}
        assert (one.desk.open_calls(), one.procedure.done) == (0, {"prepare": 20, "send": 20, "look": 20})
