from dataclasses import replace

import pytest

from model.commands import Aim
from model.faults import DeviceOffline, Fault, NotFound, Rejected, Unauthorised, Uncertain, Unreachable
from model.refs import battery_ref, device_ref, slot_ref
from model.states import CommandKind, CommandStatus, Resolution
from tests.vendors.bajie.stage import ACCOUNT, FIRST, OFFLINE, ROOT, SECOND, UNBOUND, Stage, on
from vendors.acting import Task

EJECT, EJECT_ALL = CommandKind.EJECT_BATTERY, CommandKind.EJECT_ALL_BATTERIES
OPERATION, BY_REPAIR = f"POST {ROOT}/cabinet/operation", f"POST {ROOT}/cabinet/ejectByRepair"


def eject(stage: Stage, slot: int) -> Task:
    return stage.task(EJECT, *on(FIRST, slot), reason="stuck")


def some_slot(stage: Stage) -> int:
    return next(iter(stage.occupied()))


# One slot.


async def test_a_battery_leaves_its_slot_once_and_is_seen_to(stage: Stage) -> None:
    slot, battery = next(iter(stage.occupied().items()))

    task = await stage.sent(eject(stage, slot))

    assert task.targets[0].battery == battery_ref(ACCOUNT, battery)
    assert stage.simulator.counts == {OPERATION: 1}
    assert await stage.status(task) is None
    await stage.clock.advance(10)
    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert stage.acts() == [f"XYZ00001/{slot}/{battery}"]


async def test_readers_are_shown_the_cabinet_that_was_read(stage: Stage) -> None:
    task = await stage.sent(eject(stage, some_slot(stage)))

    (evidence,) = [each async for each in stage.adapter.procedures()[EJECT].look(task)]

    assert evidence.status is None
    assert evidence.seen is not None
    assert evidence.seen.device.ref == FIRST


async def test_what_is_needed_later_is_json(stage: Stage) -> None:
    task = await stage.prepared(eject(stage, some_slot(stage)))

    written = {str(slot): battery for slot, battery in stage.occupied().items()}
    assert task.before == {"size": 8, "batteries": written}


@pytest.mark.parametrize("written", ["0", "-1", "00", "03", "1.0", "٣", "all", "None", "9", "999999999999999999999"])
async def test_no_other_slot_number_gets_through(stage: Stage, written: str) -> None:
    with pytest.raises(Rejected) as raised:
        await stage.prepared(stage.task(EJECT, Aim(device=FIRST, slot=slot_ref(FIRST, written))))

    assert raised.value.resolution is Resolution.USER_ACTION
    assert OPERATION not in stage.simulator.counts


@pytest.mark.parametrize("slot", [None, slot_ref(SECOND, 1)])
async def test_a_slot_of_that_cabinet_must_be_named(stage: Stage, slot: None) -> None:
    with pytest.raises(Rejected):
        await stage.prepared(stage.task(EJECT, Aim(device=FIRST, slot=slot)))


async def test_an_empty_slot_is_refused(stage: Stage) -> None:
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": 3})

    with pytest.raises(Rejected, match="slot 3 is empty") as raised:
        await stage.prepared(eject(stage, 3))

    assert raised.value.resolution is Resolution.USER_ACTION


@pytest.mark.parametrize(
    ("device", "fault"),
    [(OFFLINE, DeviceOffline), (UNBOUND, Rejected), (device_ref(ACCOUNT, "NOBODY"), NotFound)],
)
@pytest.mark.parametrize("kind", [EJECT, EJECT_ALL])
async def test_cabinets_that_cannot_be_told(
    stage: Stage, device: object, fault: type[Fault], kind: CommandKind
) -> None:
    assert isinstance(device, type(FIRST))
    with pytest.raises(fault) as raised:
        await stage.prepared(stage.task(kind, *on(device, *([1] if kind is EJECT else []))))

    assert type(raised.value) is fault
    assert not stage.acts()


