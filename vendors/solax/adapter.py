"""SolaX as the contract wants it: one charger a read, a hundred a command; chargers come from the configuration."""

from collections.abc import Mapping
from typing import cast

from model.refs import Ref
from model.states import CommandKind
from vendors.acting import Procedure
from vendors.contract import DeviceReading
from vendors.manifest import Connection
from vendors.solax.client import SolaxClient
from vendors.solax.commands import SetChargerMode
from vendors.solax.settings import SolaxSettings
from vendors.solax.translate import translate_pile_info


class SolaxAdapter:
    """One tokenId's chargers."""

    def __init__(self, connection: Connection) -> None:
        settings = cast("SolaxSettings", connection.settings)
        self._power_unit = settings.power_unit
        self._client = SolaxClient(connection.http, connection.clock, settings.token_id)

    async def aclose(self) -> None:
        """Nothing is held."""

    async def read_device(self, device: Ref, site: Ref | None) -> DeviceReading:  # noqa: ARG002 - read by serial number
        """The charger and its connector now, in one call."""
        result = await self._client.get_pile_info(device.native_id)
        return translate_pile_info(device, result, self._power_unit)

    def procedures(self) -> Mapping[CommandKind, Procedure]:
        """A charger's mode is all that this API can set."""
        return {CommandKind.SET_CHARGER_MODE: SetChargerMode(self._client, self._power_unit)}
