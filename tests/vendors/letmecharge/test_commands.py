"""Starting and stopping a charge on the simulator: what is refused before, what is sent, and what is proven after."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from model.commands import Aim
from model.faults import Fault, NotFound, RateLimited, Rejected, Unauthorised, Uncertain, Unreachable
from model.records import Customer
from model.refs import Ref, device_ref, session_ref, slot_ref, tariff_ref
from model.states import CommandKind, CommandStatus, Resolution
from tests.support.acting import looked, prepared, procedure, sent, task_for
from tests.support.clock import FakeClock
from tests.support.vendors import opened, simulator
from tests.vendors.letmecharge.replies import answering, fleet
from vendors.acting import Evidence, PerformsCommands, Procedure, Task
from vendors.kit.simulator import Switch
from vendors.letmecharge.adapter import LetMeChargeAdapter
from vendors.letmecharge.simulated_fleet import Plug
from vendors.letmecharge.simulated_orders import Order
from vendors.letmecharge.simulator import LetMeChargeSimulator

START, STOP = CommandKind.START_CHARGING, CommandKind.STOP_CHARGING
FILTER, UPDATED = "POST /v3/chargers/filter", "GET /chargers/{charger}/updated"
ORDERS = "GET /contracts/orders"
STARTED, STOPPED = "POST /v3/chargers/startcharge/{plug}", "POST /v3/chargers/stopcharge/{order}"
EMAIL, PLATE = "a.driver@example.com", "1234BCD"
DRIVER = Customer(email=EMAIL, license_plate=PLATE)


@dataclass
class Bench:
    """The adapter on its simulator, and a plug where nobody charges."""

    world: LetMeChargeSimulator
    clock: FakeClock
    adapter: LetMeChargeAdapter
    plug: Plug
    slot: Ref

    @property
    def start(self) -> Procedure:
        return procedure(self.adapter, START)

    @property
    def stop(self) -> Procedure:
        return procedure(self.adapter, STOP)

    def to_start(self, slot: Ref | None = None, **instruction: Any) -> Task:
        slot = slot or self.slot
        return task_for(START, Aim(device=slot.device, slot=slot), clock=self.clock, **instruction)

    def to_stop(self, session: Ref | None = None, slot: Ref | None = None) -> Task:
        return task_for(STOP, Aim(device=self.slot.device, slot=slot, session=session), clock=self.clock)

    async def started(self, **instruction: Any) -> Task:
        return await sent(self.start, await prepared(self.start, self.to_start(**instruction)), self.clock)

    async def lost(self) -> Task:
        """A start whose answer never came; all that is known of it is what was stored before."""
        task = await prepared(self.start, self.to_start())
        with pytest.raises(Uncertain):
            await self.start.send(task)
        return replace(task, sent_at=self.clock.now())

    async def stopped(self, order: Order) -> Task:
        task = self.to_stop(self.session(order))
        return await sent(self.stop, await prepared(self.stop, task), self.clock)

    async def seen(self, task: Task) -> Evidence | None:
        """The one piece of evidence that a look finds."""
        found = await looked(procedure(self.adapter, task.kind), task)
        assert len(found) <= 1
        assert all(evidence.position == 0 for evidence in found)
        return found[0] if found else None

    async def status(self, task: Task) -> CommandStatus | None:
        evidence = await self.seen(task)
        return evidence.status if evidence else None

    def orders_here(self) -> list[Order]:
        """What the API has started at the plug."""
        return [order for order in self.world.traffic.orders if order.plug is self.plug and order.is_remote]

    def session(self, order: Order) -> Ref:
        return session_ref("roaming", order.id)

    def acts(self) -> list[tuple[str, str, str]]:
        return [(act.what, act.subject, act.cause) for act in self.world.acts]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    clock = FakeClock()
    world = fleet(simulator("letmecharge", clock))
    station = world.chargers[0].stations[0]
    plug = next(plug for plug in station.plugs if plug.is_available)
    async with opened(world) as adapter:
        assert isinstance(adapter, LetMeChargeAdapter)
        yield Bench(world, clock, adapter, plug, slot_ref(device_ref("roaming", station.id), plug.id))


def charging(it: Bench) -> Order:
    """A driver's charge that will not end by itself."""
    return endless(next(order for order in it.world.traffic.running() if order.status == "IN_PROGRESS"))


