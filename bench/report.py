"""What a measurement says: rows of one table, some with a bound that must hold."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` is what is bounded where there is a bound: at most, or at least."""

    what: str
    measured: str = ""
    _: KW_ONLY
    ratio: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the bounds are kept."""
        value = 0.0 if self.ratio is None else self.ratio
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def cells(self) -> tuple[str, str, str, str]:
        """As text."""
        limits = (("<=", self.at_most), (">=", self.at_least))
        bound = " and ".join(f"{sign} {_short(limit)}" for sign, limit in limits if limit is not None)
        verdict = f"{'holds' if self.holds else 'BROKEN'}: {bound}" if bound else ""
        return self.what, self.measured, "" if self.ratio is None else _short(self.ratio), verdict


def table(parts: Mapping[str, Sequence[Row]]) -> str:
    """The rows of every part, in columns."""
    cells = {part: [("  " + row.cells()[0], *row.cells()[1:]) for row in rows] for part, rows in parts.items()}
    head = ("", "measured", "ratio", "bound")
    widths = [max(len(line[column]) for lines in cells.values() for line in (head, *lines)) for column in range(4)]

    def written(line: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()

    body = [text for part, lines in cells.items() for text in ("", part, *map(written, lines))]
    return "\n".join([written(head), *body])


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
