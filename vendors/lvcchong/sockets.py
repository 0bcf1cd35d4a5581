"""The socket that a command is for: read before anything is sent, and again where its state is the proof."""

from dataclasses import dataclass

from model.commands import CommandTarget
from model.faults import DeviceOffline, NotFound, Rejected, Unsupported
from model.records import Device, Slot
from model.refs import Ref, slot_ref
from model.states import Connectivity, DeviceKind, Resolution
from vendors.contract import DeviceReading
from vendors.kit.wire import read_as
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.notes import Place
from vendors.lvcchong.translate import device_reading, refusal_of
from vendors.lvcchong.wire import DeviceStatus, PriceStandard

IDLE = "0"
"""What `ports` says of a socket where nobody charges."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket of a device that can be told something."""

    device: Device
    slot: Slot
    status: DeviceStatus

    @property
    def place(self) -> Place:
        """Where it is, in the vendor's words."""
        estate_id = self.device.site.native_id if self.device.site else ""
        return Place(device_id=self.device.ref.native_id, port=self.slot.index, estate_id=estate_id)

    @property
    def state(self) -> str:
        """What `ports` says of it; empty when it does not say."""
        return self.slot.raw_status.code if self.slot.raw_status else ""

    @property
    def standard(self) -> PriceStandard:
        """The device's price standard, as far as it is told."""
        return read_as(PriceStandard, self.status.price_detail or {}, "price standard")


async def reachable(client: LvccClient, target: CommandTarget) -> Socket:
    """Read a target's socket. One call.

    Raises Unsupported for a gate, DeviceOffline, NotFound when the device has no such socket, and the vendor's own
    refusal where the device part of the answer failed.
    """
    status, reading = await _read(client, target.device)
    if reading.device.kind is DeviceKind.ACCESS_CONTROL:
        raise Unsupported("device status: a gate charges nothing")
    if reading.device.connectivity is Connectivity.OFFLINE:
        raise DeviceOffline("device status: the device is offline; try again when it is connected")
    if target.slot is None:
        raise Rejected("device status: say which socket of the device", resolution=Resolution.USER_ACTION)
    for slot in reading.slots or ():
        if slot.ref == target.slot:
            return Socket(reading.device, slot, status)
    raise NotFound("device status: the device has no such socket")


async def glance(client: LvccClient, device: Ref) -> DeviceReading:
    """Read a device and its sockets. One call."""
    _, reading = await _read(client, device)
    return reading


def is_idle(reading: DeviceReading, port: int) -> bool:
    """Whether a device is connected and says that nobody charges at its socket."""
    wanted = slot_ref(reading.device.ref, port)
    states = [slot.raw_status for slot in reading.slots or () if slot.ref == wanted]
    is_said = any(state is not None and state.code == IDLE for state in states)
    return is_said and reading.device.connectivity is Connectivity.ONLINE


async def _read(client: LvccClient, device: Ref) -> tuple[DeviceStatus, DeviceReading]:
    status = await client.device_status(device.native_id)
    refusal = refusal_of(status)
    if refusal is not None:
        raise refusal
    return status, device_reading(device, status)
