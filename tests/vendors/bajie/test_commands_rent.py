import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from model.commands import Aim
from model.faults import DeviceOffline, Fault, Malformed, Rejected, Uncertain, Unsupported
from model.refs import Ref, battery_ref, session_ref
from model.states import CommandKind, CommandStatus, Resolution
from tests.support.acting import CALLBACK_URL
from tests.vendors.bajie.stage import ACCOUNT, FIRST, OFFLINE, ROOT, UNBOUND, Stage, on, staged
from vendors.acting import Evidence, HearsCallbacks, Task
from vendors.bajie import simulated_documents as documents
from vendors.bajie.simulated_things import Order

RENT, CLOSE = CommandKind.RENT_BATTERY, CommandKind.COMPLETE_RENTAL
CREATE = f"POST {ROOT}/rent/order/create"


def rent(stage: Stage) -> Task:
    return stage.task(RENT, *on(FIRST))


def lent(stage: Stage) -> Order:
    """The order that the API made."""
    (rental,) = stage.simulator.fleet.rentals.values()
    assert rental.order is not None
    return rental.order


async def with_lost_reply(stage: Stage) -> Task:
    task = await stage.prepared(rent(stage))
    stage.switch("reply_lost", times=1)
    with pytest.raises(Uncertain):
        await stage.adapter.procedures()[RENT].send(task)
    return replace(task, sent_at=stage.clock.now())


# Making one.


async def test_a_battery_leaves_under_an_order(stage: Stage) -> None:
    task = await stage.sent(rent(stage))

    (rental,) = stage.simulator.fleet.rentals.values()
    session = session_ref(ACCOUNT, rental.id)
    assert task.answer == {"tradeNo": rental.id}
    assert task.targets[0].session == session
    assert rental.callback_url == CALLBACK_URL
    assert stage.simulator.counts == {CREATE: 1}
    assert await stage.status(task) is None
    await stage.clock.advance(10)
    evidence = await stage.looked(task)
    assert evidence is not None
    battery = battery_ref(ACCOUNT, lent(stage).battery.id)
    assert evidence.seen is not None
    assert replace(evidence, seen=None) == Evidence(
        position=0, status=CommandStatus.CONFIRMED, battery=battery, session=session
    )
    assert stage.acts() == [f"XYZ00001/{lent(stage).slot}/{battery.native_id}"]


async def test_without_a_gateway_that_can_be_called_back(stage: Stage) -> None:
    task = await stage.sent(replace(rent(stage), callback_url=None))
    await stage.clock.advance(10)

    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert [rental.callback_url for rental in stage.simulator.fleet.rentals.values()] == [""]


@pytest.mark.parametrize("aim", [*on(FIRST, 3), Aim(device=FIRST, battery=battery_ref(ACCOUNT, "FEED000001"))])
async def test_the_vendor_chooses_the_battery(stage: Stage, aim: Aim) -> None:
    with pytest.raises(Unsupported, match="the vendor chooses"):
        await stage.prepared(stage.task(RENT, aim))


@pytest.mark.parametrize(("device", "fault"), [(OFFLINE, DeviceOffline), (UNBOUND, Rejected)])
async def test_cabinets_that_cannot_rent(stage: Stage, device: Ref, fault: type[Fault]) -> None:
    with pytest.raises(fault) as raised:
        await stage.prepared(stage.task(RENT, *on(device)))

    assert type(raised.value) is fault


async def test_nothing_that_is_charged_enough() -> None:
    async with staged(rental_minimum_percent=100) as stage:
        for _, battery in stage.simulator.fleet.cabinets["XYZ00001"].batteries():
            battery.level, battery.since = 80.0, stage.simulator.now
        with pytest.raises(Rejected, match="charged enough") as raised:
            await stage.prepared(rent(stage))

    assert raised.value.resolution is Resolution.USER_ACTION


# What the order says, and what the cabinet.


