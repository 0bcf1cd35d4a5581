"""From a claim to an answer: refused, sent once, too late, or lost; and every answer is written down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from hub.commands.calls import Call
from hub.commands.claiming import PlannedCall
from hub.commands.journal import Journal, NotSendable, TakenOver
from hub.commands.sender import SENT_WITHIN_S
from hub.store.event_log import EventLog
from model import faults
from model.faults import DeviceOffline, Fault, RateLimited, Rejected, Uncertain, Unreachable
from model.refs import battery_ref
from model.states import AccountStatus, CommandStatus, ProblemCode, Resolution
from tests.hub.commands.toy import Toy, chargers, modes, order, slot, statuses, toy, whole
from tests.hub.commands.watched import StoreClock, WatchedStore
from tests.support.clock import START
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.kit.quota import Priority, Ticket, current_ticket

PENDING, SENT, CONFIRMED = CommandStatus.PENDING, CommandStatus.SENT, CommandStatus.CONFIRMED
REJECTED, CANCELLED, UNKNOWN = CommandStatus.REJECTED, CommandStatus.CANCELLED, CommandStatus.OUTCOME_UNKNOWN


def preparing(*learnt: Evidence, **before: object) -> Callable[[Task], Awaitable[Prepared]]:
    async def prepare(_: Task) -> Prepared:
        return Prepared(before=before, learnt=learnt)

    return prepare


def refusing(fault: Exception) -> Callable[[Task], Awaitable[Prepared]]:
    async def prepare(_: Task) -> Prepared:
        raise fault

    return prepare


def answering(accepted: Accepted, clock: StoreClock, after_s: float = 0) -> Callable[[Task], Awaitable[Accepted]]:
    async def answer(_: Task) -> Accepted:
        await clock.sleep(after_s)
        return accepted

    return answer


async def never(_: Task) -> Accepted:
    return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]


async def test_a_command_goes_from_pending_to_sent_to_confirmed(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        command = await one.desk.give(order())
        assert (command.status, command.sent_at, command.deadline) == (SENT, START, START + timedelta(seconds=60))
        assert [(target.was_sent, target.vendor_task_id) for target in command.targets] == [(True, "task-1")]
        await clock.advance(5)
        assert await one.status(command) is CONFIRMED
        assert one.procedure.done == {"prepare": 1, "send": 1, "look": 1}
        assert await one.story(command) == [("PENDING", "caller"), ("SENT", "answer"), ("CONFIRMED", "read-back")]
        assert one.desk.counts() == {(command.kind, status): 1 for status in (PENDING, SENT, CONFIRMED)}
        assert (one.desk.open_calls(), one.desk._sender.begun) == (0, set())


async def test_what_prepare_saw_and_what_was_answered_is_there_when_it_is_looked_at(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        one.procedure.prepares = preparing(was=["full", 3])
        one.procedure.answers = answering(Accepted(answer={"orderId": "7"}, vendor_task_id="T"), clock)
        await one.desk.give(order())
        await clock.advance(5)
        (sent,), (looked,) = one.procedure.sent, one.procedure.looks
        assert (sent.before, sent.answer, sent.vendor_task_id) == ({"was": ["full", 3]}, {}, None)
        assert (looked.before, looked.answer, looked.vendor_task_id) == (sent.before, {"orderId": "7"}, "T")
        assert sent.callback_url is not None
        assert sent.callback_url.startswith("http://gw.test/webhooks/toys/")
        assert (sent.sent_at, looked.sent_at, looked.callback_url) == (None, START, None)


async def test_without_an_address_of_its_own_no_callback_is_asked_for(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, public_url="") as one:
        await one.desk.give(order())
        assert [task.callback_url for task in one.procedure.sent] == [None]


@pytest.mark.parametrize(
    ("fault", "code", "resolution"),
    [
        (DeviceOffline("it is offline"), ProblemCode.DEVICE_OFFLINE, Resolution.RETRY_LATER),
        (
            Rejected("the slot is empty", resolution=Resolution.USER_ACTION, raw_code="17"),
            ProblemCode.REJECTED,
            Resolution.USER_ACTION,
        ),
        (Unreachable("down"), ProblemCode.VENDOR_UNREACHABLE, Resolution.RETRY_LATER),
    ],
)
async def test_what_prepare_refuses_is_rejected_and_never_sent(
    memory: WatchedStore, clock: StoreClock, fault: Fault, code: ProblemCode, resolution: Resolution
) -> None:
    async with toy(memory, clock) as one:
        one.procedure.prepares = refusing(fault)
        command = await one.desk.give(order())
        (target,) = command.targets
        assert (command.status, target.was_sent, command.sent_at) == (REJECTED, False, None)
        assert command.problem is not None
        assert (command.problem.code, command.problem.resolution) == (code, resolution)
        assert (command.problem.message, command.problem.account) == (fault.message, "toys")
        assert (target.raw and target.raw.code) == fault.raw_code
        assert one.procedure.done == {"prepare": 1}
        one.procedure.prepares = None
        assert (await one.desk.give(order(key="k2"))).status is SENT


async def test_targets_that_prepare_refuses_are_left_out(memory: WatchedStore, clock: StoreClock) -> None:
    full = battery_ref("toys", "B7")
    refused = Evidence(position=1, status=REJECTED, fault=Rejected("it is empty"))
    async with toy(memory, clock) as one:
        one.procedure.prepares = preparing(refused, Evidence(position=0, status=PENDING, battery=full))
        command = await one.desk.give(modes(*(slot(number) for number in (1, 2, 3))))
        assert [(target.position, target.battery) for target in one.procedure.sent[0].targets] == [(0, full), (2, None)]
        assert statuses(command) == [SENT, REJECTED, SENT]
        assert [target.was_sent for target in command.targets] == [True, False, True]
        await clock.advance(5)
        assert statuses(await one.now(command)) == [CONFIRMED, REJECTED, CONFIRMED]


async def test_when_prepare_refuses_every_target_nothing_is_sent(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.prepares = preparing(
            *(Evidence(position=number, status=REJECTED, fault=DeviceOffline("offline")) for number in range(2))
        )
        command = await one.desk.give(modes(whole("A"), whole("B")))
        assert statuses(command) == [REJECTED, REJECTED]
        assert one.procedure.done == {"prepare": 1}
        assert command.is_safe_to_retry
        await clock.advance(400)
        assert one.procedure.done == {"prepare": 1}


def every_fault() -> list[type[Fault]]:
    found, known = [Fault], [Fault]
    while found:
        found = [kind for one in found for kind in one.__subclasses__()]
        known += found
    return [kind for kind in known if kind.__module__ == faults.__name__]


@pytest.mark.parametrize("kind", every_fault())
async def test_every_fault_of_the_call_that_acts(memory: WatchedStore, clock: StoreClock, kind: type[Fault]) -> None:
    async with toy(memory, clock) as one:
        one.procedure.fails = kind("no good", raw_code="E1")
        command = await one.desk.give(order())
        (target,) = command.targets
        assert command.status is (UNKNOWN if kind is Uncertain else REJECTED)
        assert target.problem is not None
        assert (target.problem.code, target.problem.message) == (kind.code, "no good")
        assert (target.raw and target.raw.code, target.was_sent) == ("E1", True)
        assert command.is_safe_to_retry is (kind is not Uncertain)
        await clock.advance(5)
        assert one.procedure.done == {"prepare": 1, "send": 1, **({"look": 1} if kind is Uncertain else {})}
        assert await one.status(command) is (CONFIRMED if kind is Uncertain else REJECTED)


async def test_what_may_be_tried_again_later_says_when(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.fails = RateLimited("too much", retry_after_s=30)
        command = await one.desk.give(order())
        assert command.problem is not None
        assert command.problem.retry_at == START + timedelta(seconds=30)
        assert one.members["toys"].gate.shut_for_s == 30


async def test_the_answer_may_say_more_than_that_it_was_taken(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        learnt = [
            Evidence(position=0, status=CommandStatus.ACKNOWLEDGED),
            Evidence(position=2, status=REJECTED, fault=Rejected("not this one")),
        ]
        one.procedure.answers = answering(Accepted(learnt=learnt), clock)
        command = await one.desk.give(modes(*(slot(number) for number in (1, 2, 3))))
        assert statuses(command) == [CommandStatus.ACKNOWLEDGED, SENT, REJECTED]


@pytest.mark.parametrize("where", ["prepare", "send"])
async def test_what_is_no_fault_is_logged_and_the_truth_is_told(
    memory: WatchedStore, clock: StoreClock, where: str
) -> None:
    async with toy(memory, clock) as one:
        if where == "prepare":
            one.procedure.prepares = refusing(KeyError("surprise"))
        else:
            one.procedure.fails = KeyError("surprise")
        with capture_logs() as logs:
            command = await one.desk.give(order())
        assert [line["event"] for line in logs if line["log_level"] == "error"] == [
            "a command could not be sent as it should"
        ]
        assert command.status is (CANCELLED if where == "prepare" else UNKNOWN)
        assert command.is_safe_to_retry is (where == "prepare")
        assert (await one.story(command))[1:] == [(command.status.value, "restart")]
        await clock.advance(0)
        assert one.procedure.done["look"] == (0 if where == "prepare" else 1)


async def fill(one: Toy, calls: int) -> None:
    """Use up so much of the quota."""
    for _ in range(calls):
        async with one.procedure.gate.passage():
            pass


def waiting_read(one: Toy, went: list[str]) -> "asyncio.Task[None]":
    async def read() -> None:
        current_ticket.set(Ticket(priority=Priority.READ))
        async with one.procedure.gate.passage():
            went.append("read")

    return asyncio.create_task(read())


async def test_a_command_waits_for_quota_and_goes_before_reads(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=2) as one:
        await fill(one, 2)
        await clock.advance(10)
        went: list[str] = []
        read = waiting_read(one, went)
        await clock.settle()
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(49)
        assert one.procedure.done == {"prepare": 1}
        command = await giving
        assert command.status is PENDING
        one.procedure.answers = answering(Accepted(), clock, after_s=1)
        await clock.advance(1)
        assert (one.procedure.done["send"], went) == (1, ["read"])
        assert one.procedure.sent[0].sent_at is None
        await clock.advance(1)
        after = await one.now(command)
        assert (after.status, after.sent_at) == (SENT, START + timedelta(seconds=60))
        await read


async def test_with_room_for_one_the_command_goes_and_the_read_waits(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=1) as one:
        await fill(one, 1)
        await clock.advance(10)
        went: list[str] = []
        read = waiting_read(one, went)
        await clock.settle()
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(50)
        assert (one.procedure.done["send"], went) == (1, [])
        await giving
        await clock.advance(60)
        assert went == ["read"]
        await read


async def test_what_would_come_too_late_is_refused_at_once(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=1) as one:
        await fill(one, 1)
        first = asyncio.create_task(one.desk.give(order()))
        await clock.settle()
        second = await one.desk.give(order(slot(2), key="k2"))
        assert clock.now() == START
        assert (second.status, second.targets[0].was_sent) == (REJECTED, False)
        assert second.problem is not None
        assert (second.problem.code, second.problem.message) == (
            ProblemCode.QUOTA_EXHAUSTED,
            "the vendor's quota is used up; nothing was sent",
        )
        assert second.problem.retry_at == START + timedelta(seconds=120)
        assert second.is_safe_to_retry
        # Our own count is not the vendor's word: whoever waits already still goes in its turn.
        assert one.members["toys"].state().status is AccountStatus.UP
        await clock.advance(60)
        assert await one.status(await first) is SENT
        assert one.procedure.done == {"prepare": 2, "send": 1}


async def test_what_could_not_be_sent_in_time_is_not_sent_at_all(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=1) as one:

        async def hang() -> None:
            async with one.procedure.gate.passage():
                await clock.sleep(200)

        hanging = asyncio.create_task(hang())
        await clock.settle()
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(SENT_WITHIN_S - 0.1)
        command = await giving
        assert await one.status(command) is PENDING
        await clock.advance(0.1)
        after = await one.now(command)
        assert after.problem is not None
        assert (after.status, after.problem.code) == (REJECTED, ProblemCode.QUOTA_EXHAUSTED)
        await clock.advance(300)
        await hanging
        assert one.procedure.done == {"prepare": 1}


async def test_a_prepare_that_takes_too_long_is_given_up(memory: WatchedStore, clock: StoreClock) -> None:
    async def prepare(_: Task) -> Prepared:
        await clock.sleep(1000)
        return Prepared()

    async with toy(memory, clock) as one:
        one.procedure.prepares = prepare
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(SENT_WITHIN_S)
        command = await one.now(await giving)
        assert command.problem is not None
        assert (command.status, command.problem.code) == (REJECTED, ProblemCode.VENDOR_UNREACHABLE)
        assert one.procedure.done == {"prepare": 1}


async def test_what_has_begun_is_waited_for_however_long_it_takes(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.answers = answering(Accepted(), clock, after_s=SENT_WITHIN_S + 30)
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(SENT_WITHIN_S + 29)
        command = await giving
        assert await one.status(command) is PENDING
        await clock.advance(1)
        # Its deadline was over before it was answered, and then it is looked at.
        assert [to for to, _ in await one.story(command)] == ["PENDING", "SENT", "TIMED_OUT"]
        await clock.advance(40)
        assert await one.status(command) is CONFIRMED


async def test_while_the_breaker_is_open_nothing_is_sent(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        for _ in range(5):
            one.members["toys"].health.failed(Uncertain("no answer"))
        command = await one.desk.give(order())
        assert one.procedure.done == {}
        assert command.problem is not None
        assert (command.status, command.problem.code) == (REJECTED, ProblemCode.VENDOR_UNREACHABLE)
        assert command.problem.retry_at == START + timedelta(seconds=5)
        await clock.advance(5)
        assert (await one.desk.give(order(key="k2"))).status is SENT


async def test_an_answer_that_cannot_be_written_down_at_first_is_written_down_later(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with toy(memory, clock) as one:

        async def answer(_: Task) -> Accepted:
            memory.is_away = True
            return Accepted(vendor_task_id="T9")

        one.procedure.answers = answer
        giving = asyncio.create_task(one.desk.give(order()))
        with capture_logs() as logs:
            await clock.advance(3)
        assert {line["event"] for line in logs} == {"cannot write what a vendor answered; trying again"}
        assert len(logs) == 4
        memory.is_away = False
        await clock.advance(1)
        command = await giving
        assert (command.status, command.targets[0].vendor_task_id) == (SENT, "T9")
        assert await one.story(command) == [("PENDING", "caller"), ("SENT", "answer")]


async def test_an_answer_that_could_not_be_written_down_at_all_is_found_by_reading(
    memory: WatchedStore, clock: StoreClock
) -> None:
    async with toy(memory, clock) as one:

        async def answer(_: Task) -> Accepted:
            memory.is_away = True
            return Accepted()

        one.procedure.answers = answer
        giving = asyncio.create_task(one.desk.give(order()))
        with capture_logs():
            await clock.advance(9)
            memory.is_away = False
            await clock.advance(1)
        with pytest.raises(OperationalError):
            await giving
        command = await one.desk.given_before("tester", "k1", order().request)
        assert command is not None
        assert (await one.story(command))[1:] == [("OUTCOME_UNKNOWN", "restart"), ("CONFIRMED", "read-back")]
        assert one.procedure.done["send"] == 1


@pytest.mark.parametrize("is_committed", [False, True], ids=["undone", "committed all the same"])
async def test_when_it_is_not_known_to_be_committed_that_it_is_being_sent_nothing_is_sent(
    store: WatchedStore, clock: StoreClock, is_committed: bool
) -> None:
    commit = Journal.sending

    async def sending(journal: Journal, call: Call, deadline: datetime) -> None:
        store.fails_at_commit = 0 if is_committed else 1
        await commit(journal, call, deadline)
        raise OperationalError("COMMIT", {}, OSError("the connection is lost"))

    async with toy(store, clock) as one:
        await clock.settle()
        with pytest.MonkeyPatch.context() as patch, capture_logs():
            patch.setattr(Journal, "sending", sending)
            command = await one.desk.give(order())
        assert (command.status, command.targets[0].was_sent) == (UNKNOWN if is_committed else CANCELLED, is_committed)
        assert one.procedure.done["send"] == 0


async def test_a_call_is_sent_once_and_only_by_its_owner(store: WatchedStore, clock: StoreClock) -> None:
    mine, theirs = (Journal(store, clock, EventLog(store, clock), me) for me in ("me", "they"))
    planned = PlannedCall(account="toys", positions=(0, 1), token="t")
    await mine.claim(modes(*chargers(2)), [planned], is_absolute=True)
    call = await mine.call_of_token("toys", "t")
    assert call is not None
    with pytest.raises(TakenOver):
        await theirs.sending(call, clock.now())
    with pytest.raises(NotSendable):
        await mine.sending(replace(call, task=replace(call.task, targets=call.task.targets[:1])), clock.now())
    after = await mine.call(call.id)
    assert after == call
    await mine.sending(call, clock.now())
    with pytest.raises(TakenOver):
        await mine.sending(call, clock.now())


async def test_what_another_process_has_taken_is_not_sent(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:

        async def sending(*_: object) -> None:
            raise TakenOver

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Journal, "sending", sending)
            command = await one.desk.give(order())
        assert (await one.status(command), one.procedure.done) == (PENDING, {"prepare": 1})


async def test_a_hanging_vendor_keeps_nobody_waiting_for_long(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.answers = answering(Accepted(), clock, after_s=25)
        giving = asyncio.create_task(one.desk.give(order()))
        repeated = asyncio.create_task(one.desk.give(order()))
        await clock.advance(9.9)
        assert not giving.done()
        before = asyncio.create_task(one.desk.given_before("tester", "k1", order().request))
        await clock.advance(0.1)
        command = await giving
        assert (command.status, await repeated) == (PENDING, command)
        assert not before.done()
        assert one.desk.open_calls() == 1
        await clock.advance(14.9)
        after = await before
        assert (after and after.status, await one.status(command)) == (PENDING, PENDING)
        await clock.advance(0.1)
        assert await one.status(command) is SENT
        assert one.procedure.done["send"] == 1


async def test_who_gives_up_waiting_stops_nothing(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.answers = answering(Accepted(), clock, after_s=2)
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(1)
        giving.cancel()
        await clock.advance(1)
        command = await one.desk.given_before("tester", "k1", order().request)
        assert command is not None
        assert command.status is SENT


async def test_closing_waits_for_what_is_being_sent_and_cancels_what_waits(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock, limit=1) as one:
        one.procedure.answers = answering(Accepted(), clock, after_s=3)
        begun = asyncio.create_task(one.desk.give(order()))
        await clock.settle()
        waits = asyncio.create_task(one.desk.give(order(slot(2), key="k2")))
        await clock.advance(1)
        closing = asyncio.create_task(one.desk.aclose())
        await clock.advance(1.9)
        assert not closing.done()
        await clock.advance(0.1)
        await closing
        one.is_dead = True
        assert (await begun).status is SENT
        assert await one.status(await waits) is CANCELLED
        assert (await one.now(await waits)).is_safe_to_retry
        await clock.advance(200)
        assert one.procedure.done == {"prepare": 2, "send": 1}


async def test_closing_does_not_wait_for_ever_for_an_answer(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.answers = never
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.advance(1)
        closing = asyncio.create_task(one.desk.aclose())
        await clock.advance(10)
        await closing
        one.is_dead = True
        assert await one.status(await giving) is UNKNOWN


async def test_closing_lets_an_answer_be_written_down(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:

        async def answer(_: Task) -> Accepted:
            memory.is_away = True
            return Accepted()

        one.procedure.answers = answer
        giving = asyncio.create_task(one.desk.give(order()))
        with capture_logs():
            await clock.advance(1)
            closing = asyncio.create_task(one.desk.aclose())
            await clock.settle()
            memory.is_away = False
            await clock.advance(5)
        await closing
        one.is_dead = True
        assert await one.status(await giving) is SENT


async def test_closing_while_the_store_is_away_says_so(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        memory.is_away = True
        with capture_logs() as logs:
            await one.desk.aclose()
        one.is_dead = True
        memory.is_away = False
        assert logs[-1]["event"] == "commands are left as they are; whoever opens the store next goes on"
