from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.faults import Malformed
from model.records import Connector, Device, RawCode, Slot
from model.refs import device_ref, slot_ref
from model.states import ChargerMode, Connectivity, DeviceKind, SlotKind, SlotStatus, SlotStatusDetail
from vendors.contract import DeviceReading
from vendors.kit.wire import read_as
from vendors.solax.translate import CHARGER_STATUSES, CHARGING_MODES, COMMAND_VALUES, translate_pile_info
from vendors.solax.wire import Envelope

DEVICE = device_ref("chargers", "C322TEST000001")
SAMPLES = Path(__file__).parents[3] / "vendors" / "solax" / "samples"


def envelope(name: str) -> Envelope:
    return read_as(Envelope, orjson.loads((SAMPLES / f"{name}.json").read_bytes()), name)


def reading(name: str) -> DeviceReading:
    return translate_pile_info(DEVICE, envelope(name).result, "W")


def connector(reading: DeviceReading) -> Slot:
    assert reading.slots is not None
    (slot,) = reading.slots
    return slot


def test_the_vendors_own_example() -> None:
    assert reading("getPileInfo") == DeviceReading(
        device=Device(
            ref=DEVICE,
            kind=DeviceKind.EV_CHARGER,
            model="X3 22 kW",
            connectivity=Connectivity.ONLINE,
            charger_mode=ChargerMode.STOP,
            power_w=6.0,
            energy_kwh=0.0,
            raw_status=RawCode("0", "Available"),
            raw={"chargerStatus": 0, "chargingMode": 0, "chargeEnergy": 0, "chargingPower": 6},
        ),
        slots=(
            Slot(
                ref=slot_ref(DEVICE, 1),
                index=1,
                kind=SlotKind.CONNECTOR,
                status=SlotStatus.AVAILABLE,
                status_detail=SlotStatusDetail.IDLE,
                connector=Connector(power_type="AC_3_PHASE", max_power_w=22_000),
                raw_status=RawCode("0", "Available"),
            ),
        ),
    )


def test_a_charging_car() -> None:
    read = reading("getPileInfo_charging")

    assert (read.device.charger_mode, read.device.power_w, read.device.energy_kwh) == (ChargerMode.FAST, 7360.0, 4.2)
    assert connector(read).status is SlotStatus.CHARGING
    assert connector(read).status_detail is SlotStatusDetail.CHARGING


@pytest.mark.parametrize("result", [envelope("getPileInfo_offline").result, {}, None, "null"])
def test_an_offline_charger_gives_no_readings_and_no_fault(result: object) -> None:
    read = translate_pile_info(DEVICE, Envelope.model_validate({"result": result}).result, "W")

    assert read.device.connectivity is Connectivity.UNKNOWN
    assert read.device.charger_mode is ChargerMode.UNKNOWN
    assert (read.device.power_w, read.device.energy_kwh, read.device.raw_status) == (None, None, None)
    assert (connector(read).status, connector(read).raw_status) == (SlotStatus.UNKNOWN, None)


def test_a_result_as_text_with_a_capital_letter() -> None:
    read = reading("getPileInfo_result_as_text")

    assert (read.device.charger_mode, read.device.power_w, read.device.energy_kwh) == (ChargerMode.GREEN, 0.0, 1.25)
    assert connector(read).status_detail is SlotStatusDetail.SUSPENDED_EVSE


@pytest.mark.parametrize("name", ["getPileInfo_over_quota", "getPileInfo_token_invalid"])
def test_a_refusal_has_no_result(name: str) -> None:
    assert (envelope(name).success, envelope(name).result) == (False, None)


