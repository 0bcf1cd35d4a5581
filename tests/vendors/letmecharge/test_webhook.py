"""What a push says: every status, every shape, and what of it is believed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import hypothesis.strategies as st
import orjson
import pytest
from hypothesis import given, settings

from model.faults import Malformed
from model.records import Money, RawCode
from model.refs import device_ref, session_ref, site_ref, slot_ref
from model.states import BillingStatus, ChargingSessionEndReason, ChargingSessionStatus, EventType
from tests.vendors.letmecharge.replies import sample
from tests.vendors.letmecharge.replies import settings as account
from vendors.letmecharge import MANIFEST
from vendors.letmecharge.webhook import OrderReceiver
from vendors.receiving import Push, Pushed, Unreadable

ORDER = sample("contracts-orders")[0]
"""A charge in progress, as the vendor's page has it."""
ORDER_ID = "65f0000000000000000000b1"
SESSION = session_ref("roaming", ORDER_ID)
DEVICE = device_ref("roaming", "65f000000000000000000002")
RECEIVED_AT = datetime(2026, 1, 1, 12, 30, 5, tzinfo=UTC)
UPDATED_AT = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
STARTED_AT = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
PERSONAL = ("driver@example.com", "0000AAA", "EXT-0001")

Status: TypeAlias = ChargingSessionStatus
Type: TypeAlias = EventType


def read(body: Any, received_at: datetime = RECEIVED_AT) -> list[Pushed | Unreadable]:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    push = Push(headers={"content-type": "application/json"}, body=content, received_at=received_at)
    return list(OrderReceiver(account()).read(push))


def one(received_at: datetime = RECEIVED_AT, **changes: Any) -> Pushed:
    (found,) = read([{**ORDER, **changes}], received_at)
    assert isinstance(found, Pushed)
    return found


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in ORDER.items() if name not in names}


# What each status means, and whether it is believed.


def test_a_charge_that_goes_on() -> None:
    found = one()

    assert found.happening.type is Type.SESSION_UPDATED
    assert (found.happening.account, found.happening.occurred_at) == ("roaming", UPDATED_AT)
    assert (found.happening.device, found.happening.charging_session) == (DEVICE, SESSION)
    assert found.happening.slot == slot_ref(DEVICE, "65f0000000000000000000d1")
    assert (found.at, found.proof, found.repeats_within, found.said) == (UPDATED_AT, (), None, None)
    assert found.session
    assert (found.session.ref, found.session.status) == (SESSION, Status.ACTIVE)
    assert (found.session.energy_kwh, found.session.power_w, found.session.state_of_charge) == (12.3, 11000, 0.62)
    assert found.session.site == site_ref("roaming", "65f000000000000000000001")
    assert found.session.updated_at == UPDATED_AT
    assert (found.session.billing, found.session.customer, found.session.external_id) == (None, None, None)


def test_a_charge_that_has_begun_is_read_back() -> None:
    found = one(charged_kwh=0)

    assert found.happening.type is Type.SESSION_STARTED
    assert found.happening.occurred_at == STARTED_AT
    assert (found.at, found.proof) == (UPDATED_AT, (SESSION,))


@pytest.mark.parametrize(
    ("changes", "happened", "status", "reason"),
    [
        ({"status": "ORDER_INIT_AND_WAITING", "charged_kwh": 0}, Type.SESSION_UPDATED, Status.PENDING, None),
        ({"status": "NOT_PLUGGED"}, Type.SESSION_UPDATED, Status.PENDING, None),
        (
            {"status": "NOT_PLUGGED", "finished": "2026-01-01T12:30:00Z"},
            Type.SESSION_FAILED,
            Status.FAILED,
            ChargingSessionEndReason.NOT_PLUGGED,
        ),
        ({"status": "FINISHED"}, Type.SESSION_COMPLETED, Status.COMPLETED, None),
        ({"status": "PAYMENT_ERROR"}, Type.SESSION_COMPLETED, Status.COMPLETED, None),
        (
            {"status": "PAYMENT_ERROR", "charged_kwh": 0},
            Type.SESSION_FAILED,
            Status.FAILED,
            ChargingSessionEndReason.PAYMENT,
        ),
        (
            {"status": "INTERNAL_ERROR"},
            Type.SESSION_COMPLETED,
            Status.COMPLETED,
            ChargingSessionEndReason.INTERNAL,
        ),
        (
            {"status": "INTERNAL_ERROR", "charged_kwh": 0},
            Type.SESSION_FAILED,
            Status.FAILED,
            ChargingSessionEndReason.INTERNAL,
        ),
        ({"status": "PROVIDER_ERROR"}, Type.SESSION_FAILED, Status.FAILED, ChargingSessionEndReason.PROVIDER),
        ({"status": "SUSPENDED_BY_GRID"}, Type.UNMAPPED, Status.UNKNOWN, None),
        ({"status": "in_progress"}, Type.UNMAPPED, Status.UNKNOWN, None),
        ({"status": None}, Type.UNMAPPED, Status.UNKNOWN, None),
        ({"status": 1}, Type.UNMAPPED, Status.UNKNOWN, None),
    ],
)
def test_every_other_status_is_read_back(
    changes: dict[str, Any], happened: Type, status: Status, reason: ChargingSessionEndReason | None
) -> None:
    found = one(**changes)

    assert (found.happening.type, found.proof, found.at) == (happened, (SESSION,), UPDATED_AT)
    assert found.session
    assert (found.session.status, found.session.end_reason) == (status, reason)


