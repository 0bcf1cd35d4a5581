"""Starting a charge: what is refused before, what proves it, and that it is never done twice by us."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from model.commands import Aim
from model.faults import (
    DeviceOffline,
    Fault,
    Malformed,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorised,
    Uncertain,
    Unreachable,
    Unsupported,
)
from model.records import RawCode
from model.refs import device_ref, session_ref, tariff_ref
from model.states import CommandKind, CommandStatus, Connectivity, Resolution
from tests.support.acting import prepared, procedure, sent, task_for
from tests.support.clock import FakeClock
from tests.vendors.lvcchong.replies import Vendor, adapter_of, sample
from tests.vendors.lvcchong.streets import (
    CABINET,
    CAR,
    DISABLED,
    GATE,
    OEM,
    OF_UNKNOWN_KIND,
    OFFLINE,
    SIGNING_IN,
    SOCKETS,
    SOCKETS_BY_POWER,
    Street,
    aim_at,
    port_of,
    street,
    unanswered,
)
from vendors.acting import Evidence

CHARGING = RawCode("2", "charging")


@pytest.fixture
async def here(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Street]:
    async with street(monkeypatch) as made:
        yield made


def evidence(here: Street, aim: Aim, status: CommandStatus, raw: RawCode | None) -> Evidence:
    return Evidence(position=0, status=status, raw=raw, session=session_ref("sockets", here.last_order(aim).number))


def power_on(here: Street, aim: Aim) -> list[tuple[str, str, str]]:
    """One physical act, caused by the last order at the socket."""
    return [("power on", f"{aim.device.native_id}/{port_of(aim)}", here.last_order(aim).number)]


# Sending.


async def test_it_is_taken_first_and_powered_later(here: Street) -> None:
    aim = here.free()
    task = await here.prepare_start(aim)
    assert here.calls() == {"deviceStatus": 1, "queryChargeOrder": 1}

    task = await here.send(task)
    order = here.last_order(aim)
    assert here.calls() == {"charge": 1}
    assert task.targets[0].status is CommandStatus.SENT
    assert task.targets[0].session == session_ref("sockets", order.number)
    assert task.answer == {"result_key": "charge_867000000000001_1_1_", "order": order.number}
    assert order.minutes == 60
    assert here.acts == []

    assert await here.look(task, 2.5) == []
    assert here.calls() == {"queryChargeResult": 1}
    assert await here.look(task, 7.5) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]
    assert here.calls() == {"queryChargeResult": 1, "queryChargeOrder": 1}
    assert here.acts == power_on(here, aim)


async def test_by_a_price_standard_what_it_wants_repeated_is_repeated(here: Street) -> None:
    aim = here.free(SOCKETS_BY_POWER)
    task = await here.start(aim, tariff=tariff_ref("sockets", "285"), prepaid=Decimal(3))

    assert task.before["how"] == {"standard_id": "285", "param": "300", "select": "2"}
    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]


async def test_a_two_wheeler_pays_nothing_in_advance_unless_told(here: Street) -> None:
    task = await here.prepare_start(here.free(SOCKETS_BY_POWER), tariff=tariff_ref("sockets", "285"))

    assert task.before["how"] == {"standard_id": "285", "param": "100", "select": "0"}
    assert task.before["money"] == "0"


@pytest.mark.parametrize("sim_id", [CAR, OF_UNKNOWN_KIND])
async def test_what_is_no_two_wheelers_is_started_by_its_own_price_standard(here: Street, sim_id: str) -> None:
    prepaid = Decimal(20) if sim_id == CAR else Decimal(1)
    aim = here.free(sim_id)
    task = await here.start(aim, prepaid=prepaid)

    assert "newPriceStandardCharge" in here.calls()
    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]


async def test_a_price_standard_that_the_device_does_not_tell_is_asked_for() -> None:
    status = sample("device_status")
    standard = status["data"].pop("priceDetail")
    vendor = Vendor(status, {"data": standard, "success": True}, {"data": {"list": []}, "success": True})
    async with adapter_of(vendor) as adapter:
        how = procedure(adapter, CommandKind.START_CHARGING)
        aim, tariff = aim_at("860000000000001", 1), tariff_ref("sockets", "285")
        task = task_for(CommandKind.START_CHARGING, aim, clock=FakeClock(), tariff=tariff, prepaid=Decimal(1))
        found = await how.prepare(task)

    assert vendor.paths == ["/deviceStatus", "/getPriceStandard", "/queryChargeOrder"]
    assert found.before["how"] == {"standard_id": "285", "param": "100", "select": "0"}


async def test_no_price_standard_no_start() -> None:
    status = sample("device_status")
    del status["data"]["priceDetail"]
    async with adapter_of(Vendor(status, {"data": {"name": "x"}, "success": True})) as adapter:
        how = procedure(adapter, CommandKind.START_CHARGING)
        aim, tariff = aim_at("860000000000001", 1), tariff_ref("sockets", "285")
        with pytest.raises(Malformed, match="price standard"):
            await how.prepare(task_for(CommandKind.START_CHARGING, aim, clock=FakeClock(), tariff=tariff))


async def test_what_is_noted_before_holds_the_orders_of_late_and_nobodys_name(here: Street) -> None:
    aim = here.free()
    unpaid = next(order for order in here.simulator.fleet.orders.values() if order.status == 0)
    past = here.simulator.people.plug_in(here.station(SOCKETS), port_of(aim), here.simulator.now)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": past.port})
    task = await here.prepare_start(aim)

    assert task.before == {
        "place": {"device_id": SOCKETS, "port": past.port, "estate_id": "128"},
        "state": "0",
        "orders": [unpaid.number, past.number],
        "how": {"minutes": 60},
        "money": "0",
    }


@pytest.mark.parametrize("account", [OEM, SIGNING_IN], ids=["issued", "signing in"])
async def test_the_oem_platform_is_told_in_the_same_way(
    monkeypatch: pytest.MonkeyPatch, account: dict[str, Any]
) -> None:
    async with street(monkeypatch, **account) as here:
        aim = here.free()
        task = await here.start(aim)
        assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]
        order = here.last_order(aim)
        assert here.acts == power_on(here, aim)

        here.simulator.advance(60)
        here.simulator.actions()["unplug"]({"device": SOCKETS, "port": order.port})
        assert await here.look(task, 60) == [
            evidence(here, aim, CommandStatus.CONFIRMED, RawCode("4", "abnormal end")),
        ]


# Refused before anything is sent.

TARIFF = tariff_ref("sockets", "26")
REFUSED: dict[str, tuple[Aim, dict[str, Any], type[Fault], str]] = {
    "offline": (aim_at(OFFLINE, 1), {"minutes": 5}, DeviceOffline, "offline"),
    "disabled": (aim_at(DISABLED, 1), {"minutes": 5}, Rejected, "out of use"),
    "faulty": (aim_at(SOCKETS, 3), {"minutes": 5}, Rejected, "fault"),
    "a gate": (aim_at(GATE, 1), {"minutes": 5}, Unsupported, "gate"),
    "no socket": (Aim(device=device_ref("sockets", SOCKETS)), {"minutes": 5}, Rejected, "which socket"),
    "no such socket": (aim_at(SOCKETS, 11), {"minutes": 5}, NotFound, "no such socket"),
    "no number": (aim_at(SOCKETS, "x"), {"minutes": 5}, NotFound, "no such socket"),
    "nobody's device": (aim_at("1", 1), {"minutes": 5}, NotFound, "设备不存在"),
    "no minutes": (aim_at(SOCKETS, 2), {"prepaid": Decimal(1)}, Rejected, "how many minutes"),
    "minutes below nothing": (aim_at(SOCKETS, 2), {"minutes": -1}, Rejected, "how many minutes"),
    "money below nothing": (aim_at(SOCKETS, 2), {"minutes": 5, "prepaid": Decimal(-1)}, Rejected, "more than nothing"),
    "minutes by tariff": (aim_at(SOCKETS, 2), {"minutes": 5, "tariff": TARIFF}, Rejected, "leave the minutes out"),
    "another's tariff": (aim_at(SOCKETS_BY_POWER, 2), {"tariff": TARIFF}, Rejected, "which is 285"),
    "another amount": (aim_at(SOCKETS, 2), {"tariff": TARIFF, "prepaid": Decimal(2)}, Rejected, "one of 1, 3 yuan"),
    "a car by time": (aim_at(CAR, 1), {"minutes": 5}, Rejected, "leave the minutes out"),
    "a car unpaid": (aim_at(CAR, 1), {}, Rejected, "how much to prepay"),
    "a car paid nothing": (aim_at(CAR, 1), {"prepaid": Decimal(0)}, Rejected, "how much to prepay"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_refused_before_anything_is_sent(here: Street, case: str) -> None:
    aim, instruction, fault, said = REFUSED[case]
    for station in here.simulator.fleet.stations.values():
        for socket in station.sockets:
            if socket.state == 1:
                socket.release()
    with pytest.raises(fault, match=said) as refused:
        await here.prepare(task_for(CommandKind.START_CHARGING, aim, clock=here.clock, **instruction))

    assert type(refused.value) is fault
    if fault is Rejected:
        assert refused.value.resolution is Resolution.USER_ACTION
    assert set(here.calls()) == {"deviceStatus"}


async def test_a_socket_in_use_is_refused(here: Street) -> None:
    with pytest.raises(Rejected, match="in use"):
        await here.prepare_start(here.busy())


async def test_a_socket_of_which_nothing_is_told_is_refused(here: Street) -> None:
    aim = here.free()
    here.switch("ports_missing")
    with pytest.raises(Rejected, match="not known"):
        await here.prepare_start(aim)


async def test_a_device_part_that_failed_is_a_refusal(here: Street) -> None:
    aim = here.free()
    here.switch("outer_true_inner_false")
    with pytest.raises(Rejected, match="设备通讯超时"):
        await here.prepare_start(aim)


# The one call.

SENDING: dict[str, tuple[type[Fault], int]] = {
    "reset": (Uncertain, 0),
    "reply_lost": (Uncertain, 1),
    "start_lost_reply": (Uncertain, 1),
    "http_500": (Uncertain, 0),
    "http_503": (Uncertain, 0),
    "not_json": (Uncertain, 1),
    "truncated": (Uncertain, 1),
    "empty_body": (Uncertain, 1),
    "nulls": (Uncertain, 1),
    "http_401": (Unauthorised, 0),
    "http_429": (RateLimited, 0),
    "throttle": (RateLimited, 0),
    "token_expired": (Unauthorised, 0),
    "balance": (Rejected, 0),
    "port_busy": (Rejected, 0),
    "device_offline": (DeviceOffline, 0),
}


@pytest.mark.parametrize("fault", SENDING)
async def test_it_is_sent_once_and_only_a_doubt_is_uncertain(here: Street, fault: str) -> None:
    raised, acts = SENDING[fault]
    aim = here.free()
    task = await here.prepare_start(aim)
    here.calls()
    here.switch(fault)
    with pytest.raises(raised) as refused:
        await here.send(task)
    here.simulator.switches.clear()
    here.simulator.advance(200)

    assert type(refused.value) is raised
    assert here.calls() == {"charge": 1}
    assert len(here.acts) == acts
    assert "867000000000001" not in refused.value.message


async def test_without_a_connection_nothing_is_sent(here: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    task = await here.prepare_start(here.free())
    monkeypatch.setattr(here.client, "send", _no_route)
    with pytest.raises(Unreachable):
        await here.send(task)


async def _no_route(*_: object, **__: object) -> None:
    raise httpx.ConnectError("no route")


@pytest.mark.parametrize(
    ("fault", "said"), [("balance", "payment"), ("port_busy", "in use"), ("device_offline", "offline")]
)
async def test_a_refusal_says_what_to_do(here: Street, fault: str, said: str) -> None:
    task = await here.prepare_start(here.free())
    here.switch(fault)
    with pytest.raises(Rejected, match=said) as refused:
        await here.send(task)

    wanted = Resolution.RETRY_LATER if fault == "device_offline" else Resolution.USER_ACTION
    assert (refused.value.raw_code, refused.value.resolution) == ("-1", wanted)


async def test_a_token_that_expired_did_nothing_and_is_renewed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with street(monkeypatch, **SIGNING_IN) as here:
        how = procedure(here.adapter, CommandKind.START_CHARGING)
        aim = here.free()
        task = await prepared(how, task_for(CommandKind.START_CHARGING, aim, clock=here.clock, minutes=5))
        here.calls()
        here.switch("token_expired", times=1)
        await sent(how, task, here.clock)
        here.simulator.advance(10)

        assert here.calls() == {"charge": 2, "getToken": 1}
        assert here.acts == power_on(here, aim)


# The proof.


async def test_a_result_that_says_no_is_a_failure(here: Street) -> None:
    aim = here.free()
    here.switch("result_fail")
    task = await here.start(aim)
    (found,) = await here.look(task, 10)

    assert (found.status, found.raw) == (CommandStatus.FAILED, RawCode("2"))
    assert found.fault is not None
    assert found.fault.message == "start charging: the device could not power the socket (result 2)"
    assert here.acts == []


async def test_the_result_is_asked_for_while_it_is_kept(here: Street) -> None:
    aim = here.free()
    here.switch("result_never", "on")
    task = await here.start(aim)
    here.calls()
    assert await here.look(task, 44.9) == []
    assert here.calls() == {"queryChargeResult": 1}

    assert await here.look(task, 0.1) == [
        evidence(here, aim, CommandStatus.CONFIRMED, CHARGING),
    ]
    assert here.calls() == {"queryChargeOrder": 1}
    assert here.acts == power_on(here, aim)


async def test_a_socket_that_stays_idle_after_the_window_has_failed(here: Street) -> None:
    aim = here.free()
    here.switch("result_never", "off")
    task = await here.start(aim)
    assert await here.look(task, 44) == []
    here.calls()
    (found,) = await here.look(task, 6)

    assert (found.status, found.raw) == (CommandStatus.FAILED, RawCode("1", "paid, not charging"))
    assert here.calls() == {"queryChargeOrder": 1, "deviceStatus": 2}
    assert here.acts == []


async def test_a_socket_that_is_idle_only_once_has_not_failed(here: Street) -> None:
    aim = here.free()
    here.switch("result_never", "off")
    task = await here.start(aim)
    await here.clock.advance(50)
    here.simulator.catch_up()
    socket = here.station(SOCKETS).sockets[port_of(aim) - 1]
    here.simulator.later(2, lambda: setattr(socket, "state", 1))
    (found,) = await here.look(task)

    assert found.status is None
    assert found.seen is not None


async def test_an_offline_device_proves_nothing(here: Street) -> None:
    aim = here.free()
    here.switch("result_never", "off")
    task = await here.start(aim)
    here.station(SOCKETS).is_online = False
    (found,) = await here.look(task, 60)

    assert found.status is None
    assert found.seen is not None
    assert found.seen.device.connectivity is Connectivity.OFFLINE


async def test_a_socket_that_acts_late_is_waited_for(here: Street) -> None:
    aim = here.free()
    here.switch("acts_late")
    task = await here.start(aim)
    for seconds in (11, 11, 11, 11):
        assert await here.look(task, seconds) == []
    for seconds in (6, 10, 20):
        (found,) = await here.look(task, seconds)
        assert found.status is None
        assert found.seen is not None

    assert await here.look(task, 10) == [
        evidence(here, aim, CommandStatus.CONFIRMED, CHARGING),
    ]
    assert here.acts == power_on(here, aim)


async def test_an_order_that_ended_before_there_was_power_has_failed(here: Street) -> None:
    aim = here.free()
    here.switch("acts_late")
    task = await here.start(aim)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": here.last_order(aim).port})
    (found,) = await here.look(task, 50)

    assert (found.status, found.raw) == (CommandStatus.FAILED, RawCode("4", "abnormal end"))
    here.simulator.advance(100)
    assert here.acts == []


async def test_an_order_that_ended_before_the_meter_moved_proves_nothing(here: Street) -> None:
    aim = here.free()
    here.switch("result_never", "on")
    task = await here.start(aim)
    here.simulator.advance(8)
    order = here.last_order(aim)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": order.port})
    order.energy_kwh = 0.0

    assert await here.look(task, 50) == []


async def test_a_charge_that_is_over_was_started(here: Street) -> None:
    aim = here.free()
    task = await here.start(aim, minutes=1)

    assert await here.look(task, 200) == [evidence(here, aim, CommandStatus.CONFIRMED, RawCode("3", "normal end"))]


async def test_where_the_result_cannot_be_read_the_order_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is an assumption."""
    async with street(monkeypatch, result_path="/nowhere") as here:
        aim = here.free()
        task = await here.start(aim)
        assert await here.look(task, 2.5) == []
        assert await here.look(task, 7.5) == [
            evidence(here, aim, CommandStatus.CONFIRMED, CHARGING),
        ]


