"""Starting a charge, and stopping none but the one that is meant."""

from decimal import Decimal
from typing import Any

import pytest

from hub.parts import Key, Part
from model.refs import Ref, device_ref, session_ref, slot_ref, tariff_ref
from model.states import ChargingSessionKind, ChargingSessionStatus, CommandKind
from resolvers.ordering.charging import StartCharging, StopCharging
from tests.resolvers.ordering.wishing import (
    D1,
    D2,
    R1,
    R2,
    SLOT,
    acting,
    aimed,
    complaint,
    complaints,
    device,
    given,
)
from tests.resolvers.scripted import World, fleet_of
from tests.resolvers.things import session
from vendors.contract import ListsActiveSessions, ListsDevices, ListsSessions

START = acting("a", CommandKind.START_CHARGING)
STOP = acting("a", CommandKind.STOP_CHARGING, protocols=(ListsDevices, ListsSessions, ListsActiveSessions))
TARIFF = tariff_ref("a", "T1")
OTHER = slot_ref(D2, 1)


async def stocked(world: World) -> World:
    await world.recall(Key("a", Part.DEVICES), (device("D1"), device("D2")))
    return world


def at_slot(native: str, slot: Ref | None = SLOT, **said: Any) -> Any:
    return session(native, slot=slot, device=slot.device if slot else None, **said)


async def runs(world: World, *sessions: Any, age_s: float = 0) -> World:
    """These sessions, as they were read so long ago and as the vendor tells them now."""
    await stocked(world)
    await world.recall(Key("a", Part.ACTIVE_SESSIONS), sessions, age_s=age_s)
    world["a"].answers |= {"list_active_sessions": sessions, "list_sessions": sessions}
    return world


async def test_a_charge_is_started_as_it_was_bought() -> None:
    async with fleet_of(START) as world:
        wish = StartCharging(
            slot=SLOT,
            minutes=90,
            prepaid=Decimal("2.50"),
            tariff=TARIFF,
            customer_email="ada@example.com",
            license_plate="1234 ABC",
        )
        await given(await stocked(world), wish)
        assert aimed(world) == [(D1, SLOT, None)]
        said = world.desk.orders[0].instruction
        assert (said.minutes, said.prepaid, said.tariff) == (90, Decimal("2.50"), TARIFF)
        assert said.customer is not None
        assert (said.customer.email, said.customer.license_plate) == ("ada@example.com", "1234 ABC")


async def test_nobody_is_a_customer_unless_somebody_is_named() -> None:
    async with fleet_of(START) as world:
        await given(await stocked(world), StartCharging(slot=SLOT))
        assert world.desk.orders[0].instruction.customer is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"prepaid": Decimal("-0.01")}, "prepaid"),
        ({"prepaid": Decimal("0.001")}, "prepaid"),
        ({"prepaid": Decimal("1E+9")}, "prepaid"),
        ({"tariff": tariff_ref("b", "T1")}, "tariffId"),
        ({"customer_email": "ada"}, "customerEmail"),
        ({"customer_email": "a@b@c"}, "customerEmail"),
        ({"customer_email": "@example.com"}, "customerEmail"),
        ({"customer_email": "ada@"}, "customerEmail"),
        ({"customer_email": "ada lovelace@example.com"}, "customerEmail"),
        ({"customer_email": "a" * 250 + "@b.de"}, "customerEmail"),
        ({"license_plate": ""}, "licensePlate"),
        ({"license_plate": "X" * 33}, "licensePlate"),
        ({"license_plate": "AB\n12"}, "licensePlate"),
    ],
)
async def test_what_cannot_be_is_refused_and_never_quoted(said: dict[str, Any], field: str) -> None:
    async with fleet_of(START) as world:
        (found,) = await complaints(await stocked(world), StartCharging(slot=SLOT, **said))
        assert (found.code, found.field) == ("INVALID_INPUT", ("input", field))
        for text in (said.get("customer_email"), said.get("license_plate")):
            assert not text or text not in found.message
        assert world["a"].heard() == []


