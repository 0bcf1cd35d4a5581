"""One vendor hangs for half a minute: the others are complete and in time, and it comes back by itself."""

import pytest

from tests.acceptance.asking import answer
from tests.acceptance.parts import Part, everything, parts_of
from tests.support import fleets
from vendors.kit.simulator import Switch
from vendors.registry import manifests

DEADLINE_S = 2.0
HANG = Switch(value=30)
VENDORS = sorted(manifests())
OF_ACCOUNTS = """query($accounts: [ID!]) {
  devices(filter: {accountIds: $accounts}) { totalCount problems { code } }
}"""


def others(parts: dict[str, Part], hanging: str) -> dict[str, tuple[object, ...]]:
    """What is told of the vendors that do not hang."""
    return {slug: (part.outline, part.problems) for slug, part in parts.items() if slug != hanging}


_untroubled: list[dict[str, Part]] = []


async def untroubled() -> list[dict[str, Part]]:
    """What each vendor's part is when nobody hangs: at once, and 700 seconds later."""
    if not _untroubled:
        async with fleets.world() as world:
            _untroubled.append(parts_of(await everything(world), world))
            await world.clock.advance(700)
            _untroubled.append(parts_of(await everything(world), world))
    return _untroubled


@pytest.mark.parametrize("hanging", VENDORS)
async def test_cold_the_others_are_complete_within_the_deadline(hanging: str) -> None:
    expected, _ = await untroubled()
    async with fleets.world() as world:
        world.simulators[hanging].switches["hang"] = HANG
        found = await everything(world)
        parts = parts_of(found, world)
        assert found.waited_s == DEADLINE_S
        assert "VENDOR_TIMED_OUT" in parts[hanging].problems
        assert parts[hanging].sources <= {"CONFIGURED"}
        assert others(parts, hanging) == others(expected, hanging)


@pytest.mark.parametrize("hanging", VENDORS)
async def test_warm_the_hanging_one_is_shown_as_last_known(hanging: str) -> None:
    first, later = await untroubled()
    async with fleets.world() as world:
        assert parts_of(await everything(world), world) == first
        await world.clock.advance(700)
        world.simulators[hanging].switches["hang"] = HANG
        found = await everything(world)
        parts = parts_of(found, world)
        assert found.waited_s == DEADLINE_S
        assert parts[hanging].ids == first[hanging].ids
        assert "VENDOR_TIMED_OUT" in parts[hanging].problems
        assert all(device["freshness"]["isStale"] for device in parts[hanging].devices)
        assert others(parts, hanging) == others(later, hanging)


@pytest.mark.parametrize("hanging", VENDORS)
async def test_it_recovers_by_itself_once_it_answers_again(hanging: str) -> None:
    async with fleets.world() as world:
        world.simulators[hanging].switches["hang"] = HANG
        await everything(world)
        world.simulators[hanging].switches.clear()
        await world.clock.advance(120)
        await everything(world)
        await world.clock.advance(70)
        found = await everything(world)
        part = parts_of(found, world)[hanging]
        assert found.waited_s == 0.0
        assert part.is_fresh
        assert part.sources == {"POLL"}
        assert world.fleet.members[world.account(hanging)].state().status.value == "UP"


async def test_a_query_that_needs_only_the_others_does_not_wait_at_all() -> None:
    async with fleets.world() as world:
        await everything(world)
        for slug in ("bajie", "solax"):
            world.simulators[slug].switches["hang"] = HANG
        await world.clock.advance(700)
        found = await answer(world, OF_ACCOUNTS, accounts=["roaming", "storage"])
        assert found.errors == []
        assert found.waited_s == 0.0
        assert found.data == {"devices": {"totalCount": 44, "problems": []}}
