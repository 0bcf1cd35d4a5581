"""How many calls each method costs, that it recovers, and that nothing but faults leaves it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast

import pytest

from model.faults import Fault, NotFound, RateLimited, Rejected, Unauthorised, Unreachable, Unsupported
from model.refs import battery_ref, device_ref, site_ref
from model.states import BatteryFlow, Connectivity, DeviceKind, VendorSubscriptionStatus
from tests.support.clock import START, FakeClock
from tests.support.vendors import opened, simulator
from vendors.contract import (
    ListsDevices,
    ListsSites,
    ListsSubscriptions,
    ReadsDevices,
    ReadsEnergy,
    ReadsSites,
    ReadsStorage,
)
from vendors.hanchuess.adapter import HanchuessAdapter
from vendors.hanchuess.simulated_door import TokenBucket
from vendors.hanchuess.simulator import HanchuessSimulator
from vendors.kit.simulator import Switch

INVERTER = device_ref("storage", "H01SIM0001G1H")
OFFLINE = device_ref("storage", "H01SIM0008G1H")
HOME = site_ref("storage", "ST0000001")

METHODS: dict[str, Callable[[HanchuessAdapter], Awaitable[object]]] = {
    "list_sites": lambda it: it.list_sites(),
    "read_site": lambda it: it.read_site(HOME),
    "list_devices": lambda it: it.list_devices(),
    "read_device": lambda it: it.read_device(INVERTER, HOME),
    "read_storage": lambda it: it.read_storage(INVERTER),
    "read_energy": lambda it: it.read_energy(INVERTER, START - timedelta(days=1), START),
    "list_subscriptions": lambda it: it.list_subscriptions(),
}
CALLS: dict[str, dict[str, int]] = {
    "list_sites": {"POST /api/v1/station/list": 2},
    "read_site": {"POST /api/v1/station/detail": 1},
    "list_devices": {"POST /api/v1/station/list": 2, "POST /api/v1/device/list": 5},
    "read_device": {"POST /api/v1/device/detail": 1},
    "read_storage": {"POST /api/v1/device/inverter/realtime": 1},
    "read_energy": {"POST /api/v1/device/battery/charge-discharge-records": 1},
    "list_subscriptions": {"POST /portal/v1/oem/subscriptions": 1},
}
LOGIN = "POST /portal/oauth/token"


@pytest.fixture
def world() -> HanchuessSimulator:
    return cast("HanchuessSimulator", simulator("hanchuess"))


def own(adapter: object) -> HanchuessAdapter:
    return cast("HanchuessAdapter", adapter)


def test_what_it_can_do() -> None:
    can = (ListsDevices, ReadsDevices, ListsSites, ReadsSites, ReadsStorage, ReadsEnergy, ListsSubscriptions)

    assert all(issubclass(HanchuessAdapter, capability) for capability in can)


# Calls.


@pytest.mark.parametrize("method", METHODS)
async def test_calls_of_each_method(world: HanchuessSimulator, method: str) -> None:
    async with opened(world) as adapter:
        await METHODS[method](own(adapter))
        assert world.counts == {LOGIN: 1, **CALLS[method]}
        world.counts.clear()
        await METHODS[method](own(adapter))
        assert world.counts == CALLS[method]


async def test_without_users_the_devices_come_from_the_configuration(world: HanchuessSimulator) -> None:
    async with opened(world, external_user_ids=[]) as adapter:
        assert await own(adapter).list_devices() == []
        assert await own(adapter).list_sites() == []
    assert not world.counts


async def test_a_longer_time_costs_a_call_a_hundred_records(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        records = await own(adapter).read_energy(INVERTER, START - timedelta(days=3), START)

    assert len(records) == 3 * 48 * 2
    assert world.counts["POST /api/v1/device/battery/charge-discharge-records"] == 3


async def test_more_than_ninety_days_are_refused_before_a_call(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        with pytest.raises(Unsupported, match="at most 90 days"):
            await own(adapter).read_energy(INVERTER, START - timedelta(days=91), START)
    assert not world.counts


# What they say.


async def test_sites_and_devices(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        sites = await own(adapter).list_sites()
        devices = await own(adapter).list_devices()
        home = await own(adapter).read_site(HOME)
        inverter = await own(adapter).read_device(INVERTER, HOME)

    assert [site.ref.native_id for site in sites] == [f"ST000000{number}" for number in range(1, 6)]
    assert [reading.device.ref.native_id for reading in devices] == [f"H01SIM000{number}G1H" for number in range(1, 9)]
    assert home == sites[0] == devices[0].site
    assert all(reading.site and reading.device.site == reading.site.ref for reading in devices)
    assert inverter.device.kind is DeviceKind.INVERTER
    assert inverter.device.site == HOME
    assert inverter.device.last_seen_at == START
    assert [it.ref for it in inverter.batteries or ()] == [
        battery_ref("storage", "H02SIM0001D1C"),
        battery_ref("storage", "H02SIM0001D2C"),
    ]


async def test_a_station_of_two_users_is_listed_once(world: HanchuessSimulator) -> None:
    for station in world.fleet.stations.values():
        station.external_user_id = "resident-anna"
    world.fleet.stations["ST0000001"].external_user_id = "resident-bruno"
    async with opened(world, external_user_ids=["resident-anna", "resident-bruno"]) as adapter:
        assert len(await own(adapter).list_sites()) == 5
        assert len(await own(adapter).list_devices()) == 8


async def test_storage_with_and_without_known_signs(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        unsigned = (await own(adapter).read_storage(INVERTER)).storage
    async with opened(world, power_signs="battery_charging_grid_import") as adapter:
        signed = (await own(adapter).read_storage(INVERTER)).storage

    assert (unsigned.battery_power_w, unsigned.grid_power_w, unsigned.flow) == (None, None, BatteryFlow.UNKNOWN)
    assert signed.battery_power_w is not None
    assert signed.grid_power_w is not None
    assert signed.solar_power_w is not None
    assert signed.solar_power_w + signed.grid_power_w == signed.battery_power_w + (signed.load_power_w or 0)
    assert (unsigned.solar_power_w, unsigned.load_power_w) == (signed.solar_power_w, signed.load_power_w)


async def test_an_offline_inverter_keeps_its_last_reading(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        before = await own(adapter).read_storage(OFFLINE)
        device = (await own(adapter).read_device(OFFLINE, None)).device
        await cast("FakeClock", world.clock).advance(120)
        world.fleet.inverters[OFFLINE.native_id].online = False
        after = await own(adapter).read_storage(OFFLINE)

    assert device.connectivity is Connectivity.OFFLINE
    assert device.last_seen_at == before.observed_at
    assert after == before


async def test_energy_records_are_in_order_and_within_the_time(world: HanchuessSimulator) -> None:
    start = START - timedelta(hours=5)
    async with opened(world) as adapter:
        records = await own(adapter).read_energy(INVERTER, start, START)

    assert len(records) == 20
    assert records[0].measured_at == start
    assert records[-1].measured_at == START - timedelta(minutes=30)
    assert [it.measured_at for it in records] == sorted(it.measured_at for it in records)
    assert {it.battery for it in records} == {battery_ref("storage", f"H02SIM0001D{number}C") for number in (1, 2)}


async def test_subscriptions(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        tested, untested = await own(adapter).list_subscriptions()

    assert tested.status is VendorSubscriptionStatus.ACTIVE
    assert tested.last_received_at == START
    assert untested.status is VendorSubscriptionStatus.PENDING_VERIFICATION
    assert untested.devices == (device_ref("storage", "H01SIM0007G1H"), OFFLINE)


@pytest.mark.parametrize("method", ["read_device", "read_storage", "read_energy"])
async def test_an_unknown_device_is_not_found(world: HanchuessSimulator, method: str) -> None:
    nobodys = device_ref("storage", "H01NOBODY")
    calls: dict[str, Callable[[HanchuessAdapter], Awaitable[object]]] = {
        "read_device": lambda it: it.read_device(nobodys, None),
        "read_storage": lambda it: it.read_storage(nobodys),
        "read_energy": lambda it: it.read_energy(nobodys, START - timedelta(days=1), START),
    }
    async with opened(world) as adapter:
        with pytest.raises(NotFound):
            await calls[method](own(adapter))


# The vendor's own faults.


async def test_a_token_refused_early_is_renewed_and_the_call_repeated(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        await own(adapter).read_site(HOME)
        world.counts.clear()
        world.switches["token_expired_early"] = Switch(times=1)
        await own(adapter).read_site(HOME)

    assert world.counts == {"POST /api/v1/station/detail": 2, LOGIN: 1}


async def test_a_refused_refresh_costs_a_full_sign_in(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        await own(adapter).read_site(HOME)
        world.counts.clear()
        world.switches["token_expired_early"] = Switch(times=1)
        world.switches["refresh_refused"] = Switch()
        await own(adapter).read_site(HOME)

    assert world.counts == {"POST /api/v1/station/detail": 2, LOGIN: 2}


async def test_tokens_are_renewed_before_they_run_out(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        await own(adapter).read_site(HOME)
        for _ in range(3):
            await cast("FakeClock", world.clock).advance(3000)
            await own(adapter).read_site(HOME)

    assert all(call.status == 200 for call in world.calls)
    assert world.counts == {"POST /api/v1/station/detail": 4, LOGIN: 4}


async def test_a_token_that_is_always_refused_is_tried_twice(world: HanchuessSimulator) -> None:
    world.switches["token_expired_early"] = Switch()
    async with opened(world) as adapter:
        with pytest.raises(Unauthorised):
            await own(adapter).read_site(HOME)

    assert world.counts == {"POST /api/v1/station/detail": 2, LOGIN: 2}


async def test_a_wrong_secret_asks_for_new_credentials(world: HanchuessSimulator) -> None:
    async with opened(world, client_secret="wrong") as adapter:
        with pytest.raises(Unauthorised, match="check client_id, client_secret"):
            await own(adapter).read_site(HOME)
    assert world.counts == {LOGIN: 1}


async def test_its_signatures_hold_when_the_vendor_reads_them(world: HanchuessSimulator) -> None:
    world.switches["strict_signature"] = Switch()
    async with opened(world) as adapter:
        for method in METHODS.values():
            assert await method(own(adapter))
    async with opened(world, signing_secret="wrong") as adapter:
        with pytest.raises(Unauthorised):
            await own(adapter).read_site(HOME)


async def test_a_token_alone_is_enough(world: HanchuessSimulator) -> None:
    token = str(world.tokens.issue()["access_token"])
    async with opened(world, client_id=None, client_secret=None, token=token) as adapter:
        assert (await own(adapter).read_site(HOME)).ref == HOME


@pytest.mark.parametrize("prefix", ["/api", "/portal"])
async def test_one_prefix_for_everything(world: HanchuessSimulator, prefix: str) -> None:
    world.switches["prefix_only"] = Switch(value=prefix)
    async with opened(world, api_prefix=prefix) as adapter:
        assert await own(adapter).list_devices()
    async with opened(world, api_prefix="/api" if prefix == "/portal" else "/portal") as adapter:
        with pytest.raises(NotFound):
            await own(adapter).list_devices()


@pytest.mark.parametrize("form", ["int", "string", "absent"])
@pytest.mark.parametrize("method", METHODS)
async def test_every_form_of_errno_reads_the_same(world: HanchuessSimulator, method: str, form: str) -> None:
    async with opened(world) as adapter:
        before = await METHODS[method](own(adapter))
        world.switches["errno_form"] = Switch(value=form)
        assert await METHODS[method](own(adapter)) == before


@pytest.mark.parametrize("form", ["iso", "ms"])
@pytest.mark.parametrize("method", ["read_storage", "read_energy", "list_subscriptions"])
async def test_every_form_of_instants_reads_the_same(world: HanchuessSimulator, method: str, form: str) -> None:
    async with opened(world) as adapter:
        before = await METHODS[method](own(adapter))
        world.switches["time_form"] = Switch(value=form)
        assert await METHODS[method](own(adapter)) == before


@pytest.mark.parametrize("form", ["plain", "data"])
async def test_every_form_of_the_subscription_list_reads_the_same(world: HanchuessSimulator, form: str) -> None:
    async with opened(world) as adapter:
        before = await own(adapter).list_subscriptions()
        world.switches["list_form"] = Switch(value=form)
        assert await own(adapter).list_subscriptions() == before


async def test_readings_that_make_no_sense(world: HanchuessSimulator) -> None:
    async with opened(world) as adapter:
        world.switches["soc_out_of_range"] = Switch()
        assert (await own(adapter).read_storage(OFFLINE)).storage.state_of_charge is None
        world.switches = {"null_readings": Switch()}
        nothing = await own(adapter).read_storage(OFFLINE)
        world.switches = {"clock_skew": Switch(value=3600)}
        ahead = await own(adapter).read_storage(INVERTER)

    assert nothing.observed_at is None
    assert nothing.storage.solar_power_w is None
    assert ahead.observed_at == START + timedelta(hours=1)


async def test_a_subscription_that_the_vendor_gave_up(world: HanchuessSimulator) -> None:
    world.switches["silent_deactivation"] = Switch()
    async with opened(world) as adapter:
        given_up, untested = await own(adapter).list_subscriptions()

    assert given_up.status is VendorSubscriptionStatus.INACTIVE
    assert untested.status is VendorSubscriptionStatus.PENDING_VERIFICATION


@pytest.mark.parametrize(
    ("errno", "kind"), [(404, NotFound), (429, RateLimited), (500, Unreachable), (401, Unauthorised), (777, Rejected)]
)
@pytest.mark.parametrize("method", METHODS)
async def test_an_errno_in_a_good_reply(world: HanchuessSimulator, method: str, errno: int, kind: type[Fault]) -> None:
    world.switches["errno"] = Switch(value=errno)
    async with opened(world) as adapter:
        with pytest.raises(kind) as raised:
            await METHODS[method](own(adapter))
    assert raised.value.raw_code == str(errno)


@pytest.mark.parametrize("method", METHODS)
async def test_only_faults_leave_and_it_works_again(world: HanchuessSimulator, method: str) -> None:
    instant = set(world.known_faults()) - {"hang", "latency", "reply_late", "silent_deactivation"}
    async with opened(world) as adapter:
        before = await METHODS[method](own(adapter))
        for name in sorted(instant):
            world.bucket = TokenBucket(world.clock)
            world.switches[name] = Switch()
            told = await told_by(METHODS[method](own(adapter)))
            world.switches.clear()
            assert "simulated-client-secret" not in told
            assert await METHODS[method](own(adapter)) == before


@pytest.mark.parametrize("method", METHODS)
async def test_waiting_is_no_fault(world: HanchuessSimulator, method: str) -> None:
    world.switches["latency"] = Switch()
    async with opened(world) as adapter:
        call = asyncio.ensure_future(METHODS[method](own(adapter)))
        for _ in range(10):
            await cast("FakeClock", world.clock).advance(1)
        assert call.done()
        assert await call


async def told_by(call: Awaitable[object]) -> str:
    """What the fault says, if the call ends in one; anything else that leaves it fails the test."""
    try:
        await call
    except Fault as fault:
        return str(fault)
    return ""
