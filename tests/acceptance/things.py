"""Ids of one thing of each kind at each vendor, as a client finds them."""

from typing import Any

from tests.acceptance.asking import ask
from tests.support import fleets
from vendors.registry import manifests

OWNED = "nodes { id account { key } }"
EVERYTHING = f"""{{
  devices(first: 100) {{ nodes {{ id account {{ key }} slots {{ id }} batteries {{ id }} }} }}
  sites(first: 100) {{ {OWNED} }}
  chargingSessions(first: 100, filter: {{ statuses: [ACTIVE] }}) {{ {OWNED} }}
  tariffs {{ {OWNED} }}
  vendorSubscriptions {{ {OWNED} }}
}}"""

_found: dict[str, dict[str, str]] = {}
"""By kind, then by vendor. The simulators' seed makes them the same in every world."""


async def ids_of(kind: str) -> dict[str, str]:
    """One id of this kind at each vendor that has such a thing: `Device`, `Slot`, `Battery`, `Session`, ..."""
    if not _found:
        for vendor in manifests():
            async with fleets.world(vendor) as world:
                for name, thing in _firsts(await ask(world, EVERYTHING)).items():
                    _found.setdefault(name, {})[vendor] = thing
    return _found[kind]


def _firsts(data: dict[str, Any]) -> dict[str, str]:
    devices = [device for device in data["devices"]["nodes"] if device["slots"] or device["batteries"]]
    every = {
        "Device": devices,
        "Slot": [slot for device in devices for slot in device["slots"]],
        "Battery": [battery for device in devices for battery in device["batteries"]],
        "Site": data["sites"]["nodes"],
        "Session": data["chargingSessions"]["nodes"],
        "Tariff": data["tariffs"]["nodes"],
        "Subscription": data["vendorSubscriptions"]["nodes"],
    }
    return {kind: things[0]["id"] for kind, things in every.items() if things}
