"""Why a mutation did nothing: data for the client, where in its input the reason lies, and what helps."""

from collections.abc import Iterable
from dataclasses import dataclass

from model.faults import Fault
from model.records import Problem
from model.states import ProblemCode, Resolution

INPUT = "input"
"""The argument of every mutation, at which the path to a field begins."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One reason. `field`: the path to what is wrong, in the client's names; None when it is not about one field."""

    code: ProblemCode
    message: str
    field: tuple[str, ...] | None
    resolution: Resolution


class Refused(Exception):
    """A mutation that is not done, with all the reasons that were found."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(*(complaint.message for complaint in complaints))
        self.complaints = complaints


def invalid(message: str, *field: str) -> Complaint:
    """The input is wrong at this field; `message` says how to mend it."""
    return Complaint(ProblemCode.INVALID_INPUT, message, (INPUT, *field), Resolution.USER_ACTION)


def not_found(message: str, *field: str) -> Complaint:
    """The input names something that nobody knows."""
    return Complaint(ProblemCode.NOT_FOUND, message, (INPUT, *field), Resolution.USER_ACTION)


def of_fault(fault: Fault, *field: str) -> Complaint:
    """What an adapter said no to; about one field of the input where any is given."""
    return Complaint(fault.code, fault.message, (INPUT, *field) if field else None, fault.resolution)


def of_problem(problem: Problem, *field: str) -> Complaint:
    """What is known to stand against what this field names."""
    return Complaint(problem.code, problem.message, (INPUT, *field), problem.resolution)


def refuse_if(complaints: Iterable[Complaint]) -> None:
    """Raises Refused when there is anything to complain about."""
    found = tuple(complaints)
    if found:
        raise Refused(*found)
