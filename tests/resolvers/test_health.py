"""Joins of what different reads say of the same slots and batteries."""

from dataclasses import replace

import pytest

from model.records import RawCode, StorageReading
from model.states import BatteryStatus, SlotOccupancy, SlotStatus, SlotStatusDetail
from resolvers.health import with_abilities, with_battery_health, with_slot_health, with_storage
from tests.resolvers.things import battery, slot
from tests.support.clock import START
from vendors.contract import StorageState

OCCUPIED, EMPTY, UNKNOWN = SlotOccupancy.OCCUPIED, SlotOccupancy.EMPTY, SlotOccupancy.UNKNOWN
INSIDE = battery("B")


def test_presence_is_the_devices_word_and_health_the_health_reads() -> None:
    own = slot("D", occupancy=OCCUPIED, battery=INSIDE.ref)
    told = slot(
        "D",
        occupancy=EMPTY,
        status=SlotStatus.OUT_OF_ORDER,
        status_detail=SlotStatusDetail.FAULTED,
        raw_status=RawCode("2"),
        can_dispense=False,
        can_accept=False,
    )
    assert with_slot_health([own], [told]) == [replace(told, occupancy=OCCUPIED, battery=INSIDE.ref)]


def test_slots_that_the_health_read_does_not_name_stay_and_others_are_not_made_up() -> None:
    first, second = slot("D", 1, occupancy=EMPTY), slot("D", 2, status=SlotStatus.AVAILABLE)
    assert with_slot_health([first, second], [slot("D", 3)]) == [first, second]
    assert with_slot_health([], [first]) == []


def test_a_battery_has_its_charge_from_the_device_and_its_health_from_the_health_read() -> None:
    own = battery("B", state_of_charge=0.7, status=BatteryStatus.READY, temperature_c=20.0)
    told = battery(
        "B",
        state_of_charge=0.2,
        state_of_health=0.9,
        temperature_c=31.0,
        status=BatteryStatus.FAULTED,
        fault=RawCode("9"),
    )
    assert with_battery_health([own], [told]) == [replace(told, state_of_charge=0.7)]


def test_what_the_health_read_does_not_say_stays() -> None:
    own = battery(
        "B",
        state_of_health=0.8,
        temperature_c=0.0,
        status=BatteryStatus.READY,
        fault=RawCode("1"),
    )
    assert with_battery_health([own], [battery("B")]) == [own]
    assert with_battery_health([own], [battery("B", state_of_charge=0.4)]) == [replace(own, state_of_charge=0.4)]
    assert with_battery_health([own], [battery("C", state_of_charge=0.4)]) == [own]


def test_the_reading_of_a_storage_device_completes_each_of_its_batteries() -> None:
    state = StorageState(
        storage=StorageReading(state_of_charge=0.5), state_of_health=0.9, temperature_c=21.0, observed_at=START
    )
    told, untold = battery("1", state_of_charge=0.0, state_of_health=1.0, temperature_c=0.0), battery("2")
    assert with_storage([told, untold], state) == [
        replace(told, observed_at=START),
        battery("2", state_of_charge=0.5, state_of_health=0.9, temperature_c=21.0, observed_at=START),
    ]
    assert with_storage([replace(told, observed_at=START)], StorageState(storage=StorageReading())) == [
        replace(told, observed_at=START)
    ]


READY, FAULTED, NOBODY = BatteryStatus.READY, BatteryStatus.FAULTED, BatteryStatus.UNKNOWN
CAN_DISPENSE = [
    # occupancy, the slot's own word, the battery's status (None: no battery is known), can dispense
    *((UNKNOWN, own, status, None) for own in (True, False, None) for status in (READY, FAULTED, NOBODY, None)),
    *((EMPTY, own, status, False) for own in (True, False, None) for status in (READY, FAULTED, NOBODY, None)),
    (OCCUPIED, True, READY, True),
    (OCCUPIED, True, FAULTED, False),
    (OCCUPIED, True, NOBODY, None),
    (OCCUPIED, True, None, None),
    (OCCUPIED, False, READY, False),
    (OCCUPIED, False, FAULTED, False),
    (OCCUPIED, False, NOBODY, False),
    (OCCUPIED, False, None, False),
    (OCCUPIED, None, READY, None),
    (OCCUPIED, None, FAULTED, False),
    (OCCUPIED, None, NOBODY, None),
    (OCCUPIED, None, None, None),
]


@pytest.mark.parametrize(("occupancy", "own", "status", "expected"), CAN_DISPENSE)
def test_a_slot_dispenses_when_it_can_and_its_battery_is_ready(
    occupancy: SlotOccupancy, own: bool | None, status: BatteryStatus | None, expected: bool | None
) -> None:
    known = {INSIDE.ref: battery("B", status=status)} if status else {}
    (found,) = with_abilities([slot("D", occupancy=occupancy, can_dispense=own, battery=INSIDE.ref)], known)
    assert found.can_dispense is expected


@pytest.mark.parametrize(
    "status", [status for status in BatteryStatus if status not in (BatteryStatus.READY, BatteryStatus.UNKNOWN)]
)
def test_only_a_battery_that_is_ready_is_dispensed(status: BatteryStatus) -> None:
    full = slot("D", occupancy=OCCUPIED, can_dispense=True, battery=INSIDE.ref)
    (found,) = with_abilities([full], {INSIDE.ref: battery("B", status=status)})
    assert found.can_dispense is False


@pytest.mark.parametrize("own", [True, False, None])
@pytest.mark.parametrize("occupancy", SlotOccupancy)
def test_a_slot_accepts_when_it_is_empty_and_can(occupancy: SlotOccupancy, own: bool | None) -> None:
    (found,) = with_abilities([slot("D", occupancy=occupancy, can_accept=own)], {})
    assert found.can_accept is {OCCUPIED: False, EMPTY: own, UNKNOWN: None}[occupancy]