def endless(order: Order) -> Order:
    order.leaves_at, order.capacity_kwh = order.leaves_at + timedelta(days=1), 10_000
    return order


# Starting.


async def test_a_charge_is_started() -> None:
    async with bench() as it:
        assert isinstance(it.adapter, PerformsCommands)
        task = await it.started()
        (order,) = it.orders_here()
        assert task.answer == {"orderId": order.order_id, "_id": order.record_id}
        assert (task.targets[0].status, task.targets[0].session) == (CommandStatus.SENT, it.session(order))

        evidence = await it.seen(task)
        assert evidence is not None
        assert (evidence.status, evidence.session, evidence.fault) == (
            CommandStatus.ACKNOWLEDGED,
            it.session(order),
            None,
        )
        assert evidence.raw is not None
        assert evidence.raw.code == "ORDER_INIT_AND_WAITING"
        assert it.acts() == []

        await it.clock.advance(8)
        assert await it.status(task) is CommandStatus.CONFIRMED
        assert it.acts() == [("power on", it.plug.id, order.order_id)]


async def test_the_calls_of_a_start() -> None:
    async with bench() as it:
        task = await prepared(it.start, it.to_start())
        assert it.world.counts == {FILTER: 2, UPDATED: 1, ORDERS: 1}
        it.world.counts.clear()
        task = await sent(it.start, task, it.clock)
        assert it.world.counts == {STARTED: 1}
        it.world.counts.clear()
        await it.seen(task)
        assert it.world.counts == {ORDERS: 1}


@pytest.mark.parametrize(
    ("customer", "body"),
    [
        (None, {}),
        (Customer(), {}),
        (DRIVER, {"user_email": "a.driver@example.com", "plate": "1234BCD"}),
        (Customer(license_plate="1234BCD"), {"plate": "1234BCD"}),
    ],
)
async def test_the_driver_is_named_only_where_given(customer: Customer | None, body: dict[str, str]) -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.raw_path == b"/api/v3/chargers/startcharge/p%2F1"
        bodies.append(request.content)
        return httpx.Response(200, json={"orderId": "o"})

    async with answering(answer) as adapter:
        slot = slot_ref(device_ref("roaming", "d"), "p/1")
        aim = Aim(device=slot.device, slot=slot)
        await procedure(adapter, START).send(task_for(START, aim, clock=FakeClock(), customer=customer))
    assert [json.loads(content) for content in bodies] == [body]


