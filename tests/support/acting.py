"""Takes a vendor's procedure through its steps by hand, as the hub does, so that each step can be looked at."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from model.clock import Clock
from model.commands import Aim, CommandTarget, Instruction
from model.states import CommandKind, CommandStatus
from vendors.acting import Evidence, PerformsCommands, Procedure, Task
from vendors.contract import Adapter

CALLBACK_URL = "http://gateway.test/webhooks/an-account/a-token"


def procedure(adapter: Adapter, kind: CommandKind) -> Procedure:
    return cast("PerformsCommands", adapter).procedures()[kind]


def task_for(
    kind: CommandKind, *aims: Aim, clock: Clock, callback_url: str | None = CALLBACK_URL, **instruction: Any
) -> Task:
    """A new task; the instruction's fields by name."""
    now = clock.now()
    targets = tuple(
        CommandTarget(
            position=position,
            device=aim.device,
            slot=aim.slot,
            battery=aim.battery,
            session=aim.session,
            status=CommandStatus.PENDING,
            updated_at=now,
        )
        for position, aim in enumerate(aims)
    )
    return Task(
        kind=kind,
        instruction=Instruction(**instruction),
        targets=targets,
        created_at=now,
        callback_url=callback_url,
    )


def knowing(task: Task, learnt: Sequence[Evidence]) -> Task:
    """The task with what was learnt of its targets; refused ones are left out."""
    by_position = {evidence.position: evidence for evidence in learnt}
    targets = []
    for target in task.targets:
        evidence = by_position.get(target.position)
        if evidence is None or evidence.status is None:
            targets.append(target)
        elif evidence.status is not CommandStatus.REJECTED:
            battery, session = evidence.battery or target.battery, evidence.session or target.session
            targets.append(replace(target, status=evidence.status, battery=battery, session=session))
    return replace(task, targets=tuple(targets))


async def prepared(how: Procedure, task: Task) -> Task:
    """The task once it is prepared. Raises the fault that refuses it."""
    found = await how.prepare(task)
    return knowing(replace(task, before=found.before), found.learnt)


async def sent(how: Procedure, task: Task, clock: Clock) -> Task:
    """The task once the vendor has taken it. Raises the fault of the call."""
    started_at = clock.now()
    answer = await how.send(task)
    targets = tuple(replace(target, status=CommandStatus.SENT) for target in task.targets)
    taken = replace(
        task, targets=targets, sent_at=started_at, answer=answer.answer, vendor_task_id=answer.vendor_task_id
    )
    return knowing(taken, answer.learnt)


async def looked(how: Procedure, task: Task) -> list[Evidence]:
    """All that one look finds."""
    return [evidence async for evidence in how.look(task)]
