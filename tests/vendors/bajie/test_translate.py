from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from model.faults import Malformed
from model.records import Battery, CabinetInventory, Device, GeoPoint, RawCode, Site, Slot
from model.refs import site_ref, slot_ref, tariff_ref
from model.states import (
    BatteryStatus,
    Connectivity,
    DeviceKind,
    DeviceLifecycle,
    SlotKind,
    SlotOccupancy,
    SlotStatus,
    SlotStatusDetail,
)
from tests.vendors.bajie.samples import ACCOUNT, BATTERY_1, BATTERY_2, CABINET, sample
from vendors.bajie import translate
from vendors.bajie.wire import CHINA
from vendors.contract import DeviceReading

SITE = site_ref(ACCOUNT, "5ee0000001")


def slot(index: int, **fields: Any) -> Slot:
    return Slot(ref=slot_ref(CABINET, index), index=index, kind=SlotKind.BATTERY_SLOT, **fields)


# Device info.


def test_device_info_gives_cabinet_site_slots_batteries_and_tariff() -> None:
    data = sample("device_info")["data"]

    reading = translate.device_info(CABINET, data, 0.6)

    assert reading.device == Device(
        ref=CABINET,
        kind=DeviceKind.POWER_BANK_CABINET,
        model="8",
        connectivity=Connectivity.ONLINE,
        site=SITE,
        site_name="Example Cafe",
        inventory=CabinetInventory(
            slots_total=8,
            batteries_available=2,
            slots_available=6,
            can_dispense=True,
            can_accept=True,
        ),
        tariff=tariff_ref(ACCOUNT, "shop-5ee0000001"),
        raw=data["cabinet"],
    )
    assert reading.site == Site(ref=SITE, name="Example Cafe", location=GeoPoint(48.1, 11.5))
    assert reading.slots == (
        slot(1, occupancy=SlotOccupancy.OCCUPIED, battery=BATTERY_1),
        slot(2, occupancy=SlotOccupancy.OCCUPIED, battery=BATTERY_2),
        *(slot(index, occupancy=SlotOccupancy.EMPTY) for index in range(3, 9)),
    )
    assert reading.batteries == (
        Battery(ref=BATTERY_1, device=CABINET, slot=slot_ref(CABINET, 1), state_of_charge=1.0),
        Battery(ref=BATTERY_2, device=CABINET, slot=slot_ref(CABINET, 2), state_of_charge=0.99),
    )
    assert [tariff.ref for tariff in reading.tariffs] == [tariff_ref(ACCOUNT, "shop-5ee0000001")]


def changed(**parts: Any) -> DeviceReading:
    """The sample with parts of its objects replaced."""
    data = sample("device_info")["data"]
    for name, change in parts.items():
        data[name] = {**data[name], **change} if isinstance(change, dict) else change
    return translate.device_info(CABINET, data, 0.6)


def occupancies(reading: DeviceReading) -> list[SlotOccupancy]:
    return [slot.occupancy for slot in reading.slots or ()]


OCCUPIED, EMPTY, UNKNOWN = SlotOccupancy.OCCUPIED, SlotOccupancy.EMPTY, SlotOccupancy.UNKNOWN


def test_slots_without_a_battery_are_unknown_when_the_count_disagrees() -> None:
    assert occupancies(changed(cabinet={"busySlots": 3})) == [OCCUPIED, OCCUPIED, *[UNKNOWN] * 6]


def test_slots_without_a_battery_are_unknown_when_a_battery_cannot_be_read() -> None:
    batteries = [{"slotNum": 1, "vol": 100, "batteryId": "FEED000001"}, {"slotNum": 2, "vol": 50}]

    assert occupancies(changed(batteries=batteries)) == [OCCUPIED, *[UNKNOWN] * 7]


def test_two_batteries_that_claim_one_slot_leave_it_unknown() -> None:
    batteries = [{"slotNum": 1, "batteryId": "FEED000001"}, {"slotNum": 1, "batteryId": "FEED000002"}]

    reading = changed(batteries=batteries)

    assert occupancies(reading) == [UNKNOWN, *[EMPTY] * 7]
    assert reading.slots is not None
    assert reading.slots[0].battery is None


