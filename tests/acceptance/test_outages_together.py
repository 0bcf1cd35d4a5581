"""Several vendors fail at once, each in its own way: exactly those are named, and the others notice nothing."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.harm import HARMFUL, LEFT_OUT, problems_of, switch
from tests.acceptance.parts import everything, parts_of
from tests.acceptance.worlds import calm_world

SHORT = [(vendor, fault) for vendor, fault in HARMFUL if fault not in ("quota_3", "quota_daily")]
COMBINATIONS = st.lists(st.sampled_from(SHORT), min_size=2, max_size=4, unique_by=lambda pair: pair[0]).map(dict)


@settings(
    max_examples=8,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the log is held to the same in every example
)
@given(failing=COMBINATIONS)
async def test_two_to_four_vendors_that_fail_together_leave_the_others_whole(failing: dict[str, str]) -> None:
    async with calm_world() as world:
        before = parts_of(await everything(world), world)
        await world.clock.advance(61)
        for vendor, fault in failing.items():
            world.simulators[vendor].switches[fault] = switch(fault)
        found = await everything(world, max_age=0)
        during = parts_of(found, world)
        assert found.waited_s <= 2.0
        assert {vendor: during[vendor].problems for vendor in failing} == {
            vendor: problems_of(vendor, fault) for vendor, fault in failing.items()
        }
        assert {vendor: len(set(before[vendor].ids) - set(during[vendor].ids)) for vendor in failing} == {
            vendor: LEFT_OUT.get((vendor, fault), 0) for vendor, fault in failing.items()
        }
        whole = set(world.simulators) - set(failing)
        assert {vendor for vendor in whole if during[vendor].is_fresh} == whole
        assert {vendor: during[vendor].ids for vendor in whole} == {vendor: before[vendor].ids for vendor in whole}

        for vendor in failing:
            world.simulators[vendor].switches.clear()
        await world.clock.advance(150)
        await everything(world, max_age=0)
        after = parts_of(await everything(world), world)
        assert {vendor for vendor in after if after[vendor].is_fresh} == set(after)
        assert {vendor: part.ids for vendor, part in after.items()} == {
            vendor: part.ids for vendor, part in before.items()
        }
