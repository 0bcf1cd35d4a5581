"""What the simulated vendor pushes: every change of an order, and what each switch makes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from model.refs import session_ref
from model.states import ChargingSessionStatus, EventType
from tests.support.clock import FakeClock
from tests.vendors.letmecharge.replies import SAMPLES, settings
from vendors.kit.simulator import Switch
from vendors.letmecharge import simulated_orders
from vendors.letmecharge.simulated_fleet import Plug
from vendors.letmecharge.simulated_orders import Order
from vendors.letmecharge.simulator import API_KEY, LetMeChargeSimulator
from vendors.letmecharge.webhook import OrderReceiver
from vendors.receiving import Push, Pushed

URL = "http://gateway.test/webhooks/roaming/a-secret"
KEY = {"authorization": f"Bearer {API_KEY}"}
WAITING, CHARGING, FINISHED = "ORDER_INIT_AND_WAITING", "IN_PROGRESS", "FINISHED"


@dataclass
class Gateway:
    """Whoever listens at the URL; answers with one status after the other, the last one for ever."""

    world: LetMeChargeSimulator
    clock: FakeClock
    http: httpx.AsyncClient
    statuses: list[int] = field(default_factory=lambda: [200])
    heard: list[tuple[float, Any]] = field(default_factory=list)
    """After how many seconds, and the body."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("POST", URL)
        assert request.headers["content-type"] == "application/json"
        self.heard.append((round(self.clock.monotonic()), orjson.loads(request.content)))
        return httpx.Response(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0])

    async def register(self, url: str | None = URL) -> httpx.Response:
        return await self.http.post("/_control/actions/set_webhook", json={"url": url})

    def switch(self, name: str, value: str | float | None = None, **how: Any) -> None:
        self.world.switches[name] = Switch(value=value, **how)

    async def start(self, *, has_cable: bool = True) -> Order:
        plug = idle_plug(self.world)
        plug.has_cable = has_cable
        await self.http.post(f"/v3/chargers/startcharge/{plug.id}", json={"user_email": "a@example.com"})
        order = self.world.traffic.orders[-1]
        order.leaves_at, order.capacity_kwh = self.world.now + timedelta(days=1), 10_000
        return order

    async def stop(self, order: Order) -> None:
        await self.http.post(f"/v3/chargers/stopcharge/{order.order_id}")

    def told(self) -> list[tuple[float, str]]:
        """After how many seconds, and which status."""
        return [(after, order["status"]) for after, body in self.heard for order in body]

    def read(self) -> list[Pushed]:
        """What our side makes of it."""
        receiver = OrderReceiver(settings())
        bodies = [orjson.dumps(body) for _, body in self.heard]
        pushes = [Push(headers={}, body=body, received_at=self.world.now) for body in bodies]
        return [item for push in pushes for item in receiver.read(push) if isinstance(item, Pushed)]


@pytest.fixture
async def gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    """A world in which nobody comes by, with its webhook set."""
    clock = FakeClock()
    world = LetMeChargeSimulator(clock=clock)
    monkeypatch.setattr(simulated_orders, "_arrivals_per_hour", lambda _: 0.0)
    for order in world.traffic.running():
        world.traffic.stop(order, world.now)
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://letmecharge.test", headers=KEY) as http:
        listener = Gateway(world, clock, http)
        world._outside = httpx.MockTransport(listener.answer)
        assert (await listener.register()).status_code == 200
        moving = asyncio.create_task(world.keep_moving())
        yield listener
        moving.cancel()
        with suppress(asyncio.CancelledError):
            await moving


def idle_plug(world: LetMeChargeSimulator) -> Plug:
    return next(plug for charger in world.chargers for plug in charger.plugs if plug.is_available)


def of_the_sample(body: Any) -> bool:
    """Whether a body is as full as the vendor's example."""
    (sample,) = orjson.loads((SAMPLES / "contracts-orders.json").read_bytes())
    return isinstance(body, list) and [set(order) for order in body] == [set(sample)]


# What is pushed when.


async def test_a_start_and_a_stop(gateway: Gateway) -> None:
    order = await gateway.start()
    await gateway.clock.advance(70)
    await gateway.stop(order)
    await gateway.clock.advance(60)

    assert gateway.told() == [(1, WAITING), (5, CHARGING), (35, CHARGING), (65, CHARGING), (73, FINISHED)]
    assert all(of_the_sample(body) for _, body in gateway.heard)
    energies = [body[0]["charged_kwh"] for _, body in gateway.heard]
    assert energies[:2] == [0, 0]
    assert energies[1:] == sorted(energies[1:])
    assert {body[0]["id"] for _, body in gateway.heard} == {order.order_id}
    assert {body[0]["user_email"] for _, body in gateway.heard} == {"a@example.com"}
    assert gateway.heard[-1][1][0]["finished"] == gateway.heard[-1][1][0]["updatedAt"]


