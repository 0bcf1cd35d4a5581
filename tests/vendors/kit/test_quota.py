from datetime import UTC, datetime

from vendors.kit.quota import OpenGate, Priority, Ticket, current_ticket


async def test_the_open_gate_lets_everybody_through() -> None:
    entered = 0
    for _ in range(3):
        async with OpenGate().passage():
            entered += 1
    assert entered == 3


def test_a_held_ticket_tells_whoever_asked_to_know() -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC)
    told: list[datetime | None] = []
    ticket = Ticket(on_held=lambda: told.append(ticket.held_until))

    ticket.hold(until)

    assert told == [until]


def test_a_held_ticket_needs_nobody_to_tell() -> None:
    until = datetime(2026, 6, 1, tzinfo=UTC)
    ticket = Ticket(priority=Priority.COMMAND)

    ticket.hold(until)

    assert ticket.held_until == until


def test_work_without_a_ticket_is_an_ordinary_read() -> None:
    assert current_ticket.get() is None
    assert Priority.COMMAND < Priority.READ
    assert Ticket().priority is Priority.READ
