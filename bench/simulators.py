"""A child process with the vendors: `python -m bench.simulators`.

Every vendor once under its slug, as `chargegraph simulate` has it, and larger worlds under names of their own. Time
stands still in all but the chargers', so that every round sees the same world.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import time
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.children import serve, started
from bench.gateways import Table
from vendors.bajie.simulated_things import Battery, Bay, Cabinet
from vendors.bajie.simulator import BajieSimulator
from vendors.kit.simulator import Simulator
from vendors.registry import manifests, simulator_class
from vendors.solax.simulated_fleet import Charger, Mode
from vendors.solax.simulator import SolaxSimulator

CABINETS, BAYS = 100, 10
CHARGERS = 40
NEIGHBOUR = "letmecharge"


class ManyCabinets(BajieSimulator):
    """A hundred cabinets of ten bays, two thirds of them taken, all online."""

    def build(self) -> None:
        super().build()
        shops = list(self.fleet.shops.values())
        self.fleet.cabinets.clear()
        for number in range(1, CABINETS + 1):
            cabinet = Cabinet(
                number=number,
                id=f"XYZ{number:05}",
                shop=shops[number % len(shops)],
                bays=[self._bay(number, index) for index in range(1, BAYS + 1)],
                registered_at=self.now,
                reported_at=self.now,
                is_flaky=False,
            )
            self.fleet.cabinets[cabinet.id] = cabinet

    def _bay(self, number: int, index: int) -> Bay:
        bay = Bay(index, fault=2 if (number + index) % 97 == 0 else 0)
        if (number + index) % 3:
            bay.battery = Battery(f"FEED{number:04X}{index:02X}", 20.0 + index * 8, self.now, 22.0)
            bay.last_battery = bay.battery.id
        return bay


class ManyChargers(SolaxSimulator):
    """Forty chargers, and a log of which one was asked about when."""

    def build(self) -> None:
        super().build()
        self.asked: deque[tuple[float, str]] = deque(maxlen=100_000)
        serials = [f"C107SIM{number:07d}" for number in range(1, CHARGERS + 1)]
        self.fleet.chargers = {serial: Charger(serial, "home", 1, 7360.0, 9000.0, Mode.GREEN) for serial in serials}

    async def _get_pile_info(self, request: Request) -> Response:
        self.asked.append((time(), request.query_params.get("pileSn", "")))
        return await super()._get_pile_info(request)

    def _control_routes(self) -> list[Route]:
        return [Route("/_control/asked", self._show_asked), *super()._control_routes()]

    async def _show_asked(self, _: Request) -> Response:
        return JSONResponse(list(self.asked))


@dataclass(frozen=True)
class Vendors:
    """The running simulators, by name."""

    urls: Mapping[str, str]
    client: httpx.AsyncClient

    async def account(self, name: str, **changes: object) -> Table:
        """The `[[accounts]]` table that fits a simulator."""
        shown = await self._get(name, "")
        return {**shown["account"], "base_url": self.urls[name] + shown["base_path"], **changes}

    async def reset(self, *names: str) -> None:
        """The world, the quotas and the counts as they were at the start; no faults."""
        for name in names:
            (await self.client.post(f"{self.urls[name]}/_control/reset")).raise_for_status()
            (await self.client.delete(f"{self.urls[name]}/_control/calls")).raise_for_status()

    async def switch(self, fault: str, value: float, *names: str) -> None:
        """Switch a fault on."""
        for name in names:
            url = f"{self.urls[name]}/_control/faults/{fault}"
            (await self.client.put(url, json={"value": value})).raise_for_status()

    async def calls(self, *names: str) -> dict[str, int]:
        """How often each endpoint was called since the last reset."""
        counts = {name: (await self._get(name, "/calls"))["by_endpoint"] for name in names}
        return {f"{name} {endpoint}": count for name, some in counts.items() for endpoint, count in some.items()}

    async def asked(self, name: str) -> list[tuple[float, str]]:
        """When which charger was asked about."""
        return [(at, serial) for at, serial in await self._get(name, "/asked")]

    async def _get(self, name: str, path: str) -> Any:  # noqa: ANN401 - any JSON
        return (await self.client.get(f"{self.urls[name]}/_control{path}")).raise_for_status().json()


@asynccontextmanager
async def simulators() -> AsyncIterator[Vendors]:
    """All of them, running."""
    async with started("bench.simulators") as urls, httpx.AsyncClient(timeout=60, trust_env=False) as client:
        yield Vendors(urls, client)


def _worlds() -> Mapping[str, Simulator]:
    return {
        **{slug: simulator_class(slug)(speed=0) for slug in manifests()},
        "cabinets": ManyCabinets(speed=0),
        "chargers": ManyChargers(),
        "healthy": simulator_class(NEIGHBOUR)(speed=0),
        "hanging": simulator_class(NEIGHBOUR)(speed=0),
    }


if __name__ == "__main__":
    serve({name: simulator.app for name, simulator in _worlds().items()})
