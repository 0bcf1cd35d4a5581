"""Records: frozen, and never telling who somebody is by accident."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from model import records
from model.records import CONFIGURED, ChargingSession, Customer, Site
from model.refs import session_ref, site_ref
from model.states import ChargingSessionKind, ChargingSessionStatus, FreshnessSource

KINDS = [item for item in vars(records).values() if isinstance(item, type) and is_dataclass(item)]
SITE = Site(ref=site_ref("a", "1"), name="Station")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_record_is_frozen_and_slotted(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SITE.name = "Other"  # type: ignore[misc]


def test_a_record_is_known_from_the_configuration_until_somebody_reads_it() -> None:
    assert SITE.reading is CONFIGURED
    assert (CONFIGURED.fetched_at, CONFIGURED.source, CONFIGURED.is_stale) == (None, FreshnessSource.CONFIGURED, True)


def test_personal_data_stays_out_of_what_is_printed() -> None:
    customer = Customer(email="ada@example.com", license_plate="SS-1234-AB")
    session = ChargingSession(
        ref=session_ref("a", "1"),
        kind=ChargingSessionKind.CHARGE,
        status=ChargingSessionStatus.ACTIVE,
        customer=customer,
    )
    assert [field.name for field in fields(Customer) if field.repr] == []
    for text in (repr(session), str(session), f"{customer}"):
        assert "ada@example.com" not in text
        assert "SS-1234-AB" not in text
