"""Pages: nothing lost, nothing repeated, and an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vendors.kit.paging
from model.faults import Malformed, Unreachable
from vendors.kit.paging import Page, every


async def collected(pages: dict[int, Page[int, int]], first: int = 0) -> list[int]:
    async def fetch(cursor: int) -> Page[int, int]:
        return pages[cursor]

    return [item async for item in every(first, fetch, "things")]


@given(st.lists(st.lists(st.integers(), max_size=4), min_size=1, max_size=6))
async def test_every_item_once_and_in_order(contents: list[list[int]]) -> None:
    last = len(contents) - 1
    pages = {at: Page(items, at + 1 if at < last else None) for at, items in enumerate(contents)}

    assert await collected(pages) == [item for items in contents for item in items]


async def test_pages_that_go_in_circles_are_malformed() -> None:
    with pytest.raises(Malformed, match="things: the pages do not end"):
        await collected({0: Page([1], 1), 1: Page([2], 0)})


async def test_pages_without_end_are_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendors.kit.paging, "MOST_PAGES", 3)
    pages = {at: Page([at], at + 1) for at in range(10)}

    with pytest.raises(Malformed, match="things: the pages do not end"):
        await collected(pages)


async def test_as_many_pages_as_are_allowed_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendors.kit.paging, "MOST_PAGES", 3)

    assert await collected({0: Page([1], 1), 1: Page([2], 2), 2: Page([3], None)}) == [1, 2, 3]


async def test_a_fault_on_a_page_leaves_as_it_is() -> None:
    async def fetch(cursor: int) -> Page[int, int]:
        if cursor == 1:
            raise Unreachable("down")
        return Page([1], 1)

    with pytest.raises(Unreachable):
        _ = [item async for item in every(0, fetch, "things")]
