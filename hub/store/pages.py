"""A page of rows that the database cut."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[T]):
    """Rows in the order of their connection, and whether there are more on either side."""

    rows: list[T]
    has_next: bool
    has_previous: bool
