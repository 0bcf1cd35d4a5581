from pathlib import Path
from textwrap import dedent

import pytest

from app.settings import AuthMode
from app.settings_file import WrongSettings, load_settings, parse_settings
from vendors.registry import manifests

MINIMAL = """\
[[accounts]]
id = "cabinets-eu"
vendor = "bajie"
username = "operator"
password = "${PASSWORD}"
"""


def complaints(text: str, **environment: str) -> list[str]:
    with pytest.raises(WrongSettings) as wrong:
        parse_settings(dedent(text), environment)
    return [str(complaint) for complaint in wrong.value.complaints]


def test_the_documented_configuration_is_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    example = text.split("```toml\n", 1)[1].split("```", 1)[0]
    names = ("BAJIE_USER", "BAJIE_PASSWORD", "BAJIE_WEBHOOK_SECRET", "LETMECHARGE_KEY", "LVCCHONG_TOKEN")
    environment = dict.fromkeys((*names, "HANCHU_TOKEN", "SOLAX_TOKEN"), "hunter2") | {"BAJIE_USER": "operator"}
    environment |= {"LETMECHARGE_URL": "https://roaming.example", "LVCCHONG_URL": "https://sockets.example"}

    settings = parse_settings(example, environment)

    assert settings.server.public_url == "https://charge.example.com"
    assert settings.auth.mode is AuthMode.KEYS
    assert [account.id for account in settings.accounts] == ["cabinets-eu", "roaming", "sockets", "storage", "chargers"]
    assert "hunter2" not in repr(settings)


def test_an_empty_file_has_the_defaults() -> None:
    settings = parse_settings("", {})
    assert settings.server.host == "127.0.0.1"
    assert settings.storage.database_url.get_secret_value() == "sqlite+aiosqlite:///chargegraph.db"
    assert settings.accounts == ()


def test_variables_are_filled_in_and_can_be_escaped() -> None:
    text = '[server]\npublic_url = "http://${HOST}/$${x}/$$"\n'
    assert parse_settings(text, {"HOST": "a.example"}).server.public_url == "http://a.example/${x}/$$"


def test_a_value_from_the_environment_is_not_filled_in_again() -> None:
    text = '[server]\npublic_url = "http://${HOST}"\n'
    assert parse_settings(text, {"HOST": "a${B}"}).server.public_url == "http://a${B}"


def test_a_missing_variable_names_key_and_variable() -> None:
    assert complaints(MINIMAL) == [
        (
            "line 5: accounts[0].password: the environment variable PASSWORD is not set. "
            "Set it before starting, for example: export PASSWORD=..."
        )
    ]


@pytest.mark.parametrize("_case", ["${", "${}", "${NOT CLOSED", "${1X}"])
def test_a_broken_reference_is_said(_case: str) -> None:
    assert complaints(f'[server]\npublic_url = "{_case}"') == [
        "line 2: server.public_url: ${ without a variable's name and }. Write ${NAME}, or $${ for the characters ${."
    ]


def test_an_unknown_key_is_an_error_with_the_nearest_known_one() -> None:
    assert complaints(MINIMAL + 'pasword = "x"', PASSWORD="x") == [
        "line 6: accounts[0].pasword: there is no such key. Did you mean password?"
    ]
    assert complaints('[server]\npublic_uri = ""') == [
        "line 2: server.public_uri: there is no such key. Did you mean public_url?"
    ]
    assert complaints("[sever]") == ["line 1: sever: there is no such key. Did you mean server?"]
    assert complaints("zzz = 1") == [
        "line 1: zzz: there is no such key. There are server, auth, storage, commands, inbox, events, live, accounts."
    ]


def test_a_quota_that_the_vendor_does_not_have_is_an_error() -> None:
    assert complaints(MINIMAL + "quotas = { minut = 30 }", PASSWORD="x") == [
        "line 6: accounts[0].quotas.minut: there is no such key. Did you mean minute?"
    ]
    (account,) = parse_settings(MINIMAL + "quotas = { minute = 30 }", {"PASSWORD": "x"}).accounts
    assert account.quotas == {"minute": 30}


