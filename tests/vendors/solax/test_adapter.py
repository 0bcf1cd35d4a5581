"""The adapter on the vendor's simulator: call counts, every switch, recovery."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from model.faults import Fault, Malformed, NotFound, RateLimited, Rejected, TimedOut, Unauthorised, Unreachable
from model.refs import device_ref
from model.states import ChargerMode, Connectivity, SlotStatus
from tests.support.vendors import opened
from tests.support.vendors import simulator as make
from vendors.contract import ListsDevices, ListsSessions, ReadsDevices
from vendors.kit.simulator import Switch
from vendors.solax.adapter import SolaxAdapter
from vendors.solax.simulator import SolaxSimulator

FIRST = device_ref("chargers", "C107SIM0000001")
PATH = "GET /proxyApp/proxy/api/getPileInfo"


@pytest.fixture
def simulator() -> SolaxSimulator:
    return cast("SolaxSimulator", make("solax"))


@pytest.fixture
async def adapter(simulator: SolaxSimulator) -> AsyncIterator[SolaxAdapter]:
    async with opened(simulator) as adapter:
        yield cast("SolaxAdapter", adapter)


def test_it_claims_only_what_the_vendor_serves(adapter: SolaxAdapter) -> None:
    assert isinstance(adapter, ReadsDevices)
    assert not isinstance(adapter, ListsDevices)
    assert not isinstance(adapter, ListsSessions)


async def test_reading_a_device_is_one_call(adapter: SolaxAdapter, simulator: SolaxSimulator) -> None:
    await adapter.read_device(FIRST, None)

    assert dict(simulator.counts) == {PATH: 1}


async def test_what_the_simulator_shows_is_what_is_read(adapter: SolaxAdapter, simulator: SolaxSimulator) -> None:
    charger = simulator.fleet.chargers[FIRST.native_id]

    read = await adapter.read_device(FIRST, None)

    assert read.device.charger_mode is ChargerMode[charger.mode.name]
    assert read.device.power_w == round(charger.power_w)
    assert read.device.energy_kwh == round(charger.energy_kwh, 2)
    assert read.device.raw_status is not None
    assert read.device.raw_status.code == str(int(charger.status))


async def test_an_unknown_serial_number_is_not_found(adapter: SolaxAdapter) -> None:
    with pytest.raises(NotFound):
        await adapter.read_device(device_ref("chargers", "C107NOBODY0001"), None)


async def test_a_wrong_token_is_refused(simulator: SolaxSimulator) -> None:
    async with opened(simulator, token_id="2" * 24) as adapter:
        with pytest.raises(Unauthorised) as raised:
            await cast("SolaxAdapter", adapter).read_device(FIRST, None)
    assert raised.value.raw_code == "103"


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ("quota_104", RateLimited),
        ("quota_3", RateLimited),
        ("quota_daily", RateLimited),
        ("token_invalid", Unauthorised),
        ("no_rights", Unauthorised),
        ("busy", Unreachable),
        ("failed", Rejected),
        ("reset", TimedOut),
        ("http_401", Unauthorised),
        ("http_403", Unauthorised),
        ("http_429", RateLimited),
        ("http_500", Unreachable),
        ("http_503", Unreachable),
        ("not_json", Malformed),
        ("empty_body", Malformed),
        ("truncated", Malformed),
        ("wrong_types", Malformed),
        ("nulls", Malformed),
    ],
)
async def test_it_fails_in_our_words_and_works_again(
    adapter: SolaxAdapter, simulator: SolaxSimulator, switch: str, kind: type[Fault]
) -> None:
    simulator.switches[switch] = Switch()
    with pytest.raises(Fault) as raised:
        await adapter.read_device(FIRST, None)
    simulator.switches.clear()

    assert type(raised.value) is kind
    assert (await adapter.read_device(FIRST, None)).device.connectivity is Connectivity.ONLINE


async def test_a_connection_lost_once_is_not_noticed(adapter: SolaxAdapter, simulator: SolaxSimulator) -> None:
    simulator.switches["reset"] = Switch(times=1)

    assert (await adapter.read_device(FIRST, None)).device.ref == FIRST
    assert dict(simulator.counts) == {PATH: 2}


@pytest.mark.parametrize("switch", ["result_as_string", "power_capital", "code_as_text", "text_variants"])
async def test_another_way_to_write_it_changes_nothing(
    adapter: SolaxAdapter, simulator: SolaxSimulator, switch: str
) -> None:
    plain = await adapter.read_device(FIRST, None)
    simulator.switches[switch] = Switch()
    varied = await adapter.read_device(FIRST, None)

    assert (varied.device.power_w, varied.device.energy_kwh) == (plain.device.power_w, plain.device.energy_kwh)
    assert varied.slots == plain.slots


async def test_kilowatts(simulator: SolaxSimulator) -> None:
    simulator.switches["power_kw"] = Switch()
    busy = next(charger for charger in simulator.fleet.chargers.values() if charger.power_w > 1000)
    async with opened(simulator, power_unit="kW") as adapter:
        read = await cast("SolaxAdapter", adapter).read_device(device_ref("chargers", busy.serial), None)

    assert read.device.power_w == pytest.approx(round(busy.power_w))


@pytest.mark.parametrize("switch", ["offline", "result_null"])
async def test_an_offline_charger(adapter: SolaxAdapter, simulator: SolaxSimulator, switch: str) -> None:
    simulator.switches[switch] = Switch()
    read = await adapter.read_device(FIRST, None)

    assert read.device.connectivity is Connectivity.UNKNOWN
    assert read.slots is not None
    assert read.slots[0].status is SlotStatus.UNKNOWN


@pytest.mark.parametrize("code", [14, 15, 18, 99])
async def test_codes_nobody_listed(adapter: SolaxAdapter, simulator: SolaxSimulator, code: int) -> None:
    simulator.switches["unknown_status"] = Switch(value=code)
    simulator.switches["unknown_mode"] = Switch(value=code)
    read = await adapter.read_device(FIRST, None)

    assert read.device.charger_mode is ChargerMode.UNKNOWN
    assert read.device.raw_status is not None
    assert (read.device.raw_status.code, read.device.raw_status.label) == (str(code), None)


async def test_somebody_at_the_charger(adapter: SolaxAdapter, simulator: SolaxSimulator) -> None:
    before = simulator.fleet.chargers[FIRST.native_id].mode
    simulator.switches["local_override"] = Switch()
    read = await adapter.read_device(FIRST, None)

    assert read.device.charger_mode is not ChargerMode[before.name]


async def test_old_readings(adapter: SolaxAdapter, simulator: SolaxSimulator) -> None:
    simulator.advance(600)
    simulator.fleet.chargers[FIRST.native_id].is_online = False
    simulator.advance(120)
    simulator.switches["lag"] = Switch()

    assert (await adapter.read_device(FIRST, None)).device.connectivity is Connectivity.ONLINE

    simulator.advance(300)
    assert (await adapter.read_device(FIRST, None)).device.connectivity is Connectivity.UNKNOWN
