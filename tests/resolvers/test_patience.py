"""How long an operation waits for one account: only the time in which it waits for that very account counts."""

from datetime import timedelta

from resolvers.patience import Patience
from tests.support.clock import START, FakeClock


async def test_only_the_time_of_waiting_is_used_up() -> None:
    clock = FakeClock()
    patience = Patience(clock, 2)
    with patience.waiting() as deadline:
        assert deadline == START + timedelta(seconds=2)
        await clock.advance(0.5)
    await clock.advance(60)
    with patience.waiting() as deadline:
        assert deadline - clock.now() == timedelta(seconds=1.5)
        await clock.advance(1.5)
    with patience.waiting() as deadline:
        assert deadline == clock.now()


async def test_waits_at_the_same_time_count_once_and_end_together() -> None:
    clock = FakeClock()
    patience = Patience(clock, 2)
    with patience.waiting() as first:
        await clock.advance(0.5)
        with patience.waiting() as second:
            assert second == first
            await clock.advance(0.5)
        await clock.advance(0.5)
    with patience.waiting() as deadline:
        assert deadline - clock.now() == timedelta(seconds=0.5)