@pytest.mark.parametrize("fault", [None, "in_use_400", "start_500_but_started", "reply_lost", "http_401", "nulls"])
async def test_the_driver_is_stored_and_told_nowhere(fault: str | None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with bench() as it:
        task = await prepared(it.start, it.to_start(customer=DRIVER))
        told = [repr(task), repr(task.before)]
        if fault:
            it.world.switches[fault] = Switch(path="startcharge")
            it.plug.is_available = fault != "in_use_400"
        try:
            accepted = await it.start.send(task)
            told.append(repr(accepted))
        except Fault as raised:
            told += [repr(raised), str(raised), repr(raised.__cause__)]
        told += [record.getMessage() for record in caplog.records]
        assert [order.email for order in it.orders_here()] == [EMAIL] * (fault not in {"in_use_400", "http_401"})
    for text in told:
        assert EMAIL not in text
        assert PLATE not in text


@pytest.mark.parametrize(
    ("name", "value"), [("minutes", 30), ("prepaid", Decimal(5)), ("tariff", tariff_ref("roaming", "t"))]
)
async def test_what_this_vendor_does_not_sell_by_is_refused(name: str, value: Any) -> None:
    async with bench() as it:
        with pytest.raises(Rejected, match=f"leave out {name}$") as raised:
            await it.start.prepare(it.to_start(**{name: value}))
        assert raised.value.resolution is Resolution.USER_ACTION
        assert it.world.counts == {}


async def test_a_start_without_a_plug_is_refused() -> None:
    async with bench() as it:
        task = task_for(START, Aim(device=it.slot.device), clock=it.clock)
        with pytest.raises(Rejected, match="name the slot") as raised:
            await it.start.prepare(task)
        assert raised.value.resolution is Resolution.USER_ACTION


async def test_unknown_plugs_are_not_found_and_asked_for_once() -> None:
    async with bench() as it:
        with pytest.raises(NotFound):
            await it.start.prepare(it.to_start(slot_ref(device_ref("roaming", "f" * 24), it.plug.id)))
        assert it.world.counts == {FILTER: 2, ORDERS: 1}
        it.world.counts.clear()
        with pytest.raises(NotFound):
            await it.start.prepare(it.to_start(slot_ref(it.slot.device, "f" * 24)))
        assert it.world.counts == {FILTER: 2, UPDATED: 1, ORDERS: 1}


@pytest.mark.parametrize("wait_s", [0, 30])
async def test_a_plug_in_use_is_refused_before_anything_is_sent(wait_s: float) -> None:
    async with bench() as it:
        await it.started()
        await it.clock.advance(wait_s)
        with pytest.raises(Rejected, match="plug is in use") as raised:
            await it.start.prepare(it.to_start())
        assert raised.value.resolution is Resolution.USER_ACTION
        assert it.world.counts[STARTED] == 1


@pytest.mark.parametrize(("fault", "code"), [(None, "403"), ("in_use_400", "400")])
async def test_a_plug_taken_in_the_meantime_is_refused_by_the_vendor(fault: str | None, code: str) -> None:
    async with bench() as it:
        task = await prepared(it.start, it.to_start())
        it.plug.is_available = False
        if fault:
            it.world.switches[fault] = Switch()
        with pytest.raises(Rejected, match="may be in use") as raised:
            await it.start.send(task)
        assert (raised.value.raw_code, raised.value.resolution) == (code, Resolution.USER_ACTION)
        assert it.orders_here() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Unauthorised),
        (403, Rejected),
        (404, NotFound),
        (422, Rejected),
        (429, RateLimited),
        (408, Uncertain),
        (500, Uncertain),
        (502, Uncertain),
        (503, Uncertain),
    ],
)
async def test_what_a_status_means_to_a_start(status: int, kind: type[Fault]) -> None:
    calls: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return httpx.Response(status, json={"message": "a.driver@example.com", "statusCode": status})

    async with answering(answer) as adapter:
        slot = slot_ref(device_ref("roaming", "d"), "p")
        with pytest.raises(Fault) as raised:
            await procedure(adapter, START).send(
                task_for(START, Aim(device=slot.device, slot=slot), clock=FakeClock(), customer=DRIVER)
            )
    assert type(raised.value) is kind
    assert raised.value.raw_code == str(status)
    assert len(calls) == 1


@pytest.mark.parametrize("payload", [[], {}, "text", None, 5, {"orderId": 5}, {"status": 1}])
async def test_a_200_of_another_shape_may_have_started(payload: Any) -> None:
    async with answering(lambda _: httpx.Response(200, content=json.dumps(payload))) as adapter:
        slot = slot_ref(device_ref("roaming", "d"), "p")
        with pytest.raises(Uncertain, match="may have been started"):
            await procedure(adapter, START).send(task_for(START, Aim(device=slot.device, slot=slot), clock=FakeClock()))


async def test_a_reply_without_the_order_id_names_no_session_yet() -> None:
    async with answering(lambda _: httpx.Response(200, json={"_id": "r"})) as adapter:
        slot = slot_ref(device_ref("roaming", "d"), "p")
        accepted = await procedure(adapter, START).send(
            task_for(START, Aim(device=slot.device, slot=slot), clock=FakeClock())
        )
    assert accepted.answer == {"_id": "r"}
    assert [(evidence.status, evidence.session) for evidence in accepted.learnt] == [(CommandStatus.SENT, None)]


LOSSES = ["start_lost_reply", "reply_lost", "start_500_but_started", "not_json", "truncated", "empty_body", "nulls"]


