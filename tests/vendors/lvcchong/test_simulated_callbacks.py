"""What the simulated vendor calls back: ends, swiped cards and cabinets' ports, and what each switch makes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest

from model.refs import session_ref
from model.states import ChargingSessionStatus, EventType, SlotStatus
from tests.support.clock import FakeClock
from tests.vendors.lvcchong.replies import OPEN, sample
from tests.vendors.lvcchong.streets import CABINET, CAR, SOCKETS, Street, port_of, street
from vendors.lvcchong.settings import LvccSettings
from vendors.lvcchong.simulated_fleet import Order
from vendors.lvcchong.simulator import LvccSimulator
from vendors.lvcchong.webhook import ANSWER, CallbackReceiver
from vendors.receiving import Push, Pushed

URL = "http://gateway.test/webhooks/sockets/a-secret"


@dataclass
class Gateway:
    """Whoever listens at the URL; gives one answer after the other, the last one for ever."""

    here: Street
    answers: list[httpx.Response] = field(default_factory=lambda: [httpx.Response(200, json=ANSWER)])
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """After how many seconds, and the body."""

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert (request.method, str(request.url)) == ("POST", URL)
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        self.heard.append((self.here.clock.monotonic(), request.content))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def act(self, name: str, **what: Any) -> httpx.Response:
        return await self.here.client.post(f"http://lvcc.test/_control/actions/{name}", json=what)

    async def charge(self, sim_id: str = SOCKETS) -> Order:
        """Somebody without a card, who charges by then."""
        plugged = await self.act("plug_in", device=sim_id, port=port_of(self.here.free(sim_id)))
        assert await self.after(10) == []
        return self.here.simulator.fleet.orders[plugged.json()["order"]]

    async def swipe(self, sim_id: str = SOCKETS) -> Order:
        swiped = await self.act("swipe", device=sim_id, port=port_of(self.here.free(sim_id)))
        return self.here.simulator.fleet.orders[swiped.json()["order"]]

    async def unplug(self, order: Order) -> None:
        assert (await self.act("unplug", device=order.station.sim_id, port=order.port)).status_code == 200

    async def after(self, seconds: float) -> list[dict[str, str]]:
        """What was heard until then, since this was asked last."""
        await self.here.clock.advance(seconds)
        forms = [dict(parse_qsl(body.decode(), keep_blank_values=True)) for _, body in self.heard]
        self.heard.clear()
        return forms

    def read(self) -> list[Pushed]:
        """What our side makes of what was heard."""
        receiver = CallbackReceiver(LvccSettings.model_validate(OPEN))
        pushes = [Push(headers={}, body=body, received_at=self.here.clock.now()) for _, body in self.heard]
        return [item for push in pushes for item in receiver.read(push)]


@pytest.fixture
async def gateway(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Gateway]:
    async with street(monkeypatch) as here:
        listener = Gateway(here)
        here.simulator._outside = httpx.MockTransport(listener.answer)
        for order in here.simulator.fleet.running:
            order.wanted_kwh, order.minutes = 10_000, 100_000
        assert (await listener.act("set_webhook", url=URL)).status_code == 200
        moving = asyncio.create_task(here.simulator.keep_moving())
        yield listener
        moving.cancel()
        with suppress(asyncio.CancelledError):
            await moving


def kinds(forms: list[dict[str, str]]) -> list[str]:
    return ["end" if "endType" in form else "swipe" for form in forms]


# What is called back when.


async def test_nothing_happens_and_nothing_is_called_back(gateway: Gateway) -> None:
    assert await gateway.after(120) == []


async def test_a_swiped_card_and_the_end(gateway: Gateway) -> None:
    order = await gateway.swipe()
    swiped = await gateway.after(10)
    await gateway.unplug(order)
    ended = await gateway.after(1)

    assert order.started_at
    assert order.ended_at
    assert swiped == [
        {
            "orderNum": order.number,
            "workTime": str(order.minutes),
            "inTime": "1780308000000",
            "userId": str(order.user_id),
            "price": "100",
            "balance": "19.0",
            "deviceId": SOCKETS,
            "portNum": str(order.port),
            "status": "2",
            "cardNum": f"{order.user_id:08d}",
        }
    ]
    assert ended == [
        {
            "endType": "6",
            "orderNum": order.number,
            "deviceId": SOCKETS,
            "portNum": str(order.port),
            "powerCount": str(round(order.energy_kwh, 3)),
            "cardNum": order.card,
            "payPrice": "1.0",
            "startTime": str(int(order.started_at.timestamp() * 1000)),
            "endTime": str(int(order.ended_at.timestamp() * 1000)),
        }
    ]
    assert set(swiped[0]) == set(sample("callback_swipe"))
    assert set(sample("callback_end")) - set(ended[0]) == {"totalElectricMoney", "totalServiceFee"}


async def test_the_end_of_whoever_has_no_card(gateway: Gateway) -> None:
    order = await gateway.charge()
    await gateway.unplug(order)

    assert [(form["orderNum"], form["cardNum"]) for form in await gateway.after(1)] == [(order.number, "")]


async def test_what_is_billed_by_energy(gateway: Gateway) -> None:
    stopped, unplugged = await gateway.charge(CAR), await gateway.charge(CAR)
    stopped.energy_kwh = 10
    await gateway.here.client.post(
        "stopCharge",
        data={"token": gateway.here.account["token"], "deviceId": CAR, "portNum": stopped.port},
    )
    await gateway.unplug(unplugged)
    by_order = {form["orderNum"]: form for form in await gateway.after(5)}
    forced, natural = by_order[stopped.number], by_order[unplugged.number]

    parts = float(forced["totalElectricMoney"]) + float(forced["totalServiceFee"])
    assert parts == pytest.approx(float(forced["payPrice"]))
    assert (forced["endType"], "electricDetail" in forced) == ("3", False)
    assert (natural["endType"], natural["electricDetail"]) == ("6", "[]")


async def test_a_cabinet_tells_every_change(gateway: Gateway) -> None:
    order = await gateway.swipe(CABINET)
    (taken,) = await gateway.after(2)
    await gateway.after(8)
    await gateway.unplug(order)
    (ended,) = await gateway.after(58)
    (freed,) = await gateway.after(4)

    assert set(taken) == set(sample("callback_ports"))
    assert taken["deviceId"] == CABINET
    ports = orjson.loads(taken["ports"])
    assert (len(ports), ports[0], ports[order.port]) == (11, 0, 1)
    assert (ended["endType"], ended["orderNum"]) == ("6", order.number)
    assert orjson.loads(freed["ports"])[order.port] == 0


async def test_a_cabinet_without_power_says_nothing(gateway: Gateway) -> None:
    await gateway.act("pull_mains", device=CABINET)
    port = port_of(gateway.here.free(CABINET))
    gateway.here.station(CABINET).sockets[port - 1].state = -1
    assert await gateway.after(10) == []

    await gateway.act("restore_mains", device=CABINET)
    (told,) = await gateway.after(1)
    assert orjson.loads(told["ports"])[port] == -1


async def test_what_our_side_makes_of_it(gateway: Gateway) -> None:
    order = await gateway.swipe(CABINET)
    await gateway.here.clock.advance(10)
    order.energy_kwh = 0.2
    await gateway.unplug(order)
    await gateway.here.clock.advance(1)
    session = session_ref("sockets", order.number)

    taken, swiped, ended = gateway.read()
    assert taken.happening.type is EventType.DEVICE_UPDATED
    assert taken.said
    assert taken.said.slots[order.port - 1].status is SlotStatus.CHARGING
    assert (swiped.happening.type, swiped.proof) == (EventType.SESSION_STARTED, (session,))
    assert (ended.happening.type, ended.proof) == (EventType.SESSION_COMPLETED, (session,))
    read_back = await gateway.here.done(gateway.here.adapter.read_session(session))
    assert ended.session
    assert (read_back.status, read_back.ended_at) == (ended.session.status, ended.session.ended_at)


async def test_callbacks_are_tried_again_until_success_is_true(gateway: Gateway) -> None:
    gateway.answers = [
        httpx.Response(500, json=ANSWER),
        httpx.Response(200, json={**ANSWER, "success": False}),
        httpx.Response(200, text="ok"),
        httpx.Response(200, json=[]),
    ]
    order = await gateway.charge()
    gateway.here.simulator.speed = 10
    await gateway.unplug(order)
    await gateway.here.clock.advance(60)

    first = gateway.heard[0][0]
    assert [round((after - first) * 10) for after, _ in gateway.heard] == [0, 5, 35, 335]


async def test_nothing_is_called_back_without_a_url(gateway: Gateway) -> None:
    assert (await gateway.act("set_webhook", url=None)).status_code == 200
    await gateway.unplug(await gateway.charge())
    assert await gateway.after(10) == []

    assert (await gateway.act("set_webhook", url=URL)).status_code == 200
    assert await gateway.after(10) == []
    await gateway.unplug(await gateway.charge(CAR))
    assert kinds(await gateway.after(10)) == ["end"]
    await gateway.here.client.post("http://lvcc.test/_control/reset")
    await gateway.unplug(await gateway.charge())
    assert await gateway.after(10) == []


@pytest.mark.parametrize("body", [{}, {"url": "gateway.test/hook"}, {"url": 7}, {"url": ""}])
async def test_what_is_no_url_is_refused(gateway: Gateway, body: Any) -> None:
    assert (await gateway.act("set_webhook", **body)).status_code == 422
    assert gateway.here.simulator.callbacks.url == URL


def test_some_of_those_who_come_by_have_cards() -> None:
    world = LvccSimulator(clock=FakeClock())
    before = set(world.fleet.orders)
    world.advance(4 * 3600)
    new = [order for number, order in world.fleet.orders.items() if number not in before]

    assert 0 < sum(bool(order.card) for order in new) < len(new)
    assert not any(order.card for order in new if order.station.family)


# Switches.


async def test_a_callback_comes_twice(gateway: Gateway) -> None:
    gateway.here.switch("callback_duplicate", times=1)
    for order in (await gateway.charge(), await gateway.charge(CAR)):
        await gateway.unplug(order)
    await gateway.here.clock.advance(3)

    assert len(gateway.heard) == 3
    assert len({item.key for item in gateway.read()}) == 2


async def test_a_callback_is_overtaken(gateway: Gateway) -> None:
    gateway.here.switch("callback_reorder", times=1)
    order = await gateway.swipe()
    assert await gateway.after(10) == []
    await gateway.unplug(order)

    assert kinds(await gateway.after(3)) == ["end", "swipe"]


async def test_a_callback_is_lost(gateway: Gateway) -> None:
    gateway.here.switch("callback_drop", times=1)
    lost, heard = await gateway.charge(), await gateway.charge(CAR)
    await gateway.unplug(lost)
    assert await gateway.after(1) == []
    await gateway.unplug(heard)

    assert [form["deviceId"] for form in await gateway.after(3)] == [CAR]


async def test_a_forged_end(gateway: Gateway) -> None:
    gateway.here.switch("callback_forged", times=1)
    await gateway.unplug(await gateway.charge())
    await gateway.here.clock.advance(3)
    _, forged = gateway.read()

    assert forged.session
    assert (forged.session.status, forged.proof) == (ChargingSessionStatus.COMPLETED, (forged.session.ref,))
    order = gateway.here.simulator.fleet.orders[forged.session.ref.native_id]
    assert (order.status, order.end_type) == (2, None)
    read_back = await gateway.here.done(gateway.here.adapter.read_session(forged.session.ref))
    assert read_back.status is ChargingSessionStatus.ACTIVE


async def test_ports_without_padding(gateway: Gateway) -> None:
    gateway.here.switch("callback_no_padding")
    order = await gateway.swipe(CABINET)
    await gateway.here.clock.advance(2)
    (told,) = gateway.read()

    assert told.happening.raw
    assert len(told.happening.raw["ports"]) == 10
    assert told.said
    assert told.said.slots[order.port - 1].status is SlotStatus.CHARGING


@pytest.mark.parametrize(
    ("switch", "name", "value"),
    [("unknown_end_type", "endType", "99"), ("null_numbers", "payPrice", ""), ("text_numbers", "payPrice", "1.0")],
)
async def test_values_of_an_end(gateway: Gateway, switch: str, name: str, value: str) -> None:
    gateway.here.switch(switch, path="/webhooks/")
    order = await gateway.swipe()
    await gateway.after(10)
    await gateway.unplug(order)

    assert [form[name] for form in await gateway.after(1)] == [value]


async def test_an_unknown_status_of_a_swipe(gateway: Gateway) -> None:
    gateway.here.switch("unknown_status", path="/webhooks/")
    await gateway.swipe()
    await gateway.here.clock.advance(10)

    assert [item.happening.type for item in gateway.read()] == [EventType.UNMAPPED]