def test_a_finished_charge_has_its_end_and_its_money() -> None:
    found = one(status="FINISHED", finished="2026-01-01T12:29:58.000Z")

    assert found.happening.occurred_at == datetime(2026, 1, 1, 12, 29, 58, tzinfo=UTC)
    assert found.session
    assert found.session.ended_at == found.happening.occurred_at
    assert found.session.billing
    assert found.session.billing.amount == Money(Decimal("1.84"), "EUR")
    assert found.session.billing.status is BillingStatus.UNKNOWN
    assert found.session.raw_status == RawCode("FINISHED")


def test_not_plugged_has_failed_after_a_quarter_of_an_hour_of_silence() -> None:
    waits, is_over = (one(UPDATED_AT + timedelta(minutes=age), status="NOT_PLUGGED") for age in (15, 16))

    assert waits.happening.type is Type.SESSION_UPDATED
    assert is_over.happening.type is Type.SESSION_FAILED


@pytest.mark.parametrize(
    "changes",
    [
        {"finished": "2026-01-01T12:29:00.000Z"},
        {"updatedAt": None},
        {"updatedAt": "yesterday"},
        {"updatedAt": "2026-01-01T12:32:06Z"},
    ],
)
def test_progress_that_is_not_believed(changes: dict[str, Any]) -> None:
    found = one(**changes)

    assert (found.happening.type, found.proof) == (Type.SESSION_UPDATED, (SESSION,))


@pytest.mark.parametrize("said", ["2026-01-01T12:32:06Z", "2999-01-01T00:00:00Z", None])
def test_a_time_to_come_is_none_to_go_by(said: str | None) -> None:
    found = one(updatedAt=said, status="FINISHED", finished=said)

    assert (found.at, found.happening.occurred_at) == (None, None)


def test_the_vendors_clock_may_be_two_minutes_ahead() -> None:
    assert one(updatedAt="2026-01-01T12:32:05Z").proof == ()


# Whether it is the same again.


def test_the_same_order_status_and_time_is_the_same_push() -> None:
    assert one(charged_kwh=12.4, amount=2).key == one().key
    assert one(updatedAt="2026-01-01T13:30:00.000+01:00").key == one().key
    assert one(status="FINISHED").key != one().key
    assert one(updatedAt="2026-01-01T12:30:00.001Z").key != one().key
    assert one(id="65f0000000000000000000b2").key != one().key


def test_a_charge_begins_once() -> None:
    first = one(charged_kwh=0, updatedAt="2026-01-01T12:00:30Z")
    again = one(charged_kwh=0)

    assert first.key == again.key
    assert first.key not in {one().key, one(charged_kwh=0, started="2026-01-01T12:00:31Z").key}


def test_without_a_time_the_whole_order_is_compared() -> None:
    assert one(updatedAt=None).key == one(updatedAt=None).key
    assert one(updatedAt=None).key != one(updatedAt=None, charged_kwh=12.4).key


def test_by_which_id_an_order_is_known() -> None:
    for body in ({**without("id"), "orderId": ORDER_ID, "_id": "x"}, {**without("id"), "_id": ORDER_ID}):
        (found,) = read([body])
        assert isinstance(found, Pushed)
        assert found.happening.charging_session == SESSION


# Bodies.


def test_a_list_of_several_and_a_single_one() -> None:
    second = {**ORDER, "id": "65f0000000000000000000b2", "status": "FINISHED"}
    found = [item for item in read([ORDER, second, ORDER]) if isinstance(item, Pushed)]

    assert [item.happening.type for item in found] == [
        Type.SESSION_UPDATED,
        Type.SESSION_COMPLETED,
        Type.SESSION_UPDATED,
    ]
    assert found[0].key == found[2].key
    assert read(ORDER) == read([ORDER])
    assert read([]) == []


