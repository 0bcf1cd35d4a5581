"""Reads a vendor's scorecard.yaml: one line a rule, `rule: {status: done}` or with a reason."""

import re
from dataclasses import dataclass
from pathlib import Path

RULES = (
    "samples-real",
    "enums-total",
    "units-stated",
    "faults-mapped",
    "recovers-after-outage",
    "logs-once",
    "budget-stated",
    "cadence-by-kind",
    "webhook-verified",
    "webhook-idempotent",
    "commands-uncertain-safe",
    "limits-documented",
)


@dataclass(frozen=True)
class Mark:
    status: str
    reason: str


def read_scorecard(path: Path) -> dict[str, Mark]:
    """Each rule's mark, in the file's order. Understands the forms a person would write, in one line or in several."""
    blocks: dict[str, str] = {}
    rule = ""
    for line in path.read_text().splitlines():
        if not line.strip() or line.lstrip().startswith("#") or line.strip() == "rules:":
            continue
        head = re.match(r"\s*([a-z]+(?:-[a-z]+)+):(.*)", line)
        if head:
            rule = head[1]
        said = head[2] if head else line
        blocks[rule] = f"{blocks.get(rule, '')} {said.strip()}"
    return {rule: _mark(text) for rule, text in blocks.items()}


def _mark(text: str) -> Mark:
    found = re.match(r"[\s{]*(?:status:\s*)?(\w+)(.*)", text)
    if not found:
        return Mark("", text)
    status, rest = found.groups()
    return Mark(status, re.sub(r"^[\s,;:#(-]*(?:reason:|comment:)?[\s>\"']*|[\s}\"')]*$", "", rest))
