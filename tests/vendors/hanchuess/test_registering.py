"""Registrations for pushes: what is sent of them, what each failure becomes, and what is left at the vendor."""

import json
from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from model.faults import (
    Fault,
    NotFound,
    RateLimited,
    Rejected,
    TimedOut,
    Unauthorised,
    Uncertain,
    Unreachable,
)
from model.records import VendorSubscription
from model.refs import Ref, device_ref, subscription_ref
from model.states import Resolution, VendorSubscriptionStatus
from tests.support.clock import FakeClock
from tests.support.vendors import opened
from tests.vendors.hanchuess.test_client import client_on, sample
from vendors.acting import ManagesSubscriptions, SubscriptionDraft
from vendors.hanchuess.adapter import HanchuessAdapter
from vendors.hanchuess.events import EVENTS
from vendors.hanchuess.simulated_subscriptions import Subscription
from vendors.hanchuess.simulator import HanchuessSimulator
from vendors.kit.quota import Priority, Ticket, current_ticket
from vendors.kit.simulator import Switch

URL = "https://hooks.example.com/webhooks/storage/unguessable"
SECRET = "the-secret-of-today"
INVERTER = device_ref("storage", "H01SIM0001G1H")
BATTERY = device_ref("storage", "H02SIM0001D1C")
DRAFT = SubscriptionDraft(webhook_url=URL, devices=(INVERTER, BATTERY, INVERTER), secret=SECRET)
LOGIN = "POST /portal/oauth/token"
SUBSCRIBE = "POST /portal/v1/oem/subscribe"
LIST = "POST /portal/v1/oem/subscriptions"
RESUBSCRIBE = "POST /portal/v1/oem/resubscribe"
UNSUBSCRIBE = "DELETE /portal/v1/oem/{oem}/unsubscribe/{subscriptionId}"
TEST = "POST /portal/v1/oem/subscriptions/test"

ACTS: dict[str, Callable[[HanchuessAdapter, Ref], Any]] = {
    SUBSCRIBE: lambda it, _: it.create_subscription(DRAFT),
    RESUBSCRIBE: lambda it, ref: it.update_subscription(ref, SubscriptionDraft(version="2.0.0")),
    UNSUBSCRIBE: lambda it, ref: it.delete_subscription(ref),
}


@pytest.fixture
def world() -> HanchuessSimulator:
    return answering(200)


def answering(status: int) -> HanchuessSimulator:
    """A vendor whose pushes are all answered so."""
    outside = httpx.MockTransport(lambda _: httpx.Response(status))
    return HanchuessSimulator(clock=FakeClock(), outside=outside)


def own(adapter: object) -> HanchuessAdapter:
    return cast("HanchuessAdapter", adapter)


def newest(world: HanchuessSimulator) -> Subscription:
    return world.book.all()[-1]


async def listed(adapter: HanchuessAdapter, ref: Ref) -> VendorSubscription:
    (found,) = (it for it in await adapter.list_subscriptions() if it.ref == ref)
    return found


def test_it_manages_subscriptions() -> None:
    assert issubclass(HanchuessAdapter, ManagesSubscriptions)


# A registration's life.


