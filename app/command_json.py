"""Commands as JSON, by the names of the GraphQL schema; what a command points at is there as an id."""

from collections.abc import Sequence

from app.command_words import next_steps
from model.commands import Command, CommandTarget, Instruction
from model.events import Event
from model.records import Problem


def command_as_json(command: Command) -> dict[str, object]:
    """The command without its history."""
    return {
        "id": command.ref.id,
        "kind": command.kind,
        "status": command.status,
        "caller": command.caller,
        "idempotencyKey": command.idempotency_key,
        **instruction_as_json(command.instruction),
        "createdAt": command.created_at,
        "sentAt": command.sent_at,
        "deadline": command.deadline,
        "completedAt": command.completed_at,
        "isSafeToRetry": command.is_safe_to_retry,
        "problem": _problem(command.problem),
        "targets": [_target(target) for target in command.targets],
    }


def story_as_json(command: Command, timeline: Sequence[Event]) -> dict[str, object]:
    """As `command_as_json`, with the timeline and what to do."""
    return {
        **command_as_json(command),
        "timeline": [{"at": event.recorded_at, **(event.raw or {})} for event in timeline],
        "next": next_steps(command),
    }


def instruction_as_json(instruction: Instruction) -> dict[str, object]:
    """How a command is to be done; None for what its kind does not need."""
    return {
        "operation": instruction.operation,
        "mode": instruction.mode,
        "minutes": instruction.minutes,
        "prepaid": None if instruction.prepaid is None else str(instruction.prepaid),
        "tariff": None if instruction.tariff is None else instruction.tariff.id,
        "externalId": instruction.external_id,
        "reason": instruction.reason,
    }


def _target(target: CommandTarget) -> dict[str, object]:
    return {
        "position": target.position,
        "device": target.device.id,
        "slot": target.slot and target.slot.id,
        "battery": target.battery and target.battery.id,
        "session": target.session and target.session.id,
        "status": target.status,
        "updatedAt": target.updated_at,
        "wasSent": target.was_sent,
        "vendorTaskId": target.vendor_task_id,
        "raw": target.raw and {"code": target.raw.code, "label": target.raw.label},
        "problem": _problem(target.problem),
    }


def _problem(problem: Problem | None) -> dict[str, object] | None:
    if problem is None:
        return None
    return {
        "code": problem.code,
        "message": problem.message,
        "resolution": problem.resolution,
        "retryAt": problem.retry_at,
    }
