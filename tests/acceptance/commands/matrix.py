"""Which fault meets which command, and when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.acceptance.commands.scenes import SCENES, Scene
from vendors.kit.simulator import TRANSPORT_FAULTS, Switch
from vendors.registry import simulator_class

OUTAGES = ("http_503", "http_401", "http_429", "hang")
"""What the transport can do to all calls of a vendor that was just told something."""

OF_READS_TOO: Mapping[str, tuple[str, ...]] = {
    "bajie": ("code_2004", "code_2002", "code_800", "code_1055", "unknown_code", "no_data"),
    "letmecharge": (),
    "lvcchong": ("token_expired", "throttle", "invalid_json", "null_numbers"),
    "solax": (),
}
"""Faults that would stop a command at its first read if they were on for longer than the call that acts."""

OF_ONE_CHARGER = (
    "offline",
    "partial_failure",
    "device_refuses",
    "device_no_receive",
    "partial_timeout",
    "timeout_but_done",
    "ack_but_ignored",
    "acts_late",
    "acts_twice",
)
"""Faults that, once, hit one of the several things that a call is about."""

OF_ACTS: Mapping[str, tuple[str, ...]] = {
    "bajie": ("double_eject", "wrong_slot", "eject_nothing", "acts_late"),
    "lvcchong": ("start_double", "start_lost_reply", "result_never", "result_fail", "acts_late"),
}
OF_LOSS = ("reply_lost", "reset", "http_503")
"""What remains to be tried of commands that are done just as another: what the hardware does, and lost calls."""


class When(StrEnum):
    """When a fault is on."""

    NEVER = "healthy"
    ONCE = "once"
    """For one call: the first one that acts."""
    ALWAYS = "always"
    """From before the command until it is cleared."""
    AFTER = "after"
    """From the answer to the call that acts until it is cleared."""


@dataclass(frozen=True)
class Case:
    """One command that meets one fault."""

    scene: Scene
    when: When
    fault: str = ""

    def __str__(self) -> str:
        words = (self.scene.name, self.fault, self.when.value)
        return "-".join(word.replace("_", "-") for word in words if word)

    @property
    def switch(self) -> Switch:
        return Switch(path=self.scene.path, times=1) if self.when is When.ONCE else Switch()


def cases() -> list[Case]:
    """The whole matrix."""
    return [case for scene in SCENES.values() for case in _cases_of(scene)]


def _cases_of(scene: Scene) -> Iterator[Case]:
    yield Case(scene, When.NEVER)
    if scene.name == "solax-modes":
        yield from (Case(scene, When.ONCE, fault) for fault in OF_ONE_CHARGER)
        return
    if scene.is_like_another:
        yield from (Case(scene, When.ONCE, fault) for fault in OF_LOSS)
        yield from (Case(scene, When.ALWAYS, fault) for fault in OF_ACTS[scene.vendor])
        return
    yield from (Case(scene, When.ONCE, fault) for fault in (*TRANSPORT_FAULTS, *OF_READS_TOO[scene.vendor]))
    yield from (Case(scene, When.AFTER, fault) for fault in OUTAGES)
    if scene.rule.proof:
        yield from (Case(scene, When.ALWAYS, fault) for fault in simulator_class(scene.vendor).faults)