def test_one_battery_that_claims_two_slots_is_there_once() -> None:
    batteries = [{"slotNum": 1, "batteryId": "FEED000001"}, {"slotNum": 2, "batteryId": "FEED000001"}]

    reading = changed(batteries=batteries)

    assert [battery.ref for battery in reading.batteries or ()] == [BATTERY_1]
    assert EMPTY not in occupancies(reading)


def test_without_a_list_of_batteries_nothing_is_said_of_slots() -> None:
    reading = changed(batteries=None)

    assert reading.slots is None
    assert reading.batteries is None
    assert reading.device.inventory == CabinetInventory(slots_total=8, slots_available=6, can_accept=True)


@pytest.mark.parametrize("count", [None, -1, 1001, 10**30, "many"])
def test_an_impossible_number_of_slots_gives_no_slots(count: object) -> None:
    reading = changed(cabinet={"slots": count})

    assert reading.slots is None
    assert reading.device.inventory is None
    assert len(reading.batteries or ()) == 2


def test_a_cabinet_that_says_it_is_offline_has_no_readings() -> None:
    reading = changed(cabinet={"online": False})

    assert reading.device.connectivity is Connectivity.OFFLINE
    assert reading.slots is None
    assert reading.batteries is None
    assert reading.device.inventory == CabinetInventory(slots_total=8, slots_available=6)


def test_low_batteries_are_not_available() -> None:
    batteries = [{"slotNum": 1, "vol": 59, "batteryId": "FEED000001"}, {"slotNum": 2, "batteryId": "FEED000002"}]

    inventory = changed(batteries=batteries).device.inventory

    assert inventory is not None
    assert inventory.batteries_available == 0
    assert inventory.can_dispense is False


def test_a_charge_beyond_the_scale_is_not_said() -> None:
    (battery,) = changed(batteries=[{"slotNum": 1, "vol": 4200, "batteryId": "FEED000001"}]).batteries or ()

    assert battery.state_of_charge is None


def test_without_a_shop_there_is_no_site() -> None:
    reading = changed(shop=None)

    assert reading.site is None
    assert reading.device.site is None


def test_unset_shop_texts_are_none() -> None:
    site = changed(shop={"address": "", "city": " ", "latitude": "", "name": ""}).site

    assert site == Site(ref=SITE, name="5ee0000001")


def test_a_position_off_the_globe_is_none() -> None:
    site = changed(shop={"latitude": "91"}).site

    assert site is not None
    assert site.location is None


@pytest.mark.parametrize("data", [None, [], {}, {"cabinet": None}, {"cabinet": {"slots": 8}}])
def test_device_info_without_a_cabinet_is_malformed(data: object) -> None:
    with pytest.raises(Malformed):
        translate.device_info(CABINET, data, 0.6)


def test_an_offline_cabinet_keeps_its_site() -> None:
    reading = translate.offline_device(CABINET, SITE)

    assert reading == DeviceReading(
        device=Device(
            ref=CABINET,
            kind=DeviceKind.POWER_BANK_CABINET,
            connectivity=Connectivity.OFFLINE,
            site=SITE,
            raw_status=RawCode("2004", "Device not online."),
        )
    )


# The device lists.


def test_a_listed_device() -> None:
    (item,) = sample("devices")["data"]

    assert translate.listed_device(ACCOUNT, item, CHINA) == DeviceReading(
        device=Device(
            ref=CABINET,
            kind=DeviceKind.POWER_BANK_CABINET,
            model="8",
            connectivity=Connectivity.ONLINE,
            lifecycle=DeviceLifecycle.IN_SERVICE,
            last_seen_at=datetime(2026, 1, 1, 3, 59, tzinfo=UTC),
            site_name="Example Cafe",
            inventory=CabinetInventory(
                slots_total=8,
                batteries_available=2,
                slots_available=6,
                can_dispense=True,
                can_accept=True,
            ),
            raw_status=RawCode("Online"),
            raw=item,
        )
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Online", Connectivity.ONLINE),
        ("ONLINE", Connectivity.ONLINE),
        ("Offline", Connectivity.OFFLINE),
        ("Sleeping", Connectivity.UNKNOWN),
        ("", Connectivity.UNKNOWN),
        (None, Connectivity.UNKNOWN),
    ],
)
def test_connectivity_of_a_listed_device(text: str | None, expected: Connectivity) -> None:
    (item,) = sample("devices")["data"]

    device = translate.listed_device(ACCOUNT, {**item, "pInfostatus": text}, CHINA).device

    assert device.connectivity is expected
    assert device.raw_status == (RawCode(text) if text else None)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("1", DeviceLifecycle.IN_SERVICE),
        (0, DeviceLifecycle.DISABLED),
        ("7", DeviceLifecycle.UNKNOWN),
        (None, DeviceLifecycle.UNKNOWN),
    ],
)
def test_lifecycle_of_a_listed_device(status: object, expected: DeviceLifecycle) -> None:
    (item,) = sample("devices")["data"]

    assert translate.listed_device(ACCOUNT, {**item, "pStatus": status}, CHINA).device.lifecycle is expected


