"""What to copy beside the folder: every sample, exactly."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from model.faults import Malformed
from model.records import Device, RawCode, Slot
from model.refs import device_ref, slot_ref
from model.states import Connectivity, DeviceKind, SlotKind, SlotStatus, SlotStatusDetail
from vendors._blueprint.translate import translate_charger, translate_chargers
from vendors.contract import DeviceReading

SAMPLES = Path(__file__).parents[3] / "vendors" / "_blueprint" / "samples"
WALL = device_ref("walls", "W1")


def sample(name: str) -> Any:
    return orjson.loads((SAMPLES / f"{name}.json").read_bytes())


def test_a_charger() -> None:
    assert translate_charger("walls", sample("get_charger")) == DeviceReading(
        device=Device(
            ref=WALL,
            kind=DeviceKind.EV_CHARGER,
            name="Wall 1",
            connectivity=Connectivity.ONLINE,
            power_w=7200.0,
            raw_status=RawCode("charging"),
        ),
        slots=(
            Slot(
                ref=slot_ref(WALL, 1),
                index=1,
                kind=SlotKind.CONNECTOR,
                status=SlotStatus.CHARGING,
                status_detail=SlotStatusDetail.CHARGING,
                raw_status=RawCode("charging"),
            ),
        ),
    )


def test_a_list_and_its_offline_charger() -> None:
    first, last = translate_chargers("walls", sample("list_chargers")["chargers"])

    assert first == translate_charger("walls", sample("get_charger"))
    assert last.device.connectivity is Connectivity.OFFLINE
    assert last.slots is not None
    assert last.slots[0].status is SlotStatus.UNKNOWN


def test_one_without_an_id_is_left_out_of_a_list_and_malformed_alone() -> None:
    assert translate_chargers("walls", [{"title": "?"}, "text", None]) == []
    with pytest.raises(Malformed):
        translate_charger("walls", {"title": "?"})