@pytest.mark.parametrize("fault", [*LOSSES, "wrong_types"])
async def test_a_start_without_an_answer_is_found_again(fault: str) -> None:
    async with bench() as it:
        earlier = await it.started()
        await it.clock.advance(10)
        it.world.traffic.stop(it.orders_here()[0], it.world.now)
        it.world.acts.clear()

        it.world.switches[fault] = Switch(path="startcharge", times=1)
        task = await it.lost()
        assert it.world.counts[STARTED] == 2
        assert task.answer == {}
        assert task.before["orders"][0] == earlier.answer["orderId"]
        (_, order) = it.orders_here()

        await it.clock.advance(8)
        evidence = await it.seen(task)
        assert evidence is not None
        assert (evidence.status, evidence.session) == (CommandStatus.CONFIRMED, it.session(order))
        assert it.acts() == [("power on", it.plug.id, order.order_id)]
        assert it.world.counts[STARTED] == 2


@pytest.mark.parametrize("fault", ["reset", "http_500", "http_503"])
async def test_of_a_start_that_never_came_nothing_is_ever_said(fault: str) -> None:
    async with bench() as it:
        it.world.switches[fault] = Switch(path="startcharge", times=1)
        task = await it.lost()
        for seconds in (3, 60, 600):
            await it.clock.advance(seconds)
            assert await it.seen(task) is None
        assert (it.orders_here(), it.acts()) == ([], [])


async def test_a_start_is_found_by_another_process_that_knows_what_was_stored() -> None:
    async with bench() as it:
        task = await it.started(customer=DRIVER)
        stored = replace(
            task,
            instruction=replace(task.instruction, customer=None),
            before=json.loads(json.dumps(task.before)),
            answer=json.loads(json.dumps(task.answer)),
        )
        await it.clock.advance(8)
        async with opened(it.world) as adapter:
            (evidence,) = await looked(procedure(adapter, START), stored)
    assert evidence.status is CommandStatus.CONFIRMED


@pytest.mark.parametrize("value", [None, "start_id"])
async def test_an_order_under_another_id_is_found_by_its_plug_or_its_record(value: str | None) -> None:
    async with bench() as it:
        it.world.switches["id_mismatch"] = Switch(value=value)
        task = await it.started()
        (order,) = it.orders_here()
        assert (order.id in task.answer.values()) is (value == "start_id")

        await it.clock.advance(8)
        evidence = await it.seen(task)
        assert evidence is not None
        assert (evidence.status, evidence.session) == (CommandStatus.CONFIRMED, it.session(order))
        assert evidence.session != task.targets[0].session


@pytest.mark.parametrize("is_lost", [True, False])
async def test_two_orders_for_one_start_are_named(is_lost: bool) -> None:
    async with bench() as it:
        it.world.switches["starts_twice"] = Switch()
        if is_lost:
            it.world.switches["start_lost_reply"] = Switch()
        task = await it.lost() if is_lost else await it.started()
        await it.clock.advance(8)
        evidence = await it.seen(task)
        assert evidence is not None
        assert evidence.status is CommandStatus.OUTCOME_UNKNOWN
        assert isinstance(evidence.fault, Uncertain)
        assert evidence.fault.resolution is Resolution.USER_ACTION
        assert [order.id in evidence.fault.message for order in it.orders_here()] == [True, True]
        assert [what for what, *_ in it.acts()] == ["power on", "power on"]


async def test_the_next_charge_at_the_plug_is_no_second_order_of_the_start() -> None:
    async with bench() as it:
        task = await it.started()
        await it.clock.advance(30)
        await it.seen(task)
        it.world.traffic.stop(it.orders_here()[0], it.world.now)
        await it.clock.advance(1)
        await it.started()
        evidence = await it.seen(task)
        assert evidence is not None
        assert (evidence.status, evidence.session) == (CommandStatus.CONFIRMED, it.session(it.orders_here()[0]))


