"""One query over everything that moves, and each account's part of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.acceptance.asking import Answer, answer
from tests.support.fleets import World

EVERYTHING = """
query Everything($maxAge: Int) {
  devices(first: 100, maxAge: $maxAge) {
    nodes {
      id nativeId connectivity account { key }
      slots { index status occupancy battery { nativeId stateOfCharge } }
      batteries { nativeId stateOfCharge }
      freshness { source isStale fetchedAt problem { code } }
    }
    problems { code account { key } }
  }
  sites(first: 100, maxAge: $maxAge) {
    nodes { id name account { key } freshness { source isStale problem { code } } }
    problems { code account { key } }
  }
}
"""


@dataclass(frozen=True)
class Part:
    """What an answer says of one account."""

    devices: list[Mapping[str, Any]]
    sites: list[Mapping[str, Any]]
    problems: frozenset[str]

    @property
    def ids(self) -> list[str]:
        """The ids of its devices and sites. Their order may change with what is known of their names."""
        return sorted(thing["id"] for thing in (*self.devices, *self.sites))

    @property
    def sources(self) -> frozenset[str]:
        """Where what is known of its devices comes from."""
        return frozenset(device["freshness"]["source"] for device in self.devices)

    @property
    def outline(self) -> list[tuple[object, ...]]:
        """What is there, how much is in it and how it is known, but for what changes from second to second."""
        return [
            (
                thing["id"],
                len(thing.get("slots", ())),
                len(thing.get("batteries", ())),
                thing["freshness"]["source"],
                thing["freshness"]["isStale"],
            )
            for thing in (*self.devices, *self.sites)
        ]

    @property
    def read_at(self) -> set[str]:
        """When its devices were read."""
        return {device["freshness"]["fetchedAt"] for device in self.devices}

    @property
    def is_fresh(self) -> bool:
        """Nothing of it is stale or missing."""
        things = (*self.devices, *self.sites)
        return not self.problems and not any(thing["freshness"]["isStale"] for thing in things)


async def everything(world: World, max_age: int | None = None) -> Answer:
    """Ask for everything that moves."""
    return await answer(world, EVERYTHING, maxAge=max_age)


def parts_of(found: Answer, world: World) -> dict[str, Part]:
    """The answer's parts by vendor."""
    assert found.errors == []
    assert found.data is not None
    return {slug: _part(found.data, world.account(slug)) for slug in world.simulators}


def _part(data: Mapping[str, Any], account: str) -> Part:
    def own(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        return [row for row in rows if row["account"]["key"] == account]

    devices, sites = data["devices"], data["sites"]
    return Part(
        devices=own(devices["nodes"]),
        sites=own(sites["nodes"]),
        problems=frozenset(problem["code"] for problem in own([*devices["problems"], *sites["problems"]])),
    )