async def test_what_our_side_makes_of_it(gateway: Gateway) -> None:
    order = await gateway.start()
    await gateway.clock.advance(70)
    await gateway.stop(order)
    await gateway.clock.advance(60)
    session = session_ref("roaming", order.order_id)

    found = gateway.read()
    assert [(item.happening.type, bool(item.proof)) for item in found] == [
        (EventType.SESSION_UPDATED, True),
        (EventType.SESSION_STARTED, True),
        (EventType.SESSION_UPDATED, False),
        (EventType.SESSION_UPDATED, False),
        (EventType.SESSION_COMPLETED, True),
    ]
    assert {item.happening.charging_session for item in found} == {session}
    assert len({item.key for item in found}) == 5
    assert [item.at for item in found] == sorted(item.at for item in found if item.at)


async def test_a_start_without_a_cable(gateway: Gateway) -> None:
    await gateway.start(has_cable=False)
    await gateway.clock.advance(70)

    assert gateway.told() == [(1, WAITING), (60, "NOT_PLUGGED")]
    assert gateway.heard[-1][1][0]["finished"]


async def test_a_driver_who_comes_by_is_told_of_too(gateway: Gateway) -> None:
    gateway.world.traffic.arrive(gateway.world.now)
    await gateway.clock.advance(25)

    assert [status for _, status in gateway.told()] == [WAITING, CHARGING]


async def test_pushes_are_tried_again(gateway: Gateway) -> None:
    gateway.statuses = [500, 404, 400, 204]
    await gateway.start(has_cable=False)
    await gateway.clock.advance(45)
    assert gateway.told() == [(1, WAITING), (6, WAITING), (36, WAITING)]

    await gateway.clock.advance(600)
    assert [after for after, status in gateway.told() if status == WAITING] == [1, 6, 36, 336]


async def test_nothing_is_pushed_without_a_url(gateway: Gateway) -> None:
    assert (await gateway.register(None)).status_code == 200
    await gateway.start()
    await gateway.clock.advance(60)
    assert gateway.heard == []

    assert (await gateway.register()).status_code == 200
    await gateway.clock.advance(10)
    assert gateway.told() == [(65, CHARGING)]
    await gateway.http.post("/_control/reset")
    gateway.world.traffic.arrive(gateway.world.now)
    await gateway.clock.advance(60)
    assert len(gateway.heard) == 1


@pytest.mark.parametrize("body", [{}, {"url": "gateway.test/hook"}, {"url": 7}, {"url": ""}])
async def test_what_is_no_url_is_refused(gateway: Gateway, body: Any) -> None:
    assert (await gateway.http.post("/_control/actions/set_webhook", json=body)).status_code == 422
    assert gateway.world.webhook.url == URL


# Switches.


async def test_a_push_comes_twice(gateway: Gateway) -> None:
    gateway.switch("duplicate", times=1)
    await gateway.start()
    await gateway.clock.advance(6)

    assert gateway.told() == [(1, WAITING), (2, WAITING), (5, CHARGING)]
    assert len({item.key for item in gateway.read()}) == 2


async def test_a_push_is_overtaken_by_the_next(gateway: Gateway) -> None:
    gateway.switch("reorder", times=1)
    order = await gateway.start()
    await gateway.clock.advance(10)
    assert gateway.told() == [(5, CHARGING), (6, WAITING)]

    gateway.switch("reorder")
    await gateway.clock.advance(26)
    await gateway.stop(order)
    await gateway.clock.advance(10)
    assert gateway.told()[2:] == [(39, FINISHED), (40, CHARGING)]


@pytest.mark.parametrize(("value", "seconds"), [(None, 60), (7, 7)])
async def test_a_push_comes_late(gateway: Gateway, value: float | None, seconds: int) -> None:
    gateway.switch("delay", value, times=1)
    await gateway.start()
    await gateway.clock.advance(64)

    assert (1 + seconds, WAITING) in gateway.told()
    assert (5, CHARGING) in gateway.told()


async def test_a_push_is_lost(gateway: Gateway) -> None:
    gateway.switch("drop", times=1)
    await gateway.start()
    await gateway.clock.advance(10)

    assert gateway.told() == [(5, CHARGING)]


async def test_an_order_instead_of_a_list(gateway: Gateway) -> None:
    gateway.switch("single_object")
    order = await gateway.start()
    await gateway.clock.advance(2)

    assert gateway.heard[0][1]["id"] == order.order_id
    assert [item.happening.charging_session for item in gateway.read()] == [session_ref("roaming", order.order_id)]


