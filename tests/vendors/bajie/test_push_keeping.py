import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from model.faults import Fault, NotFound, RateLimited, Rejected, Unauthorised, Uncertain, Unreachable, Unsupported
from model.records import VendorSubscription
from model.refs import Ref, device_ref, subscription_ref
from model.states import Resolution, VendorSubscriptionStatus
from tests.support.clock import FakeClock
from tests.vendors.bajie.stage import ACCOUNT, ROOT, Stage
from vendors.acting import ManagesSubscriptions, SubscriptionDraft
from vendors.bajie import MANIFEST
from vendors.bajie.client import BajieClient
from vendors.bajie.client_acts import BajieActs
from vendors.bajie.door import Door
from vendors.bajie.push_keeping import PushKeeping
from vendors.bajie.settings import BajieSettings
from vendors.bajie.wire import EventSwitch, PushConfig
from vendors.kit.http import VendorHttp
from vendors.kit.quota import OpenGate

URL = "https://gateway.example.com/webhooks/cabinets-eu/a-secret-path"
NEW_URL = "https://gateway.example.com/webhooks/cabinets-eu/another-secret-path"
FOREIGN = "https://user:word@other.example.org:8443/events/their-secret?token=x"
READ, WRITE = f"GET {ROOT}/cabinet/eventPush/config/get", f"POST {ROOT}/cabinet/eventPush/config"
OURS = subscription_ref(ACCOUNT, "event-push")
ALL = MANIFEST.pushes


def registered(stage: Stage, url: str = URL, **given: Any) -> None:
    stage.simulator.actions()["set_push_url"]({"url": url, **given})


async def listed(stage: Stage) -> VendorSubscription:
    (subscription,) = await stage.adapter.list_subscriptions()
    return subscription


def written(stage: Stage) -> dict[str, bool]:
    """The events as they were last written, with whether they are on."""
    assert stage.simulator.push_config is not None
    assert {item["pushUrl"] for item in stage.simulator.push_config["eventSubscriptions"]} == {""}
    return {item["event"]: item["enable"] for item in stage.simulator.push_config["eventSubscriptions"]}


def test_registrations_can_be_managed(stage: Stage) -> None:
    assert isinstance(stage.adapter, ManagesSubscriptions)


async def test_everything_is_registered_in_one_write_and_read_back(stage: Stage) -> None:
    ref = await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))

    assert ref == OURS
    assert stage.simulator.counts == {READ: 2, WRITE: 1}
    assert stage.acts("push configuration written") == ["agent-example"]
    assert await listed(stage) == VendorSubscription(
        ref=OURS, webhook_url=URL, event_types=ALL, status=VendorSubscriptionStatus.ACTIVE
    )


async def test_all_events_are_sent_and_only_the_wanted_are_on(stage: Stage) -> None:
    await stage.adapter.create_subscription(
        SubscriptionDraft(webhook_url=URL, event_types=("BATTERY_IN", "CABINET_STATUS"))
    )

    assert list(written(stage)) == list(ALL)
    assert [event for event, is_on in written(stage).items() if is_on] == ["CABINET_STATUS", "BATTERY_IN"]


async def test_events_and_url_are_changed_each_without_the_other(stage: Stage) -> None:
    await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))
    await stage.adapter.update_subscription(OURS, SubscriptionDraft(event_types=("BATTERY_IN",)))
    first = await listed(stage)
    await stage.adapter.update_subscription(OURS, SubscriptionDraft(webhook_url=NEW_URL, takes_over=True))
    second = await listed(stage)

    assert (first.webhook_url, first.event_types) == (URL, ("BATTERY_IN",))
    assert (second.webhook_url, second.event_types) == (NEW_URL, ("BATTERY_IN",))


async def test_deleting_switches_every_event_off(stage: Stage) -> None:
    registered(stage)
    await stage.adapter.delete_subscription(OURS)

    assert written(stage) == dict.fromkeys(ALL, False)
    assert stage.simulator.counts == {READ: 2, WRITE: 1}
    gone = await listed(stage)
    assert (gone.status, gone.event_types, gone.webhook_url) == (VendorSubscriptionStatus.DISABLED, (), URL)


