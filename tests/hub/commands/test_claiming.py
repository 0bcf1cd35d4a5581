"""Writing a command down: once for a key, one at a time for a thing, on both kinds of database."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import select

from hub.commands.claiming import PlannedCall
from hub.commands.journal import Journal
from hub.commands.orders import Conflict, KeyReused, Order
from hub.store.database import Store
from hub.store.event_log import EventLog
from hub.store.tables import command_targets, metadata
from model.commands import Command, Instruction
from model.records import Customer
from model.refs import command_ref
from model.states import CommandKind, CommandStatus, ProblemCode
from tests.hub.commands.toy import chargers, modes, order, slot, statuses, toy, whole
from tests.hub.commands.watched import StoreClock, WatchedStore

ALL = CommandKind.EJECT_ALL_BATTERIES
PENDING, CONFIRMED, CANCELLED = CommandStatus.PENDING, CommandStatus.CONFIRMED, CommandStatus.CANCELLED


def journal(store: Store, clock: StoreClock, me: str = "me") -> Journal:
    return Journal(store, clock, EventLog(store, clock), me)


async def claim(to: Journal, wish: Order, *, is_absolute: bool = False) -> tuple[Command, bool]:
    planned = PlannedCall(account="toys", positions=range(len(wish.aims)), token=f"{id(to)} {wish}")
    return await to.claim(wish, [planned], is_absolute=is_absolute)


async def claimed_or_conflict(to: Journal, wish: Order) -> tuple[Command, bool] | Conflict:
    try:
        return await claim(to, wish)
    except Conflict as conflict:
        return conflict


async def test_what_is_written_down_is_what_was_ordered(store: WatchedStore, clock: StoreClock) -> None:
    instruction = Instruction(reason="stuck", minutes=5)
    command, is_new = await claim(journal(store, clock), order(slot(1), slot(2), instruction=instruction))
    assert is_new
    assert (command.kind, command.caller, command.idempotency_key) == (CommandKind.EJECT_BATTERY, "tester", "k1")
    assert (command.instruction, command.is_absolute, command.created_at) == (instruction, False, clock.now())
    assert (command.sent_at, command.deadline, command.status) == (None, None, PENDING)
    assert [(one.position, one.device, one.slot, one.was_sent) for one in command.targets] == [
        (0, slot(1).device, slot(1).slot, False),
        (1, slot(2).device, slot(2).slot, False),
    ]


async def test_the_same_key_and_request_is_the_same_command(store: WatchedStore, clock: StoreClock) -> None:
    one = journal(store, clock)
    command, _ = await claim(one, order())
    assert await claim(one, order()) == (command, False)
    assert await one.given_before("tester", "k1", order().request) == command
    assert await one.given_before("tester", "k2", order().request) is None


async def test_the_same_key_for_something_else_is_refused(store: WatchedStore, clock: StoreClock) -> None:
    one = journal(store, clock)
    command, _ = await claim(one, order(slot(1)))
    for wish in (order(slot(2)), order(slot(1, device="D2")), order(slot(1), request="the same, said otherwise")):
        with pytest.raises(KeyReused) as refused:
            await claim(one, wish)
        assert refused.value.first == command.ref
        with pytest.raises(KeyReused):
            await one.given_before("tester", "k1", wish.request)


async def test_a_key_belongs_to_its_caller(store: WatchedStore, clock: StoreClock) -> None:
    one = journal(store, clock)
    mine, _ = await claim(one, order(slot(1), caller="a"))
    theirs, is_new = await claim(one, order(slot(2), caller="b"))
    assert is_new
    assert mine.ref != theirs.ref
    assert await one.given_before("b", "k1", order(slot(2)).request) == theirs


async def test_of_fifty_on_one_slot_from_two_processes_one_is_claimed(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    processes = [journal(store, clock, "a"), journal(other_store, clock, "b")]
    wishes = [order(key=f"k{number}") for number in range(50)]
    outcomes = await asyncio.gather(
        *(claimed_or_conflict(processes[number % 2], wish) for number, wish in enumerate(wishes))
    )
    ((command, is_new),) = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
    assert is_new
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert Counter((conflict.first, conflict.on) for conflict in conflicts) == {(command.ref, slot().slot): 49}


async def test_one_key_fifty_times_from_two_processes_is_one_command(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    processes = [journal(store, clock, "a"), journal(other_store, clock, "b")]
    outcomes = await asyncio.gather(*(claim(processes[number % 2], order()) for number in range(50)))
    assert Counter(is_new for _, is_new in outcomes) == {True: 1, False: 49}
    assert len({command.ref for command, _ in outcomes}) == 1


async def test_one_key_at_once_for_different_devices_is_one_command(
    store: WatchedStore, other_store: WatchedStore, clock: StoreClock
) -> None:
    """No device is locked by both, so that only the database's own constraint can tell."""
    processes = [journal(store, clock, "a"), journal(other_store, clock, "b")]

    async def claimed(number: int) -> Command | KeyReused:
        try:
            return (await claim(processes[number % 2], order(slot(device=f"D{number}"))))[0]
        except KeyReused as reused:
            return reused

    outcomes = await asyncio.gather(*(claimed(number) for number in range(10)))
    (command,) = [outcome for outcome in outcomes if isinstance(outcome, Command)]
    assert [outcome.first for outcome in outcomes if isinstance(outcome, KeyReused)] == [command.ref] * 9


