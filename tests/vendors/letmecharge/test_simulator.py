"""The simulated vendor: its fleet, its motion, its documents and its refusals."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock
from tests.support.vendors import simulator
from tests.vendors.letmecharge.replies import fleet, sample
from vendors.kit.simulator import Switch
from vendors.letmecharge.simulated_fleet import Plug
from vendors.letmecharge.simulated_orders import FATES, Order
from vendors.letmecharge.simulator import API_KEY, LetMeChargeSimulator

KEY = {"authorization": f"Bearer {API_KEY}"}
EVERYWHERE = {"lat": 43.3, "lon": -1.97, "distance": 10_000}
STATUSES = {"ORDER_INIT_AND_WAITING", "IN_PROGRESS", "FINISHED", *FATES.values()}


@asynccontextmanager
async def vendor(world: LetMeChargeSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://letmecharge.test", headers=KEY) as http:
        yield http


def made(clock: FakeClock | None = None) -> LetMeChargeSimulator:
    return fleet(simulator("letmecharge", clock))


def idle_plug(world: LetMeChargeSimulator) -> Plug:
    return next(plug for charger in world.chargers for plug in charger.plugs if plug.is_available)


def charging(world: LetMeChargeSimulator) -> Order:
    """A charge that will not end by itself."""
    order = next(order for order in world.traffic.running() if order.status == "IN_PROGRESS")
    order.leaves_at, order.capacity_kwh = world.now + timedelta(days=1), 10_000
    return order


async def start(http: httpx.AsyncClient, plug: Plug, **body: str) -> httpx.Response:
    return await http.post(f"/v3/chargers/startcharge/{plug.id}", json=body)


async def stop(http: httpx.AsyncClient, order_id: str) -> httpx.Response:
    return await http.post(f"/v3/chargers/stopcharge/{order_id}")


def acts(world: LetMeChargeSimulator) -> list[tuple[str, str, str]]:
    return [(act.what, act.subject, act.cause) for act in world.acts]


def keys(document: Any) -> Any:
    """A document's shape: its keys, all the way down, of the first of each list."""
    if isinstance(document, dict):
        return {name: keys(value) for name, value in document.items()}
    return [keys(document[0])] if isinstance(document, list) and document else None


def test_the_fleet() -> None:
    world = made()
    assert {name: world.state()[name] for name in ("chargers", "plugs")} == {"chargers": 30, "plugs": 108}
    assert len({charger.place.provider for charger in world.chargers}) == 9
    assert len({charger.place.town for charger in world.chargers}) == 9
    assert [len(group.plugs) for group in world.chargers[0].stations[0].groups] == [2, 1]
    assert {order.status for order in world.traffic.orders} == STATUSES
    ids = [plug.id for charger in world.chargers for plug in charger.plugs]
    assert len(set(ids)) == len(ids)


def test_a_plug_in_use_has_one_running_order() -> None:
    world = made()
    for _ in range(20):
        world.advance(600)
        running = [order.plug.id for order in world.traffic.running()]
        plugs = [plug for charger in world.chargers for plug in charger.plugs]
        assert sorted(running) == sorted(plug.id for plug in plugs if not plug.is_available)


async def test_documents_are_as_full_as_the_vendors() -> None:
    world = made()
    async with vendor(world) as http:
        chargers = (await http.post("/v3/chargers/filter", json=EVERYWHERE)).json()
        charger = (await http.get(f"/chargers/{world.chargers[0].id}/updated")).json()
        orders = (await http.get("/contracts/orders", params={"limit": 1})).json()
    assert len(chargers) == 15
    assert chargers[0] == charger
    assert keys(charger) == keys(sample("chargers-updated"))
    assert keys(orders) == keys(sample("contracts-orders"))
    station = charger["chargerDetails"][0]
    assert (type(station["plusCode"]), type(station["plugs"][0]["logicPlugId"])) == (int, int)
    assert charger["loc"] == [charger["lon"], charger["lat"]]
    assert charger["loc"][0] == charger["lon"]
    assert station["charger"] != charger["_id"]
    assert charger["plugs"] == 6
    assert orders[0]["updatedAt"].endswith("Z")
    assert station["plugs"][0]["lastUpdate"].endswith("+00:00")


def test_a_charge_gives_energy_and_ends() -> None:
    world = made()
    order = next(order for order in reversed(world.traffic.orders) if order.status == "ORDER_INIT_AND_WAITING")
    world.advance(60)
    seen = [(order.status, order.charged_kwh, order.charge, order.amount)]
    while order.finished_at is None:
        world.advance(300)
        seen.append((order.status, order.charged_kwh, order.charge, order.amount))
    assert seen[0][0] == "IN_PROGRESS"
    assert seen == sorted(seen, key=lambda row: row[1:])
    assert order.charged_kwh > 1
    assert 0.1 < order.charge <= 1
    assert order.updated_at == order.finished_at