async def test_a_result_is_believed_where_the_order_does_not_tell(here: Street) -> None:
    aim = here.free()
    task = await here.start(aim)
    here.switch("unknown_status")

    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, RawCode("1", "powered"))]


async def test_an_order_that_the_vendor_lost_proves_nothing(here: Street) -> None:
    aim = here.free()
    task = await here.start(aim)
    await here.clock.advance(60)
    here.simulator.fleet.orders.clear()

    assert await here.look(task) == []


# Lost replies.


@pytest.mark.parametrize("fault", ["start_lost_reply", "reply_lost", "not_json"])
async def test_a_start_whose_reply_was_lost_is_found(here: Street, fault: str) -> None:
    aim = here.free()
    task = await here.prepare_start(aim)
    here.switch(fault)
    with pytest.raises(Uncertain):
        await here.send(task)
    here.simulator.switches.clear()
    task = unanswered(task, here.clock)
    assert await here.look(task, 2.5) == []
    here.calls()

    assert await here.look(task, 7.5) == [
        evidence(here, aim, CommandStatus.CONFIRMED, CHARGING),
    ]
    assert here.calls() == {"queryChargeOrder": 1}
    assert here.acts == power_on(here, aim)


@pytest.mark.parametrize("minutes", [-4, 4])
async def test_a_lost_start_is_found_though_the_clocks_differ(here: Street, minutes: float) -> None:
    here.simulator.now += timedelta(minutes=minutes)
    aim = here.free()
    task = unanswered(await here.start(aim), here.clock)

    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]


