"""Only part of a vendor's answers fails: what comes from that part says that it is stale, and nothing else does."""

from collections import Counter
from typing import Any

import pytest

from tests.acceptance.asking import ask
from tests.acceptance.worlds import calm_world
from tests.support.fleets import World
from vendors.kit.simulator import Switch

FRESHNESS = "freshness { isStale problem { code } }"
INSIDE = f"""{{
  devices(first: 100, maxAge: 0) {{
    nodes {{
      {FRESHNESS}
      slots {{ status {FRESHNESS} }}
      batteries {{ stateOfCharge {FRESHNESS} }}
    }}
    problems {{ code }}
  }}
}}"""
FRESH = (False, None)
STALE = (True, {"code": "VENDOR_UNREACHABLE"})


def known(rows: list[dict[str, Any]]) -> list[tuple[object, object]]:
    """The different ways in which these are known."""
    found = Counter((row["freshness"]["isStale"], str(row["freshness"]["problem"])) for row in rows)
    unique = {str(row["freshness"]["problem"]): row["freshness"]["problem"] for row in rows}
    return [(is_stale, unique[problem]) for is_stale, problem in sorted(found)]


async def while_failing(world: World, vendor: str, path: str) -> dict[str, list[tuple[object, object]]]:
    """How devices, slots and batteries are known while calls whose path contains this fail."""
    await ask(world, INSIDE)
    await world.clock.advance(61)
    world.simulators[vendor].switches["http_503"] = Switch(path=path)
    page = (await ask(world, INSIDE))["devices"]
    assert page["problems"] == [{"code": "VENDOR_UNREACHABLE"}]
    return {
        "devices": known(page["nodes"]),
        "slots": known([slot for device in page["nodes"] for slot in device["slots"]]),
        "batteries": known([battery for device in page["nodes"] for battery in device["batteries"]]),
    }


async def test_slots_whose_health_cannot_be_read_are_stale_and_what_is_in_them_is_not() -> None:
    async with calm_world("bajie") as world:
        found = await while_failing(world, "bajie", "slotByCabinetId")
        offline = (True, {"code": "DEVICE_OFFLINE"})
        assert found == {"devices": [FRESH], "slots": [offline, STALE], "batteries": [FRESH]}


async def test_batteries_whose_charge_cannot_be_read_are_stale_and_their_inverters_are_not() -> None:
    async with calm_world("hanchuess") as world:
        found = await while_failing(world, "hanchuess", "realtime")
        assert found == {"devices": [FRESH], "slots": [], "batteries": [STALE]}


async def test_what_only_the_listing_tells_is_as_stale_as_the_listing() -> None:
    async with calm_world("letmecharge") as world:
        found = await while_failing(world, "letmecharge", "filter")
        assert found == {"devices": [STALE], "slots": [STALE], "batteries": []}


@pytest.mark.parametrize(
    ("vendor", "fault", "endpoint", "calls"),
    [
        ("solax", "failed", "GET /proxyApp/proxy/api/getPileInfo", 6),
        ("letmecharge", "http_503", "POST /v3/chargers/filter", 2),
        ("lvcchong", "http_503", "POST /openapi/nearby", 3),
    ],
)
async def test_what_has_just_failed_is_not_tried_again_by_another_part_of_the_query(
    vendor: str, fault: str, endpoint: str, calls: int
) -> None:
    both = INSIDE.replace("{", "{ sites(first: 100, maxAge: 0) { nodes { name devices { nodes { name } } } }", 1)
    async with calm_world(vendor) as world:
        world.simulators[vendor].switches[fault] = Switch()
        await ask(world, both)
        assert world.simulators[vendor].counts[endpoint] == calls
