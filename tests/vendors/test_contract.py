"""The contract suite: what every vendor keeps, asked of every vendor that the registry finds and of the blueprint.

No vendor is named here. A rule that a vendor cannot keep is a wrong rule or a wrong vendor, never an exception to it.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import orjson
import pytest

from model.faults import Fault, Malformed, NotFound, RateLimited, TimedOut, Unauthorised, Unreachable
from model.refs import device_ref, session_ref, site_ref
from model.states import Described
from tests.support.clock import FakeClock
from tests.support.contract import (
    CAPABILITIES,
    Bench,
    Subjects,
    bench,
    discover,
    first_that_works,
    methods_claimed,
    methods_of,
    simulator_of,
    steps_of,
)
from tests.support.scorecards import RULES, read_scorecard
from tests.support.wellformed import check
from vendors._blueprint import MANIFEST as BLUEPRINT
from vendors.acting import ManagesSites, ManagesSubscriptions, ManagesTariffs, PerformsCommands
from vendors.contract import ListsDevices, ReadsDevices
from vendors.kit import simulator as kit_simulator
from vendors.kit.simulator import TRANSPORT_FAULTS, Simulator, Switch
from vendors.manifest import Manifest
from vendors.registry import manifests

VENDORS = {**manifests(), BLUEPRINT.slug: BLUEPRINT}
FILES = {
    "__init__.py",
    "settings.py",
    "client.py",
    "wire.py",
    "translate.py",
    "adapter.py",
    "simulator.py",
    "scorecard.yaml",
}
ACTING: tuple[type, ...] = (PerformsCommands, ManagesSites, ManagesTariffs, ManagesSubscriptions)
"""What an adapter may offer beside its reads; `test_acting` holds it to that."""
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "manager"}
MOST_STEPS = 40
MADE_UP_IDS = ("a/b", "../x", "..", "a?b=c", "a#b", "%00", "\x00", "\ud800", "x" * 70_000, " ", "ü,1")
"""Clients may write any id: none may reach another endpoint or leave as anything but a fault."""
FATAL: Mapping[str, type[Fault]] = {
    "reset": TimedOut,
    "http_401": Unauthorised,
    "http_403": Unauthorised,
    "http_429": RateLimited,
    "http_500": Unreachable,
    "http_503": Unreachable,
    "not_json": Malformed,
    "empty_body": Malformed,
    "truncated": Malformed,
}
"""What no call survives, and what it must become."""


def folder_of(manifest: Manifest) -> Path:
    return Path(inspect.getfile(manifest.adapter)).parent


def modules_of(manifest: Manifest) -> Iterator[tuple[str, ModuleType]]:
    """Each module of the folder by its name, without the simulator's."""
    package = manifest.adapter.__module__.rpartition(".")[0]
    for path in sorted(folder_of(manifest).glob("*.py")):
        if path.stem != "__init__" and not path.stem.startswith("simulat"):
            yield path.stem, import_module(f"{package}.{path.stem}")


def faults_of(manifest: Manifest) -> list[str]:
    package = manifest.adapter.__module__.rpartition(".")[0]
    simulator: type[Simulator] = import_module(f"{package}.simulator").SIMULATOR
    return [*TRANSPORT_FAULTS, *simulator.faults]


vendor = pytest.mark.parametrize("manifest", VENDORS.values(), ids=VENDORS)
vendor_that_reads_devices = pytest.mark.parametrize(
    "manifest",
    [pytest.param(item, id=slug) for slug, item in VENDORS.items() if issubclass(item.adapter, ReadsDevices)],
)
vendor_and_fault = pytest.mark.parametrize(
    ("manifest", "fault"),
    [pytest.param(item, fault, id=f"{slug}-{fault}") for slug, item in VENDORS.items() for fault in faults_of(item)],
)


# The folder.


def test_there_are_vendors() -> None:
    assert list(manifests())