async def test_an_event_that_we_do_not_know_stays_as_it_is(stage: Stage) -> None:
    registered(stage)
    assert stage.simulator.push_config is not None
    stage.simulator.push_config["eventSubscriptions"].append({"event": "NEW_ONE", "pushUrl": "", "enable": True})
    await stage.adapter.update_subscription(OURS, SubscriptionDraft(webhook_url=URL))
    assert written(stage) == {**dict.fromkeys(ALL, True), "NEW_ONE": True}

    await stage.adapter.delete_subscription(OURS)
    assert written(stage) == {**dict.fromkeys(ALL, False), "NEW_ONE": False}


async def test_there_is_no_test(stage: Stage) -> None:
    with pytest.raises(Unsupported, match="no test push"):
        await stage.adapter.test_subscription(OURS)
    assert not stage.simulator.counts


# What is somebody else's.


@pytest.mark.parametrize("is_change", [False, True])
async def test_a_foreign_receiver_is_not_taken_over_unasked(stage: Stage, *, is_change: bool) -> None:
    registered(stage, FOREIGN, off=list(ALL[1:]))
    draft, adapter = SubscriptionDraft(webhook_url=URL), stage.adapter
    change = adapter.update_subscription(OURS, draft) if is_change else adapter.create_subscription(draft)

    with pytest.raises(Rejected, match=r"pushed to other\.example\.org, .* may be taken over") as raised:
        await change

    assert raised.value.resolution is Resolution.USER_ACTION
    assert not [word for word in ("their-secret", "token", "word", "8443") if word in raised.value.message]
    assert stage.simulator.counts == {READ: 1}
    assert (await listed(stage)).webhook_url == FOREIGN


async def test_a_foreign_receiver_is_taken_over_when_that_is_said(stage: Stage) -> None:
    registered(stage, FOREIGN)
    await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL, takes_over=True))

    assert (await listed(stage)).webhook_url == URL


async def test_what_is_switched_off_belongs_to_nobody(stage: Stage) -> None:
    registered(stage, FOREIGN, off=list(ALL))
    await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))

    assert (await listed(stage)).webhook_url == URL


@pytest.mark.parametrize("switch", [{"enable": True}, {}, {"enable": "perhaps"}])
async def test_one_event_may_go_elsewhere(stage: Stage, switch: dict[str, object]) -> None:
    registered(stage, URL)
    assert stage.simulator.push_config is not None
    stage.simulator.push_config["eventSubscriptions"][3] = {"event": "BATTERY_IN", "pushUrl": FOREIGN, **switch}

    with pytest.raises(Rejected, match=r"other\.example\.org"):
        await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))


async def test_an_unreadable_receiver_is_somebody_too(stage: Stage) -> None:
    registered(stage, "https://[broken")

    with pytest.raises(Rejected, match="pushed to an unreadable address"):
        await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))


# What cannot be.


@pytest.mark.parametrize(
    ("draft", "fault", "message"),
    [
        (SubscriptionDraft(), Rejected, "name the URL"),
        (
            SubscriptionDraft(webhook_url=URL, event_types=("BATTERY_OUT",)),
            Rejected,
            "no event BATTERY_OUT; it has CAB",
        ),
        (SubscriptionDraft(webhook_url=URL, devices=(device_ref(ACCOUNT, "XYZ00001"),)), Unsupported, "all cabinets"),
        (SubscriptionDraft(webhook_url=URL, secret="s3cret"), Unsupported, "signs nothing"),
        (SubscriptionDraft(webhook_url=URL, version="2"), Unsupported, "no versions"),
    ],
)
async def test_what_the_vendor_has_not(
    stage: Stage, draft: SubscriptionDraft, fault: type[Fault], message: str
) -> None:
    with pytest.raises(fault, match=message) as raised:
        await stage.adapter.create_subscription(draft)

    assert "s3cret" not in raised.value.message
    assert WRITE not in stage.simulator.counts
    if draft != SubscriptionDraft():
        registered(stage)
        with pytest.raises(fault, match=message):
            await stage.adapter.update_subscription(OURS, draft)