def test_the_vendors_own_example() -> None:
    (found,) = read(sample("webhook"), datetime(2024, 4, 2, 10, tzinfo=UTC))

    assert isinstance(found, Pushed)
    assert found.happening.type is Type.SESSION_COMPLETED
    assert found.happening.charging_session == session_ref("roaming", "string")
    assert found.at == datetime(2024, 4, 2, 9, 19, 29, 9000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"status": {"is": "broken"}}, "order: no id"),
        ({**ORDER, "id": None}, "order: no id"),
        (None, "order: expected an object, got null"),
        ("driver@example.com", "order: expected an object, got a string"),
        ([ORDER], "order: expected an object, got a list"),
        ({**ORDER, "id": "a\x00b"}, "order: an id that cannot be one"),
        ({**ORDER, "id": "x" * 201}, "order: an id that cannot be one"),
        ({**ORDER, "charger": {"_id": "a\nb"}}, "order: an id that cannot be one"),
    ],
)
def test_a_bad_order_sinks_no_other(bad: object, reason: str) -> None:
    found = read([bad, ORDER])

    assert found == [Unreadable(reason), one()]
    with pytest.raises(Malformed, match="not one order of it can be read"):
        read([bad])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "webhook: it is not JSON"),
        (b"\xff\xfe", "webhook: it is not JSON"),
        (b"id=65f0&status=FINISHED", "webhook: it is not JSON"),
        (b"[" * 5000, "webhook: it is not JSON"),
        (b"null", "webhook: expected a list, got null"),
        (b"7", "webhook: expected a list, got a number"),
        (b'"text"', "webhook: expected a list, got a string"),
        (b"{}", "webhook: not one order of it can be read"),
    ],
)
def test_bodies_of_the_wrong_shape(body: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=f"^{message}$"):
        read(body)


def test_numbers_as_text_and_missing_keys() -> None:
    texts = {name: str(value) if isinstance(value, int | float) else value for name, value in ORDER.items()}
    (found,) = read([texts])
    assert isinstance(found, Pushed)
    assert found.session == one().session

    (bare,) = read([{"id": ORDER_ID, "status": "FINISHED"}])
    assert isinstance(bare, Pushed)
    assert (bare.happening.type, bare.happening.device, bare.at) == (Type.SESSION_COMPLETED, None, None)


# Who charges is nobody's business.


def test_raw_shows_the_charge_and_nobody() -> None:
    raw = one().happening.raw

    assert raw == {
        "id": ORDER_ID,
        "status": "IN_PROGRESS",
        "amount": 1.84,
        "commision_price": 0.09,
        "tax_price": 0.32,
        "provider": "emt",
        "plug_id": "900001a",
        "started": "2026-01-01T12:00:30.000Z",
        "finished": None,
        "plug_price": 0.15,
        "price_unit": "kwh",
        "currency": "EUR",
        "charged_kwh": 12.3,
        "co2_saved": 4.1,
        "battery_level": 62,
        "createdAt": "2026-01-01T12:00:00.000Z",
        "updatedAt": "2026-01-01T12:30:00.000Z",
        "outlet_number": 1,
        "power_kw": 11,
    }


def test_raw_takes_no_oddities() -> None:
    odd: dict[str, Any] = {
        "provider": "a\x00b",
        "currency": "x" * 201,
        "price_unit": {"email": "driver@example.com"},
        "amount": [1],
    }

    raw = one(**odd).happening.raw
    assert raw
    assert not set(odd) & set(raw)


def test_nothing_but_the_customer_names_the_customer() -> None:
    found = one(status="FINISHED")

    assert found.session
    assert found.session.customer
    assert found.session.customer.email == "driver@example.com"
    assert not [word for word in PERSONAL[:2] if word in repr(found)]


# The manifest.


def test_the_answer_and_the_signature_that_nobody_gives() -> None:
    assert MANIFEST.receiver is OrderReceiver
    assert MANIFEST.pushes == ("order",)
    receiver = OrderReceiver(account())
    assert receiver.answer == {}
    receiver.verify(Push(headers={}, body=b"anything", received_at=RECEIVED_AT))


# Whatever comes.

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", " ", "nan", "1e999", "true", "\x00", "9999-12-31T23:59:59-23:59", "0001-01-01", "FINISHED"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "_id", "status"]), inner),
    max_leaves=6,
)


def bent(document: Any) -> st.SearchStrategy[Any]:
    """Documents like this one, with some values replaced by anything and some keys missing or new."""
    if isinstance(document, dict):
        kept = {key: bent(value) for key, value in document.items()}
        return st.fixed_dictionaries({}, optional={**kept, "extra": ANYTHING}) | ANYTHING
    if isinstance(document, list):
        return st.lists(bent(document[0]), max_size=3) | ANYTHING
    return st.just(document) | SCALARS


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | (ANYTHING | bent([ORDER])).map(orjson.dumps))
def test_nothing_raises_anything_but_malformed(body: bytes) -> None:
    try:
        found = read(body)
    except Malformed:
        return
    for item in found:
        if isinstance(item, Unreadable):
            assert not [word for word in PERSONAL if word in item.reason]
            continue
        raw = orjson.dumps(item.happening.raw).decode()
        assert "\\u0000" not in raw
        assert item.session
        assert item.happening.charging_session == item.session.ref
        assert item.at is None or item.at <= RECEIVED_AT + timedelta(minutes=2)
        assert item.proof in ((), (item.session.ref,))
        assert item.proof or item.session.status is Status.ACTIVE


@settings(max_examples=100, deadline=None)
@given(st.permutations(list(ORDER)), st.sampled_from(["IN_PROGRESS", "FINISHED", "NOT_PLUGGED"]))
def test_the_order_of_keys_says_nothing(names: list[str], status: str) -> None:
    assert read([{name: {**ORDER, "status": status}[name] for name in names}]) == read([{**ORDER, "status": status}])
