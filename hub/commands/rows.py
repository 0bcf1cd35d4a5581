"""Commands, targets and calls as rows of the database, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Row

from hub.commands.calls import Call, Phase
from hub.store.database import as_utc
from model.commands import Command, CommandTarget, Instruction
from model.records import Problem, RawCode
from model.refs import Ref, command_ref
from model.states import CommandKind, CommandStatus
from vendors.acting import Task

_INSTRUCTIONS = TypeAdapter(Instruction)
_PROBLEMS = TypeAdapter(Problem)


def written_instruction(instruction: Instruction) -> bytes:
    """JSON without personal data."""
    return _INSTRUCTIONS.dump_json(replace(instruction, customer=None), exclude_none=True, exclude_defaults=True)


def read_instruction(written: bytes) -> Instruction:
    """What `written_instruction` wrote."""
    return _INSTRUCTIONS.validate_json(written)


def written_problem(problem: Problem | None) -> bytes | None:
    """JSON."""
    return None if problem is None else orjson.dumps(asdict(problem))


def written_ref(ref: Ref | None) -> str | None:
    """The ref's id."""
    return None if ref is None else ref.id


def target_of(row: Row[Any], vendor_task_id: str | None) -> CommandTarget:
    """A row of `command_targets`."""
    return CommandTarget(
        position=row.position,
        device=Ref.parse(row.device),
        slot=_ref(row.slot),
        battery=_ref(row.battery),
        session=_ref(row.session),
        status=CommandStatus[row.status],
        problem=None if row.problem is None else _PROBLEMS.validate_json(row.problem),
        raw=None if row.raw_code is None else RawCode(row.raw_code, row.raw_label),
        vendor_task_id=vendor_task_id,
        was_sent=row.was_sent,
        updated_at=as_utc(row.updated_at),
    )


def command_of(row: Row[Any], calls: Iterable[Row[Any]], targets: Iterable[Row[Any]]) -> Command:
    """A row of `commands` with its calls and targets."""
    calls = list(calls)
    task_ids = {call.id: call.vendor_task_id for call in calls}
    return Command(
        ref=command_ref(row.id),
        kind=CommandKind[row.kind],
        caller=row.caller,
        idempotency_key=row.idempotency_key,
        instruction=read_instruction(row.instruction),
        is_absolute=row.is_absolute,
        created_at=as_utc(row.created_at),
        sent_at=min(_moments(call.sent_at for call in calls), default=None),
        deadline=max(_moments(call.deadline for call in calls), default=None),
        targets=tuple(target_of(target, task_ids[target.call]) for target in targets),
    )


def call_of(row: Row[Any], command: Row[Any], targets: Sequence[Row[Any]], callback_url: str | None = None) -> Call:
    """A row of `command_calls` with its command and some of its targets. What was sent is asked for by its id."""
    return Call(
        id=row.id,
        command=command_ref(row.command),
        account=row.account,
        phase=Phase(row.phase),
        deadline=None if row.deadline is None else as_utc(row.deadline),
        task=Task(
            kind=CommandKind[command.kind],
            instruction=read_instruction(command.instruction),
            targets=tuple(target_of(target, row.vendor_task_id) for target in targets),
            created_at=as_utc(command.created_at),
            sent_at=None if row.sent_at is None else as_utc(row.sent_at),
            callback_url=callback_url,
            vendor_task_id=row.vendor_task_id,
            before=_json(row.before),
            answer=_json(row.answer),
        ),
    )


def _json(written: bytes) -> Mapping[str, Any]:
    content: Mapping[str, Any] = orjson.loads(written)
    return content


def _ref(written: str | None) -> Ref | None:
    return None if written is None else Ref.parse(written)


def _moments(instants: Iterable[datetime | None]) -> Iterable[datetime]:
    return (as_utc(instant) for instant in instants if instant is not None)
