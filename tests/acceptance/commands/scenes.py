"""What each vendor's hardware is told in the matrix: a calm place for it, the call that acts, and what is to happen.

Nobody else touches what a command is aimed at. A vendor joins with a line for each of its commands in SCENES.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from model.commands import Aim, Instruction, Media
from model.refs import device_ref, session_ref, slot_ref
from model.states import ChargerMode, CommandKind, DeviceOperation
from vendors.bajie.simulated_things import LOCKED, NOT_AUTHENTIC, Bay, Cabinet
from vendors.bajie.simulator import BajieSimulator
from vendors.letmecharge.simulated_fleet import Plug
from vendors.letmecharge.simulator import LetMeChargeSimulator
from vendors.lvcchong.simulated_fleet import Station
from vendors.lvcchong.simulator import LvccSimulator
from vendors.manifest import CommandRule
from vendors.registry import manifests, simulator_class
from vendors.solax.simulated_fleet import Mode
from vendors.solax.simulator import SolaxSimulator

PLAIN = Instruction()


@dataclass(frozen=True)
class Target:
    """What a command is aimed at, and the acts that it asks for, each once: how their subjects begin."""

    aim: Aim
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """The targets of a command, and what is to be done to them. `cause`: on whose account, where only that is meant."""

    act: str
    targets: tuple[Target, ...]
    cause: str | None = None


@dataclass(frozen=True)
class Scene:
    """One command of one vendor. `arranged` makes room for it at a simulator, and aims it for an account."""

    name: str
    kind: CommandKind
    calls: str
    """The path of the call that acts."""
    arranged: Callable[[Any, str], Place]
    instruction: Instruction = PLAIN
    is_like_another: bool = False
    """It is done just as another scene's command is, so that it need not meet every fault."""

    @property
    def vendor(self) -> str:
        return self.name.partition("-")[0]

    @property
    def rule(self) -> CommandRule:
        rule = manifests()[self.vendor].rule(self.kind)
        assert rule is not None
        return rule

    @property
    def path(self) -> str:
        """How every address of the call begins below the vendor's own path."""
        return self.calls.partition("/{")[0]

    def is_call(self, endpoint: str) -> bool:
        """Whether it is the call that acts, as simulators count it: with the ids in its address, or without."""
        return endpoint.startswith(f"POST {simulator_class(self.vendor).base_path}{self.path}")


@contextmanager
def calm() -> Iterator[None]:
    """Customers stay away, hardware does not break, and nobody has a past, for as long as it lasts."""
    with (
        patch("vendors.bajie.simulated_fleet.BEFORE", timedelta(hours=1)),
        patch("vendors.lvcchong.simulated_people.PAST_ORDERS", 1),
        patch("vendors.lvcchong.simulated_people.ARRIVALS_BY_HOUR", (0,) * 24),
        patch("vendors.lvcchong.simulated_people.FAULTS_PER_HOUR", 0.0),
        patch("vendors.letmecharge.simulator.HISTORY", timedelta(hours=1)),
        patch("vendors.letmecharge.simulated_orders._arrivals_per_hour", lambda _: 0.0),
    ):
        yield


# Bajie: one cabinet where nobody rents or returns, whose connection holds, and in which nothing is broken.


def _cabinet(simulator: BajieSimulator) -> Cabinet:
    fleet = simulator.fleet
    fleet.eagerness = 0
    for order in fleet.running.values():
        order.due_at += timedelta(days=1)
    cabinet = next(one for one in fleet.cabinets.values() if one.shop and _rentable(one, simulator) >= 3)
    cabinet.is_online, cabinet.is_flaky = True, False
    fleet.cabinets = {cabinet.id: cabinet}
    return cabinet


def _rentable(cabinet: Cabinet, simulator: BajieSimulator) -> int:
    """How many of its batteries could go out; none where a slot or a battery is broken."""
    if any(bay.fault for bay in cabinet.bays) or any(battery.fault for _, battery in cabinet.batteries()):
        return 0
    return sum(battery.charge(simulator.now) >= 60 for _, battery in cabinet.batteries())


def _of_cabinet(cabinet: Cabinet, account: str, act: str, *subjects: str) -> Place:
    return Place(act, (Target(Aim(device=device_ref(account, cabinet.id)), subjects),))


def _of_bays(cabinet: Cabinet, bays: Sequence[Bay], account: str) -> Place:
    return _of_cabinet(cabinet, account, "battery out", *(f"{cabinet.id}/{bay.number}/" for bay in bays))


def _of_slot(cabinet: Cabinet, bay: Bay, account: str, act: str, subject: str) -> Place:
    device = device_ref(account, cabinet.id)
    return Place(act, (Target(Aim(device=device, slot=slot_ref(device, bay.number)), (subject,)),))


