"""Faults: each says to programs what it is, and to people what helps."""

import pytest

from model import faults
from model.faults import Fault, RateLimited, Rejected, Retryable, Terminal, Uncertain
from model.states import ProblemCode, Resolution

TABLE = {
    "Unreachable": (Retryable, ProblemCode.VENDOR_UNREACHABLE, Resolution.RETRY_LATER),
    "TimedOut": (Retryable, ProblemCode.VENDOR_TIMED_OUT, Resolution.RETRY_LATER),
    "RateLimited": (Retryable, ProblemCode.QUOTA_EXHAUSTED, Resolution.RETRY_LATER),
    "Unauthorised": (Terminal, ProblemCode.UNAUTHORIZED, Resolution.REAUTHENTICATE),
    "NotFound": (Terminal, ProblemCode.NOT_FOUND, Resolution.USER_ACTION),
    "Rejected": (Terminal, ProblemCode.REJECTED, Resolution.CONTACT_SUPPORT),
    "DeviceOffline": (Rejected, ProblemCode.DEVICE_OFFLINE, Resolution.RETRY_LATER),
    "Unsupported": (Terminal, ProblemCode.UNSUPPORTED, Resolution.NONE),
    "Malformed": (Terminal, ProblemCode.MALFORMED_RESPONSE, Resolution.CONTACT_SUPPORT),
    "Uncertain": (Fault, ProblemCode.OUTCOME_UNKNOWN, Resolution.CONTACT_SUPPORT),
}
INNER = {"Fault", "Retryable", "Terminal"}


def test_the_table_here_is_the_whole_tree() -> None:
    defined = {name for name, item in vars(faults).items() if isinstance(item, type) and issubclass(item, Fault)}
    assert defined == {*TABLE, *INNER}


@pytest.mark.parametrize(("name", "parent", "code", "resolution"), [(name, *row) for name, row in TABLE.items()])
def test_every_fault_has_its_parent_code_and_remedy(
    name: str, parent: type[Fault], code: ProblemCode, resolution: Resolution
) -> None:
    kind: type[Fault] = getattr(faults, name)
    assert kind.__bases__ == (parent,)
    fault = kind("what happened")
    assert (fault.code, fault.resolution, fault.message, str(fault)) == (
        code,
        resolution,
        "what happened",
        "what happened",
    )
    assert (fault.raw_code, fault.retry_after_s) == (None, None)


@pytest.mark.parametrize("name", sorted(INNER))
def test_a_fault_that_nobody_told_apart_is_ours(name: str) -> None:
    assert getattr(faults, name)("?").code is ProblemCode.INTERNAL


def test_the_tree_in_the_docstring_names_every_fault() -> None:
    assert faults.__doc__ is not None
    drawn = {word for line in faults.__doc__.splitlines() for word in line.split() if word.isalpha()}
    assert {*TABLE, *INNER} <= drawn


def test_what_the_vendor_added_is_kept() -> None:
    fault = RateLimited("slow down", raw_code="429", resolution=Resolution.USER_ACTION, retry_after_s=30)
    assert (fault.raw_code, fault.resolution, fault.retry_after_s) == ("429", Resolution.USER_ACTION, 30)
    assert (RateLimited("x").resolution, Uncertain("x").retry_after_s) == (Resolution.RETRY_LATER, None)