async def test_nothing_is_done_on_contradictions(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": 3})
    cabinet = stage.simulator.fleet.cabinets["XYZ00001"]
    twice = [*cabinet.batteries(), next(cabinet.batteries())]
    monkeypatch.setattr(type(cabinet), "batteries", lambda _: iter(twice))

    with pytest.raises(Rejected, match="contradicts itself") as raised:
        await stage.prepared(eject(stage, 1))

    assert raised.value.resolution is Resolution.RETRY_LATER


# What the vendor answers, and what it means.


@pytest.mark.parametrize(
    ("switch", "value", "fault"),
    [
        ("code_2004", None, DeviceOffline),
        ("code_2002", None, Rejected),
        ("code_1055", 0, Uncertain),
        ("code_800", None, Uncertain),
        ("unknown_code", 17, Uncertain),
        ("http_500", None, Uncertain),
        ("http_503", None, Uncertain),
        ("not_json", None, Uncertain),
        ("empty_body", None, Uncertain),
        ("nulls", None, Uncertain),
        ("wrong_types", None, Uncertain),
        ("reset", None, Uncertain),
        ("reply_lost", None, Uncertain),
        ("http_401", None, Unauthorised),
    ],
)
@pytest.mark.parametrize("kind", [EJECT, EJECT_ALL])
async def test_the_fault_table(
    stage: Stage, switch: str, value: float | None, fault: type[Fault], kind: CommandKind
) -> None:
    task = await stage.prepared(stage.task(kind, *on(FIRST, *([some_slot(stage)] if kind is EJECT else []))))
    stage.simulator.counts.clear()
    stage.switch(switch, value=value)

    with pytest.raises(Fault) as raised:
        await stage.adapter.procedures()[kind].send(task)

    assert type(raised.value) is fault
    assert stage.simulator.counts.total() == 1


@pytest.mark.parametrize("quirk", ["string_codes", "no_data"])
async def test_success_in_other_clothes(stage: Stage, quirk: str) -> None:
    task = await stage.prepared(eject(stage, some_slot(stage)))
    stage.switch(quirk, path="/cabinet/operation")

    await stage.adapter.procedures()[EJECT].send(task)

    await stage.clock.advance(10)
    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_lost_reply_is_found_again_from_what_is_stored(stage: Stage) -> None:
    task = await stage.prepared(eject(stage, some_slot(stage)))
    stage.switch("reply_lost", times=1)
    with pytest.raises(Uncertain):
        await stage.adapter.procedures()[EJECT].send(task)

    await stage.clock.advance(10)

    assert await stage.status(replace(task, sent_at=task.created_at)) is CommandStatus.CONFIRMED
    assert len(stage.acts()) == 1


@pytest.mark.parametrize("leaves", [True, False])
async def test_code_1055_is_decided_by_the_cabinet(stage: Stage, *, leaves: bool) -> None:
    task = await stage.prepared(eject(stage, some_slot(stage)))
    stage.switch("code_1055", value=float(leaves), path="/cabinet/operation")
    with pytest.raises(Uncertain) as raised:
        await stage.adapter.procedures()[EJECT].send(task)
    assert raised.value.raw_code == "1055"

    await stage.clock.advance(60)

    assert await stage.status(task) is (CommandStatus.CONFIRMED if leaves else None)
    assert len(stage.acts()) == leaves


# What hardware does instead.


async def test_nothing_leaves(stage: Stage) -> None:
    stage.switch("eject_nothing")
    task = await stage.sent(eject(stage, some_slot(stage)))
    await stage.clock.advance(120)

    assert await stage.status(task) is None
    assert not stage.acts()


async def test_another_battery_leaves(stage: Stage) -> None:
    stage.switch("wrong_slot", times=1)
    task = await stage.sent(eject(stage, some_slot(stage)))
    await stage.clock.advance(10)
    assert await stage.status(task) is None, "the battery that was meant may still follow"

    await stage.clock.advance(20)
    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.OUTCOME_UNKNOWN
    assert evidence.fault is not None
    _, slot, battery = stage.acts()[0].split("/")
    assert f"{battery} of slot {slot}" in evidence.fault.message


async def test_two_batteries_leave(stage: Stage) -> None:
    stage.switch("double_eject")
    task = await stage.sent(eject(stage, some_slot(stage)))
    await stage.clock.advance(10)

    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.CONFIRMED
    assert evidence.fault is not None
    _, slot, battery = stage.acts()[1].split("/")
    assert f"{battery} of slot {slot}" in evidence.fault.message


async def test_a_battery_that_leaves_late_is_seen_late(stage: Stage) -> None:
    stage.switch("acts_late")
    task = await stage.sent(eject(stage, some_slot(stage)))
    await stage.clock.advance(60)
    assert await stage.status(task) is None

    await stage.clock.advance(60)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_rental_in_the_meantime_is_told_and_corrected(stage: Stage) -> None:
    stage.switch("acts_late")
    slot, other = list(stage.occupied())[:2]
    task = await stage.sent(eject(stage, slot))
    await stage.clock.advance(30)
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": other})
    assert await stage.status(task) is CommandStatus.OUTCOME_UNKNOWN

    await stage.clock.advance(90)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_cabinet_that_is_offline_afterwards_proves_nothing(stage: Stage) -> None:
    task = await stage.sent(eject(stage, some_slot(stage)))
    await stage.clock.advance(10)
    stage.simulator.actions()["set_online"]({"cabinet": "XYZ00001", "online": False})
    assert await stage.status(task) is None

    stage.simulator.actions()["set_online"]({"cabinet": "XYZ00001", "online": True})

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_vendor_that_is_down_is_a_fault_and_no_evidence(stage: Stage) -> None:
    task = await stage.sent(eject(stage, some_slot(stage)))
    stage.switch("http_503")

    with pytest.raises(Unreachable):
        await stage.looked(task)


# All of them.


async def test_a_cabinet_is_emptied(stage: Stage) -> None:
    held = stage.occupied()

    task = await stage.sent(stage.task(EJECT_ALL, *on(FIRST)))

    assert stage.simulator.counts == {BY_REPAIR: 1}
    await stage.clock.advance(20)
    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert sorted(stage.acts()) == [f"XYZ00001/{slot}/{battery}" for slot, battery in sorted(held.items())]
    assert stage.occupied() == {}


async def test_what_stays_is_told_once_the_deadline_is_over(stage: Stage) -> None:
    stuck, battery = next(iter(stage.occupied().items()))
    stage.simulator.actions()["set_slot_fault"]({"cabinet": "XYZ00001", "slot": stuck, "fault": 2})
    task = await stage.sent(stage.task(EJECT_ALL, *on(FIRST)))
    await stage.clock.advance(60)
    assert await stage.status(task) is None

    await stage.clock.advance(1)
    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.OUTCOME_UNKNOWN
    assert evidence.fault is not None
    assert evidence.fault.message == f"7 batteries left, and 1 are still there: {battery} of slot {stuck}"


async def test_an_empty_cabinet_is_refused(stage: Stage) -> None:
    for slot in stage.occupied():
        stage.simulator.actions()["rent"]({"cabinet": "XYZ00001", "slot": slot})

    with pytest.raises(Rejected, match="nothing to push out"):
        await stage.prepared(stage.task(EJECT_ALL, *on(FIRST)))


async def test_a_cabinet_that_lets_nothing_go_says_nothing(stage: Stage) -> None:
    stage.switch("eject_nothing")
    task = await stage.sent(stage.task(EJECT_ALL, *on(FIRST)))
    await stage.clock.advance(90)

    assert await stage.status(task) is None
