"""What clients write becomes a wish or a change, and what became of it becomes their payload."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from model.commands import Media
from model.records import GeoPoint
from model.refs import session_ref
from model.states import ChargerMode, DeviceOperation, PriceUnit, ProblemCode, Resolution
from resolvers import sites
from resolvers.complaints import Complaint, Refused, invalid
from resolvers.managing import sites as changing_sites
from resolvers.managing import tariffs as changing_tariffs
from resolvers.managing.change import Changed
from resolvers.ordering.cabinets import CompleteRental, EjectAllBatteries, EjectBattery, OperateDevice, RentBattery
from resolvers.ordering.charging import StartCharging, StopCharging
from resolvers.ordering.desk import Given, give
from resolvers.ordering.many import PublishAdvertisement, SetChargerMode
from resolvers.ordering.wish import Wish
from resolvers.scope import Scope
from tests.graph.world import COMMAND, DEVICES, SESSION, SITE, SLOTS, TARGET, TARIFF, World, answer, complaint, world

D1, D2 = (device.ref for device in DEVICES)
SLOT = SLOTS[D1][0].ref
ERRORS = "userErrors { code message field resolution }"
EJECT = f"""mutation {{ ejectBattery(input: {{slotId: "{SLOT}", idempotencyKey: "k"}}) {{
  command {{ status }} {ERRORS} }} }}"""


def answering(function: Callable[..., Any], result: Any) -> World:
    """A world in which this function of `resolvers` answers so."""

    async def said(*_: object, **__: object) -> Any:
        if isinstance(result, Exception):
            raise result
        return result

    return world({function: said})


GIVEN = Given(COMMAND, ())

ORDERS: list[tuple[str, str, Wish]] = [
    (
        "ejectBattery",
        f'slotId: "{SLOT}", reason: "stuck"',
        EjectBattery(slot=SLOT, reason="stuck"),
    ),
    ("ejectBattery", f'slotId: "{SLOT}", reason: null', EjectBattery(slot=SLOT)),
    (
        "ejectAllBatteries",
        f'deviceId: "{D1}", confirmDeviceNativeId: "D1"',
        EjectAllBatteries(device=D1, confirm_device_native_id="D1"),
    ),
    (
        "rentBattery",
        f'deviceId: "{D1}", slotId: "{SLOT}", externalId: "mine"',
        RentBattery(device=D1, slot=SLOT, external_id="mine"),
    ),
    ("completeRental", f'sessionId: "{SESSION.ref}"', CompleteRental(session=SESSION.ref)),
    (
        "operateDevice",
        f'deviceId: "{D1}", operation: LOCK_SLOT, slotId: "{SLOT}"',
        OperateDevice(device=D1, operation=DeviceOperation.LOCK_SLOT, slot=SLOT),
    ),
    (
        "startCharging",
        f"""slotId: "{SLOT}", minutes: 30, prepaid: "1.5", tariffId: "{TARIFF.ref}", customerEmail: "a@b.de",
            licensePlate: "X 1\"""",
        StartCharging(
            slot=SLOT,
            minutes=30,
            prepaid=Decimal("1.5"),
            tariff=TARIFF.ref,
            customer_email="a@b.de",
            license_plate="X 1",
        ),
    ),
    (
        "stopCharging",
        f'slotId: "{SLOT}", expectedSessionId: "{SESSION.ref}"',
        StopCharging(slot=SLOT, expected_session=SESSION.ref),
    ),
    ("stopCharging", f'sessionId: "{SESSION.ref}"', StopCharging(session=SESSION.ref)),
    (
        "setChargerMode",
        f'deviceIds: ["{D1}", "{D2}"], mode: ECO',
        SetChargerMode(devices=(D1, D2), mode=ChargerMode.ECO),
    ),
    (
        "publishAdvertisement",
        f'deviceIds: ["{D1}"], restart: true, media: [{{code: "c", mediaType: "image/png", url: "https://a.de/b"}}]',
        PublishAdvertisement(devices=(D1,), restart=True, media=(Media("c", "image/png", "https://a.de/b"),)),
    ),
]