@vendor
def test_the_folder_has_the_agreed_files(manifest: Manifest) -> None:
    folder = folder_of(manifest)
    present = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    sources = {path.stem: path.read_text() for path in folder.glob("*.py")}

    assert folder.name == manifest.slug
    assert present >= FILES | {"samples"}
    assert all(path.suffix == ".py" for path in folder.iterdir() if path.name in present - FILES - {"samples"})
    assert not BANNED_NAMES & set(sources)
    for extra in set(sources) - {Path(name).stem for name in FILES}:
        assert any(f".{extra} import" in source for source in sources.values()), f"nobody uses {extra}.py"


@vendor
def test_the_package_holds_the_manifest_only(manifest: Manifest) -> None:
    docstring, *rest = ast.parse((folder_of(manifest) / "__init__.py").read_text()).body
    *imports, last = rest

    assert isinstance(docstring, ast.Expr)
    assert all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in imports)
    assert isinstance(last, ast.Assign)
    assert [ast.unparse(target) for target in last.targets] == ["MANIFEST"]


@vendor
def test_every_sample_loads_and_is_used_by_a_test(manifest: Manifest) -> None:
    samples = sorted((folder_of(manifest) / "samples").iterdir())
    tests = Path(__file__).parent / manifest.slug
    used = "".join(path.read_text() for path in tests.glob("*.py"))

    assert samples
    for sample in samples:
        assert sample.suffix == ".json"
        assert orjson.loads(sample.read_bytes()) not in (None, {}, [])
        assert sample.stem in used or ".glob(" in used, f"no test uses {sample.name}"


# The manifest.


@vendor
def test_budgets_and_cadence_are_stated(manifest: Manifest) -> None:
    assert manifest.budgets
    names = [budget.name for budget in manifest.budgets]
    assert len(names) == len(set(names))
    for budget in manifest.budgets:
        assert budget.limit > 0
        assert budget.window_s > 0
        assert 0 <= budget.reserve < budget.limit
    cadence = {name: getattr(manifest.cadence, name) for name in manifest.cadence.__slots__}
    assert cadence.pop("seconds_per_device") >= 0
    assert all(seconds > 0 for seconds in cadence.values())


@vendor
def test_what_operators_read_is_in_sentences(manifest: Manifest) -> None:
    assert manifest.facts
    for sentence in (*manifest.facts, *manifest.assumptions, *manifest.unknowns):
        assert sentence.endswith("."), sentence
        assert "  " not in sentence, sentence
        assert len(sentence) > 20, sentence
    assert all(feeds.strip() for feeds in (endpoint.feeds for endpoint in manifest.endpoints))


@vendor
def test_every_setting_is_described(manifest: Manifest) -> None:
    for name, setting in manifest.settings.model_fields.items():
        assert setting.description, name
        assert setting.description.endswith("."), name


@vendor
def test_every_listed_endpoint_is_called_by_the_client(manifest: Manifest) -> None:
    assert manifest.endpoints
    source = "".join(inspect.getsource(module) for _, module in modules_of(manifest))
    for endpoint in manifest.endpoints:
        fixed = endpoint.path.partition("{")[0]
        assert fixed in source, f"{endpoint.path} is not in the client"
    assert len({(item.method, item.path) for item in manifest.endpoints}) == len(manifest.endpoints)


@vendor
async def test_every_call_made_is_a_listed_endpoint(manifest: Manifest) -> None:
    listed = {(item.method, re.sub(r"\{[^}]*\}", "{}", item.path)) for item in manifest.endpoints}
    async with bench(manifest) as it:
        subjects = await discover(it)
        for method in methods_claimed(it.adapter):
            await first_that_works(it, method, subjects)
        called = {tuple(count.split(" ", 1)) for count in it.simulator.counts}
        base_path = it.simulator.base_path
    for method, path in called:
        assert path.startswith(base_path)
        assert (method, re.sub(r"\{[^}]*\}", "{}", path.removeprefix(base_path))) in listed


# The adapter's shape.


@vendor
def test_the_adapter_claims_capabilities_with_the_contracts_signatures(manifest: Manifest) -> None:
    claimed = [item for item in CAPABILITIES if issubclass(manifest.adapter, item)]
    assert ListsDevices in claimed or ReadsDevices in claimed
    for capability in claimed:
        for name in methods_of(capability):
            promised, kept = (inspect.signature(getattr(owner, name)) for owner in (capability, manifest.adapter))
            assert list(promised.parameters) == list(kept.parameters), name
            assert inspect.iscoroutinefunction(getattr(manifest.adapter, name)), name


