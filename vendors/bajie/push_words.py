"""What of a push may stay beside its event: what is about hardware and orders, nothing that could be about people.

Not every body is documented, so that an unknown field may hold anything. Of those only the name is kept, unless its
value is too small to tell who somebody is. The SIM card's number and the cabinet's address are left out too.
"""

import re
from collections.abc import Mapping

from model.records import Json

# fmt: off
KNOWN = frozenset((
    "cabinetid", "infostatus", "totalcount", "rentablecount", "returnablecount", "signal", "onlinetime", "offlinetime",
    "outbatteryid", "outslot", "outstatus", "orderid", "rentorderid", "tradeno", "faulttype", "faultcause",
    "returnbatteryid", "returnslot", "abnormalbatteryid", "batteryfaulttype", "batteryfaultcause", "posinfostatus",
    "batteryid", "slot", "status", "deviceid", "slotnum",
))
# fmt: on
"""Documented fields, in lower case: letter case varies."""
LISTS = frozenset({"batterylist"})
LEFT_OUT = "leftOut"
"""Our key beside the vendor's: the names of the fields whose values are not kept."""

LARGEST_CODE = 999
LONGEST_TEXT = 200
LONGEST_ID = 64
NAME = re.compile(r"[A-Za-z][\w.:-]{0,63}", re.ASCII)


def told(event: str, data: Mapping[str, object]) -> Json:
    """An event push as it may be kept."""
    return {"event": event if NAME.fullmatch(event) else None, "eventData": kept(data)}


def kept(fields: Mapping[str, object]) -> Json:
    """The fields that may be kept; of a list of objects, each one's."""
    found: dict[str, object] = {}
    left_out: list[str] = []
    for name, value in fields.items():
        if name.lower() in LISTS and isinstance(value, list):
            found[name] = [_plain(item) for item in value if isinstance(item, Mapping)]
        elif _may_stay(name, value):
            found[name] = value
        elif NAME.fullmatch(name):
            left_out.append(name)
    return {**found, **({LEFT_OUT: left_out} if left_out else {})}


def usable_id(text: str | None) -> str | None:
    """An id of the vendor's; None for text that cannot be one, which must not become a name that lasts."""
    return text if text and len(text) <= LONGEST_ID and text.isprintable() else None


def _plain(fields: Mapping[object, object]) -> Json:
    return {str(name): value for name, value in fields.items() if _may_stay(str(name), value)}


def _may_stay(name: str, value: object) -> bool:
    if name.lower() in KNOWN:
        if isinstance(value, str):
            return len(value) <= LONGEST_TEXT and value.isprintable()
        return value is None or isinstance(value, int | float)
    is_small = value is None or (isinstance(value, int | float) and abs(value) <= LARGEST_CODE)
    return is_small and NAME.fullmatch(name) is not None
