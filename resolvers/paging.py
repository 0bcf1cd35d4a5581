"""Keyset pages: a cursor names a place in the order, so rows that come or go elsewhere never shift a page.

Rows are ordered by a key that ends with their id. A row whose key changes between two pages (a device that gets its
name while somebody pages) would be lost or repeated; so a cursor also carries when its paging began, and rows are
placed where they stood then (see `hub.shelves`).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar

import orjson

from hub.shelves import Place, Row, Rows
from hub.store.pages import KeysetPage
from model.records import Problem
from resolvers.scope import BadInput

T = TypeVar("T")

MOST_ROWS = 100
DEFAULT_ROWS = 25


class BadPage(BadInput):
    """The paging arguments contradict each other or hold a cursor that is none; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class PageArgs:
    """What a client asked of a connection: `first` with `after`, or `last` with `before`; 25 rows, at most 100."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Edge(Generic[T]):
    """A row and the cursor that continues after or before it."""

    node: T
    cursor: str


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """Some rows of a list, and whether there are more on either side."""

    edges: list[Edge[T]]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Page(Stretch[T]):
    """One page of a connection; `total_count` counts all that the filter lets through."""

    total_count: int
    problems: list[Problem] = field(default_factory=list)


def page_of(
    shelves: Iterable[Rows[T]],
    args: PageArgs,
    now: datetime,
    *,
    keep: Callable[[T], bool] | None = None,
    problems: Sequence[Problem] = (),
) -> Page[T]:
    """One page of the rows of these shelves that `keep` lets through. Raises BadPage."""
    _check(args)
    after, before = _read_cursor(args.after, "after"), _read_cursor(args.before, "before")
    as_of = min((cursor.as_of for cursor in (after, before) if cursor), default=now)
    rows = _kept([shelf.rows(as_of) for shelf in shelves], keep)
    try:
        start = bisect_right(rows, after.place, key=_place_of) if after else 0
        end = bisect_left(rows, before.place, key=_place_of) if before else len(rows)
    except TypeError:
        raise BadPage("the cursor is of another connection: use one that a page of this one gave you") from None
    if args.last is not None:
        start = max(start, end - args.last)
    else:
        end = max(start, min(end, start + (DEFAULT_ROWS if args.first is None else args.first)))
    return Page(
        edges=[Edge(row.record, _write_cursor(as_of, row.place)) for row in rows[start:end]],
        has_next=end < len(rows),
        has_previous=start > 0,
        total_count=len(rows),
        problems=list(problems),
    )


def stretch_of(found: KeysetPage[T], cursor: Callable[[T], str]) -> Stretch[T]:
    """Rows that the database cut, each with its cursor."""
    edges = [Edge(row, cursor(row)) for row in found.rows]
    return Stretch(edges, has_next=found.has_next, has_previous=found.has_previous)


def rows_of(args: PageArgs) -> int:
    """How many rows are asked for, of a list that the database cuts. Raises BadPage."""
    _check(args)
    if args.last is not None:
        return args.last
    return DEFAULT_ROWS if args.first is None else args.first


def no_cursor(name: str) -> BadPage:
    """A cursor that no page of this connection gave."""
    return BadPage(f"`{name}` is not a cursor of this connection: use one that a page gave you")


def _kept(shelves: Sequence[Sequence[Row[T]]], keep: Callable[[T], bool] | None) -> Sequence[Row[T]]:
    """The rows that the filter lets through, in order; one shelf is in order already."""
    if len(shelves) == 1 and keep is None:
        return shelves[0]
    rows = [row for shelf in shelves for row in shelf if keep is None or keep(row.record)]
    if len(shelves) > 1:
        rows.sort(key=_place_of)
    return rows


def changed(page: Page[T], change: Callable[[T], T], more_problems: Iterable[Problem] = ()) -> Page[T]:
    """The same page with other versions of its records, and more problems."""
    edges = [Edge(change(edge.node), edge.cursor) for edge in page.edges]
    return replace(page, edges=edges, problems=distinct([*page.problems, *more_problems]))


def distinct(problems: Iterable[Problem]) -> list[Problem]:
    """One problem for each account and code: the one that can be retried first."""
    found: dict[tuple[str | None, str], Problem] = {}
    for problem in problems:
        name = (problem.account, problem.code.value)
        best = found.get(name)
        if best is None or (problem.retry_at and (best.retry_at is None or problem.retry_at < best.retry_at)):
            found[name] = problem
    return list(found.values())


class _Cursor(NamedTuple):
    as_of: datetime
    place: Place


def _check(args: PageArgs) -> None:
    if args.first is not None and args.last is not None:
        raise BadPage("give `first` or `last`, not both")
    for name, rows in (("first", args.first), ("last", args.last)):
        if rows is not None and not 0 <= rows <= MOST_ROWS:
            raise BadPage(f"`{name}` is {rows}; it must be between 0 and {MOST_ROWS}: ask for more pages instead")


def _write_cursor(as_of: datetime, place: Place) -> str:
    micros = round(as_of.timestamp() * 1_000_000)
    return urlsafe_b64encode(orjson.dumps([micros, *place])).rstrip(b"=").decode()


def _read_cursor(cursor: str | None, name: str) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        micros, *place = orjson.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        as_of = datetime.fromtimestamp(micros / 1_000_000, UTC)
    except (ValueError, TypeError, OverflowError, OSError, UnicodeError):
        raise no_cursor(name) from None
    if not place or not isinstance(place[-1], str):
        raise no_cursor(name)
    return _Cursor(as_of, tuple(place))


def _place_of(row: Row[T]) -> Place:
    return row.place