def test_an_unknown_vendor_lists_the_known_ones() -> None:
    text = '[[accounts]]\nid = "a"\nvendor = "bajje"'
    assert complaints(text) == [
        (
            "line 3: accounts[0].vendor: no vendor is called 'bajje'. "
            "Did you mean bajie? There are bajie, hanchuess, letmecharge, lvcchong, solax."
        )
    ]
    assert complaints("[[accounts]]") == [
        "line 1: accounts[0].vendor: missing. There are bajie, hanchuess, letmecharge, lvcchong, solax."
    ]


def test_two_accounts_cannot_share_an_id() -> None:
    assert complaints(MINIMAL + MINIMAL, PASSWORD="x") == [
        "line 7: accounts[1].id: 'cabinets-eu' is taken on line 2. Give every account an id of its own."
    ]


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    found = complaints('[server]\nport = 70000\n[auth]\nmode = "some"\n[storage]\ndatabase_url = "mysql://secret"')
    assert [line.partition(". ")[0] for line in found] == [
        "line 2: server.port: should be less than or equal to 65535",
        "line 4: auth.mode: should be 'none' or 'keys'",
        "line 6: storage.database_url: must start with sqlite+aiosqlite:// or postgresql+asyncpg://",
    ]
    assert "secret" not in "".join(found)


def test_a_missing_key_says_what_it_is_for() -> None:
    found = complaints('[[accounts]]\nid = "a"\nvendor = "bajie"')
    meaning = manifests()["bajie"].settings.model_fields["username"].description
    assert f"line 1: accounts[0].username: missing. {meaning}" in found


@pytest.mark.parametrize("_case", ["https://", "ftp://a.example", "charge.example.com"])
def test_a_public_url_must_be_one(_case: str) -> None:
    assert complaints(f'[server]\npublic_url = "{_case}"')[0].startswith(
        "line 2: server.public_url: must start with http:// or https:// and name a host. "
    )


@pytest.mark.parametrize("_case", ["https://a.example/?key=1", "https://a.example/#x", "https://me:pw@a.example"])
def test_a_path_must_be_addable_to_a_public_url(_case: str) -> None:
    (complaint,) = complaints(f'[server]\npublic_url = "{_case}"')
    assert complaint.startswith(
        "line 2: server.public_url: must be an address that a path can be added to, without a user, ? or #. "
    )
    assert "pw" not in complaint


def test_commands_are_kept_for_a_week_at_least() -> None:
    assert parse_settings("", {}).commands.keep_days == 30
    assert parse_settings("[commands]\nkeep_days = 7", {}).commands.keep_days == 7
    assert complaints("[commands]\nkeep_days = 6") == [
        (
            "line 2: commands.keep_days: should be greater than or equal to 7. "
            "How many days commands and their idempotency keys are kept; open ones stay longer."
        )
    ]


@pytest.mark.parametrize("_case", ["https://a.example/", "https://a.example/x", "*", "https://user@a.example"])
def test_an_origin_is_scheme_host_and_port(_case: str) -> None:
    assert complaints(f'[server]\ncors_origins = ["{_case}"]')[0].startswith(
        "line 2: server.cors_origins: must be origins such as https://app.example.com"
    )


def test_tables_must_be_tables() -> None:
    assert complaints('server = "x"')[0].startswith("line 1: server: must be a table.")
    assert complaints('[accounts]\nid = "x"')[0].startswith("line 1: accounts: accounts are tables of their own.")


def test_what_is_not_toml_names_its_line() -> None:
    (complaint,) = complaints("[server]\npublic_url = http://x")
    assert complaint.startswith("line 2: not valid TOML: ")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="cannot be read: No such file or directory"):
        load_settings(tmp_path / "none.toml", {})
    (tmp_path / "latin.toml").write_bytes(b"# \xff")
    with pytest.raises(WrongSettings, match="it is not UTF-8 text"):
        load_settings(tmp_path / "latin.toml", {})


def test_a_secret_in_a_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "chargegraph.toml"
    path.write_text(MINIMAL + 'timeout_s = "${PASSWORD}"', encoding="utf-8")
    with pytest.raises(WrongSettings) as wrong:
        load_settings(path, {"PASSWORD": "hunter2"})
    assert "hunter2" not in str(wrong.value)
