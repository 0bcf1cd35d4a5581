"""Writes docs/vendors/<slug>.md from what each vendor says of itself: `make docs`; a test holds them equal."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from hub.capabilities import capabilities_of
from vendors.kit.quota import Budget, Scope
from vendors.manifest import AccountSettings, Cadence, CommandRule, Manifest, Mark
from vendors.registry import manifests, simulator_class

GENERATED = "<!-- Written by `make docs` from the vendor's manifest; change it there. -->"

_MARKS = {
    Mark.SEED: "in the vendor's original document",
    Mark.DOC: "on another page of the vendor's documentation",
    Mark.SEEN: "observed in public client code or captured payloads",
    Mark.ASSUMED: "our reading or our choice",
}

_KINDS_OF_DATA = {
    "devices": "the list of devices",
    "device": "one device, its slots and batteries",
    "sites": "sites",
    "health": "health of slots and batteries",
    "storage": "power flows and charge of storage",
    "sessions": "charging sessions and rentals",
    "tariffs": "tariffs",
    "subscriptions": "registrations for pushes",
}


def main() -> None:
    """Write every page into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for slug, manifest in manifests().items():
        (folder / f"{slug}.md").write_text(page(manifest), encoding="utf-8")
        print(f"Wrote {folder / slug}.md")  # noqa: T201 - a command


def page(manifest: Manifest) -> str:
    """The vendor's page."""
    return "\n".join([*_lines(manifest)]) + "\n"


def _lines(manifest: Manifest) -> Iterator[str]:
    yield from (f"# {manifest.name}", "", GENERATED, "")
    kinds = ", ".join(kind.value for kind in manifest.device_kinds)
    abilities = ", ".join(capability.value for capability in capabilities_of(manifest))
    yield f'- **In the configuration**: `vendor = "{manifest.slug}"`'
    yield f"- **Devices**: {kinds}"
    yield f"- **Slots**: {manifest.slot_kind.value if manifest.slot_kind else 'none'}"
    yield f"- **Capabilities**: {abilities or 'none'}"
    if manifest.documentation_url:
        yield f"- **The vendor's documentation**: <{manifest.documentation_url}>"
    yield f"- **Simulator**: `chargegraph simulate --vendor {manifest.slug}`, port {_port(manifest)}"
    yield from _section("Good to know", manifest.facts)
    yield from _settings(manifest)
    yield from _quota(manifest.budgets)
    yield from _freshness(manifest.cadence)
    yield from _commands(manifest.commands)
    yield from _endpoints(manifest)
    yield from _faults(manifest)
    yield from _section("Assumed", manifest.assumptions, "No page of the vendor says this; the code relies on it.")
    yield from _section("Unknown", manifest.unknowns, "Nobody could tell us; this is what it means here.")


def _port(manifest: Manifest) -> int:
    return simulator_class(manifest.slug).default_port


def _section(title: str, sentences: Sequence[str], introduction: str = "") -> Iterator[str]:
    if sentences:
        yield from ("", f"## {title}", "")
        if introduction:
            yield from (introduction, "")
        yield from (f"- {sentence}" for sentence in sentences)


def _settings(manifest: Manifest) -> Iterator[str]:
    yield from ("", "## Settings", "")
    yield "Keys of its own in an `[[accounts]]` table; [configuration](../configuration.md) has those of every account."
    yield from ("", "| key | type | default | meaning |", "|---|---|---|---|")
    for name, field in own_settings(manifest).items():
        yield f"| `{name}` | {type_of(field)} | {default_of(field)} | {field.description or ''} |"
    yield ""
    default = manifest.default_base_url
    yield (
        f"`base_url` is `{default}` when left out."
        if default
        else "`base_url` must be given: no address of this vendor is known."
    )


def own_settings(manifest: Manifest) -> Mapping[str, FieldInfo]:
    """The keys that this vendor adds, or means in a way of its own."""
    shared = AccountSettings.model_fields
    return {
        name: field
        for name, field in manifest.settings.model_fields.items()
        if name not in shared or field.description != shared[name].description
    }


def type_of(field: FieldInfo) -> str:
    """A setting's type in the words of TOML."""
    return _in_toml(field.annotation)


def _in_toml(annotation: object) -> str:
    parts = [part for part in get_args(annotation) if part not in (type(None), ...)]
    name = getattr(annotation, "__name__", str(annotation))
    if name in {"tuple", "list"} or str(annotation).startswith(("tuple[", "list[")):
        return f"list of {_in_toml(parts[0])}s"
    if str(annotation).startswith(("collections.abc.Mapping", "dict[")):
        return "table"
    if parts:
        return _in_toml(parts[0])
    simple = {"str": "text", "SecretStr": "secret text", "int": "integer", "float": "number", "bool": "true or false"}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f'`"{member.value}"`' for member in annotation)
    return simple.get(name, "table")


