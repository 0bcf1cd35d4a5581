"""What a client may ask lists for, and what that is in the words of `resolvers`."""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TypeVar

import strawberry

from graph import ids
from graph.errors import bad_input
from graph.types.arguments import given
from graph.types.fields import input_type, option, required
from model.refs import Kind, Ref
from model.states import (
    BatteryStatus,
    ChargingSessionKind,
    ChargingSessionStatus,
    CommandKind,
    CommandStatus,
    Connectivity,
    DeviceKind,
    EventType,
)
from resolvers import filters

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

OF_ACCOUNTS = "Of these accounts: their ids or keys."
OF_DEVICES = "Of these devices."


@input_type
class NearInput:
    """Within a circle."""

    latitude: float = required("Of the centre: WGS 84, -90 to 90.")
    longitude: float = required("Of the centre: WGS 84, -180 to 180.")
    radius_m: float = required("In metres.")

    def chosen(self) -> filters.Near:
        """The circle, if it is one."""
        check_position(self.latitude, self.longitude)
        if not self.radius_m >= 0:
            raise bad_input("radiusM is 0 or more")
        return filters.Near(self.latitude, self.longitude, self.radius_m)


@input_type
class SiteFilter:
    """Which sites: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    near: NearInput | None = option("Within this circle.")
    search: str | None = option("All these words in name, address, city or vendor id.")

    def chosen(self) -> filters.SiteFilter:
        """The same for `resolvers`."""
        return filters.SiteFilter(
            accounts=_each(self.account_ids, ids.account_key),
            near=self.near.chosen() if self.near else None,
            search=given(self.search),
        )


@input_type
class DeviceFilter:
    """Which devices: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    vendor_slugs: list[str] | None = option("Of these vendors.")
    kinds: list[DeviceKind] | None = option("Of these kinds.")
    connectivity: list[Connectivity] | None = option("Reached like this.")
    site_ids: list[strawberry.ID] | None = option("At these sites.")
    near: NearInput | None = option("Whose site is within this circle.")
    search: str | None = option("All these words in name, model, vendor id or site name.")

    def chosen(self) -> filters.DeviceFilter:
        """The same for `resolvers`."""
        return filters.DeviceFilter(
            accounts=_each(self.account_ids, ids.account_key),
            vendors=_all(self.vendor_slugs),
            kinds=_all(self.kinds),
            connectivity=_all(self.connectivity),
            sites=_each(self.site_ids, _of(Kind.SITE)),
            near=self.near.chosen() if self.near else None,
            search=given(self.search),
        )


@input_type
class BatteryFilter:
    """Which batteries: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    device_ids: list[strawberry.ID] | None = option("In these devices.")
    statuses: list[BatteryStatus] | None = option("With these statuses.")
    min_state_of_charge: float | None = option("Charged at least so far, 0 to 1; leaves out unknown charge.")

    def chosen(self) -> filters.BatteryFilter:
        """The same for `resolvers`."""
        least = given(self.min_state_of_charge)
        if least is not None and not 0 <= least <= 1:
            raise bad_input("minStateOfCharge is 0 to 1")
        return filters.BatteryFilter(
            accounts=_each(self.account_ids, ids.account_key),
            devices=_each(self.device_ids, _of(Kind.DEVICE)),
            statuses=_all(self.statuses),
            min_state_of_charge=least,
        )


@input_type
class ChargingSessionFilter:
    """Which sessions: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    device_ids: list[strawberry.ID] | None = option(OF_DEVICES)
    kinds: list[ChargingSessionKind] | None = option("Of these kinds.")
    statuses: list[ChargingSessionStatus] | None = option("With these statuses.")
    started_after: datetime | None = option("Started then or later.")
    started_before: datetime | None = option("Started before then.")

    def chosen(self) -> filters.SessionFilter:
        """The same for `resolvers`."""
        return filters.SessionFilter(
            accounts=_each(self.account_ids, ids.account_key),
            devices=_each(self.device_ids, _of(Kind.DEVICE)),
            kinds=_all(self.kinds),
            statuses=_all(self.statuses),
            started_after=given(self.started_after),
            started_before=given(self.started_before),
        )


@input_type
class CommandFilter:
    """Which commands: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    device_ids: list[strawberry.ID] | None = option("To these devices.")
    kinds: list[CommandKind] | None = option("Of these kinds.")
    statuses: list[CommandStatus] | None = option("With these statuses.")

    def chosen(self) -> filters.CommandFilter:
        """The same for `resolvers`."""
        return filters.CommandFilter(
            accounts=_each(self.account_ids, ids.account_key),
            devices=_each(self.device_ids, _of(Kind.DEVICE)),
            kinds=_all(self.kinds),
            statuses=_all(self.statuses),
        )


@input_type
class EventFilter:
    """Which events: those that meet every condition; one that is absent or empty lets everything through."""

    account_ids: list[strawberry.ID] | None = option(OF_ACCOUNTS)
    device_ids: list[strawberry.ID] | None = option(OF_DEVICES)
    types: list[EventType] | None = option("Of these types.")

    def chosen(self) -> filters.EventFilter:
        """The same for `resolvers`."""
        return filters.EventFilter(
            accounts=_each(self.account_ids, ids.account_key),
            devices=_each(self.device_ids, _of(Kind.DEVICE)),
            types=_all(self.types),
        )


def check_position(latitude: float, longitude: float) -> None:
    """Refuse what is no place on earth."""
    if not -90 <= latitude <= 90 or not -180 <= longitude <= 180:
        raise bad_input("latitude is -90 to 90 and longitude -180 to 180, in degrees")


def _each(values: Iterable[T] | None, read: Callable[[T], H]) -> frozenset[H] | None:
    return frozenset(map(read, values)) if values else None


def _all(values: Iterable[H] | None) -> frozenset[H] | None:
    return frozenset(values) if values else None


def _of(kind: Kind) -> Callable[[str], Ref]:
    return lambda text: ids.parse_as(text, kind)
