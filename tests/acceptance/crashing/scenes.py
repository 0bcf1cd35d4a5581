"""What every command of every vendor is given on: a calm world in which nobody but the command touches its target.

A vendor joins with a line for each of its commands in SCENES.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from model.commands import Aim, Instruction, Media
from model.refs import Ref, device_ref, session_ref, slot_ref
from model.states import ChargerMode, CommandKind, DeviceOperation
from vendors.bajie.simulated_things import Cabinet
from vendors.bajie.simulator import BajieSimulator
from vendors.kit.simulator import Simulator
from vendors.letmecharge.simulator import LetMeChargeSimulator
from vendors.lvcchong.simulator import LvccSimulator
from vendors.manifest import CommandRule
from vendors.registry import manifests
from vendors.solax.simulated_fleet import Mode
from vendors.solax.simulator import SolaxSimulator

NOTHING_MORE = Instruction()


@dataclass(frozen=True)
class Scene:
    """A command, and the world that it is given in. `arranged` prepares a simulator and says what to aim at."""

    kind: CommandKind
    simulator: type[Simulator]
    arranged: Callable[[Any], Aim]
    instruction: Instruction = NOTHING_MORE

    @property
    def vendor(self) -> str:
        return self.simulator.slug

    @property
    def rule(self) -> CommandRule:
        rule = manifests()[self.vendor].rule(self.kind)
        assert rule is not None
        return rule


def _account(simulator: Simulator) -> str:
    return str(simulator.account()["id"])


# Bajie: nobody rents, and the connection holds.


def _cabinet(simulator: BajieSimulator) -> Cabinet:
    simulator.fleet.eagerness = 0
    cabinet = next(one for one in simulator.fleet.cabinets.values() if one.shop and one.rentable(simulator.now))
    cabinet.is_online, cabinet.is_flaky = True, False
    return cabinet


def _whole_cabinet(simulator: BajieSimulator) -> Aim:
    return Aim(device=device_ref(_account(simulator), _cabinet(simulator).id))


def _full_slot(simulator: BajieSimulator) -> Aim:
    cabinet = _cabinet(simulator)
    bay, _ = next(pair for pair in cabinet.batteries() if not pair[0].fault)
    device = device_ref(_account(simulator), cabinet.id)
    return Aim(device=device, slot=slot_ref(device, bay.number))


def _locked_slot(simulator: BajieSimulator) -> Aim:
    aim = _full_slot(simulator)
    assert aim.slot is not None
    simulator.fleet.cabinets[aim.device.native_id].bays[int(aim.slot.native_id) - 1].fault = 8
    return aim


def _rental(simulator: BajieSimulator) -> Aim:
    cabinet = _cabinet(simulator)
    bay = cabinet.rentable(simulator.now)
    assert bay is not None
    order = simulator.fleet.lend(cabinet, bay, simulator.fleet.trade_no())
    order.due_at = simulator.now + timedelta(days=1)
    account = _account(simulator)
    return Aim(device=device_ref(account, cabinet.id), session=session_ref(account, order.id))


# LVCC: nobody comes.


def _idle_socket(simulator: LvccSimulator) -> Aim:
    return _socket(simulator, state=0)


def _charging_socket(simulator: LvccSimulator) -> Aim:
    aim = _socket(simulator, state=0)
    assert aim.slot is not None
    station, port = simulator.fleet.stations[aim.device.native_id], int(aim.slot.native_id)
    order = simulator.people.plug_in(station, port, simulator.now)
    order.powers_up_at, order.wanted_kwh = simulator.now, 1000.0
    simulator.advance(1)
    return aim


def _socket(simulator: LvccSimulator, state: int) -> Aim:
    _nobody_comes("vendors.lvcchong.simulated_people.ARRIVALS_BY_HOUR", (0,) * 24)
    station = next(iter(simulator.fleet.stations.values()))
    port = next(port for port, socket in enumerate(station.sockets, start=1) if socket.state == state)
    device = device_ref(_account(simulator), station.sim_id)
    return Aim(device=device, slot=slot_ref(device, port))


# LetMeCharge: no driver arrives.


def _free_plug(simulator: LetMeChargeSimulator) -> Aim:
    _nobody_comes("vendors.letmecharge.simulated_orders._arrivals_per_hour", lambda _: 0.0)
    stations = (station for charger in simulator.chargers for station in charger.stations)
    station, plug = next((one, plug) for one in stations for plug in one.plugs if plug.is_available)
    device = device_ref(_account(simulator), station.id)
    return Aim(device=device, slot=slot_ref(device, plug.id))


def _charging_plug(simulator: LetMeChargeSimulator) -> Aim:
    aim = _free_plug(simulator)
    assert aim.slot is not None
    plugs = (plug for charger in simulator.chargers for plug in charger.plugs)
    order = simulator.traffic.start(next(one for one in plugs if one.id == aim.slot.native_id), simulator.now)
    order.capacity_kwh, order.leaves_at = 1000.0, simulator.now + timedelta(days=1)
    simulator.advance(30)
    simulator.acts.clear()
    return aim


# SolaX: modes change only when somebody is told to.


def _charger(simulator: SolaxSimulator) -> Aim:
    charger = next(iter(simulator.fleet.chargers.values()))
    simulator.fleet.set_mode(charger, Mode.ECO, simulator.now)
    return Aim(device=device_ref(_account(simulator), charger.serial))


def _nobody_comes(what: str, instead: object) -> None:
    """For good, since this is a process of its own."""
    patch(what, instead).start()


def _operating(operation: DeviceOperation, arranged: Callable[[Any], Aim]) -> Scene:
    instruction = Instruction(operation=operation, reason="a test")
    return Scene(CommandKind.OPERATE_DEVICE, BajieSimulator, arranged, instruction)


# REPORT and HEARTBEAT are left out: what they ask for comes by itself every minute, so that nothing tells apart whether
# it came of the command. POP_ALL_UNAUTHORIZED is POP_ALL_AUTHORIZED with other batteries.
SCENES: Mapping[str, Scene] = {
    "bajie-eject": Scene(CommandKind.EJECT_BATTERY, BajieSimulator, _full_slot),
    "bajie-eject-all": Scene(CommandKind.EJECT_ALL_BATTERIES, BajieSimulator, _whole_cabinet),
    "bajie-rent": Scene(CommandKind.RENT_BATTERY, BajieSimulator, _whole_cabinet),
    "bajie-complete": Scene(CommandKind.COMPLETE_RENTAL, BajieSimulator, _rental),
    "bajie-restart": _operating(DeviceOperation.RESTART, _whole_cabinet),
    "bajie-lock": _operating(DeviceOperation.LOCK_SLOT, _full_slot),
    "bajie-lock-stop": _operating(DeviceOperation.LOCK_STOP_CHARGE, _full_slot),
    "bajie-unlock": _operating(DeviceOperation.UNLOCK_SLOT, _locked_slot),
    "bajie-pop": _operating(DeviceOperation.POP_SLOT, _full_slot),
    "bajie-pop-authorized": _operating(DeviceOperation.POP_ALL_AUTHORIZED, _whole_cabinet),
    "bajie-publish": Scene(
        CommandKind.PUBLISH_ADVERTISEMENT,
        BajieSimulator,
        _whole_cabinet,
        Instruction(media=(Media("a", "image", "https://cdn.test/a.png"),)),
    ),
    "letmecharge-start": Scene(CommandKind.START_CHARGING, LetMeChargeSimulator, _free_plug),
    "letmecharge-stop": Scene(CommandKind.STOP_CHARGING, LetMeChargeSimulator, _charging_plug),
    "lvcchong-start": Scene(CommandKind.START_CHARGING, LvccSimulator, _idle_socket, Instruction(minutes=240)),
    "lvcchong-stop": Scene(CommandKind.STOP_CHARGING, LvccSimulator, _charging_socket),
    "solax-mode": Scene(CommandKind.SET_CHARGER_MODE, SolaxSimulator, _charger, Instruction(mode=ChargerMode.FAST)),
}


def spelled(aim: Aim) -> dict[str, str]:
    """The ids of an aim, as JSON."""
    parts: dict[str, Ref | None] = {
        "device": aim.device,
        "slot": aim.slot,
        "battery": aim.battery,
        "session": aim.session,
    }
    return {name: ref.id for name, ref in parts.items() if ref is not None}


def read(ids: Mapping[str, str]) -> Aim:
    """What `spelled` wrote."""
    return Aim(**{name: Ref.parse(written) for name, written in ids.items()})