def test_keys_are_read_in_any_letter_case_and_numbers_as_text() -> None:
    item = {"PCABINETID": "XYZ00001", "pbOrrow": "2", "pALSO": "6", "ptotal": "8", "pINFOstatus": "Offline"}

    device = translate.listed_device(ACCOUNT, item, CHINA).device

    assert device.ref == CABINET
    assert device.inventory == CabinetInventory(slots_total=8, batteries_available=2, slots_available=6)


def test_of_two_spellings_of_a_key_the_one_with_a_value_counts() -> None:
    assert translate.listed_device(ACCOUNT, {"pCabinetid": None, "pcabinetId": "XYZ00001"}, CHINA).device.ref == CABINET


def test_a_listed_device_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed, match="no cabinet id"):
        translate.listed_device(ACCOUNT, {"pTotal": 8}, CHINA)


# Shops.


def test_a_shop_of_the_list() -> None:
    (item,) = sample("shops")["data"]

    assert translate.shop(ACCOUNT, item) == Site(
        ref=SITE,
        name="Example Cafe",
        address="1 Example Street",
        location=GeoPoint(48.1, 11.5),
        opening_hours="08:00-22:00",
        device_ids=("XYZ00001",),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("XYZ00001,XYZ00002", ("XYZ00001", "XYZ00002")),
        (" XYZ00001 , ,", ("XYZ00001",)),
        (["XYZ00001", None, "XYZ00002"], ("XYZ00001", "XYZ00002")),
        ("", ()),
        (None, ()),
        (7, ()),
    ],
)
def test_the_cabinets_of_a_shop(given: object, expected: tuple[str, ...]) -> None:
    assert translate.shop(ACCOUNT, {"newID": "5ee0000001", "cabinetIds": given}).device_ids == expected


def test_a_shop_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed, match="no shop id"):
        translate.shop(ACCOUNT, {"id": 1, "shopName": "Example Cafe"})


# The health of slots.


def test_slots_of_the_slot_list() -> None:
    first, second = (translate.slot_health(CABINET, item) for item in sample("slots")["data"])

    assert first == slot(
        1,
        status=SlotStatus.AVAILABLE,
        status_detail=SlotStatusDetail.OCCUPIED,
        occupancy=SlotOccupancy.OCCUPIED,
        can_dispense=True,
        can_accept=False,
        battery=BATTERY_1,
        raw_status=RawCode("0", "none"),
    )
    assert second == slot(
        3,
        status=SlotStatus.AVAILABLE,
        status_detail=SlotStatusDetail.IDLE,
        occupancy=SlotOccupancy.EMPTY,
        can_dispense=False,
        can_accept=True,
        raw_status=RawCode("0", "none"),
    )


AVAILABLE, OUT_OF_ORDER = SlotStatus.AVAILABLE, SlotStatus.OUT_OF_ORDER


@pytest.mark.parametrize(
    ("fault", "status", "can_dispense"),
    [
        (0, AVAILABLE, True),
        (1, AVAILABLE, False),
        (2, OUT_OF_ORDER, False),
        (3, AVAILABLE, False),
        (4, OUT_OF_ORDER, False),
        (5, AVAILABLE, False),
        (6, OUT_OF_ORDER, False),
        (7, OUT_OF_ORDER, False),
        (8, SlotStatus.INOPERATIVE, False),
        (99, SlotStatus.UNKNOWN, None),
        (None, SlotStatus.UNKNOWN, None),
    ],
)
def test_every_slot_fault(fault: int | None, status: SlotStatus, can_dispense: bool | None) -> None:
    occupied, empty = (
        translate.slot_health(CABINET, {"pKakou": 4, "pBatteryid": battery, "pFaultType": fault})
        for battery in ("FEED000001", "")
    )

    assert (occupied.status, occupied.can_dispense, occupied.can_accept) == (status, can_dispense, False)
    assert (empty.status, empty.can_dispense, empty.can_accept) == (status, False, can_dispense)
    assert (occupied.raw_status and occupied.raw_status.code) == (None if fault is None else str(fault))