@pytest.mark.parametrize(
    "said", [{"minutes": 1}, {"minutes": 1440}, {"prepaid": Decimal(0)}, {"prepaid": Decimal("9.990")}]
)
async def test_what_can_just_be_is_taken(said: dict[str, Any]) -> None:
    async with fleet_of(START) as world:
        await given(await stocked(world), StartCharging(slot=SLOT, **said))


async def test_something_must_be_named_to_be_stopped() -> None:
    async with fleet_of(STOP) as world:
        assert await complaint(world, StopCharging()) == ("INVALID_INPUT", "input", "USER_ACTION")
        assert await complaint(world, StopCharging(expected_session=R1)) == ("INVALID_INPUT", "input", "USER_ACTION")


async def test_at_a_slot_the_session_that_runs_there_is_meant_and_no_later_one() -> None:
    async with fleet_of(STOP) as world:
        await given(await runs(world, at_slot("R1"), at_slot("R2", OTHER)), StopCharging(slot=SLOT))
        assert aimed(world) == [(D1, SLOT, R1)]
        assert world["a"].heard() == []


async def test_old_word_of_what_runs_is_not_trusted() -> None:
    async with fleet_of(STOP) as world:
        await runs(world, at_slot("R1"), age_s=61)
        world["a"].answers["list_active_sessions"] = (at_slot("R2"),)
        await given(world, StopCharging(slot=SLOT))
        assert aimed(world) == [(D1, SLOT, R2)]
        assert world["a"].heard() == ["list_active_sessions"]


async def test_where_nobody_tells_of_sessions_the_slot_alone_is_named() -> None:
    async with fleet_of(acting("a", CommandKind.STOP_CHARGING)) as world:
        await given(await stocked(world), StopCharging(slot=SLOT))
        assert aimed(world) == [(D1, SLOT, None)]


async def test_the_expected_session_runs_there() -> None:
    async with fleet_of(STOP) as world:
        await given(await runs(world, at_slot("R1")), StopCharging(slot=SLOT, expected_session=R1))
        assert aimed(world) == [(D1, SLOT, R1)]
        assert world["a"].heard() == []


async def test_another_session_runs_there() -> None:
    async with fleet_of(STOP) as world:
        (found,) = await complaints(
            await runs(world, at_slot("R2"), age_s=30), StopCharging(slot=SLOT, expected_session=R1)
        )
        assert found.message == "another session runs there: ChargingSession:a:R2; nothing was stopped"
        assert (found.code, found.field, found.resolution) == (
            "CONFLICT",
            ("input", "expectedSessionId"),
            "USER_ACTION",
        )
        assert world["a"].heard() == ["list_active_sessions"]


async def test_nobody_is_refused_on_the_word_of_an_old_list() -> None:
    async with fleet_of(STOP) as world:
        await runs(world, at_slot("R2"), age_s=30)
        world["a"].answers["list_active_sessions"] = (at_slot("R1"),)
        await given(world, StopCharging(slot=SLOT, expected_session=R1))
        assert aimed(world) == [(D1, SLOT, R1)]


async def test_a_session_that_is_just_about_to_run_may_be_expected() -> None:
    async with fleet_of(STOP) as world:
        await runs(world)
        world["a"].answers["list_sessions"] = (at_slot("R1", status=ChargingSessionStatus.PENDING),)
        await given(world, StopCharging(slot=SLOT, expected_session=R1))
        assert aimed(world) == [(D1, SLOT, R1)]


@pytest.mark.parametrize(
    "ended", [at_slot("R1", status=ChargingSessionStatus.COMPLETED), at_slot("R1", OTHER), at_slot("R9")]
)
async def test_a_session_that_runs_elsewhere_or_no_more_is_not_the_expected_one(ended: Any) -> None:
    async with fleet_of(STOP) as world:
        await runs(world)
        world["a"].answers["list_sessions"] = (ended,)
        (found,) = await complaints(world, StopCharging(slot=SLOT, expected_session=R1))
        assert found.message == "the expected session does not run there; nothing was stopped"


