"""One sign-in for everybody, early renewal, and what a refusal costs."""

import asyncio

import pytest

from model.faults import Fault, Rejected, Unauthorised, Unreachable
from tests.support.clock import FakeClock
from vendors.kit.auth import FixedToken, Token, TokenKeeper


class Desk:
    """Gives out numbered tokens, and breaks on demand."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.asked: list[str] = []
        self.takes_s = 0.0
        self.sign_in_fault: Fault | None = None
        self.renew_fault: Fault | None = None
        self.refresh: str | None = "r"

    async def sign_in(self) -> Token:
        return await self._token("sign_in", self.sign_in_fault)

    async def renew(self, refresh: str) -> Token:
        return await self._token(f"renew {refresh}", self.renew_fault)

    async def _token(self, asked: str, fault: Fault | None) -> Token:
        self.asked.append(asked)
        if self.takes_s:
            await self.clock.sleep(self.takes_s)
        if fault is not None:
            raise fault
        return Token(f"t{len(self.asked)}", 100, self.refresh)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def desk(clock: FakeClock) -> Desk:
    return Desk(clock)


@pytest.fixture
def keeper(clock: FakeClock, desk: Desk) -> TokenKeeper:
    return TokenKeeper(clock, desk.sign_in, desk.renew)


async def echo(token: str) -> str:
    return token


async def test_signs_in_once_for_many_calls(keeper: TokenKeeper, desk: Desk) -> None:
    assert [await keeper.using(echo) for _ in range(3)] == ["t1", "t1", "t1"]
    assert desk.asked == ["sign_in"]


async def test_callers_at_the_same_time_share_one_sign_in(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    desk.takes_s = 1
    calls = asyncio.gather(*(keeper.using(echo) for _ in range(20)))
    await clock.advance(1)

    assert set(await calls) == {"t1"}
    assert desk.asked == ["sign_in"]


async def test_callers_at_the_same_time_share_its_fault(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    desk.takes_s, desk.sign_in_fault = 1, Unauthorised("no")
    calls = asyncio.gather(*(keeper.using(echo) for _ in range(20)), return_exceptions=True)
    await clock.advance(1)

    assert {type(item) for item in await calls} == {Unauthorised}
    assert desk.asked == ["sign_in"]


async def test_works_again_after_a_fault(keeper: TokenKeeper, desk: Desk) -> None:
    desk.sign_in_fault = Unreachable("down")
    with pytest.raises(Unreachable):
        await keeper.using(echo)
    desk.sign_in_fault = None

    assert await keeper.using(echo) == "t2"


async def test_a_caller_that_gives_up_does_not_stop_the_sign_in(
    keeper: TokenKeeper, desk: Desk, clock: FakeClock
) -> None:
    desk.takes_s = 1
    impatient = asyncio.create_task(keeper.using(echo))
    patient = asyncio.create_task(keeper.using(echo))
    await clock.settle()
    impatient.cancel()
    await clock.advance(1)

    assert await patient == "t1"
    assert desk.asked == ["sign_in"]


async def test_a_fault_that_nobody_waits_for_is_silent(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    unseen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    desk.takes_s, desk.sign_in_fault = 1, Unreachable("down")
    alone = asyncio.create_task(keeper.using(echo))
    await clock.settle()
    alone.cancel()
    await clock.advance(1)

    assert unseen == []


async def test_renews_at_four_fifths_of_the_life(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    await keeper.using(echo)
    await clock.advance(79.9)
    assert await keeper.using(echo) == "t1"
    await clock.advance(0.1)

    assert await keeper.using(echo) == "t2"
    assert desk.asked == ["sign_in", "renew r"]


async def test_keeps_a_refresh_token_that_a_renewal_does_not_replace(
    keeper: TokenKeeper, desk: Desk, clock: FakeClock
) -> None:
    await keeper.using(echo)
    desk.refresh = None
    for _ in range(2):
        await clock.advance(80)
        await keeper.using(echo)

    assert desk.asked == ["sign_in", "renew r", "renew r"]


async def test_signs_in_again_without_a_refresh_token(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    desk.refresh = None
    await keeper.using(echo)
    await clock.advance(80)
    await keeper.using(echo)

    assert desk.asked == ["sign_in", "sign_in"]


async def test_a_refused_refresh_token_is_forgotten(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    await keeper.using(echo)
    desk.renew_fault = Rejected("invalid_grant")
    await clock.advance(80)

    assert await keeper.using(echo) == "t3"
    assert desk.asked == ["sign_in", "renew r", "sign_in"]


async def test_a_living_token_outlasts_a_renewal_that_fails_for_now(
    keeper: TokenKeeper, desk: Desk, clock: FakeClock
) -> None:
    await keeper.using(echo)
    desk.renew_fault = Unreachable("down")
    await clock.advance(99)
    assert await keeper.using(echo) == "t1"
    await clock.advance(1)

    with pytest.raises(Unreachable):
        await keeper.using(echo)


async def test_a_refused_token_is_replaced_once(keeper: TokenKeeper, desk: Desk) -> None:
    used: list[str] = []

    async def refusing_the_first(token: str) -> str:
        used.append(token)
        if token == "t1":
            raise Unauthorised("no", raw_code="401")
        return token

    assert await keeper.using(refusing_the_first) == "t2"
    assert used == ["t1", "t2"]
    assert desk.asked == ["sign_in", "renew r"]


async def test_a_second_refusal_is_final(keeper: TokenKeeper, desk: Desk) -> None:
    used: list[str] = []

    async def refusing(token: str) -> str:
        used.append(token)
        raise Unauthorised("no", raw_code="401")

    with pytest.raises(Unauthorised):
        await keeper.using(refusing)
    assert used == ["t1", "t2"]


async def test_many_refusals_of_one_token_cost_one_renewal(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    async def refusing_the_first(token: str) -> str:
        await clock.sleep(1)
        if token == "t1":
            raise Unauthorised("no", raw_code="401")
        return token

    calls = asyncio.gather(*(keeper.using(refusing_the_first) for _ in range(20)))
    await clock.advance(5)

    assert set(await calls) == {"t2"}
    assert desk.asked == ["sign_in", "renew r"]


async def test_missing_rights_do_not_cost_a_token(keeper: TokenKeeper, desk: Desk) -> None:
    async def forbidding(_: str) -> str:
        raise Unauthorised("no", raw_code="403")

    with pytest.raises(Unauthorised):
        await keeper.using(forbidding)
    assert desk.asked == ["sign_in"]


async def test_closing_stops_a_sign_in(keeper: TokenKeeper, desk: Desk, clock: FakeClock) -> None:
    desk.takes_s = 1
    caller = asyncio.create_task(keeper.using(echo))
    await clock.settle()
    await keeper.aclose()

    with pytest.raises(asyncio.CancelledError):
        await caller
    await keeper.aclose()


async def test_a_fixed_token_is_used_and_a_refusal_final() -> None:
    fixed = FixedToken("t")
    used: list[str] = []

    async def refusing(token: str) -> str:
        used.append(token)
        raise Unauthorised("no", raw_code="401")

    assert await fixed.using(echo) == "t"
    with pytest.raises(Unauthorised):
        await fixed.using(refusing)
    assert used == ["t"]
    await fixed.aclose()


def test_tokens_do_not_show_in_logs() -> None:
    assert "very-secret" not in repr(Token("very-secret-a", 1, "very-secret-r"))
