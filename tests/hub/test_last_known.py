"""The newest answers outlive the process; a database that is away costs nothing but patience."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from hub.parts import Key, Part, encode, stamped
from hub.store.database import Store
from hub.store.last_known import LONGEST_NATIVE_ID, ROWS_A_STATEMENT, WRITE_EVERY_S, LastKnownStore
from hub.store.tables import last_known
from model.records import Device, Reading, Site
from model.refs import device_ref, site_ref
from model.states import DeviceKind, FreshnessSource
from tests.hub.full_records import KEY, SITE, VALUES
from tests.hub.test_parts import without_customers
from tests.support.clock import START, FakeClock
from vendors.contract import DeviceReading

SITES = Key(KEY, Part.SITES)


class Database(Store):
    """A store whose disk can be pulled out."""

    is_away = False

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        if self.is_away:
            raise OSError("pulled out")
        async with super().writing() as connection:
            yield connection


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = await Database.open(database_url)
    yield opened
    await opened.aclose()


def named(name: str) -> tuple[Site, ...]:
    return (Site(ref=site_ref(KEY, "1"), name=name),)


async def known(store: Store, *accounts: str) -> dict[Key, tuple[Any, Reading]]:
    """What a process that starts now would know."""
    found = LastKnownStore(store, FakeClock()).load(accounts or (KEY,))
    return {key: (value, reading) async for key, value, reading in found}


async def names(store: Store) -> list[str]:
    return [value[0].name for value, _ in (await known(store)).values()]


async def test_every_part_outlives_the_process_without_personal_data(store: Store) -> None:
    last = LastKnownStore(store, FakeClock())
    keys = {Key(KEY, part, "D/1" if part is Part.DEVICE else ""): value for part, value in VALUES.items()}
    for key, value in keys.items():
        last.remember(key, value, START)
    await last.flush()
    reading = Reading(START, FreshnessSource.STORED)
    expected = {key: (stamped(without_customers(value), reading), reading) for key, value in keys.items()}
    assert await known(store) == expected
    async with store.reading() as connection:
        written = b"".join([row.value async for row in await connection.stream(select(last_known.c.value))])
    assert b"ada@example.com" not in written
    assert b"SS-1234-AB" not in written


async def test_instants_are_kept_in_utc_to_the_microsecond(store: Store) -> None:
    moment = datetime.fromisoformat("2026-06-01T12:00:00.000007+02:00")
    last = LastKnownStore(store, FakeClock())
    last.remember(SITES, named("a"), moment)
    await last.flush()
    ((_, reading),) = (await known(store)).values()
    assert reading.fetched_at == moment
    assert reading.fetched_at.tzinfo is UTC


async def test_only_the_accounts_of_the_configuration_are_recalled(store: Store) -> None:
    last = LastKnownStore(store, FakeClock())
    for account in ("a", "b", "c"):
        last.remember(Key(account, Part.SITES), named(account), START)
    await last.flush()
    assert set(await known(store, "a", "c")) == {Key("a", Part.SITES), Key("c", Part.SITES)}
    assert await known(store, "nobody") == {}


@pytest.mark.parametrize("flush_between", [True, False])
@pytest.mark.parametrize("age_s", [1, 0, -1])
async def test_the_newer_answer_wins_whatever_the_order_of_writing(
    store: Store, flush_between: bool, age_s: int
) -> None:
    last = LastKnownStore(store, FakeClock())
    last.remember(SITES, named("first"), START)
    await (last.flush() if flush_between else asyncio.sleep(0))
    last.remember(SITES, named("second"), START - timedelta(seconds=age_s))
    await last.flush()
    assert await names(store) == [{1: "first", 0: "second", -1: "second"}[age_s]]


async def test_two_processes_on_one_database_keep_the_newer_answer(store: Store) -> None:
    one, other = LastKnownStore(store, FakeClock()), LastKnownStore(store, FakeClock())
    one.remember(SITES, named("older"), START)
    other.remember(SITES, named("newer"), START + timedelta(seconds=1))
    await other.flush()
    await one.flush()
    assert await names(store) == ["newer"]


@pytest.mark.parametrize(
    "row",
    [
        {"part": "sites", "value": b"not json"},
        {"part": "sites", "value": b'[{"ref": ["Site", "a", ["1"]]}]'},
        {"part": "a part of another version", "value": b"[]"},
        {"part": "energy-of-another-version", "value": encode(Part.SITES, named("x"))},
    ],
)
async def test_rows_that_cannot_be_read_are_left_out(store: Store, row: dict[str, object]) -> None:
    async with store.writing() as connection:
        await connection.execute(insert(last_known), [{"account": KEY, "native": "", "fetched_at": START, **row}])
    last = LastKnownStore(store, FakeClock())
    last.remember(Key(KEY, Part.SITE, "1"), SITE, START)
    await last.flush()
    assert list(await known(store)) == [Key(KEY, Part.SITE, "1")]


async def test_more_rows_than_fit_into_one_statement_are_all_written(store: Store) -> None:
    last = LastKnownStore(store, FakeClock())
    for number in range(ROWS_A_STATEMENT + 1):
        last.remember(Key(KEY, Part.SITE, str(number)), SITE, START)
    await last.flush()
    async with store.reading() as connection:
        count = (await connection.execute(select(func.count()).select_from(last_known))).scalar_one()
    assert count == ROWS_A_STATEMENT + 1


@pytest.mark.parametrize("native", ["x" * (LONGEST_NATIVE_ID + 1), "a\0b"])
async def test_a_key_that_no_database_takes_does_not_keep_the_others_from_being_written(
    store: Store, native: str
) -> None:
    last = LastKnownStore(store, FakeClock())
    last.remember(Key(KEY, Part.SITE, native), SITE, START)
    with capture_logs() as logs:
        await last.flush()
        last.remember(Key(KEY, Part.SITE, native), SITE, START)
        last.remember(Key(KEY, Part.SITE, "x" * LONGEST_NATIVE_ID), SITE, START)
        await last.flush()
    assert list(await known(store)) == [Key(KEY, Part.SITE, "x" * LONGEST_NATIVE_ID)]
    assert logs == []


async def test_a_value_that_is_no_json_is_said_and_does_not_keep_the_others_from_being_written(store: Store) -> None:
    last = LastKnownStore(store, FakeClock())
    broken = Device(ref=device_ref(KEY, "1"), kind=DeviceKind.OTHER, raw={"name": "\ud800"})
    last.remember(Key(KEY, Part.DEVICE, "1"), DeviceReading(device=broken), START)
    last.remember(SITES, named("whole"), START)
    with capture_logs() as logs:
        await last.flush()
        await last.flush()
    assert [(line["event"], line["part"]) for line in logs] == [("cannot write last known state as JSON", "device")]
    assert await names(store) == ["whole"]


async def test_a_database_that_is_away_is_logged_once_and_nothing_is_lost(database: Database) -> None:
    last = LastKnownStore(database, FakeClock())
    database.is_away = True
    last.remember(SITES, named("before"), START)
    last.remember(Key(KEY, Part.SITE, "1"), SITE, START)
    with capture_logs() as logs:
        await last.flush()
        last.remember(SITES, named("meanwhile"), START + timedelta(seconds=1))
        await last.flush()
        await last.flush()
        database.is_away = False
        await last.flush()
        last.remember(SITES, named("after"), START + timedelta(seconds=2))
        await last.flush()
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("cannot write last known state; it waits in memory", "warning"),
        ("last known state is written again", "info"),
    ]
    assert logs[0]["reason"] == "OSError"
    assert set(await known(database)) == {SITES, Key(KEY, Part.SITE, "1")}
    assert (await known(database))[SITES][0][0].name == "after"


async def test_what_waited_for_the_database_does_not_replace_what_is_newer(database: Database) -> None:
    last = LastKnownStore(database, FakeClock())
    database.is_away = True
    last.remember(SITES, named("newer"), START)
    await last.flush()
    last.remember(SITES, named("older"), START - timedelta(seconds=1))
    database.is_away = False
    await last.flush()
    assert await names(database) == ["newer"]


async def test_it_is_written_every_second_by_itself_until_it_is_stopped(store: Store) -> None:
    clock = FakeClock()
    last = LastKnownStore(store, clock)
    writing = asyncio.create_task(last.keep_writing())
    last.remember(SITES, named("by itself"), START)
    await clock.advance(WRITE_EVERY_S * 0.9)
    assert await names(store) == []
    await clock.advance(WRITE_EVERY_S * 0.1)
    tries = [await names(store) for _ in range(200)]
    assert tries[-1] == ["by itself"]
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
