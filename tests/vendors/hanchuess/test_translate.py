"""HanChuESS's words into ours, on every sample and on anything that looks like one."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vendors.hanchuess
from model.faults import Malformed
from model.records import Battery, Device, EnergyRecord, RawCode, Site, StorageReading, VendorSubscription
from model.refs import battery_ref, device_ref, site_ref, subscription_ref
from model.states import BatteryFlow, Connectivity, DeviceKind, VendorSubscriptionStatus
from vendors.contract import DeviceReading, StorageState
from vendors.hanchuess import translate
from vendors.hanchuess.envelope import data_of, records_of, subscriptions_of
from vendors.hanchuess.settings import PowerSigns
from vendors.hanchuess.wire import (
    AssetsWire,
    AssetWire,
    DeviceWire,
    EnergyRecordWire,
    InverterWire,
    StationWire,
    SubscriptionWire,
    TokenWire,
)
from vendors.kit.wire import Wire

SAMPLES = Path(vendors.hanchuess.__file__).parent / "samples"
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HOME = site_ref("acc", "ST0000001")
INVERTER = device_ref("acc", "H01EXAMPLE00G1H")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def data(name: str) -> Any:
    return data_of(sample(name), name)


def a_home() -> Site:
    return translate.site("acc", StationWire.model_validate(data("station_detail")))


# The samples.


@pytest.mark.parametrize("payload", [data("station_detail"), records_of(data("station_list"), "list")[0]])
def test_a_station_is_a_site_without_its_people(payload: dict[str, Any]) -> None:
    personal = {"user": {"email": "resident@example.com"}, "installer": {"name": "Installer"}}
    site = translate.site("acc", StationWire.model_validate({**payload, **personal}))

    assert site == Site(
        ref=HOME,
        name="Example home",
        address="1 Example Street",
        city="Exampleville",
        time_zone="Europe/Berlin",
    )


def test_a_station_without_a_name_is_called_by_its_id() -> None:
    assert translate.site("acc", StationWire.model_validate({"stationId": "S1"})).name == "S1"


def test_a_listed_device() -> None:
    (record,) = records_of(data("device_list"), "list")
    home = a_home()

    assert translate.listed_device("acc", home, DeviceWire.model_validate(record)) == DeviceReading(
        device=Device(
            ref=INVERTER,
            kind=DeviceKind.INVERTER,
            model="EXAMPLE-5K",
            connectivity=Connectivity.ONLINE,
            site=HOME,
            raw_status=RawCode("ONLINE"),
            raw={"sn": "H01EXAMPLE00G1H", "model": "EXAMPLE-5K", "status": "ONLINE"},
        ),
        site=home,
        slots=(),
        batteries=None,
    )


def test_a_device_in_detail() -> None:
    payload = data("device_detail")

    assert translate.device_reading("acc", DeviceWire.model_validate(payload), HOME) == DeviceReading(
        device=Device(
            ref=INVERTER,
            kind=DeviceKind.INVERTER,
            model="EXAMPLE-5K",
            connectivity=Connectivity.ONLINE,
            last_seen_at=NOON,
            site=HOME,
            raw_status=RawCode("ONLINE"),
            raw={key: value for key, value in payload.items() if key != "lastUploadAt"},
            observed_at=NOON,
        ),
        slots=(),
        batteries=(Battery(ref=battery_ref("acc", "H02EXAMPLE00D6C"), device=INVERTER),),
    )


def test_what_is_not_documented_is_not_shown_raw() -> None:
    payload = {**data("device_detail"), "ownerEmail": "resident@example.com"}
    device = translate.device_reading("acc", DeviceWire.model_validate(payload), None).device

    assert "ownerEmail" not in (device.raw or {})


def test_broken_and_repeated_batteries_are_left_out() -> None:
    payload = {"sn": "H01", "batteries": [{"sn": "B1"}, {"model": "?"}, "B2", None, {"sn": "B1"}, {"sn": 7}]}
    reading = translate.device_reading("acc", DeviceWire.model_validate(payload), None)

    assert [battery.ref.native_id for battery in reading.batteries or ()] == ["B1", "7"]


READINGS = {name: value for name, value in data("inverter_realtime").items() if name != "uploadAt"}


def test_powers_without_a_known_sign_are_not_shown() -> None:
    inverter = InverterWire.model_validate(data("inverter_realtime"))

    assert translate.storage_state(inverter, PowerSigns.UNKNOWN) == StorageState(
        storage=StorageReading(
            state_of_charge=0.29,
            battery_power_w=None,
            grid_power_w=None,
            solar_power_w=1800.0,
            load_power_w=1100.0,
            flow=BatteryFlow.UNKNOWN,
            raw=READINGS,
        ),
        state_of_health=1.0,
        temperature_c=24.5,
        observed_at=NOON,
    )


def test_powers_with_the_signs_of_the_consumer_api() -> None:
    inverter = InverterWire.model_validate(data("inverter_realtime"))

    assert translate.storage_state(inverter, PowerSigns.BATTERY_CHARGING_GRID_IMPORT).storage == StorageReading(
        state_of_charge=0.29,
        battery_power_w=600.0,
        grid_power_w=-100.0,
        solar_power_w=1800.0,
        load_power_w=1100.0,
        flow=BatteryFlow.CHARGING,
        raw=READINGS,
    )


@pytest.mark.parametrize(
    ("battery_w", "flow"),
    [
        (600, BatteryFlow.CHARGING),
        ("-0.5", BatteryFlow.DISCHARGING),
        (0, BatteryFlow.IDLE),
        (None, BatteryFlow.UNKNOWN),
        ("about 600", BatteryFlow.UNKNOWN),
    ],
)
def test_the_flow_follows_the_sign(battery_w: object, flow: BatteryFlow) -> None:
    inverter = InverterWire.model_validate({"pBat": battery_w})

    assert translate.storage_state(inverter, PowerSigns.BATTERY_CHARGING_GRID_IMPORT).storage.flow is flow
    assert translate.storage_state(inverter, PowerSigns.UNKNOWN).storage.flow is BatteryFlow.UNKNOWN


@pytest.mark.parametrize(("soc", "shown"), [(0, 0.0), (1, 1.0), ("0.29", 0.29), (29, None), (-0.1, None), (None, None)])
def test_a_charge_outside_of_a_fraction_is_not_shown(soc: object, shown: float | None) -> None:
    state = translate.storage_state(InverterWire.model_validate({"soc": soc}), PowerSigns.UNKNOWN)

    assert state.storage.state_of_charge == shown


def test_solar_and_load_below_zero_are_not_shown() -> None:
    storage = translate.storage_state(
        InverterWire.model_validate({"pPv": -1, "pLoad": -20}), PowerSigns.BATTERY_CHARGING_GRID_IMPORT
    ).storage

    assert (storage.solar_power_w, storage.load_power_w) == (None, None)


def test_an_energy_record() -> None:
    (record,) = records_of(data("charge_discharge_records"), "records")

    assert translate.energy_record("acc", EnergyRecordWire.model_validate(record)) == EnergyRecord(
        battery=battery_ref("acc", "H02EXAMPLE00D6C"),
        measured_at=NOON,
        charged_kwh=0.4,
        discharged_kwh=0.0,
    )


def test_a_subscription() -> None:
    (payload,) = subscriptions_of(sample("subscriptions"), "list")

    assert translate.subscription("acc", SubscriptionWire.model_validate(payload)) == VendorSubscription(
        ref=subscription_ref("acc", "RDEXAMPLEZrWO"),
        webhook_url="https://hooks.example.com/hanchuess/0a1b2c",
        event_types=("inverter:data:telemetry",),
        devices=(INVERTER,),
        status=VendorSubscriptionStatus.ACTIVE,
        version="1.0.0",
        created_at=datetime(2026, 1, 1, 11, 0, tzinfo=UTC),
        last_received_at=datetime(2026, 1, 1, 12, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("status", "last_message", "ours"),
    [
        ("active", None, VendorSubscriptionStatus.ACTIVE),
        ("ACTIVE", "2026-01-01T12:00:00Z", VendorSubscriptionStatus.ACTIVE),
        ("inactive", None, VendorSubscriptionStatus.PENDING_VERIFICATION),
        ("inactive", "", VendorSubscriptionStatus.PENDING_VERIFICATION),
        ("inactive", 1767268800000, VendorSubscriptionStatus.INACTIVE),
        ("paused", "2026-01-01T12:00:00Z", VendorSubscriptionStatus.UNKNOWN),
        (None, None, VendorSubscriptionStatus.UNKNOWN),
    ],
)
def test_how_a_subscription_stands(status: object, last_message: object, ours: VendorSubscriptionStatus) -> None:
    wire = SubscriptionWire.model_validate(
        {"subscriptionId": "S", "status": status, "lastSuccessfulMessage": last_message}
    )

    assert translate.subscription("acc", wire).status is ours


def test_the_token_and_the_assets() -> None:
    token = TokenWire.model_validate(sample("token"))
    (asset,) = (AssetWire.model_validate(it) for it in AssetsWire.model_validate(sample("assets")).devices)

    assert (token.access_token, token.expires_in, token.refresh_token) == (
        "example-access-token",
        Decimal(3599),
        "example-refresh-token",
    )
    assert (asset.asset_id, asset.maximum_export_power, len(asset.batteries)) == ("H01EXAMPLE00G1H", Decimal(5000), 1)


# Codes and instants.


@pytest.mark.parametrize(
    ("status", "connectivity"),
    [
        ("ONLINE", Connectivity.ONLINE),
        ("offline", Connectivity.OFFLINE),
        ("SLEEPING", Connectivity.UNKNOWN),
        (3, Connectivity.UNKNOWN),
        (None, Connectivity.UNKNOWN),
    ],
)
def test_connectivity_keeps_the_raw_code(status: object, connectivity: Connectivity) -> None:
    wire = DeviceWire.model_validate({"sn": "H01", "status": status})
    device = translate.device_reading("acc", wire, None).device

    assert device.connectivity is connectivity
    assert device.raw_status == (None if status is None else RawCode(str(status)))


@pytest.mark.parametrize(
    "written",
    ["1767268800000", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "2026-01-01T12:00:00.000Z"],
)
def test_instants_in_both_forms(written: str) -> None:
    assert translate.instant(written) == NOON


@pytest.mark.parametrize("written", [None, "", "0", "soon", "9" * 30, "²", "-5", "2026-13-01T00:00:00Z"])
def test_what_is_no_instant_is_none(written: str | None) -> None:
    assert translate.instant(written) is None


@pytest.mark.parametrize(
    "broken",
    [
        lambda: translate.site("acc", StationWire()),
        lambda: translate.listed_device("acc", a_home(), DeviceWire()),
        lambda: translate.device_reading("acc", DeviceWire(), None),
        lambda: translate.energy_record("acc", EnergyRecordWire(sn="B", timestamp="soon")),
        lambda: translate.subscription("acc", SubscriptionWire()),
    ],
)
def test_what_a_record_cannot_live_without(broken: Any) -> None:
    with pytest.raises(Malformed):
        broken()


# Anything.

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["ONLINE", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def shaped_like(model: type[Wire]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the model's keys, some others, and any values."""
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return st.dictionaries(st.sampled_from(keys) | st.text(max_size=5), JUNK, max_size=len(keys) + 2)


