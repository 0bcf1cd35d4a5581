from decimal import Decimal
from typing import Any

import pytest

from model.faults import Malformed, NotFound, Rejected, Uncertain, Unsupported
from model.records import GeoPoint, Money, Site, Tariff
from model.refs import site_ref, tariff_ref
from model.states import PriceUnit
from tests.vendors.bajie.stage import ACCOUNT, FIRST, ROOT, UNBOUND, Stage
from vendors.acting import SiteDraft, TariffDraft
from vendors.bajie import simulated_documents as documents
from vendors.bajie.simulated_things import Shop

MUNICH, TOWN = site_ref(ACCOUNT, "5ee0000001"), site_ref(ACCOUNT, "5ee0000002")
LIST, CREATE = f"GET {ROOT}/shop/getShopList", f"POST {ROOT}/shop/create"
SAVE, PAGE = f"POST {ROOT}/shop/priceStrategy/saveOrUpdate", f"POST {ROOT}/shop/priceStrategy/page"
HOURLY = TariffDraft(name="night", unit_price=Decimal("0.50"), unit=PriceUnit.HOUR)


async def site(stage: Stage, native_id: str) -> Site:
    return next(site for site in await stage.adapter.list_sites() if site.ref.native_id == native_id)


async def tariff(stage: Stage, native_id: str) -> Tariff:
    return next(tariff for tariff in await stage.adapter.list_tariffs() if tariff.ref.native_id == native_id)


# Sites.


async def test_a_site_is_made_in_one_act_and_found(stage: Stage) -> None:
    draft = SiteDraft(name="Kiosk", address="Weg 1", location=GeoPoint(48.2, 11.6), opening_hours="08:00-20:00")

    ref = await stage.adapter.create_site(draft)

    assert stage.simulator.counts == {LIST: 2, CREATE: 1}
    assert stage.acts("shop made") == [ref.native_id]
    assert len(ref.native_id) == 10
    made = await site(stage, ref.native_id)
    assert (made.name, made.address, made.location, made.opening_hours) == (
        "Kiosk",
        "Weg 1",
        GeoPoint(48.2, 11.6),
        "08:00-20:00",
    )


async def test_two_sites_of_one_name_are_two(stage: Stage) -> None:
    first, second = [await stage.adapter.create_site(SiteDraft(name="Kiosk")) for _ in range(2)]

    assert first != second
    assert {(await site(stage, ref.native_id)).name for ref in (first, second)} == {"Kiosk"}


async def test_the_vendors_own_id_counts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = stage.simulator.fleet.shops

    class Renamed(dict[str, Shop]):
        """A vendor that keeps new shops under ids of its own."""

        def __setitem__(self, _: str, shop: Shop) -> None:
            shop.id = "5ee0000abc"
            super().__setitem__(shop.id, shop)

    monkeypatch.setattr(stage.simulator.fleet, "shops", Renamed(shops))

    assert await stage.adapter.create_site(SiteDraft(name="Kiosk")) == site_ref(ACCOUNT, "5ee0000abc")


async def test_a_site_needs_a_name(stage: Stage) -> None:
    with pytest.raises(Rejected, match="give it a name"):
        await stage.adapter.create_site(SiteDraft(address="Weg 1"))
    assert not stage.simulator.counts


@pytest.mark.parametrize("switch", ["reply_lost", "code_800", "http_500", "not_json"])
async def test_a_site_that_may_have_been_made(stage: Stage, switch: str) -> None:
    stage.switch(switch, path="/shop/create")

    with pytest.raises(Uncertain):
        await stage.adapter.create_site(SiteDraft(name="Kiosk"))
    assert stage.simulator.counts[CREATE] == 1


async def test_a_site_that_was_made_and_cannot_be_found_is_uncertain(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.simulator.fleet, "shops", type("Lost", (dict,), {"__setitem__": lambda *_: None})())

    with pytest.raises(Uncertain, match="not among its shops"):
        await stage.adapter.create_site(SiteDraft(name="Kiosk"))


