"""Measured times, and what is said of them."""

from collections.abc import Awaitable, Callable, Sequence
from statistics import median, quantiles
from time import perf_counter

__all__ = ["median", "p95", "repeated", "taken"]


def p95(seconds: Sequence[float]) -> float:
    """What nineteen of twenty stay below."""
    return quantiles(seconds, n=20)[-1]


async def taken(work: Callable[[], Awaitable[object]]) -> float:
    """How many seconds it takes."""
    began = perf_counter()
    await work()
    return perf_counter() - began


async def repeated(times: int, work: Callable[[], Awaitable[object]]) -> list[float]:
    """How many seconds it takes, each time."""
    return [await taken(work) for _ in range(times)]
