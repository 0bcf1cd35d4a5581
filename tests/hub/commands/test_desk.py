"""The command desk: what becomes of a command from its claim to its end."""

from hub.store.database import Store
from model.states import CommandStatus
from tests.hub.commands.toy import order, slot, toy
from tests.support.clock import FakeClock


async def test_a_command_is_sent_once_and_confirmed_by_reading(store: Store) -> None:
    clock = FakeClock()
    async with toy(store, clock) as one:
        command = await one.desk.give(order(slot()))
        assert command.status is CommandStatus.SENT
        for _ in range(20):
            await clock.advance(1)
        (found,) = await one.desk.by_refs([command.ref])
        assert found is not None
        assert found.status is CommandStatus.CONFIRMED
        assert one.procedure.done == {"prepare": 1, "send": 1, "look": 1}
        history = await one.desk.history(command.ref)
        assert [event.raw and event.raw["to"] for event in history] == ["PENDING", "SENT", "CONFIRMED"]
