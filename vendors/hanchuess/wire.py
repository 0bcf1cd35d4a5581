"""HanChuESS's words, as https://docs.hanchuess.com/home/api-reference describes them.

Instants come as milliseconds in some places and as ISO 8601 in others, so they stay text here. What is personal
(`user`, `installer` of a station) is not declared, and so never leaves the reply.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from vendors.kit.wire import Flag, Items, Number, Object, Text, Whole, Wire


class CamelWire(Wire):
    """Fields are spelt `likeThis` on the wire."""

    model_config = ConfigDict(alias_generator=to_camel)


class EnvelopeWire(Wire):
    """What most replies are wrapped in; `errno` is a number, text or absent."""

    errno: Text = None
    msg: Text = None


class TokenWire(Wire):
    """Reply of `/portal/oauth/token`."""

    access_token: Text = None
    expires_in: Number = None
    refresh_token: Text = None


class PageWire(Wire):
    """One page of a list; `current` counts from 1."""

    pages: Whole = None


class StationWire(CamelWire):
    """A station: a home."""

    station_id: Text = None
    station_name: Text = None
    timezone: Text = None
    city: Text = None
    address: Text = None


class ModuleWire(CamelWire):
    """A battery of an inverter."""

    sn: Text = None


class DeviceWire(CamelWire):
    """An inverter, from the list (`sn`, `model`, `status`) or in detail; `Any` is shown as it came."""

    sn: Text = None
    model: Text = None
    status: Text = None
    last_upload_at: Text = None
    batteries: Items = Field(default_factory=list)
    phase: Any = None
    rated_power: Any = None
    regulatory_ver: Any = None
    software_ver: Any = None
    create_at: Any = None


class InverterWire(CamelWire):
    """An inverter now. Watts; charge and health as fractions; `sent`: every reading, in the vendor's words."""

    sent: dict[str, int | float | str] = Field(default_factory=dict)
    upload_at: Text = None
    soc: Number = None
    soh: Number = None
    t_bat: Number = None
    p_pv: Number = None
    p_load: Number = None
    p_bat: Number = None
    p_meter: Number = None

    @model_validator(mode="before")
    @classmethod
    def _keep_what_was_sent(cls, payload: object) -> object:
        if not isinstance(payload, Mapping):
            return payload
        readings = {name: value for name, value in payload.items() if name != "uploadAt"}
        sent = {str(name): value for name, value in readings.items() if type(value) in (int, float, str)}
        return {**payload, "sent": sent}


class EnergyRecordWire(CamelWire):
    """Half an hour of one battery, in kWh."""

    sn: Text = None
    e_chg: Number = None
    e_dschg: Number = None
    timestamp: Text = None


class SubscriptionWire(CamelWire):
    """A registration for pushes; the secret is never told."""

    subscription_id: Text = None
    webhook_url: Text = None
    events: Items = Field(default_factory=list)
    devices: Items = Field(default_factory=list)
    version: Text = None
    status: Text = None
    last_successful_message: Text = None
    create_at: Text = None


class AssetWire(CamelWire):
    """An onboarded asset; W and Wh are assumed."""

    asset_id: Text = None
    make: Text = None
    model: Text = None
    maximum_import_power: Number = None
    maximum_export_power: Number = None
    batteries: Items = Field(default_factory=list)
    solar_arrays: Items = Field(default_factory=list)


class AssetsWire(CamelWire):
    """Reply of the asset list, which has no envelope."""

    devices: Any = None


class BatchWire(CamelWire):
    """A push: when it was sent, and its items."""

    timestamp: Text = None
    data: Any = None


class ItemWire(CamelWire):
    """One thing that a push says; `timestamp`: when it was so."""

    type: Text = None
    timestamp: Text = None
    asset_id: Text = None
    data: Object = None


class BatteryStateWire(CamelWire):
    """The storage within telemetry; all but `chargeStatus` is assumed."""

    charge_status: Text = None
    soc: Number = None
    soh: Number = None
    power: Number = None


class TelemetryWire(CamelWire):
    """Readings of an inverter or a battery; all but `isOnline` and `batteryState` is assumed."""

    is_online: Flag = None
    battery_state: Object = None
    p_pv: Number = None
    p_load: Number = None
    p_meter: Number = None
