"""Rows in order, and where they stood when somebody began to page."""

from datetime import timedelta

from hub.shelves import REMEMBER_MOVES, Place, Row, Rows, Shelf, Shelves
from tests.support.clock import START

Named = tuple[str, str]
"""A name and an id."""

MINUTE = timedelta(minutes=1)


def place_of(record: Named) -> Place:
    return record


def shelf_of(*records: Named) -> Shelf[Named]:
    shelf = Shelf(place_of)
    refill(shelf, 0, *records)
    return shelf


def refill(shelf: Shelf[Named], minute: int, *records: Named) -> None:
    shelf.fill((object(),), lambda: records, START + minute * MINUTE)


def ids(shelf: Rows[Named], minute: int) -> list[str]:
    return [row.record[1] for row in shelf.rows(START + minute * MINUTE)]


def test_rows_stand_in_order() -> None:
    shelf = shelf_of(("b", "1"), ("a", "3"), ("a", "2"))
    assert shelf.newest_rows == [Row(("a", "2"), ("a", "2")), Row(("a", "3"), ("a", "3")), Row(("b", "1"), ("b", "1"))]


def test_the_very_same_sources_are_not_sorted_again() -> None:
    shelf, sources = Shelf(place_of), (["a"], ("b",))
    shelf.fill(sources, lambda: [("a", "1")], START)
    rows = shelf.newest_rows
    shelf.fill(tuple(sources), lambda: [("b", "1")], START)
    assert shelf.newest_rows is rows
    shelf.fill((["a"], sources[1]), lambda: [("b", "1")], START)
    assert [row.record for row in shelf.newest_rows] == [("b", "1")]
    shelf.fill((sources[0],), lambda: [("c", "1")], START)
    assert [row.record for row in shelf.newest_rows] == [("c", "1")]


def test_a_row_that_moves_is_found_where_it_stood_by_whoever_began_before() -> None:
    shelf = shelf_of(("a", "1"), ("b", "2"), ("c", "3"))
    refill(shelf, 5, ("z", "1"), ("b", "2"), ("c", "3"))
    assert (ids(shelf, 4), ids(shelf, 5)) == (["1", "2", "3"], ["2", "3", "1"])
    (moved,) = (row for row in shelf.rows(START) if row.record[1] == "1")
    assert moved == Row(("a", "1"), ("z", "1"))


def test_a_row_that_moves_twice_is_found_in_each_of_its_places() -> None:
    shelf = shelf_of(("a", "1"), ("m", "2"))
    refill(shelf, 5, ("z", "1"), ("m", "2"))
    refill(shelf, 10, ("b", "1"), ("m", "2"))
    assert [shelf.rows(START + minute * MINUTE)[0].place for minute in (0, 5, 10)] == [
        ("a", "1"),
        ("m", "2"),
        ("b", "1"),
    ]


def test_a_row_that_went_and_came_back_elsewhere_has_moved() -> None:
    shelf = shelf_of(("a", "1"), ("m", "2"))
    refill(shelf, 5, ("m", "2"))
    refill(shelf, 10, ("z", "1"), ("m", "2"))
    assert (ids(shelf, 0), ids(shelf, 10)) == (["1", "2"], ["2", "1"])


def test_rows_that_come_and_go_move_nobody() -> None:
    shelf = shelf_of(("b", "2"), ("c", "3"))
    refill(shelf, 5, ("a", "1"), ("c", "3"))
    assert ids(shelf, 0) == ids(shelf, 5) == ["1", "3"]


def test_moves_and_rows_that_went_are_forgotten_after_an_hour() -> None:
    shelf = shelf_of(("a", "1"), ("m", "2"), ("x", "gone"))
    refill(shelf, 1, ("z", "1"), ("m", "2"))
    hour = REMEMBER_MOVES // MINUTE
    refill(shelf, hour, ("z", "1"), ("m", "2"), ("n", "3"))
    assert ids(shelf, 0) == ["1", "2", "3"]
    refill(shelf, hour + 1, ("z", "1"), ("m", "2"), ("n", "3"), ("o", "4"))
    assert ids(shelf, 0) == ["2", "3", "4", "1"]
    refill(shelf, hour + 2, ("b", "gone"), ("m", "2"))
    assert ids(shelf, 0) == ["gone", "2"]


def test_sections_hold_the_rows_that_belong_together_in_the_order_of_the_shelf() -> None:
    shelf = shelf_of(("b", "x1"), ("a", "x2"), ("c", "y1"))
    sections = shelf.sections(lambda record: record[1][0])
    assert {name: ids(section, 0) for name, section in sections.items()} == {"x": ["x2", "x1"], "y": ["y1"]}


def test_a_section_remembers_moves_as_its_shelf_does() -> None:
    shelf = shelf_of(("a", "x1"), ("b", "x2"), ("c", "y1"))
    refill(shelf, 5, ("z", "x1"), ("b", "x2"), ("c", "y1"))
    section = shelf.sections(lambda record: record[1][0])["x"]
    assert (ids(section, 0), ids(section, 5)) == (["x1", "x2"], ["x2", "x1"])


def test_a_shelf_is_made_once() -> None:
    shelves = Shelves()
    one = shelves.of("devices", place_of)
    assert shelves.of("devices", place_of) is one
    assert shelves.of("sites", place_of) is not one
