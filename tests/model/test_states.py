"""Closed sets: every value has a meaning, and the vocabulary is what clients were promised."""

import inspect

import pytest

from model import states
from model.states import Described, DeviceKind, SlotStatus

SETS = [
    item
    for item in vars(states).values()
    if inspect.isclass(item) and issubclass(item, Described) and item is not Described
]
READ_FROM_VENDORS = (
    "DeviceKind",
    "SlotKind",
    "Connectivity",
    "DeviceLifecycle",
    "SlotStatus",
    "SlotStatusDetail",
    "SlotOccupancy",
    "BatteryStatus",
    "BatteryFlow",
    "ChargerMode",
    "ChargingSessionStatus",
    "ChargingSessionEndReason",
    "BillingStatus",
    "VendorSubscriptionStatus",
    "AccountStatus",
)


def test_there_are_sets() -> None:
    assert len(SETS) == 26


@pytest.mark.parametrize("closed", SETS, ids=lambda closed: closed.__name__)
def test_every_value_is_its_name_and_has_a_meaning(closed: type[Described]) -> None:
    for member in closed:
        assert (member.name, member) == (member.value, member.value)
        assert closed(member.value) is member  # type: ignore[call-arg]  # an enumeration is called with a value
        assert member.meaning.strip().endswith("."), member
        assert member.meaning[0].isupper(), member


@pytest.mark.parametrize("closed", SETS, ids=lambda closed: closed.__name__)
def test_no_meaning_is_written_twice_in_one_set(closed: type[Described]) -> None:
    assert len({member.meaning for member in closed}) == len(closed)


@pytest.mark.parametrize("name", READ_FROM_VENDORS)
def test_what_is_read_from_vendors_can_be_unknown(name: str) -> None:
    closed: type[Described] = getattr(states, name)
    assert "UNKNOWN" in closed.__members__


def test_a_value_is_text_wherever_text_is_wanted() -> None:
    assert f"{DeviceKind.EV_CHARGER}" == "EV_CHARGER"
    assert SlotStatus.AVAILABLE == "AVAILABLE"


def test_what_is_in_no_set_is_refused() -> None:
    with pytest.raises(ValueError, match="'FLYING' is not a valid DeviceKind"):
        DeviceKind("FLYING")  # type: ignore[call-arg]