async def test_an_answer_that_names_an_order_that_nobody_knows_is_as_good_as_lost(here: Street) -> None:
    aim = here.free()
    here.switch("wrong_types", path="/charge")
    task = await here.start(aim)
    assert task.answer["order"] == "20"

    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]


async def test_a_lost_start_that_never_reached_the_vendor_is_not_found(here: Street) -> None:
    aim = here.free()
    task = await here.prepare_start(aim)
    here.switch("reset")
    with pytest.raises(Uncertain):
        await here.send(task)
    here.simulator.switches.clear()

    assert await here.look(unanswered(task, here.clock), 60) == []
    assert here.acts == []


async def test_earlier_orders_are_not_taken_for_a_lost_start(here: Street) -> None:
    aim = here.free()
    port = port_of(aim)
    here.simulator.people.plug_in(here.station(SOCKETS), port, here.simulator.now)
    here.simulator.advance(10)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": port})
    task = await here.prepare_start(aim)

    assert await here.look(unanswered(task, here.clock), 60) == []


async def test_a_lost_start_that_failed_is_found_to_have_failed(here: Street) -> None:
    aim = here.free()
    here.switch("result_fail")
    task = unanswered(await here.start(aim), here.clock)
    (found,) = await here.look(task, 10)

    assert found.status is CommandStatus.FAILED
    assert found.session == session_ref("sockets", here.last_order(aim).number)


