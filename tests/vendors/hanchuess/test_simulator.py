"""The simulated vendor itself: its fleet, its motion, its door, and its documents."""

import json
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import vendors.hanchuess
from tests.support.clock import FakeClock
from tests.support.vendors import simulator
from vendors.hanchuess.simulated_documents import page
from vendors.hanchuess.simulator import CLIENT_SECRET, OEM, HanchuessSimulator
from vendors.kit.simulator import Switch

SAMPLES = Path(vendors.hanchuess.__file__).parent / "samples"
SIGNED = {"X-Signature": "any", "X-Timestamp": "1", "X-Nonce": "abcdef"}
CREDENTIALS = {"grant_type": "client_credentials", "client_id": OEM, "client_secret": CLIENT_SECRET}


@pytest.fixture
def world() -> HanchuessSimulator:
    return cast("HanchuessSimulator", simulator("hanchuess"))


def http(world: HanchuessSimulator) -> httpx.AsyncClient:
    token = world.tokens.issue()["access_token"]
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app),
        base_url="http://vendor.test",
        headers={"Authorization": f"Bearer {token}", **SIGNED},
    )


def keys_of(value: Any) -> Any:
    """The shape of a document: its keys, deeply, and whether a leaf is text or a number."""
    match value:
        case dict():
            return {key: keys_of(item) for key, item in value.items()}
        case list():
            return [keys_of(value[0])] if value else []
        case int() | float():
            return "number"
    return type(value).__name__


# The world.


def test_the_fleet(world: HanchuessSimulator) -> None:
    fleet = world.fleet

    assert (len(fleet.stations), len(fleet.inverters)) == (5, 8)
    assert len({it.external_user_id for it in fleet.stations.values()}) == 2
    assert [it.is_active for it in world.book.all()] == [True, False]
    assert [it.online for it in fleet.inverters.values()] == [True] * 7 + [False]


def test_the_same_seed_gives_the_same_day() -> None:
    first, second, other = (HanchuessSimulator(clock=FakeClock(), seed=seed) for seed in (1, 1, 2))
    for it in (first, second, other):
        it.advance(86_400)

    assert first.state() == second.state()
    assert first.state() != other.state()


def test_the_sun_rises_and_sets_and_batteries_follow(world: HanchuessSimulator) -> None:
    inverters = list(world.fleet.inverters.values())
    by_hour: dict[int, list[tuple[int, int]]] = {}
    for _ in range(24):
        world.advance(3600)
        by_hour[world.now.hour] = [(it.solar_w, it.battery_w) for it in inverters]

    assert all(solar_w == 0 for solar_w, _ in by_hour[0])
    assert all(solar_w > 500 for solar_w, _ in by_hour[12])
    assert all(battery_w <= 0 for _, battery_w in by_hour[23])
    assert any(battery_w > 0 for hour in by_hour.values() for _, battery_w in hour)


def test_energies_never_fall_and_powers_add_up(world: HanchuessSimulator) -> None:
    inverters = list(world.fleet.inverters.values())
    for _ in range(48):
        before = [it.total.copy() for it in inverters]
        world.advance(1800)
        for inverter, old in zip(inverters, before, strict=True):
            gained = inverter.total.since(old)
            assert min(gained.solar, gained.charged, gained.discharged, gained.bought, gained.sold) >= 0
            assert inverter.solar_w + inverter.grid_w == inverter.load_w + inverter.battery_w
            assert 0 <= inverter.soc <= 1


def test_energy_records_come_every_half_hour_and_are_kept_for_ninety_days(world: HanchuessSimulator) -> None:
    inverter = world.fleet.inverters["H01SIM0001G1H"]
    count = len(inverter.records)
    world.advance(3600)

    assert count == 7 * 48 * 2
    assert len(inverter.records) == count + 4
    assert {it.ended_at.minute for it in inverter.records} == {0, 30}


def test_homes_lose_and_find_their_internet(world: HanchuessSimulator) -> None:
    seen: set[tuple[str, bool]] = set()
    for _ in range(72):
        world.advance(3600)
        seen |= {(it.sn, it.online) for it in world.fleet.inverters.values()}

    assert len(seen) > len(world.fleet.inverters)


def test_hands(world: HanchuessSimulator) -> None:
    actions = world.actions()
    actions["disconnect"]({"sn": "H01SIM0001G1H"})
    actions["connect"]({"sn": "H01SIM0008G1H"})
    actions["set_charge"]({"sn": "H01SIM0001G1H", "soc": 2})

    assert not world.fleet.inverters["H01SIM0001G1H"].online
    assert world.fleet.inverters["H01SIM0008G1H"].online
    assert world.fleet.inverters["H01SIM0001G1H"].soc == 1
    with pytest.raises(ValueError, match="Device Does Not Exist"):
        actions["connect"]({"sn": "?"})


# The documents.