async def test_time_moves_the_world() -> None:
    clock = FakeClock()
    world = made(clock)
    async with vendor(world) as http:
        before = (await http.get("/contracts/orders")).json()
        await clock.advance(6 * 3600)
        after = (await http.get("/contracts/orders")).json()
    assert len(after) > len(before)
    assert before != after[-len(before) :]
    assert (
        Counter(order["status"] for order in after)["FINISHED"]
        > Counter(order["status"] for order in before)["FINISHED"]
    )


def test_more_drivers_come_by_day() -> None:
    world = made()
    by_hour: Counter[bool] = Counter()
    for order in world.traffic.orders:
        by_hour[8 <= (order.created_at + timedelta(hours=2)).hour < 22] += 1
    assert by_hour[True] > 3 * by_hour[False]


def test_the_past_is_not_kept_for_ever() -> None:
    world = made()
    world.traffic.orders *= 10
    world.advance(60)
    assert len(world.traffic.orders) == 1000


async def test_the_same_seed_is_the_same_world() -> None:
    worlds = [made(), made(), LetMeChargeSimulator(clock=FakeClock(), seed=2)]
    answers = []
    for world in worlds:
        world.advance(3600)
        async with vendor(world) as http:
            answers.append((await http.get("/contracts/orders")).json())
    assert answers[0] == answers[1]
    assert answers[0] != answers[2]


async def test_a_reset_world_is_the_first_one_again() -> None:
    world = made()
    async with vendor(world) as http:
        before = (await http.get("/contracts/orders")).json()
        assert (await http.post("/_control/reset")).status_code == 204
        assert (await http.get("/contracts/orders")).json() == before
        assert (await http.get("/_control")).json()["account"]["vendor"] == "letmecharge"


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({**EVERYWHERE, "distance": 1000}, 3),
        ({**EVERYWHERE, "providers": ["REPSOL", "zunder"]}, 4),
        ({**EVERYWHERE, "providers": []}, 15),
        ({**EVERYWHERE, "status": "all", "chargeTypes": []}, 15),
        ({**EVERYWHERE, "chargeTypes": [9]}, 0),
        ({"lat": 43.3043, "lon": -1.9747, "distance": 10}, 1),
    ],
)
async def test_the_filter(body: dict[str, Any], found: int) -> None:
    async with vendor(made()) as http:
        assert len((await http.post("/v3/chargers/filter", json=body)).json()) == found


async def test_the_filter_by_availability() -> None:
    world = made()
    for plug in world.chargers[0].plugs:
        plug.is_available = False
    async with vendor(world) as http:
        body = {**EVERYWHERE, "status": "available"}
        ids = [charger["_id"] for charger in (await http.post("/v3/chargers/filter", json=body)).json()]
    assert len(ids) == 14
    assert world.chargers[0].id not in ids


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**EVERYWHERE, "lat": 91},
        {**EVERYWHERE, "distance": 9},
        {**EVERYWHERE, "distance": 10_001},
        {**EVERYWHERE, "lon": "west"},
        {**EVERYWHERE, "status": "busy"},
        [],
        "text",
    ],
)
async def test_the_filter_refuses_nonsense(body: Any) -> None:
    async with vendor(made()) as http:
        reply = await http.post("/v3/chargers/filter", json=body)
    assert (reply.status_code, set(reply.json())) == (400, {"message", "statusCode", "error"})


async def test_orders_are_newest_first_in_pages() -> None:
    world = made()
    async with vendor(world) as http:
        every = (await http.get("/contracts/orders")).json()
        assert [order["id"] for order in every] == [order.id for order in reversed(world.traffic.orders)]
        assert (await http.get("/contracts/orders", params={"limit": 0, "offset": 5})).json() == every[5:]
        assert (await http.get("/contracts/orders", params={"limit": 3, "offset": 5})).json() == every[5:8]
        finished = (await http.get("/contracts/orders", params={"status": "FINISHED"})).json()
        assert finished == [order for order in every if order["status"] == "FINISHED"]
        email = every[7]["user_email"]
        assert (await http.get("/contracts/orders", params={"user_email": email})).json() == [every[7]]