async def test_a_session_of_another_account_does_not_run_there() -> None:
    async with fleet_of(STOP) as world:
        wish = StopCharging(slot=SLOT, expected_session=session_ref("b", "R1"))
        assert await complaint(await runs(world), wish) == ("CONFLICT", "input.expectedSessionId", "USER_ACTION")


@pytest.mark.parametrize("expected", [None, R1])
async def test_a_session_is_stopped_where_it_runs(expected: Ref | None) -> None:
    async with fleet_of(STOP) as world:
        await given(await runs(world, at_slot("R1")), StopCharging(session=R1, expected_session=expected))
        assert aimed(world) == [(D1, SLOT, R1)]
        assert world["a"].heard() == []


async def test_two_sessions_are_not_one() -> None:
    async with fleet_of(STOP) as world:
        (found,) = await complaints(await runs(world, at_slot("R1")), StopCharging(session=R1, expected_session=R2))
        assert (found.code, found.field) == ("CONFLICT", ("input", "expectedSessionId"))


async def test_slot_and_session_may_both_be_named_when_they_agree() -> None:
    async with fleet_of(STOP) as world:
        await runs(world, at_slot("R1"))
        assert await complaint(world, StopCharging(session=R1, slot=OTHER)) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )
        await given(world, StopCharging(session=R1, slot=SLOT))
        assert aimed(world) == [(D1, SLOT, R1)]


async def test_a_slot_helps_where_the_vendor_does_not_say_where_a_session_runs() -> None:
    async with fleet_of(STOP) as world:
        await runs(world, session("R1"))
        assert await complaint(world, StopCharging(session=R1)) == ("INVALID_INPUT", "input.sessionId", "USER_ACTION")
        await given(world, StopCharging(session=R1, slot=SLOT))
        assert aimed(world) == [(D1, SLOT, R1)]


async def test_a_device_without_a_slot_is_where_it_runs() -> None:
    async with fleet_of(STOP) as world:
        await given(await runs(world, session("R1", device=D1)), StopCharging(session=R1))
        assert aimed(world) == [(D1, None, R1)]


async def test_a_session_on_another_device_than_the_slot_does_not_agree() -> None:
    async with fleet_of(STOP) as world:
        wish = StopCharging(session=R1, slot=SLOT)
        assert await complaint(await runs(world, session("R1", device=device_ref("a", "D2"))), wish) == (
            "INVALID_INPUT",
            "input.slotId",
            "USER_ACTION",
        )


@pytest.mark.parametrize(
    "status", [ChargingSessionStatus.COMPLETED, ChargingSessionStatus.FAILED, ChargingSessionStatus.INVALID]
)
async def test_what_has_ended_cannot_be_stopped(status: ChargingSessionStatus) -> None:
    async with fleet_of(STOP) as world:
        wish = StopCharging(session=R1)
        assert await complaint(await runs(world, at_slot("R1", status=status)), wish) == (
            "REJECTED",
            "input.sessionId",
            "USER_ACTION",
        )


async def test_a_rental_is_not_stopped_like_a_charge() -> None:
    async with fleet_of(STOP) as world:
        rental = at_slot("R1", kind=ChargingSessionKind.RENTAL)
        assert await complaint(await runs(world, rental), StopCharging(session=R1)) == (
            "INVALID_INPUT",
            "input.sessionId",
            "USER_ACTION",
        )


async def test_a_session_that_began_a_moment_ago_is_asked_for() -> None:
    async with fleet_of(STOP) as world:
        await runs(world, at_slot("R2"))
        world["a"].answers["list_sessions"] = (at_slot("R1"),)
        await given(world, StopCharging(session=R1))
        assert world["a"].heard() == ["list_sessions"]