def test_details_of_unfit_slots() -> None:
    broken, locked = (
        translate.slot_health(CABINET, {"pKakou": 4, "pBatteryid": "", "pFaultType": fault}) for fault in (2, 8)
    )

    assert broken.status_detail is SlotStatusDetail.FAULTED
    assert broken.raw_status == RawCode("2", "cannot eject")
    assert locked.status_detail is SlotStatusDetail.UNAVAILABLE


@pytest.mark.parametrize(
    "row",
    [
        {"pKakou": 4, "pFaultType": 0},
        {"pKakou": 4, "pFaultType": 0, "pBatteryid": "", "pInfostatus": "Offline"},
    ],
)
def test_a_slot_that_is_offline_or_silent_about_its_battery_is_unknown(row: dict[str, object]) -> None:
    assert translate.slot_health(CABINET, row) == slot(4, raw_status=RawCode("0", "none"))


@pytest.mark.parametrize("number", [None, 0, -1, "first", 10**12])
def test_a_slot_without_a_number_is_malformed(number: object) -> None:
    with pytest.raises(Malformed, match="no slot number"):
        translate.slot_health(CABINET, {"pKakou": number, "pBatteryid": ""})


# The health of batteries.


def test_a_battery_of_the_battery_list() -> None:
    (item,) = sample("batteries")["data"]

    assert translate.battery_health(CABINET, item, 0.6) == Battery(
        ref=BATTERY_1,
        device=CABINET,
        slot=slot_ref(CABINET, 1),
        state_of_charge=1.0,
        temperature_c=31.2,
        status=BatteryStatus.READY,
    )


FAULTED, LOCKED_OUT = BatteryStatus.FAULTED, BatteryStatus.LOCKED_OUT


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (0, BatteryStatus.READY),
        (1, FAULTED),
        (2, FAULTED),
        (3, FAULTED),
        (4, FAULTED),
        (5, FAULTED),
        (6, LOCKED_OUT),
        (7, FAULTED),
        (8, FAULTED),
        (9, LOCKED_OUT),
        (10, FAULTED),
        (11, LOCKED_OUT),
        (12, BatteryStatus.UNKNOWN),
    ],
)
def test_every_battery_fault(fault: int, status: BatteryStatus) -> None:
    (item,) = sample("batteries")["data"]

    battery = translate.battery_health(CABINET, {**item, "pFaultType": fault}, 0.6)

    assert battery.status is status
    assert (battery.fault and battery.fault.code) == (str(fault) if fault else None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"pDianliang": 60}, BatteryStatus.READY),
        ({"pDianliang": 59}, BatteryStatus.CHARGING),
        ({"pDianliang": None}, BatteryStatus.UNKNOWN),
        ({"pKakou": None}, BatteryStatus.UNKNOWN),
        ({"pKakou": 0}, BatteryStatus.UNKNOWN),
        ({"pFaultType": None}, BatteryStatus.UNKNOWN),
    ],
)
def test_a_battery_is_ready_only_when_all_of_it_is_known(change: dict[str, object], status: BatteryStatus) -> None:
    (item,) = sample("batteries")["data"]

    assert translate.battery_health(CABINET, {**item, **change}, 0.6).status is status


def test_a_battery_without_an_id_is_malformed() -> None:
    with pytest.raises(Malformed, match="no battery id"):
        translate.battery_health(CABINET, {"pKakou": 1}, 0.6)


def test_site_keeps_what_the_shop_says() -> None:
    site = changed(shop={"address": "1 Example Street", "city": "Wien", "openingTime": "08:00-22:00"}).site

    assert site == replace(
        Site(ref=SITE, name="Example Cafe", location=GeoPoint(48.1, 11.5)),
        address="1 Example Street",
        city="Wien",
        opening_hours="08:00-22:00",
    )
