"""The contract, with the fewest calls that the vendor's endpoints allow.

The class satisfies the Protocols of `vendors.contract` that the vendor can serve and no others: what it can do is read
off its methods. It remembers nothing but its sign-in.
"""

from collections.abc import Sequence
from typing import cast

from model.refs import Ref
from vendors._blueprint.client import BlueprintClient
from vendors._blueprint.settings import BlueprintSettings
from vendors._blueprint.translate import translate_charger, translate_chargers
from vendors.contract import DeviceReading
from vendors.manifest import Connection


class BlueprintAdapter:
    """One account's chargers."""

    def __init__(self, connection: Connection) -> None:
        settings = cast("BlueprintSettings", connection.settings)
        self._account = settings.id
        self._client = BlueprintClient(connection.http, settings.api_key)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def list_devices(self) -> Sequence[DeviceReading]:
        """Every charger, one call for a hundred."""
        return translate_chargers(self._account, [item async for item in self._client.get_chargers()])

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:  # noqa: ARG002 - read by its own id
        """One charger, one call."""
        return translate_charger(self._account, await self._client.get_charger(device.native_id))
