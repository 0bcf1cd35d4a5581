"""What the vendor's callbacks say of the chargers of a command. Pure; raises nothing but Malformed.

They are not signed and come in any order, repeated or not at all; the URL, which belongs to one task, is all that
tells them from a stranger's. Source: SolaX "EV charger API User Guide", 3.1.6.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import IntEnum

import orjson

from model.commands import FINAL, CommandTarget
from model.faults import Malformed, Rejected, TimedOut
from model.records import RawCode
from model.states import CommandStatus, Resolution
from vendors.acting import Evidence, Heard, Task
from vendors.kit.wire import read_as
from vendors.solax.wire import Callback

MOST_READ_AT_ONCE = 5
"""Up to so many targets a charger's yes is worth a read at once; of a hundred it would burn the quota of minutes."""


class Kind(IntEnum):
    """rspType: the command was issued, one charger answered, or the task is complete."""

    ISSUED = 1
    ANSWERED = 2
    COMPLETED = 3


def hear_callback(task: Task, body: bytes) -> Heard:
    """One callback for this task: its evidence, the task that it speaks of, and a key by which a repeat is known.

    Raises Malformed for what is no callback or contradicts itself.
    """
    callback = _read(body)
    if callback.task_id is None:
        raise Malformed("callback: no taskId")
    is_yes = callback.kind == Kind.ANSWERED and callback.code == 0
    return Heard(
        key=f"{callback.task_id}|{callback.kind}|{callback.result.serial or ''}",
        vendor_task_id=callback.task_id,
        learnt=_learnt(callback, [target for target in task.targets if target.status not in FINAL]),
        look_now=callback.kind == Kind.COMPLETED or (is_yes and len(task.targets) <= MOST_READ_AT_ONCE),
    )


def _read(body: bytes) -> Callback:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("callback: it is not JSON") from None
    callback = read_as(Callback, payload, "callback")
    if callback.code == 0 and callback.success is False:
        raise Malformed("callback: it says success false with code 0")
    return callback


def _learnt(callback: Callback, targets: Sequence[CommandTarget]) -> list[Evidence]:
    """Evidence of open targets. Serial numbers that are not among them are passed over."""
    match callback.kind, callback.code:
        case (Kind.ISSUED, 0):
            return []
        case (Kind.ISSUED, 1):
            untold = targets if callback.failed is None else _named(targets, callback.failed)
            return [_not_told(target, RawCode("1", "send partly successfully")) for target in untold]
        case (Kind.ISSUED, 2):
            return [_not_told(target, RawCode("2", "send all failed")) for target in targets]
        case (Kind.ANSWERED, 0 | 1 | 2 as code):
            if callback.result.serial is None:
                raise Malformed("callback: it does not say which charger answered")
            return [_answered(target, code) for target in _named(targets, [callback.result.serial])]
        case (Kind.COMPLETED, 0):
            return [_done(target, RawCode("0", "current task all device complete")) for target in targets]
        case (Kind.COMPLETED, 1):
            return _partly_done(targets, callback.timed_out)
    raise Malformed("callback: the vendor's guide has no such rspType and code")


def _named(targets: Iterable[CommandTarget], serials: Collection[object]) -> list[CommandTarget]:
    return [target for target in targets if target.device.native_id in serials]


def _not_told(target: CommandTarget, raw: RawCode) -> Evidence:
    message = "SolaX could not send the command to the charger: check its serial number and that it is online"
    fault = Rejected(message, raw_code=raw.code, resolution=Resolution.USER_ACTION)
    return Evidence(position=target.position, status=CommandStatus.REJECTED, fault=fault, raw=raw)


def _answered(target: CommandTarget, code: int) -> Evidence:
    if code == 0:
        return _done(target, RawCode("0", "task sent success"))
    if code == 1:
        raw = RawCode("1", "device receive task failed")
        message, resolution = "The charger did not receive the command: ask again later", Resolution.RETRY_LATER
    else:
        raw = RawCode("2", "device task execute failed")
        message, resolution = "The charger could not do it: have a look at the charger", Resolution.USER_ACTION
    fault = Rejected(message, raw_code=raw.code, resolution=resolution)
    return Evidence(position=target.position, status=CommandStatus.FAILED, fault=fault, raw=raw)


def _done(target: CommandTarget, raw: RawCode) -> Evidence:
    return Evidence(position=target.position, status=CommandStatus.ACKNOWLEDGED, raw=raw)


def _partly_done(targets: Sequence[CommandTarget], timed_out: Collection[object] | None) -> list[Evidence]:
    """Those whom the list does not name have answered; without a list nothing is known of any."""
    if timed_out is None:
        return []
    late = _named(targets, timed_out)
    raw = RawCode("1", "partial devices time out")
    return [_late(target, raw) if target in late else _done(target, raw) for target in targets]


def _late(target: CommandTarget, raw: RawCode) -> Evidence:
    fault = TimedOut("The charger did not answer SolaX in time; it may still do it", raw_code=raw.code)
    return Evidence(position=target.position, status=CommandStatus.TIMED_OUT, fault=fault, raw=raw)
