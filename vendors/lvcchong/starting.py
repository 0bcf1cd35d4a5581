"""How a charge is started: by time at a two-wheeler's socket, by a price standard anywhere (XRZ1f5SM, NiXkGTQN).

The vendor accepts first and powers later, and for 45 seconds it tells what became of it. After that, and whenever its
reply was lost, the order that the start made is what tells, and at last the socket.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from model.clock import Clock
from model.commands import CommandTarget, Instruction
from model.faults import Fault, Malformed, Rejected, Uncertain
from model.records import RawCode
from model.refs import Ref, session_ref
from model.states import CommandStatus, DeviceKind, DeviceLifecycle, Resolution
from vendors.acting import Accepted, Evidence, Prepared, Task
from vendors.lvcchong.client import LvccClient
from vendors.lvcchong.codes import NOT_YET_CHARGING, RESULT_DONE, RESULT_PENDING, SOCKETS
from vendors.lvcchong.notes import AnswerNote, ByStandard, ByTime, StartNote
from vendors.lvcchong.orders import CLOCK_SKEW, Orders
from vendors.lvcchong.results import Results
from vendors.lvcchong.sockets import IDLE, Socket, glance, is_idle, reachable
from vendors.lvcchong.translate_commands import beside, made_since, numbers, option_for, order_code, start_status
from vendors.lvcchong.wire import Order, PriceStandard

BETWEEN_GLANCES_S: Final = 3.0
"""A socket counts as idle when it is so twice, this far apart."""

RECENT: Final = timedelta(minutes=30)
"""Orders that were not updated since then cannot be mistaken for a new one, whatever the clocks say."""

TWO_WHEELERS: Final = (DeviceKind.EBIKE_SOCKET_STATION, DeviceKind.EBIKE_CHARGING_CABINET)
OUT_OF_USE: Final = (DeviceLifecycle.DISABLED, DeviceLifecycle.OUT_OF_ORDER, DeviceLifecycle.REMOVED)


class StartCharging:
    """Starts a charge at an idle socket."""

    def __init__(self, client: LvccClient, orders: Orders, results: Results, clock: Clock) -> None:
        """The clock is waited by between two glances at a socket."""
        self._client = client
        self._orders = orders
        self._results = results
        self._clock = clock

    async def prepare(self, task: Task) -> Prepared:
        """See that the socket is idle, choose what to buy, and note the socket's orders of late. Two calls or more."""
        socket = await reachable(self._client, task.targets[0])
        _refuse_unready(socket)
        how = await self._how(socket, task.instruction)
        recent = await self._orders.at(socket.place, self._clock.now() - RECENT)
        note = StartNote(
            place=socket.place,
            state=socket.state,
            orders=tuple(order.order_num for order in recent if order.order_num),
            how=how,
            money=task.instruction.prepaid or Decimal(0),
        )
        return Prepared(before=note.written())

    async def send(self, task: Task) -> Accepted:
        """Start it. The answer says only that the vendor has taken it."""
        note, (target,) = StartNote.model_validate(task.before), task.targets
        device_id, port = note.place.device_id, note.place.port
        if isinstance(note.how, ByTime):
            answer = await self._client.start_by_time(device_id, port, note.how.minutes, note.money)
        else:
            answer = await self._client.start_by_standard(device_id, port, note.money, **note.how.model_dump())
        taken = AnswerNote(result_key=answer.result_key, order=answer.order_num)
        return Accepted(answer=taken.written(), learnt=[_evidence(target, CommandStatus.SENT, answer.order_num)])

    async def look(self, task: Task) -> AsyncIterator[Evidence]:
        """The power-up result while the vendor keeps it, then the order, then the socket. Up to four calls or more."""
        for target in task.targets:
            evidence = await self._found(task, target)
            if evidence is not None:
                yield evidence

    async def _how(self, socket: Socket, instruction: Instruction) -> ByTime | ByStandard:
        prepaid = instruction.prepaid or Decimal(0)
        is_for_two_wheelers = socket.device.kind in TWO_WHEELERS
        if prepaid < 0:
            raise _refused("prepay nothing, or more than nothing")
        if instruction.tariff is None and is_for_two_wheelers:
            if not instruction.minutes or instruction.minutes < 0:
                raise _refused("say for how many minutes, or by which tariff of the device")
            return ByTime(minutes=instruction.minutes)
        if instruction.minutes is not None:
            raise _refused("here the price decides how long it charges; leave the minutes out, and say what to prepay")
        if not is_for_two_wheelers and not prepaid:
            raise _refused("this device charges for what is paid in advance; say how much to prepay")
        return option_for(await self._standard(socket, instruction.tariff), prepaid)

    async def _standard(self, socket: Socket, tariff: Ref | None) -> PriceStandard:
        """The device's own price standard, which must be the tariff that was asked for. A call where it is not told."""
        standard = socket.standard
        if standard.id is None:
            standard = await self._client.price_standard_of(socket.place.device_id)
        if standard.id is None:
            raise Malformed("start charging: the answer does not say the device's price standard")
        if tariff is not None and tariff.native_id != standard.id:
            raise _refused(f"that is not the tariff of this device, which is {standard.id}")
        return standard

    async def _found(self, task: Task, target: CommandTarget) -> Evidence | None:
        note, answer = StartNote.model_validate(task.before), AnswerNote.model_validate(task.answer)
        is_kept = self._results.are_kept(task)
        result = await self._results.read(answer.result_key) if is_kept else None
        if result == RESULT_PENDING:
            return None
        order, others = await self._orders_made(task, note, answer)
        number = order.order_num if order else answer.order
        if others:
            return _acted_twice(target, number, others)
        status = start_status(order) if order else None
        if order and status is CommandStatus.CONFIRMED:
            return _evidence(target, status, number, raw=order_code(order))
        if result is not None:
            return _told(target, result, number)
        return await self._judged(target, note, order, is_kept=is_kept) if order else None

    async def _orders_made(self, task: Task, note: StartNote, answer: AnswerNote) -> tuple[Order | None, list[Order]]:
        """The order that the start made, as far as that can be told, and others that it made as well.

        Where the answer names none, or one that nobody knows, they are those that are new at the socket.
        """
        since = task.created_at - CLOCK_SKEW
        recent = await self._orders.at(note.place, since)
        made = made_since(recent, since, note.orders)
        order = await self._orders.find(answer.order, recent) if answer.order else None
        if order is None:
            return made[0] if made else None, made[1:]
        return order, beside(order, made)

    async def _judged(self, target: CommandTarget, note: StartNote, order: Order, *, is_kept: bool) -> Evidence | None:
        """An order that does not charge: whether it never will."""
        failed = _evidence(target, CommandStatus.FAILED, order.order_num, raw=order_code(order))
        if start_status(order) is CommandStatus.FAILED:
            return replace(failed, fault=Rejected("start charging: the order ended before there was any power"))
        if is_kept or order.status not in NOT_YET_CHARGING:
            return None
        first = await glance(self._client, target.device)
        if not is_idle(first, note.place.port):
            return Evidence(position=target.position, status=None, seen=first)
        await self._clock.sleep(BETWEEN_GLANCES_S)
        second = await glance(self._client, target.device)
        if not is_idle(second, note.place.port):
            return Evidence(position=target.position, status=None, seen=second)
        return replace(failed, fault=Rejected("start charging: the socket was not powered in time"), seen=second)