async def test_a_rental_that_cannot_be_released_has_failed(stage: Stage) -> None:
    stage.switch("eject_fault")
    task = await stage.sent(rent(stage))
    await stage.clock.advance(10)
    assert await stage.status(task) is None, "it may still leave"

    await stage.clock.advance(20)
    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.FAILED
    assert evidence.fault is not None
    assert evidence.fault.raw_code == "0"
    assert not stage.acts()


async def test_a_failure_that_the_cabinet_denies_is_no_failure(stage: Stage) -> None:
    stage.switch("eject_fault")
    task = await stage.sent(rent(stage))
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    await stage.clock.advance(30)

    assert await stage.status(task) is CommandStatus.OUTCOME_UNKNOWN


async def test_a_failure_is_not_believed_while_the_cabinet_is_offline(stage: Stage) -> None:
    stage.switch("eject_fault")
    task = await stage.sent(rent(stage))
    await stage.clock.advance(30)
    stage.simulator.actions()["set_online"]({"cabinet": "XYZ00001", "online": False})

    assert await stage.status(task) is None


async def test_an_offline_cabinet_leaves_the_vendors_word(stage: Stage) -> None:
    task = await stage.sent(rent(stage))
    await stage.clock.advance(10)
    stage.simulator.catch_up()
    stage.simulator.actions()["set_online"]({"cabinet": "XYZ00001", "online": False})

    assert await stage.status(task) is CommandStatus.ACKNOWLEDGED


async def test_a_battery_that_is_back_had_left(stage: Stage) -> None:
    task = await stage.sent(rent(stage))
    await stage.clock.advance(10)
    stage.simulator.catch_up()
    stage.simulator.actions()["bring_back"]({"order": lent(stage).id, "cabinet": "XYZ00001"})
    assert len(stage.occupied()) == 8

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_two_batteries_for_one_rental(stage: Stage) -> None:
    stage.switch("double_eject")
    task = await stage.sent(rent(stage))
    await stage.clock.advance(10)

    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.CONFIRMED
    assert evidence.fault is not None
    mistaken = next(subject for subject in stage.acts() if lent(stage).battery.id not in subject)
    assert mistaken.split("/")[2] in evidence.fault.message


async def test_a_vendor_that_names_a_battery_which_is_still_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await stage.sent(rent(stage))
    await stage.clock.advance(10)
    stage.simulator.catch_up()
    order = lent(stage)
    there = next(battery for _, battery in stage.simulator.fleet.cabinets["XYZ00001"].batteries())
    monkeypatch.setattr(order, "battery", there)
    assert await stage.status(task) is CommandStatus.ACKNOWLEDGED

    await stage.clock.advance(20)
    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.OUTCOME_UNKNOWN
    assert evidence.fault is not None
    assert f"{there.id} of order {order.id} is still there" in evidence.fault.message


async def test_late_and_never(stage: Stage) -> None:
    stage.switch("acts_late", value=100)
    late = await stage.sent(rent(stage))
    await stage.clock.advance(60)
    assert await stage.status(late) is None
    await stage.clock.advance(60)
    assert await stage.status(late) is CommandStatus.CONFIRMED

    stage.switch("eject_nothing")
    never = await stage.sent(rent(stage))
    await stage.clock.advance(300)
    assert await stage.status(never) is None


# The answer is lost, or says nothing.


async def test_a_lost_reply_is_found_by_the_orders_of_the_cabinet(stage: Stage) -> None:
    task = await with_lost_reply(stage)
    await stage.clock.advance(10)
    assert await stage.status(task) is None, "another rental may still turn up"

    await stage.clock.advance(20)
    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.CONFIRMED
    assert evidence.session == session_ref(ACCOUNT, lent(stage).id)
    assert evidence.battery == battery_ref(ACCOUNT, lent(stage).battery.id)