@pytest.mark.parametrize("ref", [OURS, subscription_ref(ACCOUNT, "another")])
async def test_what_is_not_registered_is_not_changed(stage: Stage, ref: Ref) -> None:
    if ref != OURS:
        registered(stage)
    for change in (stage.adapter.delete_subscription(ref), stage.adapter.update_subscription(ref, SubscriptionDraft())):
        with pytest.raises(NotFound, match="nothing is registered"):
            await change

    assert WRITE not in stage.simulator.counts


# When it goes wrong.


@asynccontextmanager
async def keeping(*answers: httpx.Response | Exception) -> AsyncIterator[PushKeeping]:
    """On a vendor that gives these answers, one after the other."""
    given = iter(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        found = next(given)
        if isinstance(found, Exception):
            raise found
        return found

    keys = {"id": ACCOUNT, "vendor": "bajie", "username": "agent-example", "password": "a-long-password"}
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://bajie.test") as http:
        door = Door(VendorHttp(http, OpenGate(), FakeClock()), BajieSettings.model_validate(keys))
        yield PushKeeping(BajieActs(door), BajieClient(door), ACCOUNT)
    assert not list(given), "the vendor was asked less"


def config(url: str | None, on: Collection[str], off: Collection[str] = ()) -> httpx.Response:
    switches = [{"event": event, "enable": event in on} for event in [*on, *off]]
    return httpx.Response(200, json={"code": 0, "data": {"pushUrl": url, "eventSubscriptions": switches}})


NOTHING = httpx.Response(200, json={"code": 0, "data": None})
DONE = httpx.Response(200, json={"code": 0})


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (httpx.ReadError("cut"), Uncertain),
        (httpx.Response(200, text="<html>"), Uncertain),
        (httpx.Response(200, json={"code": 800}), Uncertain),
        (httpx.Response(500), Uncertain),
        (httpx.ConnectError("no route"), Unreachable),
        (httpx.Response(401), Unauthorised),
        (httpx.Response(429), RateLimited),
    ],
)
async def test_a_write_is_made_once_whatever_comes_of_it(
    answer: httpx.Response | Exception, fault: type[Fault]
) -> None:
    async with keeping(NOTHING, answer) as it:
        with pytest.raises(fault) as raised:
            await it.create(SubscriptionDraft(webhook_url=URL))

    assert type(raised.value) is fault


@pytest.mark.parametrize(
    ("afterwards", "message"),
    [
        (httpx.Response(401), "could not be read afterwards"),
        (NOTHING, "it names nobody"),
        (config(FOREIGN, ALL), r"it names other\.example\.org: does another system"),
        (config(URL, ALL[1:], ALL[:1]), "these are not as asked: CABINET_ONLINE$"),
        (config(URL, ()), "these are not as asked: all"),
        (config(URL, (), ALL[:2]), "these are not as asked: CABINET_OFFLINE, CABINET_ONLINE$"),
    ],
)
async def test_what_is_read_afterwards_counts(afterwards: httpx.Response, message: str) -> None:
    async with keeping(NOTHING, DONE, afterwards) as it:
        with pytest.raises(Uncertain, match=message) as raised:
            await it.create(SubscriptionDraft(webhook_url=URL))

    assert "secret" not in raised.value.message


async def test_an_event_that_the_vendor_does_not_list_is_no_fault() -> None:
    async with keeping(NOTHING, DONE, config(URL, ALL[:-1])) as it:
        assert await it.create(SubscriptionDraft(webhook_url=URL)) == OURS


async def test_a_configuration_for_which_no_event_is_wanted() -> None:
    async with keeping(NOTHING, DONE, config(URL, (), ALL)) as it:
        assert await it.create(SubscriptionDraft(webhook_url=URL, event_types=())) == OURS


# Secrets.


async def test_the_path_of_a_url_is_not_written_anywhere(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await stage.adapter.create_subscription(SubscriptionDraft(webhook_url=URL))
    payload = {"pushUrl": URL, "eventSubscriptions": [{"event": "A", "pushUrl": URL, "enable": True}]}

    assert "secret" not in caplog.text
    assert "secret" not in repr(PushConfig.model_validate(payload))
    assert "secret" not in repr(EventSwitch.model_validate(payload["eventSubscriptions"][0]))
