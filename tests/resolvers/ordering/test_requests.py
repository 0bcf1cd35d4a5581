"""One spelling a meaning: what means the same is the same request, and what does not is another."""

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model.commands import Media
from model.refs import Ref, device_ref, session_ref, slot_ref, tariff_ref
from model.states import ChargerMode, DeviceOperation
from resolvers.ordering.cabinets import CompleteRental, EjectAllBatteries, EjectBattery, OperateDevice, RentBattery
from resolvers.ordering.charging import StartCharging, StopCharging
from resolvers.ordering.many import PublishAdvertisement, SetChargerMode
from resolvers.ordering.requests import request_text
from resolvers.ordering.wish import Wish

names = st.text(min_size=1, max_size=6)
devices = st.builds(device_ref, names, names)
slots = st.builds(slot_ref, devices, names)
sessions = st.builds(session_ref, names, names)
amounts = st.decimals(0, 10**8, places=2)
words = st.none() | names

KINDS: tuple[st.SearchStrategy[Wish], ...] = (
    st.builds(EjectBattery, slot=slots, reason=words),
    st.builds(EjectAllBatteries, device=devices, confirm_device_native_id=names, reason=words),
    st.builds(RentBattery, device=devices, slot=st.none() | slots, external_id=words),
    st.builds(CompleteRental, session=sessions),
    st.builds(
        OperateDevice,
        device=devices,
        operation=st.sampled_from(DeviceOperation),
        slot=st.none() | slots,
        reason=words,
    ),
    st.builds(
        StartCharging,
        slot=slots,
        minutes=st.none() | st.integers(1, 1440),
        prepaid=st.none() | amounts,
        tariff=st.none() | st.builds(tariff_ref, names, names),
        customer_email=words,
        license_plate=words,
    ),
    st.builds(
        StopCharging,
        slot=st.none() | slots,
        session=st.none() | sessions,
        expected_session=st.none() | sessions,
    ),
    st.builds(SetChargerMode, devices=st.lists(devices, max_size=3).map(tuple), mode=st.sampled_from(ChargerMode)),
    st.builds(
        PublishAdvertisement,
        devices=st.lists(devices, max_size=3).map(tuple),
        media=st.lists(st.builds(Media, code=names, media_type=names, url=names), max_size=2).map(tuple),
        restart=st.booleans(),
    ),
)
wishes: st.SearchStrategy[Wish] = st.one_of(*KINDS)
twos = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(kind, kind))


@given(wishes, wishes)
def test_requests_are_the_same_exactly_when_their_wishes_are(one: Wish, other: Wish) -> None:
    assert (request_text(one) == request_text(other)) == (one == other)


@given(twos, st.data())
def test_whatever_differs_in_one_field_is_another_request(two: tuple[Wish, Wish], data: st.DataObject) -> None:
    wish, other = two
    name = data.draw(st.sampled_from([field.name for field in fields(wish)]))
    mixed: Any = replace(wish, **{name: getattr(other, name)})
    assert (request_text(mixed) == request_text(wish)) == (mixed == wish)


@given(wishes)
def test_an_id_spelt_another_way_is_the_same(wish: Wish) -> None:
    spelt = {
        field.name: Ref.parse(value.id) for field in fields(wish) if isinstance(value := getattr(wish, field.name), Ref)
    }
    assert request_text(replace(wish, **spelt)) == request_text(wish)


@given(amounts, st.integers(0, 6))
def test_an_amount_with_idle_zeros_is_the_same(amount: Decimal, zeros: int) -> None:
    slot = slot_ref(device_ref("a", "D1"), 1)
    spelt = Decimal(f"{amount:f}" + "0" * zeros)
    assert request_text(StartCharging(slot=slot, prepaid=spelt)) == request_text(
        StartCharging(slot=slot, prepaid=amount)
    )


def test_nothing_is_nothing_with_a_sign_or_an_exponent() -> None:
    slot = slot_ref(device_ref("a", "D1"), 1)
    texts = {
        request_text(StartCharging(slot=slot, prepaid=Decimal(zero))) for zero in ("0", "-0", "0.00", "0E+5", "0E-5")
    }
    (only,) = texts
    assert only == '{"kind":"START_CHARGING","prepaid":"0","slot":"Slot:a:D1:1"}'


def test_long_amounts_are_not_rounded() -> None:
    slot = slot_ref(device_ref("a", "D1"), 1)
    long = Decimal("0." + "1" * 40)
    assert request_text(StartCharging(slot=slot, prepaid=long)) != request_text(
        StartCharging(slot=slot, prepaid=long + Decimal("1e-40").copy_abs())
    )


def test_personal_data_stands_in_no_request_and_no_repr() -> None:
    wish = StartCharging(
        slot=slot_ref(device_ref("a", "D1"), 1), customer_email="ada@example.com", license_plate="1234 ABC"
    )
    for text in (request_text(wish), repr(wish), repr(wish.instruction())):
        assert "ada" not in text
        assert "1234" not in text
    assert request_text(wish) != request_text(replace(wish, customer_email="eve@example.com"))