@pytest.mark.parametrize(
    ("order_id", "plug", "minutes", "is_ours"),
    [
        ("new", "p", -1.9, True),
        ("new", "p", 3.9, True),
        ("new", "p", -2.1, False),
        ("new", "p", 4.1, False),
        ("new", "another", 1, False),
        ("seen", "p", 1, False),
    ],
)
async def test_which_order_is_taken_for_the_start(order_id: str, plug: str, minutes: float, is_ours: bool) -> None:
    clock = FakeClock()
    slot = slot_ref(device_ref("roaming", "d"), "p")
    task = task_for(START, Aim(device=slot.device, slot=slot), clock=clock)
    task = replace(task, sent_at=clock.now(), before={"orders": ["seen"]})
    made = (clock.now() + timedelta(minutes=minutes)).isoformat()
    order = {"id": order_id, "status": "IN_PROGRESS", "createdAt": made, "physicalPlugs": {"_id": plug}}
    async with answering(lambda _: httpx.Response(200, json=[order])) as adapter:
        found = await looked(procedure(adapter, START), task)
    assert [evidence.session for evidence in found] == [session_ref("roaming", "new")] * is_ours


@pytest.mark.parametrize(
    ("fault", "value", "wait_s", "status"),
    [
        ("payment_error_with_energy", None, 60, CommandStatus.CONFIRMED),
        ("internal_error", None, 60, CommandStatus.CONFIRMED),
        ("provider_error", None, 60, CommandStatus.CONFIRMED),
        ("internal_error", "without_energy", 8, CommandStatus.FAILED),
        ("provider_error", "without_energy", 8, CommandStatus.FAILED),
        ("acts_late", None, 80, CommandStatus.ACKNOWLEDGED),
        ("acts_late", None, 95, CommandStatus.CONFIRMED),
        ("acts_late", 10, 12, CommandStatus.CONFIRMED),
        ("not_plugged_then_progress", None, 70, None),
        ("not_plugged_then_progress", None, 200, CommandStatus.CONFIRMED),
        ("unknown_status", None, 30, None),
        ("late_progress", None, 30, CommandStatus.CONFIRMED),
        ("batch_with_bad_item", None, 30, None),
        ("string_numbers", None, 30, CommandStatus.CONFIRMED),
        ("time_form", None, 30, CommandStatus.CONFIRMED),
        ("null_fields", None, 30, None),
    ],
)
async def test_what_becomes_of_a_start(
    fault: str, value: str | float | None, wait_s: float, status: CommandStatus | None
) -> None:
    async with bench() as it:
        task = await prepared(it.start, it.to_start())
        it.world.switches[fault] = Switch(value=value)
        task = await sent(it.start, task, it.clock)
        await it.clock.advance(wait_s)
        assert await it.status(task) is status
        powered = [("power on", it.plug.id, task.answer["orderId"])]
        assert it.acts() == (powered if status is CommandStatus.CONFIRMED or it.acts() else [])
        assert status is not CommandStatus.FAILED or it.acts() == []


async def test_a_start_without_a_cable_fails_and_says_what_to_do() -> None:
    async with bench() as it:
        it.world.actions()["unplug"]({"plug": it.plug.id})
        task = await it.started()
        await it.clock.advance(50)
        assert await it.status(task) is CommandStatus.ACKNOWLEDGED
        await it.clock.advance(15)
        evidence = await it.seen(task)
        assert evidence is not None
        assert evidence.status is CommandStatus.FAILED
        assert isinstance(evidence.fault, Rejected)
        assert "plug it in and start again" in evidence.fault.message
        assert it.acts() == []


async def test_looks_do_not_read_further_back_than_the_start() -> None:
    async with bench() as it:
        it.world.switches["http_500"] = Switch(path="startcharge")
        task = await it.lost()
        it.world.counts.clear()
        assert await it.seen(task) is None
        assert len(it.world.traffic.orders) > 200
        assert it.world.counts == {ORDERS: 1}


# Stopping.


async def test_a_charge_is_stopped() -> None:
    async with bench() as it:
        order = charging(it)
        task = await it.stopped(order)
        assert task.before == {"order": order.id, "made_at": order.created_at.isoformat(timespec="seconds")}
        assert (task.answer, task.targets[0].status) == ({}, CommandStatus.SENT)
        assert await it.seen(task) is None

        await it.clock.advance(4)
        evidence = await it.seen(task)
        assert evidence is not None
        assert (evidence.status, evidence.raw and evidence.raw.code) == (CommandStatus.CONFIRMED, "FINISHED")
        assert it.acts() == [("power off", order.plug.id, order.order_id)]


