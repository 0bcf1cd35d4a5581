from typing import Any

import pytest

from model.commands import Media
from model.faults import DeviceOffline, Fault, Rejected, Uncertain, Unsupported
from model.states import CommandKind, CommandStatus, DeviceOperation
from tests.vendors.bajie.stage import FIRST, OFFLINE, ROOT, SECOND, Stage, on
from vendors.acting import Task
from vendors.bajie import MANIFEST

OPERATE, PUBLISH = CommandKind.OPERATE_DEVICE, CommandKind.PUBLISH_ADVERTISEMENT
OPERATION = f"POST {ROOT}/cabinet/operation"
OF_SLOTS = {
    DeviceOperation.POP_SLOT,
    DeviceOperation.LOCK_SLOT,
    DeviceOperation.UNLOCK_SLOT,
    DeviceOperation.LOCK_STOP_CHARGE,
}
every_operation = pytest.mark.parametrize("operation", DeviceOperation)


def operate(stage: Stage, operation: DeviceOperation) -> Task:
    return stage.task(OPERATE, *on(FIRST, *([1] if operation in OF_SLOTS else [])), operation=operation)


def with_a_rejected_battery(stage: Stage) -> None:
    stage.simulator.actions()["set_battery_fault"]({"battery": stage.occupied()[2], "fault": 6})


SEEN_ANYWAY = {DeviceOperation.REPORT, DeviceOperation.HEARTBEAT}
"""A cabinet shows these signs by itself every minute."""


@every_operation
async def test_each_operation_is_one_call_and_is_seen_to(stage: Stage, operation: DeviceOperation) -> None:
    with_a_rejected_battery(stage)
    if operation is DeviceOperation.UNLOCK_SLOT:
        stage.simulator.actions()["set_slot_fault"]({"cabinet": "XYZ00001", "slot": 1, "fault": 8})
    task = await stage.sent(operate(stage, operation))

    assert stage.simulator.counts == {OPERATION: 1}
    assert await stage.status(task) is None
    await stage.clock.advance(50)
    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert stage.simulator.acts


@pytest.mark.parametrize("operation", [one for one in DeviceOperation if one not in SEEN_ANYWAY])
async def test_a_lost_reply_is_uncertain_and_found_by_the_same_proof(stage: Stage, operation: DeviceOperation) -> None:
    with_a_rejected_battery(stage)
    task = await stage.prepared(operate(stage, operation))
    stage.switch("reply_lost", times=1)

    with pytest.raises(Uncertain):
        await stage.adapter.procedures()[OPERATE].send(task)

    await stage.clock.advance(50)
    assert await stage.status(task) is CommandStatus.CONFIRMED


@pytest.mark.parametrize("operation", sorted(SEEN_ANYWAY))
async def test_a_sign_of_life_proves_nothing_once_the_reply_is_lost(stage: Stage, operation: DeviceOperation) -> None:
    task = await stage.prepared(operate(stage, operation))
    stage.switch("reset", times=1)

    with pytest.raises(Uncertain):
        await stage.adapter.procedures()[OPERATE].send(task)

    await stage.clock.advance(130)
    assert await stage.status(task) is None
    assert not stage.simulator.acts


@pytest.mark.parametrize("operation", sorted(OF_SLOTS))
@pytest.mark.parametrize("slots", [[], [9]])
async def test_slots_must_be_named_and_exist(stage: Stage, operation: DeviceOperation, slots: list[int]) -> None:
    with pytest.raises(Rejected):
        await stage.prepared(stage.task(OPERATE, *on(FIRST, *slots), operation=operation))


@every_operation
async def test_an_offline_cabinet_is_not_told(stage: Stage, operation: DeviceOperation) -> None:
    aims = on(OFFLINE, *([1] if operation in OF_SLOTS else []))
    with pytest.raises(DeviceOffline):
        await stage.prepared(stage.task(OPERATE, *aims, operation=operation))