@pytest.mark.parametrize("query", [{"status": "NOT_PLUGGED"}, {"limit": "many"}, {"limit": -1}, {"offset": -1}])
async def test_orders_refuse_nonsense(query: dict[str, Any]) -> None:
    async with vendor(made()) as http:
        assert (await http.get("/contracts/orders", params=query)).status_code == 400


async def test_a_wrong_key_is_401_or_403_by_endpoint() -> None:
    world = made()
    wrong = {"authorization": "Bearer another"}
    async with vendor(world) as http:
        replies = [
            await http.post("/v3/chargers/filter", json=EVERYWHERE, headers=wrong),
            await http.get(f"/chargers/{world.chargers[0].id}/updated", headers=wrong),
            await http.get("/contracts/orders", headers=wrong),
            await http.post(f"/v3/chargers/startcharge/{idle_plug(world).id}", headers=wrong),
            await http.post(f"/v3/chargers/stopcharge/{charging(world).order_id}", headers=wrong),
        ]
    world.advance(10)
    assert [reply.status_code for reply in replies] == [401, 401, 403, 403, 401]
    assert list(world.acts) == []
    assert replies[2].json() == {"message": "the key is not valid", "statusCode": 403, "error": "Forbidden"}


async def test_an_unknown_charger_and_a_path_with_the_wrong_version() -> None:
    world = made()
    async with vendor(world) as http:
        assert (await http.get("/chargers/unknown/updated")).json()["statusCode"] == 404
        assert (await http.get(f"/v3/chargers/{world.chargers[0].id}/updated")).status_code == 404
        assert (await http.get("/v3/contracts/orders")).status_code == 404
        assert (await http.post("/chargers/filter", json=EVERYWHERE)).status_code == 404


async def test_a_quota_refusal_says_how_long() -> None:
    world = made()
    world.switches["http_429"] = Switch(value=12, times=1)
    async with vendor(world) as http:
        refused = await http.get("/contracts/orders")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "12")
        assert (await http.get("/contracts/orders")).status_code == 200


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("payment_error_with_energy", "PAYMENT_ERROR"),
        ("internal_error", "INTERNAL_ERROR"),
        ("provider_error", "PROVIDER_ERROR"),
    ],
)
def test_charges_end_in_error_on_demand(fault: str, status: str) -> None:
    world = made()
    charging = [order for order in world.traffic.running() if order.status == "IN_PROGRESS"]
    world.switches[fault] = Switch()
    world.advance(60)
    assert {order.status for order in charging} == {status}
    assert all(order.finished_at == world.now and order.charged_kwh > 0 for order in charging)
    assert all(order.plug.is_available for order in charging)


def test_charges_end_in_error_before_any_energy() -> None:
    world = made()
    waiting = [
        order
        for order in world.traffic.running()
        if order.status == "ORDER_INIT_AND_WAITING" and order.fate == "FINISHED"
    ]
    world.switches["provider_error"] = Switch(value="without_energy")
    world.advance(60)
    assert len(waiting) >= 2
    assert {(order.status, order.charged_kwh) for order in waiting} == {("PROVIDER_ERROR", 0.0)}


def test_not_plugged_may_turn_into_a_charge() -> None:
    world = made()
    world.switches["not_plugged_then_progress"] = Switch()
    world.traffic.arrive(world.now)
    order = world.traffic.orders[-1]
    order.fate = "NOT_PLUGGED"
    statuses = []
    for _ in range(4):
        world.advance(60)
        statuses.append((order.status, order.finished_at))
    assert statuses == [("NOT_PLUGGED", None), ("NOT_PLUGGED", None), ("IN_PROGRESS", None), ("IN_PROGRESS", None)]


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        ("unknown_status", "status", "SUSPENDED_BY_GRID"),
        ("unknown_price_unit", "price_unit", "lightyear"),
        ("null_fields", "status", None),
        ("string_numbers", "outlet_number", "1"),
    ],
)
async def test_shapes_of_orders(fault: str, field: str, value: Any) -> None:
    world = made()
    world.traffic.orders[-1].plug = world.traffic.orders[-1].station.plugs[0]
    world.switches[fault] = Switch(times=1)
    async with vendor(world) as http:
        order = (await http.get("/contracts/orders")).json()[0]
        again = (await http.get("/contracts/orders")).json()[0]
    assert order[field] == value
    assert again[field] != value
    assert order["id"] == again["id"]


