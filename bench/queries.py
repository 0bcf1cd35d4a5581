"""The queries that are measured, and the way to send them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

BIG = """
query Big($age: Int) {
  devices(first: 100, maxAge: $age) {
    nodes { slots { id index kind status statusDetail occupancy } }
  }
}
"""
"""Every slot of a hundred devices, six fields of each."""

FLEET = """
query Fleet($go: Boolean!) {
  devices(first: 100) @include(if: $go) {
    totalCount
    nodes { id name kind connectivity slots { id index kind occupancy } }
    problems { code message account { key } }
  }
}
"""
"""Devices and slots of all vendors. Without `go` it is parsed and checked, and touches no vendor."""

ONE_ACCOUNT = """
query OneAccount($account: ID!, $age: Int) {
  devices(first: 10, maxAge: $age, filter: { accountIds: [$account] }) {
    nodes { id name connectivity slots { id index occupancy } }
    problems { code }
  }
}
"""

CHARGERS = """
{ devices(first: 100, maxAge: 0) { nodes { id powerW freshness { fetchedAt isStale } } problems { code } } }
"""


@dataclass(frozen=True)
class Endpoint:
    """One gateway's `/graphql`, as a client has it."""

    client: httpx.AsyncClient
    url: str

    async def post(self, query: str, variables: Mapping[str, object] | None = None) -> bytes:
        """The answer as it came, not decoded."""
        body = orjson.dumps({"query": query, "variables": variables or {}})
        headers = {"content-type": "application/json"}
        response = await self.client.post(f"{self.url}/graphql", content=body, headers=headers)
        return response.raise_for_status().content

    async def data(self, query: str, variables: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 - any JSON
        """The answer's data. Raises RuntimeError for an answer with errors."""
        answer = orjson.loads(await self.post(query, variables))
        if "errors" in answer:
            raise RuntimeError(f"the gateway answered with errors: {answer['errors']}")
        return answer["data"]


def new_client(connections: int = 20) -> httpx.AsyncClient:
    """A client for the gateway."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(timeout=60, trust_env=False, limits=limits)
