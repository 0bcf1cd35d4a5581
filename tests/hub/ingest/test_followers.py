"""A push about what a command acts on makes whoever follows the command look at once, here or in another process."""

from model.refs import device_ref, slot_ref
from model.states import CommandStatus
from tests.hub.commands.toy import everything, nothing, order, slot, toy
from tests.hub.commands.watched import StoreClock, WatchedStore

DEVICE = device_ref("toys", "D1")


async def test_word_of_the_device_is_followed_by_a_look(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock) as one:
        one.procedure.evidence = nothing
        command = await one.desk.give(order(slot()))
        await clock.settle()
        one.procedure.evidence = everything(CommandStatus.CONFIRMED)
        await one.desk.heard_of([device_ref("toys", "D2")])
        await clock.settle()
        assert await one.status(command) is CommandStatus.SENT
        await one.desk.heard_of([slot_ref(DEVICE, 7)])
        await clock.settle()
        assert await one.status(command) is CommandStatus.CONFIRMED


async def test_word_at_another_process_reaches_the_one_that_follows(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    async with toy(store, clock) as one, toy(other_store, clock, starts=False) as other:
        one.procedure.evidence = nothing
        command = await one.desk.give(order(slot()))
        await clock.advance(11)
        one.procedure.evidence = everything(CommandStatus.CONFIRMED)
        await other.desk.heard_of([DEVICE])
        await clock.advance(4)
        assert (one.procedure.looked_at, await one.status(command)) == ([5, 10, 15], CommandStatus.CONFIRMED)
