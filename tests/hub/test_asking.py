"""Conversations that fill no snapshot: held back by the breaker, their outcome noted; changes that are made so."""

import asyncio
from datetime import timedelta

import pytest

from hub.asking import asking
from hub.changes import change
from hub.health import DEFAULT_RATE_HOLD_S, FAILURES_TO_OPEN, FIRST_HOLD_S
from hub.parts import Key, Part, Read
from model.faults import Fault, NotFound, RateLimited, Rejected, Uncertain, Unreachable
from model.records import Site
from model.refs import site_ref
from model.states import AccountStatus
from tests.resolvers.scripted import World, account, fleet_of
from tests.support.clock import START
from vendors.kit.quota import Priority, Ticket, current_ticket

SITES = Key("a", Part.SITES)


async def ask(world: World, outcome: BaseException | None = None) -> None:
    async with asking(world.fleet.members["a"], Ticket(priority=Priority.EVIDENCE)):
        if outcome is not None:
            raise outcome


def status(world: World) -> AccountStatus:
    return world.fleet.members["a"].state().status


async def test_whoever_asks_has_its_ticket_until_it_is_done() -> None:
    async with fleet_of(account("a")) as world:
        ticket = Ticket(priority=Priority.COMMAND)
        async with asking(world.fleet.members["a"], ticket):
            assert current_ticket.get() is ticket
            await ask(world)
            assert current_ticket.get() is ticket
        assert current_ticket.get() is None
        assert status(world) is AccountStatus.UP


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (None, AccountStatus.UP),
        (Rejected("no"), AccountStatus.UP),
        (NotFound("what?"), AccountStatus.UP),
        (Unreachable("down"), AccountStatus.DEGRADED),
        (Uncertain("lost"), AccountStatus.DEGRADED),
        (RateLimited("too much"), AccountStatus.RATE_LIMITED),
        (KeyError("surprise"), AccountStatus.UNKNOWN),
        (asyncio.CancelledError(), AccountStatus.UNKNOWN),
    ],
)
async def test_how_it_went_is_noted_and_passed_on(outcome: BaseException | None, expected: AccountStatus) -> None:
    async with fleet_of(account("a")) as world:
        if outcome is None:
            await ask(world)
        else:
            with pytest.raises(type(outcome)) as raised:
                await ask(world, outcome)
            assert raised.value is outcome
        assert status(world) is expected
        assert current_ticket.get() is None


async def test_a_vendor_that_is_down_is_not_asked() -> None:
    async with fleet_of(account("a")) as world:
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(Unreachable, match=r"^down$"):
                await ask(world, Unreachable("down"))
        with pytest.raises(Unreachable) as held_back:
            await ask(world, KeyError("never raised: the body is not run"))
        assert held_back.value.retry_after_s == FIRST_HOLD_S
        await world.clock.advance(FIRST_HOLD_S)
        await ask(world)
        assert status(world) is AccountStatus.UP


async def test_who_is_held_back_did_nothing_for_certain() -> None:
    async with fleet_of(account("a")) as world:
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(Uncertain):
                await ask(world, Uncertain("it may have been done"))
        with pytest.raises(Fault) as held_back:
            await ask(world)
        assert (type(held_back.value), held_back.value.message) == (Unreachable, "the vendor gives no clear answers")
        assert isinstance(held_back.value.__cause__, Uncertain)


async def test_one_that_never_happened_leaves_the_trial_to_the_next() -> None:
    async with fleet_of(account("a")) as world:
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(Unreachable):
                await ask(world, Unreachable("down"))
        await world.clock.advance(FIRST_HOLD_S)
        with pytest.raises(KeyError):
            await ask(world, KeyError("surprise"))
        await ask(world)
        assert status(world) is AccountStatus.UP


@pytest.mark.parametrize(("given_s", "shut_s"), [(12.5, 12.5), (None, DEFAULT_RATE_HOLD_S)])
async def test_a_vendor_that_refuses_for_quota_is_left_alone(given_s: float | None, shut_s: float) -> None:
    async with fleet_of(account("a")) as world:
        with pytest.raises(RateLimited):
            await ask(world, RateLimited("too much", retry_after_s=given_s))
        assert world.fleet.members["a"].gate.shut_for_s == shut_s


async def shown(world: World, answer: str) -> str | None:
    """What a reader is shown who takes what is a minute old."""
    member = world.fleet.members["a"]

    async def fetch() -> tuple[Site, ...]:
        return (Site(ref=site_ref("a", "1"), name=answer),)

    now = world.clock.now()
    read = Read(SITES, fetch, 60)
    snapshot = await world.fleet.snapshots.get(member, read, now - timedelta(seconds=60), now + timedelta(seconds=2))
    assert snapshot.value is not None
    return snapshot.value[0].name


async def test_a_change_is_made_before_any_read_and_what_it_outdates_is_read_anew() -> None:
    async with fleet_of(account("a")) as world:
        assert await shown(world, "before") == "before"

        async def work() -> str:
            ticket = current_ticket.get()
            assert ticket is not None
            assert ticket.priority is Priority.COMMAND
            return "done"

        await world.clock.advance(1)
        assert await shown(world, "after") == "before"
        assert await change(world.fleet, world.fleet.members["a"], work, [SITES]) == "done"
        await world.clock.advance(1)
        assert await shown(world, "after") == "after"


@pytest.mark.parametrize("fault", [Uncertain("lost"), Rejected("no")])
async def test_what_a_failed_change_may_have_outdated_is_read_anew_and_it_is_not_repeated(fault: Fault) -> None:
    async with fleet_of(account("a")) as world:
        assert await shown(world, "before") == "before"
        tries = 0

        async def work() -> None:
            nonlocal tries
            tries += 1
            raise fault

        await world.clock.advance(1)
        with pytest.raises(type(fault)):
            await change(world.fleet, world.fleet.members["a"], work, [SITES])
        await world.clock.advance(1)
        assert (await shown(world, "after"), tries) == ("after", 1)


async def test_a_change_at_a_vendor_that_is_down_is_not_tried() -> None:
    async with fleet_of(account("a")) as world:
        for _ in range(FAILURES_TO_OPEN):
            world.fleet.members["a"].health.failed(Unreachable("down"))

        async def work() -> None:
            raise AssertionError("it is held back")

        with pytest.raises(Unreachable):
            await change(world.fleet, world.fleet.members["a"], work, [SITES])
        assert world.clock.now() == START