async def test_a_registration_from_its_making_to_its_end(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        made = await listed(own(adapter), ref)
        await own(adapter).test_subscription(ref)
        tested = await listed(own(adapter), ref)
        await own(adapter).delete_subscription(ref)
        left = await own(adapter).list_subscriptions()

    assert (made.webhook_url, made.event_types, made.devices) == (URL, tuple(EVENTS), (INVERTER, BATTERY))
    assert (made.status, made.version, made.last_received_at) == (
        VendorSubscriptionStatus.PENDING_VERIFICATION,
        None,
        None,
    )
    assert tested.status is VendorSubscriptionStatus.ACTIVE
    assert ref not in [it.ref for it in left]
    assert [world.counts[call] for call in (SUBSCRIBE, TEST, UNSUBSCRIBE, LIST)] == [1, 1, 1, 3]


async def test_what_is_sent_of_a_draft(world: HanchuessSimulator) -> None:
    draft = SubscriptionDraft(
        webhook_url=URL, event_types=("hanchuess:subscription:test",), devices=(BATTERY,), secret=SECRET, version="1.0"
    )
    async with opened(world) as adapter:
        await own(adapter).create_subscription(draft)

    made = newest(world)
    assert (made.webhook_url, made.secret, made.version) == (URL, SECRET, "1.0")
    assert (made.events, made.devices) == (("hanchuess:subscription:test",), (BATTERY.native_id,))


async def test_devices_of_the_configuration_stand_in(world: HanchuessSimulator) -> None:
    async with opened(world, devices=["H01SIM0002G1H"]) as adapter:
        await own(adapter).create_subscription(SubscriptionDraft(webhook_url=URL))

    assert newest(world).devices == ("H01SIM0002G1H",)


async def test_secrets_of_its_own(world: HanchuessSimulator) -> None:
    async with opened(world, webhook_signing_secret="configured-secret") as adapter:
        await own(adapter).create_subscription(SubscriptionDraft(webhook_url=URL, devices=(INVERTER,)))
    assert newest(world).secret == "configured-secret"

    async with opened(world) as adapter:
        for _ in range(2):
            await own(adapter).create_subscription(SubscriptionDraft(webhook_url=URL, devices=(INVERTER,)))
    one, other = (it.secret for it in world.book.all()[-2:])
    assert len(one) == len(other) == 43
    assert one != other


@pytest.mark.parametrize(
    ("draft", "remedy"),
    [
        (SubscriptionDraft(devices=(INVERTER,)), "give the URL"),
        (SubscriptionDraft(webhook_url=URL), "name the devices"),
        (
            SubscriptionDraft(webhook_url=URL, devices=(INVERTER,), secret="unheard-of-secret"),
            "set the new secret as the account's webhook_signing_secret first",
        ),
    ],
)
async def test_what_is_refused_before_a_call(world: HanchuessSimulator, draft: SubscriptionDraft, remedy: str) -> None:
    signed = {"webhook_signature": "hmac-sha256", "webhook_signing_secret": "configured-secret"}
    async with opened(world, **signed) as adapter:
        with pytest.raises(Rejected, match=remedy) as raised:
            await own(adapter).create_subscription(draft)

    assert raised.value.resolution is Resolution.USER_ACTION
    assert "unheard-of-secret" not in str(raised.value)
    assert not world.counts


async def test_a_device_that_the_vendor_does_not_know(world: HanchuessSimulator) -> None:
    draft = SubscriptionDraft(webhook_url=URL, devices=(device_ref("storage", "H01NOBODY"),))
    async with opened(world) as adapter:
        with pytest.raises(NotFound):
            await own(adapter).create_subscription(draft)

    assert len(world.book.all()) == 2


# Changes.


async def test_a_change_sends_what_stays_too(world: HanchuessSimulator) -> None:
    world.switches["resubscribe_replaces"] = Switch()
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        await own(adapter).update_subscription(ref, SubscriptionDraft(devices=(INVERTER,), secret="a-new-secret"))
        changed = await listed(own(adapter), ref)

    assert (changed.webhook_url, changed.event_types, changed.devices) == (URL, tuple(EVENTS), (INVERTER,))
    assert (newest(world).secret, newest(world).secret_before) == ("a-new-secret", SECRET)


async def test_a_change_without_a_secret_leaves_it_or_sends_the_configured_one(world: HanchuessSimulator) -> None:
    new_version = SubscriptionDraft(version="2.0.0")
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        await own(adapter).update_subscription(ref, new_version)
        assert (newest(world).secret, newest(world).version) == (SECRET, "2.0.0")
    async with opened(world, webhook_signing_secret="configured-secret") as adapter:
        await own(adapter).update_subscription(ref, new_version)
        assert newest(world).secret == "configured-secret"


async def test_a_change_keeps_it_active_where_the_vendor_merges(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        await own(adapter).test_subscription(ref)
        await own(adapter).update_subscription(ref, SubscriptionDraft(version="2.0.0"))
        merged = await listed(own(adapter), ref)
        world.switches["resubscribe_replaces"] = Switch()
        await own(adapter).update_subscription(ref, SubscriptionDraft(version="3.0.0"))
        replaced = await listed(own(adapter), ref)

    assert (merged.status, merged.version) == (VendorSubscriptionStatus.ACTIVE, "2.0.0")
    assert (replaced.status, replaced.version) == (VendorSubscriptionStatus.INACTIVE, "3.0.0")


async def test_what_is_gone_cannot_be_changed_nor_tested_but_deleted(world: HanchuessSimulator) -> None:
    gone = subscription_ref("storage", "RDGONE/..")
    async with opened(world) as adapter:
        with pytest.raises(NotFound):
            await own(adapter).update_subscription(gone, SubscriptionDraft(version="2"))
        with pytest.raises(NotFound):
            await own(adapter).test_subscription(gone)
        await own(adapter).delete_subscription(gone)

    assert world.counts[RESUBSCRIBE] == 0
    assert len(world.book.all()) == 2


# A test that fails.


@pytest.mark.parametrize("status", [0, 302, 404, 500])
async def test_a_test_whose_push_is_not_answered_says_what_to_check(status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if status == 0:
            raise httpx.ConnectError("nobody is there", request=request)
        return httpx.Response(status)

    world = HanchuessSimulator(clock=FakeClock(), outside=httpx.MockTransport(answer))
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        with pytest.raises(Rejected, match="check that the webhook URL can be reached") as raised:
            await own(adapter).test_subscription(ref)
        still = await listed(own(adapter), ref)

    assert raised.value.resolution is Resolution.USER_ACTION
    assert still.status is VendorSubscriptionStatus.PENDING_VERIFICATION


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("reset", TimedOut),
        ("reply_lost", TimedOut),
        ("http_401", Unauthorised),
        ("http_429", RateLimited),
        ("http_500", Unreachable),
        ("test_never_arrives", Rejected),
    ],
)
async def test_a_test_may_be_repeated_so_its_faults_are_those_of_reads(
    world: HanchuessSimulator, fault: str, kind: type[Fault]
) -> None:
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        world.switches[fault] = Switch()
        with pytest.raises(kind):
            await own(adapter).test_subscription(ref)
        world.switches.clear()
        await own(adapter).test_subscription(ref)
        assert (await listed(own(adapter), ref)).status is VendorSubscriptionStatus.ACTIVE


# Calls that act are made once, whatever becomes of them.


@pytest.mark.parametrize("call", ACTS)
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("reset", Uncertain),
        ("reply_lost", Uncertain),
        ("http_500", Uncertain),
        ("http_503", Uncertain),
        ("not_json", Uncertain),
        ("empty_body", Uncertain),
        ("truncated", Uncertain),
        ("http_401", Unauthorised),
        ("http_403", Unauthorised),
        ("http_429", RateLimited),
    ],
)
async def test_faults_of_calls_that_act(world: HanchuessSimulator, call: str, fault: str, kind: type[Fault]) -> None:
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        world.counts.clear()
        world.switches[fault] = Switch(path="subscribe")
        with pytest.raises(kind) as raised:
            await ACTS[call](own(adapter), ref)

    assert SECRET not in str(raised.value)
    assert sum(count for endpoint, count in world.counts.items() if "subscribe" in endpoint) == 1


