"""The graph is circular, Python modules are not: these names stand for types that other modules declare."""

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

if TYPE_CHECKING:
    from graph.types.accounts import Account, Vendor
    from graph.types.batteries import Battery
    from graph.types.commands import Command
    from graph.types.devices import Device
    from graph.types.sessions import ChargingSession
    from graph.types.sites import Site
    from graph.types.slots import Slot
    from graph.types.tariffs import Tariff
    from graph.types.vendor_subscriptions import VendorSubscription

VendorLink: TypeAlias = Annotated["Vendor", strawberry.lazy("graph.types.accounts")]
AccountLink: TypeAlias = Annotated["Account", strawberry.lazy("graph.types.accounts")]
SiteLink: TypeAlias = Annotated["Site", strawberry.lazy("graph.types.sites")]
DeviceLink: TypeAlias = Annotated["Device", strawberry.lazy("graph.types.devices")]
SlotLink: TypeAlias = Annotated["Slot", strawberry.lazy("graph.types.slots")]
BatteryLink: TypeAlias = Annotated["Battery", strawberry.lazy("graph.types.batteries")]
SessionLink: TypeAlias = Annotated["ChargingSession", strawberry.lazy("graph.types.sessions")]
TariffLink: TypeAlias = Annotated["Tariff", strawberry.lazy("graph.types.tariffs")]
CommandLink: TypeAlias = Annotated["Command", strawberry.lazy("graph.types.commands")]
SubscriptionLink: TypeAlias = Annotated["VendorSubscription", strawberry.lazy("graph.types.vendor_subscriptions")]
