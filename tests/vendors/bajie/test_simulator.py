from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock
from vendors.bajie.simulator import PASSWORD, USERNAME, BajieSimulator
from vendors.kit.simulator import Switch

ROOT = "/cdb-open-api/v1"


@pytest.fixture
def simulator() -> BajieSimulator:
    return BajieSimulator(clock=FakeClock())


@pytest.fixture
async def http(simulator: BajieSimulator) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://b{ROOT}", auth=(USERNAME, PASSWORD)) as it:
        yield it


async def get(http: httpx.AsyncClient, path: str, **query: Any) -> Any:
    return (await http.get(path, params=query)).json()


# The fleet and its motion.


def test_the_fleet(simulator: BajieSimulator) -> None:
    fleet = simulator.fleet
    listed = [cabinet for cabinet in fleet.cabinets.values() if cabinet.shop]

    assert len(fleet.shops) == 4
    assert sorted({len(cabinet.bays) for cabinet in listed}) == [8, 12, 24, 48]
    assert len(listed) == 14
    assert [cabinet.id for cabinet in listed if not cabinet.is_online] == ["XYZ00014"]
    assert sorted(bay.fault for cabinet in listed for bay in cabinet.bays if bay.fault) == [2, 8]
    everywhere = [battery for cabinet in listed for _, battery in cabinet.batteries()]
    everywhere += [order.battery for order in fleet.running.values()]
    assert sorted(battery.fault for battery in everywhere if battery.fault) == [5, 7, 9]
    assert fleet.running
    assert len(fleet.orders) > 100


def test_no_battery_is_lost_or_doubled_in_a_week(simulator: BajieSimulator) -> None:
    def batteries() -> list[str]:
        inside = [battery.id for cabinet in simulator.fleet.cabinets.values() for _, battery in cabinet.batteries()]
        return sorted(inside + [order.battery.id for order in simulator.fleet.running.values()])

    before = batteries()
    orders = set(simulator.fleet.orders)
    simulator.advance(7 * 86_400)

    assert batteries() == before
    assert len(before) == len(set(before))
    assert set(simulator.fleet.orders) - orders


def test_a_battery_charges_a_point_a_minute_and_stops_when_full(simulator: BajieSimulator) -> None:
    cabinet = simulator.fleet.cabinets["XYZ00099"]
    _, battery = next(cabinet.batteries())
    battery.level, battery.since = 40.0, simulator.now

    simulator.advance(600)
    assert battery.charge(simulator.now) == pytest.approx(50)
    assert battery.temperature_c(simulator.now) == pytest.approx(battery.warmth_c + 6, abs=0.1)
    simulator.advance(6000)
    assert battery.charge(simulator.now) == 100


def test_people_rent_more_by_day_than_by_night(simulator: BajieSimulator) -> None:
    simulator.advance(3 * 86_400)
    hours = [(order.borrowed_at.hour + 1) % 24 for order in simulator.fleet.orders.values()]

    assert sum(9 <= hour < 22 for hour in hours) > 10 * sum(hour < 7 for hour in hours)


def test_orders_are_forgotten_after_a_week(simulator: BajieSimulator) -> None:
    first = next(iter(simulator.fleet.orders))
    simulator.advance(10 * 86_400)

    assert first not in simulator.fleet.orders


def test_the_same_seed_lives_the_same_life() -> None:
    first, second, other = (BajieSimulator(clock=FakeClock(), seed=seed) for seed in (7, 7, 8))
    for world in (first, second, other):
        world.advance(86_400)

    assert list(first.fleet.orders) == list(second.fleet.orders)
    assert first.state() == second.state()
    assert list(first.fleet.orders) != list(other.fleet.orders)


# What it answers.


