"""Names that last: one `Ref` for everything a client can hold on to.

A ref is written `Kind:account:part[:part]`, each part percent-quoted, for example
`Device:cabinets-eu:XYZ00001` or `Slot:cabinets-eu:XYZ00001:3`. That string is also the Relay id.
It is readable on purpose, for the person who is called at night; clients must still treat it as opaque.
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self
from urllib.parse import quote, unquote


class Kind(StrEnum):
    """What a ref names; the value is the GraphQL type name."""

    VENDOR = "Vendor"
    ACCOUNT = "Account"
    SITE = "Site"
    DEVICE = "Device"
    SLOT = "Slot"
    BATTERY = "Battery"
    SESSION = "ChargingSession"
    TARIFF = "Tariff"
    COMMAND = "Command"
    SUBSCRIPTION = "VendorSubscription"
    EVENT = "Event"


class Ref(NamedTuple):
    """One thing of one account. `parts` are the vendor's own ids; a slot has two: its device's and its own."""

    kind: Kind
    account: str
    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The ref that `id` wrote. Raises ValueError when the text is not one."""
        kind, _, rest = text.partition(":")
        account, *parts = (unquote(part) for part in rest.split(":"))
        wanted = _PARTS[Kind(kind)]
        if not account or len(parts) != wanted or not all(parts):
            message = f"not an id: {text!r}"
            raise ValueError(message)
        return cls(Kind(kind), account, tuple(parts))

    @property
    def id(self) -> str:
        """The Relay id."""
        return _written(self)

    @property
    def native_id(self) -> str:
        """The vendor's own id, for a slot the slot's."""
        return self.parts[-1]

    @property
    def device(self) -> "Ref":
        """Of a slot: the device it belongs to."""
        return Ref(Kind.DEVICE, self.account, self.parts[:1])

    def __str__(self) -> str:
        return self.id


_PARTS = dict.fromkeys(Kind, 1) | {Kind.VENDOR: 0, Kind.ACCOUNT: 0, Kind.COMMAND: 0, Kind.EVENT: 0, Kind.SLOT: 2}


@lru_cache(maxsize=262_144)
def _written(ref: Ref) -> str:
    return ":".join((ref.kind.value, *(quote(part, safe="") for part in (ref.account, *ref.parts))))


def vendor_ref(slug: str) -> Ref:
    """A vendor; its slug stands where others have their account."""
    return Ref(Kind.VENDOR, slug, ())


def account_ref(key: str) -> Ref:
    """An account, by the `id` of its configuration."""
    return Ref(Kind.ACCOUNT, key, ())


def site_ref(account: str, native_id: str) -> Ref:
    """A site, by the vendor's own id."""
    return Ref(Kind.SITE, account, (native_id,))


def device_ref(account: str, native_id: str) -> Ref:
    """A device, by the vendor's own id."""
    return Ref(Kind.DEVICE, account, (native_id,))


def slot_ref(device: Ref, key: str | int) -> Ref:
    """A slot of a device: by the vendor's own id of it, else by its number."""
    return Ref(Kind.SLOT, device.account, (*device.parts, str(key)))


def battery_ref(account: str, native_id: str) -> Ref:
    """A battery, by the vendor's own id."""
    return Ref(Kind.BATTERY, account, (native_id,))


def session_ref(account: str, native_id: str) -> Ref:
    """A charging session, by the vendor's own id."""
    return Ref(Kind.SESSION, account, (native_id,))


def tariff_ref(account: str, native_id: str) -> Ref:
    """A tariff, by the vendor's own id."""
    return Ref(Kind.TARIFF, account, (native_id,))


def command_ref(number: str) -> Ref:
    """A command; it may be about several accounts, so its own number stands where others have their account."""
    return Ref(Kind.COMMAND, number, ())


def event_ref(number: str) -> Ref:
    """An event; its own number stands where others have their account."""
    return Ref(Kind.EVENT, number, ())


def subscription_ref(account: str, native_id: str) -> Ref:
    """A vendor subscription, by the vendor's own id."""
    return Ref(Kind.SUBSCRIPTION, account, (native_id,))
