"""What the simulated vendor pushes by itself, by hand and when tested, and what each switch makes of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
import orjson
import pytest

from model.faults import Unauthorised
from model.states import Connectivity, EventType
from tests.support.clock import START, FakeClock
from vendors.hanchuess.settings import HanchuessSettings
from vendors.hanchuess.simulated_post import MOST_WAITING, Parcel, Post
from vendors.hanchuess.simulated_subscriptions import Subscription
from vendors.hanchuess.simulator import CLIENT_SECRET, OEM, HanchuessSimulator
from vendors.hanchuess.webhook import HanchuessReceiver
from vendors.kit.simulator import Switch
from vendors.receiving import Push, Pushed, Unreadable

URL = "https://hooks.example.com/webhooks/storage/unguessable"
SECRET, NEW_SECRET = "the-secret-of-today", "the-secret-of-tomorrow"
INVERTER, BATTERY, OFFLINE = "H01SIM0001G1H", "H02SIM0001D1C", "H01SIM0008G1H"
SIGNED_HEADERS = {"X-Signature": "any", "X-Timestamp": "1", "X-Nonce": "abcdef"}


class Listener:
    """Whoever lives at the webhook's URL."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.status = 200

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.status == 0:
            raise httpx.ConnectError("nobody is there", request=request)
        return httpx.Response(self.status)

    def batches(self) -> list[Any]:
        return [orjson.loads(request.content) for request in self.requests]

    def items(self) -> list[Any]:
        return [item for batch in self.batches() for item in batch["data"]]

    def read(self, *, at: datetime = START + timedelta(hours=1)) -> list[Pushed | Unreadable]:
        """What the gateway makes of it all, signatures checked."""
        account = {"id": "storage", "vendor": "hanchuess", "oem": OEM, "token": "t"}
        secrets = {"webhook_signature": "hmac-sha256", "webhook_signing_secret": SECRET}
        receiver = HanchuessReceiver(HanchuessSettings.model_validate({**account, **secrets}))
        found: list[Pushed | Unreadable] = []
        for request in self.requests:
            push = Push(headers=dict(request.headers), body=request.content, received_at=at)
            receiver.verify(push)
            found += receiver.read(push)
        return found


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
async def world(listener: Listener) -> AsyncIterator[HanchuessSimulator]:
    world = HanchuessSimulator(clock=FakeClock(), outside=httpx.MockTransport(listener.answer))
    moving = asyncio.create_task(world.keep_moving())
    yield world
    moving.cancel()
    with suppress(asyncio.CancelledError):
        await moving


@pytest.fixture
def subscription(world: HanchuessSimulator) -> Subscription:
    return subscribed(world)


def subscribed(world: HanchuessSimulator, **changes: Any) -> Subscription:
    made: dict[str, Any] = {
        "id": f"RDTEST{len(world.book.all())}",
        "oem": OEM,
        "webhook_url": URL,
        "secret": SECRET,
        "devices": (INVERTER, BATTERY),
        "created_at": world.now,
        "version": "1.0.0",
        "is_active": True,
    }
    return world.book.keep(Subscription(**{**made, **changes}))


async def lived(world: HanchuessSimulator, seconds: float) -> None:
    """So long of the world, and then time enough for the post."""
    world.advance(seconds)
    await cast("FakeClock", world.clock).advance(0.2)


async def called(world: HanchuessSimulator, method: str, path: str, body: object = None) -> httpx.Response:
    """Answered by the vendor, with time passing while it takes its own."""
    token = world.tokens.issue()["access_token"]
    headers = {"Authorization": f"Bearer {token}", **SIGNED_HEADERS}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app), base_url="http://vendor.test") as client:
        call = asyncio.create_task(client.request(method, path, json=body, headers=headers))
        while not call.done():
            await cast("FakeClock", world.clock).advance(0.5)
        return await call


# By itself.


