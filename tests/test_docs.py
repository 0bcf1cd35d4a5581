"""Undocumented is broken: settings, commands, options, faults, routes and vendors must stand in docs/, and be true."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from graphql import build_schema as schema_of
from graphql import parse, validate
from pydantic import BaseModel
from starlette.routing import BaseRoute, Mount, Route
from typer.core import TyperCommand, TyperGroup

from app.assembly import build_app
from app.cli import cli
from app.settings import (
    AuthSettings,
    CommandSettings,
    EventSettings,
    InboxSettings,
    LiveSettings,
    ServerSettings,
    Settings,
    StorageSettings,
)
from app.settings_file import parse_settings
from app.vendor_pages import default_of, page, type_of
from graph.printing import printed
from graph.schema import build_schema
from model.states import AccountStatus, CommandStatus
from vendors.kit.simulator import TRANSPORT_FAULTS, Simulator, Switch
from vendors.manifest import AccountSettings
from vendors.registry import manifests, simulator_class

COUNTERS = (
    "chargegraph_queries",
    "chargegraph_vendor_calls",
    "chargegraph_commands",
    "chargegraph_webhook_requests",
    "chargegraph_stream_executions",
)
"""Metrics whose name ends in `_total` where they are read."""
SCHEMA = schema_of(printed(build_schema()))
ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """The rows of all tables by the first cell, without its marks."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return {row[0].strip("`"): row[1:] for row in cells}


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("`[server]`", ServerSettings),
        ("`[auth]`", AuthSettings),
        ("`[storage]`", StorageSettings),
        ("`[commands]`", CommandSettings),
        ("`[inbox]`", InboxSettings),
        ("`[events]`", EventSettings),
        ("`[live]`", LiveSettings),
        ("`[[accounts]]`", AccountSettings),
    ],
)
def test_every_setting_stands_in_configuration_md_with_type_and_default(title: str, model: type[BaseModel]) -> None:
    documented = rows(section(read("configuration.md"), title))
    documented = {key: cells[:2] for key, cells in documented.items() if key not in {"key", "---"}}
    assert documented == {name: [type_of(field), default_of(field)] for name, field in model.model_fields.items()}


def test_every_section_of_the_settings_is_documented() -> None:
    titles = re.findall(r"^## `\[+(\w+)\]+`$", read("configuration.md"), re.MULTILINE)
    assert titles == list(Settings.model_fields)


@pytest.mark.parametrize("slug", manifests())
def test_every_vendor_has_its_page_as_written_from_its_manifest(slug: str) -> None:
    assert read(f"vendors/{slug}.md") == page(manifests()[slug]), "run `make docs`"


def test_there_are_no_pages_of_vendors_that_are_gone() -> None:
    assert sorted(path.stem for path in (DOCS / "vendors").iterdir()) == sorted(manifests())


@pytest.mark.parametrize("name", ["configuration.md", "simulators.md", "commands.md"])
def test_every_vendor_is_linked(name: str) -> None:
    assert set(re.findall(r"\(vendors/(\w+)\.md(?:#commands)?\)", read(name))) == set(manifests())


def commands() -> dict[str, TyperCommand | TyperGroup]:
    """Every command by its whole name, those of groups too."""
    group = typer.main.get_command(cli)
    assert isinstance(group, TyperGroup)
    found: dict[str, TyperCommand | TyperGroup] = {}
    for name, command in group.commands.items():
        assert isinstance(command, TyperCommand | TyperGroup)
        found[name] = command
        if isinstance(command, TyperGroup):
            for below, each in command.commands.items():
                assert isinstance(each, TyperCommand)
                found[f"{name} {below}"] = each
    return found


@pytest.mark.parametrize("name", [*commands()])
def test_every_command_and_option_stands_in_cli_md(name: str) -> None:
    documented, command = section(read("cli.md"), name.split(maxsplit=1)[0]), commands()[name]
    if isinstance(command, TyperCommand):
        assert f"chargegraph {name}" in documented
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("-")]
    assert [option for option in options if f"`{option}`" not in documented] == []


def test_cli_md_documents_no_command_that_is_gone() -> None:
    names = {name.split()[0] for name in commands()}
    assert set(re.findall(r"^## (\w+)$", read("cli.md"), re.MULTILINE)) == names


def test_every_fault_of_the_kit_and_every_part_of_a_switch_stands_in_simulators_md() -> None:
    documented = rows(section(read("simulators.md"), "Faults"))
    assert set(documented) - {"key", "fault", "---"} == set(TRANSPORT_FAULTS) | set(Switch.model_fields)


def test_every_fault_and_action_of_a_vendor_stands_on_its_page() -> None:
    for slug in manifests():
        simulator: type[Simulator] = simulator_class(slug)
        text = section(read(f"vendors/{slug}.md"), "Simulator")
        for name in (*simulator.faults, *simulator().actions()):
            assert f"`{name}`" in text


def test_every_control_request_stands_in_simulators_md() -> None:
    simulator = simulator_class(next(iter(manifests())))()
    wanted = {
        f"{method} {route.path}"
        for route in simulator._control_routes()
        for method in (route.methods or set()) - {"HEAD"}
    }
    documented = rows(section(read("simulators.md"), "What there is"))
    assert {key for key in documented if key.startswith(("GET", "PUT", "POST", "DELETE"))} == wanted


def test_every_route_stands_in_architecture_md() -> None:
    found = re.findall(r"`(/[a-z/{}]+)`", read("architecture.md").split("**HTTP routes.**")[1].split("\n\n")[0])
    assert set(found) == set(paths(build_app(Settings()).routes))


def paths(routes: list[BaseRoute]) -> Iterator[str]:
    for route in routes:
        if isinstance(route, Route | Mount):
            yield route.path
        elif isinstance(below := getattr(getattr(route, "original_router", None), "routes", None), list):
            yield from paths(below)


def test_every_account_status_says_what_to_do() -> None:
    documented = rows(section(read("operations.md"), "Account status, and what to do at night"))
    assert set(documented) - {"status", "---"} == {status.value for status in AccountStatus}


def test_every_command_status_says_what_to_do() -> None:
    documented = rows(section(read("commands.md"), "The statuses"))
    assert list(documented) == ["status", "---", *(status.value for status in CommandStatus)]


def test_every_metric_stands_in_operations_md() -> None:
    source = (ROOT / "app" / "metrics.py").read_text(encoding="utf-8")
    names = {f"{name}_total" if name in COUNTERS else name for name in re.findall(r'"(chargegraph_\w+)"', source)}
    assert {name for name in names if f"`{name}`" not in read("operations.md")} == set()


def test_the_configuration_in_the_readme_is_valid() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert parse_settings(example, {"SOLAX_TOKEN": "x" * 23}).accounts[0].id == "chargers"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_operation_is_one_that_the_schema_has(path: Path) -> None:
    operations = re.findall(r"```graphql\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    assert [error for text in operations for error in validate(SCHEMA, parse(text))] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)", text):
        aim = (path.parent / target).resolve() if target else path
        assert aim.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", aim.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {"#" + re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in anchors, f"{target}{anchor}"