async def test_a_lost_rental_that_is_over_already_is_found_too(stage: Stage) -> None:
    task = await with_lost_reply(stage)
    await stage.clock.advance(10)
    stage.simulator.catch_up()
    stage.simulator.actions()["bring_back"]({"order": lent(stage).id, "cabinet": "XYZ00001"})
    await stage.clock.advance(20)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_an_answer_without_a_number_is_as_good_as_lost(stage: Stage) -> None:
    stage.switch("no_data", path="/rent/order/create")
    task = await stage.sent(rent(stage))
    assert task.answer == {}
    await stage.clock.advance(30)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_several_rentals_since_leave_it_unknown(stage: Stage) -> None:
    task = await with_lost_reply(stage)
    native: Any = stage.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    await stage.clock.advance(30)

    evidence = await stage.looked(task)

    assert evidence is not None
    assert evidence.status is CommandStatus.OUTCOME_UNKNOWN
    assert evidence.fault is not None
    assert f"{native['battery']} (order {native['order']})" in evidence.fault.message
    assert lent(stage).id in evidence.fault.message


async def test_rentals_elsewhere_or_before_are_not_this_one(stage: Stage) -> None:
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    await stage.clock.advance(5)
    stage.switch("eject_nothing", path="/rent/order/create")
    task = await with_lost_reply(stage)
    stage.simulator.actions()["rent"]({"cabinet": "XYZ00002"})
    await stage.clock.advance(60)

    assert await stage.status(task) is None


async def test_a_battery_that_was_rented_and_returned_just_before_is_not_this_one(stage: Stage) -> None:
    hands = stage.simulator.actions()
    before: Any = hands["rent"]({"cabinet": "XYZ00001"})
    hands["bring_back"]({"order": before["order"], "cabinet": "XYZ00001"})
    await stage.clock.advance(70)
    stage.switch("eject_nothing", path="/rent/order/create")
    task = await with_lost_reply(stage)
    await stage.clock.advance(60)

    assert await stage.status(task) is None


# Callbacks.


def heard(stage: Stage, task: Task, body: bytes, media_type: str = "application/json") -> Any:
    how = stage.adapter.procedures()[RENT]
    assert isinstance(how, HearsCallbacks)
    assert how.callback_answer == {"code": 0, "msg": "success"}
    return how.hear(task, body, media_type)


def said(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


async def test_a_released_battery_is_acknowledged_and_looked_at(stage: Stage) -> None:
    task = await stage.sent(rent(stage))
    trade_no = task.answer["tradeNo"]

    word = heard(stage, task, said(tradeNo=trade_no, status=1, batteryId="FEED000001", messageId="7"))

    assert word.key == f"{trade_no}|1|FEED000001"
    assert word.look_now
    (evidence,) = word.learnt
    assert evidence.status is CommandStatus.ACKNOWLEDGED
    assert evidence.battery == battery_ref(ACCOUNT, "FEED000001")
    assert evidence.session == session_ref(ACCOUNT, trade_no)


async def test_a_form_or_other_names_say_the_same(stage: Stage) -> None:
    task = await stage.sent(rent(stage))
    trade_no = task.answer["tradeNo"]
    form = f"orderId={trade_no}&status=1&batteryId=FEED000001".encode()

    words = [
        heard(stage, task, form, "application/x-www-form-urlencoded"),
        heard(stage, task, said(orderId=trade_no, status="1", batteryid="FEED000001")),
        heard(stage, task, said(tradeNo=trade_no, status=1, batteryId="FEED000001"), "text/plain"),
    ]

    assert [word.learnt for word in words] == [words[0].learnt] * 3
    assert {word.key for word in words} == {f"{trade_no}|1|FEED000001"}


async def test_a_failure_is_looked_into_and_a_return_says_nothing(stage: Stage) -> None:
    task = await stage.sent(rent(stage))
    trade_no = task.answer["tradeNo"]

    failure, back, other, unknown, nameless = (
        heard(stage, task, said(tradeNo=trade_no, status="0")),
        heard(stage, task, said(tradeNo="another", status="2", batteryId="FEED000001")),
        heard(stage, task, said(tradeNo="another", status="1")),
        heard(stage, task, said(tradeNo=trade_no, status="7")),
        heard(stage, task, said(status="1")),
    )

    assert [bool(word.learnt) for word in (failure, back, other, unknown, nameless)] == [False] * 5
    assert [word.look_now for word in (failure, back, other, unknown, nameless)] == [True, False, True, True, True]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"tradeNo": "1"}', b"\xff\xfe", b"a=b"])
