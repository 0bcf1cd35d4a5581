"""Reading back what a push speaks of, before anything of it is believed: where nobody signs, the vendor is asked.

The reading becomes known whatever it says. A push that it contradicts is not believed: a forged one, or one that is
sooner than the vendor's own records, and then the next look bears it out.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

import structlog

from hub.asking import asking
from hub.capabilities import offered
from hub.ingest.contradictions import device_contradicts, session_contradicts
from hub.ingest.knowledge import Knowledge
from hub.member import Member
from model.faults import Fault, NotFound, Rejected, Unsupported
from model.records import ChargingSession
from model.refs import Kind, Ref
from vendors.contract import DeviceReading, ReadsDevices, ReadsSessions
from vendors.kit.quota import Priority, Ticket
from vendors.receiving import Pushed

log = structlog.get_logger(__name__)

Shown: TypeAlias = DeviceReading | ChargingSession | Fault | None
"""What a look brought; None where this vendor offers none."""


class Verdict(Enum):
    """What looking says of a push."""

    BORNE_OUT = auto()
    """The vendor's own records show it."""
    UNPROVEN = auto()
    """Nobody can be asked, and nothing known speaks against it: it is recorded, and moves nothing."""
    CONTRADICTED = auto()
    """The vendor's own records show something else."""
    NOT_ASKED = auto()
    """The vendor could not be asked now."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict; `seen`: what was read for it. `retry_after_s`: how long the vendor wants to be left alone."""

    verdict: Verdict
    seen: tuple[Ref, ...] = ()
    retry_after_s: float = 0.0


class Proofs:
    """The looks of one account."""

    def __init__(self, member: Member, knowledge: Knowledge) -> None:
        """What is read goes into what is known."""
        self._member = member
        self._knowledge = knowledge

    async def look(self, refs: Collection[Ref]) -> Mapping[Ref, Shown]:
        """Read devices and sessions, each once, and keep what was read."""
        wanted = list(dict.fromkeys(refs))
        return dict(zip(wanted, await asyncio.gather(*map(self._read, wanted)), strict=True))

    async def judge(self, pushed: Pushed, shown: Mapping[Ref, Shown]) -> Judged:
        """What these looks say of a push."""
        looks = {ref: shown[ref] for ref in pushed.proof}
        faults = [look for look in looks.values() if isinstance(look, Fault)]
        if any(isinstance(fault, NotFound | Rejected) for fault in faults):
            return Judged(Verdict.CONTRADICTED)
        if faults:
            return Judged(Verdict.NOT_ASKED, retry_after_s=max(fault.retry_after_s or 0.0 for fault in faults))
        seen = tuple(ref for ref, look in looks.items() if look is not None)
        known = [look if look is not None else await self._known(ref) for ref, look in looks.items()]
        if any(_contradicts(pushed, one) for one in known):
            return Judged(Verdict.CONTRADICTED)
        return Judged(Verdict.BORNE_OUT if len(seen) == len(looks) else Verdict.UNPROVEN, seen)

    async def _read(self, ref: Ref) -> Shown:
        devices = offered(self._member.adapter, ReadsDevices) if ref.kind is Kind.DEVICE else None
        sessions = offered(self._member.adapter, ReadsSessions) if ref.kind is Kind.SESSION else None
        try:
            if devices is not None:
                return await self._read_device(devices, ref)
            if sessions is not None:
                return await self._read_session(sessions, ref)
        except Unsupported:
            return None
        except Fault as fault:
            return fault
        except Exception:
            log.exception("adapter failed", account=self._member.key, kind=ref.kind.value)
            return Fault("this gateway could not read the vendor's answer; the log has the details")
        return None

    async def _read_device(self, adapter: ReadsDevices, ref: Ref) -> DeviceReading:
        known = await self._knowledge.device(ref)
        async with asking(self._member, Ticket(priority=Priority.EVIDENCE)):
            seen = await adapter.read_device(ref, None if known is None else known.device.site)
        await self._knowledge.see_device(seen)
        return seen

    async def _read_session(self, adapter: ReadsSessions, ref: Ref) -> ChargingSession:
        async with asking(self._member, Ticket(priority=Priority.EVIDENCE)):
            seen = await adapter.read_session(ref)
        await self._knowledge.see_session(seen)
        return seen

    async def _known(self, ref: Ref) -> Shown:
        return await (self._knowledge.device(ref) if ref.kind is Kind.DEVICE else self._knowledge.session(ref))


def _contradicts(pushed: Pushed, shown: Shown) -> bool:
    if isinstance(shown, DeviceReading):
        return device_contradicts(pushed, shown)
    return isinstance(shown, ChargingSession) and session_contradicts(pushed, shown)
