"""What becomes of a command that was taken: who can be told, who obeys and when, who answers, and when it is over.

The fate of each charger is drawn when the command is taken; after that only time passes. Whatever a charger does is
written down as an act, with the taskId as its cause.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from vendors.kit.simulator import Simulator
from vendors.solax.simulated_callbacks import PILE_CMD, Callbacks
from vendors.solax.simulated_fleet import Charger, Fleet, Mode

ISSUED_AFTER_S = 0.5
QUICKEST_ANSWER_S, SLOWEST_ANSWER_S = 1.0, 5.0
COMPLETED_AFTER_S = 0.5
"""When the last charger has answered."""
GIVEN_UP_AFTER_S = 30.0
FORGED_AFTER_S = 1.0
AGAIN_AFTER_S = 10.0


class Fate(NamedTuple):
    """What one charger does: sets its mode after so many seconds each, and answers with a code, or None."""

    acts_s: tuple[float, ...]
    code: int | None
    answers_s: float


@dataclass
class Task:
    """A mode for some chargers; `waiting`: who has not answered yet."""

    id: str
    mode: Mode
    callbacks: Callbacks
    waiting: set[str] = field(default_factory=set)
    is_complete: bool = False


class Tasks:
    """The commands under way at one fleet."""

    def __init__(self, simulator: Simulator, fleet: Fleet) -> None:
        self._simulator = simulator
        self._fleet = fleet

    def start(self, serials: Sequence[str], mode: Mode, callback_url: str, *, is_hasty: bool) -> str:
        """Take a command. Gives its taskId. `is_hasty`: the first callback goes out at once.

        When no charger can be told nothing is left to complete, and no third callback comes.
        """
        simulator = self._simulator
        failures = self._failures(serials)
        told = [serial for serial in serials if serial not in failures]
        task_id = f"{simulator.random.getrandbits(128):032x}"
        is_reversed = bool(told) and simulator.struck("callback_reorder", PILE_CMD) is not None
        callbacks = Callbacks(simulator, task_id, callback_url, is_reversed=is_reversed)
        task = Task(task_id, mode, callbacks, set(told))
        simulator.later(0 if is_hasty else ISSUED_AFTER_S, partial(callbacks.issued, told, failures))
        if simulator.struck("callback_forged", PILE_CMD):
            simulator.later(FORGED_AFTER_S, partial(callbacks.forged, serials[0]))
        for serial in told:
            self._tell(task, self._fleet.chargers[serial])
        if told:
            simulator.later(GIVEN_UP_AFTER_S, partial(self._complete, task))
        return task_id

    def _failures(self, serials: Sequence[str]) -> list[str]:
        """Whom the cloud cannot tell: strangers, whoever is offline, and the victims of a switch."""
        if self._simulator.struck("all_failed", PILE_CMD):
            return list(serials)
        spared = serials[0] if len(serials) > 1 and self._names_nobody("partial_failure") else None
        return [
            serial
            for serial in serials
            if serial not in self._fleet.chargers
            or not self._fleet.chargers[serial].is_online
            or self._hits("offline", serial)
            or (serial != spared and self._hits("partial_failure", serial))
        ]

    def _tell(self, task: Task, charger: Charger) -> None:
        fate = self._fate(charger.serial)
        for seconds in fate.acts_s:
            self._simulator.later(seconds, partial(self._obey, task, charger))
        if fate.code is not None:
            self._simulator.later(fate.answers_s, partial(self._answer, task, charger, fate.code))

    def _fate(self, serial: str) -> Fate:
        after_s = self._simulator.random.uniform(QUICKEST_ANSWER_S, SLOWEST_ANSWER_S)
        if self._hits("partial_timeout", serial):
            return Fate((), None, after_s)
        if switch := self._simulator.struck("timeout_but_done", PILE_CMD):
            return Fate((float(switch.value or 45),), None, after_s)
        if self._hits("device_no_receive", serial):
            return Fate((), 1, after_s)
        if self._hits("device_refuses", serial):
            return Fate((), 2, after_s)
        if self._hits("ack_but_ignored", serial):
            return Fate((), 0, after_s)
        if switch := self._simulator.struck("acts_late", PILE_CMD):
            return Fate((float(switch.value or 90),), 0, after_s)
        if self._hits("acts_twice", serial):
            return Fate((after_s, after_s + AGAIN_AFTER_S), 0, after_s)
        return Fate((after_s,), 0, after_s)

    def _obey(self, task: Task, charger: Charger) -> None:
        """A charger that went offline meanwhile does not hear of it any more."""
        if charger.is_online:
            self._fleet.set_mode(charger, task.mode, self._simulator.now)
            self._simulator.act(f"mode {task.mode.name}", charger.serial, task.id)

    def _answer(self, task: Task, charger: Charger, code: int) -> None:
        if not charger.is_online:
            return
        task.callbacks.answered(charger.serial, code)
        task.waiting.discard(charger.serial)
        if not task.waiting:
            self._simulator.later(COMPLETED_AFTER_S, partial(self._complete, task))

    def _complete(self, task: Task) -> None:
        if not task.is_complete:
            task.is_complete = True
            task.callbacks.completed(sorted(task.waiting))

    def _names_nobody(self, name: str) -> bool:
        switch = self._simulator.switched(name)
        return switch is None or switch.value is None

    def _hits(self, name: str, serial: str) -> bool:
        """Whether a switch hits this charger: the luck is drawn for each, unless its value names others."""
        switch = self._simulator.switched(name)
        if switch is None or (switch.value is not None and serial not in str(switch.value)):
            return False
        return self._simulator.struck(name, PILE_CMD) is not None
