"""Word from a vendor at the address of one call: found, told apart from repeats, held while it comes too early."""

import asyncio
from collections.abc import Iterable

import orjson
import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from hub.commands.orders import UnknownCallback, UnreadableCallback
from hub.store.tables import command_callbacks
from model.faults import Uncertain
from model.states import CommandKind, CommandStatus
from tests.hub.commands.toy import Toy, everything, modes, nothing, order, slot, statuses, toy
from tests.hub.commands.watched import StoreClock, WatchedStore
from vendors.acting import Accepted, Task

SENT, ACKNOWLEDGED, CONFIRMED = CommandStatus.SENT, CommandStatus.ACKNOWLEDGED, CommandStatus.CONFIRMED
TIMED_OUT, FAILED, UNKNOWN = CommandStatus.TIMED_OUT, CommandStatus.FAILED, CommandStatus.OUTCOME_UNKNOWN


def word(status: CommandStatus, *positions: int, key: str = "c1", **more: object) -> bytes:
    return orjson.dumps({"key": key, "status": status.name, "positions": positions or (0,), **more})


def address(task: Task) -> str:
    assert task.callback_url is not None
    return task.callback_url.rpartition("/")[2]


async def hear(one: Toy, body: bytes, token: str | None = None, account: str = "toys") -> object:
    return await one.desk.hear(account, token or address(one.procedure.sent[-1]), body, "application/json")


async def kept(store: WatchedStore, *, held: Iterable[bool] = (True, False)) -> int:
    query = select(func.count()).select_from(command_callbacks).where(command_callbacks.c.is_held.in_(held))
    async with store.reading() as connection:
        return (await connection.execute(query)).scalar_one()


class Slow:
    """A vendor that calls back before it answers."""

    def __init__(self, one: Toy) -> None:
        self.may_answer = asyncio.Event()
        self.accepted = Accepted(vendor_task_id="T1")
        one.procedure.answers = self._answer
        one.procedure.evidence = nothing

    async def _answer(self, _: Task) -> Accepted:
        await self.may_answer.wait()
        return self.accepted