@pytest.mark.parametrize(
    ("first", "second", "on"),
    [
        (order(slot(1)), order(whole(), kind=ALL, key="k2"), whole().device),
        (order(whole(), kind=ALL), order(slot(1), key="k2"), slot(1).slot),
        (order(whole(), kind=ALL), order(whole(), kind=ALL, key="k2"), whole().device),
        (order(slot(1), slot(2)), order(slot(3), slot(2), key="k2"), slot(2).slot),
    ],
    ids=["slot, device", "device, slot", "device, device", "one of several"],
)
async def test_what_is_held_is_refused(
    memory: WatchedStore, clock: StoreClock, first: Order, second: Order, on: object
) -> None:
    one = journal(memory, clock)
    command, _ = await claim(one, first)
    with pytest.raises(Conflict) as refused:
        await claim(one, second)
    assert (refused.value.first, refused.value.on) == (command.ref, on)
    assert await one.given_before("tester", "k2", second.request) is None


@pytest.mark.parametrize(
    "second", [order(slot(2), key="k2"), order(whole("D2"), kind=ALL, key="k2"), order(slot(1, "D2"), key="k2")]
)
async def test_what_is_not_held_is_free(memory: WatchedStore, clock: StoreClock, second: Order) -> None:
    one = journal(memory, clock)
    await claim(one, order(slot(1)))
    _, is_new = await claim(one, second)
    assert is_new


async def test_a_newer_command_that_sets_the_same_supersedes_the_older(store: WatchedStore, clock: StoreClock) -> None:
    one = journal(store, clock)
    older, _ = await claim(one, modes(*chargers(3)), is_absolute=True)
    newer, is_new = await claim(one, modes(*chargers(2), key="k2"), is_absolute=True)
    assert is_new
    after = await one.given_before("tester", "k1", modes(*chargers(3)).request)
    assert after is not None
    assert statuses(after) == [CANCELLED, CANCELLED, PENDING]
    assert [target.problem and (target.problem.code, target.problem.message) for target in after.targets] == [
        (ProblemCode.CONFLICT, f"superseded by {newer.ref}"),
        (ProblemCode.CONFLICT, f"superseded by {newer.ref}"),
        None,
    ]
    history = await EventLog(store, clock).of_command(older.ref)
    assert [(one.raw["position"], one.raw["to"], one.raw["by"]) for one in history if one.raw][3:] == [
        (0, "CANCELLED", "newer command"),
        (1, "CANCELLED", "newer command"),
    ]