def _one_battery(simulator: BajieSimulator, account: str) -> Place:
    cabinet = _cabinet(simulator)
    *_, (bay, _) = cabinet.batteries()
    return _of_slot(cabinet, bay, account, "battery out", f"{cabinet.id}/{bay.number}/")


def _all_batteries(simulator: BajieSimulator, account: str) -> Place:
    cabinet = _cabinet(simulator)
    return _of_bays(cabinet, [bay for bay, _ in cabinet.batteries()], account)


def _batteries_that(*, are_authentic: bool) -> Callable[[BajieSimulator, str], Place]:
    def arranged(simulator: BajieSimulator, account: str) -> Place:
        cabinet = _cabinet(simulator)
        first, *others = cabinet.batteries()
        first[1].fault = NOT_AUTHENTIC
        return _of_bays(cabinet, [bay for bay, _ in others] if are_authentic else [first[0]], account)

    return arranged


def _any_battery(simulator: BajieSimulator, account: str) -> Place:
    cabinet = _cabinet(simulator)
    return _of_cabinet(cabinet, account, "battery out", f"{cabinet.id}/")


def _rental(simulator: BajieSimulator, account: str) -> Place:
    cabinet = _cabinet(simulator)
    bay = cabinet.rentable(simulator.now)
    assert bay is not None
    order = simulator.fleet.lend(cabinet, bay, simulator.fleet.trade_no())
    order.due_at = simulator.now + timedelta(days=1)
    aim = Aim(device=device_ref(account, cabinet.id), session=session_ref(account, order.id))
    return Place("order closed", (Target(aim, (f"{cabinet.id}/{order.slot}/{order.battery.id}",)),))


def _slot_that_is(act: str) -> Callable[[BajieSimulator, str], Place]:
    def arranged(simulator: BajieSimulator, account: str) -> Place:
        cabinet = _cabinet(simulator)
        bay = cabinet.bays[0]
        bay.fault = LOCKED if act == "slot unlocked" else 0
        return _of_slot(cabinet, bay, account, act, f"{cabinet.id}/{bay.number}")

    return arranged


def _cabinet_that(act: str) -> Callable[[BajieSimulator, str], Place]:
    def arranged(simulator: BajieSimulator, account: str) -> Place:
        cabinet = _cabinet(simulator)
        return _of_cabinet(cabinet, account, act, cabinet.id)

    return arranged


# LVCC: one station, and one of its sockets.


def _idle_socket(sim_id: str) -> Callable[[LvccSimulator, str], Place]:
    def arranged(simulator: LvccSimulator, account: str) -> Place:
        station = _only_station(simulator, sim_id)
        return Place("power on", (_idle(station, account),))

    return arranged


def _charging_socket(simulator: LvccSimulator, account: str) -> Place:
    station = _only_station(simulator, "867000000000003")
    target = _idle(station, account)
    assert target.aim.slot is not None
    order = simulator.people.plug_in(station, int(target.aim.slot.native_id), simulator.now)
    order.powers_up_at, order.wanted_kwh = simulator.now, 1000.0
    simulator.advance(1)
    return Place("power off", (target,), order.number)


def _only_station(simulator: LvccSimulator, sim_id: str) -> Station:
    fleet = simulator.fleet
    station = fleet.stations[sim_id]
    fleet.stations = {sim_id: station}
    fleet.orders = {order.number: order for order in fleet.orders.values() if order.station is station}
    return station


def _idle(station: Station, account: str) -> Target:
    port = next(port for port, socket in enumerate(station.sockets, start=1) if socket.state == 0)
    device = device_ref(account, station.sim_id)
    return Target(Aim(device=device, slot=slot_ref(device, port)), (f"{station.sim_id}/{port}",))


# LetMeCharge: plugs with a car that stays.


def _free_plug(simulator: LetMeChargeSimulator, account: str) -> Place:
    _, target = _free(simulator, account)
    return Place("power on", (target,))


def _charging_plug(simulator: LetMeChargeSimulator, account: str) -> Place:
    plug, target = _free(simulator, account)
    order = simulator.traffic.start(plug, simulator.now)
    order.capacity_kwh, order.leaves_at = 1000.0, simulator.now + timedelta(days=1)
    simulator.advance(30)
    simulator.acts.clear()
    return Place("power off", (target,), order.order_id)


def _free(simulator: LetMeChargeSimulator, account: str) -> tuple[Plug, Target]:
    stations = (station for charger in simulator.chargers for station in charger.stations)
    station, plug = next((one, plug) for one in stations for plug in one.plugs if plug.is_available)
    device = device_ref(account, station.id)
    return plug, Target(Aim(device=device, slot=slot_ref(device, plug.id)), (plug.id,))


