"""One operation's view: what it wants, how fresh, and one question asked once."""

import asyncio

import pytest

from hub import reads
from model.faults import Unreachable
from model.records import CONFIGURED, Problem
from model.states import ProblemCode, Resolution
from resolvers.batching import by_account, refs_by_account
from resolvers.scope import BadInput, Unanswered
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import POLLED, device, site
from vendors.contract import ListsSites, ListsTariffs

SITES = account("a", ListsSites, ListsTariffs)


async def ask(world: World, max_age: int | None, *, scope: object = None) -> list[str]:
    member = world.fleet.members["a"]
    read = reads.sites(member)
    assert read is not None
    await (scope or world.scope()).read(member, read, max_age)  # type: ignore[attr-defined]
    return world["a"].heard()


@pytest.mark.parametrize(
    ("age_s", "max_age", "asked"),
    [
        (599, None, []),
        (601, None, ["list_sites"]),
        (601, 1000, []),
        (10, 10, []),
        (11, 10, ["list_sites"]),
        (1, 0, ["list_sites"]),
        (601, 10**30, []),
    ],
)
async def test_what_is_older_than_asked_for_is_read_anew(age_s: float, max_age: int | None, asked: list[str]) -> None:
    async with fleet_of(SITES) as world:
        world["a"].answers["list_sites"] = (site("S1"),)
        await ask(world, None)
        await world.clock.advance(age_s)
        assert await ask(world, max_age) == asked


async def test_within_an_operation_nothing_is_read_twice_not_even_what_failed() -> None:
    async with fleet_of(SITES) as world:
        world["a"].answers["list_sites"] = (site("S1"),)
        scope = world.scope()
        assert [await ask(world, 0, scope=scope) for _ in range(2)] == [["list_sites"], []]
        await world.clock.advance(1)
        assert await ask(world, 0, scope=scope) == []
        world["a"].answers["list_sites"] = Unreachable("down")
        later = world.scope()
        assert [await ask(world, 0, scope=later) for _ in range(2)] == [["list_sites"], []]


async def test_a_negative_age_is_refused_with_the_remedy() -> None:
    async with fleet_of(SITES) as world:
        with pytest.raises(BadInput, match="maxAge is a number of seconds and cannot be negative"):
            await ask(world, -1)


async def test_no_reads_cost_nothing() -> None:
    async with fleet_of(SITES) as world:
        assert await world.scope().read_many(world.fleet.members["a"], [], -1) == []


async def test_an_operation_that_does_not_say_what_it_wants_wants_everything() -> None:
    async with fleet_of() as world:
        assert world.scope().asks_for("Slot.status")
        assert world.scope("Slot.status", "Device.name").asks_for("Slot.index", "Slot.status")
        assert not world.scope("Device.name").asks_for("Slot.status")
        assert not world.scope("Device.name").asks_for()


async def test_accounts_are_narrowed_by_key_and_vendor() -> None:
    async with fleet_of(account("a"), account("b", slug="other"), account("c")) as world:
        scope = world.scope()

        def keys(accounts: frozenset[str] | None = None, vendors: frozenset[str] | None = None) -> list[str]:
            return [member.key for member in scope.members(accounts, vendors)]

        assert keys() == ["a", "b", "c"]
        assert keys(frozenset({"c", "a", "nowhere"})) == ["a", "c"]
        assert keys(None, frozenset({"acme"})) == ["a", "c"]
        assert keys(frozenset({"a", "b"}), frozenset({"other"})) == ["b"]
        assert keys(frozenset(), None) == []
        assert (scope.member("nowhere"), scope.member("a")) == (None, world.fleet.members["a"])


async def test_one_question_has_one_answer_even_if_who_asked_first_gives_up() -> None:
    async with fleet_of() as world:
        scope, asked = world.scope(), []

        async def answer() -> int:
            asked.append(1)
            await world.clock.sleep(1)
            return len(asked)

        assert not scope.has("question")
        quitter, patient = (asyncio.ensure_future(scope.once("question", answer)) for _ in range(2))
        await world.clock.settle()
        quitter.cancel()
        await world.clock.advance(1)
        assert (await patient, await scope.once("question", answer), scope.has("question")) == (1, 1, True)


async def test_how_recent_something_is_goes_by_when_it_was_fetched() -> None:
    async with fleet_of() as world:
        await world.clock.advance(60)
        scope = world.scope()
        assert [scope.is_recent(POLLED, fresh_s, None) for fresh_s in (59, 60)] == [False, True]
        assert [scope.is_recent(POLLED, 0, max_age) for max_age in (59, 60)] == [False, True]
        assert not scope.is_recent(CONFIGURED, 10**9, 10**9)


def test_what_cannot_be_answered_says_what_its_problem_says() -> None:
    fault = Unanswered(Problem(ProblemCode.UNAUTHORIZED, "refused", Resolution.REAUTHENTICATE, "a"))
    assert (fault.code, fault.message, fault.resolution) == (
        ProblemCode.UNAUTHORIZED,
        "refused",
        Resolution.REAUTHENTICATE,
    )


async def test_parents_of_many_accounts_are_asked_about_once_an_account_and_answered_in_their_order() -> None:
    async with fleet_of(account("a"), account("b")) as world:
        batches = []

        async def answer(member: object, some: object) -> list[str]:
            batches.append((member, [one.ref.native_id for one in some]))  # type: ignore[attr-defined]
            return [f"{one.ref.account}{one.ref.native_id}" for one in some]  # type: ignore[attr-defined]

        parents = [device("1", "b"), device("2", "a"), device("3", "nowhere"), device("4", "b")]
        assert await by_account(world.scope(), parents, answer, "nobody") == ["b1", "a2", "nobody", "b4"]
        a, b = world.fleet.members.values()
        assert batches == [(b, ["1", "4"]), (a, ["2"])]
        assert await by_account(world.scope(), [], answer, "nobody") == []


async def test_bare_refs_are_batched_alike() -> None:
    async with fleet_of(account("a")) as world:

        async def answer(_: object, some: object) -> list[str]:
            return [one.id for one in some]  # type: ignore[attr-defined]

        refs = [device("1").ref, device("1", "nowhere").ref]
        assert await refs_by_account(world.scope(), refs, answer, "nobody") == ["Device:a:1", "nobody"]
