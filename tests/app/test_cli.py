"""The commands in this process: what they print for people, and how they end."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from app.cli import cli
from app.commands.ending import Exit
from app.commands.serve import refusal_to_serve
from app.settings import AuthMode, AuthSettings, Settings, StorageSettings
from graph.printing import printed
from graph.schema import build_schema


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(cli, list(arguments))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "chargegraph.toml"
    path.write_text(f'[auth]\nmode = "none"\n[storage]\ndatabase_url = "sqlite+aiosqlite:///{tmp_path / "a.db"}"\n')
    return path


def test_no_command_shows_help() -> None:
    result = run()
    assert "New here? Run chargegraph demo" in result.output.replace("`", "")
    assert "simulate" in result.output


@pytest.mark.parametrize("command", ["demo", "serve", "simulate", "doctor", "commands", "schema", "migrate"])
def test_every_command_has_help(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == Exit.OK
    assert "Usage:" in result.output


def test_the_version() -> None:
    assert run("--version").output == "0.1.0\n"


def test_the_schema_is_printed_as_it_is_served() -> None:
    assert run("schema", "print").output == printed(build_schema())


def test_a_schema_that_is_served_as_it_is_passes(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(printed(build_schema()), encoding="utf-8")
    assert run("schema", "check", str(file)).exit_code == Exit.OK


def test_what_breaks_clients_is_named(tmp_path: Path) -> None:
    file = tmp_path / "schema.graphql"
    promised = printed(build_schema()).replace("type Query {", "type Query {\n  lost: Int", 1)
    file.write_text(promised, encoding="utf-8")
    result = run("schema", "check", str(file))
    assert result.exit_code == Exit.FAILED
    assert "breaks clients" in result.output
    assert "Query.lost was removed" in result.output


@pytest.mark.parametrize("_case", ["type {", "type Query { a: Nothing }"])
def test_a_file_that_is_no_schema_is_said(tmp_path: Path, _case: str) -> None:
    file = tmp_path / "schema.graphql"
    file.write_text(_case, encoding="utf-8")
    result = run("schema", "check", str(file))
    assert result.exit_code == Exit.USAGE
    assert "is not a GraphQL schema" in result.output


def test_a_missing_file_is_said() -> None:
    for arguments in (("schema", "check", "none.graphql"), ("serve", "--config", "none.toml")):
        result = run(*arguments)
        assert result.exit_code == Exit.USAGE
        assert "cannot be" in result.output


def test_a_wrong_configuration_says_line_key_and_remedy(config: Path) -> None:
    config.write_text('[server]\npublic_uri = "x"\n', encoding="utf-8")
    for command in ("serve", "doctor", "migrate"):
        result = run(command, "--config", str(config))
        assert result.exit_code == Exit.USAGE
        assert "line 2: server.public_uri: there is no such key. Did you mean public_url?" in result.output


def test_migrate_says_what_it_did(config: Path) -> None:
    first, second = run("migrate", "--config", str(config)), run("migrate", "--config", str(config))
    assert first.exit_code == second.exit_code == Exit.OK
    assert "applied 0001" in first.output
    assert "up to date" in second.output


def test_migrate_needs_one_database(config: Path) -> None:
    assert run("migrate").exit_code == Exit.USAGE
    both = run("migrate", "--config", str(config), "--database-url", "sqlite+aiosqlite:///x.db")
    assert both.exit_code == Exit.USAGE


def test_migrate_refuses_other_databases_without_repeating_the_url() -> None:
    result = run("migrate", "--database-url", "mysql://user:hunter2@host/db")
    assert result.exit_code == Exit.USAGE
    assert "must start with" in result.output
    assert "hunter2" not in result.output


def test_migrate_says_when_the_database_cannot_be_used(tmp_path: Path) -> None:
    result = run("migrate", "--database-url", f"sqlite+aiosqlite:///{tmp_path / 'none' / 'a.db'}")
    assert result.exit_code == Exit.FAILED
    assert "unable to open database file" in result.output


def test_doctor_says_that_there_are_no_accounts(config: Path) -> None:
    result = run("doctor", "--config", str(config))
    assert result.exit_code == Exit.FAILED
    assert "✓ The database answers and its schema is up to date" in result.output
    assert "✗ There are no [[accounts]]: nothing to show in the graph" in result.output


def test_serve_refuses_what_it_cannot_do_yet_or_must_not() -> None:
    none = AuthSettings(mode=AuthMode.NONE)
    shared = StorageSettings(redis_url=SecretStr("redis://localhost"))
    assert refusal_to_serve(Settings(auth=none), "127.0.0.1") is None
    for settings, host, words in (
        (Settings(), "127.0.0.1", "API keys are not there yet"),
        (Settings(auth=none), "0.0.0.0", "anybody who reaches 0.0.0.0"),  # noqa: S104 - refused
        (Settings(auth=none, storage=shared), "127.0.0.1", "sharing between replicas is not there yet"),
    ):
        refusal = refusal_to_serve(settings, host)
        assert refusal is not None
        assert words in refusal[0]


def test_simulate_names_the_vendors_that_there_are() -> None:
    result = run("simulate", "--vendor", "none")
    assert result.exit_code == Exit.USAGE
    assert "There are bajie, hanchuess, letmecharge, lvcchong, solax." in result.output


def test_the_demo_is_for_this_machine_only() -> None:
    result = run("demo", "--host", "0.0.0.0")  # noqa: S104 - refused
    assert result.exit_code == Exit.USAGE
    assert "this machine only" in result.output