async def test_only_what_the_vendor_has(stage: Stage) -> None:
    with pytest.raises(Unsupported):
        await stage.prepared(stage.task(OPERATE, *on(FIRST)))
    rule = MANIFEST.rule(OPERATE)
    assert rule is not None
    assert set(rule.operations) == set(DeviceOperation)


async def test_those_that_passed_leave_and_the_other_stays(stage: Stage) -> None:
    with_a_rejected_battery(stage)
    rejected = stage.occupied()[2]

    task = await stage.sent(operate(stage, DeviceOperation.POP_ALL_AUTHORIZED))
    await stage.clock.advance(50)

    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert stage.occupied() == {2: rejected}


async def test_nothing_of_that_kind_is_refused(stage: Stage) -> None:
    with pytest.raises(Rejected, match="nothing to push out"):
        await stage.prepared(operate(stage, DeviceOperation.POP_ALL_UNAUTHORIZED))


@pytest.mark.parametrize("operation", [item for item in DeviceOperation if not item.value.startswith("POP")])
async def test_what_does_not_happen_is_not_seen(stage: Stage, operation: DeviceOperation) -> None:
    if operation is DeviceOperation.UNLOCK_SLOT:
        stage.simulator.actions()["set_slot_fault"]({"cabinet": "XYZ00001", "slot": 1, "fault": 8})
    stage.switch("eject_nothing")
    task = await stage.sent(operate(stage, operation))
    await stage.clock.advance(40)

    assert await stage.status(task) is None
    assert not stage.simulator.acts


async def test_a_lock_that_cuts_the_power_stops_the_charge(stage: Stage) -> None:
    _, battery = next(stage.simulator.fleet.cabinets["XYZ00001"].batteries())
    battery.level, battery.since = 40.0, stage.simulator.now
    await stage.sent(operate(stage, DeviceOperation.LOCK_STOP_CHARGE))

    stage.simulator.advance(600)

    assert battery.charge(stage.simulator.now) < 41
    assert stage.acts("slot locked") == ["XYZ00001/1"]


async def test_a_restart_is_proven_by_a_handshake_after_it(stage: Stage) -> None:
    task = await stage.sent(operate(stage, DeviceOperation.RESTART))
    await stage.clock.advance(10)
    assert await stage.status(task) is None, "it is still starting"

    await stage.clock.advance(40)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_cabinet_that_no_list_has_gives_no_proof(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await stage.sent(operate(stage, DeviceOperation.RESTART))
    await stage.clock.advance(50)
    monkeypatch.setattr(stage.simulator, "_device_rows", list)

    assert await stage.status(task) is None


async def test_slots_that_are_not_listed_give_no_proof(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await stage.sent(operate(stage, DeviceOperation.LOCK_SLOT))
    await stage.clock.advance(10)
    stage.switch("nulls", path="/slotByCabinetId")

    with pytest.raises(Fault):
        await stage.looked(task)
    stage.simulator.switches.clear()
    stage.simulator.catch_up()
    stage.simulator.actions()["set_online"]({"cabinet": "XYZ00001", "online": False})
    assert await stage.status(task) is None


# Advertisements.


async def test_an_advertisement_is_one_call_for_all_cabinets(stage: Stage) -> None:
    media = (Media("top", "image", "https://media.example.com/a.png"),)

    task = await stage.sent(stage.task(PUBLISH, *on(FIRST), *on(SECOND), media=media, restart=True))

    assert stage.simulator.counts == {f"POST {ROOT}/cabinet/publishAd": 1}
    assert stage.acts("advertisement taken") == ["XYZ00001", "XYZ00002"]
    assert await stage.status(task) is None


async def test_publishing_nothing_is_refused(stage: Stage) -> None:
    with pytest.raises(Rejected, match="at least one"):
        await stage.prepared(stage.task(PUBLISH, *on(FIRST)))


# The rules.


def test_every_kind_has_a_procedure_and_a_rule(stage: Stage) -> None:
    kinds: list[Any] = [rule.kind for rule in MANIFEST.commands]

    assert sorted(kinds) == sorted(stage.adapter.procedures())
    assert len(kinds) == len(set(kinds))
