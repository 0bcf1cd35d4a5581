"""Refs: what is written can be read again, and nothing else can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.refs import (
    Kind,
    Ref,
    account_ref,
    battery_ref,
    command_ref,
    device_ref,
    event_ref,
    session_ref,
    site_ref,
    slot_ref,
    subscription_ref,
    tariff_ref,
    vendor_ref,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
PARTS = dict.fromkeys(Kind, 1) | {Kind.VENDOR: 0, Kind.ACCOUNT: 0, Kind.COMMAND: 0, Kind.EVENT: 0, Kind.SLOT: 2}
REFS = st.sampled_from(Kind).flatmap(
    lambda kind: st.builds(
        Ref, st.just(kind), TEXTS, st.lists(TEXTS, min_size=PARTS[kind], max_size=PARTS[kind]).map(tuple)
    )
)


@given(REFS)
def test_every_ref_comes_back_from_its_id(ref: Ref) -> None:
    assert Ref.parse(ref.id) == ref


@given(REFS, REFS)
def test_two_things_never_share_an_id(one: Ref, other: Ref) -> None:
    assert (one.id == other.id) is (one == other)


@given(REFS)
def test_an_id_is_plain_enough_for_any_url(ref: Ref) -> None:
    assert ref.id.isascii()
    assert not set(ref.id) & set("/?#&+ \"'<>")


@given(st.text())
def test_any_text_is_an_id_or_refused(text: str) -> None:
    try:
        ref = Ref.parse(text)
    except ValueError:
        return
    assert Ref.parse(ref.id) == ref


DEVICE = device_ref("cabinets-eu", "XYZ00001")


@pytest.mark.parametrize(
    ("ref", "written"),
    [
        (vendor_ref("acme"), "Vendor:acme"),
        (account_ref("cabinets-eu"), "Account:cabinets-eu"),
        (site_ref("a", "s/1"), "Site:a:s%2F1"),
        (DEVICE, "Device:cabinets-eu:XYZ00001"),
        (slot_ref(DEVICE, 3), "Slot:cabinets-eu:XYZ00001:3"),
        (slot_ref(DEVICE, "left:1"), "Slot:cabinets-eu:XYZ00001:left%3A1"),
        (battery_ref("a", "b"), "Battery:a:b"),
        (session_ref("a", "驴"), "ChargingSession:a:%E9%A9%B4"),
        (tariff_ref("a", "t"), "Tariff:a:t"),
        (subscription_ref("a", "w"), "VendorSubscription:a:w"),
        (command_ref("c"), "Command:c"),
        (event_ref("e"), "Event:e"),
    ],
)
def test_ids_are_written_like_this_for_ever(ref: Ref, written: str) -> None:
    assert (ref.id, str(ref), Ref.parse(written)) == (written, written, ref)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "Device",
        "Device:",
        "Device:a",
        "Device:a:",
        "Device::b",
        "Device:a:b:c",
        "Slot:a:b",
        "Slot:a:b:",
        "Slot:a:b:1:2",
        "Account:a:b",
        "Vendor:",
        "device:a:b",
        "Thing:a:b",
        "Device%3Aa%3Ab",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an id|is not a valid Kind"):
        Ref.parse(text)


def test_a_slot_knows_its_device_and_its_own_number() -> None:
    slot = slot_ref(DEVICE, 3)
    assert (slot.device, slot.native_id, DEVICE.native_id) == (DEVICE, "3", "XYZ00001")