async def test_the_calls_of_a_stop() -> None:
    async with bench() as it:
        task = await prepared(it.stop, it.to_stop(it.session(charging(it))))
        assert it.world.counts == {ORDERS: 2}
        it.world.counts.clear()
        task = await sent(it.stop, task, it.clock)
        assert it.world.counts == {STOPPED: 1}
        it.world.counts.clear()
        await it.seen(task)
        assert it.world.counts == {ORDERS: 1}


@pytest.mark.parametrize("wait_s", [0, 3600])
async def test_a_stop_at_a_plug_finds_what_runs_there(wait_s: float) -> None:
    async with bench() as it:
        await it.started()
        order = endless(it.orders_here()[0])
        await it.clock.advance(wait_s)
        found = await it.stop.prepare(it.to_stop(slot=it.slot))
        assert [(evidence.status, evidence.session) for evidence in found.learnt] == [
            (CommandStatus.PENDING, it.session(order))
        ]
        assert found.before["order"] == order.order_id


async def test_a_stop_never_hits_the_next_customer() -> None:
    async with bench() as it:
        await it.started()
        await it.clock.advance(10)
        (first,) = it.orders_here()
        task = await prepared(it.stop, it.to_stop(slot=it.slot))
        it.world.traffic.stop(first, it.world.now)
        it.world.acts.clear()
        await it.started()
        second = it.orders_here()[1]

        task = await sent(it.stop, task, it.clock)
        await it.clock.advance(10)
        assert await it.status(task) is CommandStatus.CONFIRMED
        assert second.status == "IN_PROGRESS"
        assert it.acts() == [("power on", it.plug.id, second.order_id)]


async def test_stops_that_are_refused() -> None:
    async with bench() as it:
        order = charging(it)
        ended = next(order for order in reversed(it.world.traffic.orders) if order.finished_at)
        refusals = {
            "has ended already": it.to_stop(it.session(ended)),
            "is at another plug": it.to_stop(it.session(order), slot=it.slot),
            "no charge of this contract runs": it.to_stop(slot=it.slot),
            "name the slot": it.to_stop(),
        }
        for message, task in refusals.items():
            with pytest.raises(Rejected, match=message) as raised:
                await it.stop.prepare(task)
            assert raised.value.resolution is Resolution.USER_ACTION
        assert it.world.counts == {ORDERS: 8}


async def test_an_unknown_charge_is_not_found_and_asked_for_once() -> None:
    async with bench() as it:
        with pytest.raises(NotFound):
            await it.stop.prepare(it.to_stop(session_ref("roaming", "f" * 24)))
        assert it.world.counts == {ORDERS: 2}


async def test_of_two_charges_at_a_plug_one_must_be_named() -> None:
    async with bench() as it:
        it.world.switches["starts_twice"] = Switch()
        await it.started()
        with pytest.raises(Rejected, match="name the one to stop"):
            await it.stop.prepare(it.to_stop(slot=it.slot))
        task = await it.stopped(it.orders_here()[1])
        await it.clock.advance(10)
        assert await it.status(task) is CommandStatus.CONFIRMED
        assert [order.status for order in it.orders_here()] == ["IN_PROGRESS", "FINISHED"]


@pytest.mark.parametrize("fault", ["reply_lost", "not_json", "truncated", "empty_body"])
async def test_a_stop_without_an_answer_is_found_again(fault: str) -> None:
    async with bench() as it:
        order = charging(it)
        task = await prepared(it.stop, it.to_stop(it.session(order)))
        it.world.switches[fault] = Switch(path="stopcharge")
        with pytest.raises(Uncertain):
            await it.stop.send(task)
        task = replace(task, sent_at=it.clock.now())
        await it.clock.advance(5)
        assert await it.status(task) is CommandStatus.CONFIRMED
        assert it.world.counts[STOPPED] == 1
        assert it.acts() == [("power off", order.plug.id, order.order_id)]


