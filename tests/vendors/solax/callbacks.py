"""A command for three chargers, and callbacks for it as the vendor writes them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from model.commands import Aim, CommandTarget, may_follow
from model.refs import device_ref
from model.states import ChargerMode, CommandKind, CommandStatus
from tests.support.acting import task_for
from tests.support.clock import FakeClock
from vendors.acting import Evidence, Heard, Task
from vendors.solax.webhook import hear_callback

TASK_ID = "00000000000000000000000000000a01"
SERIALS = ("C322TEST000001", "C322TEST000002", "C322TEST000003")


def task(serials: tuple[str, ...] = SERIALS) -> Task:
    """A mode for these chargers, taken by the vendor."""
    aims = [Aim(device=device_ref("chargers", serial)) for serial in serials]
    made = task_for(CommandKind.SET_CHARGER_MODE, *aims, clock=FakeClock(), mode=ChargerMode.FAST)
    targets = tuple(replace(target, status=CommandStatus.SENT) for target in made.targets)
    return replace(made, targets=targets, vendor_task_id=TASK_ID)


def callback(kind: object, code: object, *, success: object = True, beside: Any = None, **result: Any) -> bytes:
    """One callback; `beside` stands at the root, whatever else is named in `result`."""
    document = {"success": success, "result": {"ack": "some words", **result}, **(beside or {})}
    return orjson.dumps({**document, "rspType": kind, "taskId": TASK_ID, "code": code})


def heard(body: bytes, of: Task | None = None) -> Heard:
    return hear_callback(of or task(), body)


def statuses(learnt: Heard) -> dict[int, CommandStatus | None]:
    """The status of each target that it says something of."""
    return {evidence.position: evidence.status for evidence in learnt.learnt}


def only(learnt: Heard) -> Evidence:
    (evidence,) = learnt.learnt
    return evidence


def told(of: Task, learnt: Sequence[Evidence]) -> Task:
    """The task as the hub would keep it: transitions that are not allowed are ignored."""
    found = {evidence.position: evidence.status for evidence in learnt if evidence.status is not None}

    def moved(target: CommandTarget) -> CommandTarget:
        after = found.get(target.position, target.status)
        return replace(target, status=after) if may_follow(target.status, after) else target

    return replace(of, targets=tuple(map(moved, of.targets)))