async def test_it_is_quiet_while_nobody_is_registered(world: HanchuessSimulator, listener: Listener) -> None:
    await lived(world, 600)

    assert listener.requests == []
    assert list(world.calls_back) == []
    assert [it.last_success_at for it in world.book.all()] == [START + timedelta(seconds=600), None]


async def test_telemetry_every_minute_of_all_devices(
    world: HanchuessSimulator, listener: Listener, subscription: Subscription
) -> None:
    await lived(world, 59)
    assert listener.requests == []
    await lived(world, 121)

    assert [batch["timestamp"] for batch in listener.batches()] == [
        "2026-06-01T10:01:00Z",
        "2026-06-01T10:02:00Z",
        "2026-06-01T10:03:00Z",
    ]
    assert [(it["type"], it["assetId"]) for it in listener.items()] == [
        ("inverter:data:telemetry", INVERTER),
        ("battery:data:telemetry", BATTERY),
    ] * 3
    request = listener.requests[0]
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-api-version"] == "1.0.0"
    assert [status for _, _, status in world.calls_back] == [200, 200, 200]
    assert subscription.last_success_at == world.calls_back[-1][0]


async def test_the_gateway_understands_it(
    world: HanchuessSimulator, listener: Listener, subscription: Subscription
) -> None:
    subscription.devices = (INVERTER, BATTERY, OFFLINE)
    await lived(world, 60)
    inverter, battery, offline = (it for it in listener.read() if isinstance(it, Pushed) and it.said)

    measured = world.fleet.inverters[INVERTER].uploaded
    assert measured is not None
    assert inverter.at == measured.at
    assert inverter.said is not None
    assert inverter.said.storage is not None
    assert inverter.said.storage.storage.state_of_charge == round(measured.soc, 2)
    assert inverter.said.storage.storage.solar_power_w == measured.solar_w
    assert battery.said is not None
    assert [it.ref.native_id for it in battery.said.batteries] == [BATTERY]
    assert offline.said is not None
    assert (offline.said.connectivity, offline.said.storage) == (Connectivity.OFFLINE, None)


async def test_events_that_were_not_asked_for_are_not_pushed(world: HanchuessSimulator, listener: Listener) -> None:
    subscribed(world, events=("battery:data:telemetry",))
    subscribed(world, events=("inverter:action:command",))
    subscribed(world, is_active=False)
    await lived(world, 60)

    assert [it["type"] for it in listener.items()] == ["battery:data:telemetry"]


async def test_more_than_a_hundred_items_come_in_several_batches(world: HanchuessSimulator, listener: Listener) -> None:
    for _ in range(100):
        world.fleet.add("ST0000001", world.now)
    subscribed(world, devices=tuple(world.fleet.inverters))
    await lived(world, 60)

    assert [len(batch["data"]) for batch in listener.batches()] == [100, 8]


# By hand.


async def test_an_order_is_told_at_its_start_half_way_and_at_its_end(
    world: HanchuessSimulator, listener: Listener
) -> None:
    subscribed(world, events=("inverter:action:schedule",))
    world.actions()["give_order"]({"sn": INVERTER, "order": "schedule", "seconds": 100})
    world.actions()["give_order"]({"sn": INVERTER})
    await lived(world, 120)

    assert [(it["timestamp"][11:19], it["data"]["stage"]) for it in listener.items()] == [
        ("10:00:00", "START"),
        ("10:00:50", "PROCESSING"),
        ("10:01:40", "FINISH"),
    ]
    assert {it.happening.type for it in listener.read() if isinstance(it, Pushed)} == {EventType.COMMAND_UPDATED}
    with pytest.raises(ValueError, match="order is one of"):
        world.actions()["give_order"]({"sn": INVERTER, "order": "explode"})


