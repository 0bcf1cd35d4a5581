"""Every way to fail that a simulator knows: the answer stays whole, says what is wrong, and mends itself."""

from datetime import UTC, datetime

import pytest
from structlog.typing import EventDict

from tests.acceptance.harm import HARMFUL, LEFT_OUT, OWN, TRANSPORT, problems_of, quirks, switch
from tests.acceptance.parts import everything, parts_of
from tests.acceptance.worlds import calm_world
from vendors.kit.simulator import TRANSPORT_FAULTS
from vendors.registry import manifests

UNTIL_QUOTA_IS_BACK_S = {"hanchuess": 61, "solax": 61}
"""Where the first query uses up most of a minute's budget."""
UNTIL_IT_IS_TRIED_AGAIN_S = 61
"""The longest hold of a breaker."""
LONG_HOLDS_S = {
    **dict.fromkeys(("latency", "hang", "reset", "reply_lost", "reply_late", "http_429", "quota_104"), 150),
    "quota_3": 330,
    "quota_daily": 900,
}
"""Where calls of the outage use up the quota of the minute after it, or the vendor says when to come back."""
LATE_IN_THE_DAY = datetime(2026, 6, 1, 23, 50, tzinfo=UTC)
"""Ten minutes before a daily quota begins anew."""


def events(log: list[EventDict], event: str) -> int:
    return [entry["event"] for entry in log].count(event)


def test_every_transport_fault_and_every_vendor_is_judged() -> None:
    assert set(TRANSPORT) == set(TRANSPORT_FAULTS)
    assert set(OWN) == set(manifests())


@pytest.mark.parametrize(("vendor", "fault"), HARMFUL)
async def test_a_vendor_that_fails_is_shown_as_last_known_until_it_mends(
    vendor: str, fault: str, log: list[EventDict]
) -> None:
    async with calm_world(vendor, start=LATE_IN_THE_DAY) as world:
        before = parts_of(await everything(world), world)[vendor]
        await world.clock.advance(UNTIL_QUOTA_IS_BACK_S.get(vendor, 1))
        world.simulators[vendor].switches[fault] = switch(fault)
        found = await everything(world, max_age=0)
        during = parts_of(found, world)[vendor]
        assert before.is_fresh
        assert found.waited_s <= 2.0
        assert during.problems == problems_of(vendor, fault)
        assert len(set(before.ids) - set(during.ids)) == LEFT_OUT.get((vendor, fault), 0)

        world.simulators[vendor].switches.clear()
        await world.clock.advance(LONG_HOLDS_S.get(fault, UNTIL_IT_IS_TRIED_AGAIN_S))
        await everything(world, max_age=0)
        after = parts_of(await everything(world), world)[vendor]
        assert after.is_fresh
        assert after.read_at == {world.clock.now().isoformat()}
        assert after.ids == before.ids
        assert world.fleet.members[world.account(vendor)].state().status.value == "UP"
        assert events(log, "account recovered") == events(log, "account down") <= 1


@pytest.mark.parametrize("vendor", OWN)
async def test_what_is_only_odd_does_no_harm(vendor: str, log: list[EventDict]) -> None:
    async with calm_world(vendor) as world:
        before = parts_of(await everything(world), world)[vendor]
        for quirk in quirks(vendor):
            await world.clock.advance(61)
            world.simulators[vendor].switches = {quirk: switch(quirk)}
            part = parts_of(await everything(world, max_age=0), world)[vendor]
            missing = len(set(before.ids) - set(part.ids))
            assert (quirk, part.is_fresh, missing) == (quirk, True, LEFT_OUT.get((vendor, quirk), 0))
        assert events(log, "account down") == 0
