"""Reads docs/calls.md: its operations, and how many calls its tables promise for each vendor and endpoint."""

from collections.abc import Mapping
from pathlib import Path

from graphql import OperationDefinitionNode, parse, print_ast

from tests.support.fleets import World

DOCUMENT = Path(__file__).parents[2] / "docs" / "calls.md"

Calls = dict[str, dict[str, int]]
"""How often each endpoint was called, by vendor."""


def section(heading: str) -> str:
    """What stands under a heading of the second level."""
    (found,) = (part for part in DOCUMENT.read_text().split("\n## ") if part.startswith(f"{heading}\n"))
    return found


def operations(heading: str) -> Mapping[str, str]:
    """The section's GraphQL operations by name, each as a document of its own."""
    block = section(heading).split("```graphql\n")[1].split("```")[0]
    nodes = [node for node in parse(block).definitions if isinstance(node, OperationDefinitionNode)]
    return {node.name.value: print_ast(node) for node in nodes if node.name}


def promised(heading: str) -> Mapping[str, Calls]:
    """The section's table: calls by operation."""
    header, _, *rows = [_cells(line) for line in section(heading).splitlines() if line.startswith("|")]
    calls: dict[str, Calls] = {name: {} for name in header[2:]}
    for vendor, endpoint, *counts in rows:
        for name, count in zip(header[2:], counts, strict=True):
            if count.isdecimal():
                calls[name].setdefault(vendor, {})[endpoint.strip("`")] = int(count)
    return calls


def made(world: World) -> Calls:
    """The calls that the simulators counted, with paths as the documents of the vendor have them."""
    return {
        slug: {_without(world.simulators[slug].base_path, endpoint): count for endpoint, count in sorted(calls.items())}
        for slug, calls in world.calls().items()
    }


def _without(base_path: str, endpoint: str) -> str:
    method, path = endpoint.split(" ", 1)
    return f"{method} {path.removeprefix(base_path)}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
