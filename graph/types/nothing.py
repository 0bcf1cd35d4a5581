"""Commands and events: the graph has their types, but this version neither sends commands nor records events."""

import strawberry

from graph.context import Info
from graph.types.arguments import After, Before, First, Last, page_args
from resolvers.paging import Page, page_of


def no_rows(
    info: Info,
    *,
    first: First = strawberry.UNSET,
    after: After = strawberry.UNSET,
    last: Last = strawberry.UNSET,
    before: Before = strawberry.UNSET,
) -> Page[object]:
    """An empty page."""
    return page_of((), page_args(first, after, last, before), info.context.scope.started_at)
