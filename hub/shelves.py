"""Rows in their public order, sorted once for each change and not once for each query.

A row's place is a key that ends with its id. When a row's key changes (a device gets its name at its first read), its
former place is remembered for a while: whoever began to page before the move finds it where it stood then, so that no
row is lost or repeated while the fleet changes.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from hub.derived import same

T = TypeVar("T")

Place = tuple[Any, ...]
"""Comparable with every other place of the same kind of row; its last element is the row's id."""

REMEMBER_MOVES = timedelta(hours=1)
"""Nobody pages for longer than this, hopefully."""


class Row(NamedTuple, Generic[T]):
    """A record and where it stands."""

    place: Place
    record: T


class _Move(NamedTuple):
    """A row left this place at that time."""

    place: Place
    at: datetime


@dataclass(slots=True)
class _State(Generic[T]):
    sources: tuple[object, ...]
    rows: list[Row[T]]
    moves: dict[str, list[_Move]]
    gone: dict[str, _Move]


class Shelf(Generic[T]):
    """The rows of one kind of one account."""

    def __init__(self, place: Callable[[T], Place]) -> None:
        """`place` says where a record stands."""
        self._place = place
        self._state: _State[T] = _State((), [], {}, {})

    def fill(self, sources: tuple[object, ...], records: Callable[[], Iterable[T]], now: datetime) -> None:
        """Put the records of these sources in order, unless the very same sources are there already."""
        old = self._state
        if same(sources, old.sources):
            return
        rows = sorted((Row(self._place(record), record) for record in records()), key=_place_of)
        gone = self._gone(rows, now)
        self._state = _State(sources, rows, self._moves(rows, now), gone)

    def sections(self, belongs: Callable[[T], Hashable]) -> "Mapping[Hashable, Section[T]]":
        """The rows that belong together, by what `belongs` says of each record."""
        found: dict[Hashable, list[Row[T]]] = {}
        for row in self._state.rows:
            found.setdefault(belongs(row.record), []).append(row)
        return {name: Section(self, rows) for name, rows in found.items()}

    @property
    def newest_rows(self) -> Sequence[Row[T]]:
        """The rows in their present order; another object whenever something changed."""
        return self._state.rows

    def rows(self, as_of: datetime) -> Sequence[Row[T]]:
        """The rows in the order in which they stood then."""
        moves = {
            row_id: next(move.place for move in moved if move.at > as_of)
            for row_id, moved in self._state.moves.items()
            if moved[-1].at > as_of
        }
        if not moves:
            return self._state.rows
        placed = (Row(moves.get(row.place[-1], row.place), row.record) for row in self._state.rows)
        return sorted(placed, key=_place_of)

    def _moves(self, rows: Iterable[Row[T]], now: datetime) -> dict[str, list[_Move]]:
        before = {row_id: move.place for row_id, move in self._state.gone.items()}
        before.update((row.place[-1], row.place) for row in self._state.rows)
        moves = {
            row_id: recent
            for row_id, moved in self._state.moves.items()
            if (recent := [move for move in moved if now - move.at < REMEMBER_MOVES])
        }
        for row in rows:
            place = before.get(row.place[-1])
            if place is not None and place != row.place:
                moves.setdefault(row.place[-1], []).append(_Move(place, now))
        return moves

    def _gone(self, rows: Iterable[Row[T]], now: datetime) -> dict[str, _Move]:
        """Rows that are not there any more, and may come back elsewhere while somebody pages."""
        gone = {row_id: move for row_id, move in self._state.gone.items() if now - move.at < REMEMBER_MOVES}
        gone.update((row.place[-1], _Move(row.place, now)) for row in self._state.rows)
        for row in rows:
            gone.pop(row.place[-1], None)
        return gone


class Section(Generic[T]):
    """Rows of a shelf that belong together, such as the devices of one site."""

    def __init__(self, shelf: Shelf[T], rows: Sequence[Row[T]]) -> None:
        """`rows` in the shelf's present order."""
        self._shelf = shelf
        self._rows = rows

    def rows(self, as_of: datetime) -> Sequence[Row[T]]:
        """The rows in the order in which they stood then."""
        rows = self._shelf.rows(as_of)
        if rows is self._shelf.newest_rows:
            return self._rows
        own = {row.place[-1] for row in self._rows}
        return [row for row in rows if row.place[-1] in own]


class Rows(Protocol[T]):
    """Whatever can say which rows stood where: a shelf or a section of one."""

    def rows(self, as_of: datetime) -> Sequence[Row[T]]:
        """The rows in the order in which they stood then."""
        ...


class Shelves:
    """Every shelf of the fleet, by kind of row and account."""

    def __init__(self) -> None:
        """Empty."""
        self._shelves: dict[Hashable, Shelf[Any]] = {}

    def of(self, name: Hashable, place: Callable[[T], Place]) -> Shelf[T]:
        """The shelf of that name, made when it is first asked for."""
        if name not in self._shelves:
            self._shelves[name] = Shelf(place)
        return self._shelves[name]


def _place_of(row: Row[Any]) -> Place:
    return row.place