async def test_a_change_loses_nothing_else(stage: Stage) -> None:
    shop = stage.simulator.fleet.shops["5ee0000001"]
    shop.mobile, shop.content, shop.scene, shop.store_type = "000", "on the left", 4, 7

    await stage.adapter.update_site(MUNICH, SiteDraft(opening_hours="09:00-10:00"))

    assert stage.simulator.counts == {f"GET {ROOT}/shop/detail/{{shop}}": 1, f"PUT {ROOT}/shop/update": 1}
    assert (shop.mobile, shop.content, shop.scene, shop.store_type) == ("000", "on the left", 4, 7)
    changed = await site(stage, "5ee0000001")
    assert (changed.name, changed.address, changed.opening_hours, changed.location) == (
        "Viktualienmarkt Kaffee",
        "Viktualienmarkt 15",
        "09:00-10:00",
        GeoPoint(48.1351, 11.5763),
    )


async def test_a_site_that_cannot_be_read_is_not_written(stage: Stage) -> None:
    stage.switch("nulls", path="/shop/detail")
    with pytest.raises(Malformed):
        await stage.adapter.update_site(MUNICH, SiteDraft(name="Other"))
    stage.simulator.switches.clear()
    with pytest.raises(NotFound):
        await stage.adapter.update_site(site_ref(ACCOUNT, "5ee000ffff"), SiteDraft(name="Other"))

    assert not stage.simulator.acts


async def test_an_answer_about_another_thing_is_not_written_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "shop_row", lambda *_: {"newID": "5ee0000002", "shopName": "Other"})
    monkeypatch.setattr(documents, "price_row", lambda *_: {"priceId": 102, "name": "other"})

    with pytest.raises(Malformed, match="not about this shop"):
        await stage.adapter.update_site(MUNICH, SiteDraft(name="Mine"))
    with pytest.raises(Malformed, match="not about this one"):
        await stage.adapter.save_tariff(tariff_ref(ACCOUNT, "101"), HOURLY)
    assert not stage.simulator.acts


async def test_a_site_is_deleted(stage: Stage) -> None:
    await stage.adapter.delete_site(TOWN)

    assert TOWN not in [site.ref for site in await stage.adapter.list_sites()]
    with pytest.raises(NotFound):
        await stage.adapter.delete_site(TOWN)


async def test_a_device_is_placed_and_taken_out(stage: Stage) -> None:
    await stage.adapter.place_device(UNBOUND, TOWN)
    assert (await stage.adapter.read_device(UNBOUND, None)).device.site == TOWN

    await stage.adapter.place_device(FIRST, None)
    with pytest.raises(Rejected, match="bind it to a shop"):
        await stage.adapter.read_device(FIRST, None)


# Tariffs.


async def test_a_tariff_is_made_in_one_act_and_found(stage: Stage) -> None:
    draft = TariffDraft(
        name="night",
        unit_price=Decimal("0.50"),
        unit=PriceUnit.MINUTE,
        unit_count=30,
        free_minutes=5,
        daily_cap=Decimal(9),
        deposit=Decimal(20),
    )

    ref = await stage.adapter.save_tariff(None, draft)

    assert ref == tariff_ref(ACCOUNT, "104")
    assert stage.simulator.counts == {PAGE: 2, SAVE: 1}
    made = await tariff(stage, "104")
    assert (made.name, made.unit, made.unit_minutes, made.free_minutes) == ("night", PriceUnit.MINUTE, 30, 5)
    assert (made.unit_price, made.daily_cap, made.deposit) == (
        Money(Decimal("0.5"), "EUR"),
        Money(Decimal(9), "EUR"),
        Money(Decimal(20), "EUR"),
    )


async def test_the_same_name_again_is_another_tariff(stage: Stage) -> None:
    refs = [await stage.adapter.save_tariff(None, HOURLY) for _ in range(2)]

    assert refs == [tariff_ref(ACCOUNT, "104"), tariff_ref(ACCOUNT, "105")]


async def test_a_change_of_a_tariff_keeps_its_other_terms(stage: Stage) -> None:
    standard = stage.simulator.fleet.prices[101]
    before: dict[str, Any] = dict(standard.terms)

    ref = await stage.adapter.save_tariff(
        tariff_ref(ACCOUNT, "101"), TariffDraft(name="standard", unit_price=Decimal(2), unit=PriceUnit.DAY)
    )

    assert ref == tariff_ref(ACCOUNT, "101")
    assert standard.terms == {**before, "price": 2, "priceUnit": 2, "priceTime": 1}
    assert stage.simulator.counts == {f"GET {ROOT}/shop/priceStrategy/detail/{{price}}": 1, SAVE: 1}