async def test_shapes_of_chargers() -> None:
    world = made()
    path = f"/chargers/{world.chargers[0].id}/updated"
    async with vendor(world) as http:
        plain = (await http.get(path)).json()
        odd = {}
        for fault in ("stale_plug", "provider_case", "time_form"):
            world.switches[fault] = Switch(times=1)
            odd[fault] = (await http.get(path)).json()
    assert odd["stale_plug"]["chargerDetails"][0]["plugs"][0]["lastUpdate"] < "2024"
    assert odd["provider_case"]["provider"] == "rEPSOL"
    assert odd["time_form"]["updatedAt"] == plain["updatedAt"].replace("Z", "+00:00")
    group = plain["chargerDetails"][0]["plugs"][0]
    assert odd["time_form"]["chargerDetails"][0]["plugs"][0]["lastUpdate"] == group["lastUpdate"].replace("+00:00", "Z")


# Commands.


async def test_a_start_makes_an_order_and_then_the_power_comes_on() -> None:
    world = made()
    plug = idle_plug(world)
    async with vendor(world) as http:
        reply = await start(http, plug, user_email="a@example.com", plate="1234BCD")
        assert reply.status_code == 200
        assert keys(reply.json()) == keys(sample("start"))
        (listed,) = (await http.get("/contracts/orders", params={"user_email": "a@example.com"})).json()
    order = world.traffic.orders[-1]
    assert (reply.json()["orderId"], reply.json()["_id"]) == (order.order_id, order.record_id)
    assert reply.json()["physicalPlug"]["_id"] == plug.id
    assert (listed["id"], listed["status"], listed["plate"]) == (order.order_id, "ORDER_INIT_AND_WAITING", "1234BCD")
    assert (plug.is_available, acts(world)) == (False, [])

    world.advance(4)
    assert (order.status, acts(world)) == ("ORDER_INIT_AND_WAITING", [])
    world.advance(1)
    assert (order.status, acts(world)) == ("IN_PROGRESS", [("power on", plug.id, order.order_id)])
    world.advance(60)
    assert order.charged_kwh > 0
    assert len(acts(world)) == 1


async def test_a_start_needs_no_body_and_no_nonsense() -> None:
    world = made()
    plug = idle_plug(world)
    async with vendor(world) as http:
        path = f"/v3/chargers/startcharge/{plug.id}"
        assert [(await http.post(path, content=content)).status_code for content in (b"[", b"5", b"")] == [
            400,
            400,
            200,
        ]
        assert (await http.post(f"/chargers/startcharge/{plug.id}")).status_code == 404
        assert (await http.post("/v3/chargers/startcharge/unknown")).json()["statusCode"] == 404
    assert sum(order.is_remote for order in world.traffic.orders) == 1


@pytest.mark.parametrize(("fault", "status"), [(None, 403), ("in_use_400", 400)])
async def test_a_plug_in_use_is_refused(fault: str | None, status: int) -> None:
    world = made()
    if fault:
        world.switches[fault] = Switch()
    async with vendor(world) as http:
        reply = await start(http, charging(world).plug)
    assert (reply.status_code, reply.json()["message"]) == (status, "the physical plug is in use")
    assert not any(order.is_remote for order in world.traffic.orders)


async def test_a_start_without_a_cable_ends_after_a_minute() -> None:
    world = made()
    plug = idle_plug(world)
    async with vendor(world) as http:
        assert (await http.post("/_control/actions/unplug", json={"plug": "unknown"})).status_code == 422
        assert (await http.post("/_control/actions/unplug", json={"plug": plug.id})).status_code == 200
        await start(http, plug)
        order = world.traffic.orders[-1]
        world.advance(59)
        assert (order.status, order.finished_at) == ("ORDER_INIT_AND_WAITING", None)
        world.advance(1)
        assert (order.status, order.finished_at, plug.is_available) == ("NOT_PLUGGED", world.now, True)

        await start(http, plug)
        order = world.traffic.orders[-1]
        world.advance(30)
        assert (await http.post("/_control/actions/plug_in", json={"plug": plug.id})).status_code == 200
        world.advance(5)
        assert order.status == "IN_PROGRESS"
        await http.post("/_control/actions/unplug", json={"plug": plug.id})
        world.advance(5)
    assert order.status == "FINISHED"
    assert acts(world) == [("power on", plug.id, order.order_id)]


async def test_a_stop_ends_the_order_once() -> None:
    world = made()
    order = charging(world)
    async with vendor(world) as http:
        for _ in range(2):
            reply = await stop(http, order.order_id)
            assert (reply.status_code, reply.json()) == (200, {})
        assert (await stop(http, "unknown")).json()["statusCode"] == 404
        world.advance(2)
        assert order.status == "IN_PROGRESS"
        world.advance(1)
        assert (order.status, order.finished_at, order.plug.is_available) == ("FINISHED", world.now, True)
        world.advance(60)
        assert (await stop(http, order.order_id)).json() == {}
        world.advance(60)
    assert acts(world) == [("power off", order.plug.id, order.order_id)]