@vendor
def test_the_adapter_has_no_public_method_outside_the_contract(manifest: Manifest) -> None:
    public = {name for name, item in vars(manifest.adapter).items() if callable(item) and not name.startswith("_")}
    acts = {name for item in ACTING if issubclass(manifest.adapter, item) for name in methods_of(item)}

    assert public <= {"aclose", *methods_claimed(manifest.adapter), *acts}


# The adapter on a healthy simulator.


@vendor
async def test_every_read_works_and_gives_wellformed_records(manifest: Manifest) -> None:
    async with bench(manifest) as it:
        subjects = await discover(it)
        assert subjects.devices
        for method in methods_claimed(it.adapter):
            await first_that_works(it, method, subjects)
            for step in steps_of(it, method, subjects)[:MOST_STEPS]:
                await result_or_fault(it, step())
        assert "429" not in {str(call.status) for call in it.simulator.calls}, "the budgets do not keep the quota"


@vendor_that_reads_devices
async def test_a_device_of_somebody_else_is_not_found(manifest: Manifest) -> None:
    async with bench(manifest) as it:
        adapter = cast("ReadsDevices", it.adapter)
        with pytest.raises(NotFound):
            await it.done(as_work(adapter.read_device(device_ref(it.settings.id, "NOBODYS00000001"), None)))


@vendor
@pytest.mark.parametrize(
    "native_id", ["a/b", "../x", "a?b=c", "a#b", "%00", "\x00", "\ud800", "x" * 70_000, " ", "ü,1"]
)
async def test_an_id_that_somebody_made_up_breaks_nothing(manifest: Manifest, native_id: str) -> None:
    async with bench(manifest) as it:
        made_up = Subjects(
            devices=[(device_ref(it.settings.id, native_id), None)],
            sites=[site_ref(it.settings.id, native_id)],
            sessions=[session_ref(it.settings.id, native_id)],
        )
        for method in methods_claimed(it.adapter):
            for step in steps_of(it, method, made_up):
                await result_or_fault(it, step())


@vendor_that_reads_devices
@pytest.mark.parametrize("suffix", ["", "?x=1", "#x", "/", "/../"])
async def test_the_device_read_is_the_device_asked_for(manifest: Manifest, suffix: str) -> None:
    async with bench(manifest) as it:
        adapter = cast("ReadsDevices", it.adapter)
        subjects = await discover(it)
        for device, site in subjects.devices[:3]:
            asked = device_ref(device.account, device.native_id + suffix)
            with suppress(Fault):
                assert (await it.done(as_work(adapter.read_device(asked, site)))).device.ref == asked


@vendor
async def test_secrets_are_not_in_the_settings_written_out(manifest: Manifest) -> None:
    async with bench(manifest) as it:
        assert it.secrets()
        for secret in it.secrets():
            assert secret not in repr(it.settings)
            assert secret not in it.settings.model_dump_json()


# The adapter while things break.


@vendor_and_fault
async def test_only_faults_leave_and_it_works_again(manifest: Manifest, fault: str) -> None:
    async with bench(manifest) as it:
        subjects = await discover(it)
        for method in methods_claimed(it.adapter):
            number, _ = await first_that_works(it, method, subjects)
            it.simulator.switches[fault] = Switch()
            raised = await result_or_fault(it, steps_of(it, method, subjects)[number]())
            assert fault not in FATAL or isinstance(raised, FATAL[fault]), f"{method} gave {raised!r}"
            it.simulator.switches.clear()
            await it.clock.advance(60)
            result = await it.done(steps_of(it, method, subjects)[number]())
            check(result, manifest, it.settings.id)


async def result_or_fault(it: Bench, work: Any) -> Fault | None:
    """Either well-formed records or a fault that gives nothing away; whatever else leaves fails the test."""
    try:
        check(await it.done(work), it.manifest, it.settings.id)
    except Fault as fault:
        check_fault(fault, it.secrets())
        return fault
    return None


