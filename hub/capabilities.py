"""What an account can do, read off its adapter's class: nothing is declared beside it."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import TypeVar, cast

from model.records import Device
from model.states import Capability, DeviceKind
from vendors import acting, contract
from vendors.contract import Adapter
from vendors.manifest import CommandRule, Manifest

P = TypeVar("P")

_BY_PROTOCOL: Mapping[type, Capability] = {
    contract.ListsDevices: Capability.LIST_DEVICES,
    contract.ListsSites: Capability.LIST_SITES,
    contract.ListsSessions: Capability.READ_SESSIONS,
    contract.ReadsStorage: Capability.READ_STORAGE,
    acting.ManagesSites: Capability.MANAGE_SITES,
    acting.ManagesTariffs: Capability.MANAGE_TARIFFS,
}

_OF_ACCOUNTS_ONLY = frozenset(
    {Capability.LIST_DEVICES, Capability.LIST_SITES, Capability.MANAGE_SITES, Capability.MANAGE_TARIFFS}
)
_STORES = frozenset({DeviceKind.INVERTER, DeviceKind.BATTERY_STORAGE})


def offered(adapter: Adapter, protocol: type[P]) -> P | None:
    """The adapter as one that has this capability; None when its class has not."""
    return cast("P", adapter) if _satisfies(type(adapter), protocol) else None  # type: ignore[arg-type]


@cache
def _satisfies(kind: type, protocol: type) -> bool:
    """Asked for every device of every query, and slow to find out."""
    return issubclass(kind, protocol)


def capabilities_of(manifest: Manifest) -> tuple[Capability, ...]:
    """What every account of this vendor can do, in the order of the enumeration."""
    found = {capability for protocol, capability in _BY_PROTOCOL.items() if issubclass(manifest.adapter, protocol)}
    if manifest.slot_kind is not None:
        found.add(Capability.READ_SLOTS)
    if manifest.has_batteries:
        found.add(Capability.READ_BATTERIES)
    found.update(Capability[rule.kind.name] for rule in manifest.commands)
    return tuple(capability for capability in Capability if capability in found)


def capabilities_at(
    device: Device, of_account: frozenset[Capability], rules: Collection[CommandRule] = ()
) -> tuple[Capability, ...]:
    """What can be done with this device, of what its account can do; `rules` say which kinds of devices can act how."""
    without = {*_OF_ACCOUNTS_ONLY, *(Capability[rule.kind.name] for rule in rules if device.kind in rule.not_for)}
    if device.kind not in _STORES:
        without.add(Capability.READ_STORAGE)
    if device.kind is DeviceKind.ACCESS_CONTROL:
        without.add(Capability.READ_SLOTS)
    return tuple(capability for capability in Capability if capability in of_account - without)