async def test_the_answer_is_lost_and_the_charge_started() -> None:
    world = made()
    world.switches["start_lost_reply"] = Switch()
    async with vendor(world) as http:
        with pytest.raises(httpx.ReadError):
            await start(http, idle_plug(world))
    world.advance(5)
    assert [what for what, *_ in acts(world)] == ["power on"]


async def test_a_500_and_the_charge_started() -> None:
    world = made()
    world.switches["start_500_but_started"] = Switch()
    async with vendor(world) as http:
        reply = await start(http, idle_plug(world))
    assert (reply.status_code, reply.json()) == (500, sample("error"))
    world.advance(5)
    assert [what for what, *_ in acts(world)] == ["power on"]


async def test_one_start_makes_two_orders() -> None:
    world = made()
    plug = idle_plug(world)
    world.switches["starts_twice"] = Switch()
    async with vendor(world) as http:
        reply = await start(http, plug)
        first, second = world.traffic.orders[-2:]
        assert reply.json()["orderId"] == first.order_id
        world.advance(5)
        assert acts(world) == [("power on", plug.id, order.order_id) for order in (first, second)]
        await stop(http, first.order_id)
        world.advance(5)
    assert (first.status, second.status, plug.is_available) == ("FINISHED", "IN_PROGRESS", False)


@pytest.mark.parametrize("value", [None, "start_id"])
async def test_a_started_order_is_listed_under_another_id(value: str | None) -> None:
    world = made()
    world.switches["id_mismatch"] = Switch(value=value)
    async with vendor(world) as http:
        reply = (await start(http, idle_plug(world))).json()
        (listed,) = (await http.get("/contracts/orders", params={"limit": 1})).json()
        assert listed["id"] != reply["orderId"]
        assert (listed["id"] == reply["_id"]) is (value == "start_id")
        assert (await stop(http, listed["id"])).status_code == 404
        assert (await stop(http, reply["orderId"])).status_code == 200


@pytest.mark.parametrize(("value", "seconds"), [(None, 90), (20, 20)])
async def test_a_start_and_a_stop_act_late(value: float | None, seconds: float) -> None:
    world = made()
    order, plug = charging(world), idle_plug(world)
    world.switches["acts_late"] = Switch(value=value)
    async with vendor(world) as http:
        await start(http, plug)
        await stop(http, order.order_id)
    started = next(order for order in world.traffic.orders if order.is_remote)
    world.advance(seconds - 1)
    assert acts(world) == []
    world.advance(1)
    assert sorted(acts(world)) == [
        ("power off", order.plug.id, order.order_id),
        ("power on", plug.id, started.order_id),
    ]


async def test_a_stop_is_answered_and_ignored() -> None:
    world = made()
    order = charging(world)
    world.switches["stop_ignored"] = Switch()
    async with vendor(world) as http:
        assert (await stop(http, order.order_id)).json() == {}
    world.advance(60)
    assert (order.status, acts(world)) == ("IN_PROGRESS", [])


async def test_an_ended_order_is_listed_in_progress_for_a_while() -> None:
    world = made()
    order = charging(world)
    world.traffic.stop(order, world.now)
    world.switches["late_progress"] = Switch()
    async with vendor(world) as http:

        async def listed(**query: str) -> str | None:
            orders = (await http.get("/contracts/orders", params=query)).json()
            return next((found["status"] for found in orders if found["id"] == order.id), None)

        assert (await listed(), await listed(status="FINISHED")) == ("IN_PROGRESS", None)
        world.advance(121)
        assert (await listed(), await listed(status="IN_PROGRESS")) == ("FINISHED", None)


async def test_a_started_order_may_be_not_plugged_and_then_charge() -> None:
    world = made()
    world.switches["not_plugged_then_progress"] = Switch()
    async with vendor(world) as http:
        await start(http, idle_plug(world))
    order = next(order for order in world.traffic.orders if order.is_remote)
    statuses = []
    for _ in range(3):
        world.advance(60)
        statuses.append((order.status, order.finished_at))
    assert statuses == [("NOT_PLUGGED", None), ("NOT_PLUGGED", None), ("IN_PROGRESS", None)]
    assert acts(world) == [("power on", order.plug.id, order.order_id)]


def test_every_fault_is_described() -> None:
    faults = LetMeChargeSimulator.faults
    assert all(text.endswith(".") for text in faults.values())
    assert len(faults) == 26