async def test_a_list_with_something_broken(gateway: Gateway) -> None:
    gateway.switch("batch_with_bad_item")
    order = await gateway.start()
    await gateway.clock.advance(2)

    assert [item.get("id") for item in gateway.heard[0][1]] == [None, order.order_id]
    assert len(gateway.read()) == 1


async def test_progress_after_the_end(gateway: Gateway) -> None:
    order = await gateway.start()
    await gateway.clock.advance(10)
    gateway.switch("late_progress")
    await gateway.stop(order)
    await gateway.clock.advance(10)

    assert gateway.told()[2:] == [(13, FINISHED), (18, CHARGING)]
    ended, late = gateway.read()[2:]
    assert late.at
    assert ended.at
    assert late.at > ended.at
    assert late.proof


async def test_a_forged_end(gateway: Gateway) -> None:
    gateway.switch("forged_webhook", times=1)
    order = await gateway.start()
    await gateway.clock.advance(10)

    assert gateway.told() == [(1, WAITING), (5, CHARGING), (6, FINISHED)]
    assert (order.status, order.finished_at) == (CHARGING, None)
    forged = gateway.read()[-1]
    assert forged.session
    assert (forged.session.status, forged.proof) == (ChargingSessionStatus.COMPLETED, (forged.session.ref,))


async def test_not_plugged_and_then_a_charge(gateway: Gateway) -> None:
    gateway.switch("not_plugged_then_progress")
    await gateway.start(has_cable=False)
    await gateway.clock.advance(185)

    assert gateway.told() == [(1, WAITING), (60, "NOT_PLUGGED"), (180, CHARGING)]
    assert gateway.heard[1][1][0]["finished"] is None


@pytest.mark.parametrize("value", [None, "start_id"])
async def test_an_order_is_pushed_under_another_id(gateway: Gateway, value: str | None) -> None:
    gateway.switch("id_mismatch", value)
    order = await gateway.start()
    await gateway.clock.advance(6)

    assert {body[0]["id"] for _, body in gateway.heard} == {order.id}
    assert order.id != order.order_id
    assert (order.id == order.record_id) is (value == "start_id")


@pytest.mark.parametrize(
    ("fault", "value", "status"),
    [
        ("payment_error_with_energy", None, "PAYMENT_ERROR"),
        ("internal_error", None, "INTERNAL_ERROR"),
        ("provider_error", None, "PROVIDER_ERROR"),
        ("payment_error_with_energy", "without_energy", "PAYMENT_ERROR"),
        ("provider_error", "without_energy", "PROVIDER_ERROR"),
    ],
)
async def test_errors(gateway: Gateway, fault: str, value: str | None, status: str) -> None:
    await gateway.start()
    if value is None:
        await gateway.clock.advance(20)
    gateway.switch(fault, value)
    await gateway.clock.advance(20)

    assert [told for _, told in gateway.told()] == [WAITING, *([] if value else [CHARGING]), status]


@pytest.mark.parametrize(
    ("fault", "name", "value"),
    [
        ("unknown_status", "status", "SUSPENDED_BY_GRID"),
        ("unknown_price_unit", "price_unit", "lightyear"),
        ("null_fields", "status", None),
        ("string_numbers", "charged_kwh", "0.0"),
        ("provider_case", "provider", "REPSOL"),
    ],
)
async def test_shapes(gateway: Gateway, fault: str, name: str, value: Any) -> None:
    gateway.switch(fault, path="/webhooks/", times=1)
    order = await gateway.start()
    await gateway.clock.advance(6)

    assert gateway.heard[0][1][0][name] == value
    assert gateway.heard[1][1][0][name] != value
    assert {item.happening.charging_session for item in gateway.read()} == {session_ref("roaming", order.order_id)}


async def test_the_other_form_of_time(gateway: Gateway) -> None:
    gateway.switch("time_form")
    gateway.switch("stale_plug")
    await gateway.start()
    await gateway.clock.advance(2)

    pushed = gateway.heard[0][1][0]
    assert pushed["updatedAt"].endswith("+00:00")
    assert pushed["physicalPlugs"]["lastUpdate"] < "2024"


async def test_a_switch_by_the_path_of_the_webhook(gateway: Gateway) -> None:
    gateway.switch("unknown_status", path="/webhooks/")
    await gateway.start()
    await gateway.clock.advance(2)

    assert gateway.told() == [(1, "SUSPENDED_BY_GRID")]
    assert (await gateway.http.get("/contracts/orders")).json()[0]["status"] == WAITING