@pytest.mark.parametrize(("mutation", "said", "wish"), ORDERS, ids=[order[0] for order in ORDERS])
async def test_an_input_becomes_a_wish(mutation: str, said: str, wish: Wish) -> None:
    context = answering(give, GIVEN)
    source = f'mutation {{ {mutation}(input: {{{said}, idempotencyKey: "k1"}}) {{ command {{ id }} {ERRORS} }} }}'
    assert await answer(source, context=context) == {mutation: {"command": {"id": "Command:01"}, "userErrors": []}}
    (asked,) = context.asked
    assert (asked.of, asked.keys, asked.arguments) == ("ordering.desk.give", wish, ("k1",))


CHANGES: list[tuple[str, str, str, Callable[..., Any], dict[str, Any]]] = [
    (
        "createSite",
        "site",
        'accountId: "cabinets", name: "x", location: {latitude: 1, longitude: 2}, openingHours: "always"',
        changing_sites.create_site,
        {"account": "cabinets", "name": "x", "location": GeoPoint(1.0, 2.0), "opening_hours": "always"},
    ),
    (
        "updateSite",
        "site",
        f'siteId: "{SITE.ref}", name: null, address: "there"',
        changing_sites.update_site,
        {"site": SITE.ref, "address": "there"},
    ),
    ("deleteSite", "site", f'siteId: "{SITE.ref}"', changing_sites.delete_site, {"site": SITE.ref}),
    (
        "assignDeviceToSite",
        "device",
        f'deviceId: "{D1}", siteId: "{SITE.ref}"',
        changing_sites.assign_device,
        {"device": D1, "site": SITE.ref},
    ),
    (
        "saveTariff",
        "tariff",
        f"""accountId: "Account:cabinets", tariffId: "{TARIFF.ref}", name: "x", unitPrice: "1.5", unit: HOUR,
            unitCount: 2, freeMinutes: 5, dailyCap: "9", deposit: "20\"""",
        changing_tariffs.save_tariff,
        {
            "account": "cabinets",
            "tariff": TARIFF.ref,
            "name": "x",
            "unit_price": Decimal("1.5"),
            "unit": PriceUnit.HOUR,
            "unit_count": 2,
            "free_minutes": 5,
            "daily_cap": Decimal(9),
            "deposit": Decimal(20),
        },
    ),
    (
        "deleteTariff",
        "tariff",
        f'tariffId: "{TARIFF.ref}"',
        changing_tariffs.delete_tariff,
        {"tariff": TARIFF.ref},
    ),
    (
        "assignTariff",
        "tariff",
        f'tariffId: "{TARIFF.ref}", siteId: "{SITE.ref}"',
        changing_tariffs.assign_tariff,
        {"tariff": TARIFF.ref, "site": SITE.ref},
    ),
    (
        "unassignTariff",
        "tariff",
        f'siteId: "{SITE.ref}"',
        changing_tariffs.unassign_tariff,
        {"site": SITE.ref},
    ),
]


@pytest.mark.parametrize(
    ("mutation", "thing", "said", "function", "values"), CHANGES, ids=[change[0] for change in CHANGES]
)
async def test_an_input_becomes_a_change(
    mutation: str, thing: str, said: str, function: Callable[..., Any], values: dict[str, Any]
) -> None:
    heard: list[dict[str, Any]] = []

    async def change(_: Scope, **given: Any) -> Changed:
        heard.append(given)
        return Changed({"site": SITE.ref, "device": D1, "tariff": TARIFF.ref}[thing], None)

    source = f"mutation {{ {mutation}(input: {{{said}}}) {{ {thing} {{ id }} {ERRORS} }} }}"
    data = await answer(source, context=world({function: change}))
    assert heard == [values]
    assert data[mutation]["userErrors"] == []
    assert data[mutation][thing]["id"] in {SITE.ref.id, D1.id, TARIFF.ref.id}


async def test_every_wrong_id_is_named_and_nothing_else_is_looked_at() -> None:
    context = world()
    data = await answer(
        """mutation { setChargerMode(input: {deviceIds: ["Device:a:1", "nonsense", "Site:a:1"], mode: FAST,
             idempotencyKey: "k"}) { command { id } userErrors { code message field resolution } } }""",
        context=context,
    )
    assert data["setChargerMode"] == {
        "command": None,
        "userErrors": [
            {
                "code": "INVALID_INPUT",
                "message": "expected a Device id, got 'nonsense'",
                "field": ["input", "deviceIds", "1"],
                "resolution": "USER_ACTION",
            },
            {
                "code": "INVALID_INPUT",
                "message": "expected a Device id, got a Site id: 'Site:a:1'",
                "field": ["input", "deviceIds", "2"],
                "resolution": "USER_ACTION",
            },
        ],
    }
    assert context.asked == []


