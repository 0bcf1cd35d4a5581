"""The simulator itself: its fleet, its motion, its quota, and that the same seed is the same world."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.clock import FakeClock
from vendors.solax.settings import SolaxSettings
from vendors.solax.simulated_fleet import Mode, Status, sunlight
from vendors.solax.simulator import CALLS_A_DAY, TOKEN_ID, SolaxSimulator

SERIAL = "C322SIM0000009"


@pytest.fixture
def simulator() -> SolaxSimulator:
    return SolaxSimulator(clock=FakeClock())


async def read(simulator: SolaxSimulator, **query: str) -> dict[str, Any]:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        params = {"tokenId": TOKEN_ID, "pileSn": SERIAL, **query}
        answer = await client.get("/proxyApp/proxy/api/getPileInfo", params=params)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


async def act(simulator: SolaxSimulator, action: str, **given: object) -> int:
    transport = httpx.ASGITransport(simulator.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://solax.test") as client:
        return (await client.post(f"/_control/actions/{action}", json=given)).status_code


def test_its_account_fits_the_settings(simulator: SolaxSimulator) -> None:
    account = SolaxSettings.model_validate(simulator.account())

    assert len(account.devices) == 12
    assert {serial[:4] for serial in account.devices} == {"C107", "C311", "C322"}
    assert all(len(serial) == 14 for serial in account.devices)


async def test_an_answer_has_all_documented_keys(simulator: SolaxSimulator) -> None:
    answer = await read(simulator)

    assert list(answer) == ["success", "exception", "result"]
    assert list(answer["result"]) == ["chargerStatus", "chargingMode", "chargeEnergy", "chargingPower"]


def test_the_same_seed_is_the_same_world() -> None:
    worlds = [SolaxSimulator(clock=FakeClock(), seed=seed) for seed in (7, 7, 8)]
    for world in worlds:
        world.advance(12 * 3600)

    assert worlds[0].state() == worlds[1].state()
    assert worlds[0].state() != worlds[2].state()


def test_cars_come_charge_and_leave_within_a_day(simulator: SolaxSimulator) -> None:
    seen: set[Status] = set()
    plugged: set[tuple[str, datetime]] = set()
    most_kwh = 0.0
    for _ in range(24 * 30):
        simulator.advance(120)
        for charger in simulator.fleet.chargers.values():
            seen.add(charger.status)
            most_kwh = max(most_kwh, charger.energy_kwh)
            assert 0 <= charger.power_w <= charger.rated_w
            assert (charger.power_w > 0) == (charger.status is Status.CHARGING)
            if charger.car is not None:
                plugged.add((charger.serial, charger.car.leaves_at))

    assert {Status.AVAILABLE, Status.CHARGING, Status.FINISHING, Status.SUSPENDED_EVSE} <= seen
    assert len(plugged) >= 12
    assert 10 < most_kwh < 61


@pytest.mark.parametrize(("mode", "power_w"), [(Mode.GREEN, 0), (Mode.ECO, 1380), (Mode.FAST, 3700)])
def test_at_night_only_the_grid_gives(mode: Mode, power_w: float) -> None:
    simulator = SolaxSimulator(clock=FakeClock(datetime(2026, 1, 1, 0, 0, tzinfo=UTC)))
    charger = simulator.fleet.chargers["C107SIM0000001"]
    simulator.fleet.unplug(charger)
    charger.mode = mode
    simulator.fleet.plug_in(charger, simulator.now, wanted_kwh=30, hours=10)
    assert charger.car is not None
    charger.car.limit_w = 3700
    simulator.advance(120)

    assert charger.status is (Status.SUSPENDED_EVSE if mode is Mode.GREEN else Status.CHARGING)
    assert charger.power_w == pytest.approx(power_w, rel=0.02)


def test_the_sun_has_its_day() -> None:
    midnight = datetime(2026, 6, 1, tzinfo=UTC)

    assert [round(sunlight(midnight + timedelta(hours=hour)), 2) for hour in (0, 4, 11, 18, 23)] == [0, 0, 1, 0, 0]


def test_stop_goes_through_stopping(simulator: SolaxSimulator) -> None:
    charger = next(charger for charger in simulator.fleet.chargers.values() if charger.power_w > 0)
    simulator.fleet.set_mode(charger, Mode.STOP, simulator.now)
    assert (charger.status, charger.power_w) == (Status.STOPPING, 0)

    simulator.advance(20)
    assert charger.status is Status.FINISHING


async def test_the_tenth_call_in_a_minute_is_refused(simulator: SolaxSimulator) -> None:
    answers = [await read(simulator) for _ in range(10)]

    assert [answer["success"] for answer in answers] == [True] * 9 + [False]
    assert answers[-1] == {
        "success": False,
        "exception": "Request calls within the current minute > threshold",
        "result": None,
        "code": 104,
    }
    simulator.advance(60)
    assert (await read(simulator))["success"] is True


async def test_the_ten_thousandth_call_of_a_day_is_refused(simulator: SolaxSimulator) -> None:
    simulator._today = (simulator.now.date(), CALLS_A_DAY - 1)

    assert (await read(simulator))["success"] is True
    assert (await read(simulator))["exception"] == "Request calls within the current day > threshold"

    simulator.advance(14 * 3600)
    assert (await read(simulator))["success"] is True


@pytest.mark.parametrize(("query", "code"), [({"tokenId": "x"}, 103), ({"pileSn": "x"}, 0), ({"pileSn": ""}, 0)])
async def test_what_it_does_not_know_it_refuses(simulator: SolaxSimulator, query: dict[str, str], code: int) -> None:
    answer = await read(simulator, **query)

    assert (answer["success"], answer["code"], answer["result"]) == (False, code, None)


async def test_hands_at_the_chargers(simulator: SolaxSimulator) -> None:
    charger = simulator.fleet.chargers[SERIAL]

    assert await act(simulator, "unplug", serial=SERIAL) == 200
    assert simulator.state()[SERIAL] == {
        "place": "office",
        "online": True,
        "status": "AVAILABLE",
        "mode": "FAST",
        "power_w": 0,
        "energy_kwh": 0.0,
    }
    assert await act(simulator, "set_mode", serial=SERIAL, mode="FAST") == 200
    assert await act(simulator, "plug_in", serial=SERIAL, wanted_kwh=10, hours=2) == 200
    assert await act(simulator, "plug_in", serial=SERIAL) == 422
    simulator.advance(60)
    assert charger.status is Status.CHARGING
    assert await act(simulator, "set_status", serial=SERIAL, status="UNAVAILABLE") == 200
    assert (await read(simulator))["result"]["chargerStatus"] == 5
    assert await act(simulator, "set_online", serial=SERIAL, online=False) == 200
    assert set((await read(simulator))["result"].values()) == {None}
    assert await act(simulator, "unplug", serial="nobody") == 422