@pytest.mark.parametrize(
    ("asked", "name"), [({}, "inverter:action:deleted"), ({"by": "partner"}, "inverter:response:deleted")]
)
async def test_inverters_come_and_go(
    world: HanchuessSimulator, listener: Listener, asked: dict[str, str], name: str
) -> None:
    notices = ("inverter:response:registered", "inverter:action:deleted", "inverter:response:deleted")
    subscribed(world, events=notices)
    made = cast("dict[str, str]", world.actions()["register"]({"station": "ST0000002"}))
    world.actions()["remove"]({"sn": INVERTER, **asked})
    await lived(world, 5)

    assert made["sn"] in world.fleet.inverters
    assert INVERTER not in world.fleet.inverters
    assert [(it["type"], it["assetId"]) for it in listener.items()] == [
        ("inverter:response:registered", made["sn"]),
        (name, INVERTER),
    ]
    again = cast("dict[str, str]", world.actions()["register"]({}))
    assert again["sn"] != made["sn"]
    with pytest.raises(ValueError, match="Station Does Not Exist"):
        world.actions()["register"]({"station": "?"})


# The test of a registration.


async def tried(world: HanchuessSimulator, subscription: Subscription) -> httpx.Response:
    body = {"oem": OEM, "subscriptionId": subscription.id}
    return await called(world, "POST", "/portal/v1/oem/subscriptions/test", body)


async def test_a_test_activates_once_its_event_was_answered(world: HanchuessSimulator, listener: Listener) -> None:
    subscription = subscribed(world, is_active=False)
    answer = await tried(world, subscription)

    assert (answer.status_code, answer.json()) == (200, {"errno": 200, "msg": "success"})
    assert subscription.is_active
    assert [it["type"] for it in listener.items()] == ["hanchuess:subscription:test"]
    (found,) = listener.read()
    assert isinstance(found, Pushed)
    assert found.happening.type is EventType.VENDOR_SUBSCRIPTION_CHANGED


async def test_a_test_that_is_not_answered_well_activates_nothing(
    world: HanchuessSimulator, listener: Listener
) -> None:
    subscription = subscribed(world, is_active=False)
    for status in (0, 404, 500):
        listener.status = status
        answer = await tried(world, subscription)
        assert (answer.status_code, answer.json()) == (400, {"errno": 400, "msg": "Bad Request"})

    assert not subscription.is_active
    assert len(listener.requests) == 3


async def test_test_never_arrives(world: HanchuessSimulator, listener: Listener) -> None:
    world.switches["test_never_arrives"] = Switch()
    subscription = subscribed(world, is_active=False)

    assert (await tried(world, subscription)).status_code == 400
    assert (listener.requests, subscription.is_active) == ([], False)


async def test_test_before_reply(world: HanchuessSimulator, listener: Listener) -> None:
    world.switches["test_before_reply"] = Switch()
    before = world.clock.now()
    answer = await tried(world, subscribed(world, is_active=False))

    assert answer.status_code == 200
    assert timedelta(seconds=3) <= world.clock.now() - before <= timedelta(seconds=4)


async def test_what_nobody_lives_at_can_be_tested_without_a_push(world: HanchuessSimulator, listener: Listener) -> None:
    scenery = world.book.all()[1]

    assert (await tried(world, scenery)).status_code == 200
    assert (scenery.is_active, listener.requests) == (True, [])


# When deliveries fail.


async def test_half_of_the_last_twenty_failing_ends_a_subscription_without_a_word(
    world: HanchuessSimulator, listener: Listener, subscription: Subscription
) -> None:
    was_active: list[bool] = []
    for number in range(28):
        listener.status = 200 if number < 15 else 500
        await lived(world, 60)
        was_active.append(subscription.is_active)

    assert was_active == [True] * 24 + [False] * 4
    assert len(listener.requests) == 25
    assert subscription.last_success_at == world.calls_back[14][0]


async def test_a_failed_delivery_is_not_repeated_and_not_made_up_for(
    world: HanchuessSimulator, listener: Listener, subscription: Subscription
) -> None:
    listener.status = 0
    await lived(world, 60)
    listener.status = 200
    await lived(world, 60)

    assert [status for _, _, status in world.calls_back] == [0, 200]
    assert len({batch["timestamp"] for batch in listener.batches()}) == 2


