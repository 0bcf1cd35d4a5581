"""Rentals made through the simulated API: orders, what leaves under them, and the callbacks that tell of it."""

import json
from functools import partial
from urllib.parse import urlencode

from vendors.bajie import simulated_documents as documents
from vendors.bajie.simulated_cabinets import Cabinets
from vendors.bajie.simulated_documents import Document
from vendors.bajie.simulated_things import Bay, Cabinet, Order, Rental
from vendors.bajie.simulated_world import NOT_KNOWN, RETRIES_S, Asked, Entry, Refusal, World
from vendors.kit.simulator import CallBack

FAILED, RELEASED, RETURNED = "0", "1", "2"
"""`status` of callbacks; those of a query are the same as numbers."""

CAUSES = {
    1: "authorise battery failed",
    2: "battery id not found",
    3: "eject failed",
    4: "eject failed",
    5: "eject failed",
    9: "lease command timed out",
}
"""`faultCause` by `faultType`."""
NO_BATTERY, CANNOT_EJECT = 2, 3


class Rentals:
    """Orders of the Open API: make, ask, close."""

    def __init__(self, world: World, cabinets: Cabinets) -> None:
        self._world = world
        self._cabinets = cabinets

    def table(self) -> tuple[Entry, ...]:
        """The endpoints."""
        return (
            ("POST", "/rent/order/create", self._create),
            ("POST", "/rent/order/query", self._query),
            ("POST", "/rent/order/close", self._close),
            ("GET", "/rent/order/detail", self._detail),
        )

    def step(self) -> None:
        """Tell of the batteries that are back."""
        rentals = self._world.fleet.rentals
        for rental in [rental for rental in rentals.values() if rental.order and rental.order.returned_at]:
            self._tell_of_return(rental)
            del rentals[rental.id]

    def _create(self, asked: Asked) -> Document:
        """Choose the fullest battery, and let it go soon."""
        world = self._world
        cabinet = world.ready_cabinet(asked.query.get("deviceId"))
        url = asked.query.get("callbackURL", "")
        if world.struck("amp_mangling", asked.url_path):
            url = url.replace("&", "&amp;")
        rental = Rental(world.fleet.trade_no(), cabinet, url)
        world.fleet.rentals[rental.id] = rental
        after_s = world.delay_s(asked)
        if switch := world.struck("callback_early", asked.url_path):
            after_s, world.answer_after_s = 0.0, float(switch.value or 2)
        bay = cabinet.rentable(world.now)
        if switch := world.struck("eject_fault", asked.url_path):
            world.later(after_s, partial(self._fail, rental, int(switch.value or CANNOT_EJECT)))
        elif bay is None:
            world.later(after_s, partial(self._fail, rental, NO_BATTERY))
        else:
            self._let_go(rental, self._cabinets.bays_hit(cabinet, bay, asked), after_s)
        return {"data": {"tradeNo": rental.id}}

    def _let_go(self, rental: Rental, bays: list[Bay], after_s: float) -> None:
        """The first bay's battery leaves with the rental; any other by mistake."""
        for bay in bays[:1]:
            bay.is_promised = True
            self._world.later(after_s, partial(self._lend, rental, bay))
        for bay in bays[1:]:
            self._world.later(after_s, partial(self._cabinets.push_out, rental.cabinet, bay, rental.id))

    def _lend(self, rental: Rental, bay: Bay) -> None:
        if bay.battery is None:
            self._fail(rental, NO_BATTERY)
            return
        rental.order = order = self._world.fleet.lend(rental.cabinet, bay, rental.id)
        self._world.act("battery out", f"{rental.cabinet.id}/{order.slot}/{order.battery.id}", rental.id)
        self._tell(rental, RELEASED, rental.id, order.battery.id, rental.cabinet, bay.number)

    def _fail(self, rental: Rental, fault: int) -> None:
        rental.has_failed = True
        failure = {"orderId": rental.id, "faultType": fault, "faultCause": CAUSES.get(fault, "")}
        self._world.fleet.tell("BATTERY_BORROW_OUT", rental.cabinet, failure)
        self._tell(rental, FAILED, rental.id, None, rental.cabinet, None)

    def _tell_of_return(self, rental: Rental) -> None:
        """The order's id may be another's, or missing: that was seen on returns."""
        trade_no: str | None = rental.id
        if self._world.struck("return_other_order", rental.callback_url):
            trade_no = self._world.fleet.trade_no()
        if self._world.struck("return_no_order", rental.callback_url):
            trade_no = None
        battery = rental.order.battery.id if rental.order else None
        cabinet, slot = self._whereabouts(battery) or (rental.cabinet, None)
        self._tell(rental, RETURNED, trade_no, battery, cabinet, slot)

    def _whereabouts(self, battery_id: str | None) -> tuple[Cabinet, int] | None:
        places = ((cabinet, pair) for cabinet in self._world.fleet.cabinets.values() for pair in cabinet.batteries())
        return next(((cabinet, bay.number) for cabinet, (bay, held) in places if held.id == battery_id), None)

    def _tell(
        self, rental: Rental, status: str, trade_no: str | None, battery: str | None, cabinet: Cabinet, slot: int | None
    ) -> None:
        """Send the callback; a repeated one has another message id."""
        said = {"tradeNo": trade_no, "status": status, "batteryId": battery, "deviceId": cabinet.id, "slotNum": slot}
        known = {key: value for key, value in said.items() if value is not None}
        self._world.deliver(rental.callback_url, partial(self._call_back, rental.callback_url, known))

    def _call_back(self, url: str, known: Document) -> CallBack:
        said = {"messageId": self._world.call_id("message"), **known}
        if self._world.struck("callback_form", url):
            return CallBack(url, urlencode(said).encode(), "application/x-www-form-urlencoded", retries_s=RETRIES_S)
        return CallBack(url, json.dumps(said).encode(), "application/json", retries_s=RETRIES_S)

    def _query(self, asked: Asked) -> Document:
        """No status at all while the battery is still to leave."""
        trade_no = asked.query.get("tradeNo", "")
        status = self._status(trade_no)
        return {"data": {"tradeNo": trade_no, **({} if status is None else {"status": int(status)})}}

    def _status(self, trade_no: str) -> str | None:
        order, rental = self._world.order(trade_no), self._world.fleet.rentals.get(trade_no)
        if order is not None:
            return RETURNED if order.ended_at else RELEASED
        if rental is None:
            raise Refusal(NOT_KNOWN)
        return FAILED if rental.has_failed else None

    def _close(self, asked: Asked) -> Document:
        """End a running order; one that has ended stays as it is."""
        trade_no = asked.query.get("tradeNo", "")
        order = self._world.order(trade_no)
        if order is None:
            self._status(trade_no)
        elif order.ended_at is None and not self._world.struck("eject_nothing", asked.url_path):
            self._world.later(self._world.delay_s(asked), partial(self._end, order))
        return {"data": {"tradeNo": trade_no}}

    def _end(self, order: Order) -> None:
        if order.ended_at is None:
            self._world.fleet.close(order)
            self._world.act("order closed", f"{order.cabinet.id}/{order.slot}/{order.battery.id}", order.id)

    def _detail(self, asked: Asked) -> Document:
        trade_no = asked.query.get("tradeNo", "")
        fleet = self._world.fleet
        if order := self._world.order(trade_no):
            return {"data": documents.order_detail(fleet, order)}
        if rental := fleet.rentals.get(trade_no):
            return {"data": documents.order_without_battery(fleet, rental)}
        raise Refusal(NOT_KNOWN)