@pytest.mark.parametrize("call", ACTS)
@pytest.mark.parametrize(
    ("errno", "kind"), [(400, Rejected), (401, Unauthorised), (429, RateLimited), (777, Rejected), (500, Uncertain)]
)
async def test_an_errno_in_a_good_reply(world: HanchuessSimulator, call: str, errno: int, kind: type[Fault]) -> None:
    async with opened(world) as adapter:
        ref = await own(adapter).create_subscription(DRAFT)
        world.switches["errno"] = Switch(value=errno, path="subscribe")
        with pytest.raises(kind) as raised:
            await ACTS[call](own(adapter), ref)

    assert raised.value.raw_code == str(errno)


async def test_a_registration_whose_reply_was_lost_is_found_by_its_url(world: HanchuessSimulator) -> None:
    world.switches["subscribe_lost_reply"] = Switch(times=1)
    async with opened(world) as adapter:
        with pytest.raises(Uncertain):
            await own(adapter).create_subscription(DRAFT)
        found = [it for it in await own(adapter).list_subscriptions() if it.webhook_url == URL]

    assert [it.ref.native_id for it in found] == [newest(world).id]
    assert world.counts[SUBSCRIBE] == 1


async def test_a_refused_token_is_not_followed_by_a_second_call_but_by_a_new_token(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        await own(adapter).list_subscriptions()
        world.counts.clear()
        world.switches["token_expired_early"] = Switch(times=1)
        with pytest.raises(Unauthorised):
            await own(adapter).create_subscription(DRAFT)
        assert world.counts == {SUBSCRIBE: 1, LOGIN: 1}
        await own(adapter).create_subscription(DRAFT)

    assert world.counts == {SUBSCRIBE: 2, LOGIN: 1}


async def test_what_acts_is_announced_before_it_is_sent(world: HanchuessSimulator) -> None:
    announced: list[int] = []

    async def about_to_send() -> None:
        announced.append(world.counts[SUBSCRIBE])

    token = current_ticket.set(Ticket(priority=Priority.COMMAND, on_sending=about_to_send))
    try:
        async with opened(world) as adapter:
            await own(adapter).create_subscription(DRAFT)
    finally:
        current_ticket.reset(token)

    assert announced == [0]


@pytest.mark.parametrize(
    "reply",
    [{}, [], {"errno": "200"}, {"errno": "200", "data": []}, {"errno": "200", "data": {"status": "inactive"}}, None],
)
async def test_a_yes_without_an_id_is_uncertain(reply: object) -> None:
    async with client_on(lambda _: httpx.Response(200, json=reply)) as client:
        with pytest.raises(Uncertain):
            await client.subscribe({"webhookUrl": URL})


async def test_what_goes_over_the_wire() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=sample("subscribe"))

    async with client_on(answer) as client:
        assert await client.subscribe({"webhookUrl": URL}) == "RDEXAMPLEZrWO"
        await client.resubscribe("R/1", {"webhookUrl": URL})
        await client.unsubscribe("R/1")
        await client.test_subscription("R/1")

    oem = {"oem": "H03PARTNER01"}
    assert [(it.method, it.url.raw_path.decode(), json.loads(it.content) if it.content else None) for it in sent] == [
        ("POST", "/portal/v1/oem/subscribe", {**oem, "webhookUrl": URL}),
        ("POST", "/portal/v1/oem/resubscribe", {**oem, "subscriptionId": "R/1", "webhookUrl": URL}),
        ("DELETE", "/portal/v1/oem/H03PARTNER01/unsubscribe/R%2F1", None),
        ("POST", "/portal/v1/oem/subscriptions/test", {**oem, "subscriptionId": "R/1"}),
    ]


def test_a_draft_does_not_show_its_secret() -> None:
    assert SECRET not in repr(DRAFT)
