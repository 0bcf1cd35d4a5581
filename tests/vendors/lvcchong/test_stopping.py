"""Stopping a charge: the call names a socket only, and still it must never hit the next customer unseen."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from model.commands import Aim
from model.faults import DeviceOffline, Fault, NotFound, RateLimited, Rejected, Unauthorised, Uncertain, Unsupported
from model.records import RawCode
from model.refs import device_ref, session_ref
from model.states import CommandStatus, Resolution
from tests.vendors.lvcchong.streets import (
    CAR,
    GATE,
    OEM,
    OFFLINE,
    SIGNING_IN,
    SOCKETS,
    Street,
    aim_at,
    port_of,
    street,
    unanswered,
)
from vendors.acting import Evidence
from vendors.lvcchong.simulated_fleet import Order

CONFIRMED = Evidence(position=0, status=CommandStatus.CONFIRMED, raw=RawCode("3", "normal end"))


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    async with street(monkeypatch) as made:
        yield made


def power_off(order: Order) -> tuple[str, str, str]:
    return "power off", f"{order.station.sim_id}/{order.port}", order.number


def others(here: Street, aim: Aim) -> list[Order]:
    """Everybody else who charges."""
    return [order for order in here.simulator.fleet.running if order is not here.last_order(aim)]


@pytest.mark.parametrize("sim_id", [SOCKETS, CAR])
async def test_the_charge_is_stopped_and_its_order_proves_it(here: Street, sim_id: str) -> None:
    aim = here.busy(sim_id)
    order, neighbours = here.last_order(aim), others(here, aim)
    task = await here.prepare_stop(aim)
    assert here.calls() == {"deviceStatus": 1, "queryChargeOrder": 1}
    assert task.before == {
        "place": {"device_id": sim_id, "port": order.port, "estate_id": str(order.station.estate.id)},
        "order": order.number,
    }

    task = await here.send(task)
    assert here.calls() == {"stopCharge": 1}
    assert task.targets[0].status is CommandStatus.SENT
    assert await here.look(task) == []
    assert here.calls() == {"queryChargeOrderDetail": 1, "queryChargeResult": 1}

    assert await here.look(task, 2.5) == [CONFIRMED]
    assert here.calls() == {"queryChargeOrderDetail": 1, "queryChargeOrder": 1}
    assert here.acts == [power_off(order)]
    assert order.end_type == 3
    assert all(not neighbour.is_over for neighbour in neighbours)


@pytest.mark.parametrize("account", [OEM, SIGNING_IN], ids=["issued", "signing in"])
async def test_the_oem_platform_is_told_in_the_same_way(
    monkeypatch: pytest.MonkeyPatch, account: dict[str, Any]
) -> None:
    async with street(monkeypatch, **account) as here:
        aim = here.busy()
        order = here.last_order(aim)
        assert await here.look(await here.stop(aim), 2.5) == [CONFIRMED]
        assert here.acts == [power_off(order)]


async def test_without_a_session_the_one_that_runs_is_stopped(here: Street) -> None:
    aim = here.busy()
    task = await here.prepare_stop(replace(aim, session=None))

    assert task.targets[0].session == aim.session
    assert task.targets[0].status is CommandStatus.PENDING


# Refused before anything is sent.


async def refused(here: Street, aim: Aim, fault: type[Fault]) -> Fault:
    with pytest.raises(fault) as raised:
        await here.prepare_stop(aim)
    assert "stopCharge" not in here.calls()
    assert type(raised.value) is fault
    return raised.value


async def test_the_next_customer_is_never_stopped(here: Street) -> None:
    aim = here.busy()
    what = {"device": SOCKETS, "port": port_of(aim)}
    here.simulator.actions()["unplug"](what)
    here.simulator.actions()["plug_in"](what)
    here.simulator.advance(10)
    fault = await refused(here, aim, Rejected)

    assert "another customer's session" in fault.message
    assert fault.resolution is Resolution.USER_ACTION
    assert not here.last_order(aim).is_over


@pytest.mark.parametrize("has_session", [True, False])
async def test_where_nobody_charges_nothing_is_stopped(here: Street, *, has_session: bool) -> None:
    aim = here.busy()
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": port_of(aim)})
    fault = await refused(here, aim if has_session else replace(aim, session=None), Rejected)

    assert "nobody charges" in fault.message


async def test_what_has_not_begun_is_not_stopped(here: Street) -> None:
    aim = here.free()
    here.switch("acts_late")
    await here.start(aim)

    assert "has not begun" in (await refused(here, aim, Rejected)).message


async def test_two_charges_at_one_socket_are_not_stopped_together(here: Street) -> None:
    aim = here.free()
    here.switch("start_double")
    await here.start(aim)
    here.simulator.advance(10)
    first, second = (order.number for order in here.orders_at(aim)[-2:])
    fault = await refused(here, replace(aim, session=session_ref("sockets", first)), Rejected)

    assert f"{first}, {second}" in fault.message


@pytest.mark.parametrize(
    ("aim", "fault"),
    [
        (aim_at(OFFLINE, 1), DeviceOffline),
        (aim_at(GATE, 1), Unsupported),
        (aim_at(SOCKETS, 11), NotFound),
        (aim_at("1", 1), NotFound),
        (Aim(device=device_ref("sockets", SOCKETS)), Rejected),
    ],
)
async def test_what_cannot_be_told_is_told_nothing(here: Street, aim: Aim, fault: type[Fault]) -> None:
    await refused(here, aim, fault)


async def test_a_code_beside_success_is_no_refusal(here: Street) -> None:
    aim = here.busy()
    here.switch("stop_code_minus1")

    assert await here.look(await here.stop(aim), 2.5) == [CONFIRMED]


# The one call.

SENDING: dict[str, tuple[type[Fault], int]] = {
    "reset": (Uncertain, 0),
    "reply_lost": (Uncertain, 1),
    "http_500": (Uncertain, 0),
    "not_json": (Uncertain, 1),
    "nulls": (Uncertain, 1),
    "http_401": (Unauthorised, 0),
    "throttle": (RateLimited, 0),
    "device_offline": (DeviceOffline, 0),
}


@pytest.mark.parametrize("fault", SENDING)
async def test_it_is_sent_once_and_only_a_doubt_is_uncertain(here: Street, fault: str) -> None:
    raised, acts = SENDING[fault]
    task = await here.prepare_stop(here.busy())
    here.calls()
    here.switch(fault)
    with pytest.raises(raised) as refusal:
        await here.send(task)
    here.simulator.switches.clear()
    here.simulator.advance(10)

    assert type(refusal.value) is raised
    assert here.calls() == {"stopCharge": 1}
    assert len(here.acts) == acts


# The proof.


@pytest.mark.parametrize("fault", ["reply_lost", "not_json"])
async def test_a_stop_whose_reply_was_lost_is_found(here: Street, fault: str) -> None:
    aim = here.busy()
    task = await here.prepare_stop(aim)
    here.switch(fault)
    with pytest.raises(Uncertain):
        await here.send(task)
    here.simulator.switches.clear()
    task = unanswered(task, here.clock)

    assert await here.look(task, 1) == []
    assert await here.look(task, 2) == [CONFIRMED]


async def test_a_lost_stop_that_never_reached_the_vendor_is_not_found(here: Street) -> None:
    task = await here.prepare_stop(here.busy())
    here.switch("reset")
    with pytest.raises(Uncertain):
        await here.send(task)
    here.simulator.switches.clear()

    assert await here.look(unanswered(task, here.clock), 60) == []


async def test_a_device_that_says_no_while_the_charge_goes_on_has_failed(here: Street) -> None:
    aim = here.busy()
    here.switch("result_fail")
    (found,) = await here.look(await here.stop(aim), 2.5)

    assert (found.status, found.raw) == (CommandStatus.FAILED, RawCode("2"))
    assert found.fault is not None
    assert here.acts == []
    assert not here.last_order(aim).is_over


async def test_a_device_that_says_no_is_not_believed_while_the_order_does_not_tell(here: Street) -> None:
    here.switch("result_fail")
    task = await here.stop(here.busy())
    here.switch("unknown_status")

    assert await here.look(task, 2.5) == []


async def test_a_device_that_says_yes_has_acknowledged_until_the_order_ends(
    here: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim = here.busy()
    order = here.last_order(aim)
    monkeypatch.setattr("vendors.lvcchong.simulated_control.end", lambda *_: None)
    task = await here.stop(aim)

    assert await here.look(task, 2.5) == [
        Evidence(position=0, status=CommandStatus.ACKNOWLEDGED, raw=RawCode("1", "stopped")),
    ]
    order.status, order.end_type, order.ended_at = 3, 3, here.simulator.now
    assert await here.look(task) == [CONFIRMED]


@pytest.mark.parametrize("after", ["off", "on"])
async def test_without_a_result_the_order_tells(here: Street, after: str) -> None:
    aim = here.busy()
    here.switch("result_never", after)
    task = await here.stop(aim)

    assert await here.look(task, 2.5) == ([CONFIRMED] if after == "off" else [])
    assert len(here.acts) == (1 if after == "off" else 0)


async def test_a_late_stop_is_waited_for(here: Street) -> None:
    aim = here.busy()
    here.switch("acts_late")
    task = await here.stop(aim)

    assert await here.look(task, 60) == []
    assert await here.look(task, 31) == [CONFIRMED]


async def test_a_charge_that_ended_by_itself_is_over_too(here: Street) -> None:
    aim = here.busy()
    order = here.last_order(aim)
    task = await here.stop(aim)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": order.port})
    (found,) = await here.look(task, 2.5)

    assert found.status is CommandStatus.CONFIRMED
    assert here.acts == []


async def test_an_order_that_the_vendor_lost_proves_nothing(here: Street) -> None:
    task = await here.stop(here.busy())
    here.simulator.fleet.orders.clear()

    assert await here.look(task, 60) == []


# The next customer.


@pytest.mark.parametrize("seconds", [2.5, 60, 300])
async def test_the_next_customer_who_was_stopped_instead_is_named(here: Street, seconds: float) -> None:
    aim = here.busy()
    order = here.last_order(aim)
    here.switch("stop_race")
    task = await here.stop(aim)
    (found,) = await here.look(task, seconds)

    hit = here.last_order(aim)
    assert hit is not order
    assert here.acts == [power_off(hit)]
    assert found.status is CommandStatus.OUTCOME_UNKNOWN
    assert isinstance(found.fault, Uncertain)
    assert hit.number in found.fault.message


async def test_a_next_customer_who_may_still_be_hit_is_watched(here: Street) -> None:
    aim = here.busy()
    here.switch("stop_race")
    task = await here.stop(aim)
    assert await here.look(task, 1) == []

    (found,) = await here.look(task, 1.5)
    assert found.status is CommandStatus.OUTCOME_UNKNOWN


async def test_a_next_customer_who_goes_on_charging_was_not_hit(here: Street) -> None:
    aim = here.busy()
    order = here.last_order(aim)
    task = await here.stop(aim)
    await here.clock.advance(2.5)
    here.simulator.catch_up()
    here.simulator.actions()["plug_in"]({"device": SOCKETS, "port": order.port})
    assert await here.look(task, 30) == []

    assert await here.look(task, 12.5) == [CONFIRMED]


async def test_nothing_is_looked_for_when_nothing_is_open(here: Street) -> None:
    task = await here.stop(here.busy())
    here.calls()

    assert await here.look(replace(task, targets=())) == []
    assert here.calls() == {}
