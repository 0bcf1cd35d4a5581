"""What each fault that a simulator knows does to a query: which problem the account then has, if any.

Faults that no table here names are quirks: the answer must be complete and fresh in spite of them.
"""

from tests.support.clock import FakeClock
from vendors.kit.simulator import Switch
from vendors.registry import simulator_class

LATE = {"VENDOR_TIMED_OUT"}
UNREADABLE = {"MALFORMED_RESPONSE"}
UNREACHABLE = {"VENDOR_UNREACHABLE"}
REFUSED = {"UNAUTHORIZED"}
TOO_MUCH = {"QUOTA_EXHAUSTED"}
REJECTED = {"REJECTED"}
OF_DEVICES_ONLY: set[str] = set()
"""Every device is stale and says why; the account as such has no problem."""

TRANSPORT = {
    "latency": LATE,
    "hang": LATE,
    "reset": LATE,
    "http_401": REFUSED,
    "http_403": REFUSED,
    "http_429": TOO_MUCH,
    "http_500": UNREACHABLE,
    "http_503": UNREACHABLE,
    "not_json": UNREADABLE,
    "empty_body": UNREADABLE,
    "wrong_types": UNREADABLE,
    "nulls": UNREADABLE,
    "truncated": UNREADABLE,
    "reply_lost": LATE,
    "reply_late": LATE,
}

OWN = {
    "bajie": {
        "code_2004": REJECTED,
        "code_2002": REJECTED,
        "code_800": REJECTED,
        "code_1055": REJECTED,
        "unknown_code": REJECTED,
        "no_data": UNREADABLE,
    },
    "hanchuess": {
        "reset": LATE | TOO_MUCH,  # each try costs quota, and there are two of each call
        "reply_lost": LATE | TOO_MUCH,
        "wrong_types": REJECTED,  # an errno that is some text
        "errno": UNREACHABLE,
        "token_expired_early": REFUSED,
        "prefix_only": {"NOT_FOUND"},
    },
    "letmecharge": {},
    "lvcchong": {
        "token_expired": REFUSED,
        "throttle": TOO_MUCH,
        "invalid_json": UNREADABLE,
    },
    "solax": {
        "reset": LATE | TOO_MUCH,
        "reply_lost": LATE | TOO_MUCH,
        "quota_104": TOO_MUCH,
        "quota_3": TOO_MUCH,
        "quota_daily": TOO_MUCH,
        "token_invalid": REFUSED,
        "no_rights": REFUSED,
        "busy": UNREACHABLE,
        "failed": OF_DEVICES_ONLY,
    },
}

LEFT_OUT = {
    ("letmecharge", "batch_with_bad_item"): 6,
    ("lvcchong", "wrong_types"): 1,
    ("lvcchong", "null_numbers"): 1,
}
"""How many devices and sites the vendor's own answer no longer names, where it is readable all the same."""

HARMFUL = sorted((vendor, fault) for vendor, own in OWN.items() for fault in {*TRANSPORT, *own})


def problems_of(vendor: str, fault: str) -> set[str]:
    """The codes of the problems that the account has while the fault is on."""
    return OWN[vendor][fault] if fault in OWN[vendor] else TRANSPORT[fault]


def switch(fault: str) -> Switch:
    """The fault at its worst: answers that are late are later than any deadline."""
    return Switch(value=5.0 if fault == "latency" else None)


def quirks(vendor: str) -> list[str]:
    """The vendor's own faults that must do no harm."""
    return sorted({*simulator_class(vendor)(clock=FakeClock()).faults} - {*OWN[vendor]})
