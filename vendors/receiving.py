"""What vendors push to this gateway: verified, taken apart item by item, and put into our words. Pure: no I/O.

A Receiver is made for each account. `verify` looks at the signature where the account has one configured, `read` gives
what the push says. What an item says is believed as it is, or only after `proof` was read back: where the vendor does
not sign, nothing that moves a rental, money or a command is believed on its word alone.
Sources: sections 5 and 6 of each vendor's sheet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol

from model.events import Happening
from model.records import Battery, CabinetInventory, ChargingSession, Slot
from model.refs import Ref
from model.states import Connectivity
from vendors.contract import StorageState


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A request that came to an account's webhook. `headers`: names in lower case."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case; empty when none was given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a push says of one device. None, an empty tuple and UNKNOWN within a record: it does not say."""

    device: Ref
    connectivity: Connectivity | None = None
    inventory: CabinetInventory | None = None
    slots: tuple[Slot, ...] = ()
    batteries: tuple[Battery, ...] = ()
    storage: StorageState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """One thing that a push says.

    `key` is the same when the vendor says the same again; with `repeats_within` only for so long, since the same words
    can be true twice. `at`: when it was so by the device's own clock; what is older than what is known of the same
    device or session changes nothing. `proof`: devices and sessions to be read back before anything of it is believed.
    """

    key: str
    happening: Happening
    at: datetime | None = None
    repeats_within: timedelta | None = None
    said: Said | None = None
    session: ChargingSession | None = None
    proof: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item of a push that cannot be read; the others can. `reason` holds no data of the item."""

    reason: str


class Receiver(Protocol):
    """Reads the pushes of one account."""

    answer: Mapping[str, object]
    """The JSON that the vendor expects once a push is kept."""

    def verify(self, push: Push) -> None:
        """Raises Unauthorised when the account has a signature configured and the push does not carry it."""
        ...

    def read(self, push: Push) -> Sequence[Pushed | Unreadable]:
        """Everything that it says, in its order. Raises Malformed when nothing of it can be read."""
        ...


def digest(*parts: object) -> str:
    """A key from what identifies a thing; None is a part like any other."""
    return sha256("\x1f".join("\x00" if part is None else str(part) for part in parts).encode()).hexdigest()
