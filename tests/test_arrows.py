"""Who may import whom, who may name whom, and which names are not used: the layers of docs/architecture.md.

app -> graph -> resolvers -> hub -> vendors.{contract,acting,manifest,registry}; a vendor knows the model, the kit, the
contract, what can be told to act, the manifest and itself; the model knows nobody.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from vendors.registry import manifests

ROOT = Path(__file__).parents[1]
LAYERS = ("model", "vendors", "hub", "resolvers", "graph", "app")
OF_A_VENDOR = (
    "model",
    "vendors.kit",
    "vendors.contract",
    "vendors.acting",
    "vendors.receiving",
    "vendors.manifest",
)

MAY_IMPORT: Mapping[str, tuple[str, ...]] = {
    "model": ("model",),
    "vendors.contract": ("model",),
    "vendors.acting": ("model", "vendors.contract"),
    "vendors.receiving": ("model", "vendors.contract"),
    "vendors.manifest": ("model", "vendors.contract", "vendors.receiving", "vendors.kit.http", "vendors.kit.quota"),
    "vendors.registry": ("vendors", "vendors.manifest", "vendors.kit.simulator"),
    "vendors.kit": ("model", "vendors.kit"),
    "hub": (
        "model",
        "hub",
        "vendors.contract",
        "vendors.acting",
        "vendors.receiving",
        "vendors.manifest",
        "vendors.registry",
        "vendors.kit.http",
        "vendors.kit.quota",
    ),
    "resolvers": ("model", "resolvers", "hub", "vendors.contract", "vendors.acting"),
    "graph": ("model", "graph", "resolvers"),
    "app": (
        "model",
        "app",
        "graph",
        "resolvers",
        "hub",
        "vendors.contract",
        "vendors.acting",
        "vendors.receiving",
        "vendors.manifest",
        "vendors.registry",
        "vendors.kit.quota",
        "vendors.kit.simulator",
    ),
}
"""By the longest prefix of a module's name. `vendors` alone is the package itself, not what is below it."""

HOMES: Mapping[str, tuple[str, ...]] = {
    "strawberry": ("graph",),
    "fastapi": ("app",),
    "uvicorn": ("app",),
    "typer": ("app",),
    "rich": ("app",),
    "prometheus_client": ("app",),
    "sqlalchemy": ("hub.store", "hub.commands", "hub.live", "hub.inbox", "hub.ingest", "app.database"),
    "alembic": ("hub.store",),
    "aiocache": ("hub",),
    "httpx": ("vendors", "hub.fleet", "app"),
}
"""Libraries that only some modules may know."""

BANNED = {"utils", "helpers", "common", "misc", "base", "manager"}


def modules() -> dict[str, Path]:
    """Every module of the product by its dotted name."""
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "node_modules" not in parts:
                found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or anywhere in it; `from package import module` names the module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a name comes from"
            assert node.module is not None
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module


def is_within(name: str, package: str) -> bool:
    return name == package or (package != "vendors" and name.startswith(f"{package}."))


def allowed_for(name: str) -> tuple[str, ...]:
    parts = name.split(".")
    if parts[0] == "vendors" and len(parts) > 1 and (ROOT / "vendors" / parts[1]).is_dir() and parts[1] != "kit":
        return (*OF_A_VENDOR, ".".join(parts[:2]))
    for length in range(len(parts), 0, -1):
        if found := MAY_IMPORT.get(".".join(parts[:length])):
            return found
    return ()


@pytest.mark.parametrize("name", MODULES)
def test_arrows_point_down(name: str) -> None:
    own = [module for module in imports(MODULES[name]) if module.split(".")[0] in LAYERS]
    assert [module for module in own if not any(is_within(module, each) for each in allowed_for(name))] == []


@pytest.mark.parametrize("name", [name for name in MODULES if name.split(".")[0] == "model"])
def test_the_model_knows_the_standard_library_only(name: str) -> None:
    tops = {module.split(".")[0] for module in imports(MODULES[name])}
    assert tops - {"model"} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", MODULES)
def test_libraries_stay_at_home(name: str) -> None:
    for module in imports(MODULES[name]):
        homes = HOMES.get(module.split(".")[0])
        assert homes is None or any(name == home or name.startswith(f"{home}.") for home in homes), module


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.split(".")[:2] not in [["vendors", slug] for slug in manifests()]]
)
def test_no_vendor_is_named_outside_its_folder(name: str) -> None:
    words = re.compile("|".join(manifests()), re.IGNORECASE)
    assert words.findall(MODULES[name].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("slug", manifests())
def test_a_vendor_names_no_other_in_its_code(slug: str) -> None:
    others = "|".join(other for other in manifests() if other != slug)
    for path in sorted((ROOT / "vendors" / slug).rglob("*.py")):
        assert re.findall(others, path.read_text(encoding="utf-8"), re.IGNORECASE) == [], path


def test_no_name_is_a_drawer() -> None:
    folders = [ROOT / layer for layer in (*LAYERS, "tests")]
    names = {path for folder in folders for path in folder.rglob("*.py") if "node_modules" not in path.parts}
    assert [path for path in names if BANNED & {*path.relative_to(ROOT).parts[:-1], path.stem}] == []


def test_the_rules_themselves_catch_what_they_should() -> None:
    assert not is_within("vendors.bajie.client", "vendors")
    assert is_within("vendors", "vendors")
    assert is_within("hub.store.database", "hub")
    assert not is_within("hubs", "hub")
    assert allowed_for("vendors.bajie.translate")[-1] == "vendors.bajie"
    assert allowed_for("vendors.kit.http") == ("model", "vendors.kit")
    assert "graph" not in allowed_for("resolvers.devices")
    assert "hub" not in allowed_for("graph.query")