async def test_silent_deactivation(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["silent_deactivation"] = Switch(times=1)
    await lived(world, 180)

    assert (listener.requests, subscription.is_active) == ([], False)


async def test_telemetry_silence(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["telemetry_silence"] = Switch()
    await lived(world, 180)

    assert (listener.requests, subscription.is_active) == ([], True)


# What goes wrong on the way.


async def test_duplicate(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["duplicate"] = Switch(times=1)
    await lived(world, 60)
    one, other = listener.requests

    assert one.content == other.content
    assert len({it.key for it in listener.read() if isinstance(it, Pushed)}) == 2


async def test_reorder(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["reorder"] = Switch()
    await lived(world, 240)

    assert [batch["timestamp"][14:16] for batch in listener.batches()] == ["02", "01", "04", "03"]


async def test_drop(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["drop"] = Switch(times=1)
    await lived(world, 120)

    assert [batch["timestamp"][14:16] for batch in listener.batches()] == ["02"]


async def test_late(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["late"] = Switch(times=1)
    await lived(world, 149)
    assert [batch["timestamp"][14:16] for batch in listener.batches()] == ["02"]
    await lived(world, 1)

    assert [batch["timestamp"][14:16] for batch in listener.batches()] == ["02", "01"]


@pytest.mark.parametrize("fault", ["bad_signature", "no_signature"])
async def test_forged(world: HanchuessSimulator, listener: Listener, subscription: Subscription, fault: str) -> None:
    world.switches[fault] = Switch()
    await lived(world, 60)

    assert ("x-signature" in listener.requests[0].headers) is (fault == "bad_signature")
    with pytest.raises(Unauthorised):
        listener.read()


async def test_old_secret(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    body = {"oem": OEM, "subscriptionId": subscription.id, "secret": NEW_SECRET}
    assert (await called(world, "POST", "/portal/v1/oem/resubscribe", body)).status_code == 200
    world.switches["old_secret"] = Switch(times=1)
    await lived(world, 60)
    assert len(listener.read()) == 2
    await lived(world, 60)

    with pytest.raises(Unauthorised):
        listener.read()


async def test_batch_100(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["batch_100"] = Switch()
    world.switches["corrupt_item"] = Switch()
    await lived(world, 60)
    (batch,) = listener.batches()
    found = listener.read()

    assert len(batch["data"]) == 100
    assert [it.reason for it in found if isinstance(it, Unreadable)] == ["item: expected an object, got a string"]
    assert len({it.key for it in found if isinstance(it, Pushed)}) == 99


async def test_oversize(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["oversize"] = Switch()
    await lived(world, 60)

    assert len(listener.requests[0].content) > 10 * 1024 * 1024
    padding, *_ = listener.read()
    assert isinstance(padding, Pushed)
    assert padding.happening.raw is not None
    assert padding.happening.raw["data"] == {}


async def test_strangers(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["unknown_type"] = Switch()
    world.switches["unknown_device"] = Switch()
    await lived(world, 60)
    found = [it.happening for it in listener.read() if isinstance(it, Pushed)]

    assert [it.type for it in found] == [EventType.TELEMETRY_RECEIVED, EventType.UNMAPPED] + [
        EventType.TELEMETRY_RECEIVED
    ] * 2
    assert [it.device.native_id for it in found if it.device] == ["H01NOBODYG1H", INVERTER, INVERTER, BATTERY]


@pytest.mark.parametrize("form", ["iso", "ms"])
async def test_time_form(world: HanchuessSimulator, listener: Listener, subscription: Subscription, form: str) -> None:
    world.switches["time_form"] = Switch(value=form)
    await lived(world, 60)

    assert {type(it["timestamp"]) for it in listener.items()} == {str if form == "iso" else int}
    assert {it.at for it in listener.read() if isinstance(it, Pushed)} == {START + timedelta(seconds=60)}


async def test_clock_skew(world: HanchuessSimulator, listener: Listener, subscription: Subscription) -> None:
    world.switches["clock_skew"] = Switch(value=3600)
    await lived(world, 60)

    assert {it["timestamp"] for it in listener.items()} == {"2026-06-01T11:01:00Z"}
    assert {it.at for it in listener.read(at=world.now) if isinstance(it, Pushed)} == {None}


@pytest.mark.parametrize("fault", ["soc_out_of_range", "null_readings"])
async def test_readings_that_make_no_sense(
    world: HanchuessSimulator, listener: Listener, subscription: Subscription, fault: str
) -> None:
    world.switches[fault] = Switch()
    await lived(world, 60)
    inverter, battery = (it.said for it in listener.read() if isinstance(it, Pushed))

    assert inverter is not None
    assert battery is not None
    assert [it.state_of_charge for it in battery.batteries] in ([], [None])
    assert inverter.storage is None or inverter.storage.storage.state_of_charge is None


# The post.


async def test_what_nobody_carries_does_not_pile_up() -> None:
    post = Post(httpx.MockTransport(lambda _: httpx.Response(200)))
    clock, heard = FakeClock(), []
    for number in range(MOST_WAITING + 5):
        post.put(Parcel(URL, b"", {}, lambda _, number=number: heard.append(number)))  # type: ignore[misc]
    carrying = asyncio.create_task(post.carry(clock))
    for _ in range(30):
        await clock.settle()
    carrying.cancel()
    with suppress(asyncio.CancelledError):
        await carrying

    assert sorted(heard) == list(range(5, MOST_WAITING + 5))


async def test_a_reset_forgets_what_waits(world: HanchuessSimulator, listener: Listener) -> None:
    subscribed(world)
    world.advance(60)
    await called(world, "POST", "/_control/reset")
    await lived(world, 60)

    assert listener.requests == []
    assert len(world.book.all()) == 2


# What is refused at the desk.


@pytest.mark.parametrize(
    ("changes", "status", "text"),
    [
        ({"oem": "?"}, 404, "Partner Does Not Exist"),
        ({"devices": ["H01NOBODY"]}, 404, "Device Does Not Exist"),
        ({"devices": []}, 400, "Bad Request"),
        ({"devices": "H01"}, 400, "Bad Request"),
        ({"secret": None}, 400, "Bad Request"),
        ({"webhookUrl": "ftp://hooks.example.com"}, 400, "Bad Request"),
        ({"events": [7]}, 400, "Bad Request"),
        ({"version": 2}, 400, "Bad Request"),
    ],
)
async def test_refusals(world: HanchuessSimulator, changes: dict[str, Any], status: int, text: str) -> None:
    body = {"oem": OEM, "webhookUrl": URL, "secret": SECRET, "devices": [INVERTER], **changes}
    answer = await called(world, "POST", "/portal/v1/oem/subscribe", body)

    assert (answer.status_code, answer.json()) == (status, {"errno": status, "msg": text})
    assert len(world.book.all()) == 2


async def test_left_out_events_are_all_of_them(world: HanchuessSimulator) -> None:
    body = {"oem": OEM, "webhookUrl": URL, "secret": SECRET, "devices": [INVERTER]}
    answer = await called(world, "POST", "/api/v1/oem/subscribe", body)

    assert answer.json()["errno"] == "200"
    assert answer.json()["data"]["status"] == "inactive"
    assert "secret" not in answer.json()["data"]
    assert CLIENT_SECRET not in answer.text
    assert world.book.all()[-1].wants("inverter:action:command")


async def test_a_refused_change_changes_nothing(world: HanchuessSimulator, subscription: Subscription) -> None:
    body = {"oem": OEM, "subscriptionId": subscription.id, "secret": NEW_SECRET, "devices": ["H01NOBODY"]}
    answer = await called(world, "POST", "/portal/v1/oem/resubscribe", body)

    assert answer.status_code == 404
    assert (subscription.secret, subscription.devices) == (SECRET, (INVERTER, BATTERY))