async def test_a_callback_moves_its_targets_and_gets_the_answer_that_its_vendor_expects(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        command = await one.desk.give(modes(slot(1), slot(2)))
        assert await hear(one, word(ACKNOWLEDGED, 1)) == {"heard": True}
        assert statuses(await one.now(command)) == [SENT, ACKNOWLEDGED]
        assert (await one.story(command))[-1] == ("ACKNOWLEDGED", "callback")
        assert one.desk.counts()[CommandKind.SET_CHARGER_MODE, ACKNOWLEDGED] == 1


@pytest.mark.parametrize(("account", "token"), [("toys", "x"), ("toys", ""), ("others", None), ("nobody", None)])
async def test_at_another_address_nobody_is_known(
    memory: WatchedStore, clock: StoreClock, account: str, token: str | None
) -> None:
    async with toy(memory, clock, "toys", "others") as one:
        command = await one.desk.give(order())
        given = address(one.procedure.sent[0]) if token is None else token
        with pytest.raises(UnknownCallback):
            await one.desk.hear(account, given, word(CONFIRMED), "application/json")
        assert (await one.status(command), await kept(memory)) == (SENT, 0)


async def test_where_the_account_is_gone_nobody_is_known(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        await one.desk.give(order())
        token = address(one.procedure.sent[0])
        await one.die()
    async with toy(memory, clock, "others") as one:
        with pytest.raises(UnknownCallback):
            await hear(one, word(CONFIRMED), token)


async def test_what_speaks_of_another_task_is_refused(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        command = await one.desk.give(order())
        with pytest.raises(UnknownCallback):
            await hear(one, word(CONFIRMED, task="task-2"))
        assert (await one.status(command), await kept(memory)) == (SENT, 0)
        await hear(one, word(CONFIRMED, task="task-1"))
        assert await one.status(command) is CONFIRMED


async def test_what_is_no_callback_is_refused(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        await one.desk.give(order())
        with pytest.raises(UnreadableCallback, match="no callback"):
            await hear(one, b"{}")
        assert await kept(memory) == 0


async def test_the_same_word_is_believed_once(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        for _ in range(3):
            assert await hear(one, word(ACKNOWLEDGED, look=True)) == {"heard": True}
            await clock.settle()
        assert (one.procedure.done["look"], await kept(store)) == (1, 1)
        await hear(one, word(FAILED, key="c2"))
        await hear(one, word(CONFIRMED, key="c3"))
        assert await one.status(command) is FAILED


async def test_the_same_word_at_once_is_believed_once(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        command = await one.desk.give(order())
        await asyncio.gather(*(hear(one, word(ACKNOWLEDGED)) for _ in range(10)))
        assert await one.story(command) == [("PENDING", "caller"), ("SENT", "answer"), ("ACKNOWLEDGED", "callback")]
        assert await kept(store) == 1


async def test_what_comes_before_the_answer_waits_for_it(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        slow = Slow(one)
        giving = asyncio.create_task(one.desk.give(modes(slot(1), slot(2))))
        await clock.settle()
        await hear(one, word(ACKNOWLEDGED, 0, task="T1"))
        await hear(one, word(CONFIRMED, 0, task="T1", key="c2"))
        await hear(one, word(FAILED, 1, task="T9", key="c3"))
        assert (await kept(store, held=[True]), one.procedure.done["look"]) == (3, 0)
        slow.may_answer.set()
        with capture_logs() as logs:
            command = await giving
        assert statuses(command) == [CONFIRMED, SENT]
        assert [to for to, by in await one.story(command) if by == "callback"] == ["ACKNOWLEDGED", "CONFIRMED"]
        warnings = [line["event"] for line in logs if line["log_level"] == "warning"]
        assert warnings == ["a callback that came before the answer speaks of another task"]


async def test_early_word_to_look_is_followed_at_once(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        slow = Slow(one)
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.settle()
        await hear(one, word(ACKNOWLEDGED, look=True))
        slow.may_answer.set()
        await giving
        await clock.settle()
        assert one.procedure.looked_at == [0]


async def test_word_that_races_with_the_answer_is_never_lost(store: WatchedStore, clock: StoreClock) -> None:
    for round_number in range(8):
        async with toy(store, clock) as one:
            slow = Slow(one)
            giving = asyncio.create_task(one.desk.give(order(slot(round_number), key=f"k{round_number}")))
            await clock.settle()
            slow.may_answer.set()
            for _ in range(round_number):
                await asyncio.sleep(0)
            await hear(one, word(CONFIRMED, task="T1"))
            assert await one.status(await giving) is CONFIRMED
            assert await kept(store, held=[True]) == 0


async def test_where_the_answer_was_lost_the_first_callback_names_the_task(
    store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one:
        one.procedure.fails = Uncertain("no answer")
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        assert command.status is UNKNOWN
        await hear(one, word(ACKNOWLEDGED, task="T5"))
        assert [target.vendor_task_id for target in (await one.now(command)).targets] == ["T5"]
        with pytest.raises(UnknownCallback):
            await hear(one, word(CONFIRMED, task="T6", key="c2"))
        assert await one.status(command) is ACKNOWLEDGED
        await clock.advance(5)
        assert [task.vendor_task_id for task in one.procedure.looks] == ["T5"]


async def test_early_word_is_believed_when_the_answer_is_lost(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as one:
        may_fail = asyncio.Event()

        async def lose(_: Task) -> Accepted:
            await may_fail.wait()
            raise Uncertain("no answer")

        one.procedure.answers = lose
        one.procedure.evidence = nothing
        giving = asyncio.create_task(one.desk.give(order()))
        await clock.settle()
        await hear(one, word(ACKNOWLEDGED, task="T5"))
        may_fail.set()
        command = await giving
        assert (command.status, command.targets[0].vendor_task_id) == (ACKNOWLEDGED, "T5")


async def test_early_word_is_believed_after_a_restart(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        Slow(first)
        giving = asyncio.create_task(first.desk.give(order()))
        await clock.settle()
        await hear(first, word(ACKNOWLEDGED, task="T5", look=True))
        await first.die()
    await clock.advance(20)
    async with toy(store, clock, evidence=nothing) as one:
        await clock.settle()
        command = await one.now(await giving)
        assert (command.status, command.targets[0].vendor_task_id) == (ACKNOWLEDGED, "T5")
        assert [to for to, _ in await one.story(command)] == ["PENDING", "OUTCOME_UNKNOWN", "ACKNOWLEDGED"]
        assert (one.procedure.done["send"], await kept(store, held=[True])) == (0, 0)


async def test_early_word_waits_until_its_account_is_there_again(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as first:
        Slow(first)
        giving = asyncio.create_task(first.desk.give(order()))
        await clock.settle()
        await hear(first, word(CONFIRMED, task="T5"))
        await first.die()
    async with toy(memory, clock, "others") as one:
        await clock.settle()
        assert (await one.status(await giving), await kept(memory, held=[True])) == (UNKNOWN, 1)
    async with toy(memory, clock, evidence=nothing) as one:
        await clock.settle()
        assert (await one.status(await giving), await kept(memory, held=[True])) == (CONFIRMED, 0)


async def test_word_after_a_restart_finds_its_call(store: WatchedStore, clock: StoreClock) -> None:
    async with toy(store, clock) as first:
        first.procedure.evidence = nothing
        command = await first.desk.give(order())
        token = address(first.procedure.sent[0])
        await first.die()
    await clock.advance(20)
    async with toy(store, clock) as one:
        await hear(one, word(CONFIRMED), token)
        assert await one.status(command) is CONFIRMED


async def test_with_look_now_it_is_read_before_anything_is_concluded(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = everything(FAILED)
        command = await one.desk.give(order())
        await clock.advance(1)
        await hear(one, word(ACKNOWLEDGED, look=True))
        await clock.settle()
        assert (one.procedure.looked_at, await one.status(command)) == ([1], FAILED)


async def test_word_at_another_process_wakes_the_one_that_follows(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as owner, toy(other_store, clock, starts=False) as other:
        owner.procedure.evidence = nothing
        await owner.desk.give(order())
        await clock.advance(11)
        assert owner.procedure.looked_at == [5, 10]
        await hear(other, word(ACKNOWLEDGED, look=True), address(owner.procedure.sent[0]))
        await clock.advance(4)
        assert owner.procedure.looked_at == [5, 10, 15]
        await clock.advance(6)
        assert (owner.procedure.looked_at, other.procedure.done) == ([5, 10, 15, 20], {})


async def test_word_of_what_was_given_up_corrects_it(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(1000)
        assert (await one.status(command), one.desk.open_calls()) == (TIMED_OUT, 0)
        await hear(one, word(CONFIRMED))
        assert await one.status(command) is CONFIRMED


async def test_word_to_look_at_what_was_given_up_is_followed(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order())
        await clock.advance(1000)
        one.procedure.evidence = everything(FAILED)
        await hear(one, word(ACKNOWLEDGED, look=True))
        await clock.settle()
        assert await one.status(command) is FAILED


async def test_word_to_look_while_the_store_goes_away_is_let_go(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        await one.desk.give(order())
        await clock.advance(1000)
        with capture_logs() as logs:
            await hear(one, word(ACKNOWLEDGED, look=True))
            memory.is_away = True
            await clock.settle()
            memory.is_away = False
        assert [line["event"] for line in logs] == ["late word of a command is not followed up"]


async def test_closing_stops_a_look_that_late_word_asked_for(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        await one.desk.give(order())
        await clock.advance(1000)
        one.procedure.looking = lambda: clock.sleep(100)
        await hear(one, word(ACKNOWLEDGED, look=True))
        await clock.settle()
        assert one.procedure.looked_at[-1] == 1000
    assert one.desk._late_looks == set()