@pytest.mark.parametrize(
    ("code", "status", "detail"),
    [
        (0, SlotStatus.AVAILABLE, SlotStatusDetail.IDLE),
        (1, SlotStatus.CHARGING, SlotStatusDetail.PREPARING),
        (2, SlotStatus.CHARGING, SlotStatusDetail.CHARGING),
        (3, SlotStatus.CHARGING, SlotStatusDetail.FINISHING),
        (4, SlotStatus.OUT_OF_ORDER, SlotStatusDetail.FAULTED),
        (5, SlotStatus.INOPERATIVE, SlotStatusDetail.UNAVAILABLE),
        (6, SlotStatus.RESERVED, SlotStatusDetail.UNKNOWN),
        (7, SlotStatus.CHARGING, SlotStatusDetail.SUSPENDED_EV),
        (8, SlotStatus.CHARGING, SlotStatusDetail.SUSPENDED_EVSE),
        (9, SlotStatus.INOPERATIVE, SlotStatusDetail.UPDATING),
        (10, SlotStatus.CHARGING, SlotStatusDetail.AWAITING_AUTHORIZATION),
        (11, SlotStatus.CHARGING, SlotStatusDetail.START_DELAY),
        (12, SlotStatus.CHARGING, SlotStatusDetail.PAUSED),
        (13, SlotStatus.CHARGING, SlotStatusDetail.STOPPING),
        (17, SlotStatus.CHARGING, SlotStatusDetail.PHASE_SWITCHING),
    ],
)
def test_every_listed_status(code: int, status: SlotStatus, detail: SlotStatusDetail) -> None:
    slot = connector(translate_pile_info(DEVICE, {"chargerStatus": code}, "W"))

    assert (slot.status, slot.status_detail) == (status, detail)
    assert slot.raw_status == RawCode(str(code), CHARGER_STATUSES[code].label)


@pytest.mark.parametrize("code", [14, 15, 16, 18, 99, -1])
def test_an_unlisted_status_is_unknown_and_keeps_its_code(code: int) -> None:
    read = translate_pile_info(DEVICE, {"chargerStatus": code, "chargingMode": code}, "W")

    assert connector(read).status is SlotStatus.UNKNOWN
    assert connector(read).raw_status == RawCode(str(code), None)
    assert read.device.charger_mode is ChargerMode.UNKNOWN
    assert read.device.raw == {"chargerStatus": code, "chargingMode": code}
    assert read.device.connectivity is Connectivity.ONLINE


def test_every_mode() -> None:
    assert [
        translate_pile_info(DEVICE, {"chargingMode": code}, "W").device.charger_mode for code in sorted(CHARGING_MODES)
    ] == [ChargerMode.STOP, ChargerMode.FAST, ChargerMode.ECO, ChargerMode.GREEN]


def test_a_mode_is_commanded_with_the_number_that_it_is_read_with() -> None:
    assert COMMAND_VALUES == {
        ChargerMode.STOP: "0",
        ChargerMode.FAST: "1",
        ChargerMode.ECO: "2",
        ChargerMode.GREEN: "3",
    }


def test_kilowatts_where_the_account_says_so() -> None:
    assert translate_pile_info(DEVICE, {"chargingPower": 7.36}, "kW").device.power_w == 7360.0


def test_a_power_beyond_all_numbers_is_none() -> None:
    assert translate_pile_info(DEVICE, {"chargingPower": 1e308, "chargingMode": 1}, "kW").device.power_w is None


@pytest.mark.parametrize(
    ("serial", "model", "connector_there"),
    [
        ("C107TEST000001", "X1 7 kW", Connector(power_type="AC_1_PHASE", max_power_w=7000)),
        ("c311test000001", "X3 11 kW", Connector(power_type="AC_3_PHASE", max_power_w=11_000)),
        ("5070TEST000001", "second generation, 22 kW", Connector(max_power_w=22_000)),
        ("XB3233HC225009", None, None),
    ],
)
def test_the_serial_number_tells_the_model(serial: str, model: str | None, connector_there: Connector | None) -> None:
    read = translate_pile_info(device_ref("chargers", serial), {"chargerStatus": 0}, "W")

    assert (read.device.model, connector(read).connector) == (model, connector_there)


@pytest.mark.parametrize("result", ["not JSON", 7, [], True, {"chargerStatus": "about 2"}, {"parameter 1": "value 1"}])
def test_a_result_of_another_shape_is_malformed(result: object) -> None:
    with pytest.raises(Malformed):
        translate_pile_info(DEVICE, Envelope.model_validate({"result": result}).result, "W")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("chargerStatus", "chargingMode", "chargingPower", "ChargingPower", "chargeEnergy", "another")
RESULTS = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON | st.integers(-2, 20) | st.just("2"), max_size=6)


@given(RESULTS, st.sampled_from(["W", "kW"]))
def test_no_result_raises_anything_but_malformed(result: Any, unit: Any) -> None:
    try:
        read = translate_pile_info(DEVICE, Envelope.model_validate({"result": result}).result, unit)
    except Malformed:
        return
    assert read.device.ref == DEVICE
    assert connector(read).ref == slot_ref(DEVICE, 1)