def check_fault(fault: Fault, secrets: list[str]) -> None:
    assert fault.message
    assert fault.retry_after_s is None or fault.retry_after_s >= 0
    for error in causes(fault):
        assert not [secret for secret in secrets if secret in str(error)], "a fault gives a secret away"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


async def as_work(awaitable: Any) -> Any:
    return await awaitable


# The simulator.


@vendor
def test_the_simulator_introduces_itself(manifest: Manifest) -> None:
    simulator = simulator_of(manifest)
    account = manifest.settings.model_validate({**simulator.account(), "base_url": "http://vendor.test"})

    assert simulator.slug == manifest.slug == account.vendor
    assert "base_url" not in simulator.account()
    assert not simulator.base_path.endswith("/")
    assert all(sentence.endswith(".") for sentence in simulator.faults.values())
    orjson.dumps(simulator.state())


def test_simulators_do_not_share_a_port() -> None:
    ports = [simulator_of(manifest).default_port for manifest in VENDORS.values()]

    assert len(ports) == len(set(ports))


@vendor
def test_every_fault_that_the_simulator_asks_for_is_documented(manifest: Manifest) -> None:
    sources = "".join(path.read_text() for path in folder_of(manifest).glob("simulat*.py"))
    asked = set(re.findall(r"(?:struck|switched)\(\s*\"(\w+)\"", sources))

    assert asked <= set(simulator_of(manifest).known_faults())
    sources += Path(kit_simulator.__file__).read_text()
    for name in simulator_of(manifest).faults:
        assert sources.count(f'"{name}"') > 1, f"the switch {name} does nothing"


@vendor
def test_the_simulated_world_moves_and_is_the_same_for_the_same_seed(manifest: Manifest) -> None:
    first, second = (simulator_of(manifest, FakeClock()) for _ in range(2))
    before = orjson.dumps(first.state())
    for world in (first, second):
        world.advance(6 * 3600)

    assert orjson.dumps(first.state()) == orjson.dumps(second.state())
    assert orjson.dumps(first.state()) != before
    assert first.now - first.clock.now() == timedelta(hours=6)
    assert first.now.tzinfo is UTC


# The scorecard.


@vendor
def test_the_scorecard_answers_every_rule(manifest: Manifest) -> None:
    marks = read_scorecard(folder_of(manifest) / "scorecard.yaml")

    assert list(marks) == list(RULES)
    for rule, mark in marks.items():
        assert mark.status in {"done", "todo", "exempt"}, rule
        assert mark.status == "done" or mark.reason, f"{rule}: {mark.status} needs a reason"


@vendor
def test_what_the_scorecard_calls_done_is_done(manifest: Manifest) -> None:
    """The rules that a machine can hold; `faults-mapped` and `recovers-after-outage` are the tests above."""
    marks = read_scorecard(folder_of(manifest) / "scorecard.yaml")
    evidence = {
        "samples-real": bool(list((folder_of(manifest) / "samples").glob("recorded*.json"))),
        "enums-total": not subscripted_code_tables(manifest),
        "budget-stated": bool(manifest.budgets),
        "limits-documented": bool(manifest.facts and manifest.assumptions and manifest.unknowns),
        "webhook-verified": (folder_of(manifest) / "webhook.py").exists(),
        "webhook-idempotent": (folder_of(manifest) / "webhook.py").exists(),
        "commands-uncertain-safe": issubclass(manifest.adapter, PerformsCommands),
    }

    for rule, holds in evidence.items():
        assert marks[rule].status != "done" or holds, f"{rule} is not done"


def subscripted_code_tables(manifest: Manifest) -> list[str]:
    """Tables of our enumerations that somebody reads with [], which a code that nobody listed would break."""
    found: list[str] = []
    for name, module in modules_of(manifest):
        tables = {key for key, value in vars(module).items() if isinstance(value, dict) and _is_code_table(value)}
        subscripts = (
            node for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Subscript)
        )
        found += [f"{name}: {ast.unparse(node)}" for node in subscripts if ast.unparse(node.value) in tables]
    return found


def _is_code_table(table: dict[Any, Any]) -> bool:
    values = [item for value in table.values() for item in (value if isinstance(value, tuple) else (value,))]
    return any(isinstance(item, Described) for item in values)
