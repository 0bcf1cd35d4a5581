"""The vendor is down before anything was ever read of it: what the configuration names is shown all the same."""

import pytest

from model.refs import Ref
from tests.acceptance.parts import everything, parts_of
from tests.acceptance.things import ids_of
from tests.acceptance.worlds import calm_world
from tests.support import fleets
from vendors.kit.simulator import Switch
from vendors.registry import manifests

VENDORS = sorted(manifests())
UNKNOWN = "NO-SUCH-DEVICE"


def configured(code: str) -> dict[str, object]:
    """How a device is known that only the configuration names."""
    return {"source": "CONFIGURED", "isStale": True, "fetchedAt": None, "problem": {"code": code}}


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_configured_device_is_shown_with_the_problem_and_read_once_the_vendor_is_back(vendor: str) -> None:
    ref = Ref.parse((await ids_of("Device"))[vendor])
    async with fleets.world(vendor, devices=(ref.native_id,)) as world:
        world.simulators[vendor].switches["http_503"] = Switch()
        part = parts_of(await everything(world), world)[vendor]
        assert part.problems == {"VENDOR_UNREACHABLE"}
        assert [device["id"] for device in part.devices] == [ref.id]
        assert part.devices[0]["freshness"] == configured("VENDOR_UNREACHABLE")

        world.simulators[vendor].switches.clear()
        await world.clock.advance(61)
        (device,) = [one for one in parts_of(await everything(world), world)[vendor].devices if one["id"] == ref.id]
        assert device["freshness"] == {
            "source": "POLL",
            "isStale": False,
            "fetchedAt": world.clock.now().isoformat(),
            "problem": None,
        }


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_configured_device_that_the_vendor_does_not_know_says_so_and_disturbs_nobody(vendor: str) -> None:
    async with fleets.world(vendor, devices=(UNKNOWN,)) as world:
        part = parts_of(await everything(world), world)[vendor]
        assert part.problems == frozenset()
        assert [one["freshness"] for one in part.devices if one["nativeId"] == UNKNOWN] == [configured("NOT_FOUND")]
        assert [one["nativeId"] for one in part.devices if one["freshness"]["isStale"]] == [UNKNOWN]


async def test_everything_down_from_the_start_is_an_answer_with_five_problems() -> None:
    async with calm_world() as world:
        for simulator in world.simulators.values():
            simulator.switches["http_503"] = Switch()
        parts = parts_of(await everything(world), world)
        assert {vendor: part.problems for vendor, part in parts.items()} == dict.fromkeys(
            VENDORS, frozenset({"VENDOR_UNREACHABLE"})
        )
        assert {vendor: len(part.devices) for vendor, part in parts.items()} == {
            "bajie": 0,
            "hanchuess": 0,
            "letmecharge": 0,
            "lvcchong": 5,
            "solax": 6,
        }
