"""The newest wins, word by word: what is older than what is known changes nothing, in whatever order it arrives.

Two words are compared by the device's own clock where both have it, else by when they reached this gateway. What was
read from the vendor comes between: a push that is older than the reading says nothing new.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from hub.ingest.patches import Patch, Words, words_of, words_of_device, words_of_storage
from model.records import ChargingSession, Reading
from model.refs import Ref
from model.states import FreshnessSource
from vendors.contract import DeviceReading, StorageState
from vendors.receiving import Said

MOST_REMEMBERED = 50_000
"""Things of which it is known what was said when; each has a few words."""
CLOCKS_DIFFER_BY = timedelta(minutes=2)
"""At most, between a vendor's clock and ours: a push may be so much older than a reading and still be news to it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was so: by the device's clock, where it says, and when this gateway heard of it."""

    at: datetime | None
    heard_at: datetime

    def is_before(self, other: "Moment") -> bool:
        """Whether this is older."""
        if self.at is not None and other.at is not None:
            return self.at < other.at
        return self.heard_at < other.heard_at


class Dated(Protocol):
    """A record that says when it was read."""

    @property
    def observed_at(self) -> datetime | None:
        """By the device's clock."""
        ...

    @property
    def reading(self) -> Reading:
        """By ours."""
        ...


@dataclass(slots=True)
class _Said:
    """What was said when of one thing since it was last read; how it was read, and its device's date then."""

    read: Reading | None = None
    observed_at: datetime | None = None
    words: dict[str, Moment] = field(default_factory=dict)


class Newest:
    """What was said when, for as long as this process remembers; after that by the records' own dates."""

    def __init__(self, reading_takes: timedelta) -> None:
        """`reading_takes`: how long a reading may have begun before it ended."""
        self._reading_takes = reading_takes
        self._things: OrderedDict[tuple[Ref, str], _Said] = OrderedDict()

    def of_device(self, said: Said, moment: Moment, known: DeviceReading | None) -> Patch:
        """What of this is news."""
        device = None if known is None else known.device
        slots = {slot.ref: slot for slot in (known.slots if known else None) or ()}
        batteries = {battery.ref: battery for battery in (known.batteries if known else None) or ()}
        of_slots = {
            slot.ref: (slot, words)
            for slot in said.slots
            if (words := self._news(slot.ref, words_of(slot), moment, slots.get(slot.ref) or device))
        }
        of_batteries = {
            battery.ref: (battery, words)
            for battery in said.batteries
            if self._is_still_there(battery.slot, moment)
            and (words := self._news(battery.ref, words_of(battery), moment, batteries.get(battery.ref) or device))
        }
        inventory = words_of(said.inventory) if said.inventory is not None else {}
        return Patch(
            device=said.device,
            observed_at=moment.at,
            connectivity=self._news(said.device, words_of_device(said), moment, device),
            inventory=self._news(said.device, inventory, moment, device),
            slots=of_slots,
            batteries=of_batteries,
            said_inventory=said.inventory,
        )

    def of_storage(self, device: Ref, said: StorageState, moment: Moment, known: "KnownStorage | None") -> Words:
        """What of this is news."""
        return self._news(device, words_of_storage(said), moment, known, aspect="storage")

    def of_session(self, said: ChargingSession, moment: Moment, known: ChargingSession | None) -> Words:
        """What of this is news."""
        return self._news(said.ref, words_of(said), moment, known)

    def _is_still_there(self, slot: Ref | None, moment: Moment) -> bool:
        """Whether nothing newer is known to have happened in the slot where a battery is said to be."""
        thing = None if slot is None else self._things.get((slot, ""))
        newest = None if thing is None else thing.words.get("battery")
        return newest is None or not moment.is_before(newest)

    def _news(self, ref: Ref, words: Words, moment: Moment, known: Dated | None, *, aspect: str = "") -> Words:
        if not words:
            return words
        thing = self._thing((ref, aspect), known)
        if thing.read is not None and self._is_outdated(moment, thing.observed_at, thing.read):
            return {}
        news = {
            name: word
            for name, word in words.items()
            if (before := thing.words.get(name)) is None or not moment.is_before(before)
        }
        thing.words.update(dict.fromkeys(news, moment))
        return news

    def _thing(self, name: tuple[Ref, str], known: Dated | None) -> _Said:
        """What is remembered of this thing; begun anew when it was read since."""
        thing = self._things.setdefault(name, _Said())
        self._things.move_to_end(name)
        if len(self._things) > MOST_REMEMBERED:
            self._things.popitem(last=False)
        if known is not None and known.reading.source is not FreshnessSource.PUSH and known.reading != thing.read:
            thing.read, thing.observed_at, thing.words = known.reading, known.observed_at, {}
        return thing

    def _is_outdated(self, moment: Moment, observed_at: datetime | None, read: Reading) -> bool:
        """Whether a reading is newer than this."""
        fetched_at = read.fetched_at
        if fetched_at is not None and moment.heard_at < fetched_at - self._reading_takes:
            return True
        if moment.at is None:
            return False
        if observed_at is not None:
            return moment.at < observed_at
        return fetched_at is not None and moment.at < fetched_at - CLOCKS_DIFFER_BY


@dataclass(frozen=True, slots=True)
class KnownStorage:
    """The storage of a device as it is known, with its dates where other records have them."""

    state: StorageState
    reading: Reading

    @property
    def observed_at(self) -> datetime | None:
        """By the device's clock."""
        return self.state.observed_at