async def test_what_is_no_callback_is_malformed(stage: Stage, body: bytes) -> None:
    with pytest.raises(Malformed):
        heard(stage, rent(stage), body, "application/octet-stream")


async def test_a_callback_gives_a_lost_order_its_number(stage: Stage) -> None:
    task = await with_lost_reply(stage)
    await stage.clock.advance(10)
    stage.simulator.catch_up()
    (evidence,) = heard(stage, task, said(tradeNo=lent(stage).id, status="1")).learnt
    named = replace(task, targets=(replace(task.targets[0], session=evidence.session),))

    assert await stage.status(named) is CommandStatus.CONFIRMED


async def test_a_callback_that_names_an_old_order_proves_nothing(stage: Stage) -> None:
    old: Any = stage.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    await stage.clock.advance(120)
    stage.switch("eject_nothing", path="/rent/order/create")
    task = await with_lost_reply(stage)
    named = replace(task, targets=(replace(task.targets[0], session=session_ref(ACCOUNT, old["order"])),))
    await stage.clock.advance(60)

    assert await stage.status(named) is None


# Closing one.


async def running(stage: Stage) -> Task:
    rented: Any = stage.simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    return stage.task(CLOSE, Aim(device=FIRST, session=session_ref(ACCOUNT, rented["order"])))


async def test_a_rental_is_closed_once(stage: Stage) -> None:
    task = await stage.sent(await running(stage))

    assert stage.simulator.counts == {f"POST {ROOT}/rent/order/close": 1}
    assert await stage.status(task) is None
    await stage.clock.advance(10)
    assert await stage.status(task) is CommandStatus.CONFIRMED
    assert len(stage.acts("order closed")) == 1


async def test_the_query_alone_may_say_that_it_is_closed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await stage.sent(await running(stage))
    await stage.clock.advance(10)
    lagging = documents.order_detail

    def still_running(*world: Any) -> Any:
        return {**lagging(*world), "borrowStatus": 1, "returnTime": ""}

    monkeypatch.setattr(documents, "order_detail", still_running)

    assert await stage.status(task) is CommandStatus.CONFIRMED


async def test_a_rental_that_has_ended_is_refused(stage: Stage) -> None:
    task = await running(stage)
    session = task.targets[0].session
    assert session is not None
    stage.simulator.actions()["bring_back"]({"order": session.native_id})

    with pytest.raises(Rejected, match="already ended") as raised:
        await stage.prepared(task)

    assert raised.value.resolution is Resolution.USER_ACTION


async def test_a_rental_that_has_no_battery_yet_is_refused(stage: Stage) -> None:
    made = await stage.sent(rent(stage))

    with pytest.raises(Rejected, match="no battery is out"):
        await stage.prepared(stage.task(CLOSE, Aim(device=FIRST, session=made.targets[0].session)))
    with pytest.raises(Rejected, match="name the rental"):
        await stage.prepared(stage.task(CLOSE, *on(FIRST)))


async def test_a_close_whose_reply_is_lost_is_seen_all_the_same(stage: Stage) -> None:
    task = await stage.prepared(await running(stage))
    stage.switch("reply_lost", times=1)
    with pytest.raises(Uncertain):
        await stage.adapter.procedures()[CLOSE].send(task)
    await stage.clock.advance(10)

    assert await stage.status(replace(task, sent_at=stage.clock.now() - timedelta(seconds=10))) is (
        CommandStatus.CONFIRMED
    )