def only_malformed_leaves(work: Any) -> None:
    with suppress(Malformed):
        work()


@given(payload=shaped_like(StationWire))
def test_any_station(payload: dict[str, Any]) -> None:
    only_malformed_leaves(lambda: translate.site("acc", StationWire.model_validate(payload)))


@given(payload=shaped_like(DeviceWire))
def test_any_device(payload: dict[str, Any]) -> None:
    only_malformed_leaves(lambda: translate.device_reading("acc", DeviceWire.model_validate(payload), HOME))


@given(payload=shaped_like(InverterWire), signs=st.sampled_from(PowerSigns))
def test_any_inverter(payload: dict[str, Any], signs: PowerSigns) -> None:
    storage = translate.storage_state(InverterWire.model_validate(payload), signs).storage

    assert storage.state_of_charge is None or 0 <= storage.state_of_charge <= 1
    assert storage.solar_power_w is None or storage.solar_power_w >= 0


@given(payload=shaped_like(EnergyRecordWire))
def test_any_energy_record(payload: dict[str, Any]) -> None:
    only_malformed_leaves(lambda: translate.energy_record("acc", EnergyRecordWire.model_validate(payload)))


@given(payload=shaped_like(SubscriptionWire))
def test_any_subscription(payload: dict[str, Any]) -> None:
    only_malformed_leaves(lambda: translate.subscription("acc", SubscriptionWire.model_validate(payload)))
