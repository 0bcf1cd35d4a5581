"""A restart does not forget what the vendors' quotas have counted."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from hub.store.call_log import CallLog
from hub.store.database import Store
from hub.store.tables import vendor_calls
from resolvers import devices
from resolvers.filters import DeviceFilter
from resolvers.paging import PageArgs
from tests.support.clock import FakeClock
from tests.support.fleets import World, world
from vendors.kit.simulator import Simulator
from vendors.registry import simulator_class

PATH = "GET /proxyApp/proxy/api/getPileInfo"


async def ask_everything(fleet: World) -> None:
    await devices.page(fleet.scope("Query.devices"), PageArgs(first=100), DeviceFilter(), 0)


async def test_the_calls_of_an_earlier_process_still_count(tmp_path: Path) -> None:
    clock = FakeClock()
    simulators: dict[str, Simulator] = {"solax": simulator_class("solax")(clock=clock)}
    database_url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    async with world(clock=clock, simulators=simulators, database_url=database_url) as fleet:
        await ask_everything(fleet)
        assert fleet.calls() == {"solax": {PATH: 7}}
    await clock.advance(20)
    async with world(clock=clock, simulators=simulators, database_url=database_url) as fleet:
        (member,) = fleet.fleet.members.values()
        assert {quota.name: quota.remaining for quota in member.quotas()} == {"minute": 2, "day": 9992}
        await ask_everything(fleet)
        assert fleet.calls() == {"solax": {PATH: 7}}
        await clock.advance(40)
        assert fleet.calls() == {"solax": {PATH: 14}}


async def test_calls_older_than_every_window_are_forgotten() -> None:
    clock = FakeClock()
    store = await Store.open("sqlite+aiosqlite:///:memory:")
    log = CallLog(store, clock, timedelta(minutes=10))
    log.note("a", clock.now())
    await log.flush()
    assert [name async for name, _ in log.load(["a"])] == ["a"]
    assert [name async for name, _ in log.load(["b"])] == []
    await clock.advance(7200)
    log.note("a", clock.now())
    await log.flush()
    async with store.reading() as connection:
        assert (await connection.execute(select(func.count()).select_from(vendor_calls))).scalar_one() == 1
    await store.aclose()


async def test_calls_wait_in_memory_while_the_database_is_away() -> None:
    clock = FakeClock()
    store = await Store.open("sqlite+aiosqlite:///:memory:")
    log = CallLog(store, clock, timedelta(minutes=10))
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE vendor_calls RENAME TO elsewhere"))
    log.note("a", clock.now())
    await log.flush()
    await clock.advance(1)
    log.note("b", clock.now())
    await log.flush()
    async with store.writing() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO vendor_calls"))
    await log.flush()
    assert [name async for name, _ in log.load(["a", "b"])] == ["a", "b"]
    await store.aclose()
