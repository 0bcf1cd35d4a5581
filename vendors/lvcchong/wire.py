"""The vendor's words, as its pages print them; every field may be missing, null or of another type."""

from typing import Any

import orjson
from pydantic import ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from vendors.kit.wire import Flag, Items, Number, Object, Text, Whole, Wire


class LvccWire(Wire):
    """Snake case here, camel case on the wire."""

    model_config = ConfigDict(alias_generator=to_camel)


class Envelope(LvccWire):
    """Around every answer. `code` is text, and may be "-1" beside success: only `success` tells."""

    success: Flag = None
    code: Text = None
    error: Text = None
    data: Any = None


class Token(LvccWire):
    """What signing in gives (OEM tree only)."""

    token: Text = None


class DeviceInfo(LvccWire):
    """A device in /deviceStatus (EFzEQ9MW), /nearby (OBaBfg1n) or /getDeviceInfoBySimId (iu3Zes7k)."""

    sim_id: Text = None
    name: Text = None
    device_type: Whole = None
    device_family: Whole = None
    online: Whole = None
    status: Whole = None
    port_number: Whole = None
    estate_id: Text = None
    estate_name: Text = None
    address: Text = None
    city_name: Text = None
    lat: Number = None
    lng: Number = None
    charge_price_id: Text = None
    """Typed as a boolean on the page; the value is a number."""
    update_time: Whole = None


class DeviceState(LvccWire):
    """`data.device.data` of /deviceStatus."""

    ports: list[Whole] = Field(default_factory=list)
    device: Object = None
    error_msg: Text = None

    @field_validator("ports", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
        return value if isinstance(value, list) else []


class DeviceAnswer(LvccWire):
    """`data.device` of /deviceStatus, with a success of its own."""

    success: Flag = None
    error: Text = None
    data: Object = None


class DeviceStatus(LvccWire):
    """`data` of /deviceStatus (EFzEQ9MW)."""

    price: Object = None
    price_detail: Object = None
    device: Object = None


class Price(LvccWire):
    """`data.price` of /deviceStatus: `price` fen for `time` minutes."""

    id: Text = None
    name: Text = None
    price: Number = None
    time: Whole = None


class PriceStandard(LvccWire):
    """`data.priceDetail` of /deviceStatus, and the price standards (AtgvtVYP, 0r5UF9nA). Amounts in fen."""

    id: Text = None
    name: Text = None
    type: Whole = None
    electric_price: Number = None
    electric_service_fee: Number = None
    total_electric_fee: Number = None
    price_standard_unite_list: Items = Field(default_factory=list)


class PriceOption(LvccWire):
    """An element of `priceStandardUniteList`: what can be bought. What a start has to repeat is kept as it came."""

    param: Text = None
    full_blackout_for_button: Text = None
    price_pay: Number = None
    """Yuan."""


class Paging(LvccWire):
    """`data.page` of whatever is paged; the token only in /queryChargeOrder (asBLtKYj), and not on its last page."""

    pages: Whole = None
    deep_page_token: Text = None


class Listing(LvccWire):
    """`data` of whatever is paged."""

    items: Any = Field(default=None, alias="list")
    page: Object = None


class Order(LvccWire):
    """An order in /queryChargeOrder (asBLtKYj), /queryChargeOrderDetail (zBLnT65T), and two callbacks."""

    order_num: Text = None
    device_id: Text = None
    port_num: Whole = None
    status: Whole = None
    type: Whole = None
    estate_id: Text = None
    device_family: Whole = None
    in_time: Whole = None
    start_time: Whole = None
    end_time: Whole = None
    update_time: Whole = None
    end_type: Whole = None
    power_count: Number = None
    """Energy, despite its name."""
    pay_price: Number = None
    """Yuan."""


class Callback(LvccWire):
    """What tells callbacks apart; those about orders have the fields of an Order too."""

    device_id: Text = None
    order_num: Text = None
    ports: list[Whole] = Field(default_factory=list)
    """Of a port status (EryZFOEu). A text on the wire: "[0, 0, 1]"."""

    @field_validator("ports", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
        if isinstance(value, str):
            try:
                value = orjson.loads(value)
            except orjson.JSONDecodeError:
                return []
        return value if isinstance(value, list) else []


class ChargingPower(LvccWire):
    """/chargingWatt (5bQ8oR9z): the power last reported, in W at `in_time`."""

    device_id: Text = None
    port_num: Whole = None
    in_time: Whole = None
    watt: Number = None


class CarRecord(LvccWire):
    """/getChargeOrderRealtimeRecord (zZgkOcID) of a car pile."""

    actual_electric_quantity: Number = None
    """kWh."""
    charging_status: Whole = None
    charging_voltage: Number = None
    """V."""
    charging_current: Number = None
    """A."""


class Accepted(LvccWire):
    """What /charge (XRZ1f5SM), /newPriceStandardCharge (NiXkGTQN) and /stopCharge (275DWIEM) answer."""

    result_key: Text = None
    order_num: Text = None
    """Not after a stop."""


class PowerUp(LvccWire):
    """What became of a start: 0 nothing yet, 1 powered; what other values mean is not told."""

    result: Whole = None
