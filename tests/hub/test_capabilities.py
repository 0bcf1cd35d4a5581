"""What an account can do is read off its adapter; nobody declares it beside."""

from dataclasses import replace

import pytest

from hub.capabilities import capabilities_at, capabilities_of
from model.records import Device
from model.refs import device_ref
from model.states import Capability, CommandKind, DeviceKind, SlotKind
from tests.resolvers.scripted import adapter_class, manifest_of
from vendors import acting, contract
from vendors.manifest import CommandRule

BARE = manifest_of(adapter_class())
EVERYTHING = frozenset(Capability)


def test_an_adapter_that_offers_nothing_can_do_nothing() -> None:
    assert capabilities_of(BARE) == ()


@pytest.mark.parametrize(
    ("protocol", "capability"),
    [
        (contract.ListsDevices, Capability.LIST_DEVICES),
        (contract.ListsSites, Capability.LIST_SITES),
        (contract.ListsSessions, Capability.READ_SESSIONS),
        (contract.ReadsStorage, Capability.READ_STORAGE),
        (acting.ManagesSites, Capability.MANAGE_SITES),
        (acting.ManagesTariffs, Capability.MANAGE_TARIFFS),
    ],
)
def test_each_protocol_is_a_capability(protocol: type, capability: Capability) -> None:
    assert capabilities_of(manifest_of(adapter_class(protocol))) == (capability,)


def test_slots_and_batteries_are_the_manifests_word() -> None:
    with_slots = replace(BARE, slot_kind=SlotKind.SOCKET)
    assert capabilities_of(with_slots) == (Capability.READ_SLOTS,)
    assert capabilities_of(replace(BARE, has_batteries=True)) == (Capability.READ_BATTERIES,)


EJECT = CommandRule(
    kind=CommandKind.EJECT_BATTERY,
    call="eject",
    proof="",
    deadline_s=1,
    looks_s=(),
    patience_s=1,
    not_for=(DeviceKind.ACCESS_CONTROL,),
)


def test_each_rule_of_a_command_is_a_capability() -> None:
    assert capabilities_of(replace(BARE, commands=(EJECT,))) == (Capability.EJECT_BATTERY,)


@pytest.mark.parametrize("kind", DeviceKind)
def test_a_rule_may_leave_out_kinds_of_devices(kind: DeviceKind) -> None:
    device = Device(ref=device_ref("a", "1"), kind=kind)
    found = capabilities_at(device, frozenset({Capability.EJECT_BATTERY}), [EJECT])
    assert found == (() if kind is DeviceKind.ACCESS_CONTROL else (Capability.EJECT_BATTERY,))


@pytest.mark.parametrize(
    ("kind", "without"),
    [
        (DeviceKind.INVERTER, set()),
        (DeviceKind.BATTERY_STORAGE, set()),
        (DeviceKind.POWER_BANK_CABINET, {Capability.READ_STORAGE}),
        (DeviceKind.UNKNOWN, {Capability.READ_STORAGE}),
        (DeviceKind.ACCESS_CONTROL, {Capability.READ_STORAGE, Capability.READ_SLOTS}),
    ],
)
def test_a_device_can_do_what_its_kind_allows_of_what_its_account_can(kind: DeviceKind, without: set[str]) -> None:
    device = Device(ref=device_ref("a", "1"), kind=kind)
    of_accounts_only = {
        Capability.LIST_DEVICES,
        Capability.LIST_SITES,
        Capability.MANAGE_SITES,
        Capability.MANAGE_TARIFFS,
    }
    expected = tuple(each for each in Capability if each not in without | of_accounts_only)
    assert capabilities_at(device, EVERYTHING) == expected
    assert capabilities_at(device, frozenset({Capability.EJECT_BATTERY})) == (Capability.EJECT_BATTERY,)
