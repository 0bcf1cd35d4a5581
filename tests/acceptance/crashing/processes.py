"""Processes of their own, forked from one that has everything imported: quick to start, and killed like any other."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec

P = ParamSpec("P")

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["__main__", "tests.acceptance.crashing.warm"],
)


class Child:
    """A running process."""

    def __init__(self, process: multiprocessing.process.BaseProcess, word: Connection) -> None:
        self._process = process
        self._word = word

    async def said(self, within_s: float) -> Any:
        """The next thing that it sends. Raises TimeoutError, and EOFError when it ended without a word."""
        await _readable(self._word.fileno(), within_s)
        return self._word.recv()

    async def ended(self, within_s: float) -> int:
        """Its exit code; the number of a signal, negative, when that killed it. Raises TimeoutError."""
        await _readable(self._process.sentinel, within_s)
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode


@asynccontextmanager
async def started(
    target: Callable[Concatenate[Connection, P], None], *given: P.args, **named: P.kwargs
) -> AsyncIterator[Child]:
    """A process that does this, and sends what it has to say through its first argument; killed at the end."""
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=target, args=(theirs, *given), kwargs=named, daemon=True)
    process.start()
    theirs.close()
    try:
        yield Child(process, ours)
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


async def _readable(descriptor: int, within_s: float) -> None:
    """Until there is something to read, or nothing any more."""
    loop = asyncio.get_running_loop()
    is_there = asyncio.Event()
    loop.add_reader(descriptor, is_there.set)
    try:
        await asyncio.wait_for(is_there.wait(), within_s)
    finally:
        loop.remove_reader(descriptor)