def _refuse_unready(socket: Socket) -> None:
    if socket.device.lifecycle in OUT_OF_USE:
        raise _refused("the device is out of use; choose another")
    if socket.state != IDLE:
        labels = {str(code): label for code, (_, _, label) in SOCKETS.items()}
        state = labels.get(socket.state, "in a state that is not known")
        raise _refused(f"the socket is in use or out of order ({state}); choose another")


def _refused(message: str) -> Rejected:
    return Rejected(f"start charging: {message}", resolution=Resolution.USER_ACTION)


def _told(target: CommandTarget, result: int, number: str | None) -> Evidence:
    """What the device itself said of the start."""
    if result == RESULT_DONE:
        return _evidence(target, CommandStatus.CONFIRMED, number, raw=RawCode(str(result), "powered"))
    fault = Rejected(f"start charging: the device could not power the socket (result {result})")
    return _evidence(target, CommandStatus.FAILED, number, fault, RawCode(str(result)))


def _acted_twice(target: CommandTarget, number: str | None, others: list[Order]) -> Evidence:
    names = f"{number}, {numbers(others)}"
    fault = Uncertain(
        f"start charging: several orders were made at this socket ({names}); stop those that nobody wants",
        resolution=Resolution.USER_ACTION,
    )
    return _evidence(target, CommandStatus.OUTCOME_UNKNOWN, None, fault)


def _evidence(
    target: CommandTarget,
    status: CommandStatus,
    number: str | None,
    fault: Fault | None = None,
    raw: RawCode | None = None,
) -> Evidence:
    session = session_ref(target.device.account, number) if number else None
    return Evidence(position=target.position, status=status, fault=fault, raw=raw, session=session)
