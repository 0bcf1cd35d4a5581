"""What the simulated cabinets do when they are told to: every accepted call acts once, some seconds later."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_things import CANNOT_EJECT, LOCKED, NOT_AUTHENTIC, Bay, Cabinet
from vendors.bajie.simulated_world import INCOMPLETE, NOT_KNOWN, Asked, Entry, Refusal, World

BETWEEN_BATTERIES_S = 1.0
RESTART_S = 30.0


class Cabinets:
    """The calls that move something in a cabinet, but for those that make rentals."""

    def __init__(self, world: World) -> None:
        self._world = world

    def table(self) -> tuple[Entry, ...]:
        """The endpoints."""
        return (
            ("POST", "/cabinet/operation", self._operate),
            ("POST", "/cabinet/ejectByRepair", self._eject_by_repair),
            ("POST", "/cabinet/ejectByRent", self._eject_by_rent),
            ("POST", "/cabinet/bindAd", self._advertise),
            ("POST", "/cabinet/publishAd", self._advertise),
        )

    def bays_hit(self, cabinet: Cabinet, bay: Bay, asked: Asked) -> list[Bay]:
        """The bays whose battery leaves when one is told to let go of it: that one, unless something is switched on."""
        world, path = self._world, asked.url_path
        if world.struck("eject_nothing", path):
            return []
        others = [each for each, _ in cabinet.batteries() if each is not bay]
        if others and world.struck("wrong_slot", path):
            bay = others.pop(0)
        return [bay, others[0]] if others and world.struck("double_eject", path) else [bay]

    def push_out(self, cabinet: Cabinet, bay: Bay, cause: str) -> None:
        """The battery of that bay leaves now, if there is one and the bay lets it."""
        if bay.battery is None or bay.fault == CANNOT_EJECT:
            return
        battery = self._world.fleet.push_out(cabinet, bay)
        self._world.act("battery out", f"{cabinet.id}/{bay.number}/{battery.id}", cause)

    def _operate(self, asked: Asked) -> Document:
        cabinet = self._world.ready_cabinet(asked.query.get("cabinetid"))
        slot, operation = asked.query.get("slotNum"), asked.query.get("operationType", "")
        if operation == "pop":
            self._eject(cabinet, slot, asked, self._world.call_id(operation))
        elif operation in ("popall", "popallForAuth", "popallForNoAuth"):
            self._empty(cabinet, _chosen(cabinet, operation), asked, self._world.call_id(operation))
        else:
            self._soon(asked, self._maintenance(cabinet, slot, operation, self._world.call_id(operation)))
        return {}

    def _eject_by_repair(self, asked: Asked) -> Document:
        cabinet = self._world.ready_cabinet(asked.query.get("cabinetid"))
        self._eject(cabinet, asked.query.get("slotNum"), asked, self._world.call_id("ejectByRepair"))
        return {}

    def _eject_by_rent(self, asked: Asked) -> Document:
        """One battery more for an order that exists already."""
        cabinet = self._world.ready_cabinet(asked.query.get("cabinetid"))
        trade_no = asked.query.get("rentOrderId", "")
        if self._world.order(trade_no) is None and trade_no not in self._world.fleet.rentals:
            raise Refusal(NOT_KNOWN)
        if _slot_number(asked.query.get("slotNum")) == 0:
            raise Refusal(INCOMPLETE)
        self._eject(cabinet, asked.query.get("slotNum"), asked, trade_no)
        return {}

    def _eject(self, cabinet: Cabinet, slot: str | None, asked: Asked, cause: str) -> None:
        """One slot; slot 0, or none, is the whole cabinet."""
        if _slot_number(slot) == 0:
            self._empty(cabinet, [bay for bay, _ in cabinet.batteries()], asked, cause)
            return
        after_s = self._world.delay_s(asked)
        for bay in self.bays_hit(cabinet, _bay(cabinet, slot), asked):
            self._world.later(after_s, partial(self.push_out, cabinet, bay, cause))

    def _empty(self, cabinet: Cabinet, bays: Sequence[Bay], asked: Asked, cause: str) -> None:
        """One battery after the other."""
        if self._world.struck("eject_nothing", asked.url_path):
            return
        after_s = self._world.delay_s(asked)
        for number, bay in enumerate(bays):
            self._world.later(after_s + number * BETWEEN_BATTERIES_S, partial(self.push_out, cabinet, bay, cause))

    def _soon(self, asked: Asked, action: Callable[[], None]) -> None:
        if not self._world.struck("eject_nothing", asked.url_path):
            self._world.later(self._world.delay_s(asked), action)

    def _maintenance(self, cabinet: Cabinet, slot: str | None, operation: str, cause: str) -> Callable[[], None]:
        if operation in ("lock", "unlock", "lockStopCharge"):
            return partial(self._lock, cabinet, _bay(cabinet, slot), operation, cause)
        if operation == "restart":
            return partial(self._restart, cabinet, cause)
        if operation in ("report", "heartbeat"):
            return partial(self._report, cabinet, operation, cause)
        raise Refusal(INCOMPLETE)

    def _lock(self, cabinet: Cabinet, bay: Bay, operation: str, cause: str) -> None:
        world, is_lock = self._world, operation != "unlock"
        bay.fault = LOCKED if is_lock else 0
        if bay.battery is not None:
            bay.battery.cut_off(world.now, is_cut_off=operation == "lockStopCharge")
        world.act("slot locked" if is_lock else "slot unlocked", f"{cabinet.id}/{bay.number}", cause)

    def _restart(self, cabinet: Cabinet, cause: str) -> None:
        self._world.fleet.connect(cabinet, is_online=False)
        self._world.act("restarted", cabinet.id, cause)
        self._world.later(RESTART_S, partial(self._come_back, cabinet))

    def _come_back(self, cabinet: Cabinet) -> None:
        self._world.fleet.connect(cabinet, is_online=True)
        cabinet.reported_at = self._world.now

    def _report(self, cabinet: Cabinet, operation: str, cause: str) -> None:
        if operation == "report":
            self._world.act("reported", cabinet.id, cause)
            self._world.fleet.report(cabinet)
        else:
            self._world.act("gave a sign of life", cabinet.id, cause)
            cabinet.reported_at = self._world.now

    def _advertise(self, asked: Asked) -> Document:
        cause = self._world.call_id("advertisement")
        for cabinet_id in asked.fields.get("cabinetIdList", []):
            self._world.act("advertisement taken", self._world.cabinet(cabinet_id).id, cause)
        return {}


def _chosen(cabinet: Cabinet, operation: str) -> list[Bay]:
    wanted: Iterable[bool] = {"popallForAuth": (True,), "popallForNoAuth": (False,)}.get(operation, (True, False))
    return [bay for bay, battery in cabinet.batteries() if (battery.fault != NOT_AUTHENTIC) in wanted]


def _slot_number(text: str | None) -> int:
    """The slot asked for, 0 when left out. Raises Refusal for what is no number."""
    if not text:
        return 0
    if not text.isdecimal():
        raise Refusal(INCOMPLETE)
    return int(text)


def _bay(cabinet: Cabinet, slot: str | None) -> Bay:
    number = _slot_number(slot)
    if not 1 <= number <= len(cabinet.bays):
        raise Refusal(INCOMPLETE)
    return cabinet.bays[number - 1]
