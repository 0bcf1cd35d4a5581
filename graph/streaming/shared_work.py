"""Work that is done once for all who need its result at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class SharedWork:
    """Pieces of work by name, each under way once. Whoever waits may go away; the work goes on for the others."""

    def __init__(self) -> None:
        """Nothing under way."""
        self._under_way: dict[Hashable, tuple[asyncio.Task[Any], asyncio.Event]] = {}

    async def result(self, name: Hashable, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - the work's own
        """What the work of this name finds; it is begun if it is not under way."""
        while True:
            self.begin(name, work)
            task, done = self._under_way[name]
            await done.wait()
            if not task.cancelled():  # else somebody came when everybody else had just gone
                return task.result()

    def begin(self, name: Hashable, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Begin the work of this name if it is not under way, without waiting for it."""
        if name in self._under_way:
            return
        done = asyncio.Event()
        task = asyncio.get_running_loop().create_task(work())

        def tell(_: object) -> None:
            del self._under_way[name]
            done.set()

        self._under_way[name] = task, done
        task.add_done_callback(tell)

    def cancel(self) -> None:
        """Nobody waits any more."""
        for task, _ in self._under_way.values():
            task.cancel()
