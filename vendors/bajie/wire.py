"""The vendor's words: English camelCase on the Open API, pinyin with a `p` prefix on the Advance API.

Letter case varies between answers (`pBatteryid`, `pbatteryid`), so keys are folded to lower case before they are read.
Source: https://apifox.com/apidoc/shared/4855b8fe-4c43-48f6-8bd6-37cc29b98fe5
"""

from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Annotated, Any

from pydantic import AfterValidator, AliasGenerator, BeforeValidator, ConfigDict, Field, model_validator

from vendors.kit.wire import Flag, Items, Number, Object, Text, Whole, Wire

CHINA = timezone(timedelta(hours=8))
"""Where the times and the filters of the order list live."""


def _ids(value: object) -> list[str]:
    """Ids given as `"A"`, as `"A,B"` or as a list."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return [item.strip() for item in items if isinstance(item, str) and item.strip()]


def _count(value: int | None) -> int | None:
    return value if value is not None and 0 <= value < 1_000_000 else None


Count = Annotated[Whole, AfterValidator(_count)]
"""A number of things; None below zero or from a million on, which no cabinet has."""

OptionalItems = Annotated[list[Any] | None, BeforeValidator(lambda value: value if isinstance(value, list) else None)]
"""A list of anything; None where there is none, since no list is not an empty one."""


class Folded(Wire):
    """An object whose keys are matched without regard to letter case; a field's underscores are not on the wire."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=lambda name: name.replace("_", "")))

    @model_validator(mode="before")
    @classmethod
    def _fold(cls, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Where two spellings meet, the one that has a value counts."""
        missing = {key.lower(): None for key, item in value.items() if item is None}
        return missing | {key.lower(): item for key, item in value.items() if item is not None}


class PageWindow(Folded):
    """How a page of a list describes itself; every key is optional, and which are sent differs by endpoint."""

    records: OptionalItems = None
    listed: OptionalItems = Field(default=None, alias="list")
    total: Count = None
    pages: Count = None
    size: Count = None
    limit: Count = None


class DeviceInfo(Folded):
    """`data` of device info (api-67396394)."""

    cabinet: Object = None
    shop: Object = None
    batteries: OptionalItems = None
    price_strategy: Object = None


class Cabinet(Folded):
    """`cabinet` of device info. `busy_slots` hold a battery; `empty_slots` are free for returns."""

    id: Text = None
    shop_id: Text = None
    online: Flag = None
    type: Text = None
    slots: Count = None
    empty_slots: Count = None
    busy_slots: Count = None


class BatteryInSlot(Folded):
    """An item of `batteries` of device info. `vol` is the charge in percent."""

    slot_num: Count = None
    vol: Number = None
    battery_id: Text = None


class Shop(Folded):
    """`shop` of device info; unset texts are empty or absent."""

    id: Text = None
    name: Text = None
    address: Text = None
    city: Text = None
    latitude: Number = None
    longitude: Number = None
    opening_time: Text = None


class CabinetPrice(Folded):
    """`priceStrategy` of device info: `price` for `price_minute` minutes."""

    price_id: Text = None
    shop_id: Text = None
    name: Text = None
    currency: Text = None
    price: Number = None
    price_minute: Count = None
    free_minutes: Count = None
    daily_max_price: Number = None
    deposit_amount: Number = None


class DeviceRow(Folded):
    """A device of the device lists (api-104222004). `rentable` batteries, `returnable` slots."""

    cabinet_id: Text = Field(default=None, alias="pcabinetid")
    type: Text = Field(default=None, alias="ptype")
    total: Count = Field(default=None, alias="ptotal")
    rentable: Count = Field(default=None, alias="pborrow")
    returnable: Count = Field(default=None, alias="palso")
    status: Text = Field(default=None, alias="pstatus")
    handshakes: Whole = Field(default=None, alias="plognum")
    last_handshake: Text = Field(default=None, alias="plogtime")
    shop_name: Text = Field(default=None, alias="pshopname")
    info_status: Text = Field(default=None, alias="pinfostatus")


class BatteryRow(Folded):
    """A battery of the battery list. Charge in percent, temperature in degrees Celsius."""

    battery_id: Text = Field(default=None, alias="pbatteryid")
    slot: Count = Field(default=None, alias="pkakou")
    charge: Number = Field(default=None, alias="pdianliang")
    temperature: Number = Field(default=None, alias="ptemperature")
    fault_type: Text = Field(default=None, alias="pfaulttype")


class SlotRow(Folded):
    """A slot of the slot list. The last battery's id is not read: it says nothing about presence."""

    slot: Count = Field(default=None, alias="pkakou")
    battery_id: Text = Field(default=None, alias="pbatteryid")
    fault_type: Text = Field(default=None, alias="pfaulttype")
    fault_cause: Text = Field(default=None, alias="pfaultcause")
    info_status: Text = Field(default=None, alias="pinfostatus")


class ShopRow(Folded):
    """A shop of the shop list (api-104222039); its id is `newID` here, `shop.id` and `pNewid` elsewhere."""

    new_id: Text = None
    shop_name: Text = None
    shop_address: Text = None
    latitude: Number = None
    longitude: Number = None
    shop_time: Text = None
    row_id: Whole = Field(default=None, alias="id")
    mobile: Text = Field(default=None, repr=False)
    scene_type: Whole = None
    store_type: Whole = Field(default=None, alias="pstoretype")
    content: Text = Field(default=None, alias="pcontent")
    currency: Text = Field(default=None, alias="pcurrency")
    cabinet_ids: Annotated[list[str], BeforeValidator(_ids)] = Field(default_factory=list)


class PriceStrategy(Folded):
    """A price strategy (api-255199667): `price` for `price_time` times `price_unit`."""

    price_id: Text = None
    name: Text = None
    currency: Text = None
    price: Number = None
    price_time: Count = None
    price_unit: Text = None
    free_minutes: Count = None
    daily_max_price: Number = None
    deposit_amount: Number = None


class OrderRow(Folded):
    """An order of the order list (api-110374526). `rent_state` 0 to 5; `settlement` 0 is unsettled."""

    order_id: Text = Field(default=None, alias="porderid")
    battery_id: Text = Field(default=None, alias="pbatteryid")
    cabinet_id: Text = Field(default=None, alias="pcabinetid")
    borrowed: Text = Field(default=None, alias="pborrowtime")
    returned: Text = Field(default=None, alias="pghtime")
    settled_amount: Number = None
    amount: Number = Field(default=None, alias="pjiesuan")
    currency: Text = Field(default=None, alias="pcurrency")
    rent_state: Text = Field(default=None, alias="pzujie")
    settlement: Text = Field(default=None, alias="pjiesuanid")


class OrderDetail(Folded):
    """`data` of order detail (api-67396392)."""

    order_id: Text = None
    cabinet_id: Text = None
    battery_id: Text = None
    borrow_slot: Count = None
    borrow_time: Text = None
    return_time: Text = None
    borrow_status: Text = None
    price: Number = None
    price_minute: Count = None
    order_amount: Number = None
    currency: Text = None


class OrderMade(Folded):
    """`data` of create order (api-67396395): the id stands under one of two names."""

    trade_no: Text = None
    order_id: Text = None


class OrderState(Folded):
    """`data` of order query (api-67396391). `status` 0 failed, 1 released, 2 returned; absent while it is pending."""

    trade_no: Text = None
    status: Text = None


class ShopMade(Folded):
    """`data` of create shop, should there be any (api-104222036); a numeric `id` is not the shop's."""

    new_id: Text = None
    written_id: Text = Field(default=None, alias="pnewid")


class RentalCallback(Folded):
    """What is sent to the callback URL of an order; `status` as in the order query."""

    trade_no: Text = None
    order_id: Text = None
    status: Text = None
    battery_id: Text = None
    device_id: Text = None
    slot_num: Count = None


class EventPush(Folded):
    """The body of an event push (api-136068784)."""

    event: Text = None
    event_data: Object = None


class EventData(Folded):
    """`eventData` of an event push: one flat bag, of which each event fills a part. The order has three names."""

    cabinet_id: Text = None
    info_status: Text = None
    total_count: Count = None
    rentable_count: Count = None
    returnable_count: Count = None
    battery_list: OptionalItems = None
    online_time: Text = None
    offline_time: Text = None
    out_battery_id: Text = None
    out_slot: Count = None
    out_status: Text = None
    return_battery_id: Text = None
    return_slot: Count = None
    order_id: Text = None
    rent_order_id: Text = None
    trade_no: Text = None
    fault_type: Text = None
    fault_cause: Text = None
    abnormal_battery_id: Text = None
    battery_fault_type: Text = None
    pos_info_status: Text = None


class BatteryReported(Folded):
    """An item of `batteryList` of an event push; `fault_type` is the slot's."""

    slot: Count = None
    battery_id: Text = None
    fault_type: Text = None
    fault_cause: Text = None
    battery_fault_type: Text = None


class PushConfig(Folded):
    """The account's one event-push configuration (api-136071391)."""

    push_url: Text = Field(default=None, repr=False)
    event_subscriptions: Items = Field(default_factory=list, repr=False)


class EventSwitch(Folded):
    """One event of the push configuration; without a `push_url` of its own it goes to the common one."""

    event: Text = None
    push_url: Text = Field(default=None, repr=False)
    enable: Flag = None