async def test_what_is_superseded_while_it_waits_is_not_sent(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=3) as one:
        for number in range(3):
            await one.desk.give(order(slot(number + 1), key=f"filler {number}"))
        older = asyncio.create_task(one.desk.give(modes(*chargers(2))))
        await clock.advance(1)
        newer = asyncio.create_task(one.desk.give(modes(*chargers(1), key="k2")))
        await clock.advance(60)
        sent = [[target.device.native_id for target in task.targets] for task in one.procedure.sent]
        assert sent == [["D1"], ["D1"], ["D1"], ["C000"], ["C001"]]
        before, after = await one.now(await older), await one.now(await newer)
        assert statuses(before) == [CANCELLED, CommandStatus.SENT]
        assert [target.was_sent for target in before.targets] == [False, True]
        assert statuses(after) == [CommandStatus.SENT]


async def test_what_is_superseded_as_a_whole_while_it_waits_is_over(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, limit=2) as one:
        for number in range(2):
            await one.desk.give(order(slot(number + 1), key=f"filler {number}"))
        older = asyncio.create_task(one.desk.give(modes(*chargers(1))))
        await clock.advance(1)
        newer = asyncio.create_task(one.desk.give(modes(*chargers(1), key="k2")))
        await clock.advance(60)
        assert (await one.status(await older), await one.status(await newer)) == (CANCELLED, CommandStatus.SENT)
        assert (await one.now(await older)).is_safe_to_retry
        assert one.procedure.done["send"] == 3


async def test_a_command_that_sets_something_else_is_left_alone(memory: WatchedStore, clock: StoreClock) -> None:
    one = journal(memory, clock)
    other, _ = await claim(one, order(chargers(1)[0], kind=ALL))
    await claim(one, modes(*chargers(1), key="k2"), is_absolute=True)
    again = await one.given_before("tester", "k1", order(chargers(1)[0]).request)
    assert again == other


async def test_a_customer_is_written_down_nowhere(store: WatchedStore, clock: StoreClock) -> None:
    customer = Customer(email="ada@example.org", license_plate="ADA 1842")
    async with toy(store, clock) as one:
        command = await one.desk.give(order(instruction=Instruction(external_id="R7", customer=customer)))
        assert [task.instruction.customer for task in one.procedure.sent] == [customer]
        await clock.advance(20)
        assert (await one.now(command)).instruction == Instruction(external_id="R7")
        assert [task.instruction.customer for task in one.procedure.looks] == [None]
    async with store.reading() as connection:
        rows = [row for table in metadata.sorted_tables for row in await connection.execute(select(table))]
    assert len(rows) > 5
    written = b" ".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)
    assert b"R7" in written
    assert b"ada@" not in written.lower()
    assert b"ada 1842" not in written.lower()


async def test_ids_rise_with_time(memory: WatchedStore, clock: StoreClock) -> None:
    one = journal(memory, clock)
    made = []
    for number in range(3):
        made.append((await claim(one, order(slot(number + 1), key=f"k{number}")))[0].ref.account)
        await clock.advance(0.001)
    assert made == sorted(made)
    assert len(set(made)) == 3


async def test_two_targets_of_one_order_may_share_a_device(memory: WatchedStore, clock: StoreClock) -> None:
    command, _ = await claim(journal(memory, clock), order(slot(1), slot(2)))
    async with memory.reading() as connection:
        rows = (await connection.execute(select(command_targets).order_by(command_targets.c.position))).all()
    assert [(command_ref(row.command), row.position, row.slot) for row in rows] == [
        (command.ref, 0, str(slot(1).slot)),
        (command.ref, 1, str(slot(2).slot)),
    ]


async def test_each_account_and_each_full_call_has_its_own(memory: WatchedStore, clock: StoreClock) -> None:
    async with toy(memory, clock, "a", "b") as one:
        command = await one.desk.give(modes(*chargers(4, "a"), *chargers(2, "b")))
        for key, expected in (("a", [(0, 1, 2), (3,)]), ("b", [(4, 5)])):
            sent = one.procedures[key].sent
            assert sorted(tuple(target.position for target in task.targets) for task in sent) == expected
        assert [target.vendor_task_id for target in command.targets[:3]] == ["task-1"] * 3
        assert statuses(command) == [CommandStatus.SENT] * 6