@pytest.mark.parametrize(
    ("path", "body", "sample"),
    [
        ("/api/v1/station/list", {"externalUserId": "resident-anna"}, "station_list"),
        ("/api/v1/station/detail", {"stationId": "ST0000001"}, "station_detail"),
        ("/api/v1/device/list", {"stationId": "ST0000001", "current": 1, "size": 10}, "device_list"),
        ("/api/v1/device/detail", {"sn": "H01SIM0001G1H"}, "device_detail"),
        ("/api/v1/device/inverter/realtime", {"sn": "H01SIM0001G1H"}, "inverter_realtime"),
        (
            "/api/v1/device/battery/charge-discharge-records",
            {"sn": "H01SIM0001G1H", "start": "2026-06-01T08:00:00Z", "end": "2026-06-01T10:00:00Z"},
            "charge_discharge_records",
        ),
        ("/portal/v1/oem/subscriptions", {"oem": OEM}, "subscriptions"),
    ],
)
async def test_documents_have_the_shape_of_the_samples(
    world: HanchuessSimulator, path: str, body: dict[str, object], sample: str
) -> None:
    async with http(world) as client:
        answered = keys_of((await client.post(path, json=body)).json())
    expected = keys_of(json.loads((SAMPLES / f"{sample}.json").read_text()))
    for station in (answered.get("data"), expected.get("data")):
        for document in station if isinstance(station, list) else [station]:
            if isinstance(document, dict) and "user" in document:
                document.update(user="personal", installer="personal")

    assert answered == expected


async def test_assets_and_token_have_the_shape_of_the_samples(world: HanchuessSimulator) -> None:
    async with http(world) as client:
        assets = await client.get(f"/api/{OEM}/v1/devices")
        token = await client.post("/portal/oauth/token", params=CREDENTIALS)

    for answer, sample in ((assets, "assets"), (token, "token")):
        assert keys_of(answer.json()) == keys_of(json.loads((SAMPLES / f"{sample}.json").read_text()))


def test_pages() -> None:
    records: list[dict[str, Any]] = [{"n": number} for number in range(25)]

    assert page(records, 3, 10) == {"records": records[20:], "current": 3, "size": 10, "total": 25, "pages": 3}
    assert page([], 1, 10)["pages"] == 0


@pytest.mark.parametrize(("current", "size"), [(0, 10), (1, 9)])
async def test_pages_that_the_vendor_does_not_give(world: HanchuessSimulator, current: int, size: int) -> None:
    async with http(world) as client:
        station = next(iter(world.fleet.stations))
        body = {"stationId": station, "current": current, "size": size}
        assert (await client.post("/api/v1/device/list", json=body)).status_code == 400


# The door.


async def test_sixty_calls_a_minute_and_the_refusal(world: HanchuessSimulator) -> None:
    async with http(world) as client:
        statuses = [(await client.post("/api/v1/device/detail", json={"sn": "?"})).status_code for _ in range(60)]
        refused = await client.post("/api/v1/device/detail", json={"sn": "?"})
        await cast("FakeClock", world.clock).advance(1)
        again = await client.post("/api/v1/device/detail", json={"sn": "?"})

    assert set(statuses) == {404}
    assert (refused.status_code, refused.json()) == (429, {"errno": 429, "msg": "Too Many Requests"})
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/api/v1/device/detail", {"sn": "?"}, 404, "Device Does Not Exist"),
        ("/portal/v1/oem/subscriptions", {"oem": "?"}, 404, "Partner Does Not Exist"),
        ("/api/v1/device/list", {"stationId": "ST0000001", "current": 1, "size": 5}, 400, "Bad Request"),
        ("/api/v1/device/detail", {}, 400, "Bad Request"),
        ("/api/v1/device/detail", [], 400, "Bad Request"),
    ],
)
async def test_refusals(world: HanchuessSimulator, path: str, body: object, status: int, text: str) -> None:
    async with http(world) as client:
        answer = await client.post(path, json=body)

    assert (answer.status_code, answer.json()) == (status, {"errno": status, "msg": text})


@pytest.mark.parametrize("missing", SIGNED)
async def test_a_missing_signing_header_is_refused(world: HanchuessSimulator, missing: str) -> None:
    async with http(world) as client:
        del client.headers[missing]
        answer = await client.post("/api/v1/device/detail", json={"sn": "H01SIM0001G1H"})

    assert answer.status_code == 400


async def test_a_strict_vendor_refuses_what_is_old_repeated_or_forged(world: HanchuessSimulator) -> None:
    world.switches["strict_signature"] = Switch()
    now_ms = int(world.clock.now().timestamp() * 1000)
    forged = {**SIGNED, "X-Timestamp": str(now_ms)}
    async with http(world) as client:
        for headers in (SIGNED, {**SIGNED, "X-Timestamp": "now"}, forged, forged, {**forged, "X-Nonce": "abc"}):
            answer = await client.post("/api/v1/device/detail", json={"sn": "H01SIM0001G1H"}, headers=headers)
            assert answer.status_code == 401


@pytest.mark.parametrize(
    ("grant", "status"),
    [
        ({**CREDENTIALS}, 200),
        ({**CREDENTIALS, "client_secret": "wrong"}, 401),
        ({**CREDENTIALS, "grant_type": "refresh", "refresh_token": "unknown"}, 400),
        ({**CREDENTIALS, "grant_type": "refresh_token"}, 400),
    ],
)
async def test_grants(world: HanchuessSimulator, grant: dict[str, str], status: int) -> None:
    async with http(world) as client:
        answer = await client.post("/portal/oauth/token", data=grant)

    assert answer.status_code == status


async def test_tokens_live_an_hour_and_refresh_tokens_longer(world: HanchuessSimulator) -> None:
    async with http(world) as client:
        token = (await client.post("/portal/oauth/token", data=CREDENTIALS)).json()
        client.headers["Authorization"] = f"Bearer {token['access_token']}"
        await cast("FakeClock", world.clock).advance(3599)
        expired = await client.post("/api/v1/device/detail", json={"sn": "H01SIM0001G1H"})
        grant = {**CREDENTIALS, "grant_type": "refresh", "refresh_token": token["refresh_token"]}
        renewed = await client.post("/portal/oauth/token", data=grant)

    assert expired.status_code == 401
    assert renewed.status_code == 200
