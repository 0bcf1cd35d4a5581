"""What can be wished of sockets and connectors: to start charging, and to stop nobody's charge but the one meant."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar

from model.commands import Aim, Instruction
from model.records import ChargingSession, Customer, Slot
from model.refs import Ref
from model.states import ChargingSessionKind, ChargingSessionStatus, CommandKind, ProblemCode, Resolution
from resolvers.complaints import INPUT, Complaint, Refused, invalid
from resolvers.money import flaws_of_amount
from resolvers.ordering.finding import Finder
from resolvers.ordering.requests import PERSONAL
from resolvers.ordering.wish import Wish
from resolvers.scope import NOW
from resolvers.texts import flaws_of_text

LONGEST_MINUTES = 24 * 60
LONGEST_EMAIL = 254
LONGEST_PLATE = 32

OVER = frozenset({ChargingSessionStatus.COMPLETED, ChargingSessionStatus.INVALID, ChargingSessionStatus.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCharging(Wish):
    """Start a charge."""

    kind: ClassVar = CommandKind.START_CHARGING
    about: ClassVar = "slotId"
    slot: Ref
    minutes: int | None = None
    prepaid: Decimal | None = None
    tariff: Ref | None = None
    customer_email: str | None = field(default=None, repr=False, metadata={PERSONAL: True})
    license_plate: str | None = field(default=None, repr=False, metadata={PERSONAL: True})

    def flaws(self) -> Iterator[Complaint]:
        """Times, amounts and people that cannot be."""
        if self.minutes is not None and not 1 <= self.minutes <= LONGEST_MINUTES:
            yield invalid(f"minutes is 1 to {LONGEST_MINUTES}", "minutes")
        yield from flaws_of_amount(self.prepaid, "prepaid")
        if self.tariff is not None and self.tariff.account != self.slot.account:
            yield invalid("this is a tariff of another account than the slot's", "tariffId")
        yield from _flaws_of_email(self.customer_email)
        yield from flaws_of_text(self.license_plate, LONGEST_PLATE, "licensePlate")

    def instruction(self) -> Instruction:
        """For how long, for how much, for whom."""
        known = self.customer_email is not None or self.license_plate is not None
        customer = Customer(email=self.customer_email, license_plate=self.license_plate) if known else None
        return Instruction(minutes=self.minutes, prepaid=self.prepaid, tariff=self.tariff, customer=customer)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """The slot."""
        slot = await find.slot(self.slot, "slotId")
        return (Aim(device=slot.ref.device, slot=slot.ref),)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCharging(Wish):
    """Stop a charge, named by itself, by where it runs, or by both."""

    kind: ClassVar = CommandKind.STOP_CHARGING
    about: ClassVar = "slotId"
    slot: Ref | None = None
    session: Ref | None = None
    expected_session: Ref | None = None

    def flaws(self) -> Iterator[Complaint]:
        """Nothing named, or two sessions."""
        if self.slot is None and self.session is None:
            yield NOTHING_NAMED
        if self.session is not None and self.expected_session not in (None, self.session):
            yield _another_runs(self.session)

    async def aims(self, find: Finder) -> tuple[Aim, ...]:
        """Where it runs, and the session itself, so that no other is stopped in its place."""
        if self.session is not None:
            return (await self._at_session(self.session, find),)
        if self.slot is not None:
            return (await self._at_slot(self.slot, find),)
        raise Refused(NOTHING_NAMED)

    def field_of(self, position: int) -> tuple[str, ...]:
        """The session where it was named."""
        del position
        return ("slotId" if self.session is None else "sessionId",)

    async def _at_session(self, ref: Ref, find: Finder) -> Aim:
        session = await find.session(ref, "sessionId")
        if session.kind is ChargingSessionKind.RENTAL:
            raise Refused(invalid("this is a rental and no charge: completeRental closes it", "sessionId"))
        if session.status in OVER:
            message = "this session has ended already; there is nothing to stop"
            raise Refused(Complaint(ProblemCode.REJECTED, message, (INPUT, "sessionId"), Resolution.USER_ACTION))
        slot = session.slot or self.slot
        device = slot.device if slot else session.device
        if self.slot is not None and (slot != self.slot or session.device not in (None, self.slot.device)):
            raise Refused(invalid("sessionId runs elsewhere: name the slot or the session, not both", "slotId"))
        if device is None:
            raise Refused(invalid("the vendor does not say where this session runs: name the slot too", "sessionId"))
        await find.device(device, "sessionId")
        return Aim(device=device, slot=slot, session=session.ref)

    async def _at_slot(self, ref: Ref, find: Finder) -> Aim:
        """Where no session is known to run the slot alone is named: its vendor is asked again right before the act."""
        slot = await find.slot(ref, "slotId")
        running = await find.running(slot)
        if self.expected_session is not None and (running is None or running.ref != self.expected_session):
            running = await self._expected(self.expected_session, slot, find)
        return Aim(device=slot.ref.device, slot=slot.ref, session=running.ref if running else None)

    async def _expected(self, expected: Ref, slot: Slot, find: Finder) -> ChargingSession:
        """The expected session, if it runs there after all; lists of running sessions may lag behind it."""
        running = await find.running(slot, NOW)
        if running is None and expected.account == slot.ref.account:
            found = await find.session_now(expected)
            running = found if found and found.slot == slot.ref and found.status not in OVER else None
        if running is None or running.ref != expected:
            raise Refused(_another_runs(running.ref if running else None))
        return running


NOTHING_NAMED = invalid("name what is to stop: slotId, sessionId, or both")


def _another_runs(running: Ref | None) -> Complaint:
    what = f"another session runs there: {running.id}" if running else "the expected session does not run there"
    field_path = (INPUT, "expectedSessionId")
    return Complaint(ProblemCode.CONFLICT, f"{what}; nothing was stopped", field_path, Resolution.USER_ACTION)


def _flaws_of_email(email: str | None) -> Iterator[Complaint]:
    """Only what no address can be: whether it is one, its mail server knows."""
    yield from flaws_of_text(email, LONGEST_EMAIL, "customerEmail", least=3)
    if email is not None and (email.count("@") != 1 or email[0] == "@" or email[-1] == "@" or " " in email):
        yield invalid("customerEmail is no e-mail address", "customerEmail")
