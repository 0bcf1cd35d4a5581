"""Pages: their arguments, their cursors, and what they say of what is before and after them."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.shelves import Place, Shelf
from model.records import Problem
from model.states import ProblemCode, Resolution
from resolvers.paging import DEFAULT_ROWS, MOST_ROWS, BadPage, Page, PageArgs, changed, distinct, page_of
from resolvers.scope import BadInput
from tests.support.clock import START

Record = tuple[str, str]
NAMES = st.sampled_from(["", "a", "b", "c"])
RECORDS = st.lists(st.tuples(NAMES, st.integers(0, 99).map("{:02}".format)), max_size=12, unique_by=lambda row: row[1])
SIZES = st.integers(0, 13)


def place_of(record: Record) -> Place:
    return record


def shelf_of(records: Sequence[Record]) -> Shelf[Record]:
    shelf = Shelf(place_of)
    shelf.fill((records,), lambda: records, START)
    return shelf


def page(records: Sequence[Record], args: PageArgs) -> Page[Record]:
    return page_of([shelf_of(records)], args, START)


def rows(found: Page[Record]) -> list[Record]:
    return [edge.node for edge in found.edges]


LETTERS = [(letter, letter) for letter in "abcdefghij"]
CURSORS = [edge.cursor for edge in page(LETTERS, PageArgs()).edges]


@given(RECORDS, SIZES)
def test_a_first_page_is_the_start_of_the_order(records: list[Record], size: int) -> None:
    in_order, found = sorted(records), page(records, PageArgs(first=size))
    assert rows(found) == in_order[:size]
    assert (found.has_previous, found.has_next, found.total_count) == (False, size < len(records), len(records))


@given(RECORDS, SIZES)
def test_a_last_page_is_the_end_of_the_order(records: list[Record], size: int) -> None:
    in_order, found = sorted(records), page(records, PageArgs(last=size))
    assert rows(found) == in_order[max(0, len(records) - size) :]
    assert (found.has_previous, found.has_next, found.total_count) == (size < len(records), False, len(records))


@given(st.integers(0, 9), SIZES)
def test_after_a_cursor_come_the_rows_behind_it(position: int, size: int) -> None:
    found = page(LETTERS, PageArgs(first=size, after=CURSORS[position]))
    assert rows(found) == LETTERS[position + 1 :][:size]
    assert (found.has_previous, found.has_next) == (True, position + 1 + size < 10)


@given(st.integers(0, 9), SIZES)
def test_before_a_cursor_come_the_rows_in_front_of_it(position: int, size: int) -> None:
    found = page(LETTERS, PageArgs(last=size, before=CURSORS[position]))
    assert rows(found) == LETTERS[max(0, position - size) : position]
    assert (found.has_previous, found.has_next) == (position > size, True)


@given(st.integers(0, 9), st.integers(0, 9), SIZES)
def test_between_two_cursors(low: int, high: int, size: int) -> None:
    forward = page(LETTERS, PageArgs(first=size, after=CURSORS[low], before=CURSORS[high]))
    backward = page(LETTERS, PageArgs(last=size, after=CURSORS[low], before=CURSORS[high]))
    between = LETTERS[low + 1 : high]
    assert rows(forward) == between[:size]
    assert rows(backward) == (between[-size:] if size else [])


@given(RECORDS, st.integers(1, 4), st.integers(1, 3))
def test_rows_of_several_accounts_are_one_order(records: list[Record], size: int, shelves: int) -> None:
    parts = [shelf_of(records[number::shelves]) for number in range(shelves)]
    seen: list[Record] = []
    args, more = PageArgs(first=size), True
    while more:
        found = page_of(parts, args, START, keep=lambda record: record[0] != "b")
        seen += rows(found)
        more = found.has_next
        args = PageArgs(first=size, after=found.edges[-1].cursor if found.edges else None)
    assert seen == [record for record in sorted(records) if record[0] != "b"]
    assert found.total_count == len(seen)


def test_a_page_is_25_rows_where_nobody_says() -> None:
    many = [(f"{number:03}", str(number)) for number in range(200)]
    assert len(rows(page(many, PageArgs()))) == DEFAULT_ROWS == 25
    assert len(rows(page(many, PageArgs(first=MOST_ROWS)))) == MOST_ROWS == 100
    assert rows(page(many, PageArgs(before=page(many, PageArgs(last=1)).edges[0].cursor))) == many[:25]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (PageArgs(first=1, last=1), "give `first` or `last`, not both"),
        (PageArgs(first=-1), "`first` is -1; it must be between 0 and 100: ask for more pages instead"),
        (PageArgs(first=101), "`first` is 101; it must be between 0 and 100: ask for more pages instead"),
        (PageArgs(last=-5), "`last` is -5; it must be between 0 and 100: ask for more pages instead"),
        (PageArgs(last=1000), "`last` is 1000; it must be between 0 and 100: ask for more pages instead"),
    ],
)
def test_arguments_that_cannot_be_meant_are_refused_with_the_remedy(args: PageArgs, message: str) -> None:
    with pytest.raises(BadPage) as refused:
        page(LETTERS, args)
    assert str(refused.value) == message
    assert isinstance(refused.value, BadInput)


def cursor_of(content: object) -> str:
    return urlsafe_b64encode(orjson.dumps(content)).decode()


GARBLED = [
    "",
    "!",
    "ü",
    "\ud800",
    "not a cursor",
    CURSORS[0][:-3],
    CURSORS[0] + "A",
    cursor_of({}),
    cursor_of([]),
    cursor_of(None),
    cursor_of(7),
    cursor_of("x"),
    cursor_of([1]),
    cursor_of([1, "a", 7]),
    cursor_of(["soon", "a", "a"]),
    cursor_of([None, "a"]),
    cursor_of([[], "a"]),
    cursor_of([1e300, "a"]),
    cursor_of([-(2**62), "a"]),
]


@pytest.mark.parametrize("cursor", GARBLED)
@pytest.mark.parametrize("name", ["after", "before"])
def test_what_is_no_cursor_is_refused_with_the_remedy(name: str, cursor: str) -> None:
    with pytest.raises(BadPage) as refused:
        page(LETTERS, PageArgs(**{name: cursor}))  # type: ignore[arg-type]
    assert str(refused.value) == f"`{name}` is not a cursor of this connection: use one that a page gave you"


@pytest.mark.parametrize("foreign", [[1, 5, "a"], [1, None, "a"], [1, [], "a"], [1, {}, "a"], [1, -1.5, "a"]])
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_cursor_of_another_connection_is_refused_with_the_remedy(name: str, foreign: list[object]) -> None:
    with pytest.raises(BadPage) as refused:
        page(LETTERS, PageArgs(**{name: cursor_of(foreign)}))  # type: ignore[arg-type]
    assert str(refused.value) == "the cursor is of another connection: use one that a page of this one gave you"


@given(st.text())
def test_any_text_in_place_of_a_cursor_is_used_or_refused(text: str) -> None:
    try:
        found = page(LETTERS, PageArgs(after=text))
    except BadPage:
        return
    assert set(rows(found)) <= set(LETTERS)


def test_a_cursor_says_when_its_paging_began_to_the_microsecond() -> None:
    began = START + timedelta(microseconds=123_457)
    shelf = shelf_of([("a", "1"), ("b", "2"), ("c", "3")])
    first = page_of([shelf], PageArgs(first=1), began)
    moved = [("z", "1"), ("b", "2"), ("c", "3")]
    shelf.fill((moved,), lambda: moved, began + timedelta(microseconds=1))
    rest = page_of([shelf], PageArgs(after=first.edges[0].cursor), began + timedelta(minutes=1))
    assert rows(rest) == [("b", "2"), ("c", "3")]
    anew = page_of([shelf], PageArgs(), began + timedelta(minutes=1))
    assert rows(anew) == [("b", "2"), ("c", "3"), ("z", "1")]


def problem(code: ProblemCode, account: str | None = "a", minutes: int | None = None) -> Problem:
    retry_at = None if minutes is None else START + timedelta(minutes=minutes)
    return Problem(code, "what happened", Resolution.RETRY_LATER, account, retry_at)


def test_problems_are_told_once_for_each_account_and_code_the_soonest_to_mend() -> None:
    late, soon = problem(ProblemCode.QUOTA_EXHAUSTED, minutes=9), problem(ProblemCode.QUOTA_EXHAUSTED, minutes=1)
    never, other = problem(ProblemCode.QUOTA_EXHAUSTED), problem(ProblemCode.QUOTA_EXHAUSTED, "b")
    slow = problem(ProblemCode.VENDOR_TIMED_OUT)
    assert distinct([never, late, slow, soon, late, other, never, slow]) == [soon, slow, other]
    assert distinct([soon, late, never]) == [soon]
    assert distinct([]) == []


def test_a_changed_page_keeps_its_cursors_and_adds_its_problems() -> None:
    slow, gone = problem(ProblemCode.VENDOR_TIMED_OUT), problem(ProblemCode.VENDOR_UNREACHABLE)
    found = page_of([shelf_of(LETTERS)], PageArgs(first=2), START, problems=[slow])
    louder = changed(found, lambda record: (record[0].upper(), record[1]), [slow, gone])
    assert rows(louder) == [("A", "a"), ("B", "b")]
    assert [edge.cursor for edge in louder.edges] == CURSORS[:2]
    assert (louder.has_next, louder.total_count, louder.problems) == (True, 10, [slow, gone])
