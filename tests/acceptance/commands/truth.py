"""What a command must say in the end, given what its hardware did: no more and no less than that."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from model.commands import CommandTarget
from model.states import CommandStatus
from tests.acceptance.commands.matrix import Case
from tests.acceptance.commands.playing import Deed, Outcome
from vendors.kit.simulator import Act

CONFIRMED = {CommandStatus.CONFIRMED}
OUTCOME_UNKNOWN = {CommandStatus.OUTCOME_UNKNOWN}
NOT_DONE = {CommandStatus.REJECTED, CommandStatus.FAILED, CommandStatus.TIMED_OUT, CommandStatus.CANCELLED}
NOT_YET_KNOWN = {CommandStatus.ACKNOWLEDGED, CommandStatus.TIMED_OUT, CommandStatus.OUTCOME_UNKNOWN}
SENT_WITHOUT_PROOF = {CommandStatus.SENT, CommandStatus.OUTCOME_UNKNOWN}
REFUSED_WITHOUT_PROOF = {CommandStatus.REJECTED, CommandStatus.OUTCOME_UNKNOWN}

ACTS_ELSE = {"double_eject", "wrong_slot", "starts_twice", "start_double", "stop_race", "acts_twice"}
"""Faults whose very point is that more happens than one call asks for, or something else."""

STATE_IS_AS_ASKED: Mapping[tuple[str, str], str] = {
    ("bajie-eject-all", "native_rental"): (
        "customers took some of the batteries themselves just before, and the cabinet is as empty as it was to be"
    ),
    **dict.fromkeys(
        [
            ("letmecharge-stop", "payment_error_with_energy"),
            ("letmecharge-stop", "internal_error"),
            ("letmecharge-stop", "provider_error"),
        ],
        "the charge ended by itself before the stop reached it, and a stop asks for no more than that it is over",
    ),
    **dict.fromkeys(
        [("solax-mode", "acts_twice"), ("solax-modes", "acts_twice")],
        "a mode is absolute: a charger that sets it twice is where it was to be, and nobody can see a difference",
    ),
}
"""Scene and fault (any, where it is empty) with which what was asked for may hold without being done just once."""


PROVEN_WITH_THE_ANSWER_ONLY = {"bajie-report", "bajie-heartbeat"}
"""A later handshake is the vendor's only word of either, and cabinets give a sign of life each minute anyway: once the
answer is lost nothing tells whether this one was asked for."""


def is_as_asked_anyway(case: Case) -> bool:
    """Whether CONFIRMED is the truth although the hardware did not do just what it was told."""
    return bool(STATE_IS_AS_ASKED.keys() & {(case.scene.name, case.fault), (case.scene.name, "")})


def true_ends(case: Case, deed: Deed, outcome: Outcome) -> AbstractSet[CommandStatus]:
    """What may be said of a target in the end."""
    if not case.scene.rule.proof:
        return SENT_WITHOUT_PROOF if deed.is_done else REFUSED_WITHOUT_PROOF
    if case.scene.name in PROVEN_WITH_THE_ANSWER_ONLY:
        return CONFIRMED | {CommandStatus.TIMED_OUT} if deed.is_done else CONFIRMED | NOT_DONE
    if is_as_asked_anyway(case):
        return CONFIRMED if deed.is_done else CONFIRMED | NOT_DONE
    if outcome.surplus:
        return OUTCOME_UNKNOWN if deed.is_untouched else OUTCOME_UNKNOWN | CONFIRMED
    if deed.is_done:
        return CONFIRMED
    return NOT_DONE if deed.is_untouched else OUTCOME_UNKNOWN


def true_meanwhile(case: Case, deed: Deed, outcome: Outcome) -> AbstractSet[CommandStatus]:
    """What may be said of it while the fault is still on, at a time when every deadline is over."""
    if not case.scene.rule.proof:
        return SENT_WITHOUT_PROOF | REFUSED_WITHOUT_PROOF
    if deed.is_untouched and not outcome.surplus:
        return true_ends(case, deed, outcome) | OUTCOME_UNKNOWN
    return true_ends(case, deed, outcome) | NOT_YET_KNOWN


def is_named(act: Act, target: CommandTarget) -> bool:
    """Whether people are told of what was done beside or instead of what they asked for."""
    told = target.problem.message if target.problem else ""
    return any(name in told for name in (act.subject.rpartition("/")[2], act.cause) if name)
