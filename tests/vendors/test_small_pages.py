"""However few records a vendor puts on a page, every list is whole."""

from datetime import timedelta

import pytest

from tests.support.clock import FakeClock
from tests.support.vendors import opened
from vendors.contract import ListsDevices, ListsSessions, ListsTariffs
from vendors.kit.simulator import Switch
from vendors.registry import manifests, simulator_class

PAGING = [slug for slug in manifests() if "small_pages" in simulator_class(slug).faults]


def test_vendors_that_page_can_be_made_to_page_often() -> None:
    assert len(PAGING) == 3


@pytest.mark.parametrize("slug", PAGING)
async def test_every_page_is_read(slug: str) -> None:
    simulator = simulator_class(slug)(clock=FakeClock())
    async with opened(simulator) as adapter:
        whole = await _lists(adapter, simulator.clock)
        calls = simulator.counts.total()
        simulator.switches["small_pages"] = Switch(value=1)
        assert await _lists(adapter, simulator.clock) == whole
        assert simulator.counts.total() > 2 * calls


async def _lists(adapter: object, clock: object) -> list[set[str]]:
    assert isinstance(clock, FakeClock)
    found: list[set[str]] = []
    if isinstance(adapter, ListsDevices):
        found.append({reading.device.ref.id for reading in await adapter.list_devices()})
    if isinstance(adapter, ListsSessions):
        since = clock.now() - timedelta(days=1)
        found.append({session.ref.id for session in await adapter.list_sessions(since)})
    if isinstance(adapter, ListsTariffs):
        found.append({tariff.ref.id for tariff in await adapter.list_tariffs()})
    return found
