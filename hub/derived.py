"""What was made of records, kept for as long as the very same records are asked about."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Derived:
    """So many results at most, the least lately asked for forgotten first."""

    def __init__(self, most: int) -> None:
        """Nothing was made yet."""
        self._most = most
        self._made: OrderedDict[Hashable, tuple[tuple[object, ...], Any]] = OrderedDict()

    def of(self, name: Hashable, sources: tuple[object, ...], make: Callable[[], T]) -> T:
        """What `make` makes of these sources: made anew only when one of them is another object than last time."""
        found = self._made.get(name)
        if found is None or not same(found[0], sources):
            found = self._made[name] = (sources, make())
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(name)
        result: T = found[1]
        return result


def same(sources: tuple[object, ...], others: tuple[object, ...]) -> bool:
    """Whether these are the very same objects in the same order."""
    return len(sources) == len(others) and all(one is other for one, other in zip(sources, others, strict=True))
