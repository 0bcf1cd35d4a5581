"""Pages of lists, as Relay names their parts. The source is a `resolvers.paging` Page, or a Stretch."""

from typing import Generic, TypeVar

from graph.types.fields import graph_type, plain
from graph.types.freshness import Problem
from resolvers.paging import Stretch

T = TypeVar("T")


def _first_cursor(page: Stretch[object]) -> str | None:
    return page.edges[0].cursor if page.edges else None


def _last_cursor(page: Stretch[object]) -> str | None:
    return page.edges[-1].cursor if page.edges else None


def _nodes(page: Stretch[T]) -> list[T]:
    return [edge.node for edge in page.edges]


def _itself(page: Stretch[T]) -> Stretch[T]:
    return page


@graph_type()
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = plain("More follows; give endCursor as `after`.", "has_next")
    has_previous_page: bool = plain("More comes before; give startCursor as `before`.", "has_previous")
    start_cursor: str | None = plain("Of the first row; null on an empty page.", _first_cursor)
    end_cursor: str | None = plain("Of the last row; null on an empty page.", _last_cursor)


@graph_type()
class Edge(Generic[T]):
    """A row of a page."""

    node: T = plain("What is in the row.")
    cursor: str = plain("Continues after or before this row.")


@graph_type(name="Connection")
class Bare(Generic[T]):
    """A page of a list that this gateway keeps itself."""

    edges: list[Edge[T]] = plain("The rows with their cursors.")
    nodes: list[T] = plain("The rows without their cursors.", _nodes)
    page_info: PageInfo = plain("Where this page lies in the list.", _itself)


@graph_type(name="Connection")
class Connection(Generic[T]):
    """A page of a list that is put together from vendors."""

    edges: list[Edge[T]] = plain("The rows with their cursors.")
    nodes: list[T] = plain("The rows without their cursors.", _nodes)
    page_info: PageInfo = plain("Where this page lies in the list.", _itself)
    problems: list[Problem] = plain("The accounts whose part is missing or stale.")


@graph_type(name="Connection")
class Counted(Generic[T]):
    """A page of a list that is put together from vendors, with the length of the list."""

    edges: list[Edge[T]] = plain("The rows with their cursors.")
    nodes: list[T] = plain("The rows without their cursors.", _nodes)
    page_info: PageInfo = plain("Where this page lies in the list.", _itself)
    total_count: int = plain("How many rows the filter lets through, on all pages.")
    problems: list[Problem] = plain("The accounts whose part is missing or stale.")