# Acting twice.


@pytest.mark.parametrize("is_lost", [False, True])
@pytest.mark.parametrize("seconds", [10, 60])
async def test_a_start_that_was_carried_out_twice_is_told(here: Street, seconds: float, *, is_lost: bool) -> None:
    aim = here.free()
    here.switch("start_double")
    task = await here.start(aim)
    task = unanswered(task, here.clock) if is_lost else task
    (found,) = await here.look(task, seconds)

    first, second = (order.number for order in here.orders_at(aim)[-2:])
    assert found.status is CommandStatus.OUTCOME_UNKNOWN
    assert isinstance(found.fault, Uncertain)
    assert f"{first}, {second}" in found.fault.message
    assert [what for what, _, _ in here.acts] == ["power on", "power on"]


async def test_the_next_customer_is_no_second_act(here: Street) -> None:
    aim = here.free()
    task = await here.start(aim)
    await here.clock.advance(30)
    here.simulator.catch_up()
    order = here.last_order(aim)
    here.simulator.actions()["unplug"]({"device": SOCKETS, "port": order.port})
    here.simulator.actions()["plug_in"]({"device": SOCKETS, "port": order.port})
    (found,) = await here.look(task, 30)

    assert here.last_order(aim) is not order
    assert (found.status, found.session) == (CommandStatus.CONFIRMED, session_ref("sockets", order.number))


async def test_somebody_who_is_asked_to_pay_is_no_second_act(here: Street) -> None:
    aim = here.free()
    task = await here.start(aim)
    unpaid = here.simulator.people.reserve(here.station(SOCKETS), here.last_order(aim).port, here.simulator.now)
    unpaid.status = 0
    (found,) = await here.look(task, 10)

    assert found.status is CommandStatus.CONFIRMED


async def test_a_cabinet_is_started_by_time(here: Street) -> None:
    aim = here.free(CABINET)
    task = await here.start(aim)

    assert await here.look(task, 10) == [evidence(here, aim, CommandStatus.CONFIRMED, CHARGING)]


async def test_nothing_is_looked_for_when_nothing_is_open(here: Street) -> None:
    task = await here.start(here.free())
    here.calls()

    assert await here.look(replace(task, targets=())) == []
    assert here.calls() == {}
