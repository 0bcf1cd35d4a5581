"""How old an answer may be is the client's word, and nobody is asked for less than that."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.acceptance.asking import answer, ask
from tests.support import fleets
from tests.support.fleets import World

ONE = """query ($id: ID!, $maxAge: Int) {
  device(id: $id, maxAge: $maxAge) {
    connectivity
    slots { index status }
    freshness { fetchedAt isStale }
  }
}"""
LIST = "query ($maxAge: Int) { devices(first: 100, maxAge: $maxAge) { nodes { connectivity } problems { code } } }"


@dataclass(frozen=True)
class Change:
    """What a hand does at a device, and what is then told of it."""

    device: str
    action: str
    given: dict[str, object]
    before: object
    after: object

    def told(self, device: dict[str, Any]) -> object:
        """What the change is about: the first slot, or the device where it has none."""
        return device["slots"][0]["status"] if device["slots"] else device["connectivity"]


CHANGES = {
    "bajie": Change(
        "Device:cabinets-eu:XYZ00001",
        "set_slot_fault",
        {"cabinet": "XYZ00001", "slot": 1, "fault": 2},
        "AVAILABLE",
        "OUT_OF_ORDER",
    ),
    "hanchuess": Change("Device:storage:H01SIM0001G1H", "disconnect", {"sn": "H01SIM0001G1H"}, "ONLINE", "OFFLINE"),
    "lvcchong": Change(
        "Device:sockets:867000000000016",
        "plug_in",
        {"device": "867000000000016", "port": 1},
        "AVAILABLE",
        "CHARGING",
    ),
    "solax": Change(
        "Device:chargers:C107SIM0000001",
        "set_status",
        {"serial": "C107SIM0000001", "status": "FAULTED"},
        "AVAILABLE",
        "OUT_OF_ORDER",
    ),
}


@pytest.mark.parametrize("vendor", CHANGES)
async def test_0_asks_the_vendor_now_and_sees_what_has_just_changed(vendor: str) -> None:
    change = CHANGES[vendor]
    async with fleets.world(vendor) as world:
        first = await one(world, change.device, None)
        await world.clock.advance(1)
        world.simulators[vendor].actions()[change.action](change.given)
        world.forget_calls()
        assert await one(world, change.device, None) == first
        assert world.calls() == {}
        now = await one(world, change.device, 0)
        assert (change.told(first), change.told(now)) == (change.before, change.after)
        assert now["freshness"] == {"fetchedAt": world.clock.now().isoformat(), "isStale": False}


async def test_a_large_number_makes_do_with_what_is_known() -> None:
    async with fleets.world("bajie", "letmecharge") as world:
        known = await ask(world, LIST)
        await world.clock.advance(900)
        world.forget_calls()
        assert await ask(world, LIST, maxAge=1000) == known
        assert world.calls() == {}


async def test_a_number_between_asks_those_whose_answer_is_older() -> None:
    async with fleets.world("bajie", "letmecharge") as world:
        await ask(world, '{ devices(filter: { vendorSlugs: ["letmecharge"] }) { totalCount } }')
        await world.clock.advance(20)
        await ask(world, '{ devices(filter: { vendorSlugs: ["bajie"] }) { totalCount } }')
        await world.clock.advance(20)
        world.forget_calls()
        await ask(world, LIST, maxAge=30)
        assert world.calls() == {"letmecharge": {"POST /v3/chargers/filter": 2}}


async def test_each_root_field_has_its_own() -> None:
    source = "{ old: devices(maxAge: 3600) { totalCount } new: tariffs { nodes { id } } }"
    async with fleets.world("bajie") as world:
        await ask(world, LIST)
        await world.clock.advance(600)
        world.forget_calls()
        await ask(world, source)
        assert world.calls() == {"bajie": {"POST /cdb-open-api/v1/shop/priceStrategy/page": 1}}


@pytest.mark.parametrize("source", [LIST, ONE.replace("$id: ID!, ", "").replace("$id", '"Device:roaming:x"')])
async def test_a_negative_number_is_refused_before_anybody_is_asked(source: str) -> None:
    async with fleets.world("letmecharge") as world:
        found = await answer(world, source, maxAge=-1)
        (error,) = found.errors
        assert error["message"] == "maxAge is a number of seconds, 0 or more"
        assert error["extensions"] == {"code": "INVALID_INPUT", "resolution": "USER_ACTION"}
        assert world.calls() == {}


async def one(world: World, device: str, max_age: int | None) -> dict[str, Any]:
    found: dict[str, Any] = (await ask(world, ONE, id=device, maxAge=max_age))["device"]
    return found
