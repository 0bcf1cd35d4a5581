"""Commands as a person at a terminal reads them: plain lines, which may be long, for `grep` and for eyes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from rich.text import Text

from app.command_json import instruction_as_json
from app.command_words import MEANINGS, next_steps
from model.commands import LEAST_SETTLED_FIRST, Command, CommandTarget
from model.events import Event
from model.records import Problem
from model.states import CommandKind, CommandStatus

_COLOURS: Mapping[CommandStatus, str] = {
    CommandStatus.CONFIRMED: "green",
    CommandStatus.REJECTED: "red",
    CommandStatus.FAILED: "red",
    CommandStatus.TIMED_OUT: "yellow",
    CommandStatus.OUTCOME_UNKNOWN: "yellow",
    CommandStatus.CANCELLED: "dim",
}
_STATUS_WIDTH = max(map(len, CommandStatus))
_KIND_WIDTH = max(map(len, CommandKind))


def listing(commands: Iterable[Command]) -> Iterator[Text]:
    """A line a command, and a second one where something stands against it."""
    for command in commands:
        kind = command.kind.value.ljust(_KIND_WIDTH)
        line = Text(f"{command.ref.account}  {_moment(command.created_at)}  ")
        yield line.append_text(_coloured(command.status, _STATUS_WIDTH)).append(f"  {kind}  {_aims(command.targets)}")
        if command.problem is not None:
            yield Text(f"    {_in_words(command.problem)}", style="dim")


def story(command: Command, timeline: Sequence[Event]) -> Iterator[Text]:
    """Everything known of one command: what was asked, of what, what became of it, who said so, and what to do."""
    yield Text(f"{command.ref.id}  {command.kind.value}  ", style="bold").append_text(_coloured(command.status))
    yield from _named(_facts(command))
    yield Text("\nTargets", style="bold")
    for target in command.targets:
        yield from _target(target)
    yield Text("\nTimeline", style="bold")
    yield from map(_moved, timeline)
    meaning = MEANINGS[command.status]
    yield Text("\nWhat it means", style="bold")
    words = {"what happened": meaning.happened, "the gateway": meaning.gateway, "you": next_steps(command)}
    yield from _named({name: sentence.replace("`", "") for name, sentence in words.items()})


def _facts(command: Command) -> Mapping[str, str]:
    statuses = Counter(target.status for target in command.targets)
    how = {name: value for name, value in instruction_as_json(command.instruction).items() if value is not None}
    in_sum = ", ".join(f"{statuses[status]} {status.value}" for status in LEAST_SETTLED_FIRST if statuses[status])
    return {
        "asked for": f"{_moment(command.created_at)} by {command.caller}, with the key {command.idempotency_key}",
        "how": ", ".join(f"{name} {value}" for name, value in how.items()),
        "sent": _moment(command.sent_at) if command.sent_at else "no",
        "deadline": _moment(command.deadline) if command.deadline else "",
        "outcome known": _moment(command.completed_at) if command.completed_at else "not for good",
        "safe to repeat": "yes" if command.is_safe_to_retry else "no: it could act twice",
        "in sum": in_sum if len(command.targets) > 1 else "",
    }


def _target(target: CommandTarget) -> Iterator[Text]:
    line = Text(f"  #{target.position}  ").append_text(_coloured(target.status, _STATUS_WIDTH))
    yield line.append(f"  since {_moment(target.updated_at)}  {_aim(target)}")
    more = {
        "battery": target.battery.id if target.battery else "",
        "session": target.session.id if target.session and target.slot else "",
        "vendor's task": target.vendor_task_id or "",
        "vendor's code": " ".join(filter(None, (target.raw.code, target.raw.label))) if target.raw else "",
        "problem": _in_words(target.problem) if target.problem else "",
    }
    yield from _named(more, indent=6)


def _moved(event: Event) -> Text:
    raw = event.raw or {}
    before, after = raw.get("from"), raw.get("to")
    line = f"  {_moment(event.recorded_at)}  #{raw.get('position')}  {f'{before} → ' if before else ''}{after}"
    why = raw.get("message")
    return Text(f"{line}  by {raw.get('by')}{f': {why}' if why else ''}")


def _named(values: Mapping[str, str], indent: int = 2) -> Iterator[Text]:
    """Those that are not empty, each on a line of its own with its name."""
    return (Text(f"{'':{indent}}{name:<15} {value}") for name, value in values.items() if value)


def _coloured(status: CommandStatus, width: int = 0) -> Text:
    return Text(status.value.ljust(width), style=_COLOURS.get(status, "cyan"))


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def _aims(targets: Sequence[CommandTarget]) -> str:
    """What a command is about: its first target, and how many more there are."""
    return f"{_aim(targets[0])}{f' and {len(targets) - 1} more' if len(targets) > 1 else ''}"


def _aim(target: CommandTarget) -> str:
    return (target.slot or target.session or target.device).id


def _in_words(problem: Problem) -> str:
    return f"{problem.code.value}: {problem.message}"
