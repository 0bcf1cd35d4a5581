"""Paging forward and backward loses and repeats no row, whatever comes, goes or is renamed in between."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.shelves import Shelf
from model.records import Device
from model.refs import device_ref
from model.states import DeviceKind
from resolvers.paging import Page, PageArgs, page_of
from resolvers.roster import place_of_device
from tests.support.clock import FakeClock

NAMES = st.sampled_from(["", "a", "b", "c", "d", "e"])
FLEET = st.dictionaries(st.integers(0, 30), NAMES, max_size=20)


@dataclass(frozen=True)
class Change:
    """Between two pages: devices come or get another name, and others go."""

    named: dict[int, str]
    gone: frozenset[int]


CHANGES = st.lists(
    st.builds(
        Change, st.dictionaries(st.integers(0, 30), NAMES, max_size=6), st.frozensets(st.integers(0, 30), max_size=3)
    ),
    max_size=12,
)


class ChangingFleet:
    def __init__(self, names: dict[int, str]) -> None:
        self.clock = FakeClock()
        self.names = dict(names)
        self.always = set(names)
        self.shelf: Shelf[Device] = Shelf(place_of_device)
        self._fill()

    def apply(self, change: Change) -> None:
        self.names = {
            number: name for number, name in {**self.names, **change.named}.items() if number not in change.gone
        }
        self.always &= set(self.names)
        asyncio.run(self.clock.advance(1))
        self._fill()

    def page(self, args: PageArgs) -> Page[Device]:
        asyncio.run(self.clock.advance(1))
        return page_of([self.shelf], args, self.now)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def _fill(self) -> None:
        devices = [
            Device(ref=device_ref("a", f"{number:02}"), kind=DeviceKind.OTHER, name=name or None)
            for number, name in self.names.items()
        ]
        self.shelf.fill((object(),), lambda: devices, self.now)


def numbers(page: Page[Device]) -> list[int]:
    return [int(edge.node.ref.native_id) for edge in page.edges]


def walk(fleet: ChangingFleet, changes: list[Change], first: PageArgs, *, forward: bool) -> list[int]:
    """Every row that somebody sees who pages to the end while the changes happen."""
    seen: list[int] = []
    args, pending = first, iter(changes)
    while True:
        page = fleet.page(args)
        seen.extend(numbers(page) if forward else reversed(numbers(page)))
        if not (page.has_next if forward else page.has_previous) or not page.edges:
            return seen
        args = replace(args, after=page.edges[-1].cursor) if forward else replace(args, before=page.edges[0].cursor)
        fleet.apply(next(pending, Change({}, frozenset())))


@settings(max_examples=300, deadline=None)
@given(FLEET, CHANGES, st.integers(1, 5))
def test_forward(names: dict[int, str], changes: list[Change], size: int) -> None:
    fleet = ChangingFleet(names)
    seen = walk(fleet, changes, PageArgs(first=size), forward=True)
    assert len(seen) == len(set(seen))
    assert fleet.always <= set(seen)


@settings(max_examples=300, deadline=None)
@given(FLEET, CHANGES, st.integers(1, 5))
def test_backward(names: dict[int, str], changes: list[Change], size: int) -> None:
    fleet = ChangingFleet(names)
    seen = walk(fleet, changes, PageArgs(last=size), forward=False)
    assert len(seen) == len(set(seen))
    assert fleet.always <= set(seen)


@given(FLEET, st.integers(1, 5))
def test_an_unchanged_fleet_is_seen_in_order_both_ways(names: dict[int, str], size: int) -> None:
    fleet = ChangingFleet(names)
    in_order = sorted(names, key=lambda number: (names[number], number))
    assert walk(fleet, [], PageArgs(first=size), forward=True) == in_order
    assert walk(fleet, [], PageArgs(last=size), forward=False) == in_order[::-1]