@pytest.mark.parametrize("payload", [{}, [], None, {"message": "ok"}])
async def test_any_json_is_a_yes_to_a_stop(payload: Any) -> None:
    async with answering(lambda _: httpx.Response(200, content=json.dumps(payload))) as adapter:
        task = task_for(STOP, Aim(device=device_ref("roaming", "d")), clock=FakeClock())
        accepted = await procedure(adapter, STOP).send(replace(task, before={"order": "o", "made_at": None}))
    assert (accepted.answer, accepted.learnt) == ({}, ())


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Rejected), (401, Unauthorised), (403, Unauthorised), (404, NotFound), (429, RateLimited), (500, Uncertain)],
)
async def test_what_a_status_means_to_a_stop(status: int, kind: type[Fault]) -> None:
    async with answering(lambda _: httpx.Response(status)) as adapter:
        task = task_for(STOP, Aim(device=device_ref("roaming", "d")), clock=FakeClock())
        with pytest.raises(Fault) as raised:
            await procedure(adapter, STOP).send(replace(task, before={"order": "o", "made_at": None}))
    assert type(raised.value) is kind


@pytest.mark.parametrize(
    ("fault", "value", "wait_s", "status"),
    [
        ("stop_ignored", None, 30, None),
        ("acts_late", None, 80, None),
        ("acts_late", None, 95, CommandStatus.CONFIRMED),
        ("late_progress", None, 60, None),
        ("late_progress", None, 150, CommandStatus.CONFIRMED),
        ("unknown_status", None, 30, None),
        ("payment_error_with_energy", None, 30, CommandStatus.CONFIRMED),
        ("string_numbers", None, 30, CommandStatus.CONFIRMED),
    ],
)
async def test_what_becomes_of_a_stop(
    fault: str, value: str | float | None, wait_s: float, status: CommandStatus | None
) -> None:
    async with bench() as it:
        order = charging(it)
        task = await prepared(it.stop, it.to_stop(it.session(order)))
        it.world.switches[fault] = Switch(value=value)
        task = await sent(it.stop, task, it.clock)
        await it.clock.advance(wait_s)
        assert await it.status(task) is status


async def test_a_charge_started_here_is_stopped_by_the_starts_order_id_where_the_list_has_it() -> None:
    listed = {"id": "a", "orderId": "b", "_id": "c", "status": "IN_PROGRESS"}
    async with answering(lambda _: httpx.Response(200, json=[listed])) as adapter:
        target = Aim(device=device_ref("roaming", "d"), session=session_ref("roaming", "c"))
        found = await procedure(adapter, STOP).prepare(task_for(STOP, target, clock=FakeClock()))
    assert found.before == {"order": "b", "made_at": None}
    assert [evidence.session for evidence in found.learnt] == [session_ref("roaming", "a")]


async def test_an_order_that_is_no_longer_listed_costs_no_more_pages_than_its_age() -> None:
    async with bench() as it:
        order = charging(it)
        task = await it.stopped(order)
        it.world.traffic.orders.remove(order)
        it.world.counts.clear()
        assert await it.seen(task) is None
        assert it.world.counts == {ORDERS: 1}


# Both.


@pytest.mark.parametrize("kind", [START, STOP])
@pytest.mark.parametrize("fault", ["http_500", "http_429", "http_401", "reset", "not_json"])
async def test_nothing_is_sent_when_what_must_be_known_cannot_be_read(fault: str, kind: CommandKind) -> None:
    async with bench() as it:
        task = it.to_start() if kind is START else it.to_stop(it.session(charging(it)))
        it.world.switches[fault] = Switch()
        with pytest.raises(Fault) as raised:
            await procedure(it.adapter, kind).prepare(task)
        assert not isinstance(raised.value, Uncertain)
        assert it.world.counts[STARTED] == it.world.counts[STOPPED] == 0


async def test_a_vendor_that_is_down_shows_nothing_and_is_asked_again() -> None:
    async with bench() as it:
        task = await it.started()
        it.world.switches["http_503"] = Switch()
        with pytest.raises(Unreachable):
            await it.seen(task)
        it.world.switches.clear()
        await it.clock.advance(8)
        assert await it.status(task) is CommandStatus.CONFIRMED
