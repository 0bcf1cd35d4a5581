"""The vendors' simulators as one process: which ones, on which ports, and what an account needs to speak to each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from app.serving import Served, listen
from vendors.kit.simulator import Simulator
from vendors.manifest import AccountSettings
from vendors.registry import manifests, simulator_class


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """One vendor's simulator with the address that it answers on."""

    simulator: Simulator
    served: Served

    @property
    def slug(self) -> str:
        """The vendor's slug."""
        return self.simulator.slug


def open_simulators(
    slugs: Sequence[str], *, host: str, port_base: int | None, speed: float, seed: int
) -> list[RunningSimulator]:
    """Make each simulator and take its port: its own, or counted from `port_base`, or any free one from 0.

    Raises CannotListen.
    """
    opened: list[RunningSimulator] = []
    for position, slug in enumerate(slugs):
        simulator = simulator_class(slug)(seed=seed, speed=speed)
        port = simulator.default_port if port_base is None else port_base and port_base + position
        # Quiet: a reset on purpose is an exception on purpose, and a console full of them helps nobody.
        served = Served(simulator.app, listen(host, port), log_level="critical")
        opened.append(RunningSimulator(simulator, served))
    return opened


async def accounts_of(urls: Mapping[str, str]) -> list[AccountSettings]:
    """The accounts that fit running simulators, asked of their control APIs; `urls` by vendor slug."""
    accounts: list[AccountSettings] = []
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        for slug, url in urls.items():
            shown = (await client.get(f"{url}/_control")).raise_for_status().json()
            table = {**shown["account"], "vendor": slug, "base_url": url + shown["base_path"]}
            accounts.append(manifests()[slug].settings.model_validate(table))
    return accounts
