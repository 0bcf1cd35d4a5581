"""Which answers are still remembered of parts with endlessly many keys: the newest, and so many records in all."""

from hub.parts import Key

MOST_RECORDS = 200_000
"""Of all accounts together: a few dozen megabytes."""


class Passing:
    """The keys in the order of their last answers, each with how many records it holds."""

    def __init__(self, most_records: int = MOST_RECORDS) -> None:
        """Nothing is remembered yet."""
        self._most_records = most_records
        self._sizes: dict[Key, int] = {}

    def note(self, key: Key, records: int) -> list[Key]:
        """A new answer under this key. The keys that have to be forgotten for it, oldest first; never its own."""
        self._sizes.pop(key, None)
        self._sizes[key] = max(1, records)
        forgotten = []
        excess = sum(self._sizes.values()) - self._most_records
        for other, size in list(self._sizes.items())[:-1]:
            if excess <= 0:
                break
            excess -= size
            forgotten.append(other)
            del self._sizes[other]
        return forgotten
