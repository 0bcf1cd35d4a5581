"""What of a push may be kept and shown: everything but what could be about a person.

The vendor's pages do not list the fields of its pushes, so nothing is known to be harmless: a field goes by its name,
a text by its look, and what is deep, long or large is left out.
"""

import re
from collections.abc import Mapping

import orjson

from model.records import Json

ABOUT_PEOPLE = re.compile(
    "mail|phone|mobile|plate|card|user|name|person|owner|customer|client|member|resident|installer|contact"
    "|address|street|zip|post|account|secret|token|passw|pwd|iban|latit|longit"
    "|^(tel|city|lat|lng|lon|ip|mac|ssid)$"
)
"""In the name of a field, in lower case and without signs."""

LOOKS_PERSONAL = re.compile(r"@|://")
"""E-mail addresses and links."""

LONGEST_TEXT = 200
DEEPEST = 5
LARGEST_BYTES = 16_384


def without_personal_data(value: Mapping[str, object]) -> Json:
    """The object without what could be about a person; empty when what is left is still too large to keep."""
    kept = {name: _kept(item, 1) for name, item in value.items() if _may_stay(name, item, 1)}
    return kept if len(orjson.dumps(kept)) <= LARGEST_BYTES else {}


def _kept(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        return {name: _kept(item, depth + 1) for name, item in value.items() if _may_stay(name, item, depth + 1)}
    if isinstance(value, list):
        return [_kept(item, depth + 1) for item in value if _may_stay("", item, depth + 1)]
    return value


def _may_stay(name: str, value: object, depth: int) -> bool:
    if ABOUT_PEOPLE.search("".join(filter(str.isalnum, name.lower()))):
        return False
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and not LOOKS_PERSONAL.search(value)
    return depth < DEEPEST or not isinstance(value, Mapping | list)
