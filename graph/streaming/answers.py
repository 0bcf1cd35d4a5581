"""Answers that were executed lately: for readers who are a little slower, or come a little later, than the first."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

MOST_ANSWERS = 5_000
MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What readers are sent, encoded; empty where there is nothing to show.

    `number`: the log's end when its execution began, `at` the monotonic time of that. `left_at`: of a thing that does
    not belong to the stream any more, the number at which it left: whoever knows that already is not sent it.
    """

    number: int
    at: float
    content: bytes
    left_at: int | None = None


class Answers:
    """The newest answers by key; the oldest are forgotten first, and executed again for whoever needs them."""

    def __init__(self) -> None:
        """None yet."""
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Answer | None:
        """The answer that is kept under this key."""
        return self._answers.get(key)

    def keep(self, key: Hashable, answer: Answer) -> None:
        """Keep this one instead of an older one."""
        self._forget(self._answers.pop(key, None))
        self._answers[key] = answer
        self._bytes += len(answer.content)
        while len(self._answers) > MOST_ANSWERS or self._bytes > MOST_BYTES:
            self._forget(self._answers.popitem(last=False)[1])

    def _forget(self, answer: Answer | None) -> None:
        self._bytes -= len(answer.content) if answer else 0