# SolaX: chargers in another mode than the one that they are told.


def _chargers(count: int) -> Callable[[SolaxSimulator, str], Place]:
    def arranged(simulator: SolaxSimulator, account: str) -> Place:
        fleet = simulator.fleet
        for serial in list(fleet.chargers)[count:]:
            del fleet.chargers[serial]
        for charger in fleet.chargers.values():
            fleet.set_mode(charger, Mode.ECO, simulator.now)
        targets = (Target(Aim(device=device_ref(account, serial)), (serial,)) for serial in fleet.chargers)
        return Place("mode FAST", tuple(targets))

    return arranged


def _operating(operation: DeviceOperation, arranged: Callable[[Any, str], Place]) -> Scene:
    name = f"bajie-{operation.value.lower().replace('_', '-')}"
    instruction = Instruction(operation=operation, reason="a test")
    is_like_another = operation in ALIKE
    return Scene(name, CommandKind.OPERATE_DEVICE, "/cabinet/operation", arranged, instruction, is_like_another)


ALIKE = {
    DeviceOperation.POP_SLOT,
    DeviceOperation.POP_ALL_AUTHORIZED,
    DeviceOperation.POP_ALL_UNAUTHORIZED,
    DeviceOperation.UNLOCK_SLOT,
    DeviceOperation.LOCK_STOP_CHARGE,
    DeviceOperation.REPORT,
    DeviceOperation.HEARTBEAT,
}
OPERATIONS: Mapping[DeviceOperation, Callable[[Any, str], Place]] = {
    DeviceOperation.POP_SLOT: _one_battery,
    DeviceOperation.POP_ALL_AUTHORIZED: _batteries_that(are_authentic=True),
    DeviceOperation.POP_ALL_UNAUTHORIZED: _batteries_that(are_authentic=False),
    DeviceOperation.LOCK_SLOT: _slot_that_is("slot locked"),
    DeviceOperation.UNLOCK_SLOT: _slot_that_is("slot unlocked"),
    DeviceOperation.LOCK_STOP_CHARGE: _slot_that_is("slot locked"),
    DeviceOperation.RESTART: _cabinet_that("restarted"),
    DeviceOperation.REPORT: _cabinet_that("reported"),
    DeviceOperation.HEARTBEAT: _cabinet_that("gave a sign of life"),
}

SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene("bajie-eject", CommandKind.EJECT_BATTERY, "/cabinet/operation", _one_battery),
        Scene("bajie-eject-all", CommandKind.EJECT_ALL_BATTERIES, "/cabinet/ejectByRepair", _all_batteries),
        Scene("bajie-rent", CommandKind.RENT_BATTERY, "/rent/order/create", _any_battery),
        Scene("bajie-complete", CommandKind.COMPLETE_RENTAL, "/rent/order/close", _rental),
        Scene(
            "bajie-publish",
            CommandKind.PUBLISH_ADVERTISEMENT,
            "/cabinet/publishAd",
            _cabinet_that("advertisement taken"),
            Instruction(media=(Media("a", "image", "https://cdn.test/a.png"),)),
        ),
        *(_operating(operation, arranged) for operation, arranged in OPERATIONS.items()),
        Scene("letmecharge-start", CommandKind.START_CHARGING, "/v3/chargers/startcharge/{plug}", _free_plug),
        Scene("letmecharge-stop", CommandKind.STOP_CHARGING, "/v3/chargers/stopcharge/{order}", _charging_plug),
        Scene(
            "lvcchong-start",
            CommandKind.START_CHARGING,
            "/charge",
            _idle_socket("867000000000003"),
            Instruction(minutes=240),
        ),
        Scene(
            "lvcchong-start-prepaid",
            CommandKind.START_CHARGING,
            "/newPriceStandardCharge",
            _idle_socket("867000000000007"),
            Instruction(prepaid=Decimal(20)),
            is_like_another=True,
        ),
        Scene("lvcchong-stop", CommandKind.STOP_CHARGING, "/stopCharge", _charging_socket),
        Scene(
            "solax-mode",
            CommandKind.SET_CHARGER_MODE,
            "/proxyApp/proxy/api/pileCmd",
            _chargers(1),
            Instruction(mode=ChargerMode.FAST),
        ),
        Scene(
            "solax-modes",
            CommandKind.SET_CHARGER_MODE,
            "/proxyApp/proxy/api/pileCmd",
            _chargers(3),
            Instruction(mode=ChargerMode.FAST),
            is_like_another=True,
        ),
    )
}
