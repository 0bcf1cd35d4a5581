"""Orders: the vendor's samples to the last field, every status, money, ids, and anything at all."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.faults import Malformed
from model.records import Billing, ChargingSession, Customer, Money, RawCode
from model.refs import device_ref, session_ref, site_ref, slot_ref
from model.states import (
    BillingStatus,
    ChargingSessionEndReason,
    ChargingSessionKind,
    ChargingSessionStatus,
    EnergySource,
    PriceUnit,
)
from tests.vendors.letmecharge.replies import sample
from tests.vendors.letmecharge.test_translate import CHARGERS, IDS, INSTANTS, PLUGS, SCALARS, roughly
from vendors.letmecharge.translate_orders import (
    PRICE_UNITS,
    made_at,
    may_still_run,
    named,
    order_ids,
    orders_of,
    plug_of,
    session_of,
    sessions_of,
    touched_at,
)

NOW = datetime(2026, 1, 1, 12, 31, tzinfo=UTC)
UPDATED = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)


def order(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(sample("contracts-orders")[0]), **changes}


def session(**changes: Any) -> ChargingSession:
    return session_of(order(**changes), "roaming", NOW)


def test_an_order_in_progress() -> None:
    device = device_ref("roaming", "65f000000000000000000002")
    assert session() == ChargingSession(
        ref=session_ref("roaming", "65f0000000000000000000b1"),
        kind=ChargingSessionKind.CHARGE,
        status=ChargingSessionStatus.ACTIVE,
        device=device,
        slot=slot_ref(device, "65f0000000000000000000d1"),
        site=site_ref("roaming", "65f000000000000000000001"),
        started_at=datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC),
        updated_at=UPDATED,
        energy_kwh=12.3,
        energy_source=EnergySource.REPORTED,
        power_w=11_000,
        state_of_charge=0.62,
        billing=Billing(
            status=BillingStatus.PENDING,
            amount=Money(Decimal("1.84"), "EUR"),
            tax=Money(Decimal("0.32"), "EUR"),
            commission=Money(Decimal("0.09"), "EUR"),
            unit_price=Money(Decimal("0.15"), "EUR"),
            unit=PriceUnit.KWH,
        ),
        customer=Customer(email="driver@example.com", license_plate="0000AAA"),
        external_id="EXT-0001",
        raw_status=RawCode("IN_PROGRESS"),
        observed_at=UPDATED,
    )


def test_the_vendors_own_example() -> None:
    moment = datetime(2024, 4, 2, 9, 19, 29, 9000, tzinfo=UTC)
    device = device_ref("roaming", "648b47cfdeccbd815984736d")
    assert sessions_of(sample("webhook"), "roaming", NOW) == [
        ChargingSession(
            ref=session_ref("roaming", "string"),
            kind=ChargingSessionKind.CHARGE,
            status=ChargingSessionStatus.COMPLETED,
            device=device,
            slot=slot_ref(device, "616b3830dca57819118cfe46"),
            site=site_ref("roaming", "63712f794e8aaa51a939339b"),
            started_at=moment,
            ended_at=moment,
            updated_at=moment,
            energy_kwh=0,
            energy_source=EnergySource.REPORTED,
            power_w=0,
            state_of_charge=0,
            billing=Billing(status=BillingStatus.UNKNOWN, unit=PriceUnit.KWH),
            customer=Customer(email="string", license_plate="string"),
            raw_status=RawCode("FINISHED"),
            observed_at=moment,
        )
    ]


FINISHED = "2026-01-01T12:29:00.000Z"
STATUSES: list[tuple[dict[str, Any], str, str | None]] = [
    ({"status": "ORDER_INIT_AND_WAITING"}, "PENDING", None),
    ({"status": "IN_PROGRESS"}, "ACTIVE", None),
    ({"status": "FINISHED", "finished": FINISHED}, "COMPLETED", None),
    ({"status": "NOT_PLUGGED", "finished": None}, "PENDING", None),
    ({"status": "NOT_PLUGGED", "finished": FINISHED}, "FAILED", "NOT_PLUGGED"),
    ({"status": "PAYMENT_ERROR", "charged_kwh": 0.1}, "COMPLETED", None),
    ({"status": "PAYMENT_ERROR", "charged_kwh": 0}, "FAILED", "PAYMENT"),
    ({"status": "PAYMENT_ERROR", "charged_kwh": None}, "FAILED", "PAYMENT"),
    ({"status": "INTERNAL_ERROR", "charged_kwh": 0.1}, "COMPLETED", "INTERNAL"),
    ({"status": "INTERNAL_ERROR", "charged_kwh": 0}, "FAILED", "INTERNAL"),
    ({"status": "PROVIDER_ERROR", "charged_kwh": 0.1}, "FAILED", "PROVIDER"),
    ({"status": "PROVIDER_ERROR", "charged_kwh": 0}, "FAILED", "PROVIDER"),
    ({"status": "SUSPENDED"}, "UNKNOWN", None),
    ({"status": 1}, "UNKNOWN", None),
]


@pytest.mark.parametrize(("changes", "status", "end_reason"), STATUSES)
def test_every_status(changes: dict[str, Any], status: str, end_reason: str | None) -> None:
    found = session(**changes)
    assert (found.status, found.end_reason) == (status, end_reason)
    assert found.raw_status == RawCode(str(changes["status"]))
    assert end_reason is None or end_reason in set(ChargingSessionEndReason)


def test_a_session_without_a_status_is_unknown() -> None:
    found = session(status=None)
    assert (found.status, found.raw_status) == (ChargingSessionStatus.UNKNOWN, None)


def test_energy_of_a_failed_charge_is_kept() -> None:
    assert session(status="PROVIDER_ERROR", charged_kwh=0.1).energy_kwh == 0.1


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(minutes=15), "PENDING"), (timedelta(minutes=15, seconds=1), "FAILED")],
)
def test_not_plugged_has_fifteen_minutes(late: timedelta, status: str) -> None:
    waiting = order(status="NOT_PLUGGED", finished=None)
    assert session_of(waiting, "roaming", UPDATED + late).status == status
    created = order(status="NOT_PLUGGED", finished=None, updatedAt=None, createdAt=UPDATED.isoformat())
    assert session_of(created, "roaming", UPDATED + late).status == status


def test_not_plugged_that_never_says_when_stays_pending() -> None:
    timeless = order(status="NOT_PLUGGED", finished="", updatedAt=None, createdAt=None, started=None)
    assert session_of(timeless, "roaming", NOW).status == ChargingSessionStatus.PENDING


def test_an_end_counts_only_when_it_ended() -> None:
    assert session(status="IN_PROGRESS", finished=FINISHED).ended_at is None
    assert session(status="FINISHED", finished=FINISHED).ended_at == datetime(2026, 1, 1, 12, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "IN_PROGRESS"}, BillingStatus.PENDING),
        ({"status": "FINISHED"}, BillingStatus.UNKNOWN),
        ({"status": "PAYMENT_ERROR"}, BillingStatus.FAILED),
        ({"status": "PAYMENT_ERROR", "charged_kwh": 0}, BillingStatus.FAILED),
        ({"status": "FINISHED", "price_unit": "free", "amount": 0}, BillingStatus.NONE),
        ({"status": "IN_PROGRESS", "price_unit": "free", "amount": None}, BillingStatus.NONE),
        ({"status": "FINISHED", "price_unit": "free", "amount": 0.5}, BillingStatus.UNKNOWN),
        ({"status": "SUSPENDED"}, BillingStatus.UNKNOWN),
    ],
)
def test_billing_status(changes: dict[str, Any], status: BillingStatus) -> None:
    billing = session(**changes).billing
    assert billing is not None
    assert billing.status == status


@pytest.mark.parametrize("amount", [0, None])
def test_free_is_an_explicit_nothing(amount: int | None) -> None:
    billing = session(price_unit="free", amount=amount, plug_price=0).billing
    assert billing is not None
    assert (billing.amount, billing.unit, billing.unit_price) == (
        Money(Decimal(0), "EUR"),
        PriceUnit.FREE,
        Money(Decimal(0), "EUR"),
    )


def test_a_missing_amount_is_not_zero() -> None:
    billing = session(amount=None).billing
    assert billing is not None
    assert billing.amount is None


@pytest.mark.parametrize("currency", [None, "", "string", "E1R", "€€€", 978])
def test_an_amount_without_a_currency_is_no_money(currency: Any) -> None:
    billing = session(currency=currency).billing
    assert billing is not None
    assert (billing.amount, billing.tax, billing.commission, billing.unit_price) == (None, None, None, None)


def test_money_is_exact_and_its_currency_in_capitals() -> None:
    billing = session(amount="22.36", currency="eur").billing
    assert billing is not None
    assert billing.amount == Money(Decimal("22.36"), "EUR")


@pytest.mark.parametrize(
    ("vendors", "ours"),
    [("kwh", "KWH"), ("minute", "MINUTE"), ("hour", "HOUR"), ("session", "SESSION"), ("free", "FREE"), ("day", None)],
)
def test_every_price_unit(vendors: str, ours: str | None) -> None:
    billing = session(price_unit=vendors).billing
    assert billing is not None
    assert billing.unit == ours
    assert set(PRICE_UNITS) == {"kwh", "minute", "hour", "session", "free"}


def test_personal_data_is_only_in_the_customer() -> None:
    found = session()
    assert "driver@example.com" not in repr(found)
    assert "0000AAA" not in repr(found)
    assert session(email=None, user_email=None, plate="").customer is None
    assert session(user_email=None, email="other@example.com").customer == Customer(
        email="other@example.com",
        license_plate="0000AAA",
    )


@pytest.mark.parametrize("level", [-1, 101, "full", None])
def test_an_impossible_charge_is_absent(level: Any) -> None:
    assert session(battery_level=level).state_of_charge is None


@pytest.mark.parametrize(
    ("changes", "site", "device"),
    [
        ({"charger": None}, None, None),
        ({"charger": {"_id": "s"}}, "s", None),
        ({"physicalPlugs": None}, "65f000000000000000000001", None),
        ({"physicalPlugs": {"_id": "another"}}, "65f000000000000000000001", None),
        ({"physicalPlugs": []}, "65f000000000000000000001", None),
    ],
)
def test_a_session_is_placed_only_by_nesting(changes: dict[str, Any], site: str | None, device: str | None) -> None:
    found = session(**changes)
    assert found.site == (None if site is None else site_ref("roaming", site))
    assert (found.device, found.slot) == (device, None)


@pytest.mark.parametrize(
    ("ids", "filed_under"),
    [
        ({"id": "a", "orderId": "b", "_id": "c"}, "a"),
        ({"id": None, "orderId": "b", "_id": "c"}, "b"),
        ({"id": None, "_id": "c"}, "c"),
    ],
)
def test_an_order_has_three_names(ids: dict[str, Any], filed_under: str) -> None:
    assert session(**ids).ref == session_ref("roaming", filed_under)
    assert order_ids(order(**ids)) == tuple(value for value in ids.values() if value)


def test_when_an_order_was_touched() -> None:
    assert touched_at(order()) == UPDATED
    assert touched_at(order(updatedAt=None)) == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert touched_at(order(updatedAt=None, createdAt="soon")) == datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
    assert touched_at({}) is None
    assert touched_at("text") is None


@pytest.mark.parametrize("payload", [None, [], "text", {}, {"id": None}, {"id": {}}])
def test_an_order_without_an_id_is_malformed(payload: Any) -> None:
    with pytest.raises(Malformed):
        session_of(payload, "roaming", NOW)
    with pytest.raises(Malformed):
        sessions_of([payload], "roaming", NOW)
    assert order_ids(payload) == ()


def test_one_bad_order_does_not_sink_the_others() -> None:
    assert [found.ref.native_id for found in sessions_of([None, order(), {}], "roaming", NOW)] == [order()["id"]]


def test_an_order_seen_twice_is_one_in_its_newest_state() -> None:
    older = order(status="IN_PROGRESS", updatedAt="2026-01-01T12:10:00Z")
    newer = order(status="FINISHED", updatedAt="2026-01-01T12:20:00+00:00")
    timeless = order(status="IN_PROGRESS", updatedAt=None)
    for orders in ([older, newer, timeless], [timeless, newer, older]):
        assert [found.status for found in sessions_of(orders, "roaming", NOW)] == [ChargingSessionStatus.COMPLETED]


ORDERS = roughly(
    id=IDS,
    orderId=IDS,
    status=st.sampled_from([*(changes["status"] for changes, _, _ in STATUSES)]),
    amount=st.floats(),
    plug_price=st.text(),
    price_unit=st.sampled_from(["kwh", "free", "parsec"]),
    currency=st.sampled_from(["EUR", "eur", "string"]),
    charger=CHARGERS,
    physicalPlugs=PLUGS,
    started=INSTANTS,
    finished=INSTANTS,
    charged_kwh=st.floats(),
    battery_level=st.integers(),
    updatedAt=INSTANTS,
    createdAt=INSTANTS,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS | SCALARS)
def test_any_order_is_a_session_or_malformed(payload: Any) -> None:
    touched_at(payload)
    try:
        found = session_of(payload, "roaming", NOW)
    except Malformed:
        assert order_ids(payload) == ()
        return
    assert found.ref.native_id == order_ids(payload)[0]
    assert found.slot is None or found.slot.device == found.device
    assert found.state_of_charge is None or 0 <= found.state_of_charge <= 1
    for moment in (found.started_at, found.ended_at, found.updated_at):
        assert moment is None or moment.utcoffset() == timedelta(0)


def test_orders_are_read_once_each_in_their_latest_reading() -> None:
    read = orders_of([order(id="a"), {"is": "broken"}, 5, order(id="b"), order(id="a", status="FINISHED")])
    assert [(found.ids, found.status) for found in read] == [(("a",), "FINISHED"), (("b",), "IN_PROGRESS")]


def test_orders_are_named_by_any_of_their_ids() -> None:
    first, second = orders_of([{"id": "a", "orderId": "b", "_id": "c"}, {"_id": "d"}])
    assert [named([first, second], [name]) for name in "abcd"] == [[first]] * 3 + [[second]]
    assert named([first, second], ["x", "d", "a"]) == [first, second]
    assert named([first, second], []) == []


@pytest.mark.parametrize(
    ("changes", "plug", "made"),
    [
        ({}, "65f0000000000000000000d1", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        ({"createdAt": None}, "65f0000000000000000000d1", datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)),
        ({"createdAt": "soon", "started": None, "physicalPlugs": None}, None, None),
        ({"createdAt": None, "started": None, "physicalPlugs": {"physicalPlugId": "900001a"}}, None, None),
    ],
)
def test_where_and_when_an_order_was_made(changes: dict[str, Any], plug: str | None, made: datetime | None) -> None:
    (read,) = orders_of([order(**changes)])
    assert (plug_of(read), made_at(read)) == (plug, made)


@pytest.mark.parametrize(
    ("status", "minutes", "runs"),
    [
        ("ORDER_INIT_AND_WAITING", 0, True),
        ("IN_PROGRESS", 600, True),
        ("FINISHED", 0, False),
        ("NOT_PLUGGED", 15, True),
        ("NOT_PLUGGED", 16, False),
        ("SUSPENDED_BY_GRID", 0, False),
    ],
)
def test_which_orders_may_still_run(status: str, minutes: int, runs: bool) -> None:
    (read,) = orders_of([order(status=status)])
    assert may_still_run(read, UPDATED + timedelta(minutes=minutes)) is runs
