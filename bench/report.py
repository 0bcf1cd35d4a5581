"""What a measurement says: rows of one table, some with a bound that must hold."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. `ratio` is what is bounded where there is a bound: at most, or at least."""

    part: str
    what: str
    measured: str = ""
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bounds are kept."""
        value = 0.0 if self.ratio is None else self.ratio
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def cells(self) -> tuple[str, str, str, str, str]:
        """As text."""
        bound = " ".join(
            f"{sign} {_short(limit)}" for sign, limit in (("<=", self.at_most), (">=", self.at_least)) if limit is not None
        )
        verdict = ("holds: " if self.holds else "BROKEN: ") + bound if bound else ""
        return self.part, self.what, self.measured, "" if self.ratio is None else _short(self.ratio), verdict


def table(rows: Sequence[Row]) -> str:
    """All rows, in columns."""
    cells = [("part", "what", "measured", "ratio", "bound"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def machine() -> str:
    """What it was measured on."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {cpus} CPUs, everything on loopback"


def ms(seconds: float) -> str:
    """A short time."""
    return f"{seconds * 1000:.2f} ms"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"
