"""Opening the database: SQLite is ready by itself, PostgreSQL once it is migrated, and nothing tells a password."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from hub.store.database import NotMigrated, Store, StoreError, as_utc, migrated
from hub.store.migrations import upgrade
from hub.store.tables import vendor_calls
from tests.hub.databases import empty_postgres, empty_sqlite, revisions
from tests.support.clock import START


async def test_an_empty_sqlite_file_is_migrated_by_itself(tmp_path: Path) -> None:
    async with empty_sqlite(tmp_path) as url:
        store = await Store.open(url)
        assert (store.dialect, await store.is_reachable()) == ("sqlite", True)
        await store.aclose()
        assert await upgrade(url) == []


async def test_sqlite_lets_readers_and_the_writer_work_at_once(tmp_path: Path) -> None:
    async with empty_sqlite(tmp_path) as url:
        store = await Store.open(url)
        async with store.reading() as connection:
            settings = [
                (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            ]
        assert settings == ["wal", 2, 5000, 1]
        async with store.writing() as writer, store.reading() as reader:
            await writer.execute(insert(vendor_calls), [{"budget": "a", "answered_at": START}])
            assert (await reader.execute(select(vendor_calls))).all() == []
        await store.aclose()


async def test_what_is_written_is_kept_and_what_fails_halfway_is_not(store: Store) -> None:
    row = {"budget": "a", "answered_at": START}
    async with store.writing() as connection:
        await connection.execute(insert(vendor_calls), [row])
    with pytest.raises(RuntimeError, match="halfway"):
        await _fail_halfway(store, row)
    async with store.reading() as connection:
        found = (await connection.execute(select(vendor_calls))).all()
    assert [(one.budget, as_utc(one.answered_at)) for one in found] == [("a", START)]


async def _fail_halfway(store: Store, row: dict[str, object]) -> None:
    async with store.writing() as connection:
        await connection.execute(insert(vendor_calls), [row])
        raise RuntimeError("halfway")


async def test_any_number_of_writers_take_turns(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.writing() as connection:
            await connection.execute(insert(vendor_calls), [{"budget": str(number), "answered_at": START}])

    await asyncio.gather(*(write(number) for number in range(20)))
    async with store.reading() as connection:
        found = (await connection.execute(select(vendor_calls.c.budget))).scalars().all()
    assert sorted(found, key=int) == [str(number) for number in range(20)]


@pytest.mark.postgres
async def test_an_empty_postgres_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    async with empty_postgres(tmp_path) as url:
        with pytest.raises(NotMigrated) as refused:
            await Store.open(url)
        assert str(refused.value) == (f"the database lacks {', '.join(revisions())}: run `chargegraph migrate` first")
        assert await upgrade(url) == revisions()
        store = await Store.open(url)
        assert (store.dialect, await store.is_reachable()) == ("postgresql", True)
        await store.aclose()


@pytest.mark.postgres
async def test_a_postgres_that_lost_our_connections_is_used_again(tmp_path: Path) -> None:
    async with empty_postgres(tmp_path) as url:
        await upgrade(url)
        store = await Store.open(url)
        assert await store.is_reachable()
        other = await Store.open(url)
        async with other.writing() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )
        await other.aclose()
        assert await store.is_reachable()
        await store.aclose()


@pytest.mark.postgres
@pytest.mark.parametrize("change", [{"port": 1}, {"database": "nowhere"}, {"username": "nobody"}])
async def test_a_postgres_that_cannot_be_used_says_why_and_not_the_password(
    change: dict[str, object], tmp_path: Path
) -> None:
    async with empty_postgres(tmp_path) as url:
        wrong = make_url(url).set(password="hunter2", **change)  # type: ignore[arg-type]
        with pytest.raises(StoreError, match=r"^cannot use the database: ") as refused:
            await Store.open(wrong.render_as_string(hide_password=False))
    assert "hunter2" not in str(refused.value)
    assert "\n" not in str(refused.value)


async def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    with pytest.raises(StoreError, match="cannot use the database: unable to open database file"):
        await Store.open(f"sqlite+aiosqlite:///{tmp_path}/nowhere/store.db")
    assert set(threading.enumerate()) <= threads


async def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    file.write_bytes(b"a letter to my aunt" * 100)
    threads = set(threading.enumerate())
    with pytest.raises(StoreError, match="cannot use the database: file is not a database"):
        await Store.open(f"sqlite+aiosqlite:///{file}")
    assert file.read_bytes() == b"a letter to my aunt" * 100
    for thread in set(threading.enumerate()) - threads:
        thread.join(5)
    assert set(threading.enumerate()) <= threads


async def test_a_database_of_either_kind_is_migrated_on_demand(empty_url: str) -> None:
    assert await migrated(empty_url) == revisions()
    assert await migrated(empty_url) == []


async def test_a_database_that_cannot_be_migrated_is_said_and_leaves_nothing_running(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    with pytest.raises(StoreError, match=r"^the database cannot be migrated: unable to open database file$"):
        await migrated(f"sqlite+aiosqlite:///{tmp_path}/nowhere/store.db")
    assert set(threading.enumerate()) <= threads


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("hunter2", "storage.database_url is not a database URL"),
        ("", "storage.database_url is not a database URL"),
        (
            "mysql://user:hunter2@host/db",
            "storage.database_url starts with mysql; use sqlite+aiosqlite or postgresql+asyncpg",
        ),
        (
            "postgresql://user:hunter2@host/db",
            "storage.database_url starts with postgresql; use sqlite+aiosqlite or postgresql+asyncpg",
        ),
        ("sqlite:///x.db", "storage.database_url starts with sqlite; use sqlite+aiosqlite or postgresql+asyncpg"),
    ],
)
async def test_other_databases_are_refused_without_repeating_the_url(url: str, message: str) -> None:
    with pytest.raises(StoreError) as refused:
        await Store.open(url)
    assert str(refused.value) == message


async def test_a_database_that_stops_answering_is_not_reachable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with empty_sqlite(tmp_path) as url:
        store = await Store.open(url)
        with monkeypatch.context() as patched:
            patched.setattr(Engine, "raw_connection", _refuse)
            assert not await store.is_reachable()
        assert await store.is_reachable()
        await store.aclose()


def _refuse(_: Engine) -> None:
    raise OperationalError("SELECT 1", {}, OSError("disk I/O error"))


async def test_closing_leaves_nothing_running(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    async with empty_sqlite(tmp_path) as url:
        store = await Store.open(url)
        assert await store.is_reachable()
        await store.aclose()
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    "moment",
    [
        START.replace(tzinfo=None),
        START,
        START.astimezone(timezone(timedelta(hours=8))),
    ],
)
def test_an_instant_of_any_database_is_utc(moment: datetime) -> None:
    assert as_utc(moment) == START
    assert as_utc(moment).tzinfo is UTC
