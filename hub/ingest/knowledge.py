"""What one account's devices and sessions are known to be, and how pushes and what was read to prove them change that.

A push says a little of something, so it freshens nothing but what it says. It goes onto what is known and onto every
fetch that is under way, whose answer may be older than the push; a device that nobody has read yet is read in full by
whoever asks for it first.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hub import reads
from hub.ingest.newest import KnownStorage, Moment, Newest
from hub.ingest.patches import (
    Patch,
    patched_batteries,
    patched_device,
    patched_list,
    patched_session,
    patched_slots,
    patched_storage,
    words_of,
)
from hub.member import Member
from hub.parts import Key, Part, stamped
from hub.snapshots import Snapshots
from model.clock import Clock
from model.records import ChargingSession, Reading
from model.refs import Ref
from model.states import FreshnessSource
from vendors.contract import DeviceReading, StorageState
from vendors.receiving import Pushed, Said

_NEVER = datetime.min.replace(tzinfo=UTC)


class Knowledge:
    """One account's part of the snapshots."""

    def __init__(self, member: Member, snapshots: Snapshots, clock: Clock) -> None:
        """Over the snapshots that every query shares."""
        self._member = member
        self._snapshots = snapshots
        self._clock = clock
        self._newest = Newest(timedelta(seconds=member.settings.timeout_s))

    async def device(self, ref: Ref) -> DeviceReading | None:
        """A device as it was last read or listed."""
        own, listing = await self._snapshots.peek([self._key(Part.DEVICE, ref), self._key(Part.DEVICES)])
        found: list[DeviceReading] = [own.value] if own else []
        found += [one for one in (listing.value if listing else ()) if one.device.ref == ref]
        found.sort(key=lambda one: _date(one.device.reading), reverse=True)
        if not found:
            return None
        slots = next((one.slots for one in found if one.slots is not None), None)
        batteries = next((one.batteries for one in found if one.batteries is not None), None)
        return replace(found[0], slots=slots, batteries=batteries)

    async def session(self, ref: Ref) -> ChargingSession | None:
        """A session as it was last read or listed."""
        own, *lists = await self._snapshots.peek([self._key(Part.SESSION, ref), *self._lists()])
        found: list[ChargingSession] = [own.value] if own else []
        found += [one for entry in lists if entry for one in entry.value if one.ref == ref]
        return max(found, key=lambda one: _date(one.reading), default=None)

    async def hear(self, pushed: Pushed, heard_at: datetime, *, but: Sequence[Ref] = ()) -> None:
        """Believe what a push says, as far as it is news; `but` of these, which were read since."""
        moment = Moment(pushed.at, heard_at)
        if pushed.said is not None and pushed.said.device not in but:
            await self._hear_device(pushed.said, moment)
            if pushed.said.storage is not None:
                await self._hear_storage(pushed.said.device, pushed.said.storage, moment)
        if pushed.session is not None and pushed.session.ref not in but:
            await self._hear_session(pushed.session, moment)

    async def see_device(self, seen: DeviceReading) -> None:
        """A device was read."""
        reading = Reading(self._clock.now(), FreshnessSource.POLL)
        await self._snapshots.put(self._key(Part.DEVICE, seen.device.ref), stamped(seen, reading), reading)

    async def see_session(self, seen: ChargingSession) -> None:
        """A session was read."""
        reading = Reading(self._clock.now(), FreshnessSource.POLL)
        await self._snapshots.put(self._key(Part.SESSION, seen.ref), stamped(seen, reading), reading)
        await self._list(words_of(seen), seen, reading)

    async def _hear_device(self, said: Said, moment: Moment) -> None:
        patch = self._newest.of_device(said, moment, await self.device(said.device))
        if not patch.says_something:
            return
        reading = Reading(moment.heard_at, FreshnessSource.PUSH)
        ref = said.device
        amend = self._snapshots.amend
        await amend(self._key(Part.DEVICE, ref), partial(patched_device, patch=patch, reading=reading))
        await amend(self._key(Part.DEVICES), partial(_patched_listing, patch=patch, reading=reading))
        for part, patched in ((Part.SLOT_HEALTH, patched_slots), (Part.BATTERY_HEALTH, patched_batteries)):
            change: Any = partial(patched, patch=patch, reading=reading, grows=False)
            await amend(self._key(part, ref), change)

    async def _hear_storage(self, device: Ref, said: StorageState, moment: Moment) -> None:
        key = self._key(Part.STORAGE, device)
        (entry,) = await self._snapshots.peek([key])
        known = None if entry is None else KnownStorage(entry.value, entry.reading)
        words = self._newest.of_storage(device, said, moment, known)
        if words:
            value = patched_storage(entry.value if entry else None, words, said)
            await self._snapshots.put(key, value, Reading(moment.heard_at, FreshnessSource.PUSH))

    async def _hear_session(self, said: ChargingSession, moment: Moment) -> None:
        known = await self.session(said.ref)
        words = self._newest.of_session(said, moment, known)
        if not words:
            return
        reading = Reading(moment.heard_at, FreshnessSource.PUSH)
        key = self._key(Part.SESSION, said.ref)
        (entry,) = await self._snapshots.peek([key])
        await self._snapshots.amend(key, partial(patched_session, words=words, said=said, reading=reading))
        if entry is None:
            # Not fresh: whoever asks for the session reads all of it.
            value = patched_session(known or said, words, said, reading)
            await self._snapshots.put(key, value, Reading(None, FreshnessSource.PUSH))
        await self._list(words, said, reading)

    async def _list(self, words: Any, said: ChargingSession, reading: Reading) -> None:  # noqa: ANN401 - see patches
        for key in self._lists():
            running = key.part is Part.ACTIVE_SESSIONS
            change = partial(patched_list, words=words, said=said, reading=reading, only_running=running)
            await self._snapshots.amend(key, change)

    def _lists(self) -> list[Key]:
        """The lists of sessions that queries read when they do not ask for longer."""
        since = self._clock.now() - timedelta(days=self._member.settings.session_history_days)
        found = (reads.sessions(self._member, since), reads.active_sessions(self._member))
        return [read.key for read in found if read is not None]

    def _key(self, part: Part, ref: Ref | None = None) -> Key:
        return Key(self._member.key, part, "" if ref is None else ref.native_id)


def _patched_listing(known: Sequence[DeviceReading], patch: Patch, reading: Reading) -> tuple[DeviceReading, ...]:
    return tuple(patched_device(one, patch, reading) if one.device.ref == patch.device else one for one in known)


def _date(reading: Reading) -> datetime:
    return reading.fetched_at or _NEVER
