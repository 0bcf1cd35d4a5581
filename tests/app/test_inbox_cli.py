"""`chargegraph inbox` over a database with letters in it."""

import asyncio
from pathlib import Path

import pytest

from app.commands.ending import Exit
from hub.inbox.catalogue import Catalogue
from hub.inbox.letters import State
from hub.store.database import Store
from tests.app.test_cli import run
from tests.hub.ingest.toy import gateway
from tests.support.clock import FakeClock

ITEM = {"key": "1", "device": "C1"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'a.db'}"


@pytest.fixture
def config(tmp_path: Path, url: str) -> str:
    """With two dead letters and one that is done."""

    async def fill() -> None:
        store = await Store.open(url)
        async with gateway(store, FakeClock(), starts=False) as here:
            await here.push(ITEM, None)
            await here.push_raw(b"driver@example.com")
            await here.push(ITEM)
            await here.ingest._take_turns(everything=True)
            await here.ingest._work()
        await store.aclose()

    asyncio.run(fill())
    path = tmp_path / "chargegraph.toml"
    path.write_text(f'[auth]\nmode = "none"\n[storage]\ndatabase_url = "{url}"\n')
    return str(path)


def test_dead_letters_are_listed_with_their_reason(config: str) -> None:
    result = run("inbox", "list", "-c", config)
    assert result.exit_code == Exit.OK
    assert result.stdout.splitlines() == [
        "       2  2026-06-01 10:00:00Z  dead     cabinets  18 bytes",
        "          push: not JSON",
        "       1  2026-06-01 10:00:00Z  dead     cabinets  32 bytes",
        "          an item says nothing",
    ]
    assert run("inbox", "list", "-c", config, "--state", "waiting").stdout == "No letter is waiting.\n"
    assert "       3  2026-06-01 10:00:00Z  done" in run("inbox", "list", "-c", config, "--state", "done").stdout
    limited = run("inbox", "list", "-c", config, "--limit", "1", "--account", "cabinets")
    assert "These are the newest 1; --limit shows more." in limited.stderr


def test_a_body_is_shown_only_when_it_is_asked_for(config: str) -> None:
    shown = run("inbox", "show", "2", "-c", config)
    assert "push: not JSON" in shown.stdout
    assert "driver@example.com" not in shown.output
    assert run("inbox", "show", "2", "-c", config, "--raw").stdout == "driver@example.com"
    assert "its body is gone" in run("inbox", "show", "3", "-c", config, "--raw").stderr
    assert run("inbox", "show", "9", "-c", config).exit_code == Exit.FAILED


def test_dead_letters_are_replayed(config: str, url: str) -> None:
    assert run("inbox", "replay", "-c", config).exit_code == Exit.USAGE
    result = run("inbox", "replay", "2", "3", "-c", config)
    assert (result.exit_code, result.stdout) == (Exit.FAILED, "1 will be taken in anew: 2.\n")
    assert "Not dead, or not there: 3." in result.stderr
    assert run("inbox", "replay", "--all", "-c", config).stdout == "1 will be taken in anew: 1.\n"

    async def states() -> list[State]:
        store = await Store.open(url)
        try:
            return [letter.state for letter in await Catalogue(store).letters(list(State), None, 10)]
        finally:
            await store.aclose()

    assert asyncio.run(states()) == [State.DONE, State.WAITING, State.WAITING]