@pytest.mark.parametrize("unit", [PriceUnit.KWH, PriceUnit.SESSION, PriceUnit.FREE])
@pytest.mark.parametrize("old", [None, tariff_ref(ACCOUNT, "101")])
async def test_units_that_the_vendor_does_not_have(stage: Stage, unit: PriceUnit, old: Any) -> None:
    with pytest.raises(Unsupported, match=unit.value):
        await stage.adapter.save_tariff(old, TariffDraft(name="a", unit_price=Decimal(1), unit=unit))
    assert not stage.simulator.counts


async def test_prices_without_an_id_cannot_be_managed(stage: Stage) -> None:
    for native_id in ("shop-5ee0000001", "cabinet-XYZ00001", "٣"):
        for work in (
            stage.adapter.save_tariff(tariff_ref(ACCOUNT, native_id), HOURLY),
            stage.adapter.delete_tariff(tariff_ref(ACCOUNT, native_id)),
            stage.adapter.assign_tariff(tariff_ref(ACCOUNT, native_id), MUNICH),
        ):
            with pytest.raises(Unsupported, match="without an id"):
                await work
    assert not stage.simulator.counts


@pytest.mark.parametrize(
    ("switch", "path"),
    [("reply_lost", "saveOrUpdate"), ("code_800", "saveOrUpdate"), ("unknown_code", "saveOrUpdate")],
)
async def test_a_tariff_that_may_have_been_made(stage: Stage, switch: str, path: str) -> None:
    stage.switch(switch, path=path)

    with pytest.raises(Uncertain):
        await stage.adapter.save_tariff(None, HOURLY)
    assert stage.simulator.counts[SAVE] == 1


async def test_a_tariff_that_cannot_be_found_afterwards(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = type("Lost", (dict,), {"__setitem__": lambda *_: None})(stage.simulator.fleet.prices)
    monkeypatch.setattr(stage.simulator.fleet, "prices", prices)

    with pytest.raises(Uncertain, match="not among the strategies"):
        await stage.adapter.save_tariff(None, HOURLY)


async def test_what_cannot_be_read_back_is_uncertain(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    act = stage.simulator.act

    def then_break(what: str, subject: str, cause: str = "") -> None:
        act(what, subject, cause)
        stage.switch("http_503")

    monkeypatch.setattr(stage.simulator, "act", then_break)
    with pytest.raises(Uncertain, match="could not be read afterwards"):
        await stage.adapter.save_tariff(None, HOURLY)
    stage.simulator.switches.clear()
    with pytest.raises(Uncertain, match="could not be read afterwards"):
        await stage.adapter.create_site(SiteDraft(name="Kiosk"))


async def test_a_tariff_that_cannot_be_read_is_not_written(stage: Stage) -> None:
    stage.switch("nulls", path="/priceStrategy/detail")

    with pytest.raises(Malformed):
        await stage.adapter.save_tariff(tariff_ref(ACCOUNT, "101"), HOURLY)
    assert not stage.simulator.acts


async def test_a_tariff_holds_at_a_site_until_it_is_taken_away(stage: Stage) -> None:
    await stage.adapter.assign_tariff(tariff_ref(ACCOUNT, "102"), MUNICH)
    assert (await stage.adapter.read_device(FIRST, None)).device.tariff == tariff_ref(ACCOUNT, "102")

    await stage.adapter.unassign_tariff(MUNICH)
    assert (await stage.adapter.read_device(FIRST, None)).device.tariff == tariff_ref(ACCOUNT, "101")


async def test_a_tariff_is_deleted(stage: Stage) -> None:
    await stage.adapter.delete_tariff(tariff_ref(ACCOUNT, "103"))

    assert "103" not in [tariff.ref.native_id for tariff in await stage.adapter.list_tariffs()]


async def test_success_in_the_clothes_that_shops_were_seen_in(stage: Stage) -> None:
    stage.switch("code_200")
    stage.switch("string_codes")

    ref = await stage.adapter.create_site(SiteDraft(name="Kiosk"))
    price = await stage.adapter.save_tariff(None, HOURLY)
    await stage.adapter.assign_tariff(price, ref)
    await stage.adapter.delete_site(ref)

    assert [act.what for act in stage.simulator.acts] == ["shop made", "price saved", "price bound", "shop deleted"]