async def test_wrong_credentials_get_401(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    response = await http.get("/cabinet/getAllDevice", auth=("agent-example", "wrong"))

    assert response.status_code == 401
    assert response.json() == {"msg": "Unauthorized", "code": 401}


async def test_refusals_have_no_payload_key(http: httpx.AsyncClient) -> None:
    assert await get(http, "/rent/cabinet/query", deviceId="XYZ00014") == {"msg": "Device not online.", "code": 2004}
    assert await get(http, "/rent/cabinet/query", deviceId="XYZ00099") == {
        "msg": "QR code unbound device.",
        "code": 2002,
    }
    for path in ("/cabinet/slotByCabinetId/NOBODY", "/shop/detail/none", "/shop/priceStrategy/detail/9"):
        assert await get(http, path) == {"msg": "Operation failed", "code": 404}
    assert await get(http, "/rent/order/detail", tradeNo="1") == {"msg": "Operation failed", "code": 404}


async def test_device_info_by_post_is_the_same(http: httpx.AsyncClient) -> None:
    posted = (await http.post("/rent/cabinet/query", params={"deviceId": "XYZ00001"})).json()

    assert posted == await get(http, "/rent/cabinet/query", deviceId="XYZ00001")


async def test_pages_respect_the_limit(http: httpx.AsyncClient) -> None:
    page = (await get(http, "/cabinet/getAllDevicePage", page=2, limit=6))["page"]

    assert {key: page[key] for key in ("total", "current", "size", "pages")} == {
        "total": 14,
        "current": 2,
        "size": 6,
        "pages": 3,
    }
    assert [row["pCabinetid"] for row in page["records"]] == [f"XYZ{number:05}" for number in range(7, 13)]
    assert len((await get(http, "/cabinet/getAllDevicePage"))["page"]["records"]) == 10
    assert len((await get(http, "/cabinet/getAllDevicePage", page="x", limit=0))["page"]["records"]) == 1


async def test_orders_of_a_cabinet_newest_first(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    page = (await get(http, "/order/list", pCabinetid="XYZ00001", limit=1000))["page"]

    times = [row["pBorrowtime"] for row in page["records"]]
    assert times == sorted(times, reverse=True)
    assert {row["pCabinetid"] for row in page["records"]} == {"XYZ00001"}
    assert page["total"] == sum(order.cabinet.id == "XYZ00001" for order in simulator.fleet.orders.values())


async def test_places_near_a_point(http: httpx.AsyncClient) -> None:
    munich: dict[str, str | float] = {"coordType": "WGS-84", "lat": 48.1351, "lng": 11.5763, "showPrice": "true"}

    near, far = [
        (await http.post("/rent/cabinet/list", params={**munich, "zoomLevel": zoom})).json() for zoom in (5, 1)
    ]

    assert [place["shop"]["shopName"] for place in near["list"]] == ["Viktualienmarkt Kaffee"]
    assert near["list"][0]["shop"]["distance"] == "0m"
    assert [place["shop"]["id"] for place in far["list"]] == ["5ee0000001", "5ee0000004", "5ee0000003", "5ee0000002"]


async def test_details_and_single_things(http: httpx.AsyncClient) -> None:
    detail = (await get(http, "/cabinet/detail/XYZ00001"))["data"]
    shop = (await get(http, "/shop/detail/5ee0000001"))["data"]
    price = (await get(http, "/shop/priceStrategy/detail/101"))["data"]
    devices = (await get(http, "/cabinet/getDeviceByShopId", shopid="5ee0000001"))["data"]

    assert len(detail["batcabs"]) == 8
    assert shop["cabinetIds"] == ",".join(row["pCabinetid"] for row in devices)
    assert price["name"] == "standard"


async def test_a_body_that_is_no_object_is_taken_as_empty(http: httpx.AsyncClient) -> None:
    for body in (b"", b"[]", b"{"):
        answer = (await http.post("/shop/priceStrategy/page", content=body)).json()
        assert answer["data"]["size"] == 10


# Its faults.


async def test_codes_on_a_switch(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    for name, code in (("code_2004", 2004), ("code_2002", 2002), ("code_800", 800), ("code_1055", 1055)):
        simulator.switches[name] = Switch(times=1)
        assert (await get(http, "/shop/getShopList"))["code"] == code
    simulator.switches["unknown_code"] = Switch(value=77, times=1)
    assert (await get(http, "/shop/getShopList"))["code"] == 77
    assert (await get(http, "/shop/getShopList"))["code"] == 0


async def test_a_fault_may_be_for_one_path(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    simulator.switches["code_200"] = Switch()
    simulator.switches["no_data"] = Switch(path="/shop/")

    assert await get(http, "/shop/getShopList") == {"msg": "Successful operation", "code": "200"}
    assert (await get(http, "/cabinet/getAllDevicePage"))["page"]["total"] == 14


async def test_lists_lag_while_that_is_on(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    simulator.switches["stale_battery_list"] = Switch(value=120)
    path = "/cabinet/slotByCabinetId/XYZ00001"
    before = await get(http, path)
    simulator.actions()["rent"]({"cabinet": "XYZ00001"})
    simulator.advance(60)

    assert await get(http, path) == before
    assert (await get(http, "/rent/cabinet/query", deviceId="XYZ00001"))["data"]["cabinet"]["busySlots"] == sum(
        row["pBatteryid"] != "" for row in before["data"]
    ) - 1
    simulator.advance(60)
    assert await get(http, path) != before


async def test_a_native_rental_takes_a_battery(simulator: BajieSimulator, http: httpx.AsyncClient) -> None:
    before = (await get(http, "/rent/cabinet/query", deviceId="XYZ00001"))["data"]["cabinet"]["busySlots"]
    simulator.switches["native_rental"] = Switch(times=1)

    after = (await get(http, "/rent/cabinet/query", deviceId="XYZ00001"))["data"]["cabinet"]["busySlots"]

    assert after == before - 1


# Hands.


def test_rent_and_bring_back_by_hand(simulator: BajieSimulator) -> None:
    hands = simulator.actions()
    rented: Any = hands["rent"]({"cabinet": "XYZ00006", "slot": next_occupied(simulator)})

    assert rented["order"] in simulator.fleet.running
    hands["bring_back"]({"order": rented["order"], "cabinet": "XYZ00006"})
    assert rented["order"] not in simulator.fleet.running
    with pytest.raises(ValueError, match="back already"):
        hands["bring_back"]({"order": rented["order"]})


def next_occupied(simulator: BajieSimulator) -> int:
    return next(bay.number for bay, _ in simulator.fleet.cabinets["XYZ00006"].batteries())


def test_hands_that_find_nothing(simulator: BajieSimulator) -> None:
    hands = simulator.actions()
    with pytest.raises(ValueError, match="nothing can be rented"):
        hands["rent"]({"cabinet": "XYZ00014"})
    for index, bay in enumerate(simulator.fleet.cabinets["XYZ00002"].bays, 1):
        hands["set_slot_fault"]({"cabinet": "XYZ00002", "slot": index, "fault": 4})
        assert bay.fault == 4
    rented: Any = hands["rent"]({"cabinet": "XYZ00001"})
    with pytest.raises(ValueError, match="no slot takes it"):
        hands["bring_back"]({"order": rented["order"], "cabinet": "XYZ00002"})
    with pytest.raises(KeyError):
        hands["set_battery_fault"]({"battery": "NONE", "fault": 1})


def test_hands_on_connection_and_batteries(simulator: BajieSimulator) -> None:
    hands = simulator.actions()
    hands["set_online"]({"cabinet": "XYZ00001", "online": False})
    _, battery = next(simulator.fleet.cabinets["XYZ00006"].batteries())
    hands["set_battery_fault"]({"battery": battery.id, "fault": 10})
    simulator.advance(3600)

    assert not simulator.fleet.cabinets["XYZ00001"].is_online
    assert battery.fault == 10
