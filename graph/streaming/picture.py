"""All that a stream of things begins with, handed on while it is still being made."""

import asyncio
from collections.abc import Iterable, Sequence


class Picture:
    """Answers that become more until it is whole. What was recorded after `number` may be missing in it."""

    def __init__(self, number: int) -> None:
        """Nothing in it yet; `number`: the log's end when it was begun."""
        self.number = number
        self._contents: list[bytes] = []
        self._is_whole = False
        self._failure: Exception | None = None
        self._more = asyncio.Event()

    def add(self, contents: Iterable[bytes]) -> None:
        """Some more."""
        self._contents += contents
        self._tell()

    def finish(self) -> None:
        """It is whole."""
        self._is_whole = True
        self._tell()

    def fail(self, failure: Exception) -> None:
        """It will never be whole."""
        self._failure = failure
        self._tell()

    async def after(self, count: int) -> Sequence[bytes]:
        """What follows so many answers, as soon as there is any; nothing when it is whole. Raises why it failed."""
        while count >= len(self._contents) and not self._is_whole:
            if self._failure is not None:
                raise self._failure
            await self._more.wait()
        return self._contents[count:]

    def _tell(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()
