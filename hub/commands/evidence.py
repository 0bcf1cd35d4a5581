"""What vendors say of targets, as moves."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from hub.commands.moves import Move
from hub.health import problem_of
from model.faults import Fault
from model.records import Problem, RawCode
from model.states import CommandStatus
from vendors.acting import Evidence


def moves_of(account: str, found: Iterable[Evidence], now: datetime) -> list[Move]:
    """A move for each piece of evidence that says something of the outcome."""
    return [
        Move(
            position=one.position,
            status=one.status,
            problem=None if one.fault is None else _problem(account, one.fault, now),
            raw=one.raw or _raw(one.fault),
            battery=one.battery,
            session=one.session,
        )
        for one in found
        if one.status is not None
    ]


def all_moved(
    account: str, positions: Iterable[int], status: CommandStatus, now: datetime, fault: Fault | None = None
) -> list[Move]:
    """The same move for many targets."""
    return moves_of(account, [Evidence(position=one, status=status, fault=fault) for one in positions], now)


def _problem(account: str, fault: Fault, now: datetime) -> Problem:
    wait_s = fault.retry_after_s
    return problem_of(fault, account, None if wait_s is None else now + timedelta(seconds=wait_s))


def _raw(fault: Fault | None) -> RawCode | None:
    return None if fault is None or fault.raw_code is None else RawCode(fault.raw_code)
