"""Arguments that many fields share."""

from typing import Annotated, TypeAlias, TypeVar

import strawberry

from resolvers.paging import PageArgs

T = TypeVar("T")

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="The first so many, at most 100; 25 when neither `first` nor `last` is given."),
]
After: TypeAlias = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last: TypeAlias = Annotated[int | None, strawberry.argument(description="The last so many, at most 100.")]
Before: TypeAlias = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]
MaxAge: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description="How old the answer and all below may be, in seconds; 0 asks the vendor now."),
]
AccountId: TypeAlias = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Of this account only: its id or its key."),
]


def given(value: T) -> T | None:
    """An argument that was left out is no argument."""
    return None if value is strawberry.UNSET else value


def page_args(first: int | None, after: str | None, last: int | None, before: str | None) -> PageArgs:
    """The paging arguments of a connection, which `resolvers` checks."""
    return PageArgs(first=given(first), after=given(after), last=given(last), before=given(before))
