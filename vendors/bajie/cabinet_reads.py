"""Reads of one cabinet for commands: before one is sent, and to find out what became of it."""

from dataclasses import dataclass

from model.faults import DeviceOffline, Rejected
from model.refs import Ref
from model.states import Connectivity, Resolution
from vendors.bajie import translate
from vendors.bajie.client import BajieClient
from vendors.bajie.translate_evidence import Stock
from vendors.contract import DeviceReading


@dataclass(frozen=True, slots=True)
class Sight:
    """What device info told; `stock` is None while the cabinet is offline or contradicts itself."""

    reading: DeviceReading | None
    stock: Stock | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A cabinet that is online and tells what is in it."""

    reading: DeviceReading
    stock: Stock


class CabinetReads:
    """One call each."""

    def __init__(self, client: BajieClient, rental_minimum: float) -> None:
        """`rental_minimum`, 0 to 1: the charge from which a battery counts as ready to rent."""
        self._client = client
        self._rental_minimum = rental_minimum

    async def ready(self, device: Ref) -> Ready:
        """The cabinet before a command. Raises DeviceOffline, and Rejected where its answer contradicts itself."""
        sight = await self.glance(device)
        if sight.reading is None or sight.reading.device.connectivity is Connectivity.OFFLINE:
            raise DeviceOffline("the cabinet is not online; wait until it is, or look after its power and its SIM card")
        if sight.stock is None:
            message = "the cabinet's answer about its slots contradicts itself; try again in a minute"
            raise Rejected(message, resolution=Resolution.RETRY_LATER)
        return Ready(sight.reading, sight.stock)

    async def glance(self, device: Ref) -> Sight:
        """The cabinet after a command."""
        payload = await self._client.device_info(device.native_id)
        if payload is None:
            return Sight(None, None)
        reading = translate.device_info(device, payload, self._rental_minimum)
        return Sight(reading, Stock.of(reading))
