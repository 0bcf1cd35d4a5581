"""Runs the measurements and prints one table; ends with 1 when a bound is broken."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

from app.serving import run
from bench import cold, commands, isolation, live, quota, stampede, warm
from bench.report import Row, machine, table
from bench.simulators import Vendors, simulators

Part: TypeAlias = Callable[[Vendors], Awaitable[list[Row]]]


async def _measured(parts: Mapping[str, Part]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for name, measure in parts.items():
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        async with simulators() as vendors:
            found[name] = await measure(vendors)
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long the part `quota` takes; at least 1")
    parser.add_argument("--only", action="append", metavar="PART", help="only this part; repeat it for more")
    given = parser.parse_args()
    parts: dict[str, Part] = {
        "warm": warm.measure,
        "cold": cold.measure,
        "isolation": isolation.measure,
        "stampede": stampede.measure,
        "commands": commands.measure,
        "live": live.measure,
        "quota": partial(quota.measure, minutes=max(1.0, given.minutes)),
    }
    if unknown := set(given.only or ()) - set(parts):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(parts)}")
    found = run(_measured({name: part for name, part in parts.items() if not given.only or name in given.only}))
    print(f"{machine()}\n\n{table(found)}\n")
    broken = [row for rows in found.values() for row in rows if not row.holds]
    print(f"Broken bounds: {len(broken)}" if broken else "Every bound holds.")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
