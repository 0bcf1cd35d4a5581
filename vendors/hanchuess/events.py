"""What HanChuESS pushes, by its own names, and what that is in our words.

Source: https://docs.hanchuess.com/home/events; what each is to us is our reading.
"""

from collections.abc import Mapping
from types import MappingProxyType

from model.states import EventType

INVERTER_TELEMETRY = "inverter:data:telemetry"
BATTERY_TELEMETRY = "battery:data:telemetry"
SUBSCRIPTION_TEST = "hanchuess:subscription:test"

EVENTS: Mapping[str, EventType] = MappingProxyType(
    {
        INVERTER_TELEMETRY: EventType.TELEMETRY_RECEIVED,
        BATTERY_TELEMETRY: EventType.TELEMETRY_RECEIVED,
        "inverter:action:schedule": EventType.COMMAND_UPDATED,
        "inverter:action:command": EventType.COMMAND_UPDATED,
        "inverter:action:configuration": EventType.COMMAND_UPDATED,
        "inverter:response:registered": EventType.DEVICE_DISCOVERED,
        "inverter:action:deleted": EventType.DEVICE_REMOVED,
        "inverter:response:deleted": EventType.DEVICE_REMOVED,
        SUBSCRIPTION_TEST: EventType.VENDOR_SUBSCRIPTION_CHANGED,
    }
)
"""All that the vendor's pages name: registrations ask for these, never for `*`."""
