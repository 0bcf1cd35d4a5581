"""A child process with chargers that can be told as often as one likes: `python -m bench.commands_vendors`.

Time stands still, so that nobody calls back while something else is measured.
"""

from bench.children import serve
from vendors.solax.simulator import SolaxSimulator

CHARGERS = 400
"""One for each command, so that none supersedes another."""


class PatientCloud(SolaxSimulator):
    """Many chargers, and no quota."""

    def build(self) -> None:
        super().build()
        self.fleet.add(CHARGERS - len(self.fleet.chargers), self.now)

    def _over_quota(self) -> str | None:
        return None


if __name__ == "__main__":
    serve({"patient": PatientCloud(speed=0).app})
