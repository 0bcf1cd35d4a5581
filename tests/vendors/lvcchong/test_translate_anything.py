"""Whatever JSON comes, of roughly the documented shape: records or Malformed, nothing else."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import orjson
from hypothesis import given, settings

from model.faults import Fault, Malformed
from model.refs import device_ref
from tests.vendors.lvcchong.replies import sample
from vendors.kit.wire import read_as
from vendors.lvcchong.envelope import data_of, refused
from vendors.lvcchong.translate import device_reading, info_reading, nearby_readings, price_standards, refusal_of
from vendors.lvcchong.translate_orders import charging_session, charging_sessions, with_power, with_record
from vendors.lvcchong.wire import CarRecord, ChargingPower, DeviceStatus, Order

DEVICE = device_ref("sockets", "860000000000001")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(["", " ", "nan", "1e999", "-1", "77", "1e400", "true", "\x00", "驴"])
    | st.text(max_size=5)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def bent(document: Any) -> st.SearchStrategy[Any]:
    """Documents like this one, with some values replaced by anything and some keys missing or new."""
    if isinstance(document, dict):
        kept = {key: bent(value) for key, value in document.items()}
        return st.fixed_dictionaries({}, optional={**kept, "extra": ANYTHING}) | ANYTHING
    if isinstance(document, list):
        return st.lists(bent(document[0]) if document else ANYTHING, max_size=4) | ANYTHING
    return st.just(document) | SCALARS


def survives(translate: Callable[[Any], object], document: Any) -> None:
    with suppress(Malformed):
        translate(document)


DEVICE_STATUS = {
    "price": {"id": 26, "name": "x", "price": 100, "time": 12},
    "priceDetail": {"id": 285, "type": 2, "electricPrice": 60, "electricServiceFee": 20.0, "totalElectricFee": 0},
    "device": sample("device_status")["data"]["device"],
}


@settings(max_examples=150, deadline=None)
@given(bent(DEVICE_STATUS))
def test_device_status(data: Any) -> None:
    def translate(data: Any) -> None:
        status = read_as(DeviceStatus, data, "device status")
        refusal_of(status)
        reading = device_reading(DEVICE, status)
        orjson.dumps(reading.device.raw)
        info_reading(DEVICE, data, status)

    survives(translate, data)


@settings(max_examples=80, deadline=None)
@given(bent(sample("nearby")["data"]))
def test_nearby(data: Any) -> None:
    nearby_readings("sockets", data if isinstance(data, list) else [data])


@settings(max_examples=100, deadline=None)
@given(
    bent(
        {
            **sample("orders")["data"]["list"][0],
            "type": 3,
            "deviceFamily": 1,
            "startTime": 1,
            "endTime": 1,
            "endType": 2,
            "powerCount": 0.5,
            "payPrice": 1.0,
        }
    ),
    bent(sample("charging_power")["data"]),
    bent(sample("realtime_record")["data"]),
)
def test_orders(order: Any, power: Any, record: Any) -> None:
    charging_sessions("sockets", [order])

    def translate(_: Any) -> None:
        session = charging_session("sockets", read_as(Order, order, "order"))
        with_power(session, read_as(ChargingPower, power, "power"))
        with_record(session, read_as(CarRecord, record, "record"))

    survives(translate, order)


@settings(max_examples=80, deadline=None)
@given(st.lists(bent(DEVICE_STATUS["priceDetail"]), max_size=3))
def test_price_standards(items: list[Any]) -> None:
    price_standards("sockets", items)


@settings(max_examples=60, deadline=None)
@given(bent({"success": True, "data": {}, "code": "-1", "error": "设备离线"}), st.text(max_size=100))
def test_envelopes(payload: Any, text: str) -> None:
    with suppress(Fault):
        data_of("test", payload)
    assert len(refused("test", text).message) < 80
