"""The vendor's own ways of being difficult, each on a switch: codes, key case, types, missing and unknown things."""

from collections.abc import Callable, Mapping
from typing import Any

from vendors.bajie.simulated_documents import Document
from vendors.kit.simulator import Simulator

FAULTS: Mapping[str, str] = {
    "code_2004": "HTTP 200 with code 2004: device not online.",
    "code_2002": "HTTP 200 with code 2002: cabinet not bound.",
    "code_800": "HTTP 200 with code 800, as on a fresh account.",
    "code_1055": "HTTP 200 with code 1055; a command is done all the same with the probability `value` (default 0).",
    "unknown_code": "HTTP 200 with the code `value` (default 4711).",
    "string_codes": "`code` is text.",
    "code_200": 'Shop calls answer code "200" for success.',
    "missing_keys": "Device info has no address and no price id.",
    "key_case": "Pinyin keys come in random letter case.",
    "numbers_as_strings": "Numbers come as text, and text that holds a number as a number, where that was seen.",
    "no_data": "Code 0 without any payload.",
    "unknown_fault_code": "Slots and batteries have fault 99; in event pushes every fault is 99.",
    "unknown_states": "Online states, rent states and lease states have values that no table knows.",
    "stale_battery_list": "Battery and slot lists lag by `value` seconds (default 60).",
    "double_eject": "Two batteries leave for one command.",
    "wrong_slot": "Another battery leaves than the one that was meant.",
    "eject_nothing": "A command gets code 0, and nothing happens.",
    "eject_fault": "No battery leaves for a rental: its push has faultType `value` (default 3), its callback status 0.",
    "acts_late": "What a command does happens only after `value` seconds (default 90).",
    "amp_mangling": "In the callback URL `&` becomes `&amp;`.",
    "callback_early": "The battery leaves at once, and its rental is answered `value` seconds later (default 2).",
    "callback_form": "Callbacks are forms instead of JSON.",
    "duplicate": "Event pushes and callbacks come twice, a callback with another message id.",
    "reorder": "Event pushes and callbacks come `value` seconds late (default 600), after others that are newer.",
    "drop": "Event pushes and callbacks do not come.",
    "return_other_order": "The event push and the callback of a return have another order's id.",
    "return_no_order": "The event push and the callback of a return have no order id.",
    "unknown_event": "Event pushes name an event that no table knows.",
    "push_config_merges": "Writing the push configuration leaves the events alone that it does not name.",
    "native_rental": "A battery leaves the cabinet just before it is read.",
    "get_all_device_gone": "HTTP 404 on getAllDevice, as on newer servers.",
    "get_all_device_page_gone": "HTTP 404 on getAllDevicePage, as on older servers.",
    "page_in_data": "getAllDevicePage answers under `data`, with `list` for `records`.",
    "small_pages": "No page holds more than `value` records (default 5), however many were asked for.",
    "bad_item": "The first item of every list is no object.",
}

FIXED_CODES: Mapping[str, int] = {"code_2004": 2004, "code_2002": 2002, "code_800": 800, "code_1055": 1055}

NUMERIC = frozenset(
    {"type", "signal", "latitude", "longitude", "priceMinute", "batteryNum", "freeNum", "settledAmount", "slotNum"}
    | {"pBorrow", "pAlso", "pTotal", "pDianliang", "pKakou", "vol", "price", "orderAmount", "pFaultType"}
    | {"totalCount", "rentableCount", "returnableCount", "slot", "outSlot", "returnSlot", "posInfoStatus"}
    | {"faultType", "batteryFaultType"}
)
"""Keys whose values were seen both as numbers and as text; of the event pushes all that hold a number."""

STATES = frozenset({"pInfostatus", "infoStatus", "pZujie", "borrowStatus", "pStatus"})
FAULT_TYPES = frozenset({"faultType", "batteryFaultType"})
PAYLOAD_KEYS = ("data", "list", "page")


def worn(simulator: Simulator, rows: list[Document]) -> list[Document]:
    """The rows with fault codes that no table knows, while that is on."""
    if simulator.struck("unknown_fault_code") is None:
        return rows
    return [{**row, "pFaultType": 99} for row in rows]


def disguised(simulator: Simulator, path: str, envelope: Document) -> Document:
    """The answer as it leaves, with whatever is switched on for this path done to it."""
    if "/shop/" in path and envelope["code"] == 0 and simulator.struck("code_200", path):
        envelope["code"] = "200"
    if simulator.struck("string_codes", path):
        envelope["code"] = str(envelope["code"])
    if simulator.struck("no_data", path):
        envelope = {key: value for key, value in envelope.items() if key not in PAYLOAD_KEYS}
    for name, change in _changes(simulator).items():
        if simulator.struck(name, path):
            envelope = {key: _deep(value, change) if key in PAYLOAD_KEYS else value for key, value in envelope.items()}
    if simulator.struck("bad_item", path):
        envelope = {key: _spoilt(value) if key in PAYLOAD_KEYS else value for key, value in envelope.items()}
    return envelope


def disguised_push(simulator: Simulator, url: str, event: str, data: Document) -> tuple[str, Document]:
    """Event and `eventData` as they leave, with whatever is switched on for this URL done to them."""
    if simulator.struck("unknown_event", url):
        event = "CABINET_DANCED"
    if simulator.struck("unknown_fault_code", url):
        data = _deep(data, lambda part: {key: 99 if key in FAULT_TYPES else part[key] for key in part})
    for name, change in _changes(simulator).items():
        if simulator.struck(name, url):
            data = _deep(data, change)
    if simulator.struck("bad_item", url):
        data = _spoilt(data)
    return event, data


def _changes(simulator: Simulator) -> Mapping[str, Callable[[Document], Document]]:
    def in_any_case(document: Document) -> Document:
        return {_shuffled(key) if key[:1] == "p" and key[1:2].isupper() else key: document[key] for key in document}

    def _shuffled(key: str) -> str:
        return "".join(simulator.random.choice((letter.lower(), letter.upper())) for letter in key)

    return {
        "missing_keys": _without_optional,
        "unknown_states": lambda document: {key: "97" if key in STATES else document[key] for key in document},
        "numbers_as_strings": lambda document: {
            key: _swapped(value) if key in NUMERIC else value for key, value in document.items()
        },
        "key_case": in_any_case,
    }


def _without_optional(document: Document) -> Document:
    """Without a shop's address, and without the price id in device info, which alone has `autoRefund`."""
    unset = {"address", "priceId"} if "autoRefund" in document else {"address"}
    return {key: value for key, value in document.items() if key not in unset}


def _deep(value: Any, change: Callable[[Document], Document]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return {key: _deep(item, change) for key, item in change(value).items()}
    return [_deep(item, change) for item in value] if isinstance(value, list) else value


def _spoilt(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _spoilt(item) for key, item in value.items()}
    return [None, *value] if isinstance(value, list) else value


def _swapped(value: object) -> object:
    if isinstance(value, str):
        return float(value) if value.replace(".", "", 1).isdecimal() else value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
