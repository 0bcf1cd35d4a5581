"""Prices are made, changed, deleted and given to sites with one call each."""

from decimal import Decimal
from typing import Any

import pytest

from hub.parts import Key, Part
from model.faults import Uncertain, Unsupported
from model.records import Tariff
from model.refs import site_ref, tariff_ref
from model.states import PriceUnit
from resolvers import tariffs
from resolvers.managing.tariffs import assign_tariff, delete_tariff, save_tariff, unassign_tariff
from tests.resolvers.managing.changing import complaint
from tests.resolvers.scripted import World, account, fleet_of
from tests.resolvers.things import site, tariff
from vendors.acting import ManagesTariffs, TariffDraft
from vendors.contract import ListsSites, ListsTariffs

PRICES = account("a", ListsTariffs, ListsSites, ManagesTariffs)
T1, T2, S1 = tariff_ref("a", "T1"), tariff_ref("a", "T2"), site_ref("a", "S1")
HOURLY: dict[str, Any] = {
    "account": "a",
    "name": "Hourly",
    "unit_price": Decimal("1.50"),
    "unit": PriceUnit.HOUR,
}


async def stocked(world: World) -> World:
    """Known since long ago."""
    await world.recall(Key("a", Part.TARIFFS), (tariff("T1", name="Hourly"),))
    await world.recall(Key("a", Part.SITES), (site("S1", tariff=T1), site("S2")), age_s=100_000)
    return world


async def test_a_price_is_made_and_read_anew() -> None:
    async with fleet_of(PRICES) as world:
        world["a"].answers |= {"list_tariffs": (), "save_tariff": T1}
        await tariffs.by_refs(world.scope(), [T1])
        await world.clock.advance(1)
        made = await save_tariff(world.scope(), **HOURLY, unit_count=2, free_minutes=5, deposit=Decimal(20))
        assert made.ref == T1
        assert isinstance(made.otherwise, Tariff)
        assert made.otherwise.name == "Hourly"
        draft = TariffDraft(
            name="Hourly",
            unit_price=Decimal("1.50"),
            unit=PriceUnit.HOUR,
            unit_count=2,
            free_minutes=5,
            deposit=Decimal(20),
        )
        assert world["a"].arguments[-1] == (None, draft)
        world["a"].answers["list_tariffs"] = (tariff("T1"),)
        assert await tariffs.by_refs(world.scope(), [T1]) != [None]


async def test_a_known_price_is_changed_without_asking() -> None:
    async with fleet_of(PRICES) as world:
        (await stocked(world))["a"].answers["save_tariff T1"] = T1
        changed = await save_tariff(world.scope(), **HOURLY, tariff=T1)
        assert changed.ref == T1
        assert world["a"].heard() == ["save_tariff T1"]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"unit_price": Decimal("-0.01")}, "unitPrice"),
        ({"unit_price": Decimal("0.0000001")}, "unitPrice"),
        ({"daily_cap": Decimal(-1)}, "dailyCap"),
        ({"deposit": Decimal("0.001")}, "deposit"),
        ({"unit_count": 0}, "unitCount"),
        ({"free_minutes": -1}, "freeMinutes"),
        ({"tariff": tariff_ref("b", "T1")}, "tariffId"),
    ],
)
async def test_what_cannot_be_is_not_sent(said: dict[str, Any], field: str) -> None:
    async with fleet_of(PRICES) as world:
        found = await complaint(save_tariff(world.scope(), **{**HOURLY, **said}))
        assert found == ("INVALID_INPUT", f"input.{field}", "USER_ACTION")
        assert world["a"].heard() == []


@pytest.mark.parametrize("price", ["0", "0.123456"])
async def test_what_can_just_be_is_taken(price: str) -> None:
    async with fleet_of(PRICES) as world:
        world["a"].answers["save_tariff"] = T1
        await save_tariff(world.scope(), **{**HOURLY, "unit_price": Decimal(price), "free_minutes": 0})


async def test_a_deleted_price_is_shown_as_it_was() -> None:
    async with fleet_of(PRICES) as world:
        (await stocked(world))["a"].answers["delete_tariff T1"] = None
        deleted = await delete_tariff(world.scope(), tariff=T1)
        assert deleted.ref is None
        assert deleted.otherwise is not None
        assert deleted.otherwise.ref == T1
        assert world["a"].heard() == ["delete_tariff T1"]


async def test_a_price_is_given_to_a_site_and_taken_away() -> None:
    async with fleet_of(PRICES) as world:
        (await stocked(world))["a"].answers |= {"assign_tariff T1": None, "unassign_tariff S1": None}
        assert (await assign_tariff(world.scope(), tariff=T1, site=S1)).ref == T1
        world["a"].answers |= {"list_sites": (site("S1", tariff=T1),), "list_tariffs": (tariff("T1"),)}
        taken = await unassign_tariff(world.scope(), site=S1)
        assert taken.ref is None
        assert taken.otherwise is not None
        assert taken.otherwise.ref == T1
        assert world["a"].heard() == ["assign_tariff T1", "list_sites", "unassign_tariff S1"]


async def test_a_site_whose_price_nobody_names_loses_it_all_the_same() -> None:
    async with fleet_of(PRICES) as world:
        (await stocked(world))["a"].answers["unassign_tariff S2"] = None
        assert (await unassign_tariff(world.scope(), site=site_ref("a", "S2"))).otherwise is None


async def test_what_is_not_there_is_named() -> None:
    async with fleet_of(PRICES) as world:
        await stocked(world)
        world["a"].answers |= {"list_tariffs": (tariff("T1"),), "list_sites": (site("S1"),)}
        gone = site_ref("a", "gone")
        for change, field in (
            (save_tariff(world.scope(), **HOURLY, tariff=T2), "input.tariffId"),
            (delete_tariff(world.scope(), tariff=T2), "input.tariffId"),
            (assign_tariff(world.scope(), tariff=T2, site=S1), "input.tariffId"),
            (assign_tariff(world.scope(), tariff=T1, site=gone), "input.siteId"),
            (unassign_tariff(world.scope(), site=gone), "input.siteId"),
        ):
            assert await complaint(change) == ("NOT_FOUND", field, "USER_ACTION")


async def test_things_of_two_accounts_do_not_go_together() -> None:
    async with fleet_of(PRICES) as world:
        found = await complaint(assign_tariff(world.scope(), tariff=T1, site=site_ref("b", "S1")))
        assert found == ("INVALID_INPUT", "input.siteId", "USER_ACTION")


async def test_a_vendor_whose_prices_cannot_be_managed() -> None:
    async with fleet_of(account("a", ListsTariffs)) as world:
        for change, field in (
            (save_tariff(world.scope(), **HOURLY), "input.accountId"),
            (delete_tariff(world.scope(), tariff=T1), "input.tariffId"),
            (assign_tariff(world.scope(), tariff=T1, site=S1), "input.tariffId"),
            (unassign_tariff(world.scope(), site=S1), "input.siteId"),
        ):
            assert await complaint(change) == ("UNSUPPORTED", field, "NONE")
        assert world["a"].heard() == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Unsupported("Acme sells hours only"), ("UNSUPPORTED", None, "NONE")),
        (Uncertain("no answer"), ("OUTCOME_UNKNOWN", None, "USER_ACTION")),
    ],
)
async def test_what_the_vendor_says_no_to(fault: Exception, expected: tuple[str, str | None, str]) -> None:
    async with fleet_of(PRICES) as world:
        world["a"].answers["save_tariff"] = fault
        assert await complaint(save_tariff(world.scope(), **HOURLY)) == expected
        assert world["a"].heard() == ["save_tariff"]
