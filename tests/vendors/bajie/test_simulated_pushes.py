"""What the simulated vendor pushes, and each of its ways of doing it wrongly."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.vendors.bajie.test_simulator_acts import World, world
from vendors.bajie.simulated_pushes import EVENTS
from vendors.bajie.simulator import USERNAME

URL = "http://gateway.test/webhooks/cabinets-eu/a-path"
CALLBACK = "http://gateway.test/webhooks/cabinets-eu/a-token"
CHINA_NOW = "2026-06-01 18:00:00"


@pytest.fixture
async def town() -> AsyncIterator[World]:
    """With a receiver of everything but the periodic reports."""
    async with world() as it:
        for cabinet in it.simulator.fleet.cabinets.values():
            cabinet.is_flaky = False
        for order in it.simulator.fleet.running.values():
            order.due_at = order.due_at.replace(year=2030)
        register(it, off=["CABINET_STATUS"])
        yield it


def register(town: World, url: str = URL, **given: Any) -> None:
    town.simulator.actions()["set_push_url"]({"url": url, **given})


def by_hand(town: World, name: str, **given: Any) -> Any:
    return town.simulator.actions()[name](given)


async def pushed(town: World, url: str = URL) -> list[tuple[str, Any]]:
    """Events and their data so far; everything that the vendor is about to send is sent."""
    await town.clock.advance(1)
    bodies = [json.loads(request.content) for request in town.received if str(request.url) == url]
    assert {body["agentAccount"] for body in bodies} <= {USERNAME}
    assert {request.headers["content-type"] for request in town.received} <= {"application/json"}
    return [(body["event"], body["eventData"]) for body in bodies]


# Each event.


async def test_connections(town: World) -> None:
    by_hand(town, "set_online", cabinet="XYZ00001", online=True)
    by_hand(town, "set_online", cabinet="XYZ00001", online=False)
    by_hand(town, "set_online", cabinet="XYZ00001", online=True)

    assert await pushed(town) == [
        ("CABINET_OFFLINE", {"cabinetId": "XYZ00001", "offlineTime": CHINA_NOW}),
        ("CABINET_ONLINE", {"cabinetId": "XYZ00001", "onlineTime": CHINA_NOW}),
    ]


async def test_a_flaky_connection_tells_of_itself(town: World) -> None:
    town.simulator.fleet.cabinets["XYZ00004"].is_flaky = True
    town.simulator.advance(4 * 86_400)

    events = [event for event, _ in await pushed(town)]
    assert events[:2] == ["CABINET_OFFLINE", "CABINET_ONLINE"]


async def test_a_restart_is_a_lost_connection(town: World) -> None:
    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=0, operationType="restart")
    await town.pass_time(40)

    assert [event for event, _ in await pushed(town)] == ["CABINET_OFFLINE", "CABINET_ONLINE"]


async def test_a_rental_and_its_return(town: World) -> None:
    rented = by_hand(town, "rent", cabinet="XYZ00001", slot=2)
    returned = by_hand(town, "bring_back", order=rented["order"], cabinet="XYZ00004")

    assert await pushed(town) == [
        (
            "BATTERY_BORROW_OUT",
            {"cabinetId": "XYZ00001", "orderId": rented["order"], "outBatteryId": rented["battery"], "outSlot": 2},
        ),
        (
            "BATTERY_IN",
            {
                "cabinetId": "XYZ00004",
                "orderId": rented["order"],
                "returnBatteryId": rented["battery"],
                "returnSlot": returned["slot"],
            },
        ),
    ]


async def test_people_who_rent_by_themselves_are_told_of(town: World) -> None:
    by_hand(town, "set_eagerness", factor=1)
    town.simulator.advance(6 * 3600)
    events = [event for event, _ in await pushed(town)]

    assert {"BATTERY_BORROW_OUT", "BATTERY_IN"} <= set(events)


async def test_a_rental_through_the_api_pushes_before_it_calls_back(town: World) -> None:
    trade_no = await town.rent(CALLBACK)
    await town.pass_time(9)
    by_hand(town, "bring_back", order=trade_no)
    await town.pass_time(2)

    told = [(str(request.url), json.loads(request.content)) for request in town.received]
    assert [url for url, _ in told] == [URL, CALLBACK, URL, CALLBACK]
    assert [body.get("event", body.get("status")) for _, body in told] == [
        "BATTERY_BORROW_OUT",
        "1",
        "BATTERY_IN",
        "2",
    ]
    assert {body["eventData"]["orderId"] for url, body in told if url == URL} == {trade_no}


@pytest.mark.parametrize(
    ("value", "fault", "cause"), [(None, 3, "eject failed"), (9, 9, "lease command timed out"), (77, 77, "")]
)
async def test_a_rental_that_fails(town: World, value: float | None, fault: int, cause: str) -> None:
    town.switch("eject_fault", value=value)
    trade_no = await town.rent(CALLBACK)
    await town.pass_time(9)

    failure = {"cabinetId": "XYZ00001", "orderId": trade_no, "faultType": fault, "faultCause": cause}
    assert await pushed(town) == [("BATTERY_BORROW_OUT", failure)]
    assert [word["status"] for word in await town.told() if "status" in word] == ["0"]


async def test_without_a_battery_the_rental_has_fault_2(town: World) -> None:
    for slot in range(1, 9):
        by_hand(town, "set_slot_fault", cabinet="XYZ00001", slot=slot, fault=1)
    await town.rent("")
    await town.pass_time(9)

    ((_, data),) = await pushed(town)
    assert (data["faultType"], data["faultCause"]) == (2, "battery id not found")


async def test_a_battery_pushed_out_and_put_back(town: World) -> None:
    await town.pop(2)
    await town.pass_time(9)
    town.simulator.advance(1900)

    (popped, out), (put_back, back) = await pushed(town)
    assert (popped, put_back) == ("BATTERY_POPUP", "BATTERY_IN")
    assert out == {"cabinetId": "XYZ00001", "outBatteryId": out["outBatteryId"], "outSlot": 2, "outStatus": ""}
    assert back == {"cabinetId": "XYZ00001", "returnBatteryId": out["outBatteryId"], "returnSlot": 2}


async def test_faults_of_batteries_and_the_card_reader(town: World) -> None:
    battery = next(town.simulator.fleet.cabinets["XYZ00001"].batteries())[1].id
    by_hand(town, "set_battery_fault", battery=battery, fault=5)
    by_hand(town, "set_battery_fault", battery=battery, fault=0)
    info = [await town.get("/rent/cabinet/query", deviceId="XYZ00001")]
    by_hand(town, "set_terminal_online", cabinet="XYZ00001", online=False)
    info.append(await town.get("/rent/cabinet/query", deviceId="XYZ00001"))
    by_hand(town, "set_terminal_online", cabinet="XYZ00001", online=True)

    abnormal = {"cabinetId": "XYZ00001", "abnormalBatteryId": battery, "batteryFaultType": 5}
    assert await pushed(town) == [
        ("BATTERY_ABNORMAL_WARNING", abnormal),
        ("POS_INFO_STATUS", {"cabinetId": "XYZ00001", "posInfoStatus": 0}),
        ("POS_INFO_STATUS", {"cabinetId": "XYZ00001", "posInfoStatus": 1}),
    ]
    assert [answer["data"]["cabinet"]["posOnlineStatus"] for answer in info] == ["online", "offline"]


async def test_an_order_of_an_admin(town: World) -> None:
    rented = by_hand(town, "rent_as_admin", cabinet="XYZ00001")

    assert (await pushed(town))[1] == ("ADMIN_RENTAL_ORDER", {"cabinetId": "XYZ00001", "orderId": rented["order"]})


async def test_reports_come_every_minute_from_cabinets_that_are_online_and_in_a_shop(town: World) -> None:
    register(town)
    by_hand(town, "rent", cabinet="XYZ00001", slot=2)
    await town.pass_time(61)

    reports = [data for event, data in await pushed(town) if event == "CABINET_STATUS"]
    assert sorted(data["cabinetId"] for data in reports) == [f"XYZ{number:05}" for number in range(1, 14)]
    first = next(data for data in reports if data["cabinetId"] == "XYZ00001")
    cabinet = town.simulator.fleet.cabinets["XYZ00001"]
    assert {key: first[key] for key in first if key != "batteryList"} == {
        "cabinetId": "XYZ00001",
        "infoStatus": "Online",
        "totalCount": 8,
        "rentableCount": first["rentableCount"],
        "returnableCount": 8 - len(list(cabinet.batteries())),
        "icCard": "00000000000000000001",
        "clientIp": "192.0.2.1",
        "clientPort": "40001",
        "geoHash": "",
        "signal": "61",
    }
    assert first["batteryList"] == [
        {
            "batteryFaultCause": "",
            "batteryFaultType": battery.fault,
            "batteryId": battery.id,
            "faultCause": "",
            "faultType": bay.fault,
            "slot": bay.number,
        }
        for bay, battery in cabinet.batteries()
    ]
    await town.pass_time(60)
    assert len([event for event, _ in await pushed(town) if event == "CABINET_STATUS"]) == 26


async def test_a_report_that_is_asked_for(town: World) -> None:
    register(town)
    await town.post("/cabinet/operation", cabinetid="XYZ00001", slotNum=0, operationType="report")
    await town.pass_time(9)

    assert [(event, data["cabinetId"]) for event, data in await pushed(town)] == [("CABINET_STATUS", "XYZ00001")]


async def test_a_forged_push_is_sent_and_nothing_has_happened(town: World) -> None:
    before = town.simulator.state()
    data = {"cabinetId": "XYZ00001", "outBatteryId": "FEED000001", "outSlot": 1}
    by_hand(town, "forge_push", event="BATTERY_BORROW_OUT", data=data)

    assert await pushed(town) == [("BATTERY_BORROW_OUT", data)]
    assert town.simulator.state() == before


# To whom.


async def test_while_nobody_is_registered_nothing_is_sent(town: World) -> None:
    town.simulator.push_config = None
    town.switch("return_no_order", times=1)
    rented = by_hand(town, "rent", cabinet="XYZ00001")
    by_hand(town, "bring_back", order=rented["order"])
    await town.pass_time(61)

    assert town.received == []
    assert "return_no_order" in town.simulator.switches
    with pytest.raises(ValueError, match="nobody is registered"):
        by_hand(town, "forge_push", event="BATTERY_IN", data={})


async def test_what_is_off_is_not_sent(town: World) -> None:
    register(town, off=["BATTERY_BORROW_OUT", "CABINET_STATUS"])
    by_hand(town, "rent", cabinet="XYZ00001")
    by_hand(town, "set_terminal_online", cabinet="XYZ00001", online=True)

    assert [event for event, _ in await pushed(town)] == ["POS_INFO_STATUS"]


async def test_an_event_may_have_its_own_receiver(town: World) -> None:
    await write(town, {"event": "BATTERY_BORROW_OUT", "pushUrl": CALLBACK, "enable": True})
    by_hand(town, "rent", cabinet="XYZ00001")

    assert [event for event, _ in await pushed(town, CALLBACK)] == ["BATTERY_BORROW_OUT"]
    assert await pushed(town) == []


async def test_a_cabinet_without_a_connection_or_a_shop_tells_nothing(town: World) -> None:
    by_hand(town, "set_online", cabinet="XYZ00001", online=False)
    by_hand(town, "set_terminal_online", cabinet="XYZ00001", online=True)
    by_hand(town, "rent", cabinet="XYZ00099")

    assert [event for event, _ in await pushed(town)] == ["CABINET_OFFLINE"]


async def test_a_push_is_tried_four_times() -> None:
    async with world(status=503) as town:
        register(town, off=[event for event in EVENTS if event != "POS_INFO_STATUS"])
        by_hand(town, "set_terminal_online", cabinet="XYZ00001", online=True)
        for _ in range(80):
            await town.clock.advance(5)

        assert [request.url.path for request in town.received] == ["/webhooks/cabinets-eu/a-path"] * 4


async def test_a_reset_forgets_who_is_registered(town: World) -> None:
    await town.http.post("http://b/_control/reset")
    by_hand(town, "rent", cabinet="XYZ00001")

    assert await pushed(town) == []
    register(town, off=["CABINET_STATUS"])
    by_hand(town, "rent", cabinet="XYZ00001")
    assert [event for event, _ in await pushed(town)] == ["BATTERY_BORROW_OUT"]


# The configuration.


async def write(town: World, *switches: object, url: object = URL) -> Any:
    return await town.post("/cabinet/eventPush/config", json={"pushUrl": url, "eventSubscriptions": switches})


async def test_what_is_written_replaces_what_there_was(town: World) -> None:
    switch = {"event": "BATTERY_IN", "pushUrl": "", "enable": True}
    answer = await write(town, switch)

    assert answer["data"] == {"pushUrl": URL, "eventSubscriptions": [switch]}
    assert (await town.get("/cabinet/eventPush/config/get"))["data"] == answer["data"]


async def test_push_config_merges(town: World) -> None:
    town.switch("push_config_merges")
    answer = await write(town, {"event": "BATTERY_IN", "pushUrl": "", "enable": False})

    is_on = {item["event"]: item["enable"] for item in answer["data"]["eventSubscriptions"]}
    assert len(is_on) == 9
    assert [event for event, on in is_on.items() if not on] == ["CABINET_STATUS", "BATTERY_IN"]


@pytest.mark.parametrize("body", [None, {}, {"pushUrl": URL}, {"pushUrl": "", "eventSubscriptions": []}])
async def test_an_incomplete_configuration_is_refused(town: World, body: object) -> None:
    assert (await town.post("/cabinet/eventPush/config", json=body))["code"] == 400


@pytest.mark.parametrize("switch", ["BATTERY_IN", {"event": "BATTERY_IN"}, {"event": 1, "enable": True}])
async def test_a_configuration_with_something_else_among_its_events_is_refused(town: World, switch: object) -> None:
    assert (await write(town, switch))["code"] == 400
    assert (await town.get("/cabinet/eventPush/config/get"))["data"]["pushUrl"] == URL


# Switches.


async def test_duplicate(town: World) -> None:
    town.switch("duplicate", path="a-path")
    by_hand(town, "rent", cabinet="XYZ00001")

    first, second = await pushed(town)
    assert first == second
    assert len({request.content for request in town.received}) == 1


async def test_reorder(town: World) -> None:
    town.switch("reorder", times=1, value=60)
    rented = by_hand(town, "rent", cabinet="XYZ00001")
    by_hand(town, "bring_back", order=rented["order"])
    assert [event for event, _ in await pushed(town)] == ["BATTERY_IN"]
    await town.pass_time(61)

    assert [event for event, _ in await pushed(town)] == ["BATTERY_IN", "BATTERY_BORROW_OUT"]


async def test_drop(town: World) -> None:
    town.switch("drop", times=1)
    rented = by_hand(town, "rent", cabinet="XYZ00001")
    by_hand(town, "bring_back", order=rented["order"])

    assert [event for event, _ in await pushed(town)] == ["BATTERY_IN"]


@pytest.mark.parametrize("name", ["return_other_order", "return_no_order"])
async def test_returns_with_another_order_or_none(town: World, name: str) -> None:
    town.switch(name)
    rented = by_hand(town, "rent", cabinet="XYZ00001")
    by_hand(town, "bring_back", order=rented["order"])

    (_, left), (_, back) = await pushed(town)
    assert left["orderId"] == rented["order"]
    assert back["returnBatteryId"] == rented["battery"]
    assert ("orderId" in back) is (name == "return_other_order")
    assert back.get("orderId") != rented["order"]


async def test_unknown_event(town: World) -> None:
    town.switch("unknown_event")
    rented = by_hand(town, "rent", cabinet="XYZ00001")

    ((event, data),) = await pushed(town)
    assert (event, data["orderId"]) == ("CABINET_DANCED", rented["order"])


async def report(town: World) -> Any:
    register(town)
    town.simulator.fleet.report(town.simulator.fleet.cabinets["XYZ00001"])
    ((_, data),) = await pushed(town)
    return data


async def test_unknown_fault_code(town: World) -> None:
    town.switch("unknown_fault_code")
    data = await report(town)

    assert {(item["faultType"], item["batteryFaultType"]) for item in data["batteryList"]} == {(99, 99)}


async def test_unknown_states(town: World) -> None:
    town.switch("unknown_states")

    assert (await report(town))["infoStatus"] == "97"


async def test_numbers_as_strings(town: World) -> None:
    town.switch("numbers_as_strings")
    data = await report(town)

    assert (data["totalCount"], data["signal"]) == ("8", 61.0)
    assert [item["slot"] for item in data["batteryList"]][:2] == ["1", "2"]


async def test_bad_item(town: World) -> None:
    town.switch("bad_item")
    items = (await report(town))["batteryList"]

    assert items[0] is None
    assert items[1]["slot"] == 1