def default_of(field: FieldInfo) -> str:
    """A setting's default as it would stand in the file."""
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        return "required"
    if default is None or default in ("", (), {}):
        return ""
    if hasattr(default, "get_secret_value"):
        default = default.get_secret_value()
        return f'`"{default}"`' if default else ""
    return f'`"{default}"`' if isinstance(default, str) else f"`{default}`"


def _quota(budgets: Sequence[Budget]) -> Iterator[str]:
    yield from ("", "## Quota", "")
    yield "Calls are counted before they are sent. What is kept for commands is not used by reads."
    yield from (
        "",
        "| budget | calls | in seconds | kept for commands | counted for each | known |",
        "|---|---|---|---|---|---|",
    )
    for budget in budgets:
        known = "assumed" if budget.is_assumed else "stated by the vendor"
        whom = "account" if budget.scope is Scope.ACCOUNT else "client address"
        yield f"| {budget.name} | {budget.limit} | {budget.window_s} | {budget.reserve} | {whom} | {known} |"


def _freshness(cadence: Cadence) -> Iterator[str]:
    yield from ("", "## Freshness", "")
    yield "How old an answer may be before the vendor is asked again, when a query gives no `maxAge`."
    yield from ("", "| what | seconds |", "|---|---|")
    for name, words in _KINDS_OF_DATA.items():
        yield f"| {words} | {getattr(cadence, name):g} |"
    if cadence.seconds_per_device:
        yield ""
        yield (
            f"The quota serves one device a call: with N devices a reading is fresh for at least N times "
            f"{cadence.seconds_per_device:g} seconds."
        )


def _commands(rules: Sequence[CommandRule]) -> Iterator[str]:
    yield from ("", "## Commands", "")
    if not rules:
        yield "Its hardware cannot be told anything over this API."
        return
    yield "What its hardware can be told to do, and what proves that it did; times count from the sending."
    yield "At the deadline an unproven command is TIMED_OUT; it is looked after as long as the next column says."
    yield "[What a command status means](../commands.md) tells what to do then."
    yield from (
        "",
        "| command | call | proof | deadline | looked after for | targets in a call | known |",
        "|---|---|---|---|---|---|---|",
    )
    for rule in rules:
        proof = rule.proof or "none: it stays SENT"
        times = f"{_span(rule.deadline_s)} | {_span(rule.patience_s)}" if rule.proof else "|"
        yield f"| {rule.kind.value} | `{rule.call}` | {proof} | {times} | {rule.most_targets} | {rule.mark.value} |"
    for rule in rules:
        yield from _remarks(rule)


def _remarks(rule: CommandRule) -> Iterator[str]:
    if rule.operations:
        yield from ("", f"{rule.kind.value}: {', '.join(one.value for one in rule.operations)}.")
    if rule.is_absolute:
        yield from ("", f"{rule.kind.value} sets a state: a repeat does nothing more, and a newer one replaces it.")
    if rule.not_for:
        yield from ("", f"{rule.kind.value} is not for {', '.join(kind.value for kind in rule.not_for)}.")


def _span(seconds: float) -> str:
    """A time in the largest unit that it is a whole number of."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def _endpoints(manifest: Manifest) -> Iterator[str]:
    yield from ("", "## Calls", "")
    yield "Every call of the vendor's API that is made, what it feeds, and how well it is known:"
    yield "; ".join(f"**{mark.value}** {meaning}" for mark, meaning in _MARKS.items()) + "."
    yield from ("", "| call | feeds | known |", "|---|---|---|")
    for endpoint in manifest.endpoints:
        yield f"| `{endpoint.method} {endpoint.path}` | {endpoint.feeds} | {endpoint.mark.value} |"


def _faults(manifest: Manifest) -> Iterator[str]:
    simulator = simulator_class(manifest.slug)
    yield from ("", "## Simulator", "")
    yield "Faults of its own, beside [those that every simulator has](../simulators.md#faults):"
    yield from ("", "| fault | what it does |", "|---|---|")
    for name, meaning in sorted(simulator.faults.items()):
        yield f"| `{name}` | {meaning} |"
    yield ""
    yield "Actions: " + (", ".join(f"`{name}`" for name in sorted(simulator().actions())) or "none") + "."


if __name__ == "__main__":
    main()