async def test_a_refusal_is_told_with_its_place_and_what_helps() -> None:
    busy = Complaint(ProblemCode.CONFLICT, "busy", ("input", "slotId"), Resolution.RETRY_LATER)
    somewhere = Complaint(ProblemCode.OUTCOME_UNKNOWN, "who knows", None, Resolution.USER_ACTION)
    context = answering(give, Refused(busy, somewhere))
    data = await answer(EJECT, context=context)
    assert data["ejectBattery"] == {
        "command": None,
        "userErrors": [
            {"code": "CONFLICT", "message": "busy", "field": ["input", "slotId"], "resolution": "RETRY_LATER"},
            {"code": "OUTCOME_UNKNOWN", "message": "who knows", "field": None, "resolution": "USER_ACTION"},
        ],
    }


async def test_a_command_that_the_vendor_refused_comes_with_the_reason() -> None:
    context = answering(give, Given(COMMAND, (invalid("no", "slotId"),)))
    data = await answer(EJECT, context=context)
    assert data["ejectBattery"]["command"] == {"status": "REJECTED"}
    assert [error["field"] for error in data["ejectBattery"]["userErrors"]] == [["input", "slotId"]]


RENT = f"""mutation {{ rentBattery(input: {{deviceId: "{D1}", idempotencyKey: "k"}}) {{
  session {{ id }} userErrors {{ code }} }} }}"""


async def test_the_rental_of_a_command_is_read_anew() -> None:
    context = answering(give, GIVEN)
    data = await answer(RENT, context=context)
    assert data["rentBattery"] == {"session": {"id": SESSION.ref.id}, "userErrors": []}
    assert context.arguments("sessions.by_refs") == [(0,)]


@pytest.mark.parametrize("session", [None, session_ref("cabinets", "unheard-of")])
async def test_a_rental_that_nobody_tells_of_is_not_shown(session: Any) -> None:
    command = replace(COMMAND, targets=(replace(TARGET, session=session),))
    data = await answer(RENT, context=answering(give, Given(command, ())))
    assert data["rentBattery"]["session"] is None


async def test_what_was_deleted_is_shown_as_it_was() -> None:
    context = answering(changing_sites.delete_site, Changed(None, SITE))
    source = f'mutation {{ deleteSite(input: {{siteId: "{SITE.ref}"}}) {{ site {{ name }} userErrors {{ code }} }} }}'
    assert (await answer(source, context=context))["deleteSite"]["site"] == {"name": "Station"}
    assert context.count()["sites.by_refs"] == 0


async def test_what_does_not_let_itself_be_read_is_shown_as_it_was_made() -> None:
    made = replace(SITE, ref=SITE.ref._replace(parts=("S9",)), name="New")
    context = answering(changing_sites.create_site, Changed(made.ref, made))
    source = 'mutation { createSite(input: {accountId: "cabinets", name: "New"}) { site { id name } } }'
    assert (await answer(source, context=context))["createSite"]["site"] == {"id": made.ref.id, "name": "New"}
    assert context.count()["sites.by_refs"] == 1


async def test_mutations_run_one_after_the_other_each_with_what_it_shows() -> None:
    order: list[tuple[str, Scope]] = []

    async def change(scope: Scope, *, site: Any, name: str) -> Changed:
        order.append((name, scope))
        return Changed(site, None)

    async def read(scope: Scope, refs: Any, _: Any) -> list[Any]:
        order.append(("read", scope))
        return [SITE for _ in refs]

    context = world({changing_sites.update_site: change, sites.by_refs: read})
    one = f'updateSite(input: {{siteId: "{SITE.ref}", name: "%s"}}) {{ site {{ id }} }}'
    await answer(f"mutation {{ a: {one % 'first'} b: {one % 'second'} }}", context=context)
    assert [name for name, _ in order] == ["first", "read", "second", "read"]
    assert len({id(scope) for _, scope in order}) == 4, "what was read before a change says nothing after it"


async def test_a_fault_of_our_own_is_an_error_and_no_user_error() -> None:
    context = answering(give, RuntimeError("boom"))
    error = await complaint(RENT, context=context)
    assert error["extensions"]["code"] == "INTERNAL"
    assert "boom" not in error["message"]
